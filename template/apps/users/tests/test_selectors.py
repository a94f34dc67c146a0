"""Tests of the selectors."""

import uuid
from typing import TYPE_CHECKING

import pytest

from apps.users import selectors, services
from apps.users.models import User
from apps.users.tests.factories import AdminFactory, UserFactory

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db


def test_by_id_finds_active_users_only() -> None:
    user = UserFactory.create()
    deactivated = UserFactory.create(is_active=False)

    profile = selectors.by_id(user_id=user.pk)

    assert profile is not None
    assert profile["id"] == str(user.pk)
    assert selectors.by_id(user_id=deactivated.pk) is None
    assert selectors.by_id(user_id=uuid.uuid4()) is None


def test_by_id_is_cached_without_the_password(
    django_assert_num_queries: "DjangoAssertNumQueries",
) -> None:
    user = UserFactory.create(phone="+1 555 0100")
    profile = selectors.by_id(user_id=user.pk)

    with django_assert_num_queries(0):
        assert selectors.by_id(user_id=user.pk) == profile
    assert user.password not in str(profile)
    assert user.phone not in str(profile)


@pytest.mark.django_db(transaction=True)
def test_by_id_returns_changes_immediately() -> None:
    user, admin = UserFactory.create(), AdminFactory.create()
    selectors.by_id(user_id=user.pk)

    services.update(user=user, actor=admin, name="Ada")
    profile = selectors.by_id(user_id=user.pk)
    assert profile is not None
    assert profile["name"] == "Ada"

    services.deactivate(user=user, actor=admin)
    assert selectors.by_id(user_id=user.pk) is None


def test_by_email_is_case_insensitive() -> None:
    user = UserFactory.create(email="ada@example.com")

    assert selectors.by_email(email="ADA@example.com") == user
    assert selectors.by_email(email="other@example.com") is None


def test_email_exists_counts_deactivated_users() -> None:
    UserFactory.create(email="ada@example.com", is_active=False)

    assert selectors.email_exists(email="Ada@Example.com")
    assert not selectors.email_exists(email="other@example.com")


def test_list_active_returns_the_newest_users_first() -> None:
    users = UserFactory.create_batch(3)
    UserFactory.create(is_active=False)

    assert list(selectors.list_active()) == users[::-1]


def test_list_active_does_not_load_secrets() -> None:
    UserFactory.create(phone="+1 555 0100")

    (user,) = selectors.list_active()

    assert user.get_deferred_fields() == {"password", "phone"}


@pytest.mark.parametrize("search", ["lovelace", "ADA@", "ada love"])
def test_list_active_searches_name_and_email(search: str) -> None:
    ada = UserFactory.create(name="Ada Lovelace", email="ada@example.com")
    UserFactory.create(name="Grace Hopper", email="grace@example.com")

    assert list(selectors.list_active(search=search)) == [ada]


@pytest.mark.parametrize(
    ("search", "is_found"),
    [("ad", True), ("L", True), ("a", True), ("da", False), ("@", False)],
)
def test_list_active_searches_short_texts_at_the_start_of_words(
    search: str, *, is_found: bool
) -> None:
    UserFactory.create(name="Countess Lovelace", email="ada@example.com")

    assert selectors.list_active(search=search).exists() is is_found


def test_list_active_filters_by_role() -> None:
    admin = AdminFactory.create()
    UserFactory.create()

    assert list(selectors.list_active(role=User.Role.ADMIN)) == [admin]
