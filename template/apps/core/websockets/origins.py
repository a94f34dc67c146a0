"""Origins: which sites may open a WebSocket."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast, override
from urllib.parse import urlsplit

from channels.security.websocket import OriginValidator

from apps.core.websockets.consumers import LoggedConsumer

if TYPE_CHECKING:
    from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
    from channels.consumer import _ChannelScope


class RejectingConsumer(LoggedConsumer):
    """Closes every WebSocket, with the close code of `status`."""

    status = HTTPStatus.NOT_FOUND

    @override
    async def connect(self) -> None:
        """Accept the WebSocket and close it."""
        await self.accept_once()
        await self.close_with_status(self.status)


class ForeignOriginConsumer(RejectingConsumer):
    """Closes WebSockets that a page of another site opened."""

    status = HTTPStatus.FORBIDDEN


class AllowedOriginsValidator(OriginValidator):
    """Closes WebSockets of other origins with a code, and those without an origin.

    Browsers send cookies with a WebSocket that any site opens. The origin is the only
    protection against such sites.
    """

    @override
    async def __call__(
        self,
        scope: "_ChannelScope",
        receive: "ASGIReceiveCallable",
        send: "ASGISendCallable",
    ) -> None:
        """Call the application, or `ForeignOriginConsumer` for another origin."""
        origin = dict(scope["headers"]).get(b"origin")
        try:
            parsed = origin and urlsplit(origin.decode("latin-1"))
            allowed = bool(parsed) and self.valid_origin(cast("Any", parsed))
        except ValueError:
            allowed = False
        application = self.application if allowed else ForeignOriginConsumer()
        await cast("Any", application)(scope, receive, send)
