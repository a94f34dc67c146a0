"""Create an admin, and print their authentication headers as JSON."""

import hashlib
import importlib
import json
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

import django
from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
)
from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


def of_rendered(admin: "AbstractBaseUser") -> str:
    """Start a session as the login does."""
    credentials = importlib.import_module("apps.users.services").start_session(
        user=admin
    )
    if "access" in credentials:
        return f"Bearer {credentials['access']}"
    return f"Token {credentials['token']}"


def of_minimal(admin: "AbstractBaseUser") -> str:
    """Store the digest of a token."""
    token = secrets.token_urlsafe(32)
    admin.tokens.create(
        digest=hashlib.sha256(token.encode()).hexdigest(),
        expires_at=timezone.now() + timedelta(days=1),
    )
    return f"Token {token}"


def cookie(admin: "AbstractBaseUser") -> str:
    """Log in as a browser."""
    store = importlib.import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(admin.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = admin.get_session_auth_hash()
    store.save()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"


if __name__ == "__main__":
    django.setup()
    user = get_user_model().objects.create_user(
        "admin@example.com", secrets.token_urlsafe(16), name="Admin", role="admin"
    )
    is_minimal = hasattr(user, "tokens")
    token = of_minimal(user) if is_minimal else of_rendered(user)
    print(json.dumps({"token": token, "session": cookie(user)}))
