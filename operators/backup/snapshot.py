"""Snapshots of Redis: taken from a running server, loaded into a scratch one, and handed over to another.

A snapshot is an RDB file: everything that the server holds at one moment.
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from operators.backup.fingerprint import names
from store.address import Address
from store.client import Client, ResponseError, StoreUnavailable, address, other, private_socket, servers
from store.keys import prefix
from store.server import binary, private
from store.server.binary import NoServer
from store.sync_loop import run_sync

TIMEOUT_S = 3600.0
APPEND_TIMEOUT_S = 3600.0
HANDED_AT_ONCE = 100
PROBE_MS = 10_000


class SnapshotFailed(Exception):
    """Why a snapshot could not be taken or loaded, in one line."""


def save(path: Path) -> None:
    """Write a snapshot of the Redis in use to a file, sent as to a replica: no access to its disk is needed.

    Those of a cluster's primaries become one. Each is of one moment, and so is all that a hash tag holds together.

    Redis: SYNC by way of `redis-cli --rdb`; each server forks once, like for BGSAVE.

    Raises:
        SnapshotFailed: a server refused or went away, or there is no redis-cli.
    """
    with translated_to_failure():
        found = run_sync(servers())
    if len(found) == 1:
        return _save(found[0], path)
    with tempfile.TemporaryDirectory(prefix=".parts-", dir=path.parent) as name:
        parts = [Path(name) / f"{number}.rdb" for number in range(len(found))]
        for server, part in zip(found, parts, strict=True):
            _save(server, part)
        _merge(parts, Path(name), path)


@contextlib.contextmanager
def translated_to_failure() -> Iterator[None]:
    """Turn StoreUnavailable into SnapshotFailed."""
    try:
        yield
    except StoreUnavailable as error:
        raise SnapshotFailed(f"Redis gave no snapshot: {error}") from error


def _merge(parts: Sequence[Path], folder: Path, path: Path) -> None:
    """Put the snapshots of several servers, none of which has a key of another, into one."""
    with scratch(parts[0], folder / "all") as target:
        for number, part in enumerate(parts[1:]):
            with scratch(part, folder / f"part{number}") as source:
                run_sync(_copied(source, target))
        run_sync(_saved(target))
        shutil.move(folder / "all" / "redis" / "dump.rdb", path)


async def _copied(source: str, target: str) -> None:
    async with (
        contextlib.aclosing(other(source, TIMEOUT_S)) as one,
        contextlib.aclosing(other(target, TIMEOUT_S)) as all,
    ):
        await _hand_all(one, all)


async def _saved(target: str) -> None:
    async with contextlib.aclosing(other(target, TIMEOUT_S)) as connection:
        await connection.save()


def _save(server: Address, path: Path) -> None:
    at, secret = server.cli
    try:
        done = subprocess.run(
            [_cli(), *at, "--rdb", path],
            capture_output=True,
            text=True,
            env={**os.environ, **secret},
            timeout=TIMEOUT_S,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SnapshotFailed(f"redis-cli could not be run: {error}") from error
    if done.returncode or not _is_rdb(path):
        said = (done.stderr or done.stdout).strip().splitlines()
        raise SnapshotFailed(f"Redis gave no snapshot: {said[-1] if said else 'it said nothing'}")


def _is_rdb(path: Path) -> bool:
    if not path.exists():
        return False
    with path.open("rb") as file:
        return file.read(5) == b"REDIS"


def _cli() -> str:
    """The path of redis-cli: next to the server program that would be started, or on PATH."""
    try:
        beside = binary.find()
        candidates = [str(beside.with_name(beside.name.replace("-server", "-cli")))]
    except NoServer:
        candidates = []
    for name in (*candidates, "redis-cli", "valkey-cli"):
        if found := shutil.which(name):
            return found
    raise SnapshotFailed("there is no redis-cli; install Redis's tools")


@contextlib.contextmanager
def scratch(snapshot: Path, folder: Path, say: private.Say = lambda step: None) -> Iterator[str]:
    """Run a scratch server on a copy of a snapshot in `folder/redis`; yields its address, and stops it after the block.

    `say` is called with the progress while a large snapshot is loaded.

    Raises:
        SnapshotFailed: no server, or it could not load the snapshot.
    """
    (folder / "redis").mkdir(parents=True)
    shutil.copyfile(snapshot, folder / "redis" / "dump.rdb")
    socket = private_socket(folder)
    try:
        process = private.start(
            folder,
            private.die_with_parent,
            more=["--appendonly", "no", "--save", "", "--dbfilename", "dump.rdb"],
            say=say,
        )
    except NoServer as error:
        raise SnapshotFailed(f"the snapshot cannot be loaded: {error}") from error
    try:
        yield f"unix://{socket}?db={address().db}"
    finally:
        process.terminate()
        process.wait()
        if socket.parent.parent == Path(tempfile.gettempdir()):
            shutil.rmtree(socket.parent, ignore_errors=True)


async def append(connection: Client) -> None:
    """Make a scratch server write an append-only file, so that a private server can use its folder.

    Raises:
        SnapshotFailed: it could not.
    """
    await connection.config_set("appendonly", "yes")
    deadline = time.monotonic() + APPEND_TIMEOUT_S
    while True:
        info = await connection.info("persistence")
        if not info["aof_rewrite_in_progress"] and not info["aof_rewrite_scheduled"]:
            break
        if time.monotonic() > deadline:
            raise SnapshotFailed("the append-only file was not written in time")
        await asyncio.sleep(0.05)
    if info["aof_last_bgrewrite_status"] != "ok":
        raise SnapshotFailed("the append-only file could not be written; look at the disk")


async def hand_over(source: Client, target: Client) -> None:
    """Replace the site's keys on `target` with those on `source`. Nobody may use the target meanwhile.

    Redis: UNLINK of what is there, then DUMP, PTTL and RESTORE in batches of 100 keys.

    Raises:
        SnapshotFailed: the target is older than the source and does not know its values.
    """
    await _try_one(source, target)
    async for batch in names(target):
        await target.unlink(*batch)
    await _hand_all(source, target)


async def _hand_all(source: Client, target: Client) -> None:
    async for batch in names(source):
        for start in range(0, len(batch), HANDED_AT_ONCE):
            await _hand(source, target, batch[start : start + HANDED_AT_ONCE])


async def _try_one(source: Client, target: Client) -> None:
    """Raises SnapshotFailed if the target cannot read values in the source's format; nothing is changed."""
    name = f"{prefix()}:restore:{{probe}}:value"
    await source.set(name, "x", px=PROBE_MS)
    value = await source.dump(name)
    await source.delete(name)
    try:
        await target.restore(name, PROBE_MS, value, replace=True)
        await target.delete(name)
    except ResponseError as error:
        raise SnapshotFailed("the Redis in use is older than the server here and does not read its values") from error


async def _hand(source: Client, target: Client, batch: Sequence[bytes]) -> None:
    pipe = source.pipeline()
    for name in batch:
        pipe.dump(name)
        pipe.pttl(name)
    replies = await pipe.execute()
    values = [each for each in zip(batch, replies[::2], replies[1::2], strict=True) if each[1] is not None]
    pipe = target.pipeline()
    for name, value, ends_ms in values:
        pipe.restore(name, max(0, ends_ms), value, replace=True)
    try:
        await pipe.execute()
    except ResponseError as error:
        # The full error text may contain the values themselves.
        raise SnapshotFailed(f"the Redis in use does not take the values: {str(error)[:80]!a}") from error
