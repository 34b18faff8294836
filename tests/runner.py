"""Makes `manage.py test` run the pytest suite."""

import subprocess
import sys
from typing import Any


class PytestRunner:
    """Passes labels and the usual options on to pytest, in a process of its own with the tests' settings."""

    def __init__(self, verbosity: int = 1, failfast: bool = False, keepdb: bool = False, **_: Any) -> None:
        self.options = ["-v"] * (verbosity > 1) + ["--exitfirst"] * failfast + ["--reuse-db"] * keepdb

    @classmethod
    def add_arguments(cls, parser: Any) -> None:
        parser.add_argument("--keepdb", action="store_true", help="keep the test database between runs")

    def run_tests(self, labels: list[str], **_: Any) -> int:
        """Return pytest's exit code; Django makes it the command's."""
        return subprocess.call(
            [sys.executable, "-m", "pytest", "-n", "3", "--dist", "loadfile", *self.options, *labels]
        )
