"""Attacks that send fields which clients must not set."""

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.urls import reverse

from apps.users.models import User
from apps.users.tests.factories import UserFactory, fake_password
from apps.users.tests.rows import stored_row

if TYPE_CHECKING:
    from tests.client import APITestClient, ClientFor

pytestmark = pytest.mark.django_db

READ_ONLY: Final[dict[str, Any]] = {
    "id": str(uuid.UUID(int=1)),
    "pk": str(uuid.UUID(int=1)),
    "email": "victim@example.com",
    "is_active": False,
    "is_staff": True,
    "is_superuser": True,
    "groups": [1],
    "user_permissions": [1],
    "created_at": "2000-01-01T00:00:00Z",
    "last_login": "2000-01-01T00:00:00Z",
    "auth_sessions": [],
}
WRITABLE: Final = ("name", "updated_at")


def test_registration_ignores_what_the_server_sets(
    anonymous_client: "APITestClient",
) -> None:
    body = READ_ONLY | {
        "email": "ada@example.com",
        "name": "Ada",
        "password": fake_password(),
        "phone": "+1 555 0100",
        "role": "admin",
    }

    anonymous_client.post(reverse("register"), body, expected_status=HTTPStatus.CREATED)

    user = User.objects.get()
    assert str(user.pk) != READ_ONLY["id"]
    assert user.email == "ada@example.com"
    assert user.phone == ""
    assert user.role == User.Role.USER
    assert user.is_active
    assert not user.is_staff
    assert not user.is_superuser
    assert not user.groups.exists()


@pytest.mark.parametrize("method", ["put", "patch"])
def test_user_changes_only_the_name_of_their_record(
    user: User, user_client: "APITestClient", method: str
) -> None:
    UserFactory.create(email=READ_ONLY["email"])
    before = stored_row(user, without=WRITABLE)
    body = {**READ_ONLY, "name": "Mallory", "password": fake_password()}

    getattr(user_client, method)(
        reverse("user-detail", args=[user.pk]), body, expected_status=HTTPStatus.OK
    )

    assert stored_row(user, without=WRITABLE) == before
    assert User.objects.get(pk=user.pk).name == "Mallory"


def test_me_ignores_what_the_server_sets(
    user: User, user_client: "APITestClient"
) -> None:
    before = stored_row(user, without=WRITABLE)
    body = {**READ_ONLY, "role": "admin", "password": fake_password()}

    user_client.patch(reverse("me"), body, expected_status=HTTPStatus.OK)

    assert stored_row(user, without=WRITABLE) == before


@pytest.mark.parametrize("method", ["put", "patch"])
def test_admin_changes_only_the_name_of_another_record(
    user: User, admin_client: "APITestClient", method: str
) -> None:
    before = stored_row(user, without=WRITABLE)
    body = {**READ_ONLY, "name": "Ada", "phone": "1", "password": fake_password()}

    getattr(admin_client, method)(
        reverse("user-detail", args=[user.pk]), body, expected_status=HTTPStatus.OK
    )

    assert stored_row(user, without=WRITABLE) == before


def test_login_and_password_change_ignore_other_fields(
    anonymous_client: "APITestClient", client_for: "ClientFor"
) -> None:
    password = fake_password()
    user = UserFactory.create(password=password)
    changing = (*WRITABLE, "last_login", "password")
    before = stored_row(user, without=changing)
    extra = {**READ_ONLY, "role": "admin"}

    anonymous_client.post(
        reverse("login"),
        {**extra, "email": user.email, "password": password},
        expected_status=HTTPStatus.OK,
    )
    client_for(user).post(
        reverse("change-password"),
        {**extra, "current_password": password, "new_password": fake_password()},
        expected_status=HTTPStatus.NO_CONTENT,
    )

    assert stored_row(user, without=changing) == before
