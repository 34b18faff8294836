"""What a browser calls itself, in words for its owner."""

import ua_parser


def words(user_agent: str) -> str:
    """Browser and system of a User-Agent header, such as `Firefox on Windows`."""
    found = ua_parser.parse(user_agent[:512])
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    return " on ".join(part for part in (browser, system) if part) or "Unknown"
