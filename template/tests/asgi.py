"""HTTP client for tests; it calls an ASGI application without a server."""

from typing import TYPE_CHECKING, Any, Protocol, cast

from asgiref.testing import ApplicationCommunicator

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.asgi_handler import ThreadPoolASGIHandler


class Connection(Protocol):
    """The client side of a request, which asgiref leaves untyped."""

    async def send_input(self, message: dict[str, object]) -> None:
        """Send a part of the body, or disconnect."""

    async def receive_output(self) -> dict[str, Any]:
        """Return the next part of the response."""

    async def receive_nothing(self) -> bool:
        """Return whether no part arrives."""

    async def wait(self) -> None:
        """Wait until the application is done."""


def connect(
    application: "ThreadPoolASGIHandler", url: str, method: str = "GET"
) -> Connection:
    """Start a request."""
    scope = {
        "type": "http",
        "method": method,
        "path": url,
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"x-forwarded-proto", b"https")],
    }
    communicator = cast("Callable[..., Connection]", ApplicationCommunicator)
    return communicator(application, scope)


async def fetch(
    application: "ThreadPoolASGIHandler", url: str, *body: bytes
) -> tuple[int, str]:
    """Send a request and return the status and the text of the response."""
    request = connect(application, url, "POST" if body else "GET")
    for part in body:
        await request.send_input(
            {"type": "http.request", "body": part, "more_body": True}
        )
    await request.send_input({"type": "http.request"})
    start = await request.receive_output()
    message = await request.receive_output()
    content: bytes = message["body"]
    while message.get("more_body"):
        message = await request.receive_output()
        content += message["body"]
    await request.wait()
    return start["status"], content.decode()
