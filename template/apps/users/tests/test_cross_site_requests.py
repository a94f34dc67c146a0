"""Requests from a page of another site, sent by a browser with a session cookie."""

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from apps.users.tests.factories import fake_password
from apps.users.tests.rows import stored_row
from tests.client import APITestClient, error_codes

if TYPE_CHECKING:
    from apps.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(user: "User") -> APITestClient:
    """Return a browser in which `user` is logged in to the admin."""
    browser = APITestClient(enforce_csrf_checks=True)
    browser.force_login(user)
    return browser


def test_other_sites_cannot_change_anything(
    browser: APITestClient, user: "User"
) -> None:
    before = stored_row(user)
    detail_url = reverse("user-detail", args=[user.pk])

    for method, url in (
        ("patch", reverse("me")),
        ("put", detail_url),
        ("patch", detail_url),
        ("delete", detail_url),
        ("post", reverse("change-password")),
    ):
        response = getattr(browser, method)(
            url, {"name": "Mallory"}, expected_status=HTTPStatus.FORBIDDEN
        )
        assert error_codes(response) == [("permission_denied", None)]

    assert stored_row(user) == before


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"],
)
def test_other_sites_cannot_change_anything_with_a_form(
    browser: APITestClient, content_type: str
) -> None:
    response = browser.generic(
        "POST", reverse("change-password"), "current_password=x", content_type
    )

    assert response.status_code in {HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST}
    assert response.json().keys() == {"type", "errors"}


def test_csrf_token_of_another_site_is_rejected(browser: APITestClient) -> None:
    browser.cookies["csrftoken"] = "a" * 32

    browser.patch(
        reverse("me"),
        {"name": "Mallory"},
        headers={"X-CSRFToken": "b" * 32},
        expected_status=HTTPStatus.FORBIDDEN,
    )


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example", HTTPStatus.FORBIDDEN),
        ("null", HTTPStatus.FORBIDDEN),
        ("http://testserver", HTTPStatus.OK),
    ],
)
def test_only_the_same_origin_is_accepted(
    browser: APITestClient, origin: str, status: HTTPStatus
) -> None:
    token = "a" * 32
    browser.cookies["csrftoken"] = token

    browser.patch(
        reverse("me"),
        {"name": "Ada"},
        headers={"X-CSRFToken": token, "Origin": origin},
        expected_status=status,
    )


def test_other_sites_can_neither_log_out_nor_log_in(
    browser: APITestClient, user: "User"
) -> None:
    browser.post(reverse("logout"), expected_status=HTTPStatus.UNAUTHORIZED)
    login = browser.post(
        reverse("login"), {"email": user.email, "password": fake_password()}
    )

    assert not login.cookies
    browser.get(reverse("me"), expected_status=HTTPStatus.OK)
