"""The ASGI entry point answers as WSGI does, response by response."""

import hashlib
import json
import re
import secrets
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.project import copy_tree
from tests.server import free_port, gunicorn, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.project import Project

pytestmark = pytest.mark.exhaustive

PROBE = Path(__file__).parent / "apps" / "probe"
MEGABYTE = 2**20
THREADS = 4
# Of the server, or different in every response.
OWN_HEADERS = {"date", "server", "connection", "transfer-encoding", "x-request-id"}


@dataclass(frozen=True)
class Answer:
    """A response as it came over the TCP socket."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def comparable(self) -> tuple[int, list[tuple[str, str]], object]:
        """Return what must not depend on the server."""
        own = OWN_HEADERS | ({"content-length"} if self.status == 204 else set())
        headers = [header for header in self.headers if header[0] not in own]
        if ("content-type", "application/json") in headers and self.body:
            return self.status, sorted(headers), json.loads(self.body)
        return self.status, sorted(headers), self.body


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 60)


def read(connection: socket.socket, method: str = "GET") -> Answer:
    """Read a response to its end."""
    with connection.makefile("rb") as stream:
        status = 100
        while status == 100:
            status = int(stream.readline().split()[1])
            lines = iter(stream.readline, b"\r\n")
            pairs = [line.decode("latin-1").partition(":") for line in lines if line]
        headers = [(name.lower(), value.strip()) for name, _, value in pairs]
        known = dict(headers)
        body = b""
        if method == "HEAD" or status in {204, 304}:
            pass
        elif known.get("transfer-encoding") == "chunked":
            while size := int(stream.readline() or b"0", 16):
                body += stream.read(size)
                stream.readline()
            stream.readline()
        elif "content-length" in known:
            body = stream.read(int(known["content-length"]))
        else:
            body = stream.read()
    return Answer(status, headers, body)


def request(method: str, target: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join((*lines, "Connection: close", "", ""))
    return head.encode("utf-8") + body


def multipart(size: int) -> tuple[str, bytes]:
    """Return the header and the body of a form with a file and a field."""
    content = bytes(range(256)) * (size // 256)
    body = (
        b'--frontier\r\nContent-Disposition: form-data; name="note"\r\n\r\ncaf\xc3\xa9\r\n'
        b'--frontier\r\nContent-Disposition: form-data; name="file"; filename="d\xc3\xa9.bin"'
        b"\r\nContent-Type: application/octet-stream\r\n\r\n"
        + content
        + b"\r\n--frontier--\r\n"
    )
    return "Content-Type: multipart/form-data; boundary=frontier", body


FORM = "Content-Type: application/x-www-form-urlencoded"
REQUESTS = {
    "plain": request("GET", "/echo/"),
    "percent-encoded": request("GET", "/echo/caf%C3%A9%20%2B/?q=caf%C3%A9+%26&q=2&e="),
    "encoded slash": request("GET", "/echo/a%2Fb/"),
    "encoded percent": request("GET", "/echo/100%25/%2541/"),
    "double slash": request("GET", "/echo//a//../b/;c=1"),
    "encoded line break": request("GET", "/echo/a%0D%0Ab/?q=a%0D%0Ab"),
    "encoded null": request("GET", "/echo/a%00b/"),
    "reserved": request("GET", "/echo/!$&'()*+,;=:@~-._/?q=/?:@!$'()*+,;"),
    "no final slash": request("GET", "/api/v1/auth/me"),
    "unknown": request("GET", "/nothing/"),
    "unknown of the API": request("GET", "/api/nothing/"),
    "unauthorized": request("GET", "/api/v1/auth/me/"),
    "rejected host": request("GET", "/echo/").replace(b"127.0.0.1", b"evil.example"),
    "head": request("HEAD", "/echo/"),
    "head of a stream": request("HEAD", "/words/"),
    "options": request("OPTIONS", "/echo/"),
    "underscore": request("GET", "/echo/", "X_Forwarded_Proto: https", "X_Real: 1"),
    "underscore beside": request("GET", "/echo/", "X-Real: good", "X_Real: bad"),
    "repeated header": request("GET", "/echo/", "X-Real: a", "X-Real: b", "X-Empty:"),
    "cookie": request("GET", "/echo/", "Cookie: a=1; b=caf%C3%A9; a=2"),
    "latin-1 header": request("GET", "/echo/", "X-Real: \u00e9"),
    "form": request("POST", "/echo/", FORM, body=b"a=1&a=caf%C3%A9&b="),
    "bytes": request("POST", "/echo/", "Content-Type: x/y", body=b"\x00\xff\r\n" * 99),
    "small upload": request(
        "POST", "/echo/", *multipart(4096)[:1], body=multipart(4096)[1]
    ),
    "large upload": request(
        "POST", "/echo/", *multipart(8 * MEGABYTE)[:1], body=multipart(8 * MEGABYTE)[1]
    ),
    "too large a body": request(
        "POST",
        "/api/v1/auth/login/",
        "Content-Type: application/json",
        body=b" " * 3 * MEGABYTE,
    ),
    "bad JSON": request(
        "POST", "/api/v1/auth/login/", "Content-Type: application/json", body=b"{"
    ),
    "expect": request("POST", "/echo/", "Expect: 100-continue", FORM, body=b"a=1"),
    "stream": request("GET", "/words/"),
    "async view": request("POST", "/async/", body=b"abc"),
    "live": request("GET", "/api/health/live/"),
    "no content": request("GET", "/status/204/"),
    "not modified": request("GET", "/status/304/"),
    "teapot": request("GET", "/status/418/"),
    **{
        kind: request("GET", f"/failing/{kind}/")
        for kind in ("error", "missing", "denied", "suspicious")
    },
}


@dataclass(frozen=True)
class Servers:
    """One project, served both ways."""

    project: "Project"
    asgi: int
    wsgi: int


@pytest.fixture(scope="module")
def servers(
    built: "Project", tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[Servers]":
    project = built.copy_to(tmp_path_factory.mktemp("served") / "project")
    copy_tree(PROBE, project.path / "probe", "__pycache__")
    (project.path / "large").write_bytes(secrets.token_bytes(MEGABYTE) * 100)
    project.manage("migrate", "--verbosity", "0")
    env = {
        **project.variables(),
        "DJANGO_SETTINGS_MODULE": "probe.settings",
        "WEB_CONCURRENCY": "1",
        "WEB_THREADS": str(THREADS),
    }
    asgi, wsgi = free_port(), free_port()
    threads = ("--worker-class", "gthread", "--threads", str(THREADS))
    commands = {
        asgi: gunicorn(asgi),
        wsgi: (*gunicorn(wsgi)[:-1], *threads, "config.wsgi:application"),
    }
    with ExitStack() as stack:
        for port, command in commands.items():
            stack.enter_context(serving(*command, cwd=project.path, port=port, env=env))
        yield Servers(project, asgi, wsgi)


def send(port: int, content: bytes) -> Answer:
    with connect(port) as connection:
        # The server may answer, and hang up, before it has read everything.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(content)
        return read(connection, content.partition(b" ")[0].decode())


@pytest.mark.parametrize("name", REQUESTS)
def test_the_answer_is_that_of_wsgi(servers: Servers, name: str) -> None:
    asgi, wsgi = (send(port, REQUESTS[name]) for port in (servers.asgi, servers.wsgi))
    expected = wsgi.comparable()
    ports = {str(servers.asgi), str(servers.wsgi)}
    assert asgi.comparable() == expected
    assert not any(port in asgi.body.decode("latin-1") for port in ports)
    assert b"text that no client" not in asgi.body


def test_where_the_servers_themselves_differ_nothing_breaks(servers: Servers) -> None:
    """Uvicorn's parser knows which methods exist, and replaces what is not UTF-8."""
    unknown_method = send(servers.asgi, request("BREW", "/echo/"))
    assert unknown_method.status == 400
    not_text = send(servers.asgi, request("GET", "/echo/%FF%FE/?q=%FF"))
    assert not_text.status == 200
    assert json.loads(not_text.body)["get"] == {"q": ["\ufffd"]}


