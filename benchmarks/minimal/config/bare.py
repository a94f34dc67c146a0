"""ASGI application without a framework, to measure the server alone."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope

BODY = b'{"status": "alive"}'


async def application(
    scope: "Scope", _receive: "ASGIReceiveCallable", send: "ASGISendCallable"
) -> None:
    """Answer every request with the same JSON."""
    if scope["type"] != "http":
        return
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(BODY)).encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})
