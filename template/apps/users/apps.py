"""Configuration of the users app."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """Accounts, authentication and permissions."""

    name = "apps.users"
