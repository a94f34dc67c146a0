"""Responses while the process has no capacity for another password hash."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Never, override

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.urls import path, reverse

from apps.core.exceptions import BusyError
from apps.users.models import User
from apps.users.tests.factories import fake_password

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.test import Client
    from pytest_django import Settings

    from tests.client import APITestClient

pytestmark = pytest.mark.django_db


def busy_view(_request: "HttpRequest") -> Never:
    """Fail."""
    raise BusyError


urlpatterns = [path("api/busy/", busy_view)]


class BusyHasher(MD5PasswordHasher):
    """Fails as `LimitedArgon2PasswordHasher` does while too many hashes run."""

    @override
    def encode(self, password: str, salt: str) -> Never:
        """Fail."""
        raise BusyError

    @override
    def verify(self, password: str, encoded: str) -> Never:
        """Fail."""
        raise BusyError


@pytest.fixture
def password() -> str:
    """Return the password of the superuser."""
    return fake_password()


@pytest.fixture
def root(settings: "Settings", password: str) -> User:
    """Return a superuser in a process that can hash no further password."""
    user = User.objects.create_superuser("root@example.com", password)
    settings.PASSWORD_HASHERS = [f"{__name__}.BusyHasher"]
    return user


def assert_format_of_the_api(response: "HttpResponse") -> None:
    """Check a response below `/api/`."""
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert int(response["Retry-After"]) == BusyError.wait
    assert json.loads(response.content)["errors"] == [
        {"code": "unavailable", "detail": BusyError.default_detail, "attr": None}
    ]


@pytest.mark.parametrize(
    "name",
    ["login", "password_change", "users_user_add", "auth_user_password_change"],
)
def test_forms_of_the_admin_ask_to_try_again_later(
    client: "Client", root: User, password: str, name: str
) -> None:
    if name != "login":
        client.force_login(root)
    new = fake_password()
    form = {
        "username": root.email,
        "password": password,
        "old_password": password,
        "new_password1": new,
        "new_password2": new,
        "email": "ada@example.com",
        "name": "Ada",
        "usable_password": "true",
        "password1": new,
        "password2": new,
    }
    args = [root.pk] if name == "auth_user_password_change" else []

    response = client.post(reverse(f"admin:{name}", args=args), form)

    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert int(response["Retry-After"]) == BusyError.wait
    assert response["Content-Type"] == "text/plain"
    assert response.content.decode() == BusyError.default_detail


def test_login_of_the_api_asks_to_try_again_later(
    anonymous_client: "APITestClient", root: User, password: str
) -> None:
    form = {"email": root.email, "password": password}

    assert_format_of_the_api(anonymous_client.post(reverse("login"), form))


@pytest.mark.usefixtures("unthrottled")
def test_passwords_that_were_not_checked_are_not_counted_as_wrong(
    anonymous_client: "APITestClient", root: User, password: str, settings: "Settings"
) -> None:
    form = {"email": root.email, "password": password}
    for _attempt in range(12):
        anonymous_client.post(
            reverse("login"), form, expected_status=HTTPStatus.SERVICE_UNAVAILABLE
        )

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

    anonymous_client.post(reverse("login"), form, expected_status=HTTPStatus.OK)


@pytest.mark.urls(__name__)
def test_other_views_below_api_ask_to_try_again_later(
    anonymous_client: "APITestClient",
) -> None:
    assert_format_of_the_api(anonymous_client.get("/api/busy/"))
