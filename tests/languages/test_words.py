"""Every text is marked, and every marked text has a translation in every language."""

import re
from collections import defaultdict

import polib
import pytest
from django.conf import settings

from tests.gameapp.test_architecture import name
from tests.languages import marked
from tests.stack import ROOT

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
CATALOGS = sorted(path for path in ROOT.rglob("locale/*/LC_MESSAGES/*.po") if ".venv" not in path.parts)
PLACES = re.compile(r"%\(\w+\)s|\{\w+\}|</?\w+")


@pytest.mark.parametrize("path", marked.TEMPLATES, ids=name)
def test_a_template_has_no_text_that_is_not_marked(path):
    assert marked.unmarked_in_template(path) == []


@pytest.mark.parametrize("path", marked.PYTHON, ids=name)
def test_a_module_has_no_text_for_players_that_is_not_marked(path):
    assert marked.unmarked_in_python(path) == []


@pytest.mark.parametrize("path", marked.SCRIPTS, ids=name)
def test_a_script_has_no_text_that_is_not_marked(path):
    assert marked.unmarked_in_script(path) == []


def test_unmarked_text_would_be_seen(tmp_path):
    page, module, script = (tmp_path / each for each in ("page.html", "module.py", "script.js"))
    page.write_text('<p>Some words</p><a title="More words">{% translate "These are" %}</a>')
    assert marked.unmarked_in_template(page) == ["Some words", "More words"]
    module.write_text(
        'messages.error(request, "Not so.")\nraise Http404(f"There is no {name}.")\nmessage = "It is over."\n'
    )
    assert len(marked.unmarked_in_python(module)) == 3
    script.write_text('say("Not saved yet.");\nsay(gettext("That is marked."));\nsay(`${count} players came.`);\n')
    assert marked.unmarked_in_script(script) == ["Not saved yet.", "… players came."]


def all_marked() -> dict[str, set[marked.Message]]:
    """The marked messages of each domain."""
    found = defaultdict(set)
    for path in marked.PYTHON:
        found["django"] |= set(marked.in_python(path))
    for path in marked.TEMPLATES:
        found["django"] |= set(marked.in_template(path))
    for path in marked.SCRIPTS:
        found["djangojs"] |= set(marked.in_script(path))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_marked_text_has_a_translation(language):
    for domain, messages in all_marked().items():
        known = {
            (entry.msgid, entry.msgid_plural)
            for path in CATALOGS
            if path.parts[-3] == language and path.stem == domain
            for entry in polib.pofile(str(path))
            if entry.translated()
        }
        assert len(messages) > {"django": 900, "djangojs": 120}[domain]
        assert messages - known == set()


@pytest.mark.parametrize("path", CATALOGS, ids=name)
def test_a_translation_keeps_the_places_of_values_and_tags(path):
    for entry in polib.pofile(str(path)):
        forms = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
        for form in forms:
            assert sorted(PLACES.findall(form)) == sorted(PLACES.findall(entry.msgid_plural or entry.msgid)), (
                entry.msgid
            )


@pytest.mark.parametrize("path", CATALOGS, ids=name)
def test_what_runs_is_what_was_translated(path):
    compiled = {(each.msgid, each.msgid_plural): each for each in polib.mofile(str(path.with_suffix(".mo")))}
    entries = [entry for entry in polib.pofile(str(path)) if entry.translated()]
    assert len(entries) == len(compiled)
    for entry in entries:
        made = compiled[entry.msgid, entry.msgid_plural]
        assert (made.msgstr, made.msgstr_plural) == (entry.msgstr, entry.msgstr_plural)
