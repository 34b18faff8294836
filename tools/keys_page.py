"""Writes `docs/keys.md` from the keys that the apps declare."""

from itertools import groupby

from store.keys import DECLARED, Key

INTRODUCTION = """# Every key in Redis

Made from each app's `keys.py` by `manage.py keys`; a test fails when they differ.

Names begin with the site's prefix (`REDIS_PREFIX`, by default `gameapp`). What stands in `<…>` differs from key to key;
braces are a Cluster hash tag. A `·` stands between a member and its value.
"""


def keys_page() -> str:
    """The whole page, in Markdown."""
    parts = [INTRODUCTION]
    for app, keys in groupby(sorted(DECLARED, key=_order), key=lambda key: _order(key)[0]):
        parts.append(f"## {app}\n")
        parts.append("| key | type | holds | owner | ends |\n|---|---|---|---|---|")
        parts += [_row(key) for key in keys]
        parts.append("")
    return "\n".join(parts)


def _order(key: Key) -> tuple[str, str]:
    return ("on a stream" if key.hangs_on else key.pattern.partition(":")[0], key.pattern)


def _row(key: Key) -> str:
    ends = key.ends or f"no: {key.stays}"
    return f"| `{key.pattern}` | {key.type} | {key.holds} | {key.owner} | {ends} |"
