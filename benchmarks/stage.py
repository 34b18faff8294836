"""What the live benchmarks run on: a Redis and a web server as `bin/play` starts them, in a folder of their own."""

import argparse
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from gameapp.launch.start import ROOT, web_command

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def prepare(**environment: str) -> tempfile.TemporaryDirectory:
    """Point the settings of this process and its children at a new folder with its own Redis, and set up Django."""
    folder = tempfile.TemporaryDirectory(prefix="gameapp-bench-")
    for name in ("REDIS_URL", "DATABASE_URL", "SITE_URLS"):
        os.environ.pop(name, None)
    os.environ |= {"DATA_DIR": folder.name, "DEBUG": "1", "SECRET_KEY": "only-for-benchmarks"} | environment
    os.environ["DJANGO_SETTINGS_MODULE"] = "gameapp.settings"
    import django

    django.setup()
    return folder


@contextlib.contextmanager
def redis() -> Iterator[subprocess.Popen]:
    """A private Redis, configured as `bin/play` does it."""
    from django.conf import settings

    from store.server import private

    process = private.start(settings.DATA_DIR, private.die_with_parent)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def web(application: str, server: str = "uvicorn", port: int = 0, **environment: str) -> Iterator[tuple[int, int]]:
    """A web server with this application; gives its port and process id."""
    port = port or free_port()
    options = argparse.Namespace(host="127.0.0.1", port=port, server=server, web=1)
    with running(web_command(options, application), port, **environment) as pid:
        yield port, pid


@contextlib.contextmanager
def running(command: list[str], port: int, **environment: str) -> Iterator[int]:
    """A process that listens on this port; gives its id."""
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment)
    try:
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{command[2:4]} did not start")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def players(count: int) -> list[tuple[int, str]]:
    """Migrate, and create `count` signed-in guests; returns the id and the Cookie header of each."""
    from django.core.management import call_command
    from django.test import Client

    from accounts.models import Player

    call_command("migrate", verbosity=0)
    made = []
    for _ in range(count):
        guest, browser = Player.objects.create_guest(), Client()
        browser.force_login(guest)
        made.append((guest.pk, f"sessionid={browser.cookies['sessionid'].value}"))
    return made


def cpu_s(pid: int) -> float:
    """Processor time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def memory_bytes(pid: int) -> int:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def client(module: str, *arguments: str) -> str:
    """Run a load client in a process of its own, and return what it printed."""
    done = subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{module} failed")
    return done.stdout
