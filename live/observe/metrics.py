"""Numbers for Prometheus: counters, durations and resource use, and what others add of the site.

One process answers for itself, or for all web processes of its host that share a folder; see counters.py.
"""

import contextlib
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import django
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from live.hub import hub
from live.observe import counters
from store import heartbeat
from store.client import StoreUnavailable

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
#: Reads numbers of the whole site: name → (what it is, value).
Source = Callable[[], Awaitable[dict[str, tuple[str, float]]]]

_registry = CollectorRegistry()


class _Info(Collector):
    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("gameapp", "What runs here.", {"django": django.__version__})


_registry.register(_Info())
if counters.IS_SHARED:
    MultiProcessCollector(_registry)
else:
    for _made in (ProcessCollector, PlatformCollector, GCCollector):
        _made(registry=_registry)
    for _family in counters.FAMILIES:
        _registry.register(_family)


_sources: list[Source] = [heartbeat.numbers]


def _forget_the_dead() -> None:
    """What a process held that has ended, however it ended, is held no more. What it counted stays counted."""
    for file in Path(os.environ[counters.SHARED_FOLDER]).glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except (
            ProcessLookupError,
            PermissionError,
        ):  # Nobody's, or somebody else's by now: all of ours are one user's.
            with contextlib.suppress(FileNotFoundError):  # Another process forgot it at the same moment.
                mark_process_dead(pid)


def add_source(source: Source) -> None:
    """Have `/metrics` read these numbers, too. Called from `AppConfig.ready`."""
    _sources.append(source)


async def of_the_site() -> list[GaugeMetricFamily]:
    """The numbers of the whole site, as every process reports them; none while Redis is away."""
    found: list[GaugeMetricFamily] = []
    with contextlib.suppress(StoreUnavailable):
        for source in _sources:
            found += [GaugeMetricFamily(name, words, value) for name, (words, value) in (await source()).items()]
    return found


class _Site(Collector):
    """Numbers that were read already."""

    def __init__(self, found: list[GaugeMetricFamily]) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        yield from self._found


def text(of_the_site: list[GaugeMetricFamily]) -> bytes:
    """All of them in Prometheus's text format."""
    if counters.IS_SHARED:
        _forget_the_dead()
    counters.watchers.set(hub().watcher_count)
    once = CollectorRegistry()
    once.register(_Site(of_the_site))
    return generate_latest(_registry) + generate_latest(once)
