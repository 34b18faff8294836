"""The Redis keys of flags. They share one hash tag: a request asks for all of them at once."""

from store.keys import Key

bits = Key(
    "flags:{flags}:bits:<flag>",
    "bitmap",
    "player id (0: nobody signed in) · whether the flag is on for them",
    stays="as long as the flag",
)
arm = Key(
    "flags:{flags}:arm:<experiment>:<arm>",
    "bitmap",
    "player id · whether they are in this arm, `a` or `b`",
    stays="as long as the experiment",
)
exposed = Key(
    "flags:{flags}:exposed:<experiment>:<arm>",
    "HyperLogLog",
    "ids of the players to whom this arm was shown",
    stays="as long as the experiment",
)
written = Key(
    "flags:{flags}:written",
    "hash",
    "slug of a flag or experiment · the revision of its bitmaps",
    stays="as long as the site",
)
