"""What `bin/play` does: checks, prepares, starts the parts, says where to play, and waits.

Run as `python -m gameapp.start`, not as a Django command, because its options decide the settings.
"""

import argparse
import contextlib
import http.client
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from gameapp.options import parser
from gameapp.secret import local_secret_key

ROOT = Path(__file__).resolve().parent.parent
READY_TIMEOUT_S = 60.0
ORPHAN_TIMEOUT_S = 5.0


class CannotStart(Exception):
    """Why the arcade does not start, in one line."""


def main() -> int:
    options = parser().parse_args()
    try:
        prepare_environment(options)
        return run(options)
    except CannotStart as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def prepare_environment(options: argparse.Namespace) -> None:
    """Set what the settings read, for this process and its children; what is set already wins.

    Raises:
        CannotStart: the data folder is not writable, or the port is taken.
    """
    from environs import Env

    Env().read_env(ROOT / ".env", recurse=False)
    data_dir = Path(options.data or os.environ.get("DATA_DIR") or ROOT / "var").resolve()
    _check_writable(data_dir)
    _check_port(options.host, options.port)
    os.environ["DATA_DIR"] = str(data_dir)
    os.environ.setdefault("DEBUG", "0")
    os.environ.setdefault("SECRET_KEY", local_secret_key(data_dir))
    os.environ.setdefault("SITE_URLS", ",".join(origins(options.host, options.port)))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gameapp.settings")


def origins(host: str, port: int) -> list[str]:
    """Where a site that listens on this address can be opened, the best one to print first."""
    names = ["localhost", "127.0.0.1", "[::1]"]
    if host in ("0.0.0.0", "::"):
        names += [socket.gethostname().lower(), *_lan_addresses()]
    elif host not in ("127.0.0.1", "localhost", "::1"):
        names.insert(0, f"[{host}]" if ":" in host else host.lower())
    return [f"http://{name}" if port == 80 else f"http://{name}:{port}" for name in dict.fromkeys(names)]


def _lan_addresses() -> list[str]:
    # Connecting a datagram socket sends nothing; it only picks the interface that would be used.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))
        return [probe.getsockname()[0]]
    return []


def _check_writable(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data_dir):
            pass
    except OSError as error:
        raise CannotStart(
            f"the data folder {data_dir} is not writable ({error.strerror}). Choose one with --data."
        ) from error


def _check_port(host: str, port: int) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise CannotStart(f"{host} is no address of this machine.") from error
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise CannotStart(
                f"{host}:{port} cannot be used ({error.strerror}). Choose another with --port."
            ) from error


def run(options: argparse.Namespace) -> int:
    """Start everything, wait for the end, and return the exit code."""
    started = time.monotonic()
    from store import server
    from store.client import answers, url

    try:
        folder_lock = server.own(Path(os.environ["DATA_DIR"]))
    except server.NoServer as error:
        raise CannotStart(str(error)) from error
    import django

    django.setup()

    from django.conf import settings

    from gameapp import prepare
    from gameapp.supervisor import Supervisor

    say = prepare.console.print
    supervisor = Supervisor(say)
    try:
        if not settings.REDIS_URL:
            # One that answers was left behind by a start that was killed, and is on its way out.
            gives_up = time.monotonic() + ORPHAN_TIMEOUT_S
            while answers(url()) and time.monotonic() < gives_up:
                time.sleep(0.05)
        if not settings.REDIS_URL and not answers(url()):
            supervisor.adopt("redis", lambda: server.start(settings.DATA_DIR, server.die_with_parent))
        redis = server.describe()
        prepare.database()
        prepare.static_files()
        prepare.flags_written()
        if not options.no_demo:
            prepare.demo_players()
        supervisor.start("worker", [sys.executable, "manage.py", "worker"])
        supervisor.start("web", web_command(options))
        _wait_until_ready(options, supervisor.check)
        prepare.announce(options, redis, time.monotonic() - started)
        return supervisor.wait()
    except server.NoServer as error:
        raise CannotStart(str(error)) from error
    finally:
        supervisor.stop()
        folder_lock.close()


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
    sockets = ["--ws", "live.uvicorn_protocol:SharedFrameProtocol", "--ws-max-size", "65536"]
    # The beats of live/ find the dead sooner; deflate would make every frame a different one.
    sockets += ["--ws-per-message-deflate", "false", "--ws-ping-interval", "30", "--ws-ping-timeout", "30"]
    quiet = [
        "--no-access-log",
        "--log-level",
        "warning",
        "--no-server-header",
        "--no-proxy-headers",
        "--lifespan",
        "off",
    ]
    return [sys.executable, "-m", "uvicorn", *listen, *sockets, *quiet, "--timeout-graceful-shutdown", "3", application]


def _wait_until_ready(options: argparse.Namespace, check: Callable[[], None]) -> None:
    """Return once /readyz says so; `check` is called meanwhile and raises when a part has died for good."""
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
