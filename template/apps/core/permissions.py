"""Permission classes shared by the apps."""

from typing import TYPE_CHECKING, override

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission, IsAuthenticated

if TYPE_CHECKING:
    # The type checker's name for AUTH_USER_MODEL: core imports no app.
    from django.contrib.auth.models import _User
    from django.db.models import Model
    from rest_framework.request import Request
    from rest_framework.views import APIView


def authenticated_user(request: "Request") -> "_User":
    """Return the user of a request that requires authentication.

    Raises:
        NotAuthenticated: If the view's permission classes allow anonymous requests.
    """
    if request.user.is_authenticated:
        return request.user
    raise NotAuthenticated


class HasAdminRole(BasePermission):
    """Allows users with the admin role, which is not Django's `is_staff`."""

    @override
    def has_permission(self, request: "Request", view: "APIView") -> bool:
        """Require an authenticated user with `is_admin`."""
        return request.user.is_authenticated and request.user.is_admin


class IsOwnerOrAdmin(IsAuthenticated):
    """Allows users with the admin role, and the user whose key is in `owner_field`."""

    owner_field = "user_id"

    @override
    def has_object_permission(
        self, request: "Request", view: "APIView", obj: "Model"
    ) -> bool:
        """Compare `owner_field` with the user's primary key."""
        if not request.user.is_authenticated:
            return False
        owner: object = getattr(obj, self.owner_field)
        return request.user.is_admin or owner == request.user.pk