def test_a_body_in_chunks_arrives(servers: Servers) -> None:
    content = secrets.token_bytes(300_000)
    parts = [content[at : at + 70_000] for at in range(0, len(content), 70_000)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))
    head = request("POST", "/echo/", "Transfer-Encoding: chunked", "Content-Type: x/y")
    answer = send(servers.asgi, head + chunks)
    assert json.loads(answer.body)["body"] == hashlib.sha256(content).hexdigest()


def memory(port: int) -> int:
    """Return the resident kilobytes of the largest process that serves a port."""
    sizes = [0]
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"127.0.0.1:{port}" in (process / "cmdline").read_text():
                status = (process / "status").read_text()
                sizes += map(int, re.findall(r"VmRSS:\s+(\d+)", status))
    return max(sizes)


def test_a_large_download_is_whole_and_not_held_in_memory(servers: Servers) -> None:
    expected = (servers.project.path / "large").read_bytes()
    before = memory(servers.asgi)
    asgi, wsgi = (
        send(port, request("GET", "/download/"))
        for port in (servers.asgi, servers.wsgi)
    )
    assert asgi.body == expected
    assert asgi.comparable() == wsgi.comparable()
    assert memory(servers.asgi) - before < 50_000


def test_a_slow_reader_of_a_plain_response_holds_no_thread(servers: Servers) -> None:
    """More of them than there are threads; gthread would wait for them."""
    with ExitStack() as stack:
        for _ in range(THREADS + 2):
            slow = stack.enter_context(connect(servers.asgi))
            slow.sendall(request("GET", "/echo/" + "x" * 4000))
        for _ in range(THREADS + 2):
            sender = stack.enter_context(connect(servers.asgi))
            sender.sendall(
                b"POST /echo/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n1"
            )
        assert send(servers.asgi, request("GET", "/echo/")).status == 200


