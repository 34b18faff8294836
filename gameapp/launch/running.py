"""A file that records how `bin/play` started the running site, so that commands run beside it use the same settings.

It is in the data folder, which only its owner may read, and is valid only while that `bin/play` runs.
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
    """Write the file: how this site was started."""
    given = {name: os.environ[name] for name in NAMES if os.environ.get(name, "").strip()}
    descriptor = os.open(data_dir / NOTE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"port": port, "url": f"http://localhost:{port}", "environment": given}, file)


def forget(data_dir: Path) -> None:
    """Delete the file when the site has ended."""
    (data_dir / NOTE).unlink(missing_ok=True)


def found(data_dir: Path) -> dict[str, Any] | None:
    """The content of the file if a site is running on this data folder; otherwise None."""
    with contextlib.suppress(OSError, ValueError), (data_dir / "lock").open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return json.loads((data_dir / NOTE).read_text())
    return None


def join() -> None:
    """Load the environment of the site that runs on this process's data folder; variables that are already set win."""
    from environs import Env

    with contextlib.suppress(OSError):
        Env().read_env(ROOT / ".env", recurse=False)
    site = found(Path(os.environ.get("DATA_DIR", "").strip() or ROOT / "var").resolve())
    for name, value in (site or {}).get("environment", {}).items():
        if not os.environ.get(name, "").strip():
            os.environ[name] = value
