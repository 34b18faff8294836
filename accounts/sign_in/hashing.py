"""Hashing passwords: two at a time, in threads of their own, with a short queue.

A hash takes a tenth of a second of a core. Without a limit, forty people who sign in at once would slow down everybody
who plays. So when the queue is full, people are asked to try again.
"""

import contextlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.utils.translation import gettext_noop

AT_ONCE = 2
WAITING_MAX = 12
NICER = 5


class Busy(Exception):
    """Too many passwords are being hashed. A retry soon after should work."""

    def __init__(self) -> None:
        super().__init__(gettext_noop("too many people are signing in at this moment"))


def _be_nice() -> None:
    # On Linux each thread has its own priority. A lower one here lets players' moves go first.
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICER)


_pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hash", initializer=_be_nice)
_places = threading.BoundedSemaphore(AT_ONCE + WAITING_MAX)


class PooledHasher(PBKDF2PasswordHasher):
    """Django's default hasher, run on the pool. Both hashing and checking call `encode`."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Raises Busy when too many wait."""
        if not _places.acquire(blocking=False):
            raise Busy
        try:
            return _pool.submit(super().encode, password, salt, iterations).result()
        finally:
            _places.release()
