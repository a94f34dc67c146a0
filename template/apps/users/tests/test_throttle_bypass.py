"""Attempts to send more requests than the throttles allow."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import pytest
from django.urls import reverse
from rest_framework.throttling import SimpleRateThrottle

from apps.core import throttling
from apps.users.authentication import TokenAuthentication
from apps.users.models import User
from apps.users.tests.factories import fake_password

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import Settings

    from tests.client import APITestClient

pytestmark = pytest.mark.django_db

LIMIT: Final = 10


@pytest.mark.parametrize(
    ("name", "status"),
    [("login", HTTPStatus.UNAUTHORIZED), ("register", HTTPStatus.BAD_REQUEST)],
)
@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP"],
)
def test_header_with_another_address_is_ignored(
    anonymous_client: "APITestClient", name: str, status: HTTPStatus, header: str
) -> None:
    guess = {"email": "ada@example.com", "password": fake_password()}
    expected = [status] * LIMIT + [HTTPStatus.TOO_MANY_REQUESTS] * 2

    for number, expected_status in enumerate(expected):
        anonymous_client.post(
            reverse(name),
            guess,
            headers={header: f"203.0.113.{number}"},
            expected_status=expected_status,
        )


def test_behind_a_proxy_only_the_address_it_adds_counts(
    anonymous_client: "APITestClient", settings: "Settings"
) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}

    def log_in(addresses: str, expected_status: HTTPStatus) -> None:
        anonymous_client.post(
            reverse("login"),
            {},
            headers={"X-Forwarded-For": addresses},
            expected_status=expected_status,
        )

    for number in range(LIMIT):
        log_in(f"203.0.113.{number}, 198.51.100.7", HTTPStatus.BAD_REQUEST)

    log_in("203.0.113.99, 198.51.100.7", HTTPStatus.TOO_MANY_REQUESTS)
    log_in("203.0.113.1, 198.51.100.8", HTTPStatus.BAD_REQUEST)


def test_another_spelling_of_the_path_is_not_another_endpoint(
    anonymous_client: "APITestClient",
) -> None:
    path = reverse("login")
    for _attempt in range(LIMIT):
        anonymous_client.post(path, {})

    for spelling in (
        f"{path}?x=1",
        f"{path}#x",
        path.replace("login", "%6cogin"),
        path.upper(),
        path.rstrip("/"),
        f"/{path}",
    ):
        status = anonymous_client.post(spelling, {}).status_code
        assert status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.NOT_FOUND}


def test_admin_login_and_api_login_share_a_limit(
    client: "Client", anonymous_client: "APITestClient"
) -> None:
    password = fake_password()
    root = User.objects.create_superuser("root@example.com", password)
    url = reverse("admin:login")
    for _attempt in range(LIMIT):
        page = client.post(url, {"username": root.email, "password": "wrong"})
        assert "Too many attempts" not in page.content.decode()

    page = client.post(url, {"username": root.email, "password": password})

    assert "Too many attempts" in page.content.decode()
    assert "_auth_user_id" not in client.session
    anonymous_client.post(
        reverse("login"), {}, expected_status=HTTPStatus.TOO_MANY_REQUESTS
    )


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the keys that requests count, each of which is a round trip to Redis."""
    keys: list[str] = []
    increment = throttling._increment

    def record(key: str, period: int) -> tuple[int, float] | None:
        keys.append(key)
        return increment(key, period)

    monkeypatch.setattr(throttling, "_increment", record)
    for scope in ("anon", "user"):
        rate = f"{LIMIT}/hour"
        monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, scope, rate)
    return keys


@pytest.mark.parametrize("name", ["me", "user-list"])
@pytest.mark.parametrize("token", ["", "invalid", "a.b.c"])
def test_request_without_a_valid_token_counts_once_by_address(
    anonymous_client: "APITestClient", counted: list[str], name: str, token: str
) -> None:
    header = f"{TokenAuthentication.keyword} {token}"
    anonymous_client.credentials(**{"HTTP_AUTHORIZATION": header} if token else {})
    expected = [HTTPStatus.UNAUTHORIZED] * LIMIT + [HTTPStatus.TOO_MANY_REQUESTS] * 2

    for status in expected:
        response = anonymous_client.get(reverse(name), expected_status=status)

    assert "Retry-After" in response
    assert counted == ["throttle_anon_127.0.0.1"] * len(expected)


def test_forbidden_request_counts_once_by_user(
    user_client: "APITestClient", user: User, counted: list[str]
) -> None:
    expected = [HTTPStatus.FORBIDDEN] * LIMIT + [HTTPStatus.TOO_MANY_REQUESTS] * 2

    for status in expected:
        user_client.get(reverse("user-list"), expected_status=status)

    assert counted == [f"throttle_user_{user.pk}"] * len(expected)


@pytest.mark.parametrize(
    ("name", "status"),
    [("me", HTTPStatus.OK), ("user-detail", HTTPStatus.FORBIDDEN)],
)
def test_request_that_passes_the_throttles_counts_once(
    user_client: "APITestClient",
    admin: User,
    counted: list[str],
    name: str,
    status: HTTPStatus,
) -> None:
    url = reverse(name, kwargs={"pk": admin.pk} if name == "user-detail" else None)

    user_client.get(url, expected_status=status)

    assert len(counted) == 1


def test_wrong_password_counts_once(
    anonymous_client: "APITestClient", counted: list[str]
) -> None:
    guess = {"email": "ada@example.com", "password": fake_password()}

    anonymous_client.post(
        reverse("login"), guess, expected_status=HTTPStatus.UNAUTHORIZED
    )

    assert counted == ["throttle_login_127.0.0.1"]
