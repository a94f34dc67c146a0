"""Tests of the pages of lists."""

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.core import signing
from django.db.models import Count, F
from django.urls import reverse
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from apps.core import keyset, pagination
from apps.users.models import User
from apps.users.tests.factories import AdminFactory, UserFactory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet
    from pytest_django import DjangoAssertNumQueries, Settings
    from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db

URL: Final = reverse("user-list")
USERS: Final = 30
TIES: Final = 1_100
ORDERS: Final = [
    "",
    "email",
    "-email",
    "-name,email",
    "created_at",
    "-created_at",
    "name",
    "-name",
]


@pytest.fixture
def _bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a count of more than three rows be too expensive to make each time."""
    monkeypatch.setattr(pagination, "EXACT_COUNT", 3)
    monkeypatch.setattr(pagination.BoundedPaginator, "large", set())


@pytest.fixture
def _ties() -> None:
    """Make users at one moment, with few names."""
    for number in range(USERS):
        UserFactory.create(name=f"Name {number % 5}")
    User.objects.update(created_at=timezone.now())


def count(client: "APIClient", **query: str) -> int:
    """Ask for the number of rows; pages of one row, so that it has to be counted."""
    number: int = client.get(URL, {"page_size": "1", **query}).json()["count"]
    return number


def follow(client: "APIClient", page: dict[str, Any], link: str) -> "Iterator[Any]":
    """Yield a page and those its links lead to."""
    yield page
    while url := page[link]:
        page = client.get(url).json()
        yield page


def keys(page: dict[str, Any]) -> list[str]:
    """List the primary keys on a page."""
    return [row["id"] for row in page["results"]]


@pytest.mark.usefixtures("_bound")
class TestCount:
    def test_is_exact_while_it_is_small(self, admin_client: "APIClient") -> None:
        for number in (1, 2, 3):
            assert count(admin_client) == number
            UserFactory.create()

    def test_asks_no_cache_while_it_is_small(
        self, admin_client: "APIClient", monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pagination, "cache", None)
        UserFactory.create_batch(2)

        assert [count(admin_client) for _page in range(2)] == [3, 3]

    def test_is_remembered_for_a_while_beyond(
        self, admin_client: "APIClient", monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pagination, "COUNT_TTL", 1)
        UserFactory.create_batch(4)
        first = count(admin_client)
        UserFactory.create()
        second = count(admin_client)
        time.sleep(1.1)

        assert (first, second, count(admin_client)) == (5, 5, 6)

    @pytest.mark.parametrize(("number", "first", "second"), [(3, 3, 3), (4, 3, 2)])
    def test_takes_no_query_when_remembered(
        self,
        admin_client: "APIClient",
        django_assert_num_queries: "DjangoAssertNumQueries",
        number: int,
        first: int,
        second: int,
    ) -> None:
        UserFactory.create_batch(number - 1)

        # Beside those for the session and the rows.
        for queries in (first, second):
            with django_assert_num_queries(queries):
                assert count(admin_client) == number

    def test_is_remembered_for_each_filter(self, admin_client: "APIClient") -> None:
        UserFactory.create_batch(4)
        AdminFactory.create_batch(5)

        counts = [count(admin_client, role=role) for role in ("", "admin", "user")]

        assert counts == [10, 6, 4]

    def test_does_without_redis(
        self, admin_client: "APIClient", settings: "Settings"
    ) -> None:
        settings.CACHES = {
            "default": {
                "BACKEND": "django_redis.cache.RedisCache",
                "LOCATION": "redis://127.0.0.1:1/0",
            }
        }
        UserFactory.create_batch(4)
        first = count(admin_client)
        UserFactory.create()

        assert (first, count(admin_client)) == (5, 6)

    def test_counts_lists_and_slices(self) -> None:
        some = UserFactory.create_batch(3)
        rows = User.objects.order_by("pk")

        assert pagination.BoundedPaginator(some, 2).count == len(some)
        assert pagination.BoundedPaginator(rows[:3], 2).count == len(some)

    def test_counts_nothing_of_a_large_model(self) -> None:
        UserFactory.create_batch(4)
        for rows, number in (
            (User.objects.order_by("pk"), 4),
            (User.objects.filter(pk__in=()).order_by("pk"), 0),
        ):
            assert pagination.BoundedPaginator(rows, 2).count == number


class TestNumber:
    @pytest.mark.usefixtures("_ties")
    @pytest.mark.parametrize(
        "rows",
        [
            User.objects.order_by("last_login"),
            User.objects.order_by(F("last_login").desc(nulls_last=True)),
            User.objects.annotate(total=Count("groups")).order_by("-total"),
        ],
        ids=range(3),
    )
    def test_tells_equal_rows_apart(self, rows: "QuerySet[User]") -> None:
        ordered = [user.pk for user in keyset.with_total_order(rows)]

        assert ordered == sorted(ordered)

    @pytest.mark.parametrize(
        "rows",
        [
            [1, 2, 3],
            User.objects.values("role").annotate(total=Count("pk")).order_by("role"),
            User.objects.order_by("name")[:5],
            User.objects.all().union(User.objects.all()).order_by("email"),
        ],
        ids=range(4),
    )
    def test_leaves_alone_what_has_no_primary_key_to_add(
        self, rows: "QuerySet[Any]"
    ) -> None:
        assert keyset.with_total_order(rows) is rows


class TestCursor:
    @pytest.mark.usefixtures("_ties")
    @pytest.mark.parametrize("ordering", ORDERS)
    def test_leads_through_all_rows_and_back(
        self, admin_client: "APIClient", ordering: str
    ) -> None:
        query = {"page_size": "7", "ordering": ordering, "cursor": ""}
        first = admin_client.get(URL, query).json()

        there = list(follow(admin_client, first, "next"))
        back = list(follow(admin_client, there[-1], "previous"))

        assert [len(page["results"]) for page in there] == [7, 7, 7, 7, 3]
        assert len({key for page in there for key in keys(page)}) == USERS + 1
        assert [keys(page) for page in back[::-1]] == [keys(page) for page in there]
        assert first["previous"] is back[-1]["previous"] is None

    @pytest.mark.usefixtures("_ties")
    @pytest.mark.parametrize("ordering", ORDERS)
    def test_keeps_the_order_of_numbered_pages(
        self, admin_client: "APIClient", ordering: str
    ) -> None:
        query = {"page_size": "7", "ordering": ordering}

        numbered = follow(admin_client, admin_client.get(URL, query).json(), "next")
        query["cursor"] = ""
        seeking = follow(admin_client, admin_client.get(URL, query).json(), "next")

        assert list(map(keys, seeking)) == list(map(keys, numbered))

    def test_tells_a_thousand_equal_rows_apart(self, admin_client: "APIClient") -> None:
        # REST framework's own cursors would repeat a page for ever.
        User.objects.bulk_create(
            User(email=f"tie{number}@example.com") for number in range(TIES)
        )
        User.objects.update(created_at=timezone.now())
        first = admin_client.get(URL, {"page_size": "100", "cursor": ""}).json()

        pages = list(follow(admin_client, first, "next"))

        assert len({key for page in pages for key in keys(page)}) == TIES + 1

    def test_keeps_its_place_while_rows_come_and_go(
        self, admin_client: "APIClient"
    ) -> None:
        users = UserFactory.create_batch(9)[::-1]
        first = admin_client.get(URL, {"page_size": "3", "cursor": ""}).json()

        UserFactory.create_batch(2)
        # The cursor was made of the last of them.
        for user in users[1:3]:
            User.objects.filter(pk=user.pk).update(is_active=False)
        second = admin_client.get(first["next"]).json()

        assert keys(second) == [str(user.pk) for user in users[3:6]]

    def test_may_lead_to_what_is_gone(self, admin_client: "APIClient") -> None:
        users = UserFactory.create_batch(4)
        query = {"page_size": "3", "role": "user", "cursor": ""}
        first = admin_client.get(URL, query).json()

        User.objects.filter(pk=users[0].pk).update(is_active=False)
        second = admin_client.get(first["next"]).json()

        assert second == {"next": None, "previous": None, "results": []}

    def test_wins_over_a_page_number(self, admin_client: "APIClient") -> None:
        answer = admin_client.get(URL, {"cursor": "", "page": "9"})

        assert answer.status_code == HTTPStatus.OK
        assert answer.json().keys() == {"next", "previous", "results"}

    @pytest.mark.parametrize(
        "cursor",
        [
            *("x", "cD0x", "é", "a:b:c", "\0", "x" * 5_000, "a:" * 5_000),
            signing.dumps([["-created_at", "pk"], False, ["x", "y"]]),
            signing.dumps([["name", "pk"], False, ["x", "y"]], salt=keyset.SALT),
        ],
    )
    def test_has_to_be_one_of_this_order(
        self, admin_client: "APIClient", cursor: str
    ) -> None:
        answer = admin_client.get(URL, {"cursor": cursor})

        assert answer.status_code == HTTPStatus.NOT_FOUND
        assert answer.json() == {
            "type": "client_error",
            "errors": [
                {"code": "not_found", "detail": "Invalid cursor.", "attr": None}
            ],
        }

    @pytest.mark.parametrize(
        "rows",
        [
            [1, 2, 3],
            User.objects.order_by("last_login"),
            User.objects.order_by("name", "-name"),
            User.objects.order_by("?"),
            User.objects.order_by("auth_sessions__created_at"),
            User.objects.annotate(total=Count("groups")).order_by("total"),
            User.objects.values("role").annotate(total=Count("pk")).order_by("role"),
            User.objects.order_by("pk")[:5],
            User.objects.all().union(User.objects.all()).order_by("email"),
            User.objects.order_by("name").reverse(),
        ],
        ids=range(10),
    )
    def test_is_refused_for_what_no_cursor_can_point_at(
        self, rows: "QuerySet[Any]"
    ) -> None:
        with pytest.raises(ValidationError, match="no cursor"):
            keyset.keyset_page(rows, cursor="", size=5)
