"""Audit entries in words."""

import ast

import pytest

from audit.actions import REGISTRY
from audit.sentences import KINDS, OTHERS, in_words
from tests.gameapp.test_architecture import SOURCES


@pytest.mark.parametrize(
    ("action", "words"),
    [("ban", "banned"), ("grant_coins", "given coins"), ("change_flag", "changed"), ("made_up_name", "made up name")],
)
def test_an_action_has_words(action, words):
    assert in_words(action) == words


def test_every_action_that_is_recorded_has_words():
    recorded = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            is_record = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record" and len(node.args) > 2
            if is_record and isinstance(node.args[0], ast.Constant):
                recorded.add((node.args[0].value, node.args[1].value if isinstance(node.args[1], ast.Constant) else ""))
    assert {name for name, _ in recorded} <= set(REGISTRY) | set(OTHERS)
    assert len(recorded) > 5
    assert {kind for _, kind in recorded} & {"player", "board", "flag"} <= set(KINDS)
