"""What `bin/play` does: checks, prepares, starts the parts, says where to play, and waits.

Run as `python -m gameapp.launch.start`, not as a Django command, because its options decide the settings.
"""

import argparse
import contextlib
import functools
import http.client
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gameapp import environment
from gameapp.launch import running
from gameapp.launch.options import parser
from gameapp.launch.secret import local_secret_key

if TYPE_CHECKING:
    from gameapp.launch.supervisor import Supervisor
    from store.server.private import Say

ROOT = Path(__file__).resolve().parent.parent.parent
READY_TIMEOUT_S = 60.0
ORPHAN_TIMEOUT_S = 5.0
METRICS_DIR = "PROMETHEUS_MULTIPROC_DIR"


class CannotStart(Exception):
    """Why the arcade does not start, in one line."""


def main() -> int:
    options = parser().parse_args()
    if options.web > 1 and options.server == "daphne":
        print("Cannot start: --web takes more than one process with uvicorn only.", file=sys.stderr)
        return 1
    try:
        prepare_environment(options)
        return run(options)
    except CannotStart as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def prepare_environment(options: argparse.Namespace) -> None:
    """Set the variables that the settings read, for this process and its children; those that are already set win.

    Raises:
        CannotStart: the data folder is not writable, the port is taken, or a variable is wrong.
    """
    from environs import Env

    # Only the user who runs the site may read its files.
    os.umask(0o077)
    Env().read_env(ROOT / ".env", recurse=False)
    data_dir = Path(options.data or os.environ.get("DATA_DIR", "").strip() or ROOT / "var").resolve()
    _check_writable(data_dir)
    _check_port(options.host, options.port)
    os.environ["DATA_DIR"] = str(data_dir)
    _default("DEBUG", "0")
    try:
        _default("SECRET_KEY", local_secret_key(data_dir))
    except ValueError as error:
        raise CannotStart(f"{error}.") from error
    _default("SITE_URLS", ",".join(origins(options.host, options.port)))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gameapp.settings")
    try:
        environment.read(ROOT)
    except environment.WrongSetting as error:
        raise CannotStart(f"{error}.") from error


def _default(name: str, value: str) -> None:
    if not os.environ.get(name, "").strip():
        os.environ[name] = value


def origins(host: str, port: int) -> list[str]:
    """The origins at which a site that listens on this address can be opened, the best one to print first."""
    names = ["localhost", "127.0.0.1", "[::1]"]
    if host in ("0.0.0.0", "::"):
        names += [socket.gethostname().lower(), *_lan_addresses()]
    elif host not in ("127.0.0.1", "localhost"):
        names.insert(0, f"[{host}]" if ":" in host else host.lower())
    found = []
    for name in dict.fromkeys(names):
        with contextlib.suppress(ValueError):  # The host name may not be valid in a URL.
            found.append(environment.origin(f"http://{name}:{port}"))
    return found


def _lan_addresses() -> list[str]:
    # Connecting a datagram socket sends nothing; it only picks the interface that would be used.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))
        return [probe.getsockname()[0]]
    return []


def _check_writable(data_dir: Path) -> None:
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data_dir):
            pass
    except OSError as error:
        raise CannotStart(
            f"the data folder {data_dir} is not writable ({error.strerror}). Choose one with --data."
        ) from error


def _check_port(host: str, port: int) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CannotStart(f"{host} is no address of this machine.") from error
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if host == "::":
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        try:
            probe.bind(address)
        except OSError as error:
            raise CannotStart(
                f"{host}:{port} cannot be used ({error.strerror}). Choose another with --port."
            ) from error


