"""Models."""

from typing import override

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator
from django.db import models

from apps.core.models import BaseModel


class Invoice(BaseModel):
    """An invoice of a user."""

    class Status(models.TextChoices):
        """The status of an invoice."""

        DRAFT = "draft"
        SENT = "sent"
        PAID = "paid"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="invoices"
    )
    number = models.CharField(max_length=20)
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.DRAFT
    )

    class Meta:
        """Model options."""

        constraints = (
            models.UniqueConstraint(
                fields=("user", "number"), name="invoice_number_unique_for_user"
            ),
        )

    @override
    def __str__(self) -> str:
        """Return the number, which the admin shows."""
        return self.number

    @override
    def clean(self) -> None:
        """Reject values that are invalid in combination."""
        if not self.number.strip():
            raise ValidationError({"number": "A number has to be readable."})

    @property
    def is_editable(self) -> bool:
        """Whether the lines can still change."""
        return self.status == self.Status.DRAFT


class Line(BaseModel):
    """A line of an invoice."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        """Model options."""

        ordering = ("position",)

    @override
    def __str__(self) -> str:
        """Return the text, which the admin shows."""
        return self.text


class Receipt(BaseModel):
    """A proof of payment."""

    invoice = models.ForeignKey(
        Invoice, on_delete=models.CASCADE, related_name="receipts"
    )
    file = models.FileField(
        upload_to="receipts/%Y/%m/",
        validators=[FileExtensionValidator(["pdf", "png", "jpg"])],
    )
    size = models.PositiveIntegerField()

    @override
    def __str__(self) -> str:
        """Return the file name, which the admin shows."""
        return self.file.name or ""
