"""Permission classes shared by the apps."""

from typing import TYPE_CHECKING, override

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission, IsAuthenticated

if TYPE_CHECKING:
    from django.db.models import Model
    from rest_framework.request import Request
    from rest_framework.views import APIView

    from apps.users.models import User


def authenticated_user(request: "Request") -> "User":
    """Name the user of a request that a permission class has let through.

    Args:
        request: The request.

    Raises:
        NotAuthenticated: If the permission classes of the view let anybody through.

    Returns:
        The user.
    """
    if request.user.is_authenticated:
        return request.user
    raise NotAuthenticated


class IsAdminUser(BasePermission):
    """Allows users with the admin role, which is not Django's `is_staff`."""

    @override
    def has_permission(self, request: "Request", view: "APIView") -> bool:
        """Check the role.

        Args:
            request: The request.
            view: The view it is for.

        Returns:
            Whether the user is an admin.
        """
        return request.user.is_authenticated and request.user.is_admin


class IsOwnerOrAdmin(IsAuthenticated):
    """Allows the user an object belongs to, and admins.

    Attributes:
        owner_field: The object's field that holds its owner's primary key.
    """

    owner_field = "user_id"

    @override
    def has_object_permission(
        self, request: "Request", view: "APIView", obj: "Model"
    ) -> bool:
        """Compare the object's owner with the user.

        Args:
            request: The request.
            view: The view it is for.
            obj: The object that is read or changed.

        Returns:
            Whether the user owns the object or is an admin.
        """
        if not request.user.is_authenticated:
            return False
        owner: object = getattr(obj, self.owner_field)
        return request.user.is_admin or owner == request.user.pk
