"""The Redis keys of presence. The tag is `online`, and in a cluster `online-<number>`, by player: see online.py.

A bucket is 64 players whose ids follow each other, and has the number of their ids divided by 64.
"""

from store.keys import Key

#: The only shard where there is one server.
ONE = ("online",)

leases = Key(
    "presence:{<shard>}:leases:<bucket>",
    "zset",
    "open tabs of a bucket: the player's letter, what the tab shows, connection id · deadline, UTC ms",
    stays="what is past its deadline is swept",
)
due = Key(
    "presence:{<shard>}:due",
    "zset",
    "bucket · when its first lease ends at the earliest, UTC ms",
    stays="emptied with the leases",
    usual=ONE,
)
here = Key(
    "presence:{<shard>}:here",
    "hash",
    "bucket · 64 characters, one per player: blank offline, `-` away, `.` online, others see codes; and a `|`",
    stays="emptied with the leases",
    usual=ONE,
)
newest = Key(
    "presence:{<shard>}:newest",
    "zset",
    "player ids, the 1,000 visible ones who came last · when they came online, UTC ms",
    stays="emptied with the leases",
    usual=ONE,
)
cards = Key(
    "presence:{<shard>}:cards",
    "hash",
    "player id, the newest and those whom only some may see · since when (UTC ms) and card (JSON)",
    stays="emptied with the leases",
    usual=ONE,
)
hidden = Key(
    "presence:{<shard>}:hidden",
    "hash",
    "player id whom not everybody may see online · JSON list of those who may",
    stays="goes with the choice",
    usual=ONE,
)
counts = Key(
    "presence:{<shard>}:counts",
    "hash",
    "what is shown, as in `here` · number of visible players",
    stays="emptied with the leases",
    usual=ONE,
)
codes = Key(
    "presence:{<shard>}:codes",
    "hash",
    "such as `playing <game>` · its character in `here`",
    stays="emptied with the leases",
    usual=ONE,
)
