"""Configuration of the core app."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """What all apps share; it imports none of them."""

    name = "apps.core"
