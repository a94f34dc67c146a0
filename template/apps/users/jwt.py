"""The JSON Web Tokens clients hold.

They carry the identity of a session and no claim about its user: role and activity are
read from the database with the session, so that neither outlives a change.
"""

import hashlib
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, TypedDict

import jwt
from django.conf import settings
from django.utils import timezone

if TYPE_CHECKING:
    from datetime import datetime

    from apps.users.models import AuthSession

type Kind = Literal["access", "refresh"]

ALGORITHM: Final = "HS256"
REQUIRED_CLAIMS: Final = ("exp", "iat", "jti", "sid", "typ")


class Credentials(TypedDict):
    """What a client gets when it logs in or refreshes."""

    access: str
    refresh: str


def issue(session: "AuthSession") -> Credentials:
    """Make the tokens of a session; the refresh token until now is void.

    Args:
        session: The session; it gets the refresh token's digest and its end, and is
            not saved.

    Returns:
        The access and the refresh token.
    """
    now = timezone.now()
    session.expires_at = now + timedelta(days=settings.JWT_REFRESH_DAYS)
    access_end = now + timedelta(minutes=settings.JWT_ACCESS_MINUTES)
    refresh = encode(session, "refresh", now, session.expires_at)
    session.token_digest = digest(refresh)
    return {"access": encode(session, "access", now, access_end), "refresh": refresh}


def encode(
    session: "AuthSession", kind: Kind, start: "datetime", end: "datetime"
) -> str:
    """Sign a token.

    Args:
        session: The session it belongs to.
        kind: What it may be used for.
        start: From when it is valid.
        end: Until when it is valid.

    Returns:
        The token.
    """
    claims = {
        "typ": kind,
        "sid": str(session.pk),
        "jti": uuid.uuid4().hex,
        "iat": start,
        "exp": end,
    }
    return jwt.encode(claims, settings.JWT_SIGNING_KEY, ALGORITHM)


def session_id(token: str, *, kind: Kind) -> uuid.UUID | None:
    """Check a token and read whose it is.

    Args:
        token: The token as the client sent it.
        kind: What it is used for.

    Returns:
        The session's primary key, or None if the token is forged, malformed, of
        another kind, expired or not yet valid.
    """
    try:
        claims = jwt.decode(
            token,
            settings.JWT_SIGNING_KEY,
            algorithms=[ALGORITHM],
            options={"require": list(REQUIRED_CLAIMS)},
        )
        return uuid.UUID(claims["sid"]) if claims["typ"] == kind else None
    except (jwt.InvalidTokenError, ValueError):
        return None


def digest(token: str) -> str:
    """Compute what is stored of a refresh token.

    A plain hash is enough: unlike a password, a token cannot be guessed.

    Args:
        token: The token.

    Returns:
        64 hexadecimal digits.
    """
    return hashlib.sha256(token.encode()).hexdigest()
