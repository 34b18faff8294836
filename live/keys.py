"""The Redis names of the live layer."""

from django.conf import settings


def marks(subject: str) -> str:
    """Pub/sub channel · a message says that the subject, such as `board:<slug>`, has changed · nothing kept.

    Its hash tag is that of the subject's keys, so that the script that changes them can publish.
    """
    return f"{settings.REDIS_PREFIX}:live:{{{subject.rpartition(':')[2]}}}:marks"


def layer_prefix() -> str:
    """Prefix of the channel layer's pub/sub channels · addressed messages · nothing kept."""
    return f"{settings.REDIS_PREFIX}:live:layer:"
