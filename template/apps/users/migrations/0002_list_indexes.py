"""Add indexes for ordering, filtering and searching lists of users."""

from typing import TYPE_CHECKING

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SEARCHED_COLUMNS = ("name", "email")


def create_trigram_indexes(
    _apps: "Apps", schema_editor: "BaseDatabaseSchemaEditor"
) -> None:
    """Create trigram indexes of UPPER(column), which `icontains` compares."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for column in SEARCHED_COLUMNS:
        schema_editor.execute(
            f"CREATE INDEX users_{column}_trigrams ON users_user "
            f"USING gin (UPPER({column}) gin_trgm_ops)"
        )


def drop_trigram_indexes(
    _apps: "Apps", schema_editor: "BaseDatabaseSchemaEditor"
) -> None:
    """Drop the trigram indexes."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for column in SEARCHED_COLUMNS:
        schema_editor.execute(f"DROP INDEX users_{column}_trigrams")


class Migration(migrations.Migration):
    """Indexes of lists."""

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
        # Does nothing on databases other than PostgreSQL.
        TrigramExtension(),
        migrations.RunPython(create_trigram_indexes, drop_trigram_indexes),
    ]
