"""The numbers of this process for Prometheus: counters, durations and resource use."""

from collections.abc import Iterator

import django
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from live.hub import hub
from live.observe import counters

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
EVENTS = ("runs_started", "runs_finished", "sign_in_failed", "errors")

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


def text() -> bytes:
    """All of them in Prometheus's text format."""
    return generate_latest(_registry)
