"""Tests of pagination by cursor, on the list of users."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.core import signing
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from apps.core import keyset
from apps.users.models import User
from apps.users.tests.factories import UserFactory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

    from tests.client import APITestClient

pytestmark = pytest.mark.django_db

URL: Final = reverse("user-list")
# The admin of the client is one more.
USERS: Final = 30
ORDERS: Final = (
    "",
    "email",
    "-email",
    "-name,email",
    "created_at",
    "-created_at",
    "name",
    "-name",
)


@pytest.fixture
def _equal_users() -> None:
    """Create users with the same creation time and few different names."""
    for number in range(USERS):
        UserFactory.create(name=f"Name {number % 5}")
    User.objects.update(created_at=timezone.now())


def follow(client: "APITestClient", page: dict[str, Any], link: str) -> "Iterator[Any]":
    """Yield a page and the pages that its `next` or `previous` links lead to."""
    yield page
    while url := page[link]:
        page = client.get(url).json()
        yield page


def ids(page: dict[str, Any]) -> list[str]:
    """Return the IDs of the users on a page."""
    return [user["id"] for user in page["results"]]


@pytest.mark.usefixtures("_equal_users")
@pytest.mark.parametrize("ordering", ORDERS)
def test_links_lead_through_all_rows_and_back(
    admin_client: "APITestClient", ordering: str
) -> None:
    query = {"page_size": "7", "ordering": ordering, "cursor": ""}
    first = admin_client.get(URL, query).json()

    forward = list(follow(admin_client, first, "next"))
    backward = list(follow(admin_client, forward[-1], "previous"))

    assert [len(page["results"]) for page in forward] == [7, 7, 7, 7, 3]
    assert len({user_id for page in forward for user_id in ids(page)}) == USERS + 1
    assert [ids(page) for page in reversed(backward)] == [ids(page) for page in forward]
    assert first["previous"] is None
    assert backward[-1]["previous"] is None


@pytest.mark.usefixtures("_equal_users")
@pytest.mark.parametrize("ordering", ORDERS)
def test_order_is_the_same_as_with_page_numbers(
    admin_client: "APITestClient", ordering: str
) -> None:
    query = {"page_size": "7", "ordering": ordering}

    by_number = admin_client.get(URL, query).json()
    by_cursor = admin_client.get(URL, {**query, "cursor": ""}).json()

    assert [ids(page) for page in follow(admin_client, by_cursor, "next")] == [
        ids(page) for page in follow(admin_client, by_number, "next")
    ]


def test_a_thousand_equal_rows_are_not_repeated(admin_client: "APITestClient") -> None:
    # REST framework's `CursorPagination` would repeat a page forever.
    equal_rows = 1_100
    User.objects.bulk_create(
        User(email=f"equal{number}@example.com") for number in range(equal_rows)
    )
    User.objects.update(created_at=timezone.now())
    first = admin_client.get(URL, {"page_size": "100", "cursor": ""}).json()

    pages = follow(admin_client, first, "next")

    assert len({user_id for page in pages for user_id in ids(page)}) == equal_rows + 1


def test_added_and_removed_rows_shift_no_page(admin_client: "APITestClient") -> None:
    users = UserFactory.create_batch(9)[::-1]
    first = admin_client.get(URL, {"page_size": "3", "cursor": ""}).json()

    UserFactory.create_batch(2)
    # The cursor was made from the last of these.
    for user in users[1:3]:
        User.objects.filter(pk=user.pk).update(is_active=False)
    second = admin_client.get(first["next"]).json()

    assert ids(second) == [str(user.pk) for user in users[3:6]]


def test_page_is_empty_if_its_rows_were_removed(admin_client: "APITestClient") -> None:
    users = UserFactory.create_batch(4)
    query = {"page_size": "3", "role": "user", "cursor": ""}
    first = admin_client.get(URL, query).json()

    User.objects.filter(pk=users[0].pk).update(is_active=False)
    second = admin_client.get(first["next"]).json()

    assert second == {"next": None, "previous": None, "results": []}


def test_cursor_takes_precedence_over_a_page_number(
    admin_client: "APITestClient",
) -> None:
    query = {"cursor": "", "page": "9"}

    response = admin_client.get(URL, query, expected_status=HTTPStatus.OK)

    assert response.json().keys() == {"next", "previous", "results"}


@pytest.mark.parametrize(
    "cursor",
    [
        *("x", "cD0x", "é", "a:b:c", "\0", "x" * 5_000, "a:" * 5_000),
        signing.dumps([["-created_at", "pk"], False, ["x", "y"]]),
        signing.dumps([["name", "pk"], False, ["x", "y"]], salt=keyset.SALT),
    ],
)
def test_forged_cursor_or_one_of_another_order_is_not_found(
    admin_client: "APITestClient", cursor: str
) -> None:
    response = admin_client.get(
        URL, {"cursor": cursor}, expected_status=HTTPStatus.NOT_FOUND
    )

    assert response.json() == {
        "type": "client_error",
        "errors": [{"code": "not_found", "detail": "Invalid cursor.", "attr": None}],
    }


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([1, 2, 3], id="list"),
        pytest.param(User.objects.order_by("last_login"), id="nullable-column"),
        pytest.param(User.objects.order_by("name", "-name"), id="column-twice"),
        pytest.param(User.objects.order_by("?"), id="random-order"),
        pytest.param(
            User.objects.order_by("auth_sessions__created_at"), id="related-column"
        ),
        pytest.param(
            User.objects.annotate(total=Count("groups")).order_by("total"),
            id="annotation",
        ),
        pytest.param(
            User.objects.values("role").annotate(total=Count("pk")).order_by("role"),
            id="groups",
        ),
        pytest.param(User.objects.order_by("pk")[:5], id="slice"),
        pytest.param(
            User.objects.all().union(User.objects.all()).order_by("email"), id="union"
        ),
        pytest.param(User.objects.order_by("name").reverse(), id="reversed"),
    ],
)
def test_rows_without_a_total_order_have_no_cursor(rows: "QuerySet[Any]") -> None:
    with pytest.raises(ValidationError, match="does not support cursors"):
        keyset.keyset_page(rows, cursor="", size=5)
