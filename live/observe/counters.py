"""The counters of a process since it started, for metrics and the dashboard.

Several web processes of a host may share a folder, which `bin/play` or a unit file names: prometheus_client keeps each
one's numbers in files there, and any of them answers for all.
"""

import os
from collections import Counter, deque

from prometheus_client import Counter as Counted
from prometheus_client import Gauge, Histogram, disable_created_metrics

disable_created_metrics()

#: prometheus_client's own name of the variable; it is read when the first value is made.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
IS_SHARED = SHARED_FOLDER in os.environ
EVENTS = (
    "runs_started",
    "runs_finished",
    "room_inputs",
    "rooms_finished",
    "sign_in_failed",
    "errors",
    "pages_shared",
)

counts: Counter[str] = Counter()
#: The last delays in milliseconds, from a board's mark (sent right after a score) until its frames are written.
_delays_ms: deque[float] = deque(maxlen=512)
#: The last errors that were logged, newest last.
errors: deque[str] = deque(maxlen=10)

request_seconds = Histogram(
    "gameapp_http_request_seconds",
    "From a request's head to the end of its answer.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
    registry=None,
)
mark_to_frame_seconds = Histogram(
    "gameapp_mark_to_frame_seconds",
    "From the mark that follows a score to its frames being written.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    registry=None,
)
http_requests = Counted("gameapp_http_requests", "Requests by the kind of their answer.", ["status"], registry=None)
events = Counted("gameapp_events", "What happened.", ["event"], registry=None)
refusals = Counted("gameapp_refusals", "Refusals by rate limit.", ["policy"], registry=None)
runs_refused = Counted("gameapp_runs_refused", "Finished runs that were not ranked.", ["reason"], registry=None)
sockets_open = Gauge("gameapp_sockets_open", "Open sockets.", registry=None, multiprocess_mode="livesum")
watchers = Gauge(
    "gameapp_watchers",
    "Watched topics, summed over connections.",
    registry=None,
    multiprocess_mode="livesum",
)
FAMILIES = (
    request_seconds,
    mark_to_frame_seconds,
    http_requests,
    events,
    refusals,
    runs_refused,
    sockets_open,
    watchers,
)
for _kind in ("2xx", "3xx", "4xx", "5xx"):
    http_requests.labels(_kind)
for _event in EVENTS:
    events.labels(_event)


def count(name: str, by: int = 1) -> None:
    """Increase a counter. There are only a few names, and they never contain client input."""
    counts[name] += by
    head, _, rest = name.partition("_")
    if head == "http":
        http_requests.labels(rest).inc(by)
    elif head == "refused":
        refusals.labels(rest).inc(by)
    elif name.startswith("run_refused_"):
        runs_refused.labels(name.removeprefix("run_refused_")).inc(by)
    elif name == "sockets_opened":
        sockets_open.inc(by)
    elif name == "sockets_closed":
        sockets_open.dec(by)
    elif name in EVENTS:
        events.labels(name).inc(by)


def delayed(seconds: float) -> None:
    """Note how long a score took from its mark to its frames."""
    mark_to_frame_seconds.observe(seconds)
    _delays_ms.append(1000 * seconds)


def percentile(share: float) -> float:
    """The delay in ms that this share (0 to 1) of the last delays did not exceed; 0 when there are none."""
    ordered = sorted(_delays_ms)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
