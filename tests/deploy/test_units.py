"""The unit files in deploy/systemd/, as systemd itself reads them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import found
from tests.stack import ROOT, clean_environment

UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
#: In tenths; 0 is a unit that may do nothing, 100 one that may do everything.
EXPOSURE_MAX = 20


@pytest.fixture
def here(tmp_path):
    """The units as they would be if the site were installed where the tests run."""
    for unit in UNITS:
        text = unit.read_text().replace("/srv/gameapp/.venv/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(text.replace("/srv/gameapp", str(ROOT)))
    return tmp_path


def analyzed(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [found("systemd-analyze", package="systemd"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_nothing_wrong(here, unit):
    done = analyzed("verify", "--man=no", here / unit.name)
    assert done.returncode == 0 and unit.name.partition(".")[0].partition("@")[0] not in done.stderr, done.stderr


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_may_do_little(here, unit):
    done = analyzed("security", "--offline=true", f"--threshold={EXPOSURE_MAX}", here / unit.name)
    assert done.returncode == 0, done.stdout[-300:]


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_what_it_runs_knows_its_options(unit):
    [line] = re.findall(r"^ExecStart=(.+)$", unit.read_text(), re.MULTILINE)
    program, *arguments = line.split()
    given = [each for each in arguments if each.startswith("--")]
    command = arguments[: arguments.index(given[0]) if given else None]
    assert Path(program) == Path("/srv/gameapp/.venv/bin/python")
    done = subprocess.run(
        [sys.executable, *command, "--help"], cwd=ROOT, env=clean_environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert all(option in done.stdout for option in given), f"{line}: {done.stdout}"
