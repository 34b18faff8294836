#!/usr/bin/env python
"""Django's command line for this project. Beside a running `bin/play` it means that site."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gameapp.settings")
    from django.core.management import execute_from_command_line

    from gameapp import running

    running.join()
    # A page must answer soon; a command may wait for SQL that is locked.
    if "runserver" not in sys.argv:
        os.environ.setdefault("SQL_TIMEOUT_S", "20")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
