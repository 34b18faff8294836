"""The alert rules and the dashboard in deploy/ ask for numbers that the site has."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from live.observe import counters, metrics
from tests.stack import ROOT

DEPLOY = ROOT / "deploy"
ALERTS = DEPLOY / "prometheus" / "alerts.yml"
SCRAPE = DEPLOY / "prometheus" / "scrape.yml"
DASHBOARD = DEPLOY / "grafana.json"


def rules() -> list[dict]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def panels() -> list[dict]:
    return json.loads(DASHBOARD.read_text())["panels"]


def queries() -> list[str]:
    return [rule["expr"] for rule in rules()] + [target["expr"] for panel in panels() for target in panel["targets"]]


@pytest.fixture
async def names():
    """Each name that /metrics gives, and each that Prometheus makes of it."""
    found = set()
    for line in metrics.text(await metrics.of_the_site()).decode().splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            found |= {f"{name}_bucket", f"{name}_sum", f"{name}_count"} if kind == "histogram" else {name}
    return found


async def test_every_number_that_is_asked_for_is_there(names):
    asked = {name for query in queries() for name in re.findall(r"\bgameapp_\w+", query)}
    assert len(asked) >= 10 and asked <= names, f"not in /metrics: {sorted(asked - names)}"


async def test_every_number_of_ours_is_on_the_dashboard(names):
    shown = " ".join(target["expr"] for panel in panels() for target in panel["targets"])
    ours = {name.removesuffix("_bucket") for name in names if name.startswith("gameapp_")}
    ours = {name for name in ours if not name.endswith(("_sum", "_count", "_info"))}
    assert {name for name in ours if name not in shown} == set()


def test_labels_have_values_that_occur():
    asked = {event for query in queries() for event in re.findall(r'event="(\w+)"', query)}
    assert asked and asked <= set(counters.EVENTS)
    assert set(re.findall(r'status="(\w+)"', " ".join(queries()))) <= {"2xx", "3xx", "4xx", "5xx"}


def test_each_alert_says_what_is_wrong_and_what_to_do():
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert set(rule["annotations"]) == {"summary", "action"}


def test_panels_lie_beside_each_other_and_have_ids_of_their_own():
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and at["x"] + at["w"] <= 24, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in panels()}) == len(panels())


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is in Debian's package prometheus")
def test_prometheus_accepts_the_rules(tmp_path):
    shutil.copy(ALERTS, tmp_path / "gameapp-alerts.yml")
    shutil.copy(SCRAPE, tmp_path / "prometheus.yml")
    done = subprocess.run(
        ["promtool", "check", "config", "--syntax-only", tmp_path / "prometheus.yml"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    done = subprocess.run(
        ["promtool", "check", "rules", tmp_path / "gameapp-alerts.yml"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
