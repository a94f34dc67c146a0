"""Tests of the shared permission classes."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from django.contrib.auth.models import AnonymousUser
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from apps.core.permissions import HasAdminRole, IsOwnerOrAdmin
from apps.users.tests.factories import AdminFactory, UserFactory

if TYPE_CHECKING:
    from rest_framework.request import Request

    from apps.users.models import User

pytestmark = pytest.mark.django_db


def request_of(user: "User | AnonymousUser") -> "Request":
    """Return a request of a user."""
    request = APIView().initialize_request(APIRequestFactory().get("/"))
    request.user = user
    return request


def has_admin_role(user: "User | AnonymousUser") -> bool:
    """Ask `HasAdminRole`."""
    return HasAdminRole().has_permission(request_of(user), APIView())


def may_access(user: "User | AnonymousUser", *, owner: "User") -> bool:
    """Ask `IsOwnerOrAdmin` about an object of `owner`."""
    obj = cast("Any", SimpleNamespace(user_id=owner.pk))
    return IsOwnerOrAdmin().has_object_permission(request_of(user), APIView(), obj)


def test_admin_role_is_required_and_staff_status_is_not_enough() -> None:
    assert has_admin_role(AdminFactory.create())
    assert not has_admin_role(UserFactory.create(is_staff=True))
    assert not has_admin_role(AnonymousUser())


def test_object_is_accessible_to_its_owner_and_to_admins() -> None:
    owner = UserFactory.create()

    assert may_access(owner, owner=owner)
    assert may_access(AdminFactory.create(), owner=owner)
    assert not may_access(UserFactory.create(), owner=owner)
    assert not may_access(AnonymousUser(), owner=owner)
