"""Tests that PostgreSQL never reads the whole table for a page of users."""

from typing import TYPE_CHECKING, Final

import pytest
from django.db import connection

from apps.core import keyset
from apps.users import selectors
from apps.users.models import User
from apps.users.views import UserListView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

pytestmark = [
    pytest.mark.integration,
    pytest.mark.django_db,
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="needs PostgreSQL: DATABASE_URL"
    ),
]

USERS: Final = 4_000


@pytest.fixture(autouse=True)
def _many_users() -> None:
    """Create so many users that PostgreSQL prefers an index to the table."""
    roles = [User.Role.ADMIN, *[User.Role.USER] * 99]
    User.objects.bulk_create(
        User(
            email=f"{number:x}@example.com",
            name=f"{number * 7919 % USERS:x} Lovelace",
            role=roles[number % len(roles)],
        )
        for number in range(USERS)
    )
    with connection.schema_editor() as editor:
        # A GIN index keeps new rows in a pending list until a vacuum.
        for column in ("name", "email"):
            editor.execute(f"SELECT gin_clean_pending_list('users_{column}_trigrams')")
        editor.execute("ANALYZE users_user")


def reads_the_table(users: "QuerySet[User]") -> bool:
    """Return whether PostgreSQL reads the whole table for a page."""
    return "Seq Scan" in users[:20].explain()


def ordered_lists(**filters: str) -> "Iterator[QuerySet[User]]":
    """Yield a query for each order that clients can ask for."""
    users = selectors.list_active(**filters)
    yield users
    for field in UserListView.ordering_fields:
        yield from (users.order_by(field), users.order_by(f"-{field}"))


@pytest.mark.parametrize("role", ["", User.Role.ADMIN, User.Role.USER])
def test_a_numbered_page_uses_an_index(role: str) -> None:
    for users in map(keyset.with_total_order, ordered_lists(role=role)):
        assert not reads_the_table(users), users.query.order_by


def test_a_cursor_page_uses_an_index() -> None:
    for users in ordered_lists():
        order = keyset.total_order(users)
        ordered = users.order_by(*order)
        cursor = keyset.encode_cursor(order, ordered[USERS // 2], backwards=False)
        _, values = keyset.decode_cursor(cursor, order)

        next_page = ordered.filter(keyset.keyset_filter(order, values, backwards=False))
        previous_page = ordered.reverse().filter(
            keyset.keyset_filter(order, values, backwards=True)
        )

        assert not reads_the_table(next_page), order
        assert not reads_the_table(previous_page), order


def test_a_search_uses_an_index() -> None:
    for search in ("lovelace", "1a2b", "1a2 lovelace", "a2@", "zz", "z"):
        assert not reads_the_table(selectors.list_active(search=search)), search


def test_a_search_with_a_space_skips_the_index_of_emails() -> None:
    index = "users_email_trigrams"

    assert index not in selectors.list_active(search="1a2 lovelace").explain()
    assert index in selectors.list_active(search="1a2b").explain()


def test_an_order_without_an_index_reads_the_whole_table() -> None:
    assert reads_the_table(selectors.list_active().order_by("updated_at"))
