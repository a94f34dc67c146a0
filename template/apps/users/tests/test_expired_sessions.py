"""Tests of the command that deletes expired sessions."""

import io
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from apps.users import services
from apps.users.models import AuthSession

if TYPE_CHECKING:
    from django.test import Client

    from apps.users.models import User

pytestmark = pytest.mark.django_db


def test_command_deletes_expired_sessions_of_the_api_and_the_admin(
    client: "Client", user: "User"
) -> None:
    for _session in range(2):
        services.start_session(user=user)
        client.session.flush()
        client.force_login(user)
        client.cookies.clear()
    past = timezone.now() - timedelta(seconds=1)
    expired = AuthSession.objects.earliest("created_at")
    AuthSession.objects.filter(pk=expired.pk).update(expires_at=past)
    key = Session.objects.values_list("pk", flat=True).first()
    Session.objects.filter(pk=key).update(expire_date=past)

    call_command("delete_expired_sessions", stdout=(output := io.StringIO()))

    assert "Expired sessions of the API deleted: 1" in output.getvalue()
    assert AuthSession.objects.exclude(pk=expired.pk).count() == 1
    assert AuthSession.objects.count() == 1
    assert Session.objects.exclude(pk=key).count() == 1
    assert Session.objects.count() == 1
