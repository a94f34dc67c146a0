"""Tokens."""

import hashlib
from typing import TYPE_CHECKING

from django.utils import timezone
from rest_framework import authentication, exceptions

from users.models import Token

if TYPE_CHECKING:
    from users.models import User


class TokenAuthentication(authentication.TokenAuthentication):
    """Accepts `Authorization: Token …`."""

    def authenticate_credentials(self, key: str) -> "tuple[User, Token]":
        """Find the user behind a token."""
        digest = hashlib.sha256(key.encode()).hexdigest()
        token = (
            Token.objects.select_related("user")
            .filter(digest=digest, expires_at__gt=timezone.now(), user__is_active=True)
            .first()
        )
        if token is None:
            message = "Invalid or expired token."
            raise exceptions.AuthenticationFailed(message)
        return token.user, token
