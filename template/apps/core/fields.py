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
    """A stored value fits none of the keys in `FIELD_ENCRYPTION_KEYS`."""


@lru_cache(maxsize=8)
def cipher(keys: tuple[str, ...]) -> MultiFernet:
    """Build the cipher for a set of keys.

    Args:
        keys: Fernet keys; the first encrypts, all decrypt.

    Returns:
        The cipher.
    """
    return MultiFernet([Fernet(key) for key in keys])


def current_cipher() -> MultiFernet:
    """Build the cipher for the keys in the settings.

    Returns:
        The cipher.
    """
    return cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))


class EncryptedTextField(models.TextField[str, str]):
    """Text that is encrypted in the database and clear in Python.

    The same text encrypts to another value each time, so the column can be neither
    searched, ordered nor unique. An empty text stays empty.
    """

    @override
    def get_prep_value(self, value: Any) -> Any:
        """Encrypt a value on its way to the database.

        Args:
            value: The clear text.

        Returns:
            The encrypted text.
        """
        prepared = super().get_prep_value(value)
        if not prepared:
            return prepared
        return current_cipher().encrypt(str(prepared).encode()).decode()

    def from_db_value(
        self,
        value: str | None,
        _expression: "Expression",
        _connection: "BaseDatabaseWrapper",
    ) -> str | None:
        """Decrypt a value from the database.

        Args:
            value: The encrypted text.
            _expression: The expression it comes from, unused.
            _connection: The connection it comes from, unused.

        Raises:
            DecryptionError: If no configured key fits. To hand out the encrypted text
                instead would let the next save encrypt it again.

        Returns:
            The clear text.
        """
        if not value:
            return value
        try:
            return current_cipher().decrypt(value.encode()).decode()
        except InvalidToken:
            message = f"{self}: no key in FIELD_ENCRYPTION_KEYS fits a stored value"
            raise DecryptionError(message) from None

    @override
    def get_lookup(self, lookup_name: str) -> "type[Lookup[Any]] | None":
        """Find the class of a lookup.

        Args:
            lookup_name: The lookup's name.

        Raises:
            FieldError: If the lookup would compare encrypted texts.

        Returns:
            The lookup's class.
        """
        if lookup_name not in ALLOWED_LOOKUPS:
            message = f"{self} is encrypted: '{lookup_name}' cannot be looked up"
            raise FieldError(message)
        return super().get_lookup(lookup_name)

    @override
    def get_transform(self, lookup_name: str) -> "type[Transform] | None":
        """Find the class of a transform.

        Args:
            lookup_name: The transform's name.

        Returns:
            None: encrypted text has no transforms.
        """
        return None
