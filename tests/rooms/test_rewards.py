"""What rated matches earn: a rating on the board, coins, achievements, each once."""

import pytest

from achievements.models import Award
from leaderboard.reading import standings
from tests.rooms.conftest import drain_matches, say_ended, two_players
from tests.worker import drain
from wallet.models import LedgerEntry

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_win_and_a_draw_are_rewarded_and_the_board_shows_the_rating():
    ada, bela = await two_players()
    marks = [{"stones_sent": 5}, {"stones_sent": 0}]
    for number, places in enumerate(([1, 2], [1, 1])):
        await say_ended(f"room{number}", (ada, bela), places, marks, 1_800_000_000_000 + number)
    await drain_matches()
    await drain()
    top = await standings.top("fuse-duel", "all", 5)
    assert [row.player for row in top.rows] == [ada.pk, bela.pk]
    assert top.rows[0].points > 1500
    awards = {(award.player_id, award.slug) async for award in Award.objects.filter(slug__startswith="duel")}
    assert awards == {
        (ada.pk, "duel-win"),
        (ada.pk, "duel-stones-5"),
        (ada.pk, "duel-draw"),
        (bela.pk, "duel-draw"),
    }
    paid = [row.amount async for row in LedgerEntry.objects.filter(player=ada, reason="a match of Fuse Duel")]
    assert sorted(paid) == [3, 10]
