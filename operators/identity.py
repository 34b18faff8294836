"""Whether Redis, SQL, the data folder and the secret key belong to one site.

Each of them holds the site's id. Without this check, a site would start silently after one was lost or replaced. Then a
new player could get the id of an old one, and with it their coins and points.
"""

import contextlib
import hmac
import secrets
from pathlib import Path

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

from accounts.models import Player
from leaderboard import keys as board_keys
from leaderboard.models import Board, Run
from leaderboard.periods import current
from leaderboard.repair import counting
from leaderboard.repair.counting import Flying
from operators.models import SiteIdentity
from store import keys
from store.client import client
from wallet import keys as wallet_keys
from wallet.models import LedgerEntry

NOTE = "site_id"


async def problems() -> list[str]:
    """What does not belong together or is missing, each with the command that repairs it; empty if all is well.

    Redis: two or three round trips.
    """
    # The commands to type: if the data folder is not the default one, they need DATA_DIR.
    elsewhere = "" if settings.DATA_DIR == settings.BASE_DIR / "var" else f"DATA_DIR={settings.DATA_DIR} "
    command, restore = f"{elsewhere}manage.py stores", f"{elsewhere}manage.py restore"
    known = await _known()
    in_redis, missing = await _redis_id(), await emptier()
    if known is None and in_redis:
        return [
            "SQL does not know the site that Redis belongs to: the database is gone, or another one. Put it back, "
            f"restore a backup ({restore}), or begin with no players ({command} --forget-redis)"
        ]
    if known is None:
        if missing:
            return [f"{missing[0]}. Restore a backup, or write Redis from SQL ({command} --rebuild-redis)"]
        if await _holds_players() and not await Player.objects.aexists():
            return [
                "SQL has no players, and Redis has some of their coins or boards. Put the database back, restore a "
                f"backup ({restore}), or begin with no players ({command} --forget-redis)"
            ]
        return []
    found = []
    if in_redis and in_redis != known.id:
        found.append(
            "Redis and SQL belong to two different sites: look at REDIS_URL, REDIS_PREFIX and DATABASE_URL, or restore "
            f"a backup ({restore})"
        )
    elif missing or (not in_redis and await Run.objects.aexists()):
        what = missing[0] if missing else "Redis does not hold this site's data"
        found.append(f"{what}. Restore a backup, or write Redis from SQL ({command} --rebuild-redis)")
    noted = _noted()
    if noted and noted != known.id:
        found.append(
            f"the data folder {settings.DATA_DIR} is another site's: choose its own with DATA_DIR, or delete the file "
            f"{NOTE} in it if it is this one's all the same"
        )
    if not _knows_secret(known):
        found.append(
            "the secret key is not the one that this site was made with: nobody's session opens with it. Put the file "
            "secret_key back (a backup holds it), set SECRET_KEY or SECRET_KEY_FALLBACKS, or have everybody sign in "
            f"anew ({command} --new-secret)"
        )
    return found


async def emptier() -> list[str]:
    """What Redis lacks although SQL shows that it should be there, in words. One round trip."""
    wanted = {}
    if await LedgerEntry.objects.aexists():
        wanted[wallet_keys.balances()] = "Redis has no coins, and SQL has movements of them"
    async for board in Board.objects.filter(keeps_all=True):
        if await sync_to_async(_has_standing)(board):
            wanted[board_keys.standings(board.slug, "all")] = f"Redis has no board of {board}, and SQL has its runs"
    found = await _which_exist(list(wanted))
    return [words for name, words in wanted.items() if name not in found]


def _has_standing(board: Board) -> bool:
    """Whether a rebuild from SQL would put anybody on a board's all-time standings."""
    return next(iter(counting.visible(board, current("all", 0), Flying([], ""))), None) is not None


async def unite() -> None:
    """Write the site's id to SQL, Redis and the data folder, and accept the current secret key."""
    known = await SiteIdentity.objects.afirst()
    id = known.id if known else secrets.token_hex(16)
    check = _check_of(id, settings.SECRET_KEY)
    await SiteIdentity.objects.aupdate_or_create(pk=id, defaults={"secret_check": check})
    await client().set(keys.site(), id)
    with contextlib.suppress(OSError):  # A read-only data folder cannot hold the id, which is no problem.
        _note().write_text(f"{id}\n")


def _note() -> Path:
    return settings.DATA_DIR / NOTE


def _noted() -> str:
    try:
        return _note().read_text().strip()
    except OSError:
        return ""


def _check_of(id: str, secret: str) -> str:
    return salted_hmac("operators.identity", id, secret=secret, algorithm="sha256").hexdigest()


def _knows_secret(known: SiteIdentity) -> bool:
    own = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(hmac.compare_digest(_check_of(known.id, secret), known.secret_check) for secret in own)


async def _known() -> SiteIdentity | None:
    """The site's row in SQL; None before the site was first started with this version."""
    return await SiteIdentity.objects.afirst() if await sync_to_async(_has_table)() else None


def _has_table() -> bool:
    return SiteIdentity._meta.db_table in connection.introspection.table_names()


async def is_noted() -> bool:
    """Whether the site's id has been recorded yet."""
    return await _known() is not None


async def _redis_id() -> str:
    return await client().get(keys.site()) or ""


async def _which_exist(names: list[str]) -> set[str]:
    pipe = client().pipeline()
    for name in names:
        pipe.exists(name)
    found = await pipe.execute() if names else []
    return {name for name, is_there in zip(names, found, strict=True) if is_there}


async def _holds_players() -> bool:
    cards = [board_keys.cards(slug) async for slug in Board.objects.values_list("slug", flat=True)]
    return bool(await client().exists(wallet_keys.balances(), *cards))
