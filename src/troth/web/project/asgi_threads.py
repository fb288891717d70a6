"""Django behind ASGI with one change of thread a request.

Django's own handler starts a thread for each request and goes back and forth between it and the event loop for each
middleware and signal. All pages of the site are synchronous, so here a request is answered in one go in a thread that
stays, as a threaded WSGI server does it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import IO, Any, Final, cast

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

log = logging.getLogger(__name__)

#: Requests answered at once by a process; more wait. Of its sixteen connections to the database some are for streams.
THREADS: Final = 12


class ThreadedHandler(ASGIHandler):
    """Answers each request in a thread.

    Parameters
    ----------
    threads : requests answered at once.
    """

    def __init__(self, *, threads: int = THREADS) -> None:
        super().__init__()
        self.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(threads, "troth-web")

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """Read a request, have it answered, and send the answer."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        try:
            response = await self._run(self._answer, scope, body)
        except asyncio.CancelledError:
            body.close()
            await self._cut_off(scope, send)
            return
        # A client that has gone takes nothing more; the answer is closed all the same.
        try:
            await self._send(response, send)
        finally:
            body.close()
            await self._close(response)

    def _answer(self, scope: Any, body: IO[bytes]) -> HttpResponseBase:
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refused = self.create_request(scope, body)
        if request is None:
            return cast("HttpResponseBase", refused)
        response = self.get_response(request)
        # As Django's own handlers do: who hears of the end of a request is told whose it was.
        vars(response)["_handler_class"] = self.__class__
        if not response.streaming:
            response.close()
        return response

    async def _send(self, response: HttpResponseBase, send: Any) -> None:
        headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
        headers += [(b"set-cookie", c.output(header="").strip().encode("ascii")) for c in response.cookies.values()]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        if isinstance(response, HttpResponse):
            await send({"type": "http.response.body", "body": response.content})
            return
        parts = iter(cast("Any", response))
        while (part := await self._run(next, parts, None)) is not None:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body"})

    async def _cut_off(self, scope: Any, send: Any) -> None:
        """Tell a client, and the log in a line, that the site is stopped before there was an answer."""
        log.warning("Stopped before it was answered: %s", scope["path"])
        headers = [(b"content-type", b"text/plain"), (b"retry-after", b"5")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": b"Stopped. Try again in a moment."})

    async def _close(self, response: HttpResponseBase) -> None:
        if response.streaming:
            await self._run(response.close)

    async def _run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        context = copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._threads, context.run, function, *arguments)
