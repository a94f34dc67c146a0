"""Reads."""

from decimal import Decimal
from typing import TYPE_CHECKING, overload

from django.db.models import Sum

from apps.invoices.models import Invoice, Line

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from apps.users.models import User


def visible_to(*, user: "User | AnonymousUser") -> "QuerySet[Invoice]":
    """Select what a user may see.

    Args:
        user: Who asks; admins see everything, anonymous users nothing.

    Returns:
        The invoices with their lines and receipts, the newest first.
    """
    invoices = Invoice.objects.prefetch_related("lines", "receipts")
    if not user.is_authenticated:
        return invoices.none()
    if not user.is_admin:
        invoices = invoices.filter(user=user)
    return invoices.order_by("-created_at", "pk")


@overload
def total(*, invoice: Invoice) -> Decimal: ...
@overload
def total(*, invoice: None) -> None: ...
def total(*, invoice: Invoice | None) -> Decimal | None:
    """Add up the lines.

    Args:
        invoice: The invoice, if there is one.

    Returns:
        The sum, or None without an invoice.
    """
    if invoice is None:
        return None
    found = Line.objects.filter(invoice=invoice).aggregate(total=Sum("amount"))
    result: Decimal = found["total"] or Decimal(0)
    return result
