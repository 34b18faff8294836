"""Numbers for Prometheus: counters, durations and resource use of this process, and what others add of the site."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator

import django
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from live.hub import hub
from live.observe import counters
from store.client import StoreUnavailable

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
EVENTS = ("runs_started", "runs_finished", "room_inputs", "rooms_finished", "sign_in_failed", "errors")
#: Reads numbers of the whole site: name → (what it is, value).
Source = Callable[[], Awaitable[dict[str, tuple[str, float]]]]

_registry = CollectorRegistry()
for made in (ProcessCollector, PlatformCollector, GCCollector):
    made(registry=_registry)
for timed in (counters.request_seconds, counters.mark_to_frame_seconds):
    _registry.register(timed)


class _Counted(Collector):
    """The values of `counters`, read when metrics are collected."""

    def collect(self) -> Iterator[Metric]:
        counts = counters.counts
        yield InfoMetricFamily("gameapp", "What runs here.", {"django": django.__version__})
        requests = CounterMetricFamily(
            "gameapp_http_requests", "Requests by the kind of their answer.", labels=["status"]
        )
        for kind in (2, 3, 4, 5):
            requests.add_metric([f"{kind}xx"], counts[f"http_{kind}xx"])
        yield requests
        open_now = counts["sockets_opened"] - counts["sockets_closed"]
        yield GaugeMetricFamily("gameapp_sockets_open", "Open sockets.", open_now)
        yield GaugeMetricFamily("gameapp_watchers", "Watched topics, summed over connections.", hub().watcher_count)
        yield _by("gameapp_refusals", "Refusals by rate limit.", "policy", "refused_")
        events = CounterMetricFamily("gameapp_events", "What happened.", labels=["event"])
        for name in EVENTS:
            events.add_metric([name], counts[name])
        yield events
        yield _by("gameapp_runs_refused", "Finished runs that were not ranked.", "reason", "run_refused_")


def _by(name: str, words: str, label: str, prefix: str) -> CounterMetricFamily:
    family = CounterMetricFamily(name, words, labels=[label])
    for counted, value in sorted(counters.counts.items()):
        if counted.startswith(prefix):
            family.add_metric([counted.removeprefix(prefix)], value)
    return family


_registry.register(_Counted())


_sources: list[Source] = []


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
    once = CollectorRegistry()
    once.register(_Site(of_the_site))
    return generate_latest(_registry) + generate_latest(once)
