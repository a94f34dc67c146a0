"""nginx limits what one client can use and answers errors as the API does."""

import json
import resource
import secrets
import socket
import time
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from tests.engine import DEFAULT, EVERYTHING, LOGIN, ME, check_logs
from tests.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.engine import Stack

pytestmark = pytest.mark.exhaustive

LIVE = "/api/health/live/"
# As large as a body may be.
BODY_SIZE = 2_621_440
ADDRESS = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
FETCH = f"""
import urllib.request
for _ in range(20):
    urllib.request.urlopen("http://nginx:8080{LIVE}", timeout=2)
"""


def head(line: str, *headers: str) -> bytes:
    """Return a request without a body."""
    lines = (line, "Host: localhost", "Connection: close", *headers, "", "")
    return "\r\n".join(lines).encode()


def check_other_clients(stack: "Stack") -> None:
    """Send requests from another address, which have to succeed."""
    stack.exec("app", "python", "-c", FETCH)


@contextmanager
def connections(
    stack: "Stack", count: int, address: tuple[str, int] | None = None
) -> "Iterator[Sequence[socket.socket]]":
    """Open TCP connections to nginx over plain HTTP, by default through its port."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with ExitStack() as opened:
            to = address or ("localhost", stack.http)
            yield [
                opened.enter_context(socket.create_connection(to, 10))
                for _ in range(count)
            ]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def statuses(opened: "Sequence[socket.socket]") -> "Counter[int]":
    """Return the statuses that were received; 0 stands for none so far.

    Waits first: nginx delays requests of a burst.
    """
    time.sleep(3)
    received: Counter[int] = Counter()
    for connection in opened:
        connection.settimeout(0.01)
        try:
            received[int(connection.recv(4096).split()[1])] += 1
        except TimeoutError:
            received[0] += 1
    return received


@DEFAULT
@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (head(f"BREW {ME} HTTP/1.1"), 501),
        (head(f"POST {LOGIN} HTTP/1.1", "Transfer-Encoding: gzip"), 501),
        (head(f"TRACE {ME} HTTP/1.1"), 405),
        (head(f"get {ME} HTTP/1.1"), 400),
        (head(f"GET {ME} HTTP/9.9"), 505),
        (head(f"GET {ME} HTTP/2.0"), 505),
        (b"\x16\x03\x01\r\n\r\n", 400),
        (head(f"GET {ME} HTTP/1.1", "Content-Length: x"), 400),
        (head(f"GET {ME} HTTP/1.1", "X-Header: a\0b"), 400),
        (head(f"GET {ME} HTTP/1.1", "X-Header: a\x01b"), 400),
        (head(f"GET {ME} HTTP/1.1", f"X-Header: {'a' * 9000}"), 431),
        (head(f"GET {ME} HTTP/1.1", *[f"X-Header: {'a' * 8000}"] * 5), 431),
        (head(f"GET /api/{'a' * 9000} HTTP/1.1"), 414),
        (head(f"GET {ME}?{'a' * 9000} HTTP/1.1"), 414),
        (head("GET /static/nothing HTTP/1.1"), 404),
        (head("GET /static/ HTTP/1.1"), 403),
        (head("GET /static/../../etc HTTP/1.1"), 400),
        (head("GET /static/admin/css/login.css HTTP/1.1", "If-Match: x"), 412),
        (
            head("GET /static/admin/css/login.css HTTP/1.1", "Range: bytes=9999999-"),
            416,
        ),
    ],
    ids=lambda value: "" if isinstance(value, int) else repr(value[:24]),
)
def test_an_error_of_nginx_has_the_format_of_the_api(
    stack: "Stack", request_bytes: bytes, status: int
) -> None:
    answer, _, body = stack.send_bytes(request_bytes).partition(b"\r\n\r\n")
    assert int(answer.split()[1]) == status
    assert b"Content-Type: application/json" in answer
    kind = "server_error" if status >= 500 else "client_error"
    (error,) = json.loads(body)["errors"]
    assert json.loads(body)["type"] == kind
    assert error.keys() == {"code", "detail", "attr"}


@DEFAULT
def test_a_body_above_the_limit_of_django_is_rejected(stack: "Stack") -> None:
    stack.forget_throttles()
    for size, status in ((BODY_SIZE, 400), (BODY_SIZE + 1, 413)):
        try:
            response = stack.send("POST", LOGIN, b"x" * size)
        except ConnectionError:
            # nginx can close the connection before the whole body has arrived.
            assert status == 413
            continue
        assert response.status == status
        assert response.json["type"] in {"client_error", "validation_error"}


@DEFAULT
def test_slow_headers_of_one_client_block_no_other(stack: "Stack") -> None:
    # Docker's proxy of the port cannot hold that many.
    (nginx,) = stack.containers("nginx")
    address = stack.inspect(nginx, ADDRESS), 8080
    with connections(stack, 4200, address) as opened:
        for connection in opened:
            connection.sendall(b"GET /api/ HTTP/1.1\r\nHost: ")
        started = time.monotonic()
        for _ in range(20):
            assert stack.plain.send("GET", LIVE).status == 200
        check_other_clients(stack)
        for connection in opened:
            connection.settimeout(20)
            with suppress(ConnectionResetError):
                assert connection.recv(4096) == b""
        assert time.monotonic() - started < 15


@DEFAULT
def test_slow_bodies_of_one_client_use_little_memory(stack: "Stack") -> None:
    request = head(f"POST {LOGIN} HTTP/1.1", f"Content-Length: {BODY_SIZE}")
    with connections(stack, 60) as opened:
        for connection in opened:
            connection.sendall(request)
        received = statuses(opened)
        assert received == {0: 10, 429: 50}
        for connection in opened:
            connection.settimeout(1)
            with suppress(OSError):
                connection.sendall(b"x" * (BODY_SIZE - 1))
        used = int(stack.exec("nginx", "sh", "-c", "du -sk /tmp").split()[0])
        assert used < 10 * BODY_SIZE / 1024 + 1024
        check_other_clients(stack)
        assert stack.send("POST", LOGIN, b"{}").status in {400, 429}


def test_the_memory_for_bodies_is_limited(stack: "Stack") -> None:
    listed = stack.exec("nginx", "sh", "-c", "df -k /tmp").splitlines()[1]
    assert listed.split()[1] == str(256 * 1024)


@pytest.mark.parametrize(
    ("stack", "header"),
    [("default", "X-Header: x"), ("everything", "Upgrade: websocket")],
    indirect=["stack"],
)
def test_one_address_has_a_limited_number_of_connections(
    stack: "Stack", header: str
) -> None:
    """The requests last until their bodies arrive."""
    request = head(f"POST {LOGIN} HTTP/1.1", "Content-Length: 2", header)
    with connections(stack, 120) as opened:
        for connection in opened:
            connection.sendall(request)
        # WebSockets wait up to 5 s for their turn.
        time.sleep(2)
        assert statuses(opened) == {0: 100, 429: 20}
        rejected = stack.send_bytes(request + b"{}")
        assert b"\r\nRetry-After: 1\r\n" in rejected
        assert json.loads(rejected.partition(b"\r\n\r\n")[2])["errors"]
        check_other_clients(stack)
    last = check_logs(stack)["nginx"]
    assert "REJECTED" in {line.get("connection_limit") for line in last}


@DEFAULT
def test_one_address_has_a_limited_number_of_requests_per_second(
    stack: "Stack",
) -> None:
    """Of a burst, 20 pass immediately and 100 wait for their turn."""
    with connections(stack, 300) as opened:
        for connection in opened:
            connection.sendall(head(f"GET {LIVE} HTTP/1.1"))
        check_other_clients(stack)
        received = statuses(opened)
    assert received.keys() == {200, 429}
    assert received[200] >= 120
    assert received[429] >= 100
    last = [line.get("rate_limit") for line in check_logs(stack)["nginx"]]
    assert "DELAYED" in last
    # One of 100 is logged.
    assert last.count("REJECTED") < received[429] / 4


@EVERYTHING
def test_websockets_and_requests_are_counted_separately(stack: "Stack") -> None:
    request = head("GET /ws/chat/lobby/ HTTP/1.1", "Content-Length: 2")
    upgrade = request.replace(b"Connection: close", b"Upgrade: websocket")
    with connections(stack, 110) as opened:
        for connection in opened:
            connection.sendall(upgrade)
        time.sleep(2)
        assert statuses(opened)[429] == 10
        assert stack.send("GET", ME).status == 401


def nginx_warnings(stack: "Stack") -> list[str]:
    """Return the events in the error log of nginx, which must be JSON."""
    logs = check_logs(stack)["nginx"]
    return [line["event"] for line in logs if line["logger"] == "nginx.error"]


@DEFAULT
def test_warnings_of_nginx_are_json_without_what_clients_sent(stack: "Stack") -> None:
    mark = secrets.token_hex(8)
    with suppress(ConnectionError):
        stack.send("POST", f"{LOGIN}?token={mark}", b"x" * (BODY_SIZE + 1))
    line = rf'2026/01/31 23:59:59 [warn] 7#7: *1 a "b" \\ c, client: ::1, x: "{mark}"'
    stack.exec("nginx", "sh", "-c", f"echo '{line}' >>/tmp/error.log")
    wait_until(lambda: "*1 a 'b' " in nginx_warnings(stack), "the warning")
    assert any("too large body" in event for event in nginx_warnings(stack))
    assert mark not in json.dumps(check_logs(stack))


@DEFAULT
@pytest.mark.parametrize("signal", ["reload", "reopen"])
def test_nginx_still_logs_after_a_signal(stack: "Stack", signal: str) -> None:
    stack.exec("nginx", "nginx", "-s", signal)
    time.sleep(1)
    before = len(nginx_warnings(stack))
    stack.send("GET", "/static/")
    wait_until(lambda: len(nginx_warnings(stack)) > before, "the warning")
