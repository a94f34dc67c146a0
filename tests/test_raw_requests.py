"""Malformed requests, written byte by byte to the server's TCP socket."""

import json
import socket
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.deployment import deployed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.deployment import Deployment
    from tests.project import Project

LOGIN = "/api/v1/auth/login/"
HEADERS = (
    "Host: 127.0.0.1",
    "X-Forwarded-Proto: https",
    "Content-Type: application/json",
    "Connection: close",
)
LIMIT = 10


def send(running: "Deployment", *lines: str, body: bytes = b"") -> tuple[int, bytes]:
    """Send a request as it is; return the status and the body of the answer."""
    address = urlsplit(running.api.url)
    with socket.create_connection((address.hostname, address.port), 30) as connection:
        head = "\r\n".join((*lines, "", "")).encode("latin-1")
        received = b""
        # The server may have answered, and hung up, before the end.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(head + body)
        with suppress(ConnectionResetError):
            while part := connection.recv(65536):
                received += part
    head_of_answer, _, content = received.partition(b"\r\n\r\n")
    return int(head_of_answer.split()[1]) if head_of_answer else 0, content


def leave(running: "Deployment", path: str) -> None:
    """Send several requests in one packet and disconnect without an answer."""
    address = urlsplit(running.api.url)
    request = "\r\n".join((f"GET {path} HTTP/1.1", *HEADERS[:2], "", ""))
    with socket.create_connection((address.hostname, address.port), 30) as connection:
        connection.sendall(request.encode() * 5)


def chunked(content: bytes, size: int = 65536) -> bytes:
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


def post(running: "Deployment", *headers: str, body: bytes) -> tuple[int, bytes]:
    return send(running, f"POST {LOGIN} HTTP/1.1", *HEADERS, *headers, body=body)


def assert_envelope(content: bytes) -> None:
    start, end = content.index(b"{"), content.rindex(b"}") + 1
    assert json.loads(content[start:end]).keys() == {"type", "errors"}


@pytest.mark.exhaustive
def test_no_malformed_request_breaks_the_service(
    render: "Callable[..., Project]", tmp_path: "Path"
) -> None:
    with deployed(render, tmp_path, use_jwt=False) as running:
        large = b'{"email": "' + b"a" * 5_000_000 + b'"}'
        status, content = post(running, f"Content-Length: {len(large)}", body=large)
        assert status == 413
        assert_envelope(content)

        # Without Content-Length REST framework takes the body for an empty one.
        for body in (large, b'{"email": "ada@example.com"}'):
            encoding = "Transfer-Encoding: chunked"
            status, content = post(running, encoding, body=chunked(body))
            assert status == 400
            assert_envelope(content)

        smuggled = (
            ("Content-Length: 5", "Transfer-Encoding: chunked"),
            ("Content-Length: 5", "Content-Length: 6"),
            ("Content-Length: -1",),
            ("Content-Length: x",),
            ("Transfer-Encoding: x",),
        )
        for headers in smuggled:
            status, _ = post(running, *headers, body=b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n")
            assert status in {0, 400, 401}, headers

        for line in (
            "GET /api/\x00 HTTP/1.1",
            "GET /api/%00%ff HTTP/1.1",
            "GET /api/v1/auth/me/?%ff=%00 HTTP/1.1",
            "GET /api/v1/auth/me/?\xff HTTP/1.1",
            "GET /api/v1/auth/me/\xff HTTP/1.1",
            "GET http://evil.example/api/v1/auth/me/ HTTP/1.1",
            "GET //evil.example/api/v1/auth/me/ HTTP/1.1",
            "GET /api/" + "a" * 30_000 + " HTTP/1.1",
            "BREW /api/v1/auth/me/ HTTP/1.1",
            "GET /api/v1/auth/me/ HTTP/9.9",
            "GET",
        ):
            status, content = send(running, line, *HEADERS)
            assert status in {0, 400, 401, 404}, line
            is_below_api = not line.startswith("GET //")
            if content and is_below_api:
                assert_envelope(content)

        for header in (
            "Authorization: Token \xff\x80",
            "Authorization: Token a\x00b",
            "Cookie: sessionid=\xff; csrftoken=\x01",
            'Cookie: sessionid="abcdefgh\\000"',
            "X-Request-ID: a\x7fb",
            "Accept: \xff/*;q=x",
            "X-Header: " + "a" * 100_000,
        ):
            line = "GET /api/v1/auth/me/ HTTP/1.1"
            status, content = send(running, line, *HEADERS, header)
            assert status in {0, 400, 401, 406, 431}, header
            if content:
                assert_envelope(content)

        for host in ("evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil", ""):
            line, *rest = "GET /api/v1/auth/me/ HTTP/1.1", *HEADERS[1:]
            status, content = send(running, line, f"Host: {host}", *rest)
            assert status == 400, host
            assert_envelope(content)

        for _client in range(50):
            leave(running, "/api/v1/auth/me/")
            leave(running, "/api/health/")

        assert running.api.call("GET", "/api/health/")[0] == 200
        assert '"level": "error"' not in running.log.read_text()


@pytest.mark.exhaustive
def test_addresses_that_clients_make_up_do_not_count(
    render: "Callable[..., Project]", tmp_path: "Path"
) -> None:
    limits = {"THROTTLE_LOGIN": f"{LIMIT}/minute"}
    with deployed(render, tmp_path, use_jwt=False, settings=limits) as running:
        statuses = [
            post(
                running,
                "Content-Length: 2",
                f"X-Forwarded-For: 203.0.113.{number}",
                f"X-Real-IP: 203.0.113.{number}",
                f"Forwarded: for=203.0.113.{number}",
                body=b"{}",
            )[0]
            for number in range(LIMIT + 5)
        ]

    assert statuses == [400] * LIMIT + [429] * 5
