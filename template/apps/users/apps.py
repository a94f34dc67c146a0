"""Configuration of the users app."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """Accounts, how they prove who they are, and what they may do."""

    name = "apps.users"
