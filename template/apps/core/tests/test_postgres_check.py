"""Tests of the pool of PostgreSQL connections."""

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
    """Return the process IDs of the server for the connections that requests get."""
    pool = cast("Any", connection).pool
    with ExitStack() as stack:
        pooled = [stack.enter_context(pool.connection()) for _ in range(PARALLEL)]
        return {each.info.backend_pid for each in pooled}


@pytest.fixture(autouse=True)
def _own_pool() -> "Iterator[None]":
    """Give each test a new pool."""
    connection.close()
    cast("Any", connection).close_pool()
    connection.ensure_connection()
    connection.close()
    yield
    connection.close()
    cast("Any", connection).close_pool()


def test_open_connections_are_reused() -> None:
    assert backends() == backends()


def test_connections_that_the_server_closed_are_replaced_immediately() -> None:
    closed = backends()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (own,) = cursor.fetchone()
        for pid in closed - {own}:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    connection.close()

    started = time.monotonic()
    replaced = backends()

    assert not replaced & (closed - {own})
    assert time.monotonic() - started < 1
