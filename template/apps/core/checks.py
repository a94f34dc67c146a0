"""System checks."""

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.checks import Warning as CheckWarning
from dotenv import dotenv_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.checks import CheckMessage


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


def _unknown_key_warning(key: str, known: set[str]) -> CheckWarning:
    """Make the warning about a key, with the most similar known name as a hint."""
    nearest = get_close_matches(key.upper(), known, n=1)
    suggestion = f"Did you mean {nearest[0]}? " if nearest else ""
    return CheckWarning(
        f"No setting reads {key}, a key in .env.",
        hint=f"{suggestion}If another program reads it, add '# {key}=' to .env.example.",
        id="core.W001",
    )
