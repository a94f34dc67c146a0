"""Forms of the admin."""

from typing import Any, override

from django.contrib.admin.forms import (
    AdminAuthenticationForm,
    AdminPasswordChangeForm,
)
from django.contrib.auth.forms import UserChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.client_address import get_client_address
from apps.core.exceptions import ForbiddenError
from apps.core.throttling import LoginThrottle
from apps.users import password_attempts, privileges, services
from apps.users.models import User


class ThrottledLoginForm(AdminAuthenticationForm):
    """Login form with the limits of the API's login."""

    @override
    def clean(self) -> dict[str, Any]:
        """Check the limits before the password."""
        if self.request is None:
            return super().clean()
        request = Request(self.request)
        email = self.cleaned_data.get("username", "")
        _check_rate(request)
        try:
            with password_attempts.counted(email, get_client_address(request)):
                return super().clean()
        except Throttled:
            raise _too_many_attempts() from None


class OwnPasswordForm(AdminPasswordChangeForm):
    """Form to change one's own password, which ends all sessions.

    Shares the rate limit of the API's change of password (`THROTTLE_LOGIN`).
    """

    user: User

    @override
    def clean_old_password(self) -> str:
        """Check the rate limit before the password."""
        request = Request(HttpRequest())
        request.user = self.user
        _check_rate(request)
        return super().clean_old_password()

    @override
    def save(self, commit: bool = True) -> User:
        """End the sessions of the old password."""
        super().save(commit=commit)
        services.invalidate_user(user=self.user)
        return self.user


class UserForm(UserChangeForm[User]):
    """Form to change a user; keeps the last active admin."""

    @override
    def clean(self) -> dict[str, Any] | None:
        """Check that an active admin remains; the admin's view has a transaction."""
        data = super().clean()
        values = {"role": self.instance.role, "is_active": self.instance.is_active}
        values |= self.cleaned_data
        if values["role"] != User.Role.ADMIN or not values["is_active"]:
            try:
                privileges.check_admin_remains(without=[self.instance])
            except ForbiddenError as error:
                raise ValidationError(str(error.detail), code="last_admin") from None
        return data


def _check_rate(request: Request) -> None:
    """Count an attempt by the user or, if anonymous, by the address of a request."""
    if not LoginThrottle().allow_request(request, APIView()):
        raise _too_many_attempts()


def _too_many_attempts() -> ValidationError:
    """Return the error of a form whose limit is exceeded."""
    return ValidationError("Too many attempts. Try again later.", code="throttled")
