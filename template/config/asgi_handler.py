"""The ASGI handler, which runs Django's views."""

import asyncio
import contextvars
import functools
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast, override

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.signals import request_started
from django.http import FileResponse
from django.urls import Resolver404, resolve, set_script_prefix

from apps.core.exceptions import error_response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator
    from typing import IO

    from django.core.handlers.asgi import ASGIRequest
    from django.http import HttpResponse, StreamingHttpResponse
    from django.http.response import HttpResponseBase

logger = logging.getLogger(__name__)

# As long as a thread waits for a database connection.
THREAD_WAIT_SECONDS: Final = 5

type Scope = dict[str, Any]
type Receive = Callable[[], Awaitable[Mapping[str, Any]]]
type Send = Callable[[Mapping[str, Any]], Awaitable[None]]
# Calls a function in the thread of the request.
type Run = Callable[..., Awaitable[Any]]


class SyncHandler(BaseHandler):
    """Calls the middleware and the view in the current thread."""

    def __init__(self) -> None:
        """Load the middleware."""
        super().__init__()
        self.load_middleware()


# Django's handler switches threads for nearly every middleware, which costs as much as
# the rest of a request; this one switches once. To go back, use
# `get_asgi_application()` in `config/asgi.py`.
class ThreadPoolASGIHandler(ASGIHandler):
    """Runs a sync request in one of a few threads, and an async view on the event loop.

    A slow client holds no thread; a streamed response holds one until its end.
    """

    def __init__(self, threads: int) -> None:
        """Load the middleware; a thread starts when it is first needed."""
        super().__init__()
        self.sync_handler = SyncHandler()
        # Of one thread each, because a streamed response is read in the thread that
        # made it. Last in, first out: its connections and caches are warm.
        self.threads: asyncio.LifoQueue[ThreadPoolExecutor] = asyncio.LifoQueue()
        for number in range(threads):
            self.threads.put_nowait(ThreadPoolExecutor(1, f"request-{number}"))

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a sync view in a thread, an async view as the base class does."""
        if _has_async_view(scope):
            await super().handle(scope, receive, send)
            return
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with closing(body):
            try:
                async with asyncio.timeout(THREAD_WAIT_SECONDS):
                    thread = await self.threads.get()
            except TimeoutError:
                logger.warning("Request rejected: no thread became free")
                await self.send_response(_busy_response(), send)
                return
            run = functools.partial(_run_in_thread, thread, contextvars.copy_context())
            try:
                response = await run(self._respond, scope, body)
                if response.streaming:
                    streamed = cast("StreamingHttpResponse", response)
                    await self._stream(streamed, run, receive, send)
                    return
            finally:
                self.threads.put_nowait(thread)
        await self.send_response(response, send)

    @override
    def create_request(
        self, scope: Mapping[str, Any], body_file: "IO[bytes]"
    ) -> "tuple[ASGIRequest, None] | tuple[None, HttpResponseBase]":
        """Return the API's format for a request that Django cannot parse."""
        request, error = super().create_request(scope, body_file)
        if request is not None:
            return request, None
        status = HTTPStatus(error.status_code if error else HTTPStatus.BAD_REQUEST)
        return None, error_response(status, "bad_request", "Bad request.")

    async def _stream(
        self,
        response: "StreamingHttpResponse",
        run: Run,
        receive: Receive,
        send: Send,
    ) -> None:
        """Send a response until its end or until the client disconnects."""
        if not response.is_async:
            response.streaming_content = _iterate_in_thread(iter(response), run)
        try:
            await _cancel_on_disconnect(self.send_response(response, send), receive)
        finally:
            await run(response.close)

    def _respond(self, scope: Scope, body: "IO[bytes]") -> "HttpResponseBase":
        """Return the response, closed unless it is streamed."""
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=SyncHandler, scope=scope)
        request, error = self.create_request(scope, body)
        if request is None:
            response = cast("HttpResponseBase", error)
        else:
            response = self.sync_handler.get_response(request)
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.streaming:
            # Also returns the database connection to the pool.
            response.close()
        return response


def _run_in_thread[*A, T](
    thread: ThreadPoolExecutor,
    context: contextvars.Context,
    function: Callable[[*A], T],
    *args: *A,
) -> Awaitable[T]:
    """Call a function in a thread, with the context of the request."""
    loop = asyncio.get_running_loop()
    return loop.run_in_executor(thread, context.run, function, *args)


def _has_async_view(scope: Scope) -> bool:
    """Return whether the view of the URL is a coroutine function."""
    try:
        match = resolve(scope["path"].removeprefix(get_script_prefix(scope)))
    except Resolver404:
        return False
    return iscoroutinefunction(match.func)


def _busy_response() -> "HttpResponse":
    """Return the error for a request that found no free thread."""
    detail = "The service is too busy. Try again later."
    response = error_response(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", detail)
    response.headers["Retry-After"] = str(THREAD_WAIT_SECONDS)
    return response


async def _iterate_in_thread(
    iterator: "Iterator[bytes]", run: Run
) -> "AsyncIterator[bytes]":
    """Yield the parts of a response, read in a thread."""
    while (part := await run(next, iterator, None)) is not None:
        yield part


async def _cancel_on_disconnect(
    sending: "Coroutine[Any, Any, None]", receive: Receive
) -> None:
    """Send a response until its end or until the client disconnects."""
    sent = asyncio.ensure_future(sending)
    disconnected = asyncio.ensure_future(receive())
    try:
        await asyncio.wait({sent, disconnected}, return_when=asyncio.FIRST_COMPLETED)
        if sent.done():
            # Raise an error that occurred while sending.
            sent.result()
    finally:
        sent.cancel()
        disconnected.cancel()
