"""Management commands as processes of their own, forked from one that has imported the project already.

A command takes a second of processor to import everything, and the tests run a hundred of them. What is forked is as
real as any: it has its own connections, and can be killed.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_PARENT = """
import json, os, signal, sys, traceback
from gameapp.launch import running
running.join()
os.environ.setdefault("SQL_TIMEOUT_S", "20")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gameapp.settings")
import django
django.setup()
from django.core.management import execute_from_command_line
import django.core.management.commands.shell, operators.backup.take, operators.backup.restore
import leaderboard.repair.rebuild, wallet.ledger
from store.server.private import die_with_parent
print("ready", flush=True)

def run(order):
    die_with_parent()
    for number, path in enumerate(order["files"]):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(descriptor, number + 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdin = open(0)
    code = 0
    try:
        execute_from_command_line(["manage.py", *order["arguments"]])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else bool(end.code)
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)

while line := sys.stdin.readline():
    order = json.loads(line)
    if "wait" in order:
        _, status = os.waitpid(order["wait"], 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    else:
        pid = os.fork()
        if not pid:
            run(order)
        print(pid, flush=True)
"""


class Forked:
    """A command that runs; `wait` gives its exit code."""

    def __init__(self, forks: "Forks", pid: int) -> None:
        self.forks, self.pid = forks, pid

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self) -> int:
        return self.forks.ask(wait=self.pid)


class Forks:
    """The process that commands are forked from, with an environment of its own. Use one at a time."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="forks-")
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PARENT],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == "ready\n"

    def ask(self, **order: object) -> int:
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def start(self, *arguments: str) -> Forked:
        """Run a command beside the test; what it says is thrown away."""
        return Forked(self, self.ask(arguments=arguments, files=[os.devnull, os.devnull]))

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run a command to its end."""
        files = [tempfile.mktemp(dir=self.folder.name) for _ in range(2)]
        code = Forked(self, self.ask(arguments=arguments, files=files)).wait()
        out, err = [Path(path).read_text() for path in files]
        return subprocess.CompletedProcess(arguments, code, out, err)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()
