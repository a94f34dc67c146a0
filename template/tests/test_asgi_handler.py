"""Tests of the ASGI handler."""

import asyncio
import threading
from collections import Counter
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from config import asgi_handler
from config.asgi_handler import ThreadPoolASGIHandler
from tests.asgi import connect, fetch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from concurrent.futures import Executor

    from django.http import HttpRequest

busy = threading.Event()
closed = threading.Event()


@csrf_exempt
def sync_view(request: "HttpRequest") -> HttpResponse:
    """Return the name of the thread and the length of the body."""
    return HttpResponse(f"{threading.current_thread().name} {len(request.body)}")


async def async_view(_request: "HttpRequest") -> HttpResponse:
    """Return the name of the thread."""
    return HttpResponse(threading.current_thread().name)


def busy_view(_request: "HttpRequest") -> HttpResponse:
    """Block a thread until `busy` is set."""
    busy.wait()
    return HttpResponse()


def names() -> "Iterator[str]":
    """Yield the name of the thread forever."""
    try:
        while True:
            yield threading.current_thread().name
    finally:
        closed.set()


async def async_names() -> "AsyncIterator[str]":
    """Yield the name of the thread forever."""
    try:
        while True:
            yield threading.current_thread().name
            await asyncio.sleep(0)
    finally:
        closed.set()


def stream_view(_request: "HttpRequest") -> StreamingHttpResponse:
    """Stream from a thread."""
    return StreamingHttpResponse(names())


def async_stream_view(_request: "HttpRequest") -> StreamingHttpResponse:
    """Stream from the event loop."""
    return StreamingHttpResponse(async_names())


def broken_view(_request: "HttpRequest") -> StreamingHttpResponse:
    """Fail in the middle of a stream."""

    def parts() -> "Iterator[str]":
        yield "first"
        raise ValueError

    return StreamingHttpResponse(parts())


urlpatterns = [
    path("sync/", sync_view),
    path("async/", async_view),
    path("busy/", busy_view),
    path("stream/", stream_view),
    path("async-stream/", async_stream_view),
    path("broken/", broken_view),
]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db(transaction=True)]


@contextmanager
def count_hops(monkeypatch: pytest.MonkeyPatch) -> "Iterator[Counter[str]]":
    """Count the calls in threads until the block ends."""
    hops: Counter[str] = Counter()
    submit = asyncio.BaseEventLoop.run_in_executor

    def counting[*A, T](
        loop: asyncio.BaseEventLoop,
        executor: "Executor | None",
        function: "Callable[[*A], T]",
        *args: *A,
    ) -> "asyncio.Future[T]":
        hops["hops"] += 1
        return submit(loop, executor, function, *args)

    with monkeypatch.context() as patch:
        patch.setattr(asyncio.BaseEventLoop, "run_in_executor", counting)
        yield hops


def test_sync_view_switches_to_a_thread_once(monkeypatch: pytest.MonkeyPatch) -> None:
    application = ThreadPoolASGIHandler(2)

    with count_hops(monkeypatch) as hops:
        status, text = async_to_sync(fetch)(application, "/sync/", b"ab", b"cd")

    assert status == HTTPStatus.OK
    assert text.startswith("request-")
    assert text.endswith(" 4")
    assert hops["hops"] == 1


def test_async_view_stays_on_the_loop() -> None:
    application = ThreadPoolASGIHandler(1)

    async def loop_and_view() -> tuple[str, str]:
        _, name = await fetch(application, "/async/")
        return threading.current_thread().name, name

    expected, name = async_to_sync(loop_and_view)()

    assert name == expected


def test_request_gets_503_when_no_thread_becomes_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asgi_handler, "THREAD_WAIT_SECONDS", 0.1)
    application = ThreadPoolASGIHandler(1)
    busy.clear()

    async def two_requests() -> tuple[tuple[int, str], ...]:
        first = asyncio.create_task(fetch(application, "/busy/"))
        await asyncio.sleep(0)
        second = await fetch(application, "/sync/")
        busy.set()
        await first
        return second, await fetch(application, "/sync/")

    (status, text), (served, _) = async_to_sync(two_requests)()

    assert status == HTTPStatus.SERVICE_UNAVAILABLE
    assert '"code": "unavailable"' in text
    assert served == HTTPStatus.OK


@pytest.mark.parametrize("url", ["/stream/", "/async-stream/"])
def test_stream_ends_when_the_client_disconnects(url: str) -> None:
    application = ThreadPoolASGIHandler(2)
    closed.clear()

    async def disconnect() -> set[bytes]:
        request = connect(application, url)
        await request.send_input({"type": "http.request"})
        await request.receive_output()
        parts = [await request.receive_output() for _part in range(5)]
        await request.send_input({"type": "http.disconnect"})
        await request.wait()
        return {part["body"] for part in parts}

    threads = async_to_sync(disconnect)()

    assert len(threads) == 1
    assert closed.wait(5)


def test_broken_stream_returns_its_thread() -> None:
    application = ThreadPoolASGIHandler(1)

    async def fail() -> tuple[int, str]:
        with pytest.raises(ValueError):
            await fetch(application, "/broken/")
        return await fetch(application, "/sync/")

    status, _ = async_to_sync(fail)()

    assert status == HTTPStatus.OK


def test_disconnect_before_the_body_gets_no_response() -> None:
    application = ThreadPoolASGIHandler(1)

    async def disconnect() -> None:
        request = connect(application, "/sync/", "POST")
        await request.send_input(
            {"type": "http.request", "body": b"a", "more_body": True}
        )
        await request.send_input({"type": "http.disconnect"})
        await request.wait()
        assert await request.receive_nothing()

    async_to_sync(disconnect)()
