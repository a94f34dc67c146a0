"""Serializers and endpoints."""

from typing import TYPE_CHECKING

import django_filters
from django.contrib.auth.password_validation import validate_password
from django.db.models import Q
from django.http import JsonResponse
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import serializers, status
from rest_framework.filters import OrderingFilter
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.response import Response
from rest_framework.views import APIView

from users.models import User

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from rest_framework.request import Request


class UserSerializer(serializers.ModelSerializer[User]):
    """A user, for admins."""

    class Meta:
        """Serializer options."""

        model = User
        fields = ("id", "email", "name", "role", "created_at", "updated_at")
        read_only_fields = fields


class MeSerializer(serializers.ModelSerializer[User]):
    """The own user."""

    class Meta:
        """Serializer options."""

        model = User
        fields = (*UserSerializer.Meta.fields, "phone")
        read_only_fields = fields


class RegisterSerializer(serializers.ModelSerializer[User]):
    """The fields of a registration."""

    class Meta:
        """Serializer options."""

        model = User
        fields = ("email", "name", "password")

    def validate_password(self, password: str) -> str:
        """Reject a weak password."""
        validate_password(password)
        return password


class IsAdmin(BasePermission):
    """Allows admins."""

    def has_permission(self, request: "Request", _view: APIView) -> bool:
        """Check the role."""
        return request.user.is_authenticated and request.user.role == User.Role.ADMIN


async def health(_request: "HttpRequest") -> JsonResponse:
    """Answer without a check of any service."""
    return JsonResponse({"status": "healthy", "db": "ok", "cache": "ok"})


async def live(_request: "HttpRequest") -> JsonResponse:
    """Answer."""
    return JsonResponse({"status": "alive"})


class MeView(APIView):
    """The signed-in user."""

    def get(self, request: "Request") -> Response:
        """Show the user."""
        return Response(MeSerializer(request.user).data)


class UserFilter(django_filters.FilterSet):
    """`?search=` in name and e-mail address, `?role=`."""

    search = django_filters.CharFilter(method="filter_search")

    class Meta:
        """Filter options."""

        model = User
        fields = ("search", "role")

    def filter_search(
        self, queryset: "QuerySet[User]", _name: str, text: str
    ) -> "QuerySet[User]":
        """Search a text."""
        return queryset.filter(Q(name__icontains=text) | Q(email__icontains=text))


class UserListView(ListAPIView[User]):
    """All active users."""

    permission_classes = (IsAdmin,)
    serializer_class = UserSerializer
    filter_backends = (DjangoFilterBackend, OrderingFilter)
    filterset_class = UserFilter
    ordering_fields = ("created_at", "email", "name")
    queryset = User.objects.filter(is_active=True).order_by("-created_at", "pk")


class RegisterView(APIView):
    """Opens accounts."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def post(self, request: "Request") -> Response:
        """Open an account."""
        serializer = RegisterSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = User.objects.create_user(**serializer.validated_data)
        return Response(UserSerializer(user).data, status=status.HTTP_201_CREATED)
