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
    """Return the invoices that a user may see, newest first.

    Args:
        user: Who asks; admins see everything, anonymous users nothing.
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
    """Return the sum of the lines, or None without an invoice.

    Args:
        invoice: The invoice, if there is one.
    """
    if invoice is None:
        return None
    found = Line.objects.filter(invoice=invoice).aggregate(total=Sum("amount"))
    result: Decimal = found["total"] or Decimal(0)
    return result
