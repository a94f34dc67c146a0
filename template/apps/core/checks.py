"""System checks of the project."""

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
    """Find keys in `.env` that no setting reads, such as misspelled names.

    Keys of other programs, such as Docker Compose, are known from `.env.example`, where
    they may be commented out. Without that file nothing is checked.

    Args:
        **_kwargs: Unused.

    Returns:
        A warning for each unknown key.
    """
    example = settings.BASE_DIR / ".env.example"
    if not example.is_file():
        return []
    text = example.read_text(encoding="utf-8")
    listed = re.findall(r"^(?:# ?)?([A-Z][A-Z0-9_]*)=", text, re.MULTILINE)
    known = {*settings.ENV_NAMES, *listed}
    keys = dotenv_values(settings.BASE_DIR / ".env", interpolate=False)
    return [unknown(key, known) for key in keys if key.upper() not in known]


def unknown(key: str, known: set[str]) -> CheckWarning:
    """Describe an unknown key.

    Args:
        key: The key as written in `.env`.
        known: The names to suggest from, in upper case.

    Returns:
        A warning with the nearest name, if one is similar.
    """
    nearest = get_close_matches(key.upper(), known, n=1)
    suggestion = f"Did you mean {nearest[0]}? " if nearest else ""
    return CheckWarning(
        f"No setting reads {key}, a key in .env.",
        hint=f"{suggestion}If another program reads it, add '# {key}=' to .env.example.",
        id="core.W001",
    )
