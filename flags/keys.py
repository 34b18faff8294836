"""The Redis keys of flags. They share one hash tag: a request asks for all of them at once."""

from store.keys import key

APP = "flags"
TAG = "flags"


def bits(slug: str) -> str:
    """bitmap · player id (0: who is not signed in) · whether the flag is on for them · no TTL."""
    return key(APP, TAG, "bits", slug)


def arm(slug: str, name: str) -> str:
    """bitmap · player id · whether they are in this arm, `a` or `b`, of an experiment · no TTL."""
    return key(APP, TAG, "arm", slug, name)


def exposed(slug: str, name: str) -> str:
    """HyperLogLog · ids of the players to whom this arm was shown · no TTL: goes with the experiment."""
    return key(APP, TAG, "exposed", slug, name)


def written() -> str:
    """hash · slug of a flag or experiment · the revision that its bitmaps are of · no TTL."""
    return key(APP, TAG, "written")
