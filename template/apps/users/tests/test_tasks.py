"""Tests of the users app's tasks and mails."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import TYPE_CHECKING

import pytest
from django.core import mail
from django.utils import timezone

from apps.users import emails, services, tasks
from apps.users.models import AuthSession
from apps.users.tests.factories import UserFactory, fake_password

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from apps.users.models import User

type Commit = Callable[..., AbstractContextManager[object]]

ATTEMPTS = 4

pytestmark = pytest.mark.django_db


class TestSendWelcomeEmail:
    def test_follows_a_registration(
        self, django_capture_on_commit_callbacks: "Commit"
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            user = services.register(
                email="ada@example.com", name="Ada", password=fake_password()
            )
            assert mail.outbox == []

        (message,) = mail.outbox
        assert message.to == ["ada@example.com"]
        assert "Ada" not in str(message.body)
        assert str(user.pk) in message.extra_headers["Message-ID"]

    def test_sends_once_when_run_twice(self, user: "User") -> None:
        tasks.send_welcome_email.delay(str(user.pk))
        tasks.send_welcome_email.delay(str(user.pk))

        assert len(mail.outbox) == 1

    def test_leaves_deactivated_users_alone(self) -> None:
        user = UserFactory.create(is_active=False)

        tasks.send_welcome_email.delay(str(user.pk))

        assert mail.outbox == []

    @pytest.mark.parametrize("error", [SMTPServerDisconnected, ConnectionRefusedError])
    def test_tries_again_when_mail_fails(
        self, user: "User", monkeypatch: pytest.MonkeyPatch, error: type[Exception]
    ) -> None:
        attempts = self.fail_with(error, monkeypatch)

        tasks.send_welcome_email.delay(str(user.pk))

        assert len(attempts) == ATTEMPTS

    def test_does_not_try_other_errors_again(
        self, user: "User", monkeypatch: pytest.MonkeyPatch
    ) -> None:
        attempts = self.fail_with(LookupError, monkeypatch)

        tasks.send_welcome_email.delay(str(user.pk))

        assert len(attempts) == 1

    def fail_with(
        self, error: type[Exception], monkeypatch: pytest.MonkeyPatch
    ) -> list[object]:
        """Make sending fail and return the list of attempts."""
        attempts: list[object] = []

        def fail(profile: object) -> None:
            attempts.append(profile)
            raise error

        monkeypatch.setattr(emails, "send_welcome", fail)
        return attempts


class TestCleanExpiredTokens:
    def test_deletes_only_what_has_expired(self, user: "User") -> None:
        services.start_session(user=user)
        services.start_session(user=user)
        old = AuthSession.objects.earliest("created_at")
        old.expires_at = timezone.now() - timedelta(seconds=1)
        old.save()

        tasks.clean_expired_tokens.delay()

        assert AuthSession.objects.filter(pk=old.pk).count() == 0
        assert AuthSession.objects.count() == 1
