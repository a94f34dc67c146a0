"""URL configuration of the chat app's sockets."""

from typing import Any, cast

from django.urls import path

from apps.chat.consumers import ChatConsumer

# Django's `path` knows views only.
websocket_urlpatterns: list[Any] = [
    path("ws/chat/<str:room>/", cast("Any", ChatConsumer.as_asgi())),
]
