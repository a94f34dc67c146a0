"""Tests of the tasks and the emails they send."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import TYPE_CHECKING, Final

import pytest
from django.core import mail
from django.utils import timezone

from apps.users import emails, services, tasks
from apps.users.models import AuthSession
from apps.users.tests.factories import UserFactory, fake_password

if TYPE_CHECKING:
    from pytest_django import DjangoCaptureOnCommitCallbacks

    from apps.users.models import User

# The first attempt and three retries.
ATTEMPTS: Final = 4

pytestmark = pytest.mark.django_db


class TestSendWelcomeEmail:
    def test_runs_after_a_registration(
        self, django_capture_on_commit_callbacks: "DjangoCaptureOnCommitCallbacks"
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

    def test_sends_nothing_to_deactivated_users(self) -> None:
        user = UserFactory.create(is_active=False)

        tasks.send_welcome_email.delay(str(user.pk))

        assert mail.outbox == []

    @pytest.mark.parametrize("error", [SMTPServerDisconnected, ConnectionRefusedError])
    def test_retries_when_the_mail_server_fails(
        self, user: "User", monkeypatch: pytest.MonkeyPatch, error: type[Exception]
    ) -> None:
        attempts = self.fail_with(error, monkeypatch)

        tasks.send_welcome_email.delay(str(user.pk))

        assert len(attempts) == ATTEMPTS

    def test_does_not_retry_after_other_errors(
        self, user: "User", monkeypatch: pytest.MonkeyPatch
    ) -> None:
        attempts = self.fail_with(LookupError, monkeypatch)

        tasks.send_welcome_email.delay(str(user.pk))

        assert len(attempts) == 1

    def fail_with(
        self, error: type[Exception], monkeypatch: pytest.MonkeyPatch
    ) -> list[object]:
        """Make sending fail and return the list that collects the attempts."""
        attempts: list[object] = []

        def fail(profile: object) -> None:
            attempts.append(profile)
            raise error

        monkeypatch.setattr(emails, "send_welcome_message", fail)
        return attempts


class TestCleanExpiredTokens:
    def test_deletes_only_expired_sessions(self, user: "User") -> None:
        services.start_session(user=user)
        services.start_session(user=user)
        old = AuthSession.objects.earliest("created_at")
        old.expires_at = timezone.now() - timedelta(seconds=1)
        old.save()

        tasks.clean_expired_tokens.delay()

        assert not AuthSession.objects.filter(pk=old.pk).exists()
        assert AuthSession.objects.count() == 1
