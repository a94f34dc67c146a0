"""Where sockets go."""

from typing import Any, cast

from channels.routing import URLRouter
from django.conf import settings
from django.urls import re_path

from apps.chat.routing import websocket_urlpatterns as chat_urlpatterns
from apps.core.consumers import AllowedOriginsValidator, RefusingConsumer
from apps.users.sockets import socket_authentication

urlpatterns: list[Any] = [
    *chat_urlpatterns,
    # Last: other paths are refused with a close code, too.
    re_path(r"", cast("Any", RefusingConsumer.as_asgi())),
]

websocket = AllowedOriginsValidator(
    socket_authentication(URLRouter(urlpatterns)),
    [*settings.ALLOWED_HOSTS, *settings.CORS_ALLOWED_ORIGINS],
)
