"""Tests of access tokens, which are JSON Web Tokens."""

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.users.tests.forged_tokens import FORGERIES, claims_of, sign
from tests.client import APITestClient

if TYPE_CHECKING:
    from collections.abc import Callable

    import time_machine

    from apps.users.tokens import AuthTokens

pytestmark = pytest.mark.django_db


def get(name: str, token: str, *, expected_status: HTTPStatus) -> None:
    """Send a request with a token and check the status of the response."""
    APITestClient().get(
        reverse(name),
        headers={"Authorization": f"Bearer {token}"},
        expected_status=expected_status,
    )


def test_token_authenticates(auth_tokens: "AuthTokens") -> None:
    get("me", auth_tokens["access"], expected_status=HTTPStatus.OK)


@pytest.mark.parametrize("forge", FORGERIES)
def test_forged_token_is_rejected(
    auth_tokens: "AuthTokens", forge: "Callable[[str], str]"
) -> None:
    token = forge(auth_tokens["access"])

    get("me", token, expected_status=HTTPStatus.UNAUTHORIZED)


def test_refresh_token_is_not_an_access_token(auth_tokens: "AuthTokens") -> None:
    get("me", auth_tokens["refresh"], expected_status=HTTPStatus.UNAUTHORIZED)


def test_token_contains_no_data_of_the_user(auth_tokens: "AuthTokens") -> None:
    claims = claims_of(auth_tokens["access"])

    assert claims.keys() == {"typ", "sid", "jti", "iat", "exp"}


def test_role_in_a_token_is_ignored(auth_tokens: "AuthTokens") -> None:
    claims = claims_of(auth_tokens["access"]) | {"role": "admin"}

    get("user-list", sign(claims), expected_status=HTTPStatus.FORBIDDEN)


def test_token_expires_after_fifteen_minutes_and_a_leeway(
    auth_tokens: "AuthTokens", time_machine: "time_machine.TimeMachineFixture"
) -> None:
    expiry = timezone.now() + timedelta(minutes=15)

    time_machine.move_to(expiry + timedelta(seconds=28))
    get("me", auth_tokens["access"], expected_status=HTTPStatus.OK)

    time_machine.move_to(expiry + timedelta(seconds=31))
    get("me", auth_tokens["access"], expected_status=HTTPStatus.UNAUTHORIZED)


@pytest.mark.parametrize(
    ("seconds", "status"), [(25, HTTPStatus.OK), (60, HTTPStatus.UNAUTHORIZED)]
)
def test_clock_of_another_server_can_be_ahead_by_the_leeway(
    auth_tokens: "AuthTokens", seconds: int, status: HTTPStatus
) -> None:
    claims = claims_of(auth_tokens["access"])
    token = sign(claims | {"iat": claims["iat"] + seconds})

    get("me", token, expected_status=status)
