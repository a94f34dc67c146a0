"""WebSocket routes."""

from typing import Any, cast

from channels.routing import URLRouter
from django.conf import settings
from django.urls import re_path

from apps.chat.routing import websocket_urlpatterns as chat_urlpatterns
from apps.core.websockets.origins import AllowedOriginsValidator, RejectingConsumer
from apps.users.websockets import WebSocketAuthMiddlewareStack

urlpatterns: list[Any] = [
    *chat_urlpatterns,
    # Last: also rejects unknown paths with a close code.
    re_path(r"", cast("Any", RejectingConsumer.as_asgi())),
]

websocket = AllowedOriginsValidator(
    WebSocketAuthMiddlewareStack(URLRouter(urlpatterns)),
    scheme="http" if settings.ENVIRONMENT == "local" else "https",
    hosts=settings.ALLOWED_HOSTS,
    origins=[*settings.CORS_ALLOWED_ORIGINS, *settings.CSRF_TRUSTED_ORIGINS],
)
