"""HTTP endpoints."""

from http import HTTPStatus
from typing import TYPE_CHECKING, override

from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.generics import GenericAPIView, ListAPIView, get_object_or_404
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from apps.core.permissions import authenticated_user
from apps.invoices import selectors, services
from apps.invoices.models import Invoice
from apps.invoices.permissions import IsInvoiceOwnerOrAdmin
from apps.invoices.serializers import (
    InvoiceSerializer,
    InvoiceWriteSerializer,
    LinesSerializer,
    ReceiptSerializer,
    ReceiptUploadSerializer,
)
from apps.users.authentication import TokenAuthentication

if TYPE_CHECKING:
    import uuid

    from django.db.models import QuerySet
    from rest_framework.request import Request


class InvoiceBaseView(GenericAPIView[Invoice]):
    """Base class of the views of one invoice."""

    serializer_class = InvoiceSerializer

    @override
    def get_queryset(self) -> "QuerySet[Invoice]":
        """Return the invoices that the user may see."""
        return selectors.visible_to(user=self.request.user)


class InvoiceListView(ListAPIView[Invoice]):
    """List the user's invoices; admins see all."""

    authentication_classes = (TokenAuthentication, SessionAuthentication)
    permission_classes = (IsAuthenticated,)
    serializer_class = InvoiceSerializer

    @override
    def get_queryset(self) -> "QuerySet[Invoice]":
        """Return the invoices that the user may see."""
        return selectors.visible_to(user=self.request.user)

    @extend_schema(
        request=InvoiceWriteSerializer,
        responses={HTTPStatus.CREATED: InvoiceSerializer},
    )
    def post(self, request: "Request") -> Response:
        """Create an invoice with its lines."""
        serializer = InvoiceWriteSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = authenticated_user(request)
        invoice = services.create(user=user, **serializer.validated_data)
        return Response(InvoiceSerializer(invoice).data, status=HTTPStatus.CREATED)


class InvoiceView(InvoiceBaseView):
    """Read or change an invoice."""

    authentication_classes = (TokenAuthentication, SessionAuthentication)
    permission_classes = (IsInvoiceOwnerOrAdmin,)

    @extend_schema(responses=InvoiceSerializer)
    def get(self, request: "Request", pk: "uuid.UUID") -> Response:
        """Return an invoice."""
        invoice = get_object_or_404(selectors.visible_to(user=request.user), pk=pk)
        return Response(InvoiceSerializer(invoice).data)

    @extend_schema(request=LinesSerializer, responses=InvoiceSerializer)
    def put(self, request: "Request", **_kwargs: "uuid.UUID") -> Response:
        """Replace the lines of an invoice."""
        serializer = LinesSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        lines = serializer.validated_data["lines"]
        services.replace_lines(invoice=self.get_object(), lines=lines)
        return Response(InvoiceSerializer(self.get_object()).data)


class ReceiptView(InvoiceBaseView):
    """The receipts of an invoice."""

    authentication_classes = (TokenAuthentication, SessionAuthentication)
    permission_classes = (IsInvoiceOwnerOrAdmin,)
    parser_classes = (MultiPartParser,)

    @extend_schema(
        request=ReceiptUploadSerializer,
        responses={HTTPStatus.CREATED: ReceiptSerializer},
    )
    def post(self, request: "Request", **_kwargs: "uuid.UUID") -> Response:
        """Upload a receipt."""
        serializer = ReceiptUploadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        receipt = services.attach(
            invoice=self.get_object(), **serializer.validated_data
        )
        return Response(ReceiptSerializer(receipt).data, status=HTTPStatus.CREATED)
