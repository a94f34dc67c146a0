"""Password hashing that leaves processor time and threads to other requests."""

import functools
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, override

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

from apps.core.exceptions import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable

LOWEST_PRIORITY: Final = 19


# A hash takes 100 MB of memory and tens of milliseconds on several cores. To go back,
# name `django.contrib.auth.hashers.Argon2PasswordHasher` in `PASSWORD_HASHERS`; both
# read the same hashes.
class LimitedArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2 in a few threads of low priority."""

    @override
    def encode(self, password: str, salt: str) -> str:
        """Hash in one of the threads."""
        return _get_pool().run(super().encode, password, salt)

    @override
    def verify(self, password: str, encoded: str) -> bool:
        """Hash in one of the threads."""
        return _get_pool().run(super().verify, password, encoded)


class HashPool:
    """Runs functions in `limit` threads while as many wait.

    Another fails immediately, so logins never occupy every thread of `WEB_THREADS`.
    """

    def __init__(self, limit: int) -> None:
        """Start no thread before the first call."""
        self.places = threading.BoundedSemaphore(2 * limit)
        self.threads = ThreadPoolExecutor(limit, "password", _lower_priority)

    def run[*A, T](self, function: "Callable[[*A], T]", *args: *A) -> T:
        """Return the result of a function that releases the GIL.

        Args:
            function: Called in one of the threads.
            *args: Its arguments.

        Raises:
            BusyError: If all threads and all waiting places are taken.
        """
        if not self.places.acquire(blocking=False):
            raise BusyError
        try:
            return self.threads.submit(function, *args).result()
        finally:
            self.places.release()


def _lower_priority() -> None:
    """Give the current thread the lowest priority, which only Linux can do."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)


@functools.cache
def _get_pool() -> HashPool:
    """Return the pool of this process."""
    return HashPool(settings.PASSWORD_HASH_LIMIT)


# A child process has none of the threads of its parent.
os.register_at_fork(after_in_child=_get_pool.cache_clear)
