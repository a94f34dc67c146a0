"""Tests of the pool of connections to the database."""

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, cast

import pytest
from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.integration,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="needs PostgreSQL: DATABASE_URL"
    ),
]


PARALLEL = 3


def backends() -> set[int]:
    """Return the server's numbers of the connections that requests get."""
    pool = cast("Any", connection).pool
    with ExitStack() as stack:
        pooled = [stack.enter_context(pool.connection()) for _ in range(PARALLEL)]
        return {each.info.backend_pid for each in pooled}


@pytest.fixture(autouse=True)
def _own_pool() -> "Iterator[None]":
    """Begin without connections, and leave none to other tests."""
    connection.close()
    cast("Any", connection).close_pool()
    connection.ensure_connection()
    connection.close()
    yield
    connection.close()
    cast("Any", connection).close_pool()


def test_open_connections_are_used_again() -> None:
    assert backends() == backends()


def test_after_the_server_closed_them_all_the_first_request_is_served() -> None:
    closed = backends()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (own,) = cursor.fetchone()
        for number in closed - {own}:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [number])
    connection.close()

    started = time.monotonic()
    replaced = backends()

    assert not replaced & (closed - {own})
    assert time.monotonic() - started < 1
