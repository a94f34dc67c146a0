"""Attempts of users to do or to read what their role does not allow."""

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from apps.users.models import User
from apps.users.tests.factories import AdminFactory, UserFactory
from apps.users.tests.rows import stored_row

if TYPE_CHECKING:
    from tests.client import APITestClient, ClientFor

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("method", ["put", "patch"])
@pytest.mark.parametrize("role", [User.Role.USER, User.Role.MODERATOR])
def test_users_cannot_promote_themselves(
    client_for: "ClientFor", role: User.Role, method: str
) -> None:
    user = UserFactory.create(role=role)

    getattr(client_for(user), method)(
        reverse("user-detail", args=[user.pk]),
        {"name": user.name, "role": "admin"},
        expected_status=HTTPStatus.FORBIDDEN,
    )

    assert User.objects.get(pk=user.pk).role == role


@pytest.mark.parametrize(
    ("role", "is_staff"),
    [
        (User.Role.USER, False),
        (User.Role.MODERATOR, False),
        # `is_staff` opens the admin, not the API.
        (User.Role.USER, True),
    ],
)
def test_users_cannot_reach_the_record_of_another_user(
    client_for: "ClientFor", role: User.Role, *, is_staff: bool
) -> None:
    client = client_for(UserFactory.create(role=role, is_staff=is_staff))
    victim = AdminFactory.create()
    before = stored_row(victim)
    url = reverse("user-detail", args=[victim.pk])

    for method in ("get", "head", "options", "put", "patch", "delete"):
        response = getattr(client, method)(
            url,
            {"name": "Mallory", "role": "user"},
            expected_status=HTTPStatus.FORBIDDEN,
        )
        assert victim.email not in response.content.decode()

    assert stored_row(victim) == before


@pytest.mark.parametrize(
    ("role", "is_staff"),
    [(User.Role.USER, False), (User.Role.MODERATOR, False), (User.Role.USER, True)],
)
def test_users_cannot_list_users(
    client_for: "ClientFor", role: User.Role, *, is_staff: bool
) -> None:
    victim = AdminFactory.create()
    client = client_for(UserFactory.create(role=role, is_staff=is_staff))

    response = client.get(reverse("user-list"), expected_status=HTTPStatus.FORBIDDEN)

    assert victim.email not in response.content.decode()


def test_demotion_takes_effect_with_the_next_request(
    admin: User, admin_client: "APITestClient"
) -> None:
    User.objects.filter(pk=admin.pk).update(role=User.Role.USER)

    admin_client.get(reverse("user-list"), expected_status=HTTPStatus.FORBIDDEN)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_admins_cannot_change_or_deactivate_a_superuser(
    admin_client: "APITestClient", method: str
) -> None:
    root = User.objects.create_superuser("root@example.com")
    before = stored_row(root)

    getattr(admin_client, method)(
        reverse("user-detail", args=[root.pk]),
        {"name": "Mallory", "role": "user"},
        expected_status=HTTPStatus.FORBIDDEN,
    )

    assert stored_row(root) == before


@pytest.mark.parametrize(
    "query",
    [
        "ordering=password",
        "ordering=-phone",
        "ordering=is_superuser,auth_sessions__token_digest",
        "password__startswith=argon2",
        "is_superuser=true",
        "auth_sessions__token_digest__startswith=0",
        "phone=1",
    ],
)
def test_filters_and_orders_do_not_reveal_hidden_columns(
    admin_client: "APITestClient", query: str
) -> None:
    UserFactory.create_batch(3)
    plain = admin_client.get(reverse("user-list")).json()

    probed = admin_client.get(f"{reverse('user-list')}?{query}").json()

    assert probed["results"] == plain["results"]
