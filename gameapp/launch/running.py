"""The note of a running site: with what `bin/play` started it, so that commands beside it mean the same site.

It lies in the data folder, which only its owner may read, and counts only while that `bin/play` lives.
"""

import contextlib
import fcntl
import json
import os
from pathlib import Path
from typing import Any

from gameapp.environment import NAMES

ROOT = Path(__file__).resolve().parent.parent.parent
NOTE = "running.json"


def note(data_dir: Path, port: int) -> None:
    """Keep how this site runs."""
    given = {name: os.environ[name] for name in NAMES if os.environ.get(name, "").strip()}
    descriptor = os.open(data_dir / NOTE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"port": port, "url": f"http://localhost:{port}", "environment": given}, file)


def forget(data_dir: Path) -> None:
    """The site has ended."""
    (data_dir / NOTE).unlink(missing_ok=True)


def found(data_dir: Path) -> dict[str, Any] | None:
    """The note of the site that runs on a data folder now; None when none does."""
    with contextlib.suppress(OSError, ValueError), (data_dir / "lock").open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return json.loads((data_dir / NOTE).read_text())
    return None


def join() -> None:
    """Give this process the environment of the site that runs on its data folder; what is set here already wins."""
    from environs import Env

    with contextlib.suppress(OSError):
        Env().read_env(ROOT / ".env", recurse=False)
    site = found(Path(os.environ.get("DATA_DIR", "").strip() or ROOT / "var").resolve())
    for name, value in (site or {}).get("environment", {}).items():
        if not os.environ.get(name, "").strip():
            os.environ[name] = value
