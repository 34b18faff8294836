"""What every site of the tests needs and is the same for all: migrated tables and collected static files, made once."""

import atexit
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "GAMEAPP_TEST_PREPARED"
_MAKE = """
import django
django.setup()
from gameapp.launch import prepare
prepare.database()
prepare.static_files()
"""


def share() -> None:
    """Name a folder for all processes of a test run; called by the first of them."""
    if FOLDER not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="gameapp-prepared-")
        atexit.register(shutil.rmtree, os.environ[FOLDER], ignore_errors=True)


def prepared(environment: dict[str, str]) -> Path:
    """The folder with `db.sqlite3` and `static`; whoever comes first makes it, and the others wait for it."""
    folder = Path(os.environ[FOLDER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            own = {
                "DATA_DIR": str(folder),
                "DEBUG": "0",
                "SECRET_KEY": "only-for-tests",
                "SITE_URLS": "http://localhost",
            }
            settings = {"DJANGO_SETTINGS_MODULE": "gameapp.settings"}
            subprocess.run([sys.executable, "-c", _MAKE], cwd=ROOT, env=environment | own | settings, check=True)
            (folder / "done").touch()
    return folder


def give(data: Path, environment: dict[str, str]) -> dict[str, str]:
    """Give a data folder that has no database yet the migrated one; returns the variable that names static files."""
    folder = prepared(environment)
    if not (data / "db.sqlite3").exists() and not (data / "redis").exists():
        data.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / "db.sqlite3", data / "db.sqlite3")
    return {"STATIC_ROOT": str(folder / "static")}
