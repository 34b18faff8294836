"""How long a newcomer waits: from `bin/play` in a fresh clone of the last commit until it is ready, cold and warm.

Cold: no .venv, no data, packages from pip's cache. Warm: the same folder again.
"""

import argparse
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.report import Target, show
from gameapp.launch.start import ROOT

COLD_LIMIT_S = 90.0
WARM_LIMIT_S = 5.0
PORT = 8499


def measure(folder: Path) -> float:
    """Start, wait until ready, stop; returns the seconds until ready."""
    ours = ("DATA_DIR", "DEBUG", "SECRET_KEY", "REDIS_URL", "SITE_URLS", "DATABASE_URL", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if name not in ours} | {"PYTHONUNBUFFERED": "1"}
    started = time.monotonic()
    with subprocess.Popen(
        [folder / "bin" / "play", "--port", str(PORT)], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Press Ctrl-C" in line:
                break
        took_s = time.monotonic() - started
        process.send_signal(signal.SIGINT)
        if process.wait(30) != 0:
            raise SystemExit("bin/play did not start; see above")
    return took_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warm", type=int, default=3, help="how many warm starts (default: 3)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        subprocess.run(["git", "clone", "--quiet", ROOT, name], check=True)
        cold = measure(Path(name))
        warm = sorted(measure(Path(name)) for _ in range(options.warm))
    rows = [{"case": "cold", "seconds": cold}, *({"case": "warm", "seconds": each} for each in warm)]
    median = warm[len(warm) // 2]
    targets = [
        Target("cold start, seconds", cold, COLD_LIMIT_S, cold <= COLD_LIMIT_S),
        Target("warm start, median seconds", median, WARM_LIMIT_S, median <= WARM_LIMIT_S),
    ]
    show("start", options.warm, rows, targets, ("django", "uvicorn", "redis"), options.json)


if __name__ == "__main__":
    main()
