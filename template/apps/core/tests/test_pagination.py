"""Tests of pagination by number, on the list of users."""

import time
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.db.models import Count, F
from django.urls import reverse

from apps.core import keyset, paginators
from apps.core.pagination import CachedCountPagination
from apps.core.paginators import CachedCountPaginator
from apps.users.models import User
from apps.users.tests.factories import AdminFactory, UserFactory
from apps.users.views import UserListView

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from pytest_django import DjangoAssertNumQueries

    from tests.client import APITestClient

pytestmark = pytest.mark.django_db

URL: Final = reverse("user-list")


@pytest.fixture
def _cached_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cache counts of more than three users."""
    monkeypatch.setattr(UserListView, "pagination_class", CachedCountPagination)
    monkeypatch.setattr(paginators, "EXACT_COUNT", 3)


def count(client: "APITestClient", **query: str) -> int:
    """Return the count of a list with pages of one row, which needs a query."""
    number: int = client.get(URL, {"page_size": "1", **query}).json()["count"]
    return number


class TestExactCount:
    def test_count_is_exact(self, admin_client: "APITestClient") -> None:
        for number in (1, 2, 3):
            assert count(admin_client) == number
            UserFactory.create()

    @pytest.mark.parametrize(("page_size", "queries"), [("2", 3), ("3", 2)])
    def test_first_page_that_is_not_full_needs_no_count_query(
        self,
        admin_client: "APITestClient",
        django_assert_num_queries: "DjangoAssertNumQueries",
        page_size: str,
        queries: int,
    ) -> None:
        UserFactory.create()

        # Two of the queries load the session and the rows.
        with django_assert_num_queries(queries):
            page = admin_client.get(URL, {"page_size": page_size}).json()

        assert page["count"] == len(page["results"])


@pytest.mark.usefixtures("_cached_count")
class TestCachedCount:
    def test_small_count_is_exact(self, admin_client: "APITestClient") -> None:
        for number in (1, 2, 3):
            assert count(admin_client) == number
            UserFactory.create()

    def test_large_count_is_cached_until_it_expires(
        self, admin_client: "APITestClient", monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(paginators, "COUNT_TTL_SECONDS", 1)
        UserFactory.create_batch(4)
        before = count(admin_client)

        UserFactory.create()
        assert count(admin_client) == before

        time.sleep(1.1)
        assert count(admin_client) == before + 1

    @pytest.mark.parametrize(
        ("rows", "first_queries", "second_queries"), [(3, 3, 3), (4, 3, 2)]
    )
    def test_only_a_cached_count_saves_its_query(
        self,
        admin_client: "APITestClient",
        django_assert_num_queries: "DjangoAssertNumQueries",
        rows: int,
        first_queries: int,
        second_queries: int,
    ) -> None:
        UserFactory.create_batch(rows - 1)

        # Two of the queries load the session and the rows.
        with django_assert_num_queries(first_queries):
            assert count(admin_client) == rows
        with django_assert_num_queries(second_queries):
            assert count(admin_client) == rows

    def test_each_filter_has_its_own_count(self, admin_client: "APITestClient") -> None:
        users, other_admins = UserFactory.create_batch(4), AdminFactory.create_batch(5)

        admins = len(other_admins) + 1
        assert count(admin_client, role="user") == len(users)
        assert count(admin_client, role="admin") == admins
        assert count(admin_client) == len(users) + admins

    @pytest.mark.usefixtures("_redis_down")
    def test_count_is_exact_while_redis_is_down(
        self, admin_client: "APITestClient"
    ) -> None:
        UserFactory.create_batch(4)
        before = count(admin_client)

        UserFactory.create()

        assert count(admin_client) == before + 1

    def test_lists_and_slices_are_counted(self) -> None:
        users = UserFactory.create_batch(3)
        rows = User.objects.order_by("pk")

        assert CachedCountPaginator(users, 2).count == len(users)
        assert CachedCountPaginator(rows[:3], 2).count == len(users)

    def test_empty_queryset_has_no_rows(self) -> None:
        rows = User.objects.filter(pk__in=()).order_by("pk")

        assert CachedCountPaginator(rows, 2).count == 0


class TestOrder:
    @pytest.mark.parametrize(
        "rows",
        [
            pytest.param(User.objects.order_by("last_login"), id="column"),
            pytest.param(
                User.objects.order_by(F("last_login").desc(nulls_last=True)),
                id="expression",
            ),
            pytest.param(
                User.objects.annotate(total=Count("groups")).order_by("-total"),
                id="annotation",
            ),
        ],
    )
    def test_equal_rows_are_ordered_by_primary_key(
        self, rows: "QuerySet[User]"
    ) -> None:
        UserFactory.create_batch(30)

        primary_keys = [user.pk for user in keyset.with_total_order(rows)]

        assert primary_keys == sorted(primary_keys)

    @pytest.mark.parametrize(
        "rows",
        [
            pytest.param([1, 2, 3], id="list"),
            pytest.param(
                User.objects.values("role")
                .annotate(total=Count("pk"))
                .order_by("role"),
                id="groups",
            ),
            pytest.param(User.objects.order_by("name")[:5], id="slice"),
            pytest.param(
                User.objects.all().union(User.objects.all()).order_by("email"),
                id="union",
            ),
        ],
    )
    def test_rows_without_a_primary_key_keep_their_order(
        self, rows: "QuerySet[Any]"
    ) -> None:
        assert keyset.with_total_order(rows) is rows
