"""Streams of live changes, over real connections to a real server in this process."""

from __future__ import annotations

import asyncio
import itertools
import json
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from django.core.handlers.asgi import ASGIHandler
from django.db import connection, transaction
from django.http import HttpRequest

from troth.web.live import hub as hub_module
from troth.web.live.notify import changed
from troth.web.live.stream import Streams
from troth.web.live.topics import TOPICS, LiveTopic, register

UNIT = 7


class Board:
    """What the topic under test shows, and how often it was asked."""

    def __init__(self) -> None:
        self.text: dict[str, Any] = {"a": 1, "b": 1}
        self.asked: list[tuple[float, list[str]]] = []
        self.broken = 0

    def shown(self, unit_id: int, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        assert unit_id == UNIT
        self.asked.append((time.monotonic(), list(keys)))
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if self.broken:
            self.broken -= 1
            raise RuntimeError("a bug of a topic")
        return {key: {"n": self.text[key]} for key in keys if key in self.text}


def allowed(request: HttpRequest, key: str) -> bool:
    return key != "secret" or request.user.is_authenticated


@pytest.fixture
def board() -> Iterator[Board]:
    made = Board()
    made.text["secret"] = 1
    register(LiveTopic("board", lambda key: UNIT if key in made.text else None, allowed, made.shown))
    yield made
    TOPICS.pop("board")


@contextmanager
def serving(**options: Any) -> Iterator[tuple[str, Streams]]:
    """Run the application on a free port."""
    app = Streams(ASGIHandler(), **options)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on", timeout_graceful_shutdown=2))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}", app
        finally:
            app.end()
            server.should_exit = True
            thread.join()


class Reader:
    """Reads one stream in a thread and keeps what came, with the time."""

    def __init__(self, url: str, *, headers: Mapping[str, str] | None = None) -> None:
        self.got: list[tuple[float, dict[str, Any]]] = []
        self.signs = 0
        self.ended = threading.Event()
        where = urlsplit(url)
        connection = HTTPConnection(where.hostname or "", where.port, timeout=30)
        connection.connect()
        self._socket = connection.sock
        connection.request("GET", where.path, headers=dict(headers or {}))
        self._thread = threading.Thread(target=self._read, args=(connection,), daemon=True)
        self._thread.start()

    def _read(self, connection: HTTPConnection) -> None:
        try:
            answer = connection.getresponse()
            while line := answer.readline().decode():
                if line.startswith("data: "):
                    self.got.append((time.monotonic(), json.loads(line[6:])))
                self.signs += line.startswith(":")
        except (HTTPException, OSError, ValueError):
            pass
        finally:
            connection.close()
            self.ended.set()

    def wait(self, count: int, *, seconds: float = 5.0) -> list[dict[str, Any]]:
        """Return what came once there are `count` messages."""
        until(lambda: len(self.got) >= count, seconds=seconds)
        return [said for _, said in self.got]

    def stop(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()


def until(true: Any, *, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def tell() -> None:
    with transaction.atomic():
        changed(UNIT)


pytestmark = pytest.mark.django_db(transaction=True)


def test_a_watcher_sees_what_is_there_and_then_what_changes(board: Board) -> None:
    """A watcher sees what is there and then what changes."""
    with serving() as (url, _):
        reader = Reader(f"{url}/live/board/a")
        assert reader.wait(1) == [{"n": 1}]
        time.sleep(1.1)  # once more is looked when the listener is there, and half a second after that is kept
        board.text["a"] = 2
        began = time.monotonic()
        tell()
        assert reader.wait(2) == [{"n": 1}, {"n": 2}]
        assert reader.got[1][0] - began < 0.4
        reader.stop()


def test_changes_are_worked_out_once_for_all_and_at_most_every_half_second(board: Board) -> None:
    """Changes are worked out once for all and at most every half second."""
    with serving() as (url, _):
        readers = [Reader(f"{url}/live/board/{key}") for key in "aabb"]
        for reader in readers:
            reader.wait(1)
        time.sleep(0.6)
        board.asked.clear()
        began = time.monotonic()
        for number in range(2, 42):
            board.text["a"] = number
            tell()
            time.sleep(0.025)
        until(lambda: all(reader.got[-1][1] == {"n": 41} for reader in readers[:2]))
        assert 2 <= len(board.asked) <= (time.monotonic() - began) / 0.5 + 2
        assert all(keys == ["a", "b"] for _, keys in board.asked)
        times = [at for at, _ in board.asked]
        assert all(b - a > 0.45 for a, b in itertools.pairwise(times))
        assert all(len(reader.got) == 1 for reader in readers[2:]), "nothing new was shown there"
        for reader in readers:
            reader.stop()


def test_who_may_not_watch_learns_no_more_than_that_there_is_nothing(board: Board, django_user_model: Any) -> None:
    """Who may not watch learns no more than that there is nothing."""
    from django.conf import settings
    from django.test import Client

    user = django_user_model.objects.create_user("ann", "ann@example.org", "pw")
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    cookie = {"Cookie": f"{name}={client.cookies[name].value}"}
    with serving() as (url, _), httpx.Client(trust_env=False) as http:
        assert [http.get(f"{url}/live/{what}").status_code for what in ("board/secret", "board/x", "x/a", "board")] == (
            [404] * 4
        )
        assert http.get(f"{url}/live/board/a", headers={"Host": "evil.example"}).status_code == 400
        assert http.post(f"{url}/live/board/a").status_code == 405
        reader = Reader(f"{url}/live/board/secret", headers=cookie)
        assert reader.wait(1) == [{"n": 1}]
        reader.stop()


def test_polling_gives_the_same(board: Board, client: Any) -> None:
    """Polling gives the same."""
    answer = client.get("/live/board/a.json")
    assert answer.json() == {"n": 1} and answer["Cache-Control"] == "no-store"
    assert client.get("/live/board/secret.json").status_code == 404
    assert client.get("/live/board/x.json").status_code == 404


def test_a_client_that_is_gone_is_forgotten(board: Board) -> None:
    """A client that is gone is forgotten."""
    with serving() as (url, app):
        readers = [Reader(f"{url}/live/board/a") for _ in range(10)]
        for reader in readers:
            reader.wait(1)
        assert len(app) == 10
        for reader in readers:
            reader.stop()
        until(lambda: len(app) == 0)


def test_many_who_come_at_once_share_one_connection_that_listens(board: Board) -> None:
    """Many who come at once share one connection that listens."""
    with serving() as (url, app):
        readers = [Reader(f"{url}/live/board/a") for _ in range(40)]
        for reader in readers:
            reader.wait(1)
        until(lambda: _listeners() == 1)
        time.sleep(0.3)
        assert _listeners() == 1 and len(app) == 40
        for reader in readers:
            reader.stop()


def test_silence_is_broken_by_signs_of_life_and_old_streams_end(board: Board) -> None:
    """Silence is broken by signs of life and old streams end."""
    with serving(heartbeat_s=0.1, life_s=1.0) as (url, app):
        reader = Reader(f"{url}/live/board/a")
        reader.wait(1)
        assert reader.ended.wait(5)
        assert reader.signs >= 3 and len(app) == 0


def test_more_streams_than_a_process_can_hold_are_asked_to_come_back(board: Board) -> None:
    """More streams than a process can hold are asked to come back."""
    with serving(most=2) as (url, _), httpx.Client(trust_env=False) as http:
        readers = [Reader(f"{url}/live/board/a") for _ in range(2)]
        for reader in readers:
            reader.wait(1)
        answer = http.get(f"{url}/live/board/a")
        assert answer.status_code == 503 and answer.headers["Retry-After"] == "10"
        assert http.get(f"{url}/live/board/a.json").json() == {"n": 1}
        for reader in readers:
            reader.stop()


def test_one_key_cannot_take_all_streams(board: Board) -> None:
    """Whoever knows one link can open only so many streams by it; those who watch something else are served."""
    with serving(each=2) as (url, _), httpx.Client(trust_env=False) as http:
        readers = [Reader(f"{url}/live/board/a") for _ in range(2)]
        for reader in readers:
            reader.wait(1)
        assert http.get(f"{url}/live/board/a").status_code == 503
        readers.append(Reader(f"{url}/live/board/b"))
        assert readers[-1].wait(1) == [{"n": 1}]
        for reader in readers:
            reader.stop()


def test_what_changed_while_the_connection_was_broken_is_shown_when_it_is_back(
    board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    """What changed while the connection was broken is shown when it is back."""
    with serving() as (url, _):
        reader = Reader(f"{url}/live/board/a")
        reader.wait(1)
        until(lambda: _listeners() == 1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %' OR query = 'SELECT 1'"
                " AND pid <> pg_backend_pid()"
            )
        board.text["a"] = 2
        tell()
        assert reader.wait(2)[-1] == {"n": 2}
        until(lambda: _listeners() == 1)
        board.text["a"] = 3
        tell()
        assert reader.wait(3)[-1] == {"n": 3}
        assert "does not answer" in caplog.text
        reader.stop()


def test_a_topic_that_fails_is_asked_again_and_nobody_is_dropped(
    board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    """A topic that fails is asked again and nobody is dropped."""
    with serving() as (url, _):
        reader = Reader(f"{url}/live/board/a")
        reader.wait(1)
        board.broken, board.text["a"] = 2, 2
        tell()
        assert reader.wait(2)[-1] == {"n": 2}
        assert "could not be worked out" in caplog.text
        reader.stop()


def test_a_server_that_stops_ends_its_streams(board: Board) -> None:
    """A server that stops ends its streams."""
    with serving() as (url, app):
        reader = Reader(f"{url}/live/board/a")
        reader.wait(1)
    assert reader.ended.wait(5) and len(app) == 0


def test_a_process_told_to_stop_ends_its_streams_at_once(board: Board) -> None:
    """As when uvicorn runs in the main thread: its own handler is called as well."""
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        app = Streams(ASGIHandler())
        app._hear_signals()
        app._loop = asyncio.new_event_loop()
        signal.raise_signal(signal.SIGTERM)
        app._loop.run_until_complete(asyncio.wait_for(app._ending.wait(), 2))
        app._loop.close()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]


def test_of_a_slow_watcher_only_the_newest_message_is_kept() -> None:
    """Of a slow watcher only the newest message is kept."""
    watcher = hub_module.Watcher(LiveTopic("t", lambda _: 1, allowed, Board().shown), "a")
    for number in range(1000):
        watcher.tell(str(number))
    assert watcher.take() == "999" and watcher.take() == "" and watcher.told == "999"
    watcher.tell("999")
    assert not watcher.news.is_set()


def test_two_topics_of_one_name_are_refused(board: Board) -> None:
    """Two topics of one name are refused."""
    with pytest.raises(ValueError, match="board"):
        register(LiveTopic("board", lambda _: 1, allowed, board.shown))


def _listeners() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND datname=current_database()"
        )
        return int(cursor.fetchone()[0])
