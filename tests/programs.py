"""Programs of the system that some tests need."""

import os
import shutil

import pytest


def found(*programs: str, package: str) -> str:
    """The path of the first of these programs that is here.

    Without any, the test is skipped; in continuous integration it fails.
    """
    path = next(filter(None, map(shutil.which, programs)), None)
    if path is None:
        lacking(programs[0], package=package)
    return str(path)


def lacking(program: str, *, package: str) -> None:
    """Skip the test, or fail it in continuous integration."""
    refuse = pytest.fail if os.environ.get("CI") else pytest.skip
    refuse(f"No {program} found. On Debian: apt install {package}")
