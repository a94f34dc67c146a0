"""Models."""

import hashlib
from typing import ClassVar, override

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from apps.core.fields import EncryptedTextField
from apps.core.models import BaseModel, TimeStampedModel, UUIDModel
from apps.users.managers import UserManager


class User(UUIDModel, TimeStampedModel, AbstractBaseUser, PermissionsMixin):
    """An account, whose e-mail address is its login."""

    class Role(models.TextChoices):
        """What a user may do through the API."""

        ADMIN = "admin", "Admin"
        MODERATOR = "moderator", "Moderator"
        USER = "user", "User"

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=255)
    phone = EncryptedTextField(max_length=32, blank=True, default="")
    role = models.CharField(max_length=20, choices=Role, default=Role.USER)
    is_active = models.BooleanField(
        default=True, help_text="Deactivate an account instead of deleting it."
    )
    is_staff = models.BooleanField(
        default=False, help_text="May log in to the administration."
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        """Model options."""

        constraints = (
            # With the unique column this makes an address unique in any capitals.
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="users_email_lower"
            ),
        )
        # For the orders and filters of lists. What `?search=` needs, PostgreSQL's
        # trigrams, is no index of other databases; a migration makes it by itself.
        indexes = (
            models.Index(
                fields=("-created_at", "id"),
                condition=models.Q(is_active=True),
                name="users_active_created",
            ),
            models.Index(
                fields=("role", "-created_at", "id"),
                condition=models.Q(is_active=True),
                name="users_active_role",
            ),
            models.Index(
                fields=("name", "id"),
                condition=models.Q(is_active=True),
                name="users_active_name",
            ),
        )

    @override
    def __str__(self) -> str:
        """Name the user in the administration.

        Returns:
            The e-mail address.
        """
        return self.email

    @override
    def clean(self) -> None:
        """Bring the e-mail address to the form in which it is stored."""
        super().clean()
        self.email = self.email.lower()

    @property
    def is_admin(self) -> bool:
        """Whether the user has the admin role."""
        return self.role == self.Role.ADMIN

    @property
    def password_digest(self) -> str:
        """What sessions remember of the password they began with."""
        return hashlib.sha256(self.password.encode()).hexdigest()


class AuthSession(BaseModel):
    """One login of a user.

    It ends by logout, by time, with the account, and when the password is changed, in
    whatever way. Only a digest of the token is stored, so a copy of the table opens
    nothing.
    """

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="auth_sessions"
    )
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    password_digest = models.CharField(max_length=64, editable=False)
    expires_at = models.DateTimeField(db_index=True)

    @override
    def __str__(self) -> str:
        """Name the session in the administration.

        Returns:
            Its primary key, which is no secret.
        """
        return str(self.pk)
