"""What rated matches earn: a rating on the board, coins, achievements, each once."""

import msgspec
import pytest

from achievements.models import Award
from games.rooms import keys, results
from leaderboard.reading import standings
from store.client import client
from tests.rooms.conftest import seat, two_players
from tests.rooms.test_rooms import drain_matches
from tests.worker import drain
from wallet.models import LedgerEntry

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_win_and_a_draw_are_rewarded_and_the_board_shows_the_rating():
    ada, bela = await two_players()
    for number, places in enumerate(([1, 2], [1, 1])):
        marks = [{"stones_sent": 5}, {"stones_sent": 0}]
        ended = results.Ended(
            "fuse-duel",
            "seed",
            True,
            [seat(ada), seat(bela)],
            places,
            [10, 10],
            marks,
            "[]",
            1_800_000_000_000 + number,
        )
        fields = {"room": f"room{number}", "match": msgspec.json.encode(ended).decode()}
        for _ in range(2):
            await client().xadd(keys.finished(), fields)
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
