"""Tests of the endpoints below `users/`: the list of users and their records."""

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from apps.users.models import User
from apps.users.tests.factories import UserFactory
from tests.client import error_codes

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from tests.client import APITestClient

pytestmark = pytest.mark.django_db


class TestUserList:
    def test_asks_anonymous_clients_to_authenticate(
        self, anonymous_client: "APITestClient"
    ) -> None:
        anonymous_client.get(
            reverse("user-list"), expected_status=HTTPStatus.UNAUTHORIZED
        )

    # For the session, the rows and, unless the first page has all of them, the count.
    @pytest.mark.parametrize(
        ("query", "queries"),
        [({}, 3), ({"page": "2"}, 3), ({"page_size": "100"}, 2)],
        ids=["first page", "second page", "all on one page"],
    )
    @pytest.mark.parametrize("users", [30, 60])
    def test_takes_the_same_number_of_queries_for_any_number_of_users(
        self,
        admin_client: "APITestClient",
        django_assert_num_queries: "DjangoAssertNumQueries",
        query: dict[str, str],
        queries: int,
        users: int,
    ) -> None:
        UserFactory.create_batch(users)

        with django_assert_num_queries(queries):
            response = admin_client.get(reverse("user-list"), query)

        assert response.json()["count"] == users + 1

    @pytest.mark.parametrize("users", [30, 60])
    def test_does_not_count_for_a_cursor(
        self,
        admin_client: "APITestClient",
        django_assert_num_queries: "DjangoAssertNumQueries",
        users: int,
    ) -> None:
        UserFactory.create_batch(users)

        with django_assert_num_queries(2):
            response = admin_client.get(reverse("user-list"), {"cursor": ""})

        assert "count" not in response.json()

    def test_has_twenty_users_on_a_page(self, admin_client: "APITestClient") -> None:
        UserFactory.create_batch(22)

        first = admin_client.get(reverse("user-list")).json()
        second = admin_client.get(first["next"]).json()

        assert [len(page["results"]) for page in (first, second)] == [20, 3]
        admin_client.get(
            reverse("user-list"), {"page": "9"}, expected_status=HTTPStatus.NOT_FOUND
        )

    def test_searches_and_filters(self, admin_client: "APITestClient") -> None:
        ada = UserFactory.create(name="Ada", role=User.Role.MODERATOR)
        UserFactory.create(name="Ada")

        query = {"search": "ada", "role": "moderator"}
        found = admin_client.get(reverse("user-list"), query).json()["results"]

        assert [row["id"] for row in found] == [str(ada.pk)]

    def test_takes_wildcards_in_a_search_literally(
        self, admin_client: "APITestClient"
    ) -> None:
        percent = UserFactory.create(name="100%")
        UserFactory.create(name="100")

        query = {"search": "00%"}
        found = admin_client.get(reverse("user-list"), query).json()["results"]

        assert [row["id"] for row in found] == [str(percent.pk)]

    def test_orders_by_name(self, admin_client: "APITestClient") -> None:
        for name in ("Zoe", "Abe"):
            UserFactory.create(name=name)

        rows = admin_client.get(reverse("user-list"), {"ordering": "name"}).json()
        names = [row["name"] for row in rows["results"]]

        assert names == sorted(names)

    def test_rejects_an_unknown_role(self, admin_client: "APITestClient") -> None:
        response = admin_client.get(
            reverse("user-list"),
            {"role": "king"},
            expected_status=HTTPStatus.BAD_REQUEST,
        )

        assert error_codes(response) == [("invalid_choice", "role")]


class TestUserDetail:
    @pytest.fixture
    def url(self, user: User) -> str:
        """Return the URL of `user`."""
        return reverse("user-detail", args=[user.pk])

    def test_is_shown_to_the_user_and_admins(
        self,
        user: User,
        url: str,
        user_client: "APITestClient",
        admin_client: "APITestClient",
    ) -> None:
        for client in (user_client, admin_client):
            response = client.get(url, expected_status=HTTPStatus.OK)

            assert response.json()["id"] == str(user.pk)

    def test_put_needs_every_required_field(
        self, url: str, user_client: "APITestClient"
    ) -> None:
        response = user_client.put(url, {"role": "user"})

        assert error_codes(response) == [("required", "name")]

    def test_put_replaces_the_record(
        self, url: str, user_client: "APITestClient"
    ) -> None:
        response = user_client.put(
            url, {"name": "Ada", "role": "user"}, expected_status=HTTPStatus.OK
        )

        assert response.json()["name"] == "Ada"

    def test_get_returns_what_a_change_returned(
        self, url: str, user_client: "APITestClient"
    ) -> None:
        changed = user_client.patch(url, {"name": "Ada"}).json()

        assert user_client.get(url).json() == changed

    def test_admin_changes_a_role(
        self, url: str, admin_client: "APITestClient"
    ) -> None:
        response = admin_client.patch(url, {"role": "moderator"})

        assert response.json()["role"] == "moderator"

    def test_delete_deactivates_the_user(
        self,
        user: User,
        url: str,
        user_client: "APITestClient",
        admin_client: "APITestClient",
    ) -> None:
        admin_client.delete(url, expected_status=HTTPStatus.NO_CONTENT)

        assert User.objects.filter(pk=user.pk, is_active=False).exists()
        user_client.get(reverse("me"), expected_status=HTTPStatus.UNAUTHORIZED)
        admin_client.get(url, expected_status=HTTPStatus.NOT_FOUND)

    def test_admins_cannot_deactivate_themselves(
        self, admin: User, admin_client: "APITestClient"
    ) -> None:
        admin_client.delete(
            reverse("user-detail", args=[admin.pk]),
            expected_status=HTTPStatus.FORBIDDEN,
        )

    def test_unknown_user_is_not_found(self, admin_client: "APITestClient") -> None:
        response = admin_client.get(reverse("user-detail", args=[uuid.uuid4()]))

        assert error_codes(response) == [("not_found", None)]
