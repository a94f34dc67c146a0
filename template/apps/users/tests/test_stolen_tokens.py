"""Attacks with a token that was stolen."""

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from apps.users import services
from apps.users.models import User
from apps.users.tests.factories import UserFactory, fake_password

if TYPE_CHECKING:
    from django.test import Client

    from tests.client import APITestClient, ClientFor

pytestmark = pytest.mark.django_db


def test_token_is_invalid_for_every_endpoint_after_logout(
    admin: User, admin_client: "APITestClient"
) -> None:
    detail_url = reverse("user-detail", args=[admin.pk])

    admin_client.post(reverse("logout"), expected_status=HTTPStatus.NO_CONTENT)

    for method, url in (
        ("get", reverse("me")),
        ("patch", reverse("me")),
        ("post", reverse("logout")),
        ("post", reverse("change-password")),
        ("get", reverse("user-list")),
        ("get", detail_url),
        ("put", detail_url),
        ("delete", detail_url),
    ):
        response = getattr(admin_client, method)(
            url, {"name": "Mallory"}, expected_status=HTTPStatus.UNAUTHORIZED
        )
        assert response["WWW-Authenticate"]


def test_token_is_invalid_after_the_owner_changed_the_password(
    client_for: "ClientFor",
) -> None:
    password = fake_password()
    user = UserFactory.create(password=password)
    thief, owner = client_for(user), client_for(user)

    owner.post(
        reverse("change-password"),
        {"current_password": password, "new_password": fake_password()},
        expected_status=HTTPStatus.NO_CONTENT,
    )

    thief.get(reverse("me"), expected_status=HTTPStatus.UNAUTHORIZED)
    owner.get(reverse("me"), expected_status=HTTPStatus.UNAUTHORIZED)


def test_token_stays_invalid_when_a_deactivation_is_undone(
    user: User, user_client: "APITestClient", superuser_client: "Client"
) -> None:
    url = reverse("admin:users_user_change", args=[user.pk])
    form = {"email": user.email, "name": user.name, "role": user.role}

    superuser_client.post(url, form)
    assert not User.objects.get(pk=user.pk).is_active
    superuser_client.post(url, form | {"is_active": "on"})
    assert User.objects.get(pk=user.pk).is_active

    user_client.get(reverse("me"), expected_status=HTTPStatus.UNAUTHORIZED)


def test_login_during_a_password_change_gives_an_invalid_token(
    client_for: "ClientFor",
) -> None:
    password = fake_password()
    user = UserFactory.create(password=password)
    # As the login read it, before the change.
    stale = User.objects.get(pk=user.pk)
    services.change_password(
        user=user, current_password=password, new_password=fake_password()
    )

    client_for(stale).get(reverse("me"), expected_status=HTTPStatus.UNAUTHORIZED)


def test_thief_can_guess_the_password_ten_times_only(
    user_client: "APITestClient",
) -> None:
    guess = {"current_password": fake_password(), "new_password": fake_password()}
    expected = [HTTPStatus.BAD_REQUEST] * 10 + [HTTPStatus.TOO_MANY_REQUESTS] * 2

    for status in expected:
        user_client.post(reverse("change-password"), guess, expected_status=status)
