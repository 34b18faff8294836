"""Operator actions on accounts other than moderation. Each is audited: who, why, and the values before and after."""

import secrets

from asgiref.sync import sync_to_async
from django import forms
from django.contrib.admin.widgets import AdminIntegerFieldWidget
from django.utils.translation import gettext, gettext_noop

from accounts.models import Player
from accounts.ranks import MODERATOR, OPERATOR
from accounts.sessions.engine import end_sessions
from audit.actions import Act, action, given_reason
from audit.trail import record
from games.rooms import keys as room_keys
from live.errors import GameError
from moderation.targets import PLAYER
from store.stream import replay_dead_letters
from wallet import keys, ledger
from wallet.coins import AMOUNT_MAX, Movement, move, purse


class OddAmount(GameError):
    code = "odd_amount"
    message = gettext_noop("Coins are a whole number from 1 to {most}.")


@action(
    PLAYER,
    role=MODERATOR,
    permission="accounts.revoke_sessions",
    words=gettext_noop("Sign these players out everywhere"),
    past=gettext_noop("signed out"),
    help="sign a player out everywhere",
)
async def revoke_sessions(player: Player, *, act: Act) -> int:
    """End all sessions of a player and close their open sockets; returns how many sessions there were."""
    ended = await end_sessions(player.pk)
    await sync_to_async(act.keep)({"sessions": ended}, {"sessions": 0})
    return ended


@action(
    PLAYER,
    role=OPERATOR,
    permission="accounts.grant_coins",
    words=gettext_noop("Give these players coins"),
    past=gettext_noop("given coins"),
    help="give a player coins",
    asks={
        "coins": forms.IntegerField(min_value=1, max_value=AMOUNT_MAX, widget=AdminIntegerFieldWidget),
        # The same each time one form is sent, so that a double click or a retry after a timeout gives no more coins.
        "token": forms.CharField(
            widget=forms.HiddenInput, initial=lambda: secrets.token_hex(12), max_length=24, required=False
        ),
    },
    if_unknown=gettext_noop("Send the form again: it gives the coins once."),
    says=lambda player, balance: gettext("{name} has {count} coins now.").format(
        name=player.name, count=f"{balance:,}"
    ),
)
async def grant_coins(player: Player, coins: int, *, act: Act, token: str = "") -> int:
    """Give a player coins; returns the new balance. A repeated call with the same `token` gives nothing more.

    Raises:
        OddAmount: nothing was given.
    """
    if not 1 <= coins <= AMOUNT_MAX:
        raise OddAmount(most=f"{AMOUNT_MAX:,}")
    request = f"grant:{token or secrets.token_hex(12)}:{player.pk}"
    if await ledger.known([request]):  # The wallet forgets a request after 30 days, the ledger never.
        balance = (await purse(player.pk)).balance
        await sync_to_async(act.keep)({"coins": balance}, {"coins": balance})
        return balance
    receipt = await move(Movement(player.pk, coins, "a gift", request))
    before = {"coins": receipt.balance - (0 if receipt.repeated else coins)}
    await sync_to_async(act.keep)(before, {"coins": receipt.balance})
    return receipt.balance


async def replay_letters(*, reason: str, by: Player | None) -> int:
    """Put every dead letter of the ledger and of matches back on its stream; returns how many. Raises ReasonMissing."""
    reason, count = given_reason(reason), await replay_dead_letters(keys.ledger())
    await sync_to_async(record)("replay_letters", "ledger", "ledger", by=by, reason=reason, after={"letters": count})
    if matches := await replay_dead_letters(room_keys.finished()):
        after = {"letters": matches}
        await sync_to_async(record)("replay_letters", "matches", "matches", by=by, reason=reason, after=after)
    return count + matches
