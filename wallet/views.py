"""The shop page: buying and wearing cosmetics."""

import re
import secrets
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Player
from accounts.signals import card_changed
from live.errors import GameError
from live.rate_limits import enter
from store.sync_loop import run_sync
from wallet import coins
from wallet import shop as catalogue
from wallet.models import LedgerEntry

_REQUEST = re.compile(r"[A-Za-z0-9_-]{16,40}")
LEDGER_COUNT = 12


@never_cache
@require_safe
def shop(request: HttpRequest) -> HttpResponse:
    """Show all items, which of them the player owns and wears, and their latest coin movements."""
    player = request.player
    purse = run_sync(coins.purse(player.pk)) if player else coins.Purse(0, frozenset())
    # Themes, which change how a game looks, come first.
    kinds = sorted(catalogue.SHELVES.items(), key=lambda shelf: not shelf[0].slug.startswith("theme:"))
    shelves = [{"kind": kind, "items": [_shown(item, purse, player) for item in items]} for kind, items in kinds]
    ledger = LedgerEntry.objects.filter(player=player)[:LEDGER_COUNT] if player else []
    context = {"purse": purse, "shelves": shelves, "ledger": ledger}
    return render(
        request, "wallet/shop.html", context | {"earning": catalogue.EARNING, "most": catalogue.RUN_COINS_MAX}
    )


def _shown(item: catalogue.Item, purse: coins.Purse, player: Player | None) -> dict[str, Any]:
    return {
        "item": item,
        "owned": item.slug in purse.owned,
        "worn": player is not None and player.wearing(item.kind) == item.slug,
        "missing": max(0, item.price - purse.balance),
        # The same form sent twice buys once.
        "request": secrets.token_urlsafe(16),
    }


@login_required
def buy(request: HttpRequest) -> HttpResponse:
    """Buy an item and wear it. A GET, such as the redirect after signing in, leads to the shop."""
    if request.method != "POST":
        return redirect("wallet:shop")
    run_sync(enter("shop", str(request.player.pk)))
    try:
        item = catalogue.find(request.POST.get("item", ""))
        if not _REQUEST.fullmatch(request.POST.get("request", "")):
            raise catalogue.UnknownItem
        run_sync(coins.buy(request.player.pk, item, request.POST["request"]))
    except GameError as error:
        messages.error(request, str(error))
    else:
        _wear(request.player, item.kind, item.slug)
        messages.success(request, _("{item} is yours, and you wear it.").format(item=gettext(item.title)))
    return redirect("wallet:shop")


@login_required
def wear(request: HttpRequest) -> HttpResponse:
    """Wear an owned item, or nothing of its kind (`kind` without `item`)."""
    if request.method != "POST":
        return redirect("wallet:shop")
    run_sync(enter("shop", str(request.player.pk)))
    slug, kind = request.POST.get("item", ""), request.POST.get("kind", "")
    try:
        if slug:
            kind = catalogue.find(slug).kind
            if slug not in run_sync(coins.purse(request.player.pk)).owned:
                raise catalogue.UnknownItem(gettext_noop("You do not own that."))
        elif not catalogue.has_kind(kind):
            raise catalogue.UnknownItem
    except GameError as error:
        messages.error(request, str(error))
    else:
        _wear(request.player, kind, slug)
        words = _("You wear {item}.").format(item=gettext(catalogue.find(slug).title)) if slug else _("Taken off.")
        messages.success(request, words)
    return redirect("wallet:shop")


def _wear(player: Player, kind: str, slug: str) -> None:
    head, _, game = kind.partition(":")
    if head == "theme":
        with transaction.atomic():
            # Another request may set the theme of another game at the same time.
            kept = Player.objects.select_for_update().get(pk=player.pk)
            player.themes = {each: worn for each, worn in {**kept.themes, game: slug}.items() if worn}
            Player.objects.filter(pk=player.pk).update(themes=player.themes)
        return
    Player.objects.filter(pk=player.pk).update(**{kind: slug})
    setattr(player, kind, slug)
    card_changed.send(Player, player=player)
