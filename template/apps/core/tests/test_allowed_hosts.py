"""Requests that name a host which is not the project's."""

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from apps.users.tests.factories import UserFactory
from tests.client import error_codes

if TYPE_CHECKING:
    from tests.client import APITestClient

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "testserver.evil.example",
        "testserver@evil.example",
        "testserver:80@evil.example",
        "evil.example:80",
        "",
        "a b",
        "testserver\x00",
        "[::1",
    ],
)
@pytest.mark.parametrize("name", ["me", "login", "docs", "schema"])
def test_other_host_is_rejected(
    anonymous_client: "APITestClient", name: str, host: str
) -> None:
    response = anonymous_client.get(
        reverse(name), HTTP_HOST=host, expected_status=HTTPStatus.BAD_REQUEST
    )

    assert error_codes(response) == [("bad_request", None)]


def test_links_do_not_lead_to_another_host(admin_client: "APITestClient") -> None:
    UserFactory.create_batch(3)
    headers = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Server": "evil.example",
        "X-Host": "evil.example",
        "Forwarded": "host=evil.example",
    }

    response = admin_client.get(reverse("user-list"), {"page_size": 1}, headers=headers)

    assert response.json()["next"].startswith("http://testserver/")
    assert "evil" not in response.content.decode()
