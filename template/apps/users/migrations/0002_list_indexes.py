"""Index what lists of users are ordered by, filtered by and searched for."""

from typing import TYPE_CHECKING

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SEARCHED = ("name", "email")


def index_trigrams(_apps: "Apps", schema_editor: "BaseDatabaseSchemaEditor") -> None:
    """Index the columns in capitals, which is what `icontains` compares."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for column in SEARCHED:
        schema_editor.execute(
            f"CREATE INDEX users_{column}_trigrams ON users_user "
            f"USING gin (UPPER({column}) gin_trgm_ops)"
        )


def forget_trigrams(_apps: "Apps", schema_editor: "BaseDatabaseSchemaEditor") -> None:
    """Remove these indexes."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for column in SEARCHED:
        schema_editor.execute(f"DROP INDEX users_{column}_trigrams")


class Migration(migrations.Migration):
    """The indexes of lists."""

    dependencies = [
        ("users", "0001_initial"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="user",
            name="users_role_created",
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(("is_active", True)),
                fields=["-created_at", "id"],
                name="users_active_created",
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(("is_active", True)),
                fields=["role", "-created_at", "id"],
                name="users_active_role",
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(("is_active", True)),
                fields=["name", "id"],
                name="users_active_name",
            ),
        ),
        # Only PostgreSQL has it; elsewhere this operation does nothing.
        TrigramExtension(),
        migrations.RunPython(index_trigrams, forget_trigrams),
    ]
