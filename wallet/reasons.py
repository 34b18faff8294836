"""Why coins moved, for people. The ledger keeps English sentences; a page shows them in the reader's language."""

import re

from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_noop

#: Everything that a movement of coins may be for; `{what}` is a result, or the title of something.
PATTERNS = (
    gettext_noop("a run of {what}"),
    gettext_noop("a match of {what}"),
    gettext_noop("for “{what}”"),
    gettext_noop("bought {what}"),
    gettext_noop("a gift"),
    gettext_noop("brought from a guest"),
)
_MATCHERS = [(re.compile(re.escape(each).replace(r"\{what\}", "(.*)")), each) for each in PATTERNS]
_RESULT = re.compile(r"([\d,]+) ([a-z]+)")


def in_language(reason: str) -> str:
    """A reason in the language in use; a sentence of an operator's own stays as it is."""
    for matcher, pattern in _MATCHERS:
        if found := matcher.fullmatch(reason):
            return gettext(pattern).format(what=_what(*found.groups()) if found.groups() else "")
    return reason


def _what(text: str) -> str:
    if result := _RESULT.fullmatch(text):
        number, unit = result.groups()
        return f"{number_format(int(number.replace(',', '')), force_grouping=True)} {gettext(unit)}"
    return gettext(text) if text else ""
