"""What `bin/play` says when it cannot start, and what the settings demand."""

import os
import socket
import subprocess
import sys

import pytest

from gameapp.launch.start import origins
from tests.stack import ROOT, clean_environment, free_port


def start(*options: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "gameapp.launch.start", *options],
        cwd=ROOT,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=30,
    )


def one_line(done: subprocess.CompletedProcess) -> str:
    assert done.returncode == 1
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("Cannot start: ")
    return line


def test_help_lists_the_options_without_anything_installed():
    done = subprocess.run([ROOT / "bin" / "play", "--help"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0
    for option in ("--port", "--host", "--data", "--no-demo", "--server"):
        assert option in done.stdout


@pytest.mark.parametrize("options", [["--port", "0"], ["--port", "http"], ["--server", "nginx"], ["--what"]])
def test_odd_options_are_refused(options):
    assert start(*options).returncode == 2


def test_a_taken_port_is_one_clear_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port} cannot be used" in one_line(start("--port", str(port), "--data", str(tmp_path)))


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    assert "not writable" in one_line(start("--port", str(free_port()), "--data", str(tmp_path / "file" / "var")))


def test_a_redis_that_does_not_answer_is_one_clear_line(tmp_path):
    url = f"redis://:secret@127.0.0.1:{free_port()}/0"
    line = one_line(start("--port", str(free_port()), "--data", str(tmp_path), REDIS_URL=url))
    assert "does not answer" in line
    assert "secret" not in line


def test_a_redis_that_is_too_old_is_one_clear_line(tmp_path):
    # An old server is hard to come by: this speaks just enough of the protocol to say how old it is.
    old = "import socket\ns=socket.create_server(('127.0.0.1',{port}))\nprint('up',flush=True)\n" + (
        "while True:\n c,_=s.accept()\n while True:\n  d=c.recv(65536)\n  if not d: break\n"
        "  n=d.count(b'\\r\\n$')\n  i=b'redis_version:5.0.14\\r\\n'\n"
        "  c.sendall((b'$%d\\r\\n%s\\r\\n'%(len(i),i)) if b'INFO' in d else b'+OK\\r\\n'*max(1,d.count(b'*')))\n"
    )
    port = free_port()
    with subprocess.Popen([sys.executable, "-c", old.format(port=port)], stdout=subprocess.PIPE) as server:
        server.stdout.readline()
        line = one_line(
            start("--port", str(free_port()), "--data", str(tmp_path), REDIS_URL=f"redis://127.0.0.1:{port}")
        )
        server.kill()
    assert "is 5.0.14; 6.2 or newer is needed" in line


def test_a_python_that_is_too_old_is_one_clear_line(tmp_path):
    fake = tmp_path / "python3"
    fake.write_text("#!/bin/sh\n[ \"$1\" = -V ] && echo 'Python 3.9.2' && exit 0\nexit 1\n")
    fake.chmod(0o755)
    for name in ("python3.14", "python3.13", "python3.12", "python3.11", "python"):
        os.symlink(fake, tmp_path / name)
    done = subprocess.run(
        [ROOT / "bin" / "play", "--help"], capture_output=True, text=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}
    )
    assert done.returncode == 1
    assert done.stderr == "Cannot start: Python 3.11 or newer is needed; found 3.9.2. Set PYTHON to one.\n"


def test_the_site_can_be_opened_by_its_usual_names():
    assert origins("127.0.0.1", 8000) == ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"]
    assert origins("10.1.2.3", 80)[0] == "http://10.1.2.3"
    assert len(origins("0.0.0.0", 8000)) > 3


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
    )


PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": "k" * 30 + "abcdefghijklmnopqrstuvwxyz",
    "SITE_URLS": "https://play.example.org",
}


def test_the_documented_production_settings_pass_djangos_deploy_check(tmp_path):
    done = manage("check", "--deploy", "--fail-level", "WARNING", DATA_DIR=str(tmp_path), **PRODUCTION)
    assert done.returncode == 0, done.stderr


def test_without_debug_a_secret_key_is_demanded(tmp_path):
    done = manage("check", DATA_DIR=str(tmp_path), DEBUG="0")
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


def test_no_migration_is_missing(tmp_path):
    done = manage("makemigrations", "--check", "--dry-run", DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stdout
