"""Attempts to guess the password of one account from many addresses."""

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import pytest
from django.urls import reverse

from apps.users import password_attempts, services
from apps.users.tests.factories import UserFactory, fake_password
from tests.client import APITestClient, error_codes

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client
    from pytest_django import Settings

    from apps.users.models import User
    from tests.client import ClientFor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]

HOME: Final = "198.51.100.7"
FREE: Final = 10
MOST: Final = 100


def log_in(
    email: str, password: str, address: str, expected: HTTPStatus
) -> "HttpResponse":
    """Log in from an address."""
    response: HttpResponse = APITestClient(REMOTE_ADDR=address).post(
        reverse("login"),
        {"email": email, "password": password},
        expected_status=expected,
    )
    return response


def guess(email: str, number: int = FREE) -> None:
    """Send wrong passwords, each from another address."""
    for attempt in range(number):
        address = f"2001:db8:0:{attempt:x}::1"
        log_in(email, fake_password(), address, HTTPStatus.UNAUTHORIZED)


@pytest.fixture
def password() -> str:
    """Return the password of the owner."""
    return fake_password()


@pytest.fixture
def owner(password: str) -> "User":
    """Return the user whose password is guessed."""
    return UserFactory.create(email="ada@example.com", password=password)


def test_account_waits_after_ten_failures_from_ten_addresses(
    owner: "User", password: str
) -> None:
    guess(owner.email)

    rejected = log_in(
        owner.email, password, "203.0.113.1", HTTPStatus.TOO_MANY_REQUESTS
    )

    assert error_codes(rejected) == [("throttled", None)]
    assert int(rejected["Retry-After"]) in range(25, 31)


@pytest.mark.parametrize(
    "spelling", ["Ada@Example.com", "ADA@EXAMPLE.COM", "ada@example.com"]
)
def test_another_spelling_is_not_another_account(
    owner: "User", password: str, spelling: str
) -> None:
    guess(owner.email)

    log_in(spelling, password, "203.0.113.1", HTTPStatus.TOO_MANY_REQUESTS)


def test_waiting_does_not_tell_whether_the_account_exists(owner: "User") -> None:
    contents = set()
    for email in (owner.email, "nobody@example.com"):
        guess(email)
        rejected = log_in(
            email, fake_password(), "203.0.113.1", HTTPStatus.TOO_MANY_REQUESTS
        )
        contents.add(rejected.content)

    assert len(contents) == 1


def test_owner_logs_in_from_a_known_device_while_others_wait(
    owner: "User", password: str
) -> None:
    log_in(owner.email, password, HOME, HTTPStatus.OK)
    guess(owner.email)
    log_in(owner.email, password, "203.0.113.1", HTTPStatus.TOO_MANY_REQUESTS)

    log_in(owner.email, password, HOME, HTTPStatus.OK)

    # Those who guess still wait.
    log_in(owner.email, password, "203.0.113.1", HTTPStatus.TOO_MANY_REQUESTS)


def test_known_device_waits_as_well_after_its_own_failures(
    owner: "User", password: str
) -> None:
    log_in(owner.email, password, HOME, HTTPStatus.OK)
    for _attempt in range(FREE):
        log_in(owner.email, fake_password(), HOME, HTTPStatus.UNAUTHORIZED)

    log_in(owner.email, password, HOME, HTTPStatus.TOO_MANY_REQUESTS)
    log_in(owner.email, password, "203.0.113.1", HTTPStatus.OK)


def test_success_resets_the_count(owner: "User", password: str) -> None:
    for number in range(3):
        guess(owner.email, FREE - 1)
        # Not a known device yet.
        log_in(owner.email, password, f"203.0.113.{number}", HTTPStatus.OK)


def test_a_hundred_failures_in_a_row_are_the_most(
    owner: "User", password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    delays = [*[0] * (MOST - 1), password_attempts.DELAYS[-1]]
    monkeypatch.setattr(password_attempts, "DELAYS", delays)
    guess(owner.email, MOST)

    rejected = log_in(
        owner.email, password, "203.0.113.1", HTTPStatus.TOO_MANY_REQUESTS
    )

    assert int(rejected["Retry-After"]) > password_attempts.COUNTED_SECONDS - 60


def test_delays_grow_up_to_an_hour() -> None:
    delays = password_attempts.DELAYS

    assert len(delays) == MOST
    assert delays[FREE - 2 : FREE + 2] == (0, 30, 60, 120)
    assert sorted(delays) == list(delays)
    assert delays[-2:] == (60 * 60, password_attempts.COUNTED_SECONDS)


def test_waiting_ends(
    owner: "User", password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password_attempts, "DELAYS", [1, 1])
    guess(owner.email, 1)
    log_in(owner.email, password, HOME, HTTPStatus.TOO_MANY_REQUESTS)
    # The cache uses its own clock, so the time cannot be mocked.
    time.sleep(1.1)

    log_in(owner.email, password, HOME, HTTPStatus.OK)


def test_change_of_password_counts(user_client: APITestClient, user: "User") -> None:
    body = {"current_password": fake_password(), "new_password": fake_password()}
    for _attempt in range(FREE):
        user_client.post(
            reverse("change-password"), body, expected_status=HTTPStatus.BAD_REQUEST
        )

    user_client.post(
        reverse("change-password"), body, expected_status=HTTPStatus.TOO_MANY_REQUESTS
    )
    log_in(user.email, fake_password(), HOME, HTTPStatus.TOO_MANY_REQUESTS)


def test_a_weak_new_password_is_not_a_failure(
    client_for: "ClientFor", owner: "User", password: str
) -> None:
    body = {"current_password": password, "new_password": "weak"}
    client = client_for(owner)

    for _attempt in range(FREE + 1):
        client.post(
            reverse("change-password"), body, expected_status=HTTPStatus.BAD_REQUEST
        )


def test_login_form_of_the_admin_counts(
    client: "Client", owner: "User", password: str
) -> None:
    type(owner).objects.filter(pk=owner.pk).update(is_staff=True)
    guess(owner.email, FREE - 1)
    form = {"username": owner.email, "password": fake_password()}
    page = client.post(reverse("admin:login"), form)
    assert "Too many attempts" not in page.content.decode()

    page = client.post(reverse("admin:login"), {**form, "password": password})

    assert "Too many attempts" in page.content.decode()
    log_in(owner.email, password, "203.0.113.1", HTTPStatus.TOO_MANY_REQUESTS)


def test_saving_the_user_in_the_admin_ends_the_waiting(
    owner: "User", password: str
) -> None:
    guess(owner.email)

    services.invalidate_user(user=owner)

    log_in(owner.email, password, "203.0.113.1", HTTPStatus.OK)


def test_every_attempt_is_allowed_while_redis_is_down(
    owner: "User", password: str, settings: "Settings"
) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }

    guess(owner.email, FREE + 1)

    log_in(owner.email, password, HOME, HTTPStatus.OK)
