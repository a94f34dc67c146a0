"""Checks that a secret is random and serves one purpose only."""

import base64
import itertools
import re
from typing import TYPE_CHECKING, Final

from cryptography.fernet import Fernet
from pydantic import SecretStr

if TYPE_CHECKING:
    from collections.abc import Mapping

# A random key has far more, also one of hexadecimal digits.
MIN_CHARACTERS: Final = 10
MIN_PAIRS: Final = 20
FERNET_MIN_BYTES: Final = 16
WORD_LENGTH: Final = 3
PLACEHOLDER: Final = re.compile(
    r"insecure|example|change.?me|secret|passw|your.?key", re.IGNORECASE
)


def check_random(key: str, *, min_length: int) -> None:
    """Reject a key that people made up.

    Args:
        key: The key. Empty is valid.
        min_length: In characters.

    Raises:
        ValueError: If the key is short, repeats itself, is a sentence or an example.
    """
    if not key:
        return
    if (
        len(key) < min_length
        or len(set(key)) < MIN_CHARACTERS
        or len(set(itertools.pairwise(key))) < MIN_PAIRS
        or _is_sentence(key)
    ):
        message = f"needs {min_length} or more random characters"
        raise ValueError(message)
    if PLACEHOLDER.search(key):
        message = "is an example; generate a new key"
        raise ValueError(message)


def check_fernet(key: str, *, number: int, is_local: bool) -> None:
    """Reject an invalid key, and one that is not random outside `local`.

    Args:
        key: 32 bytes in URL-safe base64.
        number: The position in the list of keys, for the message.
        is_local: Accept a key that is not random.

    Raises:
        ValueError: If the key is rejected.
    """
    try:
        Fernet(key)
    except ValueError:
        message = f"key {number} is not 32 url-safe base64-encoded bytes"
        raise ValueError(message) from None
    decoded = base64.urlsafe_b64decode(key)
    if not is_local and (decoded.isascii() or len(set(decoded)) < FERNET_MIN_BYTES):
        message = f"key {number} is not random"
        raise ValueError(message)


def check_single_use(key: str, others: "Mapping[str, object]") -> None:
    """Reject a key that is, or is part of, another secret.

    Args:
        key: The key. Empty is valid.
        others: The values of other settings by their names.

    Raises:
        ValueError: If another setting contains the key.
    """
    for name, value in others.items():
        for other in value if isinstance(value, list) else [value]:
            if key and isinstance(other, SecretStr) and key in other.get_secret_value():
                message = f"must differ from {name.upper()}"
                raise ValueError(message)


def _is_sentence(key: str) -> bool:
    """Return whether a key is several words, separated or in CamelCase."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", key)
    is_wordy = sum(map(len, words)) >= WORD_LENGTH * len(words)
    return bool(re.search(r"\s", key)) or (is_wordy and not re.search(r"\d", key))
