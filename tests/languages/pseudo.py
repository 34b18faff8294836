"""A language for tests: every marked text in brackets, longer, and written from right to left."""

from pathlib import Path

import polib

from tests.languages.test_words import all_marked

#: Arabic, so that it is written from right to left, of no place.
CODE, LOCALE = "ar-xb", "ar_XB"
OPEN, CLOSE = "⟦", "⟧"


def write(folder: Path) -> Path:
    """Write the pseudo-language into a folder, for LOCALE_DIR."""
    for domain, messages in all_marked().items():
        catalog = polib.POFile()
        catalog.metadata = {
            "Language": LOCALE,
            "Content-Type": "text/plain; charset=UTF-8",
            "Plural-Forms": "nplurals=2; plural=(n != 1);",
        }
        for one, many in sorted(messages):
            if many:
                catalog.append(polib.POEntry(msgid=one, msgid_plural=many, msgstr_plural={0: made(one), 1: made(many)}))
            else:
                catalog.append(polib.POEntry(msgid=one, msgstr=made(one)))
        target = folder / LOCALE / "LC_MESSAGES"
        target.mkdir(parents=True, exist_ok=True)
        catalog.save_as_mofile(str(target / f"{domain}.mo"))
    return folder


def made(text: str) -> str:
    """A text in brackets, a third longer."""
    return f"{OPEN}{text}{' ~' * (len(text) // 6)}{CLOSE}"
