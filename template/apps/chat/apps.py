"""Configuration of the chat app."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Rooms in which signed-in users talk; nothing is stored."""

    name = "apps.chat"
