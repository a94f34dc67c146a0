"""Attempts of staff to gain privileges in the admin, and to remove the last admin."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from apps.users.models import User
from apps.users.tests.factories import AdminFactory, UserFactory, fake_password
from apps.users.tests.rows import stored_row

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

PRIVILEGES: Final = {"role": "admin", "is_staff": "on", "is_superuser": "on"}
LAST_ADMIN: Final = "The last active admin"
LIMIT: Final = 10


@pytest.fixture
def staff() -> User:
    """Return a member of staff who can view, change and delete users."""
    user = UserFactory.create(is_staff=True)
    names = ("view_user", "change_user", "delete_user")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return user


@pytest.fixture
def staff_client(client: "Client", staff: User) -> "Client":
    """Return Django's test client, logged in to the admin as `staff`."""
    client.force_login(staff)
    return client


@pytest.fixture
def root() -> User:
    """Return a superuser."""
    email, password = "second@example.com", fake_password()
    return User.objects.create_superuser(email, password, name="Grace")


def change(client: "Client", user: User, **fields: object) -> str:
    """Submit the change form of a user and return the page."""
    url = reverse("admin:users_user_change", args=[user.pk])
    form = {"email": user.email, "name": user.name, "is_active": "on", **fields}
    return client.post(url, form, follow=True).content.decode()


def set_password(client: "Client", user: User) -> int:
    """Submit a new password of a user and return the status."""
    url = reverse("admin:auth_user_password_change", args=[user.pk])
    new = fake_password()
    form = {"usable_password": "true", "password1": new, "password2": new}
    return client.post(url, form).status_code


def delete(client: "Client", *users: User, how: str) -> None:
    """Submit the confirmation to delete users."""
    if how == "page":
        for user in users:
            url = reverse("admin:users_user_delete", args=[user.pk])
            client.post(url, {"post": "yes"})
    else:
        client.post(
            reverse("admin:users_user_changelist"),
            {
                "action": "delete_selected",
                "_selected_action": [user.pk for user in users],
                "post": "yes",
            },
        )


class TestStaff:
    def test_cannot_raise_their_own_privileges(
        self, staff_client: "Client", staff: User
    ) -> None:
        permissions = set(staff.get_all_permissions())
        wanted = Permission.objects.get(codename="delete_permission")

        change(staff_client, staff, **PRIVILEGES, user_permissions=[wanted.pk])

        staff = User.objects.get(pk=staff.pk)
        assert not staff.is_superuser
        assert staff.role == User.Role.USER
        assert staff.get_all_permissions() == permissions

    def test_can_change_the_data_but_not_the_privileges_of_users(
        self, staff_client: "Client", user: User
    ) -> None:
        change(staff_client, user, name="Ada", **PRIVILEGES)

        user.refresh_from_db()
        assert user.name == "Ada"
        assert not user.is_staff
        assert not user.is_superuser
        assert user.role == User.Role.USER

    @pytest.mark.parametrize(
        "privileges",
        [{"is_superuser": True}, {"is_staff": True}, {"role": "admin"}],
        ids=["superuser", "staff", "admin"],
    )
    def test_cannot_take_over_a_privileged_account(
        self, staff_client: "Client", privileges: dict[str, Any]
    ) -> None:
        AdminFactory.create()
        victim = UserFactory.create(**privileges)
        before = stored_row(victim)

        change(staff_client, victim, email="mallory@example.com", is_active="")
        status = set_password(staff_client, victim)
        delete(staff_client, victim, how="page")
        delete(staff_client, victim, how="action")

        assert status == HTTPStatus.FORBIDDEN
        assert stored_row(victim) == before

    def test_can_set_passwords_of_other_users(
        self, staff_client: "Client", user: User
    ) -> None:
        assert set_password(staff_client, user) == HTTPStatus.FOUND


class TestSuperuser:
    def test_can_change_privileges_and_passwords_of_superusers(
        self, superuser_client: "Client", root: User
    ) -> None:
        # `superuser_client` is the other superuser.
        change(superuser_client, root, role="user")
        status = set_password(superuser_client, root)

        assert status == HTTPStatus.FOUND
        assert User.objects.get(pk=root.pk).role == User.Role.USER


class TestLastAdmin:
    @pytest.mark.parametrize(
        "fields",
        [{"role": "user"}, {"role": "admin", "is_active": ""}],
        ids=["demotion", "deactivation"],
    )
    def test_is_not_changed(self, client: "Client", fields: dict[str, str]) -> None:
        root = User.objects.create_superuser("root@example.com", name="Grace")
        AdminFactory.create(is_active=False)
        client.force_login(root)

        page = change(client, root, is_staff="on", is_superuser="on", **fields)

        root.refresh_from_db()
        assert LAST_ADMIN in page
        assert root.is_admin
        assert root.is_active

    @pytest.mark.parametrize("how", ["page", "action"])
    def test_is_not_deleted(self, client: "Client", how: str) -> None:
        root = User.objects.create_superuser("root@example.com")
        admin = AdminFactory.create()
        client.force_login(root)

        delete(client, root, admin, how=how)

        assert User.objects.by_role("admin").exists()

    def test_the_others_can_be_demoted_and_deleted(
        self, superuser_client: "Client", admin: User
    ) -> None:
        other = AdminFactory.create()

        change(superuser_client, admin, role="user")
        delete(superuser_client, other, how="action")

        assert [user.email for user in User.objects.by_role("admin")] == [
            "root@example.com"
        ]


def test_own_password_form_has_the_limit_of_the_api(
    client: "Client", root: User
) -> None:
    password = fake_password()
    root.set_password(password)
    root.save()
    client.force_login(root)
    new = fake_password()
    form = {"new_password1": new, "new_password2": new}
    url = reverse("admin:password_change")
    for _attempt in range(LIMIT):
        page = client.post(url, {**form, "old_password": "wrong"})
        assert "Too many attempts" not in page.content.decode()

    page = client.post(url, {**form, "old_password": password})

    assert "Too many attempts" in page.content.decode()
    root.refresh_from_db()
    assert root.check_password(password)
