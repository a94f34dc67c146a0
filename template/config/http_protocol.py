"""Uvicorn's HTTP protocol."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Final, override

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from apps.core.exceptions import error_response

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

HEADERS: Final = b"Content-Type: application/json\r\nConnection: close\r\n"


# To go back, remove `http` from the `CONFIG_KWARGS` of the worker.
class JSONErrorProtocol(HttpToolsProtocol):
    """Answers a malformed request in the format of the API's errors."""

    # Of several pipelined requests, Uvicorn tells only the last one that the client has
    # disconnected, and then the others fail with a traceback.
    unfinished: "tuple[RequestResponseCycle, ...]" = ()

    @override
    def on_headers_complete(self) -> None:
        """Keep the request until its response is complete."""
        super().on_headers_complete()
        # None after an upgrade to another protocol.
        cycles = filter(None, (*self.unfinished, self.cycle))
        self.unfinished = tuple(each for each in cycles if not each.response_complete)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Tell all requests."""
        for cycle in self.unfinished:
            cycle.disconnected = True
            cycle.message_event.set()
        super().connection_lost(exc)

    @override
    def send_400_response(self, msg: str) -> None:
        """Send JSON."""
        content = error_response(HTTPStatus.BAD_REQUEST, "bad_request", msg).content
        length = b"Content-Length: %d\r\n" % len(content)
        head = STATUS_LINE[HTTPStatus.BAD_REQUEST] + HEADERS + length
        self.transport.write(head + b"\r\n" + content)
        self.transport.close()
