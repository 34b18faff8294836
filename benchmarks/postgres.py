"""A PostgreSQL server for tests and benchmarks, on a unix socket."""

import atexit
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, some of which Debian keeps off the PATH."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return found[-1] if found else None


class Postgres:
    """A server with an empty database `gameapp`; ends with this process at the latest."""

    def __init__(self) -> None:
        found = programs()
        if found is None:
            raise SystemExit("There is no PostgreSQL. On Debian: apt install postgresql")
        self.programs = found
        # A socket's path must be short, and another user must reach it: the server refuses to run as root.
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        #: What runs a program as the server's user.
        self.prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if self.prefix:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "-D", self.data, "-U", "gameapp", "--auth", "trust", "--encoding", "UTF8", "--no-sync")
        settings = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
        server: list[str | Path] = [self.programs / "postgres", "-D", self.data, "-k", self.folder, "-h", "", *settings]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen([*self.prefix, *server], stdout=log, stderr=log, cwd="/")
        atexit.register(self.stop)
        self._run("pg_isready", "-h", self.folder, "-t", "30", "-q", tries=300)
        self._run("createdb", "-h", self.folder, "-U", "gameapp", "gameapp")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        """Its DATABASE_URL."""
        return f"postgres://gameapp@{quote(str(self.folder), safe='')}/gameapp"

    def stop(self) -> None:
        """Stop it, and forget what it holds."""
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "stop", check=False)
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, text: str, database: str = "gameapp") -> str:
        """The answer to one statement, as psql prints it."""
        command: list[str | Path] = [
            self.programs / "psql",
            "-h",
            self.folder,
            "-U",
            "gameapp",
            "-d",
            database,
            "-Atqc",
            text,
        ]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd="/").stdout.strip()

    def _run(self, program: str, *options: object, tries: int = 1, check: bool = True) -> None:
        command = [*self.prefix, str(self.programs / program), *map(str, options)]
        for left in range(tries - 1, -1, -1):
            done = subprocess.run(command, capture_output=True, text=True, cwd="/")
            if done.returncode == 0 or not check:
                return
            if not left:
                raise SystemExit(f"{program}: {done.stderr.strip() or done.stdout.strip()}")
            if self.process.poll() is not None:
                raise SystemExit(f"PostgreSQL ended: {(self.folder / 'log').read_text()}")
