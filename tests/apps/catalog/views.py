"""HTTP endpoints."""

from typing import TYPE_CHECKING, override

from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import action
from rest_framework.filters import OrderingFilter
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.catalog import selectors
from apps.catalog.filters import ProductFilter
from apps.catalog.models import Product
from apps.catalog.serializers import (
    CategorySerializer,
    ProductSerializer,
    RevenueQuerySerializer,
    RevenueSerializer,
)
from apps.core.permissions import HasAdminRole
from apps.users.authentication import TokenAuthentication

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class ProductViewSet(ReadOnlyModelViewSet[Product]):
    """List or retrieve published products."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = ProductSerializer
    filter_backends = (DjangoFilterBackend, OrderingFilter)
    filterset_class = ProductFilter
    ordering_fields = ("name", "price")
    lookup_field = "slug"

    @override
    def get_queryset(self) -> "QuerySet[Product]":
        """Return the published products."""
        return selectors.products()

    @extend_schema(responses=CategorySerializer)
    @action(detail=True)
    def category(self, _request: "Request", **_kwargs: str) -> Response:
        """Return the category of a product."""
        return Response(CategorySerializer(self.get_object().category).data)


class RevenueView(APIView):
    """Revenue report for admins."""

    authentication_classes = (TokenAuthentication, SessionAuthentication)
    permission_classes = (HasAdminRole,)

    @extend_schema(parameters=[RevenueQuerySerializer], responses=RevenueSerializer)
    def get(self, request: "Request") -> Response:
        """Return the revenue of each month."""
        query = RevenueQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        summary = selectors.summary(**query.validated_data)
        return Response(RevenueSerializer(summary).data)
