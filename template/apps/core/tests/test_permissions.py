"""Tests of the shared permission classes."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from django.contrib.auth.models import AnonymousUser
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from apps.core.permissions import IsAdminUser, IsOwnerOrAdmin
from apps.users.tests.factories import AdminFactory, UserFactory

if TYPE_CHECKING:
    from rest_framework.request import Request

    from apps.users.models import User

pytestmark = pytest.mark.django_db


def request_of(user: "User | AnonymousUser") -> "Request":
    """Make a request of a user."""
    request = APIView().initialize_request(APIRequestFactory().get("/"))
    request.user = user
    return request


def test_admin_is_a_role() -> None:
    staff = UserFactory.create(is_staff=True)

    assert IsAdminUser().has_permission(request_of(AdminFactory.create()), APIView())
    assert not IsAdminUser().has_permission(request_of(staff), APIView())
    assert not IsAdminUser().has_permission(request_of(AnonymousUser()), APIView())


def test_object_belongs_to_its_owner() -> None:
    owner = UserFactory.create()
    thing = cast("Any", SimpleNamespace(user_id=owner.pk))

    def may(user: "User | AnonymousUser") -> bool:
        return IsOwnerOrAdmin().has_object_permission(
            request_of(user), APIView(), thing
        )

    assert may(owner)
    assert may(AdminFactory.create())
    assert not may(UserFactory.create())
    assert not may(AnonymousUser())
