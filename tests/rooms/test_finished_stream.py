"""A match on its way to SQL when its player is deleted or merged, and one that could not be written."""

import io

import pytest
from asgiref.sync import sync_to_async
from django.core.management import call_command

from accounts.models import Player
from games.models import Match, MatchSeat
from games.rooms import keys
from people import deletion, guest_merge
from store.client import client
from store.keys import dead_letters
from tests.rooms.conftest import drain_matches, say_ended, two_players

pytestmark = pytest.mark.django_db(transaction=True)


async def seats() -> list[tuple[str, int | None]]:
    return [(seat.name, seat.player_id) async for seat in MatchSeat.objects.order_by("number")]


async def on_streams() -> str:
    return str([await client().xrange(name) for name in (keys.finished(), dead_letters(keys.finished()))])


async def test_a_deleted_players_match_is_kept_without_the_name():
    ada, bela = await two_players()
    await say_ended("room0", (ada, bela), [1, 2], [{}, {}], 1_800_000_000_000)
    name = ada.name
    [(_, fields), *_] = await client().xrange(keys.finished())
    await client().xadd(dead_letters(keys.finished()), fields | {"_id": "1-0", "_group": "matches", "_reason": "why"})
    await deletion.delete(ada)
    assert name not in await on_streams()
    assert await seats() == [("Somebody", None), (bela.name, bela.pk)]
    # One that a runner says only now names nobody either.
    await say_ended("room1", (ada, bela), [1, 2], [{}, {}], 1_800_000_000_000)
    await drain_matches()
    assert name not in {name for name, _ in await seats()}


async def test_a_guests_match_goes_to_the_account():
    guest, bela = await two_players()
    await Player.objects.filter(pk=guest.pk).aupdate(is_guest=True)
    account = await Player.objects.acreate(name="Carla")
    await say_ended("room0", (guest, bela), [1, 2], [{}, {}], 1_800_000_000_000)
    await guest_merge.bring(await Player.objects.aget(pk=guest.pk), account)
    assert await guest_merge.finish(0) == 0
    await drain_matches()
    assert await guest_merge.finish(0) == 1
    assert account.pk in {player for _, player in await seats()}
    assert not await Player.objects.filter(pk=guest.pk).aexists()


async def test_a_match_that_could_not_be_written_is_listed_and_put_back():
    fields = {"room": "room0", "match": "{}", "_id": "1-0", "_group": "matches", "_reason": "no such game"}
    await client().xadd(dead_letters(keys.finished()), fields)
    out = io.StringIO()
    await sync_to_async(call_command)("dead_letters", stdout=out)
    assert "matches: 1 dead letters." in out.getvalue()
    await sync_to_async(call_command)("dead_letters", "--replay", stdout=out)
    assert "matches: 1 put back." in out.getvalue()
    assert not await Match.objects.aexists()
