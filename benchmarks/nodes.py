"""Redis servers with ports, as the nodes of what is made of several."""

import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from store.server import binary, private

WAIT_S = 60.0


def until(true: Callable[[], object], what: str) -> None:
    """Wait until something is true."""
    ends = time.monotonic() + WAIT_S
    while True:
        try:
            if true():
                return
        except (redis.RedisError, OSError, AssertionError):
            pass
        assert time.monotonic() < ends, f"not within {WAIT_S:.0f} s: {what}"
        time.sleep(0.02)


def free_port() -> int:
    """A port that is free, and so is the one 10,000 above it, over which nodes talk."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            port = port - 20_000 if port > 45_000 else port
            try:
                other.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
            return port


class Node:
    """One server, on a free port; starts at once."""

    #: What stands before its port.
    first: tuple[str, ...] = ("--save", "", "--repl-diskless-sync-delay", "0", "--appendonly", "yes")

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.port, self.options = folder, free_port(), options
        folder.mkdir(parents=True, exist_ok=True)
        self.start()

    def start(self) -> None:
        """Start it, or start it again with what it knew."""
        command: list[str | Path] = [
            binary.find(),
            *self.first,
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            *self.options,
        ]
        command += ["--dir", str(self.folder), "--logfile", "log"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=private.die_with_parent)
        until(lambda: self.run("PING"), f"node {self.port} answers")

    def run(self, *command: object) -> Any:
        """Run one command on this very node; the reply as the server gives it."""
        with redis.Redis(port=self.port, decode_responses=True, protocol=2, socket_timeout=10) as connection:
            connection.response_callbacks.clear()
            return connection.execute_command(*command)

    @property
    def id(self) -> str:
        return self.run("CLUSTER MYID")

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    @property
    def is_primary(self) -> bool:
        return self.is_alive and "role:master" in self.run("INFO", "replication")

    def is_in_step(self) -> bool:
        """Whether this replica has all that its primary had."""
        return "master_link_status:up" in self.run("INFO", "replication")

    def kill(self) -> None:
        """Kill it as `kill -9` does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
