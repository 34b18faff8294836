"""The counters of a process since it started, for metrics and the dashboard."""

from collections import Counter, deque

from prometheus_client import Histogram

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


def count(name: str, by: int = 1) -> None:
    """Increase a counter. There are only a few names, and they never contain client input."""
    counts[name] += by


def delayed(seconds: float) -> None:
    """Note how long a score took from its mark to its frames."""
    mark_to_frame_seconds.observe(seconds)
    _delays_ms.append(1000 * seconds)


def percentile(share: float) -> float:
    """The delay in ms that this share (0 to 1) of the last delays did not exceed; 0 when there are none."""
    ordered = sorted(_delays_ms)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