def run(options: argparse.Namespace) -> int:
    """Start everything, wait for the end, and return the exit code."""
    started = time.monotonic()
    from store.server import private
    from store.server.binary import NoServer
    from store.trouble import StoreUnavailable

    data_dir = Path(os.environ["DATA_DIR"])
    try:
        folder_lock = private.own(data_dir)
    except NoServer as error:
        raise CannotStart(str(error)) from error
    running.forget(data_dir)  # Left by a site that was killed.
    if options.web > 1:
        share_metrics(data_dir)
    import django

    django.setup()
    from django.conf import settings
    from django.db import DatabaseError

    from gameapp.launch import prepare
    from gameapp.launch.supervisor import Supervisor

    say = prepare.console.print
    supervisor = Supervisor(say)
    try:
        if not settings.REDIS_URL:
            _start_redis(supervisor, data_dir, say)
        described = private.describe()
        prepare.redis_able()
        prepare.database()
        prepare.identity()
        prepare.static_files()
        prepare.flags_written()
        if not options.no_demo:
            prepare.demo_players()
        _start_parts(supervisor, options)
        _wait_until_ready(options, supervisor.check)
        supervisor.is_ready = True
        running.note(data_dir, options.port)
        prepare.announce(options, described, time.monotonic() - started)
        return supervisor.wait()
    except (NoServer, prepare.NotPrepared) as error:
        raise CannotStart(str(error)) from error
    except StoreUnavailable as error:
        raise CannotStart(f"Redis: {error}") from error
    except (DatabaseError, OSError) as error:
        raise CannotStart(f"{type(error).__name__}: {error}") from error
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        supervisor.stop()
        running.forget(data_dir)
        folder_lock.close()


def _start_redis(supervisor: "Supervisor", data_dir: Path, say: "Say") -> None:
    from store.server import private

    launch = functools.partial(private.launch, data_dir, private.die_with_parent, say=say)
    redis = supervisor.adopt(
        "redis",
        # A restart must not wait (check=None), because the supervisor watches the other parts meanwhile.
        functools.partial(launch, check=None),
        functools.partial(private.last_words, data_dir),
        first=functools.partial(launch, check=supervisor.check_asked),
    )
    private.wait(data_dir, redis, say, supervisor.check_asked)


def _start_parts(supervisor: "Supervisor", options: argparse.Namespace) -> None:
    for number in range(1, options.workers + 1):
        supervisor.start(_named("worker", number, options.workers), worker_command(number))
    for number in range(1, options.runners + 1):
        supervisor.start(f"room runner {number}", [sys.executable, "manage.py", "rooms"])
    for number in range(1, options.web + 1):
        supervisor.start(_named("web", number, options.web), web_command(options))


def _named(part: str, number: int, count: int) -> str:
    return part if count == 1 else f"{part} {number}"


def worker_command(number: int) -> list[str]:
    """The command line of a worker. Its name is the same at each start: it takes up what it left unfinished."""
    name = [] if number == 1 else ["--name", f"{socket.gethostname()}-{number}"]
    return [sys.executable, "manage.py", "worker", *name]


def share_metrics(data_dir: Path) -> None:
    """Give the web processes a folder in which each keeps its numbers, so that any of them answers for all."""
    folder = data_dir / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    os.environ[METRICS_DIR] = str(folder)


def web_command(options: argparse.Namespace, application: str = "gameapp.asgi:application") -> list[str]:
    """The command line of the web server."""
    listen = ["--host", options.host, "--port", str(options.port)]
    if options.server == "daphne":
        limits = ["--websocket-max-message-size", "65536", "--websocket-max-frame-size", "65536"]
        return [
            sys.executable,
            "-m",
            "daphne",
            "-b",
            options.host,
            "-p",
            str(options.port),
            "-v",
            "0",
            *limits,
            application,
        ]
    if options.web > 1:
        listen.append("--shared")
    return [sys.executable, "-m", "gameapp.launch.serve_uvicorn", *listen, application]


def _wait_until_ready(options: argparse.Namespace, check: Callable[[], None]) -> None:
    """Return once /readyz answers 200. `check` is called meanwhile; it raises when a part keeps ending."""
    from django.conf import settings

    host = "127.0.0.1" if options.host == "0.0.0.0" else "::1" if options.host == "::" else options.host
    deadline = time.monotonic() + READY_TIMEOUT_S
    problem = "no answer"
    while time.monotonic() < deadline:
        check()
        connection = http.client.HTTPConnection(host, options.port, timeout=5)
        try:
            connection.request("GET", "/readyz", headers={"Host": settings.SITE_URLS[0].partition("://")[2]})
            answer = connection.getresponse()
            if answer.status == 200:
                return
            is_json = answer.headers.get_content_type() == "application/json"
            problem = answer.read(300).decode() if is_json else f"it answered {answer.status}"
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    raise CannotStart(f"the web server was not ready within {READY_TIMEOUT_S:.0f} s: {problem}")


if __name__ == "__main__":
    sys.exit(main())
