"""Tests of the pages that show the API documentation."""

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from rest_framework.permissions import IsAdminUser

from apps.core.openapi import api_docs
from apps.users.models import User

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["docs", "redoc"])
def test_page_loads_nothing_from_other_sites(client: "Client", name: str) -> None:
    response = client.get(reverse(name))

    assert response.status_code == HTTPStatus.OK
    page = response.content.decode()
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page)
    # The policy blocks inline scripts.
    assert "script-src" not in response["Content-Security-Policy"]
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_root_redirects_to_the_documentation(client: "Client") -> None:
    response = client.get("/")

    assert response.status_code == HTTPStatus.FOUND
    assert response["Location"] == reverse("docs")


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("schema", api_docs.SchemaView),
        ("docs", api_docs.SwaggerView),
        ("redoc", api_docs.RedocView),
    ],
)
def test_documentation_can_be_restricted_to_staff(
    client: "Client",
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    view: type[api_docs.SchemaView],
) -> None:
    monkeypatch.setattr(view, "permission_classes", (IsAdminUser,))

    rejected = client.get(reverse(name))
    client.force_login(User.objects.create_superuser("root@example.com"))
    shown = client.get(reverse(name))

    assert rejected.status_code == HTTPStatus.FORBIDDEN
    assert rejected.json()["type"] == "client_error"
    assert shown.status_code == HTTPStatus.OK
