"""What a process counts of itself: plain numbers since it started, for metrics and the dashboard."""

from collections import Counter, deque

counts: Counter[str] = Counter()
#: The last delays from a board's mark, which follows a score at once, to its frames being written, in milliseconds.
delays_ms: deque[float] = deque(maxlen=512)
#: The last errors that were logged, newest last.
errors: deque[str] = deque(maxlen=10)


def count(name: str, by: int = 1) -> None:
    """Count something; names are few and never hold what a client sent."""
    counts[name] += by


def percentile(share: float) -> float:
    """The delay, ms, that this share (0 to 1) of the last ones did not exceed; 0 without any."""
    ordered = sorted(delays_ms)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
