"""Tests of the admin of users and sessions."""

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from apps.users import selectors, services
from apps.users.models import AuthSession, User
from apps.users.tests.factories import UserFactory, fake_password

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def test_adds_a_user(superuser_client: "Client") -> None:
    password = fake_password()

    response = superuser_client.post(
        reverse("admin:users_user_add"),
        {
            "email": "Ada@Example.com",
            "name": "Ada",
            "usable_password": "true",
            "password1": password,
            "password2": password,
        },
    )

    assert response.status_code == HTTPStatus.FOUND
    assert User.objects.get(email="ada@example.com").check_password(password)


def test_searches_users(superuser_client: "Client") -> None:
    UserFactory.create(name="Ada Lovelace")
    UserFactory.create(name="Grace Hopper")

    page = superuser_client.get(
        reverse("admin:users_user_changelist"), {"q": "lovelace"}
    )

    assert "Ada Lovelace" in page.content.decode()
    assert "Grace Hopper" not in page.content.decode()


def test_shows_the_decrypted_phone(superuser_client: "Client") -> None:
    user = UserFactory.create(phone="+1 555 0100")

    page = superuser_client.get(reverse("admin:users_user_change", args=[user.pk]))

    assert "+1 555 0100" in page.content.decode()


def test_deleting_a_session_ends_it(superuser_client: "Client") -> None:
    services.start_session(user=UserFactory.create())
    session = AuthSession.objects.get()

    page = superuser_client.get(reverse("admin:users_authsession_changelist"))
    assert session.user.email in page.content.decode()
    superuser_client.post(
        reverse("admin:users_authsession_delete", args=[session.pk]), {"post": "yes"}
    )

    assert not AuthSession.objects.exists()


@pytest.mark.parametrize("whose", ["own", "other"])
def test_a_new_password_ends_the_sessions_of_its_user(
    superuser_client: "Client", whose: str
) -> None:
    password = fake_password()
    root = User.objects.get()
    root.set_password(password)
    root.save()
    superuser_client.force_login(root)
    user = root if whose == "own" else UserFactory.create()
    services.start_session(user=user)
    services.start_session(user=(bystander := UserFactory.create()))
    new = fake_password()

    if whose == "own":
        form = {"old_password": password, "new_password1": new, "new_password2": new}
        response = superuser_client.post(reverse("admin:password_change"), form)
    else:
        form = {"usable_password": "true", "password1": new, "password2": new}
        url = reverse("admin:auth_user_password_change", args=[user.pk])
        response = superuser_client.post(url, form)
    user.refresh_from_db()

    assert response.status_code == HTTPStatus.FOUND
    assert user.check_password(new)
    assert [session.user for session in AuthSession.objects.all()] == [bystander]


def test_sessions_cannot_be_added(superuser_client: "Client") -> None:
    response = superuser_client.get(reverse("admin:users_authsession_add"))

    assert response.status_code == HTTPStatus.FORBIDDEN


@pytest.mark.django_db(transaction=True)
def test_a_change_invalidates_the_cached_profile(superuser_client: "Client") -> None:
    user = UserFactory.create(name="Ada")
    selectors.by_id(user_id=user.pk)
    form = {"email": user.email, "name": "Grace", "role": "user", "is_active": "on"}

    superuser_client.post(reverse("admin:users_user_change", args=[user.pk]), form)
    profile = selectors.by_id(user_id=user.pk)

    assert profile is not None
    assert profile["name"] == "Grace"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["page", "action"])
def test_a_deletion_invalidates_the_cached_profile(
    superuser_client: "Client", how: str
) -> None:
    user = UserFactory.create()
    services.start_session(user=user)
    selectors.by_id(user_id=user.pk)

    if how == "page":
        url = reverse("admin:users_user_delete", args=[user.pk])
        superuser_client.post(url, {"post": "yes"})
    else:
        url = reverse("admin:users_user_changelist")
        form = {"action": "delete_selected", "_selected_action": user.pk, "post": "yes"}
        superuser_client.post(url, form)

    assert not User.objects.filter(pk=user.pk).exists()
    assert not AuthSession.objects.exists()
    assert selectors.by_id(user_id=user.pk) is None
