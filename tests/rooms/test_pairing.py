"""Quick play: who is paired with whom, once."""

import asyncio

import pytest

from accounts.models import Player
from games.rooms import keys, rooms
from games.rooms.meeting import pairing
from store.client import client
from tests.rooms.conftest import two_players

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_countdown")]


class TestPairing:
    async def ticket(self, player: Player, rating: int = 1500, waited_ms: int = 0, origin: str = "", blocked=()):
        ticket = pairing.Ticket(
            player.pk, "fuse-duel", player.card, rating, True, list(blocked), origin or str(player.pk)
        )
        await pairing.look_for(ticket)
        if waited_ms:
            since, _, rest = (await client().hget(keys.tickets("fuse-duel"), str(player.pk))).partition(" ")
            waits_since = int(since) - waited_ms
            await client().hset(keys.tickets("fuse-duel"), str(player.pk), f"{waits_since} {rest}")

    async def made(self) -> list[rooms.Room]:
        await pairing.pair()
        ids = await client().zrange(keys.leases(), 0, -1)
        return [await rooms.load(each) for each in ids]

    async def test_many_pairers_at_once_pair_each_player_once(self):
        players = [await Player.objects.acreate(name=f"Player{n}") for n in range(30)]
        for player in players:
            await self.ticket(player)
        await asyncio.gather(*(pairing.pair() for _ in range(20)))
        found = await self.made()
        seated = [player for room in found for player in room.players]
        assert sorted(seated) == sorted(player.pk for player in players)
        assert len(found) == 15

    async def test_the_reach_widens_until_somebody_is_found(self):
        """Tickets never paired after their last interval."""
        ada, bela = await two_players()
        await self.ticket(ada, 1500)
        await self.ticket(bela, 1900)
        assert await self.made() == []
        await client().delete(keys.tickets("fuse-duel"))
        await self.ticket(bela, 1900)
        await self.ticket(ada, 1500, waited_ms=13_000)
        assert len(await self.made()) == 0  # 50 + 25 × 13 = 375
        await self.ticket(ada, 1500, waited_ms=1_100)  # It adds to the 13 s: a renewed ticket keeps its time.
        assert len(await self.made()) == 1

    async def test_a_ticket_that_its_page_renews_no_more_pairs_nobody(self, monkeypatch):
        ada, bela = await two_players()
        monkeypatch.setattr(pairing, "TICKET_MS", 100)
        await self.ticket(ada)
        await asyncio.sleep(0.15)
        await self.ticket(bela)
        assert await self.made() == []

    async def test_who_blocked_another_never_meets_them(self):
        ada, bela = await two_players()
        await self.ticket(ada, blocked=[bela.pk])
        await self.ticket(bela)
        assert await self.made() == []

    async def test_two_from_one_place_are_paired_and_not_rated(self):
        ada, bela = await two_players()
        await self.ticket(ada, origin="same")
        await self.ticket(bela, origin="same")
        assert [room.is_rated for room in await self.made()] == [False]

    async def test_a_pair_whose_pairer_died_is_made_by_another(self, monkeypatch):
        ada, bela = await two_players()
        await self.ticket(ada)
        await self.ticket(bela)

        async def die(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr(pairing, "make", die)
        with pytest.raises(KeyboardInterrupt):
            await pairing.pair()
        monkeypatch.undo()
        assert len(await self.made()) == 1
