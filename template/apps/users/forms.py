"""Forms of the administration."""

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
    """The administration's login, which counts with the API's (`THROTTLE_LOGIN`)."""

    @override
    def clean(self) -> dict[str, Any]:
        """Check the credentials, unless too many were tried.

        Raises:
            ValidationError: If the client is over its rate or the credentials are wrong.

        Returns:
            The credentials.
        """
        if self.request is not None and not LoginThrottle().allow_request(
            Request(self.request), APIView()
        ):
            message = "Too many attempts. Try again later."
            raise ValidationError(message, code="throttled")
        return super().clean()


class OwnPasswordForm(AdminPasswordChangeForm):
    """The administration's change of one's own password, which ends all sessions."""

    user: "User"

    @override
    def save(self, commit: bool = True) -> "User":
        """Store the password.

        Args:
            commit: Whether to store it now.

        Returns:
            The user.
        """
        super().save(commit=commit)
        services.settle(user=self.user)
        return self.user
