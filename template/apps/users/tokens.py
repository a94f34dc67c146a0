"""The tokens clients hold."""

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, TypedDict

from django.conf import settings
from django.utils import timezone

if TYPE_CHECKING:
    from apps.users.models import AuthSession


class Credentials(TypedDict):
    """What a client gets when it logs in."""

    token: str


def issue(session: "AuthSession") -> Credentials:
    """Make the token of a session.

    Args:
        session: The session; it gets the token's digest and its end, and is not saved.

    Returns:
        The token: 43 url-safe characters that carry 256 random bits.
    """
    token = secrets.token_urlsafe(32)
    session.token_digest = digest(token)
    session.expires_at = timezone.now() + timedelta(days=settings.TOKEN_LIFETIME_DAYS)
    return {"token": token}


def digest(token: str) -> str:
    """Compute what is stored of a token.

    A plain hash is enough: unlike a password, a token cannot be guessed.

    Args:
        token: The token.

    Returns:
        64 hexadecimal digits.
    """
    return hashlib.sha256(token.encode()).hexdigest()
