"""App configuration."""

from typing import override

from django.apps import AppConfig
from django.core.checks import Tags, register

from apps.core.checks import check_encrypted_fields, check_env_file


class CoreConfig(AppConfig):
    """Code that all apps share; it imports no app."""

    name = "apps.core"

    @override
    def ready(self) -> None:
        """Register the system checks."""
        register(check_env_file)
        register(check_encrypted_fields, Tags.database, deploy=True)
