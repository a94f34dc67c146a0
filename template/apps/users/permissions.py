"""Permission classes."""

from typing import TYPE_CHECKING, override

from apps.core.permissions import IsOwnerOrAdmin

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class IsSelfOrAdmin(IsOwnerOrAdmin):
    """Allows users the URL of their own record, and admins every one.

    The URL alone decides, so that a stranger cannot tell which users exist.
    """

    owner_field = "pk"

    @override
    def has_permission(self, request: "Request", view: "APIView") -> bool:
        """Compare the user in the URL with the one who asks.

        Args:
            request: The request.
            view: The view, with the primary key in its URL.

        Returns:
            Whether they are the same or an admin asks.
        """
        if not request.user.is_authenticated:
            return False
        return request.user.is_admin or view.kwargs["pk"] == request.user.pk
