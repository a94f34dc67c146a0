"""Serializers."""

from typing import TYPE_CHECKING, Any, ClassVar, Final

from rest_framework import serializers

from apps.invoices.models import Invoice, Line, Receipt

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

MAX_BYTES: Final = 100_000


class LineSerializer(serializers.ModelSerializer[Line]):
    """A line in a request or response."""

    class Meta:
        """Serializer options."""

        model = Line
        fields: ClassVar[list[str]] = ["text", "amount"]


class ReceiptSerializer(serializers.ModelSerializer[Receipt]):
    """A receipt in a response."""

    class Meta:
        """Serializer options."""

        model = Receipt
        fields: ClassVar[list[str]] = ["id", "size", "created_at"]
        read_only_fields = fields


class InvoiceSerializer(serializers.ModelSerializer[Invoice]):
    """An invoice in a response."""

    lines = LineSerializer(many=True, read_only=True)
    receipts = ReceiptSerializer(many=True, read_only=True)

    class Meta:
        """Serializer options."""

        model = Invoice
        fields: ClassVar[list[str]] = ["id", "number", "status", "lines", "receipts"]
        read_only_fields = fields


class InvoiceWriteSerializer(serializers.Serializer[None]):
    """A request to create an invoice."""

    number = serializers.CharField(max_length=20)
    lines = LineSerializer(many=True, allow_empty=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Reject an invoice with the sum zero.

        Args:
            attrs: The fields, each of them valid.

        Raises:
            ValidationError: If the lines add up to nothing.

        Returns:
            The fields.
        """
        if not sum(line["amount"] for line in attrs["lines"]):
            raise serializers.ValidationError({"lines": "They add up to nothing."})
        attrs.update(number=attrs["number"].upper())
        return attrs


class LinesSerializer(serializers.Serializer[None]):
    """A request to change an invoice."""

    lines = LineSerializer(many=True, allow_empty=False)


class ReceiptUploadSerializer(serializers.Serializer[None]):
    """An uploaded receipt."""

    file = serializers.FileField()

    def validate_file(self, file: "UploadedFile[bytes]") -> "UploadedFile[bytes]":
        """Reject large files.

        Args:
            file: What was uploaded.

        Raises:
            ValidationError: If it is too large.

        Returns:
            The file.
        """
        if (file.size or 0) > MAX_BYTES:
            message = "The file is too large."
            raise serializers.ValidationError(message)
        return file
