"""Tests of the API documentation."""

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from rest_framework.permissions import IsAdminUser

from apps.core import docs
from apps.users.models import User

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

READERS = pytest.mark.parametrize("name", ["docs", "redoc"])


@READERS
def test_reader_loads_nothing_from_elsewhere(client: "Client", name: str) -> None:
    response = client.get(reverse(name))

    assert response.status_code == HTTPStatus.OK
    page = response.content.decode()
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page)
    # Inline scripts would be blocked by the policy.
    assert "script-src" not in response["Content-Security-Policy"]
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_root_leads_to_the_documentation(client: "Client") -> None:
    response = client.get("/")

    assert response.status_code == HTTPStatus.FOUND
    assert response["Location"] == reverse("docs")


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("schema", docs.SchemaView),
        ("docs", docs.SwaggerView),
        ("redoc", docs.RedocView),
    ],
)
def test_documentation_can_be_for_staff_only(
    client: "Client",
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    view: type[docs.SchemaView],
) -> None:
    monkeypatch.setattr(view, "permission_classes", (IsAdminUser,))

    refused = client.get(reverse(name))
    client.force_login(User.objects.create_superuser("root@example.com"))
    shown = client.get(reverse(name))

    assert refused.status_code == HTTPStatus.FORBIDDEN
    assert refused.json()["type"] == "client_error"
    assert shown.status_code == HTTPStatus.OK
