"""How a Redis key is built; which keys exist is said by each app's own `keys.py`."""

from django.conf import settings


def key(app: str, tag: str, noun: str, *rest: object) -> str:
    """Return `<prefix>:<app>:{<tag>}:<noun>[:<id>…]`.

    The braces are a Cluster hash tag: keys that one script touches together share it.
    """
    return ":".join([settings.REDIS_PREFIX, app, "{" + tag + "}", noun, *map(str, rest)])
