"""The secret key of a local site, made once and kept in its data folder."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path


def local_secret_key(data_dir: Path) -> str:
    """Return the key kept in `data_dir/secret_key`; the first caller makes it, readable by its owner only.

    Raises:
        OSError: the folder cannot be written to.
        ValueError: the file is damaged.
    """
    path = data_dir / "secret_key"
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=data_dir, prefix=".secret_key-") as file:
            file.write(secrets.token_urlsafe(64))
            file.flush()
            # A link makes the file complete or not at all. Another process may have been faster.
            with contextlib.suppress(FileExistsError):
                os.link(file.name, path)
    try:
        key = path.read_text().strip()
    except UnicodeDecodeError:
        key = ""
    if not key:
        raise ValueError(
            f"{path} is damaged: put it back from a backup, or delete it and run manage.py stores --new-secret"
        )
    return key
