"""What may be wrong with the stores, as errors, and how an answer of Redis that refuses is known.

A `StoreUnavailable` passes by itself: the store is away, loading, busy or full. A `StoreMisconfigured` does not:
somebody has to mend the set-up. Both are the store being away to players.
"""

import logging
import re

from django.db import DatabaseError, InterfaceError, OperationalError

logger = logging.getLogger(__name__)

#: SQL is locked, full or away: it passes, and says nothing about what was asked.
SQL_TROUBLE = (OperationalError, InterfaceError)


def is_sql_trouble(error: BaseException) -> bool:
    """Whether SQL itself is in trouble; a damaged SQLite file is a plain DatabaseError, and nothing more exact."""
    return isinstance(error, SQL_TROUBLE) or type(error) is DatabaseError


class StoreUnavailable(Exception):
    """Redis did not answer in time, or cannot do it now; nothing is known about the last command's effect.

    `reason` says why in a few words for people, such as "its memory is full".
    """

    def __init__(self, message: str = "", reason: str = "it does not answer") -> None:
        super().__init__(message or reason)
        self.reason = reason

    @property
    def is_away(self) -> bool:
        """Whether nothing at all was answered."""
        return self.reason == "it does not answer"


class StoreMisconfigured(StoreUnavailable):
    """Redis answers, and will refuse this until somebody changes its set-up or REDIS_URL."""


class ConnectionStale(StoreUnavailable):
    """The other side is no primary any more: a new connection may lead to the one that is."""


#: What Redis says, by the name of the library's class for it and by Redis's own word.
_ANSWERS: dict[str, tuple[str, type[StoreUnavailable], str]] = {
    "BusyLoadingError": ("LOADING", StoreUnavailable, "it is loading its data"),
    "ReadOnlyError": ("READONLY", ConnectionStale, "it is a replica and takes no writes"),
    "MasterDownError": ("MASTERDOWN", StoreUnavailable, "it is a replica that has lost its primary"),
    "ClusterDownError": ("CLUSTERDOWN", StoreUnavailable, "its cluster is down"),
    "TryAgainError": ("TRYAGAIN", StoreUnavailable, "its cluster is moving keys"),
    "OutOfMemoryError": ("OOM", StoreUnavailable, "its memory is full"),
    "NoPermissionError": ("NOPERM", StoreMisconfigured, "its user may not run what the site needs"),
    "AuthenticationError": ("WRONGPASS", StoreMisconfigured, "it refuses the user or password of REDIS_URL"),
    "AuthenticationWrongNumberOfArgsError": ("NOAUTH", StoreMisconfigured, "it wants another form of password"),
    "AuthorizationError": ("NOAUTH", StoreMisconfigured, "it wants a password"),
    "MovedError": ("MOVED", StoreMisconfigured, "it is a node of a cluster"),
    "AskError": ("ASK", StoreMisconfigured, "it is a node of a cluster"),
    "ClusterCrossSlotError": ("CROSSSLOT", StoreMisconfigured, "it is a node of a cluster"),
}
#: What the library has no class for; it leaves these words at the beginning of the text.
_WORDS: dict[str, tuple[type[StoreUnavailable], str]] = {
    "BUSY": (StoreUnavailable, "it is busy with a script that takes too long"),
    "MISCONF": (StoreUnavailable, "it cannot write to its disk"),
    "UNBLOCKED": (ConnectionStale, "it has just become a replica"),
    "DENIED": (StoreMisconfigured, "it is in protected mode and takes nobody from elsewhere"),
    "NOREPLICAS": (StoreUnavailable, "it has too few replicas to take writes"),
    **{word: (kind, reason) for word, kind, reason in _ANSWERS.values()},
}
# At the beginning, or where Redis 6.2 wraps it: "Error running script …: @user_script: 1: -READONLY You can't …".
_WORD = re.compile(rf"(?:^|-)({'|'.join(_WORDS)})\b")
_NOT_ALLOWED = re.compile(
    r"ACL failure in script|can't (?:run this command|access at least one)|^[Uu]nknown (?:Redis )?command"
)
_NO_DATABASE = re.compile(r"DB index is out of range")
_DISK_FULL = re.compile(r"No space left on device")


def refusal(error: Exception) -> StoreUnavailable | None:
    """What an answer of Redis means when it refuses what was asked whatever it was; None for any other error.

    `error` is the library's; only `store.client` imports that, so its classes are known here by name.
    """
    classes = [each.__name__ for each in type(error).__mro__]
    for name in classes:
        if name in _ANSWERS:
            _, kind, reason = _ANSWERS[name]
            return kind(_words(error, reason), reason)
    if "ResponseError" not in classes:
        return None
    text = str(error)
    if found := _WORD.search(text):
        kind, reason = _WORDS[found.group(1)]
        reason = "its disk is full" if _DISK_FULL.search(text) else reason
        return kind(_words(error, reason), reason)
    if _NOT_ALLOWED.search(text):
        return StoreMisconfigured(text, "its user may not run what the site needs")
    if _NO_DATABASE.search(text):
        return StoreMisconfigured(text, "it has no database of the number in REDIS_URL")
    return None


def _words(error: Exception, reason: str) -> str:
    return f"{reason} ({str(error)[:200]})" if str(error) else reason


_named: set[str] = set()


def name_once(trouble: StoreMisconfigured) -> None:
    """Log a wrong set-up the first time that it is met: whoever meets it again and again must not fill the log."""
    if trouble.reason not in _named:
        _named.add(trouble.reason)
        logger.error("Redis is set up wrongly: %s. Every use of it fails until that is mended.", trouble)
