"""Tests of refresh tokens and their rotation."""

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.users import services
from apps.users.models import AuthSession
from apps.users.tests.factories import AdminFactory, UserFactory, fake_password
from apps.users.tests.forged_tokens import FORGERIES
from tests.client import APITestClient

if TYPE_CHECKING:
    from collections.abc import Callable

    import time_machine
    from pytest_django import Settings
    from rest_framework.response import Response

    from apps.users.models import User
    from apps.users.tokens import AuthTokens

pytestmark = pytest.mark.django_db

MINUTE: Final = 60


def refresh(token: str, *, expected_status: HTTPStatus = HTTPStatus.OK) -> "Response":
    """Exchange a refresh token and return the response."""
    return APITestClient().post(
        reverse("refresh"), {"refresh": token}, expected_status=expected_status
    )


def assert_refresh_token_is_rejected(token: str) -> None:
    """Check that a refresh token cannot be exchanged."""
    refresh(token, expected_status=HTTPStatus.UNAUTHORIZED)


def log_out(body: dict[str, Any], expected_status: HTTPStatus) -> None:
    """Log out without an access token."""
    APITestClient().post(reverse("logout"), body, expected_status=expected_status)


def get_me(token: str, *, expected_status: HTTPStatus) -> None:
    """Request the current user with an access token."""
    APITestClient().get(
        reverse("me"),
        headers={"Authorization": f"Bearer {token}"},
        expected_status=expected_status,
    )


class TestRotation:
    def test_returns_new_tokens(self, auth_tokens: "AuthTokens") -> None:
        renewed = refresh(auth_tokens["refresh"]).data

        get_me(renewed["access"], expected_status=HTTPStatus.OK)
        assert refresh(renewed["refresh"])["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("forge", FORGERIES)
    def test_rejects_a_forged_token(
        self, auth_tokens: "AuthTokens", forge: "Callable[[str], str]"
    ) -> None:
        assert_refresh_token_is_rejected(forge(auth_tokens["refresh"]))

    def test_rejects_an_access_token(self, auth_tokens: "AuthTokens") -> None:
        assert_refresh_token_is_rejected(auth_tokens["access"])

    def test_names_the_scheme_in_a_rejection(self) -> None:
        response = refresh("x", expected_status=HTTPStatus.UNAUTHORIZED)

        assert response["WWW-Authenticate"] == "Bearer"

    def test_is_limited_to_sixty_requests_a_minute(self) -> None:
        for _request in range(60):
            assert_refresh_token_is_rejected("made-up")

        response = refresh("made-up", expected_status=HTTPStatus.TOO_MANY_REQUESTS)

        assert int(response["Retry-After"]) <= MINUTE


class TestReplay:
    """A token that is sent a second time may have been stolen."""

    def test_ends_the_session_of_both_thief_and_owner(
        self, auth_tokens: "AuthTokens"
    ) -> None:
        renewed = refresh(auth_tokens["refresh"]).data

        assert_refresh_token_is_rejected(auth_tokens["refresh"])

        assert_refresh_token_is_rejected(renewed["refresh"])
        get_me(renewed["access"], expected_status=HTTPStatus.UNAUTHORIZED)

    def test_does_not_end_other_sessions(
        self, user: "User", auth_tokens: "AuthTokens"
    ) -> None:
        other = services.start_session(user=user)

        refresh(auth_tokens["refresh"])
        assert_refresh_token_is_rejected(auth_tokens["refresh"])

        get_me(other["access"], expected_status=HTTPStatus.OK)


class TestExpiryAndRevocation:
    def test_token_expires_after_seven_days(
        self,
        auth_tokens: "AuthTokens",
        time_machine: "time_machine.TimeMachineFixture",
    ) -> None:
        now = timezone.now()

        time_machine.move_to(now + timedelta(days=6, hours=23))
        renewed = refresh(auth_tokens["refresh"]).data

        time_machine.move_to(now + timedelta(days=14))
        assert_refresh_token_is_rejected(renewed["refresh"])

    def test_session_ends_after_thirty_days_of_refreshes(
        self,
        auth_tokens: "AuthTokens",
        time_machine: "time_machine.TimeMachineFixture",
    ) -> None:
        login = timezone.now()
        renewed: Any = auth_tokens

        for day in (6, 12, 18, 24, 29.9):
            time_machine.move_to(login + timedelta(days=day))
            renewed = refresh(renewed["refresh"]).data
        get_me(renewed["access"], expected_status=HTTPStatus.OK)

        time_machine.move_to(login + timedelta(days=30, seconds=1))
        get_me(renewed["access"], expected_status=HTTPStatus.UNAUTHORIZED)
        assert_refresh_token_is_rejected(renewed["refresh"])

    def test_setting_limits_the_session(
        self, settings: "Settings", user: "User"
    ) -> None:
        settings.SESSION_MAX_DAYS = 2

        services.start_session(user=user)

        lifetime = AuthSession.objects.get().expires_at - timezone.now()
        assert timedelta(days=1, hours=23) < lifetime <= timedelta(days=2)

    def test_logout_revokes_the_token(self, auth_tokens: "AuthTokens") -> None:
        APITestClient().post(
            reverse("logout"),
            headers={"Authorization": f"Bearer {auth_tokens['access']}"},
            expected_status=HTTPStatus.NO_CONTENT,
        )

        assert_refresh_token_is_rejected(auth_tokens["refresh"])
        assert not AuthSession.objects.exists()

    def test_logout_accepts_the_refresh_token(
        self, user: "User", auth_tokens: "AuthTokens"
    ) -> None:
        other = services.start_session(user=user)

        log_out({"refresh": auth_tokens["refresh"]}, HTTPStatus.NO_CONTENT)

        get_me(auth_tokens["access"], expected_status=HTTPStatus.UNAUTHORIZED)
        get_me(other["access"], expected_status=HTTPStatus.OK)

    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            ("access", HTTPStatus.UNAUTHORIZED),
            ("made-up", HTTPStatus.UNAUTHORIZED),
            (["made-up"], HTTPStatus.BAD_REQUEST),
        ],
    )
    def test_logout_rejects_other_tokens_in_the_body(
        self, auth_tokens: "AuthTokens", sent: object, status: HTTPStatus
    ) -> None:
        wrong = auth_tokens["access"] if sent == "access" else sent

        log_out({"refresh": wrong}, status)

        assert AuthSession.objects.exists()

    def test_password_change_revokes_the_token(self) -> None:
        password = fake_password()
        user = UserFactory.create(password=password)
        tokens = services.start_session(user=user)

        services.change_password(
            user=user, current_password=password, new_password=fake_password()
        )

        assert_refresh_token_is_rejected(tokens["refresh"])

    def test_deactivation_revokes_the_token(
        self, user: "User", auth_tokens: "AuthTokens"
    ) -> None:
        services.deactivate(user=user, actor=AdminFactory.create())

        assert_refresh_token_is_rejected(auth_tokens["refresh"])

    def test_deactivation_that_bypasses_the_services_revokes_both_tokens(
        self, user: "User", auth_tokens: "AuthTokens"
    ) -> None:
        user.is_active = False
        user.save()

        assert_refresh_token_is_rejected(auth_tokens["refresh"])
        get_me(auth_tokens["access"], expected_status=HTTPStatus.UNAUTHORIZED)

    def test_deletion_of_the_user_revokes_both_tokens(
        self, user: "User", auth_tokens: "AuthTokens"
    ) -> None:
        user.delete()

        assert_refresh_token_is_rejected(auth_tokens["refresh"])
        get_me(auth_tokens["access"], expected_status=HTTPStatus.UNAUTHORIZED)
