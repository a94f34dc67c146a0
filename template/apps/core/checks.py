"""System checks."""

import re
from collections import Counter
from difflib import get_close_matches
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.checks import Error as CheckError, Warning as CheckWarning
from django.db import connections, models
from django.db.models.functions import Cast
from dotenv import dotenv_values

from apps.core.fields import decrypt, encrypted_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.core.checks import CheckMessage

    from apps.core.fields import EncryptedTextField


def check_env_file(**_kwargs: object) -> "Sequence[CheckMessage]":
    """Return a warning for each key in `.env` that no setting reads.

    Keys in `.env.example` are known, also if they are commented out: other programs read
    them. Without that file nothing is checked.
    """
    example = settings.BASE_DIR / ".env.example"
    if not example.is_file():
        return []
    text = example.read_text(encoding="utf-8")
    listed = re.findall(r"^(?:# ?)?([A-Z][A-Z0-9_]*)=", text, re.MULTILINE)
    known = {*settings.ENV_NAMES, *listed}
    keys = dotenv_values(settings.BASE_DIR / ".env", interpolate=False)
    return [
        _unknown_key_warning(key, known) for key in keys if key.upper() not in known
    ]


def check_encrypted_fields(
    *, databases: "Sequence[str] | None" = None, **_kwargs: object
) -> "Sequence[CheckMessage]":
    """Return an error for each encrypted field with values that no key decrypts.

    Args:
        databases: Aliases; None checks no database. All encrypted values are read.
    """
    errors: list[CheckMessage] = []
    for alias in databases or ():
        tables = connections[alias].introspection.table_names()
        for model, field in encrypted_fields():
            if model._meta.db_table in tables:
                errors += _decryption_errors(model, field, alias)
    return errors


def _decryption_errors(
    model: type[models.Model], field: "EncryptedTextField", alias: str
) -> "Iterator[CheckError]":
    """Yield an error if a column has values that no key decrypts."""
    # The cast's output field does not decrypt.
    stored = model._base_manager.using(alias).values_list(
        Cast(field.attname, models.TextField()), flat=True
    )
    readable = Counter(
        decrypt(value) is not None for value in stored.iterator() if value
    )
    if readable[False]:
        yield CheckError(
            f"{field}: FIELD_ENCRYPTION_KEYS cannot decrypt {readable[False]} of "
            f"{readable.total()} values.",
            hint="Add the key with which they were encrypted.",
            id="core.E001",
        )


def _unknown_key_warning(key: str, known: set[str]) -> CheckWarning:
    """Make the warning about a key, with the most similar known name as a hint."""
    nearest = get_close_matches(key.upper(), known, n=1)
    suggestion = f"Did you mean {nearest[0]}? " if nearest else ""
    return CheckWarning(
        f"No setting reads {key}, a key in .env.",
        hint=f"{suggestion}If another program reads it, add '# {key}=' to .env.example.",
        id="core.W001",
    )
