"""Coins: moved once, never below zero, and the same in the ledger."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command

from accounts.models import Player
from store.client import client as redis
from store.sync_loop import run_sync
from tests.worker import drain
from wallet import coins, keys, ledger, shop
from wallet.coins import Movement, NotEnough, OwnedAlready
from wallet.models import LedgerEntry

pytestmark = pytest.mark.django_db(transaction=True)

RING = shop.find("frame-ring")


@pytest.fixture
async def bob():
    return await Player.objects.acreate(name="Bob")


async def give(player: Player, amount: int, request: str = "gift") -> None:
    await coins.move(Movement(player.pk, amount, "a gift", request))


async def test_a_purchase_pays_grants_and_is_in_the_ledger(bob):
    await give(bob, 100)
    receipt = await coins.buy(bob.pk, RING, "r1")
    assert (receipt.balance, receipt.repeated) == (100 - RING.price, False)
    purse = await coins.purse(bob.pk)
    assert (purse.balance, purse.owned) == (100 - RING.price, {RING.slug})
    await drain()
    rows = [row async for row in LedgerEntry.objects.order_by("sequence")]
    assert [(row.amount, row.balance, row.item) for row in rows] == [(100, 100, ""), (-RING.price, 20, RING.slug)]


async def test_the_same_request_again_changes_nothing_and_answers_the_same(bob):
    await give(bob, 500)
    first = await coins.buy(bob.pk, RING, "r1")
    again = await coins.buy(bob.pk, RING, "r1")
    assert (again.balance, again.repeated) == (first.balance, True)
    assert await redis().xlen(keys.ledger()) == 2


async def test_who_has_too_little_pays_nothing_and_gets_nothing(bob):
    await give(bob, RING.price - 1)
    with pytest.raises(NotEnough):
        await coins.buy(bob.pk, RING, "r1")
    assert await coins.purse(bob.pk) == coins.Purse(RING.price - 1, frozenset())
    await give(bob, 1, "one more")
    await coins.buy(bob.pk, RING, "r1")  # A refusal does not use the request up.


async def test_nothing_is_bought_twice(bob):
    await give(bob, 500)
    await coins.buy(bob.pk, RING, "r1")
    with pytest.raises(OwnedAlready):
        await coins.buy(bob.pk, RING, "r2")
    assert (await coins.purse(bob.pk)).balance == 500 - RING.price


async def test_a_hundred_buyers_at_once(bob):
    """Each item is tried many times, each request sent several times: no balance below zero, nothing granted twice."""
    budget, items = 1_000, shop.every_item()
    await give(bob, budget)
    tries = [(items[n % len(items)], f"request{n // 2}") for n in range(100)]
    results = await asyncio.gather(
        *(coins.buy(bob.pk, item, f"{item.slug}{request}") for item, request in tries), return_exceptions=True
    )
    for result in results:
        assert isinstance(result, NotEnough | OwnedAlready | coins.Receipt), result
        if isinstance(result, coins.Receipt):
            assert result.balance >= 0
    purse = await coins.purse(bob.pk)
    entries = [fields for _, fields in await redis().xrange(keys.ledger())]
    granted = [fields["item"] for fields in entries if fields["item"]]
    assert len(granted) == len(set(granted)) == len(purse.owned)
    assert purse.balance == budget - sum(shop.find(slug).price for slug in granted) >= 0
    assert purse.balance == sum(int(fields["amount"]) for fields in entries)
    assert all(int(fields["balance"]) >= 0 for fields in entries)
    await drain()
    assert await ledger.differences() == []


async def test_a_hundred_players_buy_the_same_at_once():
    players = [await Player.objects.acreate(name=f"p{n}x") for n in range(100)]
    await coins.move_many([Movement(player.pk, RING.price, "a gift", f"gift{player.pk}") for player in players])
    await asyncio.gather(*(coins.buy(player.pk, RING, "same") for player in players))
    for player in players:
        assert await coins.purse(player.pk) == coins.Purse(0, frozenset({RING.slug}))
    await drain()
    assert await LedgerEntry.objects.acount() == 200
    assert await ledger.differences() == []


async def test_the_ledger_reaches_sql_once_however_often_it_is_read(bob):
    for n in range(5):
        await give(bob, 10, f"gift{n}")
    await drain()
    await redis().xgroup_setid(keys.ledger(), ledger.GROUP.name, "0")
    await drain()
    assert await LedgerEntry.objects.acount() == 5
    assert await ledger.drop_acknowledged() == 4  # The last one stays, for its id.
    assert await ledger.differences() == []


class TestBring:
    async def rich(self, bob, amount: int, *items) -> Player:
        guest = await Player.objects.acreate(name="Guest", is_guest=True)
        await give(guest, amount)
        for item in items:
            await coins.buy(guest.pk, item, f"{item.slug}-request-1234")
        return guest

    async def test_everything_comes_once(self, bob):
        guest = await self.rich(bob, 70)
        brought = await asyncio.gather(*(coins.bring(guest.pk, bob.pk, "brought") for _ in range(20)))
        assert sorted(amount for amount, _ in brought)[-2:] == [0, 70]
        assert (await coins.purse(bob.pk)).balance == 70
        await drain()
        assert await ledger.differences() == []

    async def test_coins_that_were_paid_twice_buy_nothing(self, bob):
        guest = await self.rich(bob, RING.price, RING)
        assert await coins.bring(guest.pk, bob.pk, "brought", back=RING.price) == (0, [])
        assert await coins.purse(bob.pk) == coins.Purse(0, frozenset())
        # Asked again, and what is paid to the guest meanwhile comes all the same.
        await give(guest, 7, "late")
        assert await coins.bring(guest.pk, bob.pk, "brought", back=RING.price) == (7, [])
        await drain()
        assert await ledger.differences() == []

    async def test_what_the_rest_pays_for_comes_the_cheapest_first(self, bob):
        sky = shop.find("name-sky")
        guest = await self.rich(bob, RING.price + sky.price + 30, RING, sky)
        amount, items = await coins.bring(guest.pk, bob.pk, "brought", back=50)
        assert (amount, items) == (RING.price + sky.price + 30 - 50 - RING.price, [RING.slug])
        assert (await coins.purse(guest.pk)) == coins.Purse(0, frozenset())
        await drain()
        assert await ledger.differences() == []


class TestCheck:
    def test_all_is_well(self, capsys):
        player = Player.objects.create(name="Bob")
        run_sync(give(player, 100))
        call_command("wallets")
        assert "Every wallet is the sum" in capsys.readouterr().out

    def test_a_forged_balance_is_found_and_put_right(self, capsys):
        player = Player.objects.create(name="Bob")
        run_sync(give(player, 100))
        run_sync(coins.buy(player.pk, RING, "r1"))
        run_sync(drain())
        run_sync(_forge(player.pk))
        with pytest.raises(CommandError, match="1 wallets differ"):
            call_command("wallets")
        assert f"player {player.pk}: 9999 coins, the ledger says 20" in capsys.readouterr().out
        call_command("wallets", "--rebuild")
        assert run_sync(coins.purse(player.pk)) == coins.Purse(20, frozenset({RING.slug}))
        call_command("wallets")


async def _forge(player: int) -> None:
    await redis().hset(keys.balances(), str(player), 9999)
    await redis().delete(keys.owned(player))


class TestShop:
    @pytest.fixture
    def rich(self, client):
        player = Player.objects.create_user("Rich", "correct horse")
        run_sync(give(player, 1_000))
        client.force_login(player)
        return player

    def buy(self, client, item=RING.slug, request="0123456789abcdef"):
        return client.post("/shop/buy/", {"item": item, "request": request}, follow=True).content.decode()

    def test_what_is_bought_is_worn_and_on_the_card(self, client, rich):
        assert "Ring is yours" in self.buy(client)
        card = Player.objects.get(pk=rich.pk).card
        assert card.frame == RING.slug
        assert run_sync(coins.purse(rich.pk)).balance == 1_000 - RING.price

    def test_a_form_sent_twice_pays_once(self, client, rich):
        self.buy(client)
        self.buy(client)
        assert run_sync(coins.purse(rich.pk)).balance == 1_000 - RING.price

    def test_it_can_be_taken_off_and_worn_again(self, client, rich):
        self.buy(client)
        client.post("/shop/wear/", {"kind": "avatar_frame"})
        assert Player.objects.get(pk=rich.pk).avatar_frame == ""
        client.post("/shop/wear/", {"item": RING.slug})
        assert Player.objects.get(pk=rich.pk).avatar_frame == RING.slug

    @pytest.mark.parametrize(
        "form", [{"item": "frame-crown"}, {"item": "made-up"}, {"kind": "is_staff"}, {"kind": "password"}, {}]
    )
    def test_nothing_else_can_be_worn(self, client, rich, form):
        before = Player.objects.values().get(pk=rich.pk)
        client.post("/shop/wear/", form)
        assert Player.objects.values().get(pk=rich.pk) == before

    @pytest.mark.parametrize("request_id", ["", "short", "x" * 41, "a b c d e f g h i j", "../../etc/passwd0"])
    def test_an_odd_request_buys_nothing(self, client, rich, request_id):
        self.buy(client, request=request_id)
        assert run_sync(coins.purse(rich.pk)).balance == 1_000

    def test_somebody_elses_request_cannot_be_used_up(self, client, rich):
        other = Player.objects.create(name="Other")
        run_sync(give(other, 1_000, "gift2"))
        run_sync(coins.buy(other.pk, RING, "0123456789abcdef"))
        self.buy(client)
        assert run_sync(coins.purse(rich.pk)).owned == {RING.slug}

    def test_who_has_too_little_is_told(self, client, rich):
        self.buy(client, "frame-crown", "x" * 16)
        assert "not have enough coins" in self.buy(client, "tiles-ink", "y" * 16)
        assert run_sync(coins.purse(rich.pk)) == coins.Purse(400, frozenset({"frame-crown"}))

    def test_a_stranger_sees_the_shop_and_buys_nothing(self, client):
        assert client.get("/shop/").status_code == 200
        assert "sign-in" in client.post("/shop/buy/", {"item": RING.slug}).headers["Location"]


async def test_a_batch_goes_on_behind_one_that_is_refused(bob):
    movements = [Movement(bob.pk, -5, "too much", "a"), Movement(bob.pk, 7, "a gift", "b")]
    with pytest.raises(NotEnough):
        await coins.move_many(movements)
    assert (await coins.purse(bob.pk)).balance == 7
    assert await sync_to_async(Player.objects.count)() == 1
