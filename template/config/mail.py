"""Mail settings."""

from typing import Any
from urllib.parse import unquote, urlsplit

from config.env_types import MAIL_PORTS


def build_mailers(url: str) -> dict[str, Any]:
    """Return `MAILERS`.

    Args:
        url: The URL of a mail server. If empty, mail is printed.
    """
    if not url:
        backend = "django.core.mail.backends.console.EmailBackend"
        return {"default": {"BACKEND": backend}}
    parts = urlsplit(url)
    options = {
        "host": parts.hostname,
        "port": parts.port or MAIL_PORTS[parts.scheme],
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_tls": parts.scheme == "smtp+tls",
        "use_ssl": parts.scheme == "smtps",
        "timeout": 10,
    }
    backend = "django.core.mail.backends.smtp.EmailBackend"
    return {"default": {"BACKEND": backend, "OPTIONS": options}}
