"""Writes and their business rules."""

import logging
from typing import TYPE_CHECKING, TypedDict

from django.db import IntegrityError, transaction

from apps.core.exceptions import ConflictError
from apps.invoices.models import Invoice, Line, Receipt
from apps.users import selectors as user_selectors

if TYPE_CHECKING:
    from decimal import Decimal

    from django.core.files.uploadedfile import UploadedFile

    from apps.users.models import User

logger = logging.getLogger(__name__)


class LineData(TypedDict):
    """The data of a line."""

    text: str
    amount: "Decimal"


def create(*, user: "User", number: str, lines: list[LineData]) -> Invoice:
    """Create an invoice with its lines.

    Args:
        user: Whose it is.
        number: Its number.
        lines: What it asks for, in order.

    Raises:
        ConflictError: If the user has used the number before.

    Returns:
        The saved invoice.
    """
    invoice = Invoice(user=user, number=number)
    invoice.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            invoice.save()
            _write_lines(invoice, lines)
    except IntegrityError:
        message = f"You have an invoice {number} already."
        raise ConflictError(message) from None
    return invoice


@transaction.atomic
def replace_lines(*, invoice: Invoice, lines: list[LineData]) -> Invoice:
    """Replace the lines of an invoice.

    Args:
        invoice: The invoice.
        lines: What it asks for from now on, in order.

    Raises:
        ConflictError: If the invoice has been sent.

    Returns:
        The saved invoice.
    """
    if not invoice.is_editable:
        message = "An invoice that was sent does not change."
        raise ConflictError(message)
    invoice.lines.all().delete()
    _write_lines(invoice, lines)
    invoice.save(update_fields=["updated_at"])
    return invoice


def attach(*, invoice: Invoice, file: "UploadedFile[bytes]") -> Receipt:
    """Store a proof of payment and mark the invoice as paid.

    Args:
        invoice: The invoice.
        file: What was uploaded.

    Returns:
        The saved receipt.
    """
    with transaction.atomic():
        receipt = Receipt(invoice=invoice, size=file.size or 0)
        receipt.file.save(file.name or "receipt", file, save=True)
        invoice.status = Invoice.Status.PAID
        invoice.save(update_fields=["status", "updated_at"])
    transaction.on_commit(lambda: _notify(invoice))
    return receipt


def delete_receipt(*, receipt: Receipt) -> None:
    """Delete a receipt, and its file after the commit.

    Args:
        receipt: The receipt.
    """
    storage, name = receipt.file.storage, receipt.file.name or ""
    receipt.delete()
    transaction.on_commit(lambda: storage.delete(name))


def _write_lines(invoice: Invoice, lines: list[LineData]) -> None:
    """Store lines in their order."""
    Line.objects.bulk_create(
        Line(invoice=invoice, position=position, **line)
        for position, line in enumerate(lines)
    )


def _notify(invoice: Invoice) -> None:
    """Log that an invoice is paid."""
    profile = user_selectors.by_id(user_id=invoice.user_id)
    logger.info("Invoice paid", extra={"known_user": profile is not None})
