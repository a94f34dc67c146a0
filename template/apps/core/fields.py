"""Model fields."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, override

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.expressions import Expression
    from django.db.models.lookups import Lookup, Transform

ALLOWED_LOOKUPS: Final = frozenset({"isnull"})


class DecryptionError(Exception):
    """No key in `FIELD_ENCRYPTION_KEYS` decrypts a stored value."""


@lru_cache(maxsize=8)
def _build_cipher(keys: tuple[str, ...]) -> MultiFernet:
    """Build a cipher that encrypts with the first key and decrypts with all."""
    return MultiFernet([Fernet(key) for key in keys])


def get_cipher() -> MultiFernet:
    """Return the cipher for `FIELD_ENCRYPTION_KEYS`."""
    return _build_cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))


class EncryptedTextField(models.TextField[str, str]):
    """Text that is encrypted in the database and plain text in Python.

    Encryption is not deterministic, so the column cannot be searched, ordered or unique.
    An empty text is stored as an empty text.
    """

    @override
    def get_prep_value(self, value: Any) -> Any:
        """Encrypt the value."""
        prepared = super().get_prep_value(value)
        if not prepared:
            return prepared
        return get_cipher().encrypt(str(prepared).encode()).decode()

    def from_db_value(
        self,
        value: str | None,
        _expression: "Expression",
        _connection: "BaseDatabaseWrapper",
    ) -> str | None:
        """Return the decrypted value.

        Args:
            value: The stored text; None and an empty text are not encrypted.

        Raises:
            DecryptionError: If no key in `FIELD_ENCRYPTION_KEYS` decrypts the value. If
                the encrypted text were returned, the next save would encrypt it again.
        """
        if not value:
            return value
        try:
            return get_cipher().decrypt(value.encode()).decode()
        except InvalidToken:
            message = f"{self}: no key in FIELD_ENCRYPTION_KEYS decrypts a stored value"
            raise DecryptionError(message) from None

    @override
    def get_lookup(self, lookup_name: str) -> "type[Lookup[Any]] | None":
        """Reject lookups that would compare encrypted texts."""
        if lookup_name not in ALLOWED_LOOKUPS:
            message = (
                f"{self} is encrypted and does not support the lookup '{lookup_name}'"
            )
            raise FieldError(message)
        return super().get_lookup(lookup_name)

    @override
    def get_transform(self, lookup_name: str) -> "type[Transform] | None":
        """Return None: encrypted text has no transforms."""
        return None
