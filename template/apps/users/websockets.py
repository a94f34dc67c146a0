"""Authentication of WebSockets."""

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast, override

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.middleware import BaseMiddleware
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver

from apps.core.websockets import groups, logged
from apps.users import selectors

if TYPE_CHECKING:
    from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
    from channels.consumer import _ChannelScope
    from channels.utils import _ChannelApplication
    from django.http import HttpRequest

    from apps.users.models import User


class WebSocketAuthMiddleware(BaseMiddleware):
    """Adds the coroutine function `get_user` to the scope; re-checks call it."""

    @override
    async def __call__(
        self,
        scope: "_ChannelScope",
        receive: "ASGIReceiveCallable",
        send: "ASGISendCallable",
    ) -> Any:
        """Call the application with `get_user` in the scope."""
        extended = {**scope, "get_user": partial(get_websocket_user, scope)}
        return await super().__call__(cast("_ChannelScope", extended), receive, send)


class WebSocketAuthMiddlewareStack(CookieMiddleware):
    """`WebSocketAuthMiddleware` with the cookies it reads."""

    @override
    def __init__(self, inner: "_ChannelApplication") -> None:
        """Wrap an application."""
        super().__init__(WebSocketAuthMiddleware(inner))


async def get_websocket_user(scope: "_ChannelScope") -> "User | None":
    """Return the current user of a WebSocket, or None without a valid session.

    Args:
        scope: Its subprotocols hold the token, else its cookies the session key.
    """
    # Not another header, which browsers cannot set, nor the URL, which is logged.
    match list(scope["subprotocols"]):
        case [logged.BEARER, token]:
            return await database_sync_to_async(_get_token_user)(token)
        case [logged.BEARER, *_]:
            return None
    engine = import_module(settings.SESSION_ENGINE)
    session = engine.SessionStore(scope["cookies"].get(settings.SESSION_COOKIE_NAME))
    user = await get_user(cast("_ChannelScope", {"session": session}))
    return cast("User", user) if user.is_authenticated else None


def _get_token_user(token: str) -> "User | None":
    """Return the user of a token, or None without an active session."""
    session = selectors.session_by_token(token=token)
    return session.user if session else None


@receiver(user_logged_out)
def _recheck_after_logout(
    request: "HttpRequest", user: "User | None", **_details: object
) -> None:
    """Close the WebSockets that were opened with the session's cookie."""
    # Django flushes the session after this signal, which is too late for the re-check.
    request.session.flush()
    if user:
        groups.recheck_user(user_id=user.pk)
