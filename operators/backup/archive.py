"""The archive of a backup: one gzipped tar with a snapshot of Redis, a copy of SQL, and a manifest of both.

Its parts are `manifest.json`, `redis.rdb`, `sql.sqlite3` or `sql.pgdump`, and `secret_key` where the site made its own.
"""

import contextlib
import hashlib
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

FORMAT = 1
REDIS, SECRET, MANIFEST = "redis.rdb", "secret_key", "manifest.json"
PARTS = (REDIS, "sql.sqlite3", "sql.pgdump", SECRET)
PIECE = 1 << 20
MANIFEST_MAX = 1 << 22
#: Bytes that unpacking leaves free on the disk, whatever sizes the manifest claims.
ROOM_KEPT = 64 << 20


class BadArchive(Exception):
    """Why an archive cannot be used, in one line."""


class Part(msgspec.Struct, frozen=True):
    """A file of the archive."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What an archive holds: persistent `keys` per app, `rows` per table, and the migrations that made the tables."""

    format: int
    made_at: str
    redis: str
    prefix: str
    vendor: str
    migrations: list[str]
    keys: dict[str, int]
    rows: dict[str, int]
    parts: dict[str, Part]

    @property
    def sql(self) -> str:
        """The name of the SQL part."""
        return "sql.sqlite3" if self.vendor == "sqlite" else "sql.pgdump"


def name_at(moment: datetime) -> str:
    """The file name of an archive made at this moment, in UTC."""
    return f"gameapp-{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}.tar.gz"


def listed(folder: Path) -> list[Path]:
    """The archives in a folder, newest first."""
    return sorted(folder.glob("gameapp-????????T??????Z.tar.gz"), reverse=True)


def part_of(path: Path) -> Part:
    """Length and SHA-256 of a file."""
    with path.open("rb") as file:
        return Part(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def pack(folder: Path, manifest: Manifest, archive: Path) -> None:
    """Write the archive of a folder's parts, readable by its owner only."""
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    descriptor = os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar:
            for name in (MANIFEST, *manifest.parts):
                tar.add(folder / name, name, filter=_private)
        file.flush()
        os.fsync(file.fileno())


def _private(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mode = 0o600
    return member


def unpack(archive: Path, folder: Path) -> Manifest:
    """Write the parts of an archive to a folder and check each against the manifest.

    Raises:
        BadArchive: it is none, or of a newer make, or something in it is missing, changed or cut off.
    """
    with _opened(archive) as tar:
        manifest = _manifest(tar)
        _need_room(manifest, folder)
        for name, part in manifest.parts.items():
            _write(tar, name, part, folder / name)
    return manifest


def _need_room(manifest: Manifest, folder: Path) -> None:
    """Refuse parts that do not fit on the disk: all are written, and the Redis part is copied once more to load it."""
    sizes = [part.bytes for part in manifest.parts.values()]
    wanted, free = sum(sizes) + manifest.parts[REDIS].bytes, shutil.disk_usage(folder).free
    if min(sizes) < 0 or wanted + ROOM_KEPT > free:
        raise BadArchive(f"its parts take {wanted:,} bytes, and {free:,} are free at {folder}")


def peek(archive: Path) -> Manifest:
    """Read the manifest only, from the start of an archive. Raises BadArchive if it is not an archive."""
    with _opened(archive) as tar:
        return _manifest(tar)


@contextlib.contextmanager
def _opened(archive: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(archive, "r:gz") as tar:
            yield tar
    except (OSError, EOFError, tarfile.TarError, KeyError, RecursionError, msgspec.MsgspecError, zlib.error) as error:
        raise BadArchive(f"{archive.name} cannot be read: {error}") from error


def _manifest(tar: tarfile.TarFile) -> Manifest:
    member = tar.next()
    file = tar.extractfile(member) if member and member.isfile() and member.name == MANIFEST else None
    if file is None or member is None or member.size > MANIFEST_MAX:
        raise BadArchive("this is no archive of Gameapp: it begins with no manifest")
    text = file.read()
    made_as = msgspec.json.decode(text, type=_Format).format
    if made_as != FORMAT:
        raise BadArchive(f"this archive has format {made_as}; this version of Gameapp reads {FORMAT}")
    manifest = msgspec.json.decode(text, type=Manifest)
    if set(manifest.parts) - set(PARTS) or not {REDIS, manifest.sql} <= set(manifest.parts):
        raise BadArchive("the manifest names other parts than an archive has")
    return manifest


class _Format(msgspec.Struct):
    format: int


def _write(tar: tarfile.TarFile, name: str, part: Part, path: Path) -> None:
    # Read by name and write to a path of our own: whatever the archive holds, nothing is written elsewhere.
    file = tar.extractfile(name)
    if file is None:
        raise BadArchive(f"{name} is no file")
    digest, length = hashlib.sha256(), 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        while piece := file.read(PIECE):
            length += len(piece)
            if length > part.bytes:
                break
            digest.update(piece)
            out.write(piece)
    if length != part.bytes or digest.hexdigest() != part.sha256:
        raise BadArchive(f"{name} is not what was archived: the archive is damaged")
