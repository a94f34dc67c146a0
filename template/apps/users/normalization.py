"""Canonical forms of email addresses and passwords."""

import unicodedata


def normalize_email(email: str) -> str:
    """Return the only form of an address: NFC, lower case, the domain in ASCII (IDNA).

    Args:
        email: May be invalid; it stays so.
    """
    local, at, domain = unicodedata.normalize("NFC", email).lower().rpartition("@")
    return f"{local}{at}{_to_ascii(domain)}"


def normalize_password(password: str | None) -> str | None:
    """Return a password in NFC: keyboards compose accents in different ways.

    Args:
        password: None stands for an unusable password.
    """
    return password and unicodedata.normalize("NFC", password)


def _to_ascii(domain: str) -> str:
    """Return a domain in ASCII, or unchanged if it has no single ASCII form."""
    if domain.isascii():
        return domain
    try:
        encoded = domain.encode("idna")
        # IDNA drops zero-width characters and replaces some letters, such as "ß", for
        # which its second version has another domain.
        return encoded.decode() if encoded.decode("idna") == domain else domain
    except UnicodeError:
        return domain
