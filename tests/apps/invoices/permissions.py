"""Permission classes."""

from apps.core.permissions import IsOwnerOrAdmin


class IsInvoiceOwnerOrAdmin(IsOwnerOrAdmin):
    """Allows the owner of an invoice, and admins."""
