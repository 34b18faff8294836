"""Coins: earned by playing, spent on cosmetics. Repeating a request never moves coins twice."""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.utils.translation import gettext_noop

from live.errors import GameError
from store.client import client
from store.scripts import Argument, script
from wallet import keys
from wallet.shop import RUN_COINS, RUN_COINS_MAX, Item, every_item

_move = script(__file__, "move", lasts=True)
_bring = script(__file__, "bring")

REQUEST_TTL_MS = 30 * 24 * 60 * 60 * 1000
AMOUNT_MAX = 1_000_000


class NotEnough(GameError):
    code = "not_enough_coins"
    message = gettext_noop("You do not have enough coins for that yet.")


class OwnedAlready(GameError):
    code = "owned_already"
    message = gettext_noop("That is yours already.")


class Movement(msgspec.Struct, frozen=True):
    """A change of a player's coins; a negative `amount` spends them. `request` is a unique id, never reused."""

    player: int
    amount: int
    reason: str
    request: str
    item: str = ""


class Receipt(msgspec.Struct, frozen=True):
    """The balance after a movement; `repeated` when the request had already run and nothing changed now."""

    balance: int
    repeated: bool


class Purse(msgspec.Struct, frozen=True):
    """What a player has: coins, and the slugs of their cosmetics."""

    balance: int
    owned: frozenset[str]


def coins_of(points: int, per_coin: int | None = 200) -> int:
    """The coins for a finished run: 1 plus one per `per_coin` points, at most 50, or a flat 5 when it is None."""
    if points <= 0:
        return 0
    return RUN_COINS if per_coin is None else min(RUN_COINS_MAX, 1 + points // per_coin)


async def purse(player: int) -> Purse:
    """Coins and cosmetics of a player. One round trip."""
    pipe = client().pipeline()
    pipe.hget(keys.balances(), str(player))
    pipe.smembers(keys.owned(player))
    balance, owned = await pipe.execute()
    return Purse(int(balance or 0), frozenset(owned))


def player_of(request: str) -> str:
    """The player id in a request, as text; empty when the request names no player."""
    kind, *rest = request.split(":")
    return rest[0] if kind in ("buy", "award", "merge") else rest[-1] if kind == "grant" else ""


async def buy(player: int, item: Item, request: str) -> Receipt:
    """Buy a cosmetic. Sending the same request twice pays once.

    Raises:
        NotEnough, OwnedAlready: nothing was paid.
        StoreUnavailable: no answer from Redis; sending the same request again is safe.

    Redis: lua/move.lua, one round trip, O(1).
    """
    return await move(
        Movement(player, -item.price, f"bought {item.title}", f"buy:{player}:{item.slug}:{request}", item.slug)
    )


async def move(movement: Movement) -> Receipt:
    """Move coins, at most once per request. Raises the same errors as `buy`."""
    return _receipt(await _move(*_call(movement)))


async def move_many(movements: Sequence[Movement]) -> None:
    """Run several movements, each as `move`, in one round trip. If one raises, the others still happen."""
    for answer in await _move.many([_call(movement) for movement in movements]) if movements else ():
        _receipt(answer)


async def bring(guest: int, player: int, reason: str, *, back: int = 0) -> tuple[int, list[str]]:
    """Move everything a guest has to a player, minus `back` coins that the player was already paid.

    If the guest spent those coins, only the items that the remaining value can pay for are moved. Returns the coins
    and items that were moved; a repeated call moves what the guest got since.

    Redis: lua/bring.lua, one round trip, O(items of the shop).
    """
    request = f"merge:{guest}"
    names = [keys.balances(), keys.owned(guest), keys.owned(player), keys.ledger(), keys.movement(f"{request}:back")]
    prices: list[Argument] = []
    for item in sorted(every_item(), key=lambda item: item.price):
        prices += [item.slug, item.price]
    coins, *items = await _bring(names, [guest, player, reason, request, back, REQUEST_TTL_MS, *prices])
    return coins, items


async def forget(player: int) -> None:
    """Delete the coins and cosmetics of a player. One round trip."""
    pipe = client().pipeline(transaction=True)
    pipe.hdel(keys.balances(), str(player))
    pipe.delete(keys.owned(player))
    await pipe.execute()


def _call(movement: Movement) -> tuple[list[str], list[Argument]]:
    if abs(movement.amount) > AMOUNT_MAX:
        raise ValueError(f"at most {AMOUNT_MAX:,} coins move at once")
    player = movement.player
    names = [keys.balances(), keys.owned(player), keys.movement(movement.request), keys.ledger()]
    return names, [player, movement.amount, movement.reason, movement.request, movement.item, REQUEST_TTL_MS]


def _receipt(answer: list[Any]) -> Receipt:
    status, balance = answer
    if status == "poor":
        raise NotEnough
    if status == "owned":
        raise OwnedAlready
    return Receipt(balance, status == "repeated")
