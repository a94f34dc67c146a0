"""Re-encrypt the encrypted fields with the first key."""

from typing import TYPE_CHECKING, Any, Final, override

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction
from django.db.models.functions import Cast

from apps.core.fields import encrypted_fields, get_cipher

if TYPE_CHECKING:
    from apps.core.fields import EncryptedTextField

BATCH_SIZE: Final = 500


class Command(BaseCommand):
    """Re-encrypts all rows, so that the other keys can be removed."""

    help = (
        "Re-encrypt all encrypted fields with the first of FIELD_ENCRYPTION_KEYS. "
        "To rotate: put a new key first, deploy, run this, then remove the old key."
    )

    @override
    def handle(self, *_args: Any, **_options: Any) -> None:
        """Re-encrypt each encrypted field of each model."""
        for model, field in encrypted_fields():
            count = _reencrypt(model, field)
            self.stdout.write(f"{field}: {count} values re-encrypted")


def _reencrypt(model: type[models.Model], field: "EncryptedTextField") -> int:
    """Re-encrypt a column in batches, each in a transaction; return the row count."""
    # The cast's output field does not decrypt.
    stored = model._base_manager.annotate(
        stored=Cast(field.attname, models.TextField())
    ).filter(**{f"{field.attname}__isnull": False})
    keys = list(stored.exclude(stored="").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH_SIZE):
        with transaction.atomic():
            rows = stored.select_for_update().filter(
                pk__in=keys[start : start + BATCH_SIZE]
            )
            for key, token in rows.values_list("pk", "stored"):
                try:
                    rotated = get_cipher().rotate(token.encode()).decode()
                except InvalidToken:
                    message = (
                        f"{field} of {key}: no key in FIELD_ENCRYPTION_KEYS decrypts it"
                    )
                    raise CommandError(message) from None
                value = models.Value(rotated, output_field=models.TextField())
                model._base_manager.filter(pk=key).update(**{field.attname: value})
    return len(keys)
