"""The secret key of a local site, made once and kept in its data folder."""

import os
import secrets
from pathlib import Path


def local_secret_key(data_dir: Path) -> str:
    """Return the key kept in `data_dir/secret_key`; the first caller makes it, readable by its owner only."""
    path = data_dir / "secret_key"
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        key = secrets.token_urlsafe(64)
        file.write(key)
    return key
