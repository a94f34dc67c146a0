"""Configuration of the chat app."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Chat rooms for authenticated users; messages are not stored."""

    name = "apps.chat"
