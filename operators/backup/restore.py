"""Restores an archive: verifies it, sets the current data aside, then completes standings and coins from SQL."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from flags import flags
from leaderboard.models import Board
from leaderboard.repair import rebuild
from live.observe import processes
from operators import identity
from operators.backup import archive, snapshot, sql_copy, take
from operators.backup.archive import Manifest
from store import heartbeat
from store.client import Client, answers, other, url
from store.keys import prefix
from store.server import datafolder, private
from store.sync_loop import run_sync
from wallet import ledger

Say = Callable[[str], object]


class CannotRestore(Exception):
    """Why nothing was restored, in one line; the site is as it was."""


class Unfinished(Exception):
    """A restore that failed after its first change: why, and where the former data is."""


def check(path: Path, say: Say = lambda step: None) -> Manifest:
    """Unpack an archive to a temporary folder, load it, and compare it with its manifest; nothing else is touched.

    Raises: as `backup.opened`.
    """
    say("Loading the archive and comparing")
    with (
        tempfile.TemporaryDirectory(prefix="gameapp-check-") as name,
        take.opened(path, Path(name) / "a", say) as found,
    ):
        return found[0]


def restore(path: Path, say: Say = lambda step: None) -> tuple[Manifest, Path]:
    """Replace the site's data with an archive; returns its manifest, and the folder that keeps the former data.

    The site must be stopped. The files of a private Redis and of SQLite are moved there as they are, so that even a
    broken site can be restored. An external Redis and PostgreSQL are copied there.

    Raises:
        CannotRestore: the site runs, or the archive is of another prefix, database or newer version.
        BadArchive, SnapshotFailed, CopyFailed, NoServer, OSError: the archive cannot be used, or the former state not
            be kept; the site is as it was.
        Unfinished: it broke off after the first change; the former state lies where it says.
    """
    with contextlib.closing(private.own(settings.DATA_DIR, to_restore=True)), _folder() as work:
        _refuse_while_running()
        say("Loading the archive and comparing")
        with take.opened(path, work / "a", say) as (manifest, sql, address):
            _refuse_what_does_not_fit(manifest)
            aside = _aside()
            say("Keeping what is there")
            _keep(aside)
            say("Writing Redis")
            _note(aside)
            with _unfinished(aside):
                run_sync(_hand_over(address) if settings.REDIS_URL else _append(address))
        with _unfinished(aside):
            if not settings.REDIS_URL:
                _move(settings.DATA_DIR / "redis", aside)
                shutil.move(work / "a" / "scratch" / "redis", settings.DATA_DIR / "redis")
            say("Writing SQL")
            _write_sql(sql, aside)
            if archive.SECRET in manifest.parts:
                _move(settings.DATA_DIR / archive.SECRET, aside)
                shutil.move(work / "a" / archive.SECRET, settings.DATA_DIR / archive.SECRET)
            say("Making standings and coins whole")
            _make_whole(say)
            private.restoring(settings.DATA_DIR).unlink()
    return manifest, aside


def _note(aside: Path) -> None:
    """Write the file that keeps a site from starting on half-restored data, even after a power cut."""
    with private.restoring(settings.DATA_DIR).open("w") as file:
        file.write(str(aside))
        file.flush()
        os.fsync(file.fileno())


def _aside() -> Path:
    """Make a folder for the former data, named after this second, or after the next one that is not taken."""
    moment = datetime.now(UTC)
    while True:
        folder = settings.DATA_DIR / f"before-restore-{moment:%Y%m%dT%H%M%SZ}"
        try:
            folder.mkdir(mode=0o700)
            return folder
        except FileExistsError:
            moment += timedelta(seconds=1)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    for left in settings.DATA_DIR.glob(".restoring-*"):  # Left by a restore that was killed.
        shutil.rmtree(left, ignore_errors=True)
    # Beside the data, so that files are moved, not copied.
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=settings.DATA_DIR) as name:
        yield Path(name)


@contextlib.contextmanager
def _unfinished(aside: Path) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        raise Unfinished(f"{str(error) or type(error).__name__}. What was there lies in {aside}.") from error


def _refuse_while_running() -> None:
    if not settings.REDIS_URL:
        if answers(url()):
            raise CannotRestore("the site's Redis is running; stop the site first")
        return
    private.describe()
    web, workers = run_sync(alive())
    if web or workers:
        raise CannotRestore(f"{web} web processes and {workers} workers are running; stop the site first")


async def alive() -> tuple[int, int]:
    """How many web processes and workers have recently reported that they are alive."""
    return len(await processes.read()), len(await heartbeat.alive())


def _refuse_what_does_not_fit(manifest: Manifest) -> None:
    if manifest.prefix != prefix():
        raise CannotRestore(f"its keys begin with {manifest.prefix}; set REDIS_PREFIX={manifest.prefix}")
    if manifest.vendor != connection.vendor:
        raise CannotRestore(f"it holds a database of {manifest.vendor}, and this site uses {connection.vendor}")
    if settings.REDIS_URL:
        target, wrote = (datafolder.parse(text.partition(" at ")[0]) for text in (private.describe(), manifest.redis))
        if target and wrote and not datafolder.reads(target, wrote):
            raise CannotRestore(f"it was made with {wrote}, and the Redis in use is {target}, which cannot read it")
    if strange := sql_copy.unknown(manifest.migrations):
        raise CannotRestore(f"it was made by a newer version of Gameapp, which knows {strange[-1]}")


def _keep(aside: Path) -> None:
    if settings.REDIS_URL:
        snapshot.save(aside / archive.REDIS)
    if connection.vendor == "postgresql":
        sql_copy.save(aside / "sql.pgdump")


def _write_sql(copy: Path, aside: Path) -> None:
    connection.close()
    if connection.vendor == "postgresql":
        return sql_copy.restore(copy)
    database = sql_copy.file_in_use()
    for name in (database.name, f"{database.name}-wal", f"{database.name}-shm"):
        _move(database.with_name(name), aside)
    shutil.move(copy, database)


def _move(path: Path, folder: Path) -> None:
    if path.exists():
        shutil.move(path, folder / path.name)


async def _append(address: str) -> None:
    async with _connected(address) as scratch:
        await snapshot.append(scratch)


async def _hand_over(address: str) -> None:
    async with _connected(address) as scratch, _connected(url()) as ours:
        await snapshot.hand_over(scratch, ours)


@contextlib.asynccontextmanager
async def _connected(address: str) -> AsyncIterator[Client]:
    connection = other(address, take.VALUE_TIMEOUT_S)
    try:
        yield connection
    finally:
        await connection.aclose()


def _make_whole(say: Say) -> None:
    """Migrate older tables, then add to Redis what only SQL has, since SQL was copied later."""
    with private.running(owned=True, say=say):
        call_command("migrate", verbosity=0, interactive=False)
        for board in Board.objects.all():
            run_sync(rebuild.rebuild(board))
            run_sync(rebuild.rebuild_archives(board))
        run_sync(ledger.rebuild())
        run_sync(flags.write_missing(anew=True))
        run_sync(identity.unite())
