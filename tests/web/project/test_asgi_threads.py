"""Requests answered in threads: bodies, cookies, streams, errors and what becomes of the database's connection."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.core import signals
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path
from django.utils import translation

from troth.web.project.asgi_threads import ThreadedHandler

SEEN: list[str] = []


def echo(request: HttpRequest) -> HttpResponse:
    answer = HttpResponse(request.body, status=201)
    answer.set_cookie("flavour", "plain")
    SEEN.append(threading.current_thread().name)
    return answer


def parts(_request: HttpRequest) -> StreamingHttpResponse:
    def said() -> Iterator[bytes]:
        for one in (b"a", b"", b"b"):
            SEEN.append(threading.current_thread().name)
            yield one

    return StreamingHttpResponse(said())


def broken(_request: HttpRequest) -> HttpResponse:
    raise RuntimeError("this is what the test is for")


def tongue(request: HttpRequest) -> HttpResponse:
    before = translation.get_language()
    translation.activate("lt")
    return HttpResponse(before)


urlpatterns = [path("echo", echo), path("parts", parts), path("broken", broken), path("tongue", tongue)]


async def _ask(handler: ThreadedHandler, where: str, *bodies: bytes) -> list[dict[str, Any]]:
    incoming = [{"type": "http.request", "body": one, "more_body": True} for one in bodies[:-1]]
    incoming.append({"type": "http.request", "body": bodies[-1] if bodies else b""})
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return incoming.pop(0)

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(dict(message))

    scope = {
        "type": "http",
        "method": "POST",
        "path": where,
        "query_string": b"",
        "headers": [],
        "server": ("testserver", 80),
    }
    await handler(scope, receive, send)
    return sent


def _asked(*questions: tuple[str, tuple[bytes, ...]], threads: int = 1) -> list[list[dict[str, Any]]]:
    async def all_of_them() -> list[list[dict[str, Any]]]:
        handler = ThreadedHandler(threads=threads)
        return [await _ask(handler, where, *bodies) for where, bodies in questions]

    SEEN.clear()
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[]):
        return asyncio.run(all_of_them())


def test_a_body_in_pieces_is_read_and_cookies_go_out() -> None:
    """The answer is the whole body, made in a thread of the handler's own."""
    ((start, body),) = _asked(("/echo", (b"one ", b"two")))
    assert (start["status"], body["body"]) == (201, b"one two")
    assert any(name == b"set-cookie" and value.startswith(b"flavour=plain") for name, value in start["headers"])
    assert SEEN[0].startswith("troth-web")


def test_a_stream_is_read_piece_by_piece_in_threads() -> None:
    """Each piece goes out when it is there, the empty one too, and the event loop makes none."""
    ((start, *pieces),) = _asked(("/parts", ()))
    assert [one["body"] for one in pieces if "body" in one] == [b"a", b"", b"b"]
    assert not pieces[-1].get("more_body")
    assert len(SEEN) == 3 and all(name.startswith("troth-web") for name in SEEN)


def test_a_failure_is_an_answer_and_the_next_request_is_well(caplog: pytest.LogCaptureFixture) -> None:
    """What fails is answered with 500; the same thread then answers another."""
    failed, well = _asked(("/broken", ()), ("/echo", (b"x",)))
    assert failed[0]["status"] == 500
    assert well[0]["status"] == 201


def test_nothing_of_a_request_is_left_for_the_next() -> None:
    """A language that one request has set is not that of the next in the same thread."""
    first, second = _asked(("/tongue", ()), ("/tongue", ()))
    assert first[1]["body"] == second[1]["body"] != b"lt"


def test_every_request_is_said_to_begin_and_to_end() -> None:
    """Django gives the database's connection back when a request has ended: it must be told, streams included."""
    told: list[str] = []
    began, ended = (lambda **_: told.append("began")), (lambda **_: told.append("ended"))
    signals.request_started.connect(began)
    signals.request_finished.connect(ended)
    try:
        _asked(("/echo", (b"x",)), ("/parts", ()), ("/broken", ()))
    finally:
        signals.request_started.disconnect(began)
        signals.request_finished.disconnect(ended)
    assert told == ["began", "ended"] * 3


def test_a_request_cut_off_when_the_site_stops_is_told_so_in_a_line(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever waits is told to come back, and the log has a line without a trace."""

    async def cut_off() -> list[dict[str, Any]]:
        handler, go = ThreadedHandler(threads=1), threading.Event()
        handler._threads.submit(go.wait, 10)  # the one thread is busy
        asked = asyncio.create_task(_ask(handler, "/echo", b"x"))
        await asyncio.sleep(0.05)
        asked.cancel()
        sent = await asked
        go.set()
        return sent

    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[]):
        start, _body = asyncio.run(cut_off())
    assert start["status"] == 503
    assert [(one.message, one.exc_info) for one in caplog.records] == [("Stopped before it was answered: /echo", None)]
