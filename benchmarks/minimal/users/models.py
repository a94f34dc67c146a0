"""Models: the fields and indexes of the template's, with nothing encrypted."""

import uuid
from typing import ClassVar

from django.contrib.auth.models import (
    AbstractBaseUser,
    BaseUserManager,
    PermissionsMixin,
)
from django.db import models


class UserManager(BaseUserManager["User"]):
    """Makes users."""

    def create_user(self, email: str, password: str, **fields: object) -> "User":
        """Make a user with a hashed password."""
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """An account."""

    class Role(models.TextChoices):
        """What a user may do."""

        ADMIN = "admin"
        MODERATOR = "moderator"
        USER = "user"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=255)
    phone = models.CharField(max_length=32, blank=True, default="")
    role = models.CharField(max_length=20, choices=Role, default=Role.USER)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    updated_at = models.DateTimeField(auto_now=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"

    class Meta:
        """Model options."""

        indexes = (
            models.Index(fields=("role", "-created_at"), name="users_role_created"),
        )

    def __str__(self) -> str:
        """Return the e-mail address."""
        return self.email


class Token(models.Model):
    """A client's token; only its digest is stored."""

    digest = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        """Return the owner."""
        return str(self.user_id)
