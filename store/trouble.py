"""The errors of the stores, and how refusals by Redis are recognised.

A `StoreUnavailable` is temporary: the store is away, loading, busy or full. A `StoreMisconfigured` lasts until
somebody fixes the configuration. Players see no difference: the store is away.
"""

import logging
import re

from django.db import DatabaseError, InterfaceError, OperationalError
from django.utils.translation.trans_null import gettext_noop  # This one needs no settings, which import this module.

logger = logging.getLogger(__name__)

_SILENT = gettext_noop("it does not answer")

#: SQL is locked, full or away. This is temporary and not the query's fault.
SQL_TROUBLE = (OperationalError, InterfaceError)


def is_sql_trouble(error: BaseException) -> bool:
    """Whether SQL itself is failing. A damaged SQLite file raises a plain DatabaseError, not a subclass."""
    return isinstance(error, SQL_TROUBLE) or type(error) is DatabaseError


class StoreUnavailable(Exception):
    """Redis did not answer in time, or cannot run the command now. Whether the last command took effect is unknown.

    `reason` says why in a few words for people, such as "its memory is full".
    """

    def __init__(self, message: str = "", reason: str = _SILENT) -> None:
        super().__init__(message or reason)
        self.reason = reason

    @property
    def is_away(self) -> bool:
        """Whether Redis did not answer at all."""
        return self.reason == _SILENT


class StoreMisconfigured(StoreUnavailable):
    """Redis answers, but refuses the command until somebody changes its configuration or REDIS_URL."""


class ConnectionStale(StoreUnavailable):
    """The server is no longer the primary. A new connection may reach the current one."""


#: Refusals, by the name of redis-py's error class; each with the error code that Redis sends.
_ANSWERS: dict[str, tuple[str, type[StoreUnavailable], str]] = {
    "BusyLoadingError": ("LOADING", StoreUnavailable, gettext_noop("it is loading its data")),
    "ReadOnlyError": ("READONLY", ConnectionStale, gettext_noop("it is a replica and takes no writes")),
    "MasterDownError": ("MASTERDOWN", StoreUnavailable, gettext_noop("it is a replica that has lost its primary")),
    "ClusterDownError": ("CLUSTERDOWN", StoreUnavailable, gettext_noop("its cluster is down")),
    "TryAgainError": ("TRYAGAIN", StoreUnavailable, gettext_noop("its cluster is moving keys")),
    "OutOfMemoryError": ("OOM", StoreUnavailable, gettext_noop("its memory is full")),
    "NoPermissionError": ("NOPERM", StoreMisconfigured, gettext_noop("its user may not run what the site needs")),
    "AuthenticationError": (
        "WRONGPASS",
        StoreMisconfigured,
        gettext_noop("it refuses the user or password of REDIS_URL"),
    ),
    "AuthenticationWrongNumberOfArgsError": (
        "NOAUTH",
        StoreMisconfigured,
        gettext_noop("it wants another form of password"),
    ),
    "AuthorizationError": ("NOAUTH", StoreMisconfigured, gettext_noop("it wants a password")),
    "MovedError": ("MOVED", StoreMisconfigured, gettext_noop("it is a node of a cluster")),
    "AskError": ("ASK", StoreMisconfigured, gettext_noop("it is a node of a cluster")),
    "ClusterCrossSlotError": ("CROSSSLOT", StoreMisconfigured, gettext_noop("it is a node of a cluster")),
}
#: Refusals by error code. redis-py has no class for the first five, and leaves the code at the start of the text.
_WORDS: dict[str, tuple[type[StoreUnavailable], str]] = {
    "BUSY": (StoreUnavailable, gettext_noop("it is busy with a script that takes too long")),
    "MISCONF": (StoreUnavailable, gettext_noop("it cannot write to its disk")),
    "UNBLOCKED": (ConnectionStale, gettext_noop("it has just become a replica")),
    "DENIED": (StoreMisconfigured, gettext_noop("it is in protected mode and takes nobody from elsewhere")),
    "NOREPLICAS": (StoreUnavailable, gettext_noop("it has too few replicas to take writes")),
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
    """Map a redis-py error to ours when its cause is the state or set-up of Redis, not the command itself. Else None.

    Only `store.client` imports redis-py, so its classes are known here by name.
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
        reason = gettext_noop("its disk is full") if _DISK_FULL.search(text) else reason
        return kind(_words(error, reason), reason)
    if _NOT_ALLOWED.search(text):
        return StoreMisconfigured(text, gettext_noop("its user may not run what the site needs"))
    if _NO_DATABASE.search(text):
        return StoreMisconfigured(text, gettext_noop("it has no database of the number in REDIS_URL"))
    return None


def _words(error: Exception, reason: str) -> str:
    return f"{reason} ({str(error)[:200]})" if str(error) else reason


_named: set[str] = set()


def name_once(trouble: StoreMisconfigured) -> None:
    """Log a configuration error the first time only, so that repetitions do not fill the log."""
    if trouble.reason not in _named:
        _named.add(trouble.reason)
        logger.error("Redis is set up wrongly: %s. Every use of it fails until that is fixed.", trouble)
