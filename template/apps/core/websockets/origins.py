"""Origins: which sites may open a WebSocket."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast, override

from django.http.request import split_domain_port, validate_host

from apps.core.websockets.logged import LoggedConsumer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
    from channels.consumer import _ChannelScope
    from channels.utils import _ChannelApplication

DEFAULT_PORTS: Final = {"http": "80", "https": "443"}


class RejectingConsumer(LoggedConsumer):
    """Closes every WebSocket, with the close code of `status`."""

    status = HTTPStatus.NOT_FOUND

    @override
    async def connect(self) -> None:
        """Accept first: otherwise browsers do not report the close code."""
        await self.accept_once()
        await self.close_with_status(self.status)


class ForeignOriginConsumer(RejectingConsumer):
    """Closes WebSockets that a page of another site opened."""

    status = HTTPStatus.FORBIDDEN


class AllowedOriginsValidator:
    """Closes WebSockets of other origins with a code, and those without an origin.

    Nothing else protects: browsers send cookies with a WebSocket that any site opens.
    """

    def __init__(
        self,
        application: "_ChannelApplication",
        *,
        scheme: str,
        hosts: "Iterable[str]",
        origins: "Iterable[str]",
    ) -> None:
        """Wrap an application."""
        self._application = application
        self._scheme = scheme
        self._hosts = hosts
        self._origins = {_parse_origin(origin) for origin in origins}

    async def __call__(
        self,
        scope: "_ChannelScope",
        receive: "ASGIReceiveCallable",
        send: "ASGISendCallable",
    ) -> None:
        """Call the application, or `ForeignOriginConsumer` for another origin."""
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        host = headers.get(b"host", b"").decode("latin-1")
        is_allowed = self._is_allowed(origin, host)
        application = self._application if is_allowed else ForeignOriginConsumer()
        await cast("Any", application)(scope, receive, send)

    def _is_allowed(self, origin: str, host: str) -> bool:
        """Return whether a page of an origin may open a WebSocket to a host."""
        parsed = scheme, domain, port = _parse_origin(origin)
        if not domain:
            return False
        # An allowed host needs the service's scheme and the port of the `Host` header.
        is_own = (scheme, port) == (self._scheme, _parse_port(self._scheme, host))
        return parsed in self._origins or (
            is_own and validate_host(domain, list(self._hosts))
        )


def _parse_origin(origin: str) -> tuple[str, str, str]:
    """Return scheme, domain and port; the domain is empty if the origin is not valid."""
    scheme, _, host = origin.lower().partition("://")
    return scheme, split_domain_port(host)[0], _parse_port(scheme, host)


def _parse_port(scheme: str, host: str) -> str:
    """Return the port in a host, or the default port of the scheme."""
    return split_domain_port(host)[1] or DEFAULT_PORTS.get(scheme, "")
