"""Streams of live changes (server-sent events, WHATWG HTML, section 9.2), as a light ASGI application before Django."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from importlib import import_module
from io import BytesIO
from itertools import count
from types import FrameType
from typing import Any, Final, cast

from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.utils.functional import SimpleLazyObject

from troth.web.live.hub import Hub, Watcher
from troth.web.live.topics import LiveTopic, find

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[..., Awaitable[None]]

#: Streams one process keeps open; more are asked to come back, and poll meanwhile.
MOST: Final = 4000
#: Of these so many may watch the same: one customer's link must not take the streams of all others.
EACH: Final = 250
#: A sign of life goes out after so long a silence.
HEARTBEAT_S: Final = 20.0
#: A stream ends after about so long; the browser asks anew at once, and its rights are looked at anew.
LIFE_S: Final = 600.0
#: A client that takes nothing for so long is given up.
_STUCK_S: Final = 30.0

_PREFIX: Final = "/live/"
_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
)
#: How long a browser waits before it asks anew, in milliseconds.
_RETRY: Final = b"retry: 2000\n\n"


class Streams:
    """Serves streams and hands everything else on.

    Parameters
    ----------
    rest : the application for all other requests.
    most, each : streams kept open at once, and those of one key.
    heartbeat_s, life_s : see the constants.
    """

    def __init__(
        self,
        rest: Application,
        *,
        most: int = MOST,
        each: int = EACH,
        heartbeat_s: float = HEARTBEAT_S,
        life_s: float = LIFE_S,
    ) -> None:
        self.rest = rest
        self.most = most
        self.each = each
        self.heartbeat_s = heartbeat_s
        self.life_s = life_s
        self._hub: Hub | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = asyncio.Event()
        self._number = count()

    def __len__(self) -> int:
        return len(self._hub) if self._hub is not None else 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(_PREFIX) and not scope["path"].endswith(".json"):
            await self._stream(scope, receive, send)
        else:
            await self.rest(scope, receive, send)

    def end(self) -> None:
        """End all streams and take no new ones, from any thread or signal handler; a server that stops calls it first."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ending.set)

    def _hear_signals(self) -> None:
        """End the streams as soon as the server is told to stop: it waits for them, and they would never end."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)
            if callable(before):
                signal.signal(number, partial(self._told, before))

    def _told(self, before: Callable[[int, FrameType | None], Any], number: int, frame: FrameType | None) -> None:
        self.end()
        before(number, frame)

    async def close(self) -> None:
        """End all streams and let go of the database."""
        self._ending.set()
        hub, self._hub = self._hub, None
        if hub is not None:
            await hub.close()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            if event["type"] == "lifespan.shutdown":
                await self.close()
            await send({"type": f"{event['type']}.complete"})
            if event["type"] == "lifespan.shutdown":
                return

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            await _refuse(send, 405)
            return
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._hear_signals()
        if self._hub is None:
            self._hub = Hub()
        hub = self._hub
        if len(hub) >= self.most or self._ending.is_set():
            await _refuse(send, 503, (b"retry-after", b"10"))
            return
        name, _, key = scope["path"].removeprefix(_PREFIX).partition("/")
        found = await hub.ask(_asked, scope, name, key)
        if not isinstance(found, tuple):
            await _refuse(send, found)
            return
        topic, unit_id = found
        if hub.watching(unit_id, key) >= self.each:
            await _refuse(send, 503, (b"retry-after", b"10"))
            return
        watcher = hub.watch(topic, unit_id=unit_id, key=key)
        gone = asyncio.create_task(_gone(receive))
        ending = asyncio.create_task(self._ending.wait())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
            await self._tell(watcher, gone, ending, send)
        except (TimeoutError, OSError):
            pass  # nobody takes it: as good as gone
        finally:
            gone.cancel()
            ending.cancel()
            if self._hub is hub:
                hub.leave(watcher, unit_id=unit_id)

    async def _tell(self, watcher: Watcher, gone: asyncio.Task[None], ending: asyncio.Task[Any], send: Send) -> None:
        """Send news and signs of life until the client is gone or the stream is old."""
        clock = asyncio.get_running_loop().time
        # Not all at the same moment, if all came at the same moment.
        end = clock() + self.life_s * (0.9 + next(self._number) % 21 / 100)
        await _send(send, _RETRY)
        while (left := end - clock()) > 0:
            news = asyncio.ensure_future(watcher.news.wait())
            waiting = {news, gone, ending}
            try:
                await asyncio.wait(waiting, timeout=min(left, self.heartbeat_s), return_when=asyncio.FIRST_COMPLETED)
            finally:
                news.cancel()
            if gone.done() or ending.done():
                break
            said = watcher.take()
            await _send(send, f"data: {said}\n\n".encode() if said else b": \n\n")
        if not gone.done():
            await _send(send, b"", more=False)


async def _gone(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, body: bytes, *, more: bool = True) -> None:
    async with asyncio.timeout(_STUCK_S):
        await send({"type": "http.response.body", "body": body, "more_body": more})


async def _refuse(send: Send, status: int, *headers: tuple[bytes, bytes]) -> None:
    plain = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store"), *headers]
    await send({"type": "http.response.start", "status": status, "headers": plain})
    await send({"type": "http.response.body", "body": b""})


def _asked(scope: Scope, name: str, key: str) -> tuple[LiveTopic, int] | int:
    """Return the topic and unit asked for, or the status of a refusal."""
    if "\0" in key:  # no database holds one
        return 404
    request = ASGIRequest(scope, BytesIO())
    try:
        request.get_host()
    except DisallowedHost:
        return 400
    store = import_module(settings.SESSION_ENGINE).SessionStore
    request.session = store(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    request.user = cast("Any", SimpleLazyObject(lambda: get_user(request)))
    return find(name, key=key, request=request) or 404
