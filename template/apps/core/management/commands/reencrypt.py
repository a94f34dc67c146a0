"""Re-encrypt the encrypted fields with the newest key."""

from typing import TYPE_CHECKING, Any, Final, override

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction
from django.db.models.functions import Cast

from apps.core.fields import EncryptedTextField, current_cipher

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH: Final = 500


class Command(BaseCommand):
    """Makes every row readable with the first of `FIELD_ENCRYPTION_KEYS` alone."""

    help = (
        "Re-encrypt all encrypted fields with the first of FIELD_ENCRYPTION_KEYS. "
        "To rotate: put a new key first, deploy, run this, then remove the old key."
    )

    @override
    def handle(self, *_args: Any, **_options: Any) -> None:
        """Rotate each encrypted field of each model.

        Args:
            *_args: Unused.
            **_options: Unused.

        Raises:
            CommandError: If a stored value fits no key; its batch stays as it was.
        """
        for model, field in encrypted_fields():
            count = reencrypt(model, field)
            self.stdout.write(f"{field}: {count} values re-encrypted")


def encrypted_fields() -> "Iterator[tuple[type[models.Model], EncryptedTextField]]":
    """Find the encrypted fields of the installed apps.

    Yields:
        A model and one of its fields.
    """
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, EncryptedTextField):
                yield model, field


def reencrypt(model: type[models.Model], field: EncryptedTextField) -> int:
    """Re-encrypt one column, in batches that lock the rows they change.

    Args:
        model: The model.
        field: Its encrypted field.

    Raises:
        CommandError: If a stored value fits no key.

    Returns:
        The number of values.
    """
    # A cast has another output field, so the value arrives as it is stored.
    stored = model._base_manager.annotate(
        stored=Cast(field.attname, models.TextField())
    ).filter(**{f"{field.attname}__isnull": False})
    keys = list(stored.exclude(stored="").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        with transaction.atomic():
            rows = stored.select_for_update().filter(pk__in=keys[start : start + BATCH])
            for key, token in rows.values_list("pk", "stored"):
                try:
                    rotated = current_cipher().rotate(token.encode()).decode()
                except InvalidToken:
                    message = f"{field} of {key}: no key in FIELD_ENCRYPTION_KEYS fits"
                    raise CommandError(message) from None
                value = models.Value(rotated, output_field=models.TextField())
                model._base_manager.filter(pk=key).update(**{field.attname: value})
    return len(keys)
