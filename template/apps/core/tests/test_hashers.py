"""Tests of the limit of password hashes."""

import os
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password

from apps.core import hashers
from apps.core.exceptions import BusyError
from apps.core.hashers import HashPool, LimitedArgon2PasswordHasher
from apps.users.tests.factories import fake_password

if TYPE_CHECKING:
    from pytest_django import Settings


def test_hashes_are_those_of_django(settings: "Settings") -> None:
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[1:]
    password = fake_password()
    salt = "0123456789abcdef"

    encoded = LimitedArgon2PasswordHasher().encode(password, salt)

    assert Argon2PasswordHasher().verify(password, encoded)
    assert check_password(password, Argon2PasswordHasher().encode(password, salt))
    assert not check_password(fake_password(), encoded)


def test_as_many_hashes_wait_as_run_and_more_are_rejected() -> None:
    limit = 2
    pool = HashPool(limit)
    calls = 6
    threads_used: list[int] = []
    started = threading.Semaphore(0)
    rejected = threading.Semaphore(0)
    end = threading.Event()

    def hash_slowly() -> str:
        threads_used.append(threading.get_native_id())
        started.release()
        end.wait(timeout=10)
        return "hashed"

    def call(_number: int) -> str:
        try:
            return pool.run(hash_slowly)
        except BusyError:
            rejected.release()
            return "rejected"

    with ThreadPoolExecutor(calls) as threads:
        results = threads.map(call, range(calls))
        for _call in range(calls - 2 * limit):
            assert rejected.acquire(timeout=10)
        for _call in range(limit):
            assert started.acquire(timeout=10)
        assert len(threads_used) == limit
        end.set()
        counts = Counter(results)

    assert counts == {"hashed": 2 * limit, "rejected": calls - 2 * limit}
    assert len(set(threads_used)) == limit
    assert pool.run(hash_slowly) == "hashed"


def test_an_error_frees_the_place() -> None:
    pool = HashPool(1)

    def fail() -> None:
        raise ZeroDivisionError

    for _call in range(3):
        with pytest.raises(ZeroDivisionError):
            pool.run(fail)


@pytest.mark.skipif(sys.platform != "linux", reason="needs priorities of threads")
def test_threads_have_the_lowest_priority() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)

    lowered = HashPool(1).run(
        lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    )

    assert lowered == hashers.LOWEST_PRIORITY
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
