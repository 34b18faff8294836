"""What operators do to an account besides moderating it: each with who, why, before and after."""

import secrets

from asgiref.sync import sync_to_async

from accounts.models import Player
from accounts.ranks import need_above
from accounts.sessions.engine import end_sessions
from audit.trail import record
from live.errors import GameError
from store.stream import replay_dead_letters
from wallet import keys, ledger
from wallet.coins import AMOUNT_MAX, Movement, move, purse


class ReasonMissing(GameError):
    code = "reason_missing"
    message = "Say why: it is kept with what you did."


class OddAmount(GameError):
    code = "odd_amount"
    message = f"Coins are a whole number from 1 to {AMOUNT_MAX:,}."


async def revoke_sessions(player: Player, *, reason: str, by: Player | None) -> int:
    """Sign a player out everywhere, open sockets included; returns of how many sessions.

    Raises:
        ReasonMissing, NotYours: nothing was done.
    """
    _need(reason)
    await sync_to_async(need_above)(by, player)
    ended = await end_sessions(player.pk)
    await sync_to_async(record)(
        "revoke_sessions", "player", player.pk, by=by, reason=reason, before={"sessions": ended}, after={"sessions": 0}
    )
    return ended


async def grant_coins(player: Player, coins: int, *, reason: str, by: Player | None, token: str = "") -> int:
    """Give a player coins; returns how many they have then. Sent again with the same `token`, it gives nothing more.

    Raises:
        ReasonMissing, OddAmount, NotYours: nothing was given.
    """
    _need(reason)
    await sync_to_async(need_above)(by, player)
    if not 1 <= coins <= AMOUNT_MAX:
        raise OddAmount
    request = f"grant:{token or secrets.token_hex(12)}:{player.pk}"
    if await ledger.known([request]):  # The wallet forgets a request after 30 days, the ledger never.
        return (await purse(player.pk)).balance
    receipt = await move(Movement(player.pk, coins, "a gift", request))
    before = {"coins": receipt.balance - (0 if receipt.repeated else coins)}
    after = {"coins": receipt.balance}
    await sync_to_async(record)("grant_coins", "player", player.pk, by=by, reason=reason, before=before, after=after)
    return receipt.balance


async def replay_letters(*, reason: str, by: Player | None) -> int:
    """Have every dead letter of the ledger tried again; returns how many."""
    _need(reason)
    count = await replay_dead_letters(keys.ledger())
    after = {"letters": count}
    await sync_to_async(record)("replay_dead_letters", "ledger", "ledger", by=by, reason=reason, after=after)
    return count


def _need(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing
