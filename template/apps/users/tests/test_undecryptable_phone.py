"""Tests of users whose phone number no key decrypts."""

import copy
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet
from django.core.checks import Error, run_checks
from django.core.exceptions import ValidationError
from django.db.models import TextField
from django.db.models.functions import Cast
from django.urls import reverse

from apps.core.fields import PLACEHOLDER
from apps.users.models import User
from apps.users.tests.factories import AdminFactory, UserFactory, fake_password
from tests.client import error_codes

if TYPE_CHECKING:
    from django.core.checks import CheckMessage
    from django.test import Client
    from pytest_django import Settings

    from tests.client import APITestClient, ClientFor

pytestmark = pytest.mark.django_db

PHONE = "+1 555 0100"


@pytest.fixture
def password() -> str:
    """Return the password of the user."""
    return fake_password()


@pytest.fixture
def user(settings: "Settings", password: str) -> User:
    """Return a user whose phone number was encrypted with a lost key."""
    user = AdminFactory.create(phone=PHONE, password=password)
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    return User.objects.get(pk=user.pk)


def stored_phone(user: User) -> str:
    """Return the phone number of a user as it is stored."""
    phones = User.objects.filter(pk=user.pk).values_list(Cast("phone", TextField()))
    stored: str = phones.get()[0]
    return stored


def database_errors() -> "list[CheckMessage]":
    """Run the checks of `check --deploy --database default`."""
    messages = run_checks(include_deployment_checks=True, databases=["default"])
    return [message for message in messages if message.id == "core.E001"]


def test_the_user_can_log_in_and_send_requests(
    anonymous_client: "APITestClient",
    client_for: "ClientFor",
    user: User,
    password: str,
) -> None:
    body = {"email": user.email, "password": password}

    anonymous_client.post(reverse("login"), body, expected_status=HTTPStatus.OK)
    client = client_for(user)
    client.get(reverse("user-list"), expected_status=HTTPStatus.OK)
    me = client.get(reverse("me"), expected_status=HTTPStatus.OK)

    assert me.json()["phone"] == PLACEHOLDER
    assert stored_phone(user) not in me.content.decode()


def test_it_is_logged_without_the_stored_text(
    user: User, caplog: pytest.LogCaptureFixture
) -> None:
    user.refresh_from_db()

    assert "No key in FIELD_ENCRYPTION_KEYS decrypts a stored value" in caplog.text
    assert stored_phone(user) not in caplog.text


def test_saving_the_user_keeps_the_stored_text(user: User) -> None:
    before = stored_phone(user)

    user.save()
    copy.deepcopy(user).save()
    User.objects.bulk_update([user], ["phone"])

    assert stored_phone(user) == before


def test_a_new_value_replaces_it(client_for: "ClientFor", user: User) -> None:
    client = client_for(user)

    client.patch(reverse("me"), {"phone": PHONE}, expected_status=HTTPStatus.OK)

    assert client.get(reverse("me")).json()["phone"] == PHONE


def test_the_placeholder_cannot_be_saved(client_for: "ClientFor", user: User) -> None:
    before = stored_phone(user)

    response = client_for(user).patch(
        reverse("me"), {"phone": PLACEHOLDER}, expected_status=HTTPStatus.BAD_REQUEST
    )

    assert error_codes(response) == [("placeholder", "phone")]
    assert stored_phone(user) == before
    with pytest.raises(ValidationError):
        User.objects.update(phone=PLACEHOLDER)


def test_the_admin_lists_shows_and_saves_the_user(
    superuser_client: "Client", user: User
) -> None:
    before = stored_phone(user)
    url = reverse("admin:users_user_change", args=[user.pk])

    users = superuser_client.get(reverse("admin:users_user_changelist"))
    page = superuser_client.get(url)
    form = {"email": user.email, "name": "Ada", "role": "user", "phone": PLACEHOLDER}
    saved = superuser_client.post(url, form)

    assert user.email in users.content.decode()
    assert PLACEHOLDER in page.content.decode()
    assert saved.status_code == HTTPStatus.FOUND
    assert User.objects.get(pk=user.pk).name == "Ada"
    assert stored_phone(user) == before


@pytest.mark.usefixtures("user")
def test_a_system_check_counts_the_rows() -> None:
    UserFactory.create(phone=PHONE)
    UserFactory.create(phone="")

    (error,) = database_errors()

    assert isinstance(error, Error)
    assert error.msg == (
        "users.User.phone: FIELD_ENCRYPTION_KEYS cannot decrypt 1 of 2 values."
    )


def test_the_system_check_accepts_readable_values() -> None:
    UserFactory.create(phone=PHONE)

    assert not database_errors()
