"""What a browser calls itself, in words for its owner."""

import ua_parser
from django.utils.translation import gettext as _


def words(user_agent: str) -> str:
    """Browser and system of a User-Agent header, such as `Firefox on Windows`."""
    found = ua_parser.parse(user_agent[:512])
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    if browser and system:
        return _("{browser} on {system}").format(browser=browser, system=system)
    return browser or system or _("Unknown")
