"""Ways to forge a JSON Web Token, and tools to read and sign one."""

import base64
import json
import uuid
from datetime import timedelta
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.utils import timezone

from apps.users.tests.factories import fake


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a token, without a check of the signature."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def sign(claims: dict[str, Any]) -> str:
    """Return a token with these claims, signed with the project's key."""
    return jwt.encode(claims, settings.JWT_SIGNING_KEY, "HS256")


def _base64(value: object) -> str:
    """Encode a part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _unsigned(token: str) -> str:
    """Replace the header by `alg: none` and remove the signature."""
    return f"{_base64({'alg': 'none'})}.{token.split('.')[1]}."


def _other_algorithm(token: str) -> str:
    """Sign with the right key and another algorithm."""
    return jwt.encode(claims_of(token), settings.JWT_SIGNING_KEY, "HS512")


def _asymmetric(token: str) -> str:
    """Sign with a private key of the attacker."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return jwt.encode(claims_of(token), pem, "RS256")


def _guessed_key(token: str) -> str:
    """Sign with a random key."""
    return jwt.encode(claims_of(token), fake.password(length=64), "HS256")


def _secret_key(token: str) -> str:
    """Sign with Django's `SECRET_KEY`."""
    return jwt.encode(claims_of(token), settings.SECRET_KEY, "HS256")


def _changed_claim(token: str) -> str:
    """Change a claim and keep the signature."""
    header, _claims, signature = token.split(".")
    claims = claims_of(token) | {"sid": str(uuid.uuid4())}
    return f"{header}.{_base64(claims)}.{signature}"


def _expired(token: str) -> str:
    """Move the expiry into the past."""
    return sign(claims_of(token) | {"exp": timezone.now() - timedelta(minutes=1)})


def _not_yet_valid(token: str) -> str:
    """Move the start into the future."""
    return sign(claims_of(token) | {"nbf": timezone.now() + timedelta(hours=1)})


def _without(claim: str, token: str) -> str:
    """Remove a claim."""
    claims = claims_of(token)
    del claims[claim]
    return sign(claims)


def _without_expiry(token: str) -> str:
    """Remove the expiry."""
    return _without("exp", token)


def _without_type(token: str) -> str:
    """Remove the type, which is "access" or "refresh"."""
    return _without("typ", token)


def _unknown_session(token: str) -> str:
    """Name a session that does not exist."""
    return sign(claims_of(token) | {"sid": str(uuid.uuid4())})


def _malformed_session(token: str) -> str:
    """Name a session by a value that is not a UUID."""
    return sign(claims_of(token) | {"sid": "' OR 1=1 --"})


def _short_signature(token: str) -> str:
    """Cut off the end of the signature."""
    return token[:-5]


FORGERIES: Final = (
    _unsigned,
    _other_algorithm,
    _asymmetric,
    _guessed_key,
    _secret_key,
    _changed_claim,
    _expired,
    _not_yet_valid,
    _without_expiry,
    _without_type,
    _unknown_session,
    _malformed_session,
    _short_signature,
)
