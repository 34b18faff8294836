"""The Redis keys of the boards. All keys of a board share its slug as hash tag, so one script may touch them all."""

from store.keys import key

APP = "leaderboard"


def standings(slug: str, period_id: str) -> str:
    """zset · player id · points + earliness (see score.py) · no TTL until the period is archived, then 60 days."""
    return key(APP, slug, "standings", period_id)


def shadow(slug: str, period_id: str, fence: int) -> str:
    """zset · as standings, while a rebuild (told apart by its fencing number) fills it · 1 hour."""
    return key(APP, slug, "shadow", period_id, fence)


def season_copy(slug: str, period_id: str, fence: int) -> str:
    """zset · as standings, of one moment, while their archive is written (told apart by its fence) · 1 hour."""
    return key(APP, slug, "season_copy", period_id, fence)


def repair_fence(slug: str) -> str:
    """string · the highest fencing number that repaired the board · no TTL: it may never go back."""
    return key(APP, slug, "repair_fence")


def cards(slug: str) -> str:
    """hash · player id · JSON card: name, country, guest, demo · no TTL."""
    return key(APP, slug, "cards")


def hidden(slug: str) -> str:
    """set · ids of players whom moderators have hidden · no TTL."""
    return key(APP, slug, "hidden")


def open_periods(slug: str) -> str:
    """zset · id of a period with standings that is not archived yet · its end, UTC ms · no TTL."""
    return key(APP, slug, "open_periods")


def closed_periods(slug: str) -> str:
    """zset · id of an archived period whose standings are still here · when they end, UTC ms · no TTL: pruned."""
    return key(APP, slug, "closed_periods")


def runs(slug: str) -> str:
    """stream · accepted runs on their way to SQL and the feed; fields in lua/submit.lua · trimmed once acknowledged."""
    return key(APP, slug, "runs")


def report(slug: str, run_id: str) -> str:
    """string · JSON report of an accepted run, without names, which makes submitting idempotent · 2 days."""
    return key(APP, slug, "report", run_id)


def marked(slug: str) -> str:
    """string · 1 while further runs need not mark the board again; see live/topic_feed.py · 50 ms."""
    return key(APP, slug, "marked")


def passed_told(slug: str, run_id: str) -> str:
    """string · 1 once those whom a run passed were told · 2 days."""
    return key(APP, slug, "passed_told", run_id)


def accepted(slug: str, day: str) -> str:
    """string · how many runs were accepted on a day · 60 days."""
    return key(APP, slug, "accepted", day)


def window(slug: str, days: int) -> str:
    """zset · as standings, over the last so many days · 1 minute."""
    return key(APP, slug, "window", days)


def window_fresh(slug: str, days: int) -> str:
    """string · 1 while the window needs no computing · 5 seconds."""
    return key(APP, slug, "window_fresh", days)


def feed() -> str:
    """stream · lines of the activity feed, newest last · capped at 100 lines."""
    return key(APP, "feed", "lines")


def feed_pause(player: int) -> str:
    """string · `when:place` of a player's last line, UTC ms and rank; the next keeps a pause to it · 1 minute."""
    return key(APP, "feed", "pause", player)


def feed_told(about: str) -> str:
    """string · 1 once a run or an ended season has its line, or was passed over · 7 days."""
    return key(APP, "feed", "told", about)
