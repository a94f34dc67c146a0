"""Attacks on the JSON Web Tokens and on their rotation."""

import base64
import json
import uuid
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from apps.users import services
from apps.users.models import AuthSession
from apps.users.tests.factories import (
    AdminFactory,
    UserFactory,
    fake,
    fake_password,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import time_machine
    from rest_framework.response import Response

    from apps.users.jwt import Credentials
    from apps.users.models import User

pytestmark = pytest.mark.django_db

MINUTE: Final = 60


@pytest.fixture
def credentials(user: "User") -> "Credentials":
    """The tokens of a session of `user`."""
    return services.start_session(user=user)


def claims_of(token: str) -> dict[str, Any]:
    """Read a token's claims."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def sign(claims: dict[str, Any]) -> str:
    """Sign claims with the project's own key."""
    return jwt.encode(claims, settings.JWT_SIGNING_KEY, "HS256")


def me(token: str) -> int:
    """Ask for the own record with a token and return the status."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client.get(reverse("me")).status_code


def refresh(token: str) -> "Response":
    """Exchange a refresh token and return the response."""
    return APIClient().post(reverse("refresh"), {"refresh": token})


def unsigned(token: str) -> str:
    """Replace header and signature by `alg: none`."""
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode())
    return f"{header.decode().rstrip('=')}.{token.split('.')[1]}."


def other_algorithm(token: str) -> str:
    """Sign with the right key and another algorithm."""
    return jwt.encode(claims_of(token), settings.JWT_SIGNING_KEY, "HS512")


def asymmetric(token: str) -> str:
    """Sign with a private key of the attacker's."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return jwt.encode(claims_of(token), pem, "RS256")


def guessed_key(token: str) -> str:
    """Sign with another key."""
    return jwt.encode(claims_of(token), fake.password(length=64), "HS256")


def django_key(token: str) -> str:
    """Sign with Django's own key."""
    return jwt.encode(claims_of(token), settings.SECRET_KEY, "HS256")


def tampered(token: str) -> str:
    """Change a claim and keep the signature."""
    header, _claims, signature = token.split(".")
    claims = claims_of(token) | {"sid": str(uuid.uuid4())}
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"{header}.{body}.{signature}"


def expired(token: str) -> str:
    """Move the end into the past."""
    return sign(claims_of(token) | {"exp": timezone.now() - timedelta(seconds=1)})


def not_yet_valid(token: str) -> str:
    """Move the start into the future."""
    return sign(claims_of(token) | {"nbf": timezone.now() + timedelta(hours=1)})


def endless(token: str) -> str:
    """Leave out the end."""
    claims = claims_of(token)
    del claims["exp"]
    return sign(claims)


def untyped(token: str) -> str:
    """Leave out the kind."""
    claims = claims_of(token)
    del claims["typ"]
    return sign(claims)


def unknown_session(token: str) -> str:
    """Name a session that does not exist."""
    return sign(claims_of(token) | {"sid": str(uuid.uuid4())})


def malformed_session(token: str) -> str:
    """Name a session by what is no key."""
    return sign(claims_of(token) | {"sid": "' OR 1=1 --"})


def truncated(token: str) -> str:
    """Cut the signature."""
    return token[:-5]


FORGERIES = [
    unsigned,
    other_algorithm,
    asymmetric,
    guessed_key,
    django_key,
    tampered,
    expired,
    not_yet_valid,
    endless,
    untyped,
    unknown_session,
    malformed_session,
    truncated,
]


class TestAccess:
    def test_token_opens_the_session(self, credentials: "Credentials") -> None:
        assert me(credentials["access"]) == HTTPStatus.OK

    @pytest.mark.parametrize("forge", FORGERIES)
    def test_forged_token_is_refused(
        self, credentials: "Credentials", forge: "Callable[[str], str]"
    ) -> None:
        assert me(forge(credentials["access"])) == HTTPStatus.UNAUTHORIZED

    def test_refresh_token_is_no_access_token(self, credentials: "Credentials") -> None:
        assert me(credentials["refresh"]) == HTTPStatus.UNAUTHORIZED

    def test_token_says_nothing_about_the_user(
        self, credentials: "Credentials"
    ) -> None:
        assert claims_of(credentials["access"]).keys() == {
            "typ",
            "sid",
            "jti",
            "iat",
            "exp",
        }

    def test_role_in_a_token_is_ignored(self, credentials: "Credentials") -> None:
        claims = claims_of(credentials["access"]) | {"role": "admin"}
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {sign(claims)}")

        response = client.get(reverse("user-list"))

        assert response.status_code == HTTPStatus.FORBIDDEN

    def test_token_lives_fifteen_minutes(
        self,
        credentials: "Credentials",
        time_machine: "time_machine.TimeMachineFixture",
    ) -> None:
        now = timezone.now()
        time_machine.move_to(now + timedelta(minutes=14))
        assert me(credentials["access"]) == HTTPStatus.OK
        time_machine.move_to(now + timedelta(minutes=15))
        assert me(credentials["access"]) == HTTPStatus.UNAUTHORIZED


class TestRefresh:
    def test_gives_new_tokens(self, credentials: "Credentials") -> None:
        response = refresh(credentials["refresh"])

        assert response.status_code == HTTPStatus.OK
        assert me(response.data["access"]) == HTTPStatus.OK
        assert refresh(response.data["refresh"]).status_code == HTTPStatus.OK

    @pytest.mark.parametrize("forge", FORGERIES)
    def test_forged_token_is_refused(
        self, credentials: "Credentials", forge: "Callable[[str], str]"
    ) -> None:
        assert refresh(forge(credentials["refresh"])).status_code == (
            HTTPStatus.UNAUTHORIZED
        )

    def test_access_token_is_no_refresh_token(self, credentials: "Credentials") -> None:
        assert refresh(credentials["access"]).status_code == HTTPStatus.UNAUTHORIZED

    def test_replay_ends_the_session_for_thief_and_victim(
        self, credentials: "Credentials"
    ) -> None:
        renewed = refresh(credentials["refresh"]).data

        assert refresh(credentials["refresh"]).status_code == HTTPStatus.UNAUTHORIZED
        assert refresh(renewed["refresh"]).status_code == HTTPStatus.UNAUTHORIZED
        assert me(renewed["access"]) == HTTPStatus.UNAUTHORIZED

    def test_replay_leaves_other_sessions_alone(
        self, user: "User", credentials: "Credentials"
    ) -> None:
        other = services.start_session(user=user)
        refresh(credentials["refresh"])
        refresh(credentials["refresh"])

        assert me(other["access"]) == HTTPStatus.OK

    def test_token_lives_seven_days(
        self,
        credentials: "Credentials",
        time_machine: "time_machine.TimeMachineFixture",
    ) -> None:
        now = timezone.now()
        time_machine.move_to(now + timedelta(days=6, hours=23))
        renewed = refresh(credentials["refresh"])
        assert renewed.status_code == HTTPStatus.OK
        time_machine.move_to(now + timedelta(days=14))
        expired_response = refresh(renewed.data["refresh"])
        assert expired_response.status_code == HTTPStatus.UNAUTHORIZED

    def test_is_limited_by_the_minute(self) -> None:
        answers = [refresh("made-up") for _ in range(61)]

        assert answers[59].status_code == HTTPStatus.UNAUTHORIZED
        assert answers[60].status_code == HTTPStatus.TOO_MANY_REQUESTS
        assert int(answers[60].headers["Retry-After"]) <= MINUTE

    def test_logout_ends_it(self, credentials: "Credentials") -> None:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {credentials['access']}")
        client.post(reverse("logout"))

        assert refresh(credentials["refresh"]).status_code == HTTPStatus.UNAUTHORIZED
        assert not AuthSession.objects.exists()

    def test_password_change_ends_it(self) -> None:
        password = fake_password()
        user = UserFactory.create(password=password)
        tokens = services.start_session(user=user)
        services.change_password(
            user=user, current_password=password, new_password=fake_password()
        )

        assert refresh(tokens["refresh"]).status_code == HTTPStatus.UNAUTHORIZED

    def test_deactivation_ends_it(
        self, user: "User", credentials: "Credentials"
    ) -> None:
        services.deactivate(user=user, actor=AdminFactory.create())

        assert refresh(credentials["refresh"]).status_code == HTTPStatus.UNAUTHORIZED

    def test_deactivation_past_the_services_ends_it_too(
        self, user: "User", credentials: "Credentials"
    ) -> None:
        user.is_active = False
        user.save()

        assert refresh(credentials["refresh"]).status_code == HTTPStatus.UNAUTHORIZED
        assert me(credentials["access"]) == HTTPStatus.UNAUTHORIZED

    def test_deleted_user_is_refused(
        self, user: "User", credentials: "Credentials"
    ) -> None:
        user.delete()

        assert refresh(credentials["refresh"]).status_code == HTTPStatus.UNAUTHORIZED
        assert me(credentials["access"]) == HTTPStatus.UNAUTHORIZED

    def test_answers_name_the_scheme(self) -> None:
        assert refresh("x")["WWW-Authenticate"] == "Bearer"
