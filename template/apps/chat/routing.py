"""Routes of the chat app's WebSockets."""

from typing import Any, cast

from django.urls import path

from apps.chat.consumers import ChatConsumer

# Django's `path` is typed for views only.
websocket_urlpatterns: list[Any] = [
    path("ws/chat/<str:room>/", cast("Any", ChatConsumer.as_asgi())),
]
