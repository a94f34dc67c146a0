"""Tests of the models and managers."""

import pytest
from django.db import IntegrityError
from django.db.models import TextField
from django.db.models.functions import Cast

from apps.users.models import User
from apps.users.tests.factories import AdminFactory, UserFactory, fake_password

pytestmark = pytest.mark.django_db


def test_user_is_shown_by_email() -> None:
    assert str(UserFactory.build(email="ada@example.com")) == "ada@example.com"


def test_email_is_stored_in_lower_case() -> None:
    user = User.objects.create_user("Ada@Example.COM", fake_password(), name="Ada")

    assert user.email == "ada@example.com"
    assert User.objects.get_by_natural_key("ADA@example.com") == user


def test_email_is_unique_case_insensitively() -> None:
    UserFactory.create(email="ada@example.com")

    with pytest.raises(IntegrityError):
        UserFactory.create(email="ADA@EXAMPLE.com")


def test_database_rejects_upper_case_that_bypasses_the_manager() -> None:
    with pytest.raises(IntegrityError):
        User.objects.bulk_create([User(email="Ada@example.com", name="Ada")])


def test_clean_converts_the_email_to_lower_case() -> None:
    user = User(email="Ada@Example.com", name="Ada")
    user.clean()

    assert user.email == "ada@example.com"


def test_email_is_required() -> None:
    with pytest.raises(ValueError, match="required"):
        User.objects.create_user("", fake_password())


def test_superuser_has_every_privilege() -> None:
    user = User.objects.create_superuser("root@example.com", fake_password())

    assert user.is_staff
    assert user.is_superuser
    assert user.is_admin


def test_user_without_a_password_cannot_log_in() -> None:
    user = User.objects.create_user("ada@example.com", name="Ada")

    assert not user.has_usable_password()


def test_active_excludes_deactivated_users() -> None:
    user = UserFactory.create()
    UserFactory.create(is_active=False)

    assert list(User.objects.active()) == [user]


def test_by_role_returns_active_users_of_the_role() -> None:
    admin = AdminFactory.create()
    AdminFactory.create(is_active=False)
    UserFactory.create()

    assert list(User.objects.by_role(User.Role.ADMIN)) == [admin]


def test_phone_is_encrypted_in_the_database() -> None:
    user = UserFactory.create(phone="+1 555 0100")

    stored = User.objects.values_list(Cast("phone", TextField()), flat=True).get()

    assert user.phone not in stored
    user.refresh_from_db()
    assert user.phone == "+1 555 0100"
