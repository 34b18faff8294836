#!/usr/bin/env python
"""Django's command line for this project. Beside a running `bin/play` it means that site."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gameapp.settings")
    from django.core.management import execute_from_command_line

    from gameapp.launch import running

    running.join()
    # A page must answer soon; a command may wait for SQL that is locked.
    if "runserver" not in sys.argv:
        os.environ.setdefault("SQL_TIMEOUT_S", "20")
    try:
        execute_from_command_line(sys.argv)
    except Exception as error:
        if not _is_trouble(error):
            raise
        sys.exit(f"Nothing more was done: {error}")


def _is_trouble(error: Exception) -> bool:
    """Whether a store is away, which is no mistake of ours and needs no traceback."""
    from store.server.binary import NoServer
    from store.trouble import StoreUnavailable, is_sql_trouble

    return isinstance(error, NoServer | StoreUnavailable) or is_sql_trouble(error)


if __name__ == "__main__":
    main()
