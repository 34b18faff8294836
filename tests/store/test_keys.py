"""The kinds of keys that the apps declare."""

import pytest

from accounts import keys as account_keys
from games import keys as game_keys
from leaderboard import keys
from leaderboard.boards import update_card
from store.client import client
from store.keys import DECLARED, app_of, dead_letters, failures, find, lock
from tests.left_keys import unknown_or_endless
from tests.stack import ROOT
from tools.keys_page import keys_page
from wallet import coins

DAY = "day:2026-11-27"


@pytest.mark.parametrize(
    ("name", "key", "values"),
    [
        (lambda: keys.standings("fuse", DAY), keys.standings, {"board": "fuse", "period": DAY}),
        (lambda: keys.shadow("fuse", DAY, 7), keys.shadow, {"board": "fuse", "period": DAY, "fence": "7"}),
        (lambda: keys.feed_pause(5), keys.feed_pause, {"player": "5"}),
        (lambda: account_keys.sessions(5), account_keys.sessions, {"player": "5"}),
        (lambda: game_keys.current(5, "fuse"), game_keys.current, {"player": "5", "game": "fuse"}),
        (lambda: lock("board:fuse"), lock, {"name": "board:fuse"}),
        (lambda: dead_letters(keys.runs("fuse")), dead_letters, {"stream": "leaderboard:{fuse}:runs"}),
        (lambda: failures(keys.runs("fuse"), "feed"), failures, {"stream": "leaderboard:{fuse}:runs", "group": "feed"}),
    ],
)  # fmt: skip
def test_a_name_is_found_again_with_its_values(name, key, values):
    found = find(name())
    assert found.key is key
    assert found.values == values


def test_every_kind_is_found_as_itself_and_no_other():
    for key in DECLARED:
        places = key.pattern.count("<")
        name = key("leaderboard:{x}:runs", *"abc"[: places - 1]) if key.hangs_on else key(*"abcd"[:places])
        assert find(name).key is key


def test_what_nobody_declared_is_nothing():
    assert find("test1:leaderboard:{fuse}:odd") is None
    assert find("test1:x") is None
    assert app_of(keys.runs("fuse")) == "leaderboard"


def test_the_page_of_keys_is_what_the_apps_declare():
    assert (ROOT / "docs" / "keys.md").read_text() == keys_page()


@pytest.mark.parametrize(
    ("request_", "player"),
    [("buy:5:gold:x", "5"), ("award:5:first", "5"), ("merge:5:back", "5"), ("grant:t:5", "5"), ("run:5", "")],
)
def test_a_request_names_its_player(request_, player):
    assert coins.player_of(request_) == player


async def test_the_look_at_the_end_of_all_tests_would_see_them(prefix, alice):
    await client().set(f"{prefix}:wallet:{{coins}}:odd", "1")
    await client().set(keys.report("fuse", "r1"), "1")
    await update_card(["fuse"], 1, alice.card)
    found = unknown_or_endless(of=prefix)
    await client().delete(f"{prefix}:wallet:{{coins}}:odd", keys.report("fuse", "r1"))
    assert found == [f"{prefix}:leaderboard:{{fuse}}:report:r1", f"{prefix}:wallet:{{coins}}:odd"]
    assert unknown_or_endless(of=prefix) == []
