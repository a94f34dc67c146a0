"""Tests of the encrypted field and of key rotation."""

import io
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db.models import TextField
from django.db.models.functions import Cast

from apps.users.models import User
from apps.users.tests.factories import UserFactory

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

PHONE = "+1 555 0100 ☎"


def stored_phone() -> str:
    """Return the phone of the only user as it is stored in the database."""
    stored: str = User.objects.values_list(Cast("phone", TextField()), flat=True).get()
    return stored


@pytest.fixture
def keys() -> list[str]:
    """Return an old and a new key."""
    return [Fernet.generate_key().decode() for _key in range(2)]


def test_same_text_is_encrypted_differently_each_time() -> None:
    user = UserFactory.create(phone=PHONE)
    first = stored_phone()
    user.save()

    assert stored_phone() != first
    user.refresh_from_db()
    assert user.phone == PHONE


def test_bulk_updates_encrypt_once() -> None:
    user = UserFactory.create()

    User.objects.update(phone=PHONE)
    assert PHONE not in stored_phone()
    assert User.objects.get().phone == PHONE

    user.phone = PHONE[::-1]
    User.objects.bulk_update([user], ["phone"])
    assert User.objects.get().phone == PHONE[::-1]


def test_empty_text_is_stored_empty() -> None:
    UserFactory.create(phone="")

    assert stored_phone() == ""
    assert User.objects.get().phone == ""


@pytest.mark.parametrize(
    "lookup", ["phone", "phone__icontains", "phone__in", "phone__lower", "phone__gt"]
)
def test_lookup_by_value_is_rejected(lookup: str) -> None:
    with pytest.raises(FieldError):
        list(User.objects.filter(**{lookup: PHONE}))


def test_lookup_of_null_is_supported() -> None:
    assert not User.objects.filter(phone__isnull=True).exists()


def test_key_rotation_encrypts_with_the_new_key(
    settings: "Settings", keys: list[str]
) -> None:
    old, new = keys
    settings.FIELD_ENCRYPTION_KEYS = [old]
    UserFactory.create(phone=PHONE)
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    assert User.objects.get().phone == PHONE

    output = io.StringIO()
    call_command("reencrypt", stdout=output)

    assert "users.User.phone: 1 values re-encrypted" in output.getvalue()
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert User.objects.get().phone == PHONE


def test_key_rotation_with_a_wrong_key_changes_nothing(
    settings: "Settings", keys: list[str]
) -> None:
    UserFactory.create(phone=PHONE)
    before = stored_phone()
    settings.FIELD_ENCRYPTION_KEYS = keys

    with pytest.raises(CommandError, match="no key"):
        call_command("reencrypt")

    assert stored_phone() == before
