"""Attempts to find out which users exist."""

import statistics
import time
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from apps.users.models import User
from apps.users.tests.factories import UserFactory, fake_password

if TYPE_CHECKING:
    from pytest_django import Settings

    from tests.client import APITestClient

pytestmark = pytest.mark.django_db


def test_record_of_another_user_looks_like_an_unknown_one(
    user_client: "APITestClient",
) -> None:
    other = reverse("user-detail", args=[UserFactory.create().pk])
    unknown = reverse("user-detail", args=[uuid.uuid4()])

    for method in ("get", "put", "patch", "delete"):
        send = getattr(user_client, method)
        contents = {
            send(url, expected_status=HTTPStatus.FORBIDDEN).content
            for url in (other, unknown)
        }

        assert len(contents) == 1


def test_invalid_registration_does_not_tell_whether_the_address_is_taken(
    anonymous_client: "APITestClient",
) -> None:
    taken = UserFactory.create().email

    contents = {
        anonymous_client.post(
            reverse("register"),
            {"email": email, "name": "A", "password": "weak"},
            expected_status=HTTPStatus.BAD_REQUEST,
        ).content
        for email in (taken, "free@example.com")
    }

    assert len(contents) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("unthrottled")
def test_response_times_do_not_tell_which_addresses_are_taken(
    anonymous_client: "APITestClient", settings: "Settings"
) -> None:
    # Production's hashers; the first one only makes the other tests fast.
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[1:]
    password = fake_password()
    logins = {
        "wrong": UserFactory.create().email,
        "inactive": UserFactory.create(is_active=False, password=password).email,
        "unusable": User.objects.create_user("u@example.com", name="U").email,
        "missing": "nobody@example.com",
    }
    times: dict[str, list[float]] = {}

    def measure(kind: str, name: str, body: dict[str, str]) -> None:
        start = time.perf_counter()
        anonymous_client.post(reverse(name), body)
        times.setdefault(kind, []).append(time.perf_counter() - start)

    # In turns, so that other load on the machine affects all kinds alike.
    for turn in range(5):
        for kind, email in logins.items():
            measure(kind, "login", {"email": email, "password": password})
        for kind, email in (
            ("taken", logins["wrong"]),
            ("free", f"new{turn}@example.com"),
        ):
            body = {"email": email, "name": "A", "password": password}
            measure(kind, "register", body)

    medians = {kind: statistics.median(taken) for kind, taken in times.items()}
    ratio = 2
    for kinds in (list(logins), ["taken", "free"]):
        compared = [medians[kind] for kind in kinds]
        assert max(compared) < ratio * min(compared), medians
