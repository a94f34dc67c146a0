"""Models."""

import hashlib
from typing import ClassVar, override

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from apps.core.fields import EncryptedTextField
from apps.core.models import BaseModel, TimeStampedModel, UUIDModel
from apps.users.managers import UserManager
from apps.users.normalization import normalize_email, normalize_password
from apps.users.validators import validate_display_name, validate_mailbox


class User(UUIDModel, TimeStampedModel, AbstractBaseUser, PermissionsMixin):
    """An account that logs in with its email address."""

    class Role(models.TextChoices):
        """Role in the API; independent of `is_staff`."""

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
    is_staff = models.BooleanField(default=False, help_text="Can log in to the admin.")

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        """Model options."""

        constraints = (
            # Together with the unique column: addresses are unique, ignoring case.
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="users_email_lower"
            ),
        )
        # For ordering and filtering of lists. The trigram indexes for `?search=` exist
        # only on PostgreSQL, so migration 0002 creates them, not the model.
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
        """Return the email address."""
        return self.email

    @override
    def clean(self) -> None:
        """Normalize the email address, and validate it and the name."""
        super().clean()
        self.email = normalize_email(self.email)
        validate_mailbox(self.email)
        validate_display_name(self.name)

    @override
    def set_password(self, raw_password: str | None) -> None:
        """Normalize the password."""
        super().set_password(normalize_password(raw_password))

    @override
    def check_password(self, raw_password: str | None) -> bool:
        """Normalize the password."""
        return super().check_password(normalize_password(raw_password))

    @override
    async def acheck_password(self, raw_password: str | None) -> bool:
        """Normalize the password."""
        return await super().acheck_password(normalize_password(raw_password))

    @property
    def is_admin(self) -> bool:
        """Whether the user has the admin role."""
        return self.role == self.Role.ADMIN

    @property
    def is_privileged(self) -> bool:
        """Whether the user has more rights than a user who registered."""
        return self.is_superuser or self.is_staff or self.role != self.Role.USER

    @property
    def password_digest(self) -> str:
        """Hash of the password hash, to detect sessions of an old password."""
        return hashlib.sha256(self.password.encode()).hexdigest()


class AuthSession(BaseModel):
    """Login session of a user, with the hash of its token.

    Ends at logout, at `expires_at`, and when the user is inactive or changes password.
    """

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="auth_sessions"
    )
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    password_digest = models.CharField(max_length=64, editable=False)
    expires_at = models.DateTimeField(db_index=True)

    @override
    def __str__(self) -> str:
        """Return the primary key, which is not a secret."""
        return str(self.pk)
