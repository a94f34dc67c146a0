"""Permission classes."""

from apps.core.permissions import IsOwnerOrAdmin


class IsInvoiceOwnerOrAdmin(IsOwnerOrAdmin):
    """Allows the user an invoice belongs to, and admins."""
