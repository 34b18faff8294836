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
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse(f"No {programs[0]} found. On Debian: apt install {package}")
    return path
