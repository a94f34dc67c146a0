"""Tests of the HTTP protocol."""

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import async_to_sync
from uvicorn.config import Config
from uvicorn.server import ServerState

from config.gunicorn_worker import DrainingUvicornWorker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from uvicorn._types import ASGI3Application, ASGIReceiveCallable, Scope


async def unused_app(_scope: object, _receive: object, _send: object) -> None:
    """Get no request, because none is valid."""


@asynccontextmanager
async def connected(
    application: "ASGI3Application",
) -> "AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]":
    """Yield a connection to a server with the worker's protocol."""
    config = Config(application, **DrainingUvicornWorker.CONFIG_KWARGS)
    config.load()

    def protocol() -> asyncio.Protocol:
        make: Any = config.http_protocol_class
        made: asyncio.Protocol = make(
            config=config, server_state=ServerState(), app_state={}
        )
        return made

    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        yield reader, writer
        writer.close()


async def answer(request: bytes) -> bytes:
    """Send bytes and return the answer."""
    async with connected(unused_app) as (reader, writer):
        writer.write(request)
        return await reader.read()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET\r\n\r\n",
        b"BREW / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
    ],
)
def test_malformed_request_gets_the_error_format(request_bytes: bytes) -> None:
    head, _, body = async_to_sync(answer)(request_bytes).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert b"content-type: application/json" in head.lower()
    assert json.loads(body) == {
        "type": "client_error",
        "errors": [
            {
                "code": "bad_request",
                "detail": "Invalid HTTP request received.",
                "attr": None,
            }
        ],
    }


def test_pipelined_request_notices_that_the_client_has_disconnected() -> None:
    async def disconnect() -> list[str]:
        messages: asyncio.Queue[str] = asyncio.Queue()

        async def application(
            _scope: "Scope", receive: "ASGIReceiveCallable", _send: object
        ) -> None:
            for _message in range(2):
                messages.put_nowait((await receive())["type"])

        async with connected(application) as (_, writer):
            writer.write(b"GET / HTTP/1.1\r\n\r\n" * 2)
            first = await messages.get()
        async with asyncio.timeout(5):
            return [first, await messages.get()]

    assert async_to_sync(disconnect)() == ["http.request", "http.disconnect"]
