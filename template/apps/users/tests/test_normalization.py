"""Tests of the one form of addresses and passwords, and of texts that deceive."""

import io
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse

from apps.users.models import User
from apps.users.normalization import normalize_email
from apps.users.tests.factories import UserFactory, fake_password
from apps.users.validators import validate_display_name, validate_mailbox
from tests.client import error_codes

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import Settings

    from tests.client import APITestClient, ClientFor

pytestmark = pytest.mark.django_db

COMPOSED = "p\u00e1ssphrase-of-\u00e1da"
DECOMPOSED = "pa\u0301ssphrase-of-a\u0301da"


@pytest.mark.parametrize(
    "spelling",
    [
        "ada@b\u00fccher.example",
        "ada@bu\u0308cher.example",
        "Ada@B\u00dcCHER.Example",
        "ada@xn--bcher-kva.example",
        "ADA@XN--BCHER-KVA.EXAMPLE",
    ],
)
def test_an_address_has_one_form(
    anonymous_client: "APITestClient", spelling: str
) -> None:
    password = fake_password()
    user = UserFactory.create(email="ada@b\u00fccher.example", password=password)
    body = {"email": spelling, "name": "Ada", "password": password}

    assert user.email == "ada@xn--bcher-kva.example"
    anonymous_client.post(reverse("login"), body, expected_status=HTTPStatus.OK)
    response = anonymous_client.post(
        reverse("register"), body, expected_status=HTTPStatus.BAD_REQUEST
    )
    assert error_codes(response) == [("registration_refused", None)]


@pytest.mark.parametrize(
    "email",
    [
        "ada@localhost",
        "ada@mail.localhost",
        "ada@[127.0.0.1]",
        "ada@[::1]",
        "ada@127.0.0.1",
        '"ada"@example.com',
        "a\u200bda@example.com",
        "ada@exam\u200bple.com",
        "ada@exam\ufeffple.com",
        "ada@exam\u00adple.com",
        "ada@stra\u00dfe.example",
    ],
)
def test_an_address_that_deceives_or_gets_no_mail_is_rejected(
    anonymous_client: "APITestClient", superuser_client: "Client", email: str
) -> None:
    password = fake_password()
    form = {"password1": password, "password2": password, "usable_password": "true"}

    response = anonymous_client.post(
        reverse("register"),
        {"email": email, "name": "Ada", "password": password},
        expected_status=HTTPStatus.BAD_REQUEST,
    )
    superuser_client.post(
        reverse("admin:users_user_add"), {"email": email, "name": "Ada", **form}
    )
    with pytest.raises(CommandError):
        call_command("createsuperuser", "--noinput", email=email, name="Ada")

    assert ("invalid", "email") in error_codes(response)
    assert not User.objects.exclude(email="root@example.com").exists()


@pytest.mark.parametrize("email", ["\u017fam@example.com", "ada@\uff45xample.com"])
def test_compatible_characters_do_not_make_a_second_address(email: str) -> None:
    with pytest.raises(ValidationError):
        validate_mailbox(normalize_email(email))


@pytest.mark.parametrize("email", ["a+b@example.com", "a.b@xn--bcher-kva.example"])
def test_usual_addresses_are_accepted(email: str) -> None:
    validate_mailbox(normalize_email(email))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("A\x00da", "null_characters_not_allowed"),
        ("A\nda", "control_characters"),
        ("A\x1bda", "control_characters"),
        ("A\u2028da", "control_characters"),
        ("Ada\u202egpj", "control_characters"),
        ("Ada\u2067", "control_characters"),
        ("\u200b\u200d", "blank"),
        ("\ufeff", "blank"),
        ("\u3164", "blank"),
    ],
)
def test_a_name_that_deceives_is_rejected(
    anonymous_client: "APITestClient",
    superuser_client: "Client",
    client_for: "ClientFor",
    name: str,
    code: str,
) -> None:
    user = UserFactory.create(name="Ada")
    body = {"email": "new@example.com", "name": name, "password": fake_password()}

    registered = anonymous_client.post(
        reverse("register"), body, expected_status=HTTPStatus.BAD_REQUEST
    )
    changed = client_for(user).patch(
        reverse("me"), {"name": name}, expected_status=HTTPStatus.BAD_REQUEST
    )
    superuser_client.post(
        reverse("admin:users_user_change", args=[user.pk]),
        {"email": user.email, "name": name, "role": "user", "is_active": "on"},
    )
    user.refresh_from_db()

    for response in (registered, changed):
        assert (code, "name") in error_codes(response)
    assert user.name == "Ada"


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace",
        "O'Neil-Sm\u00edth",
        "\u738b\u5c0f\u660e",
        "\u05d3\u05d5\u05d3\u200f",
        "\U0001f469\u200d\U0001f680",
    ],
)
def test_names_of_any_script_are_accepted(name: str) -> None:
    validate_display_name(name)


def test_a_password_with_accents_has_one_form(
    anonymous_client: "APITestClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"email": "ada@example.com", "name": "Ada", "password": DECOMPOSED}
    anonymous_client.post(reverse("register"), body, expected_status=HTTPStatus.CREATED)
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", DECOMPOSED)
    call_command(
        *("createsuperuser", "--noinput"),
        email="root@example.com",
        name="Root",
        stdout=io.StringIO(),
    )

    for password in (COMPOSED, DECOMPOSED):
        anonymous_client.post(
            reverse("login"),
            {**body, "password": password},
            expected_status=HTTPStatus.OK,
        )
        assert authenticate(username="root@example.com", password=password)


@pytest.mark.parametrize("new", [COMPOSED, DECOMPOSED])
def test_the_new_password_differs_from_the_current_one(
    client_for: "ClientFor", new: str
) -> None:
    user = UserFactory.create(password=COMPOSED)

    response = client_for(user).post(
        reverse("change-password"),
        {"current_password": COMPOSED, "new_password": new},
        expected_status=HTTPStatus.BAD_REQUEST,
    )

    assert error_codes(response) == [("password_reused", "new_password")]


@pytest.mark.parametrize(
    "password",
    [" " * 8, "\u00a0" * 8, "\u200b" * 8, "blueshop", "Blue Shop", "BLUE-shop-2026!"],
)
def test_guessable_passwords_are_rejected(settings: "Settings", password: str) -> None:
    title = {"TITLE": "Blue Shop"}
    settings.SPECTACULAR_SETTINGS = {**settings.SPECTACULAR_SETTINGS, **title}

    with pytest.raises(ValidationError) as error:
        validate_password(password, User(email="ada@example.com", name="Ada"))

    assert "password_guessable" in [problem.code for problem in error.value.error_list]
