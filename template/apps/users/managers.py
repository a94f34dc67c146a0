"""Managers."""

from typing import TYPE_CHECKING, override

from django.contrib.auth.models import BaseUserManager

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from apps.users.models import User


class UserManager(BaseUserManager["User"]):
    """Makes users and names the common sets of them."""

    def create_user(
        self, email: str, password: str | None = None, **fields: object
    ) -> "User":
        """Make a user.

        Args:
            email: The login; stored in lower case.
            password: The clear password; without one the user cannot log in.
            **fields: Values of other fields.

        Raises:
            ValueError: If the e-mail address is empty.
            IntegrityError: If the e-mail address is taken.

        Returns:
            The saved user.
        """
        if not email:
            message = "An e-mail address is required."
            raise ValueError(message)
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **fields: object
    ) -> "User":
        """Make a user who may do everything; `createsuperuser` calls this.

        Args:
            email: The login.
            password: The clear password.
            **fields: Values of other fields.

        Returns:
            The saved user.
        """
        fields |= {"is_staff": True, "is_superuser": True, "role": "admin"}
        return self.create_user(email, password, **fields)

    @override
    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a user by login, however it is capitalised.

        Args:
            username: The e-mail address.

        Raises:
            User.DoesNotExist: If there is none.

        Returns:
            The user.
        """
        return super().get_by_natural_key(username and username.lower())

    def active(self) -> "QuerySet[User]":
        """Select the users who have not been deactivated.

        Returns:
            The users.
        """
        return self.filter(is_active=True)

    def by_role(self, role: str) -> "QuerySet[User]":
        """Select the active users with a role.

        Args:
            role: One of `User.Role`.

        Returns:
            The users.
        """
        return self.active().filter(role=role)
