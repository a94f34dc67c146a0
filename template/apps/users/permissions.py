"""Permission classes."""

from typing import TYPE_CHECKING, override

from apps.core.permissions import IsOwnerOrAdmin

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class IsSelfOrAdmin(IsOwnerOrAdmin):
    """Allows users to access their own record, and admins every record."""

    owner_field = "pk"

    @override
    def has_permission(self, request: "Request", view: "APIView") -> bool:
        """Compare the primary key in the URL with the authenticated user."""
        if not request.user.is_authenticated:
            return False
        # Uses only the URL, so that the response does not reveal which users exist.
        return request.user.is_admin or view.kwargs["pk"] == request.user.pk
