"""Requests and WebSockets over asyncio streams, for the containers that `floods.py` starts."""

import asyncio
import json
import os
import re
import socket
import ssl
from typing import Final

HOST: Final = socket.gethostbyname("nginx")
HTTP: Final = 8080
HTTPS: Final = 8443
# Self-signed, and not what is measured.
TLS: Final = ssl.create_default_context()
TLS.check_hostname = False
TLS.verify_mode = ssl.CERT_NONE
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
# This length of a frame means that another one follows.
LONGER: Final = 126

type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(*, tls: bool = True) -> Streams:
    """Open a connection to nginx."""
    port = HTTPS if tls else HTTP
    return await asyncio.open_connection(HOST, port, ssl=TLS if tls else None)


def request(line: str, *headers: str, data: dict[str, str] | None = None) -> bytes:
    """Return the bytes of a request."""
    body = json.dumps(data).encode() if data else b""
    length = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    lines = (f"{line} HTTP/1.1", "Host: localhost", *(length if data else ()), *headers)
    return "\r\n".join((*lines, "", "")).encode() + body


async def answer(streams: Streams, sent: bytes) -> str:
    """Send a request on an open connection and return the status of the response."""
    reader, writer = streams
    writer.write(sent)
    head = await reader.readuntil(b"\r\n\r\n")
    if length := re.search(rb"(?i)\r\ncontent-length: (\d+)", head):
        await reader.readexactly(int(length[1]))
    elif b"chunked" in head:
        await reader.readuntil(b"\r\n0\r\n\r\n")
    return head.split(None, 2)[1].decode()


async def open_websocket(room: str, token: str) -> tuple[str, Streams]:
    """Ask for a WebSocket; return the status of the response, 101 if it is open."""
    streams = await connect()
    headers = (
        *("Origin: https://localhost", "Connection: Upgrade", "Upgrade: websocket"),
        *("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg=="),
        f"Sec-WebSocket-Protocol: bearer, {token}",
    )
    return await answer(streams, request(f"GET /ws/chat/{room}/", *headers)), streams


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """Return a masked frame of at most 125 bytes."""
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return bytes((0x80 | opcode, 0x80 | len(payload))) + mask + masked


async def receive(streams: Streams) -> tuple[int, bytes]:
    """Return opcode and payload of the next frame that is not a ping."""
    reader, writer = streams
    while True:
        first, length = await reader.readexactly(2)
        if length == LONGER:
            length = int.from_bytes(await reader.readexactly(2))
        payload = await reader.readexactly(length)
        if first & 15 != PING:
            return first & 15, payload
        writer.write(frame(payload, PONG))
