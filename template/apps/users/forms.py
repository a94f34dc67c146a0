"""Forms of the administration."""

from typing import Any, override

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.throttling import LoginThrottle


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
