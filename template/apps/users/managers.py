"""Managers."""

from typing import TYPE_CHECKING, override

from django.contrib.auth.models import BaseUserManager

from apps.users.normalization import normalize_email
from apps.users.validators import validate_mailbox

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from apps.users.models import User


class UserManager(BaseUserManager["User"]):
    """Creates and selects users."""

    def create_user(
        self, email: str, password: str | None = None, **fields: object
    ) -> "User":
        """Return a new user, saved.

        Args:
            email: The login; stored in its normalized form.
            password: In clear text; without one the user cannot log in.
            **fields: Values of other fields.

        Raises:
            ValueError: If the email address is empty.
        """
        if not email:
            message = "An email address is required."
            raise ValueError(message)
        user = self.model(email=normalize_email(email), **fields)
        validate_mailbox(user.email)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **fields: object
    ) -> "User":
        """Return a new user with all permissions, for `manage.py createsuperuser`.

        Args:
            email: The login; stored in its normalized form.
            password: In clear text.
            **fields: Values of other fields.
        """
        fields |= {"is_staff": True, "is_superuser": True, "role": "admin"}
        return self.create_user(email, password, **fields)

    @override
    def get_by_natural_key(self, username: str | None) -> "User":
        """Normalize the email address."""
        return super().get_by_natural_key(username and normalize_email(username))

    def active(self) -> "QuerySet[User]":
        """Return the users who are not deactivated."""
        return self.filter(is_active=True)

    def by_role(self, role: str) -> "QuerySet[User]":
        """Return the active users with a role.

        Args:
            role: One of `User.Role`.
        """
        return self.active().filter(role=role)
