"""Checks of host names, origins and the TLS options of URLs."""

import re
from typing import Final
from urllib.parse import unquote, urlsplit

# Any domain of one label, and the most common ones of two, such as `co.uk`.
PUBLIC_SUFFIX: Final = re.compile(
    r"[^.]*|(?:ac|co|com|edu|gov|net|org)\.[a-z]{2}", re.IGNORECASE
)
UNVERIFIED_TLS: Final = re.compile(
    r"cert_reqs=(?:cert_)?none|check_hostname=(?:0|f|n)", re.IGNORECASE
)


def check_host(host: str) -> None:
    """Reject a pattern that matches hosts of other owners.

    Args:
        host: A host name, or a domain with a leading dot for all its hosts.

    Raises:
        ValueError: If the pattern is rejected.
    """
    if host == "*" or (host.startswith(".") and PUBLIC_SUFFIX.fullmatch(host[1:])):
        message = "must name hosts, or domains of one owner"
        raise ValueError(message)


def check_origin(origin: str) -> None:
    """Reject `null`, a value without a host, and a pattern as in `check_host`.

    Args:
        origin: A scheme and a host, such as `https://*.example.com`.

    Raises:
        ValueError: If the origin is rejected.
    """
    parts = urlsplit(origin)
    host = parts.hostname or ""
    if not (parts.scheme and host):
        message = "must be origins (https://host)"
        raise ValueError(message)
    domain = host.removeprefix("*.")
    if "*" in domain:
        message = "must name hosts, or domains of one owner"
        raise ValueError(message)
    if domain != host:
        check_host(f".{domain}")


def check_tls(url: str) -> None:
    """Reject a URL that turns the verification of certificates off.

    Args:
        url: The URL of a service.

    Raises:
        ValueError: If the URL is rejected.
    """
    if UNVERIFIED_TLS.search(unquote(urlsplit(url).query)):
        message = "must verify the certificate"
        raise ValueError(message)