def test_a_slow_reader_of_a_download_stops_nobody_else(servers: Servers) -> None:
    before = memory(servers.asgi)
    with ExitStack() as stack:
        for _ in range(THREADS - 1):
            slow = stack.enter_context(connect(servers.asgi))
            slow.sendall(request("GET", "/download/"))
        time.sleep(1)
        assert send(servers.asgi, request("GET", "/echo/")).status == 200
        assert memory(servers.asgi) - before < 50_000


@pytest.mark.parametrize("kind", ["asgi", "wsgi"])
def test_a_stream_comes_in_time_from_one_thread_and_ends_with_its_client(
    servers: Servers, kind: str
) -> None:
    ended = servers.project.path / "ended"
    ended.unlink(missing_ok=True)
    started = time.monotonic()
    with connect(getattr(servers, kind)) as connection:
        connection.sendall(request("GET", "/stream/"))
        received = b""
        while received.count(b"\n1") < 2 and time.monotonic() - started < 10:
            received += connection.recv(65536)
    assert time.monotonic() - started < 4
    threads = set(re.findall(rb"^\d+ (\d+)\r?$", received, re.MULTILINE))
    assert len(threads) == 1
    while not ended.exists():
        assert time.monotonic() - started < 8
        time.sleep(0.1)
    assert ended.read_text() == "left"


def test_a_stream_that_fails_is_cut_off(servers: Servers) -> None:
    for port in (servers.asgi, servers.wsgi):
        with connect(port) as connection:
            connection.sendall(request("GET", "/broken/"))
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        assert b"first" in received
        assert not received.endswith(b"0\r\n\r\n")


def test_clients_that_leave_leave_nothing_behind(servers: Servers) -> None:
    starts = [
        b"POST /echo/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\nhalf",
        request("GET", "/stream/"),
        request("GET", "/download/"),
        request("GET", "/echo/"),
    ]
    for _ in range(2 * THREADS):
        for start in starts:
            with connect(servers.asgi) as connection:
                connection.sendall(start)
    with ThreadPoolExecutor(THREADS) as pool:
        answers = pool.map(
            lambda _: send(servers.asgi, request("GET", "/echo/")), range(4 * THREADS)
        )
        assert {answer.status for answer in answers} == {200}
