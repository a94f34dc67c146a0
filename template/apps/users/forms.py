"""Forms of the admin."""

from typing import TYPE_CHECKING, Any, override

from django.contrib.admin.forms import (
    AdminAuthenticationForm,
    AdminPasswordChangeForm,
)
from django.core.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.throttling import LoginThrottle
from apps.users import services

if TYPE_CHECKING:
    from apps.users.models import User


class ThrottledLoginForm(AdminAuthenticationForm):
    """Login form that shares the rate limit of the API's login (`THROTTLE_LOGIN`)."""

    @override
    def clean(self) -> dict[str, Any]:
        """Check the rate limit before the password."""
        if self.request is not None and not LoginThrottle().allow_request(
            Request(self.request), APIView()
        ):
            message = "Too many attempts. Try again later."
            raise ValidationError(message, code="throttled")
        return super().clean()


class OwnPasswordForm(AdminPasswordChangeForm):
    """Form to change one's own password, which ends all sessions."""

    user: "User"

    @override
    def save(self, commit: bool = True) -> "User":
        """End the sessions of the old password."""
        super().save(commit=commit)
        services.invalidate_user(user=self.user)
        return self.user
