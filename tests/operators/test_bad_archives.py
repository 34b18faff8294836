"""Archives that are damaged, foreign or made to harm: refused, and nothing changes."""

import io
import json
import tarfile
from pathlib import Path

import msgspec
import pytest

from operators.backup import archive, restore
from tests.backed_up import files_of, manage, the_archive
from tests.stack import ROOT

pytestmark = pytest.mark.timeout(170)


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def rewritten(source: Path, target: Path, change) -> Path:
    """An archive with a changed manifest, whose sums are right all the same."""
    folder = made(target.with_suffix(".d"))
    manifest = archive.unpack(source, folder)
    archive.pack(folder, change(manifest), target)
    return target


def flipped(source: Path, target: Path) -> Path:
    data = bytearray(source.read_bytes())
    data[len(data) // 2] ^= 0xFF
    target.write_bytes(data)
    return target


def cut(source: Path, target: Path) -> Path:
    target.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    return target


def foreign(_: Path, target: Path) -> Path:
    with tarfile.open(target, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("hello"))
    return target


def climbing(source: Path, target: Path) -> Path:
    """The manifest names a file outside."""
    with tarfile.open(target, "w:gz") as tar:
        part = {"bytes": 2, "sha256": "0" * 64}
        text = json.dumps(
            {
                **dict.fromkeys(("made_at", "redis", "prefix"), "x"),
                **{"format": 1, "vendor": "sqlite", "migrations": [], "keys": {}, "rows": {}},
                "parts": {"redis.rdb": part, "sql.sqlite3": part, "../climbed": part},
            }
        ).encode()
        for name, body in (("manifest.json", text), ("../climbed", b"no")):
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return target


def exchanged(source: Path, target: Path) -> Path:
    """A whole archive with other content in a part than the manifest tells of."""
    folder = made(target.with_suffix(".d"))
    manifest = archive.unpack(source, folder)
    (folder / manifest.sql).write_bytes(bytes(manifest.parts[manifest.sql].bytes))
    archive.pack(folder, manifest, target)
    return target


def replaced(**fields):
    return lambda source, target: rewritten(source, target, lambda made: msgspec.structs.replace(made, **fields))


BAD = {
    "flipped": (flipped, "cannot be read|damaged"),
    "exchanged": (exchanged, "is not what was archived"),
    "cut off": (cut, "cannot be read"),
    "foreign": (foreign, "no archive of Gameapp"),
    "climbing": (climbing, "names other parts"),
    "text": (lambda source, target: Path(ROOT / "README.md"), "cannot be read"),
    "newer format": (replaced(format=2), "has format 2"),
    "other prefix": (replaced(prefix="elsewhere"), "keys"),
    "other database": (replaced(migrations=["leaderboard.9999_to_come"]), "newer version"),
    "wrong rows": (replaced(rows={"accounts_player": 9}), "SQL does not hold the rows"),
    "wrong keys": (replaced(keys={"accounts": 9}), "Redis does not hold the keys"),
}


@pytest.mark.stack
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_archive_is_refused_and_nothing_changes(stopped, tmp_path, kind):
    spoil, words = BAD[kind]
    data = stopped[0]
    bad = spoil(the_archive(data), tmp_path / "bad.tar.gz")
    before = files_of(data)
    done = manage(data, "restore", "--yes", str(bad))
    assert done.returncode == 1
    assert "Nothing was changed" in done.stderr
    assert any(word in done.stderr for word in words.split("|")), done.stderr
    assert "Traceback" not in done.stderr
    assert files_of(data) == before
    assert not (tmp_path / "climbed").exists()


def test_two_restores_within_one_second_keep_what_was_there_in_two_folders(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    assert len({restore._aside() for _ in range(3)}) == 3
    assert len(list(tmp_path.glob("before-restore-*"))) == 3
