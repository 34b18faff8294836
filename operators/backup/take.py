"""Backups: Redis and SQL in one archive, verified by loading it and comparing it with the site.

Redis is copied before SQL: a rebuild adds to Redis what only the SQL copy has. In the other order, a run could be
missing from both.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection

from operators import identity
from operators.backup import archive, snapshot, sql_copy
from operators.backup.archive import Manifest, part_of
from operators.backup.fingerprint import Prints, counted_by_app, differing, fingerprints, names
from store.client import other, url
from store.keys import every_key, prefix
from store.server import binary, datafolder, private
from store.sync_loop import run_sync

VALUE_TIMEOUT_S = 120.0
LEFT_AFTER_S = 24 * 60 * 60

Say = Callable[[str], object]


class NotTheSame(Exception):
    """An archive that was made does not hold what the site held."""


class Emptier(Exception):
    """Redis or SQL has lost data that the other refers to, so a copy would not be a backup."""


class Made(msgspec.Struct, frozen=True):
    """An archive that was made and verified, and how much of it could be compared with the site."""

    path: Path
    manifest: Manifest
    keys_compared: int
    keys_changed: int
    tables_compared: int


def folder_in_use() -> Path:
    """The default folder for archives."""
    return settings.DATA_DIR / "backups"


def make(folder: Path, say: Say = lambda step: None) -> Made:
    """Make a dated archive in a folder while the site is in use, and verify it; `say` gets each step.

    Raises:
        SnapshotFailed, CopyFailed, NoServer, OSError: it could not be made; no archive is left behind.
        NotTheSame: it differs from the site, twice; no archive is left behind.
        Emptier: Redis or SQL has lost something.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob(".making-*"):  # Left by a backup that was killed, unless another one is running.
        if time.time() - left.stat().st_mtime > LEFT_AFTER_S:
            shutil.rmtree(left, ignore_errors=True)
    with private.running(say=say):
        try:
            return _made(folder, say)
        except NotTheSame:
            # A value that changed and changed back during the copy looks like an error. That hardly happens twice.
            return _made(folder, say)


def _made(folder: Path, say: Say) -> Made:
    with tempfile.TemporaryDirectory(prefix=".making-", dir=folder) as name:
        work = Path(name)
        if missing := run_sync(identity.problems()) or run_sync(identity.emptier()):
            raise Emptier(f"{missing[0]}")
        say("Looking at what is there")
        keys, rows = run_sync(_fingerprints(url())), sql_copy.rows()
        now = datetime.now(UTC)
        say("Copying Redis")
        snapshot.save(work / archive.REDIS)
        say("Copying SQL")
        manifest = _manifest(work, now)
        say("Looking again")
        keys_after, rows_after = run_sync(_fingerprints(url())), sql_copy.rows()
        say("Writing the archive")
        unverified = work / archive.name_at(now)
        archive.pack(work, manifest, unverified)
        say("Loading the archive and comparing")
        with opened(unverified, work / "again", say) as (_, _, address):
            copy = run_sync(_fingerprints(address))
        wrong, compared = differing(keys, keys_after, copy)
        steady = {table: count for table, count in rows.items() if rows_after.get(table) == count}
        wrong += [
            table for table, count in steady.items() if manifest.rows.get(table) not in (count, sql_copy.UNCOUNTED)
        ]
        if wrong:
            raise NotTheSame(f"{len(wrong)} keys or tables are not as they were, such as {wrong[0]}")
        path = _linked(unverified, folder, now)
        return Made(path, manifest, compared, len(keys_after) - compared, len(steady))


def _linked(file: Path, folder: Path, moment: datetime) -> Path:
    """Link an archive into the folder, named after this second, or after the next one that is not taken."""
    while True:
        path = folder / archive.name_at(moment)
        try:
            os.link(file, path)  # Unlike a rename, a link never replaces another archive.
            return path
        except FileExistsError:
            moment += timedelta(seconds=1)


def _manifest(work: Path, now: datetime) -> Manifest:
    manifest = Manifest(
        format=archive.FORMAT,
        made_at=now.isoformat(timespec="seconds"),
        redis=private.describe().partition(" at ")[0],
        prefix=prefix(),
        vendor=connection.vendor,
        migrations=sql_copy.migrations(),
        keys={},
        rows={},
        parts={},
    )
    sql_copy.save(work / manifest.sql)
    kept = [archive.REDIS, manifest.sql]
    if (settings.DATA_DIR / archive.SECRET).exists():
        (work / archive.SECRET).write_bytes((settings.DATA_DIR / archive.SECRET).read_bytes())
        kept.append(archive.SECRET)
    with snapshot.scratch(work / archive.REDIS, work / "scratch") as address:
        keys = run_sync(endless(address))
    parts = {name: part_of(work / name) for name in kept}
    return msgspec.structs.replace(manifest, keys=keys, rows=sql_copy.rows_in(work / manifest.sql), parts=parts)


@contextlib.contextmanager
def opened(path: Path, folder: Path, say: Say = lambda step: None) -> Iterator[tuple[Manifest, Path, str]]:
    """Unpack an archive into a new folder, load it, and compare it with its manifest.

    Yields the manifest, the path of its SQL part, and the address of a scratch Redis that has loaded its snapshot.

    Raises:
        BadArchive: it is damaged, or does not hold what its manifest says.
        SnapshotFailed, CopyFailed: Redis or SQL cannot read its part.
    """
    folder.mkdir(parents=True)
    manifest = archive.unpack(path, folder)
    _refuse_older_server(manifest)
    if sql_copy.rows_in(folder / manifest.sql) != manifest.rows:
        raise archive.BadArchive("SQL does not hold the rows that the manifest tells of")
    with snapshot.scratch(folder / archive.REDIS, folder / "scratch", say) as address:
        if run_sync(endless(address, manifest.prefix)) != manifest.keys:
            raise archive.BadArchive("Redis does not hold the keys that the manifest tells of")
        yield manifest, folder / manifest.sql, address


def _refuse_older_server(manifest: Manifest) -> None:
    """Raises BadArchive if no server installed here can read what the archive's server wrote."""
    wrote = datafolder.parse(manifest.redis)
    found = [made for program in binary.installed() if (made := datafolder.made_by(program))]
    if wrote and found and not any(datafolder.reads(made, wrote) for made in found):
        raise archive.BadArchive(f"it was made with {wrote}, and {found[0]} here is older: install a newer one")


async def _fingerprints(address: str) -> Prints:
    connection = other(address, VALUE_TIMEOUT_S)
    try:
        return await fingerprints(connection)
    finally:
        await connection.aclose()


async def endless(address: str, of: str = "") -> dict[str, int]:
    """How many persistent keys each app has. Unlike others, they do not change with the time of counting."""
    connection = other(address, VALUE_TIMEOUT_S)
    found: dict[bytes, Any] = {}
    try:
        async for batch in names(connection, every_key(of)):
            pipe = connection.pipeline()
            for name in batch:
                pipe.pttl(name)
            found |= {name: ends for name, ends in zip(batch, await pipe.execute(), strict=True) if ends == -1}
    finally:
        await connection.aclose()
    return counted_by_app(found)
