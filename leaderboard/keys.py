"""The Redis keys of the boards. All keys of a board share its slug as hash tag, so one script may touch them all."""

from store.keys import key

APP = "leaderboard"


def standings(slug: str, period_id: str) -> str:
    """zset · player id · points + earliness (see score.py) · until 60 days after the period's end."""
    return key(APP, slug, "standings", period_id)


def cards(slug: str) -> str:
    """hash · player id · JSON card: name, country, guest, demo · no TTL."""
    return key(APP, slug, "cards")


def runs(slug: str) -> str:
    """stream · accepted runs on their way to SQL: run, player, points, at_ms, started_ms, record · no TTL."""
    return key(APP, slug, "runs")


def report(slug: str, run_id: str) -> str:
    """string · JSON report of an accepted run, which makes submitting idempotent · 2 days."""
    return key(APP, slug, "report", run_id)


def accepted(slug: str, day: str) -> str:
    """string · how many runs were accepted on a day · 60 days."""
    return key(APP, slug, "accepted", day)
