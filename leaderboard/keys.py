"""The Redis keys of the boards. All keys of a board share its slug as hash tag, so one script may touch them all."""

from store.keys import Key

standings = Key(
    "leaderboard:{<board>}:standings:<period>",
    "zset",
    "player id · points + earliness (see score.py)",
    stays="until the period is archived, then 60 days",
    owner="board",
)
shadow = Key(
    "leaderboard:{<board>}:shadow:<period>:<fence>",
    "zset",
    "as standings, while a rebuild, told apart by its fencing number, fills it",
    ends="after 1 hour",
    owner="board",
)
season_copy = Key(
    "leaderboard:{<board>}:season_copy:<period>:<fence>",
    "zset",
    "as standings, of one moment, while their archive is written",
    ends="after 1 hour",
    owner="board",
)
repair_fence = Key(
    "leaderboard:{<board>}:repair_fence",
    "string",
    "the highest fencing number that repaired the board",
    stays="it may never go back",
    owner="board",
)
cards = Key(
    "leaderboard:{<board>}:cards",
    "hash",
    "player id · JSON card: name, country, guest, demo",
    stays="as long as the board",
    owner="board",
)
hidden = Key(
    "leaderboard:{<board>}:hidden",
    "set",
    "ids of players whom moderators have hidden",
    stays="as long as the board",
    owner="board",
)
open_periods = Key(
    "leaderboard:{<board>}:open_periods",
    "zset",
    "id of a period with standings that is not archived yet · its end, UTC ms",
    stays="as long as the board",
    owner="board",
)
closed_periods = Key(
    "leaderboard:{<board>}:closed_periods",
    "zset",
    "id of an archived period whose standings are still here · when they end, UTC ms",
    stays="ended ones are dropped",
    owner="board",
)
runs = Key(
    "leaderboard:{<board>}:runs",
    "stream",
    "accepted runs on their way to SQL and the feed; fields in lua/submit.lua",
    stays="trimmed once acknowledged",
    owner="board",
)
report = Key(
    "leaderboard:{<board>}:report:<run>",
    "string",
    "JSON report of an accepted run, without names, which makes submitting idempotent",
    ends="after 2 days",
    owner="run",
)
marked = Key(
    "leaderboard:{<board>}:marked",
    "string",
    "1 while further runs need not mark the board again; see live/topic_feed.py",
    ends="after 50 ms",
    owner="board",
)
passed_told = Key(
    "leaderboard:{<board>}:passed_told:<run>",
    "string",
    "1 once those whom a run passed were told",
    ends="after 2 days",
    owner="run",
)
accepted = Key(
    "leaderboard:{<board>}:accepted:<day>",
    "string",
    "how many runs were accepted on a day",
    ends="after 60 days",
    owner="board",
)
window = Key(
    "leaderboard:{<board>}:window:<days>",
    "zset",
    "as standings, over the last N days",
    ends="after 1 minute",
    owner="board",
)
window_fresh = Key(
    "leaderboard:{<board>}:window_fresh:<days>",
    "string",
    "1 while the window needs no computing",
    ends="after 5 s",
    owner="board",
)
feed = Key("leaderboard:{feed}:lines", "stream", "lines of the activity feed, newest last", stays="at most 100 lines")
feed_pause = Key(
    "leaderboard:{feed}:pause:<player>",
    "string",
    "`when:place` of a player's last line, UTC ms and rank; the next keeps a pause to it",
    ends="after 1 minute",
    owner="player",
)
feed_told = Key(
    "leaderboard:{feed}:told:<about>",
    "string",
    "1 once a run or an ended season has its line, or was passed over",
    ends="after 7 days",
)
