"""Finds, starts, waits for and stops the private Redis of a local site.

With an external Redis (REDIS_URL), only the checks are used.
"""

import contextlib
import fcntl
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from django.conf import settings

from store.client import (
    LOADED,
    ResponseError,
    StoreUnavailable,
    address,
    answers,
    loading_percent,
    private_socket,
    sync,
    url,
)
from store.server import binary, datafolder
from store.server.binary import VERSION_MIN, NoServer

#: How often the progress is reported while a server is awaited.
TELL_EVERY_S = 2.0
#: After waiting this long for the folder's previous server to end, ask it to shut down.
LEFT_BEHIND_S = 3.0
OWN_TRIES = 10
Say = Callable[[str], object]


def describe() -> str:
    """Name the Redis in use in words, such as `Redis 7.0.15 at unix:///…`.

    Raises:
        NoServer: it does not answer, refuses us, or is older than 6.2.
    """
    where = address().shown
    try:
        with sync() as connection:
            info = connection.info("server")
    except StoreUnavailable as error:
        # The error text says how Redis failed to answer, or what it refused.
        problem = "does not answer" if error.is_away else "cannot be used"
        raise NoServer(f"Redis at {where} {problem}: {error}") from error
    version = info.get("valkey_version") or info["redis_version"]
    if tuple(map(int, version.split(".")[:2])) < VERSION_MIN:
        raise NoServer(f"Redis at {where} is {version}; 6.2 or newer is needed.")
    return f"{'Valkey' if 'valkey_version' in info else 'Redis'} {version} at {where}"


def restoring(data_dir: Path) -> Path:
    """The file that exists while a restore changes data. It contains the path of the previous state."""
    return data_dir / "restoring"


def own(data_dir: Path, *, to_restore: bool = False) -> IO[str]:
    """Lock a data folder until the returned file is closed. Only the folder's owner gets access to it.

    Raises:
        NoServer: somebody has it: `bin/play` runs on it, or a restore; or a restore broke off, and this is none.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        data_dir.chmod(0o700)
    except PermissionError as error:
        raise NoServer(f"{data_dir} belongs to somebody else. Choose another data folder.") from error
    file = (data_dir / "lock").open("w")
    # Try several times: a process that only checks the lock also holds it for a moment.
    for left in range(OWN_TRIES, -1, -1):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError as error:
            if not left:
                file.close()
                words = f"another bin/play is running on {data_dir}, or a restore. Stop it, or choose another folder."
                raise NoServer(words) from error
            time.sleep(0.02)
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
    say: Say = lambda step: None,
) -> subprocess.Popen[bytes]:
    """Start the private server of a data folder and wait until it has loaded its data. `more` adds settings.

    Raises:
        NoServer: as `launch` and `wait`.
    """
    process = launch(data_dir, before_exec, more=more, say=say)
    try:
        wait(data_dir, process, say)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process


def launch(
    data_dir: Path,
    before_exec: Callable[[], None] | None = None,
    *,
    more: Sequence[str | Path] = (),
    say: Say = lambda step: None,
    check: Callable[[], object] | None = bool,
) -> subprocess.Popen[bytes]:
    """Start the private server of a data folder and return before it has loaded its data.

    Waits first until the folder's previous server has ended, and calls `check` meanwhile. None: do not wait for it.

    Raises:
        NoServer: there is no server that can read the folder, the folder of its socket is somebody else's, or the
            former server has not ended and may not be waited for.
    """
    folder = data_dir / "redis"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    program = binary.find(folder)
    socket = private_socket(data_dir)
    _own_socket_folder(socket.parent)
    with _sole_use(folder, socket, say, check) as lock, log_file(data_dir).open("ab") as out:
        return subprocess.Popen(
            [program, settings.BASE_DIR / "redis.conf", "--dir", folder, "--unixsocket", socket]
            + ["--appendfsync", settings.REDIS_APPENDFSYNC, *more],
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=before_exec,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C"},
            umask=0o077,
            # The server inherits the lock and holds it until it ends, so that no other server starts on the folder.
            pass_fds=[lock.fileno()],
        )


@contextlib.contextmanager
def _sole_use(folder: Path, socket: Path, say: Say, check: Callable[[], object] | None) -> Iterator[IO[str]]:
    """Take the lock that a server holds on its folder while it runs. Waits until a previous server has ended."""
    with (folder / "lock").open("w") as file:
        since = told = time.monotonic()
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if check is None:
                    raise NoServer("the former Redis of this folder has not ended yet") from error
            check()
            now = time.monotonic()
            if now - told >= TELL_EVERY_S:
                told = now
                say("Waiting for the former Redis of this folder to end")
            if now - since >= LEFT_BEHIND_S:
                since = now
                _ask_to_end(socket)
            time.sleep(0.05)
        yield file


def _ask_to_end(socket: Path) -> None:
    """Shut down a server that a killed start left running. It keeps all its data."""
    with contextlib.suppress(StoreUnavailable, ResponseError), sync(f"unix://{socket}") as connection:
        connection.execute_command("SHUTDOWN")


def _own_socket_folder(folder: Path) -> None:
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise NoServer(f"{folder}, where Redis is to listen, belongs to somebody else. Remove it.")
    folder.chmod(0o700)


def wait(
    data_dir: Path, process: "subprocess.Popen[bytes]", say: Say = lambda step: None, check: Callable[[], object] = bool
) -> None:
    """Wait until a server has loaded its data. `say` gets the progress, and `check` is called meanwhile.

    There is no timeout while the server runs: a million small keys take about 15 s.

    Raises:
        NoServer: it ended; with the last line of its log.
    """
    where = f"unix://{private_socket(data_dir)}"
    told = time.monotonic()
    while (percent := loading_percent(where)) != LOADED:
        check()
        if process.poll() is not None:
            raise NoServer(f"redis-server did not start: {last_words(data_dir)} (see {log_file(data_dir)})")
        if time.monotonic() - told >= TELL_EVERY_S:
            told = time.monotonic()
            say(f"Redis is loading its data: {percent:.0f} %" if percent is not None else "Waiting for Redis")
        time.sleep(0.02 if percent is None else 0.1)
    # It has loaded the data, and is the one that writes from now on.
    datafolder.note(data_dir / "redis", datafolder.made_by(Path(process.args[0])))  # type: ignore[index,arg-type]


def log_file(data_dir: Path) -> Path:
    """Where the private server writes its log."""
    return data_dir / "redis" / "redis.log"


def last_words(data_dir: Path) -> str:
    """The last line in the log of a private server that has ended, or a message that its disk is full."""
    with contextlib.suppress(OSError), log_file(data_dir).open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
        lines = file.read().decode(errors="replace").strip().splitlines()
        if any("No space left on device" in line for line in lines[-12:]):
            return f"the disk of {data_dir} is full: free some space"
        return lines[-1] if lines else "it said nothing"
    return "it said nothing"


@contextlib.contextmanager
def running(*, owned: bool = False, say: Say = lambda step: None) -> Iterator[None]:
    """Make sure that Redis answers during the block: start the private one if the site is stopped.

    The data folder is then locked, so that no site starts on it meanwhile. `owned`: the caller has locked it already.

    Raises:
        NoServer: it could not be started.
    """
    if settings.REDIS_URL or answers(url()):
        yield
        return
    with contextlib.nullcontext() if owned else contextlib.closing(own(settings.DATA_DIR)):
        process = start(settings.DATA_DIR, die_with_parent, say=say)
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
