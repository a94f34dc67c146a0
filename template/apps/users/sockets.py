"""How a socket proves who opened it."""

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

from apps.core import sockets
from apps.users import selectors

if TYPE_CHECKING:
    from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
    from channels.consumer import _ChannelScope
    from channels.utils import _ChannelApplication
    from django.http import HttpRequest

    from apps.users.models import User


class SocketAuthentication(BaseMiddleware):
    """Lets a socket ask, at any time, which user it belongs to.

    A token is offered as a sub-protocol, after `bearer`: browsers set no other header
    on a socket, and a URL would end up in logs. Without a token the cookie counts.
    """

    @override
    async def __call__(
        self,
        scope: "_ChannelScope",
        receive: "ASGIReceiveCallable",
        send: "ASGISendCallable",
    ) -> Any:
        """Put the question into the scope, as `signed_in`.

        Args:
            scope: The connection, with its cookies.
            receive: Gets the client's next event.
            send: Sends an event to the client.

        Returns:
            Nothing of use.
        """
        asking = {**scope, "signed_in": partial(user_of, scope)}
        return await super().__call__(cast("_ChannelScope", asking), receive, send)


def socket_authentication(inner: "_ChannelApplication") -> CookieMiddleware:
    """Wrap an application so that its sockets know their users.

    Args:
        inner: The application.

    Returns:
        The wrapped application.
    """
    return CookieMiddleware(SocketAuthentication(inner))


async def user_of(scope: "_ChannelScope") -> "User | None":
    """Find the user a socket belongs to now.

    Args:
        scope: The connection, with its cookies.

    Returns:
        The user, or None if nobody signed in or the session has ended.
    """
    match list(scope["subprotocols"]):
        case [sockets.BEARER, token]:
            return await database_sync_to_async(user_by_token)(token)
        case [sockets.BEARER, *_]:
            return None
    engine = import_module(settings.SESSION_ENGINE)
    session = engine.SessionStore(scope["cookies"].get(settings.SESSION_COOKIE_NAME))
    user = await get_user(cast("_ChannelScope", {"session": session}))
    return cast("User", user) if user.is_authenticated else None


def user_by_token(token: str) -> "User | None":
    """Find the user a token belongs to.

    Args:
        token: The token.

    Returns:
        The user, or None if it belongs to no live session.
    """
    session = selectors.session_by_token(token=token)
    return session.user if session else None


@receiver(user_logged_out)
def close_sockets(
    request: "HttpRequest", user: "User | None", **_details: object
) -> None:
    """Close the sockets that were opened with the cookie of a session.

    Args:
        request: The request that ends the session.
        user: Who logs out, if anybody was signed in.
        **_details: Of the signal, unused.
    """
    # Django does so only after the signal, and the sockets ask at once.
    request.session.flush()
    if user:
        sockets.recheck(user_id=user.pk)
