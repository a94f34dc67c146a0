"""Model fields."""

import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Self, override

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldError, ValidationError
from django.db import models
from django.utils.functional import cached_property

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.expressions import Expression
    from django.db.models.lookups import Lookup, Transform

logger = logging.getLogger(__name__)

ALLOWED_LOOKUPS: Final = frozenset({"isnull"})
PLACEHOLDER: Final = "(cannot be decrypted)"


class UndecryptableText(str):
    """Placeholder of a value that no key decrypts; saving it keeps the stored text."""

    __slots__ = ("stored",)

    stored: str

    def __new__(cls, stored: str) -> Self:
        """Make a placeholder of a stored text."""
        placeholder = super().__new__(cls, PLACEHOLDER)
        placeholder.stored = stored
        return placeholder


def reject_placeholder(value: str) -> None:
    """Validate that a new value is not the placeholder.

    Args:
        value: The placeholder that was read from the database is valid.

    Raises:
        ValidationError: If a client sent the placeholder back.
    """
    if value == PLACEHOLDER and not isinstance(value, UndecryptableText):
        message = "The stored value cannot be decrypted. Enter a new value."
        raise ValidationError(message, code="placeholder")


@lru_cache(maxsize=8)
def _build_cipher(keys: tuple[str, ...]) -> MultiFernet:
    """Build a cipher that encrypts with the first key and decrypts with all."""
    return MultiFernet([Fernet(key) for key in keys])


def get_cipher() -> MultiFernet:
    """Return the cipher for `FIELD_ENCRYPTION_KEYS`."""
    return _build_cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))


def decrypt(stored: str) -> str | None:
    """Return the text of a stored value, or None if no key decrypts it.

    Args:
        stored: The encrypted text.
    """
    try:
        return get_cipher().decrypt(stored.encode()).decode()
    except InvalidToken:
        return None


def encrypted_fields() -> "Iterator[tuple[type[models.Model], EncryptedTextField]]":
    """Yield the encrypted fields of the installed apps with their models."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, EncryptedTextField):
                yield model, field


class EncryptedTextField(models.TextField[str, str]):
    """Text that is encrypted in the database and plain text in Python.

    Encryption is not deterministic, so the column cannot be searched, ordered or unique.
    An empty text is stored as an empty text. A value that no key decrypts is read as an
    `UndecryptableText`: one such row must not break the requests of its user.
    """

    @cached_property
    @override
    def validators(self) -> "list[Callable[[Any], None]]":
        """Reject the placeholder, also in serializers."""
        return [*super().validators, reject_placeholder]

    @override
    def get_prep_value(self, value: Any) -> Any:
        """Encrypt the value."""
        prepared = super().get_prep_value(value)
        if isinstance(prepared, UndecryptableText):
            return prepared.stored
        if not prepared:
            return prepared
        reject_placeholder(prepared)
        return get_cipher().encrypt(str(prepared).encode()).decode()

    def from_db_value(
        self,
        value: str | None,
        _expression: "Expression",
        _connection: "BaseDatabaseWrapper",
    ) -> str | None:
        """Return the decrypted value, or a placeholder if no key decrypts it.

        Args:
            value: The stored text; None and an empty text are not encrypted.
        """
        if not value:
            return value
        text = decrypt(value)
        if text is None:
            logger.error(
                "No key in FIELD_ENCRYPTION_KEYS decrypts a stored value",
                extra={"field": str(self)},
            )
            return UndecryptableText(value)
        return text

    @override
    def save_form_data(self, instance: models.Model, data: Any) -> None:
        """Keep the stored text if a form returns its placeholder."""
        if data != getattr(instance, self.attname):
            super().save_form_data(instance, data)

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
