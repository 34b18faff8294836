"""The Redis names of the live layer."""

from django.conf import settings


def marks() -> str:
    """Pub/sub channel · each message is the subject that changed, such as `board:<slug>` · nothing kept."""
    return f"{settings.REDIS_PREFIX}:live:marks"


def layer_prefix() -> str:
    """Prefix of the channel layer's pub/sub channels · addressed messages · nothing kept."""
    return f"{settings.REDIS_PREFIX}:live:layer:"
