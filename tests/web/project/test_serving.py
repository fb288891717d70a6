"""What stands around the site while it is served: the look whether it answers, and the bound on what is sent to it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client, override_settings

from troth.web.project.bounded import Bounded
from troth.web.project.embedded import Server, ServerState
from troth.web.project.serve import answers
from troth.web.project.site import Installation
from troth.web.project.work import tasks


@contextmanager
def answering(status: int) -> Iterator[int]:
    """Serve nothing but a status, on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            if status == 301:
                self.send_header("Location", "https://127.0.0.1:1/alive")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.django_db
def test_a_site_with_a_name_and_tls_counts_as_answering() -> None:
    """A site that serves another host than this address, or TLS alone, refuses the look, and answers by doing so."""
    with override_settings(ALLOWED_HOSTS=["bank.example"]):
        named = Client(headers={"Host": "127.0.0.1:8000"}).get("/alive").status_code
    with override_settings(SECURE_SSL_REDIRECT=True):
        secure = Client(headers={"Host": "127.0.0.1:8000"}).get("/alive").status_code
    assert (named, secure) == (400, 301)
    for status in (200, named, secure):
        with answering(status) as port:
            assert answers("127.0.0.1", port)
    with answering(503) as port:
        assert not answers("127.0.0.1", port)
    assert not answers("127.0.0.1", port)


def _sent(app: Bounded, pieces: list[bytes], *, told: bytes | None = None) -> tuple[list[Any], list[Any]]:
    """Send a body; return what the client is answered and what the application received."""
    answers: list[Any] = []
    received: list[Any] = []
    waiting = [{"type": "http.request", "body": one, "more_body": True} for one in pieces]

    async def receive() -> Any:
        return waiting.pop(0) if waiting else {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        answers.append(message)

    async def rest(_scope: Any, receive: Any, _send: Any) -> None:
        while True:
            message = await receive()
            received.append(message)
            if message["type"] == "http.disconnect" or not message["more_body"]:
                return

    app.rest = rest
    headers = [(b"content-length", told)] if told is not None else []
    asyncio.run(app({"type": "http", "headers": headers}, receive, send))
    return answers, received


def test_a_body_that_is_too_long_is_not_read() -> None:
    """Told beforehand, it is refused at once; not told, nothing of what is too much reaches the site."""

    async def nobody(*_words: Any) -> None:
        raise AssertionError

    app = Bounded(nobody, most=10)
    answers, received = _sent(app, [b"12345", b"67890"], told=b"10")
    assert not answers
    assert b"".join(one["body"] for one in received) == b"1234567890"
    answers, received = _sent(app, [b"1"], told=b"11")
    assert answers[0]["status"] == 413
    assert not received
    answers, received = _sent(app, [b"12345", b"67890", b"x"])
    assert [one["type"] for one in received] == ["http.request", "http.request", "http.disconnect"]


def test_no_process_signs_with_a_key_that_everybody_knows() -> None:
    """Without a key of the installation a process makes up its own: nobody can forge a link to reset a password."""
    code = "from troth.web.project import settings; print(settings.SECRET_KEY)"
    bare = {name: value for name, value in os.environ.items() if not name.startswith("TROTH_SECRET_KEY")}
    said = [
        subprocess.run([sys.executable, "-c", code], env=bare, capture_output=True, text=True, check=True) for _ in "ab"
    ]
    first, second = (one.stdout.strip() for one in said)
    assert len(first) >= 50
    assert first != second


@pytest.mark.django_db
def test_sessions_that_are_over_are_cleared_away() -> None:
    """Every visitor who takes a number has a session; the worker removes those that have ended, and no others."""
    stores = [SessionStore(), SessionStore()]
    for store, seconds in zip(stores, (-1, 60), strict=True):
        store.set_expiry(seconds)
        store.create()
    (task,) = [one for one in tasks() if one.name == "sessions"]
    task.run()
    assert list(Session.objects.values_list("session_key", flat=True)) == [stores[1].session_key]


def test_a_command_leaves_the_database_as_it_was_found(place: Path) -> None:
    """A backup of a site that stands still leaves no server behind; that of one that runs does not stop it."""
    site = Installation(place / "site")
    with site.running():
        assert Server(place / "site" / "database").status() is ServerState.RUNNING
    server = Server(place / "site" / "database")
    assert server.status() is ServerState.STOPPED
    server.start()
    with site.running():
        pass
    assert server.status() is ServerState.RUNNING
    server.stop()
