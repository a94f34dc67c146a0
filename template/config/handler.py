"""How HTTP requests reach Django."""

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

from apps.core.exceptions import envelope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator
    from typing import IO

    from django.http import HttpResponse, StreamingHttpResponse
    from django.http.response import HttpResponseBase

logger = logging.getLogger(__name__)

# What a request waits for a thread, as long as a thread waits for the database.
PATIENCE_SECONDS: Final = 5

type Scope = dict[str, Any]
type Receive = Callable[[], Awaitable[Mapping[str, Any]]]
type Send = Callable[[Mapping[str, Any]], Awaitable[None]]
# Calls a function in the thread of a request.
type Run = Callable[..., Awaitable[Any]]


class SyncHandler(BaseHandler):
    """The middleware and the views, called in one thread."""

    def __init__(self) -> None:
        """Load the middleware."""
        super().__init__()
        self.load_middleware()


class ThreadPoolASGIHandler(ASGIHandler):
    """Runs each sync request in one of a few threads, and async views on the loop.

    Django's own handler switches to a thread and back for nearly every middleware, and
    makes a new thread for every request; that costs as much as the rest of a request.
    This one switches once, with the whole request. A body is read before and a response
    sent after it, so that a slow client holds no thread; what is streamed holds one to
    its end.
    """

    def __init__(self, threads: int) -> None:
        """Load the middleware. The threads start when they are needed.

        Args:
            threads: How many sync requests run at once.
        """
        super().__init__()
        self.sync_handler = SyncHandler()
        # Of one thread each, because an iterator is read in the thread that made it.
        # The last one used is the next one: its connections and caches are warm.
        self.threads: asyncio.LifoQueue[ThreadPoolExecutor] = asyncio.LifoQueue()
        for number in range(threads):
            self.threads.put_nowait(ThreadPoolExecutor(1, f"request-{number}"))

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request.

        Args:
            scope: What the server knows of it.
            receive: Returns the next part of its body.
            send: Takes the next part of the response.
        """
        if has_async_view(scope):
            await super().handle(scope, receive, send)
            return
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with closing(body):
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    thread = await self.threads.get()
            except TimeoutError:
                logger.warning("Request refused: no thread became free")
                await self.send_response(too_busy(), send)
                return
            run = functools.partial(run_in, thread, contextvars.copy_context())
            try:
                response = await run(self.respond, scope, body)
                if response.streaming:
                    streamed = cast("StreamingHttpResponse", response)
                    await self.stream(streamed, run, receive, send)
                    return
            finally:
                self.threads.put_nowait(thread)
        await self.send_response(response, send)

    async def stream(
        self,
        response: "StreamingHttpResponse",
        run: Run,
        receive: Receive,
        send: Send,
    ) -> None:
        """Send a response part by part, until its end or until the client leaves.

        Args:
            response: The response.
            run: Calls a function in the request's thread.
            receive: Returns when the client leaves.
            send: Takes the next part of the response.
        """
        if not response.is_async:
            response.streaming_content = parts(iter(response), run)
        try:
            await until_disconnect(self.send_response(response, send), receive)
        finally:
            await run(response.close)

    def respond(self, scope: Scope, body: "IO[bytes]") -> "HttpResponseBase":
        """Let Django make the response.

        Args:
            scope: What the server knows of the request.
            body: The request's body.

        Returns:
            The response, closed unless it is streamed.
        """
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=SyncHandler, scope=scope)
        request, refusal = self.create_request(scope, body)
        if request is None:
            response = cast("HttpResponseBase", refusal)
        else:
            response = self.sync_handler.get_response(request)
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.streaming:
            # Gives the database connection back, too.
            response.close()
        return response


def run_in[*A, T](
    thread: ThreadPoolExecutor,
    context: contextvars.Context,
    function: Callable[[*A], T],
    *args: *A,
) -> Awaitable[T]:
    """Call a function in a thread.

    Args:
        thread: The thread.
        context: The request's context.
        function: The function.
        *args: Its arguments.

    Returns:
        What the function will have returned.
    """
    loop = asyncio.get_running_loop()
    return loop.run_in_executor(thread, context.run, function, *args)


def has_async_view(scope: Scope) -> bool:
    """Tell how a request is to be handled, from the URL configuration.

    Args:
        scope: What the server knows of the request.

    Returns:
        Whether the view is a coroutine function.
    """
    try:
        match = resolve(scope["path"].removeprefix(get_script_prefix(scope)))
    except Resolver404:
        return False
    return iscoroutinefunction(match.func)


def too_busy() -> "HttpResponse":
    """Refuse a request for which no thread became free.

    Returns:
        The envelope, with status 503.
    """
    detail = "The service is too busy. Try again later."
    response = envelope(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", detail)
    response.headers["Retry-After"] = str(PATIENCE_SECONDS)
    return response


async def parts(iterator: "Iterator[bytes]", run: Run) -> "AsyncIterator[bytes]":
    """Read an iterator in a thread.

    Args:
        iterator: The parts of a response.
        run: Calls a function in that thread.

    Yields:
        The parts.
    """
    while (part := await run(next, iterator, None)) is not None:
        yield part


async def until_disconnect(
    sending: "Coroutine[Any, Any, None]", receive: Receive
) -> None:
    """Send a response until its end, or until the client leaves.

    Args:
        sending: Sends the response.
        receive: Returns when the client leaves.
    """
    sent, left = asyncio.ensure_future(sending), asyncio.ensure_future(receive())
    try:
        await asyncio.wait({sent, left}, return_when=asyncio.FIRST_COMPLETED)
        if sent.done():
            # What went wrong on the way ends the connection.
            sent.result()
    finally:
        sent.cancel()
        left.cancel()
