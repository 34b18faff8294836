"""Redis servers of a test's own, for what the shared one must not go through."""

import subprocess
import tempfile
import time
from pathlib import Path

import redis

from store.client import answers
from store.server import binary, private

RUNNING = Path(__file__).parent.parent / "docs" / "running.md"


class Started:
    """A server on a unix socket in a folder of its own; nothing of it is kept on disk unless the options say so."""

    def __init__(self, folder: Path, *options: str) -> None:
        # A socket's path must be short, and a test's folder is not.
        self._short = tempfile.TemporaryDirectory(prefix="redis-")
        self.socket = Path(self._short.name) / "s"
        self.url = f"unix://{self.socket}"
        self.command = [binary.find(), "--port", "0", "--save", "", "--unixsocket", self.socket, "--dir", folder]
        self.command += options

    def __enter__(self) -> "Started":
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, preexec_fn=private.die_with_parent)
        while not answers(self.url):
            assert self.process.poll() is None, "the server ended"
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._short.cleanup()

    def run(self, *command: object) -> object:
        """Run one command as the server's default user; what it refuses is raised."""
        with redis.Redis(unix_socket_path=str(self.socket), decode_responses=True, socket_timeout=30) as connection:
            try:
                return connection.execute_command(*command)
            except redis.ResponseError as error:
                return error


def restrict(socket: Path) -> None:
    """Leave everybody on a server only the rights that docs/running.md says the site's user needs.

    And KEYS, with which tests look around. The key prefixes of tests all begin with `test`.
    """
    line = next(line for line in RUNNING.read_text().splitlines() if line.startswith("ACL SETUSER gameapp "))
    rights = line.split()[line.split().index("resetchannels") + 2 :]
    with redis.Redis(unix_socket_path=str(socket)) as connection:
        while not answers(f"unix://{socket}"):
            time.sleep(0.01)
        rules = ["resetkeys", "~test*", "resetchannels", "&test*", "-@all", *rights, "+keys"]
        connection.execute_command("ACL", "SETUSER", "default", *rules)
