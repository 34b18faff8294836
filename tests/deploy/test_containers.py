"""The files for containers name what there is. No container engine runs here, so they are read, not built."""

import shlex
import subprocess
import sys

import pytest
import yaml

from gameapp.environment import NAMES
from tests.stack import ROOT, clean_environment

DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
OURS = [name for name, service in COMPOSE["services"].items() if service.get("image") == "gameapp"]


def test_all_parts_of_a_site_are_there():
    assert set(OURS) == {"migrate", "web1", "web2", "worker", "rooms"}
    assert {"valkey", "postgres", "proxy"} <= set(COMPOSE["services"])


@pytest.mark.parametrize("name", OURS)
def test_a_service_sets_only_variables_that_the_site_knows_and_holds_no_secret(name):
    service = COMPOSE["services"][name]
    assert set(service["environment"]) <= set(NAMES)
    for variable in ("SECRET_KEY", "DATABASE_URL"):
        assert "${" in service["environment"][variable]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", [name for name in OURS if "command" in COMPOSE["services"][name]])
def test_a_command_knows_its_options(name):
    program, script, command, *options = shlex.split(COMPOSE["services"][name]["command"])
    assert (program, script) == ("python", "manage.py")
    help = subprocess.run(
        [sys.executable, "manage.py", command, "--help"],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert all(option in help for option in options if option.startswith("--"))


def test_the_image_runs_as_nobody_in_particular_with_what_is_pinned():
    lines = DOCKERFILE.splitlines()
    assert "USER gameapp" in lines
    assert lines.index("USER gameapp") < next(at for at, line in enumerate(lines) if line.startswith("CMD"))
    for line in lines:
        if line.startswith("COPY ") and line != "COPY . .":
            assert all((ROOT / name).exists() for name in line.split()[1:-1])
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".git", "var"} <= set(ignored)


def test_its_health_check_is_answered_by_a_site(site):
    [check] = [line for line in DOCKERFILE.splitlines() if line.strip().startswith("CMD [") and "livez" in line]
    _, _, code = yaml.safe_load(check.strip().removeprefix("CMD "))
    subprocess.run([sys.executable, "-c", code.replace("8000", str(site.port))], check=True, timeout=20)


def test_the_proxy_asks_both_web_processes():
    text = (DEPLOY / "Caddyfile").read_text()
    assert "reverse_proxy web1:8000 web2:8000" in text
    assert "health_uri /livez" in text
