"""The real processes for tests: the arcade as `bin/play` starts it, and players who use it over the network."""

import contextlib
import http.cookiejar
import json
import os
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from websockets.sync.client import ClientConnection, connect

from gameapp.environment import NAMES
from tests.prepared import give

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT_S = 60
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(**more: str) -> dict[str, str]:
    """The environment of a stranger: nothing of ours is set."""
    ours = (*NAMES, "DJANGO_SETTINGS_MODULE")
    return {name: value for name, value in os.environ.items() if name not in ours} | more


class Site:
    """The arcade in processes of its own. `with Site(folder) as site:`"""

    def __init__(
        self, data: Path, *options: str, server: str = "uvicorn", prepared: bool = True, **environment: str
    ) -> None:
        self.data = data
        self.prepared = prepared  # Else it makes its own tables and static files, as a newcomer's does.
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.options = ["--no-demo", *options] if "--demo" not in options else [o for o in options if o != "--demo"]
        if "--runners" not in options:  # Only tests of rooms need one.
            self.options += ["--runners", "0"]
        self.server = server
        self.given = environment
        self.environment = dict(environment)
        self.log = data / "site.log"
        self.tls: ssl.SSLContext | None = None  # Whom to trust, where the url is of a proxy that speaks TLS.

    def __enter__(self) -> "Site":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until it says that it is ready."""
        arguments = ["--port", str(self.port), "--data", str(self.data), "--server", self.server, *self.options]
        if self.prepared:
            self.environment = give(self.data, clean_environment()) | self.environment
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gameapp.launch.start", *arguments],
                cwd=ROOT,
                stdout=out,
                stderr=out,
                env=clean_environment(PYTHONUNBUFFERED="1", **self.environment),
            )
        wait_for(lambda: "Press Ctrl-C" in self.output() or self.process.poll() is not None, START_TIMEOUT_S)
        assert self.process.poll() is None, self.output()

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)

    def output(self) -> str:
        return self.log.read_text()

    def children(self, word: str) -> list[int]:
        """The process ids of the parts whose command line holds this word."""
        found = subprocess.run(["pgrep", "-P", str(self.process.pid), "-f", word], capture_output=True, text=True)
        return [int(pid) for pid in found.stdout.split()]

    def kill(self, word: str) -> None:
        """kill -9 a part."""
        for pid in self.children(word):
            os.kill(pid, signal.SIGKILL)

    def manage(self, *arguments: str) -> str:
        """Run a management command on this site's data and return what it printed."""
        environment = clean_environment(DATA_DIR=str(self.data), **self.environment)
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def count(self, table: str, where: str = "1") -> int:
        """How many rows of a table SQLite has."""
        with contextlib.closing(sqlite3.connect(self.data / "db.sqlite3", timeout=20)) as connection:
            return connection.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()[0]

    def shell(self, code: str) -> str:
        """Run Python code in `manage.py shell` and return what it printed."""
        return self.manage("shell", "-v0", "-c", code).strip()

    def watched_run(self) -> int:
        """Have one player play a run and another see its points on the board; returns them."""
        watcher, player = self.guest(), self.guest()
        with watcher.socket("/ws/") as line:
            line.receive("hello")
            line.send(type="watch", topic="board:fuse:day")
            line.receive("snapshot")
            points = player.play_run(12)
            assert str(points) in json.dumps(line.receive("diff"))
        return points

    def guest(self) -> "Guest":
        return Guest(self)


class Browser:
    """A cookie jar and a few verbs: what a script can do with the pages."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.jar), urllib.request.HTTPSHandler(context=site.tls)
        )

    def get(self, path: str) -> tuple[int, str]:
        return self._open(urllib.request.Request(self.site.url + path))

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        """Post a form from its own page, with the page's token."""
        _, page = self.get(path)
        token = _TOKEN.search(page)
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token.group(1) if token else "", **fields}).encode()
        return self._open(urllib.request.Request(self.site.url + path, body, {"Origin": self.site.url}))

    def _open(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with self.opener.open(request, timeout=40) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    @property
    def cookies(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)

    def socket(self, path: str, **headers: str) -> "Socket":
        origin = headers.pop("origin", self.site.url)
        address = self.site.url.replace("http", "ws", 1) + path
        opening = connect(
            address, origin=origin, ssl=self.site.tls, additional_headers={"Cookie": self.cookies, **headers}
        )
        return Socket(opening.__enter__())


class Guest(Browser):
    """A player made by one click on Play."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        status, page = self.post("/play/fuse/")
        assert status == 200, page
        self.id = int(re.search(r'data-player="(\d+)"', page).group(1))

    def play_socket(self) -> "Socket":
        return self.socket("/ws/play/fuse/")

    def play_run(self, moves: int = 12) -> int:
        """Play a run and end it; returns its points."""
        with self.play_socket() as line:
            line.send(type="start")
            run = line.play(line.receive("run"), moves)
            if not run["over"]:
                line.send(type="end", run=run["run"])
            return line.receive("finished")["points"]


class Socket:
    """A socket that speaks in dicts."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, **message: object) -> None:
        self.connection.send(json.dumps(message))

    def receive(self, *types: str, timeout: float = 30) -> dict:
        """The next message of one of these types (any type when none is given)."""
        deadline = time.monotonic() + timeout
        while True:
            message = json.loads(self.connection.recv(timeout=max(0.01, deadline - time.monotonic())))
            if not types or message["type"] in types:
                return message

    def play(self, run: dict, moves: int) -> dict:
        """Play so many moves on from a run and return the last answer."""
        for number in range(moves):
            self.send(
                type="move", run=run["run"], seq=run["seq"] + 1, input=("left", "down", "right", "up")[number % 4]
            )
            run = self.receive("moved")
            if run["over"]:
                break
        return run

    def __enter__(self) -> "Socket":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):
            self.connection.close()


def wait_for(condition, timeout: float = 30) -> None:
    """Return as soon as a condition holds; fail when it does not in time."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
