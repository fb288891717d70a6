"""The database is stopped in the middle of a call and started again, under a site as `troth serve` runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from benchmarks.quality._live_site import Site
from tests.web import servers

pytestmark = pytest.mark.slow

#: What must never be on a page: the words of a trace, of the driver, of the database.
_TRACE = ("Traceback", "psycopg", "OperationalError", "django", "server closed", "terminating connection", 'File "')


class Bank:
    """The site with Bob's browser, which is at a counter."""

    def __init__(self, site: Site, told: dict[str, Any], address: str) -> None:
        self.site, self.told = site, told
        self.browser = httpx.Client(base_url=address, trust_env=False, timeout=30.0, follow_redirects=True)
        self.desk = f"{address}/api/v1/branches/{told['branch']}/clerks/{told['clerk']}"
        self.program = httpx.Client(
            trust_env=False, timeout=30.0, headers={"Authorization": f"Bearer {told['key']}"}
        )  # fmt: skip
        self.press(f"/enter/{told['link']}")

    def press(self, path: str, **said: str) -> httpx.Response:
        """Press a button."""
        if "csrftoken" not in self.browser.cookies:
            self.browser.get(path)
        token = self.browser.cookies["csrftoken"]
        return self.browser.post(path, data={"csrfmiddlewaretoken": token, **said}, headers={"Accept": "text/html"})

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.site.url) as connection:
            return connection.execute(query.encode()).fetchall()

    def called(self) -> Counter[str]:
        """Return how often each contact was called, as the facts have it."""
        query = "SELECT event ->> 'contact_id' FROM outbox_fact WHERE activity = 'called'"
        return Counter(row[0] for row in self.rows(query))

    def in_front(self) -> int:
        """Return how many tickets the rows say were called or are being served."""
        return int(self.rows("SELECT count(*) FROM flow_ticket WHERE state IN ('called', 'serving')")[0][0])


@pytest.fixture
def bank(place: Path) -> Iterator[Bank]:
    (place / "bank").mkdir()
    site = Site(place / "bank", programs=servers.PROGRAMS)
    try:
        site.begin()
        made = subprocess.run(
            [sys.executable, "-m", "tests.web.flow.away"], env={**os.environ, **site.environment, "TROTH_CONNECTIONS": ""},
            check=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        web = site.serve()
        found = Bank(site, json.loads(made.stdout), f"http://127.0.0.1:{web.port}")
        yield found
        found.browser.close()
        found.program.close()
    finally:
        site.close()


def _until(done: Callable[[], bool], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until
        time.sleep(0.05)


def _blocked(bank: Bank) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    return int(bank.rows(query)[0][0]) > 0


def _honest(answer: httpx.Response) -> None:
    """Check that an answer of a site without its database says so, in words, and when to come again."""
    assert answer.status_code == 503, (answer.url, answer.text)
    assert [word for word in _TRACE if word in answer.text] == []
    assert int(answer.headers["Retry-After"]) > 0


def test_a_call_in_the_middle_of_which_the_database_restarts_is_no_call(bank: Bank) -> None:
    """Page and program are told that nothing was saved; nothing was; the next click calls whom it would have called."""
    first = bank.rows("SELECT id FROM flow_ticket ORDER BY joined_at LIMIT 1")
    answers: list[httpx.Response] = []
    # Its own end, too, is not asked how it was.
    with suppress(psycopg.OperationalError), psycopg.connect(bank.site.url) as other:
        # Somebody holds the clerk's session and the line: both calls stand in their transactions, and wait.
        other.execute("SELECT 1 FROM flow_countersession FOR UPDATE")
        other.execute("SELECT 1 FROM flow_line FOR UPDATE")
        calls = [
            threading.Thread(target=lambda: answers.append(bank.press("/counter/do", do="next"))),
            threading.Thread(target=lambda: answers.append(bank.program.post(f"{bank.desk}/call-next", json={}))),
        ]
        for call in calls:
            call.start()
        _until(lambda: _blocked(bank))
        bank.site.server.stop()
        for call in calls:
            call.join()
    while_away = [
        bank.browser.get("/counter"),
        bank.program.post(f"{bank.desk}/call-next", json={}),
        bank.browser.get("/"),
    ]
    for answer in [*answers, *while_away]:
        _honest(answer)
    bank.site.server.start()
    assert (bank.called(), bank.in_front()) == (Counter(), 0)
    # The pool looks for the database every few seconds; until it has found it a click is told to try again.
    for _ in range(30):
        again = bank.press("/counter/do", do="next")
        if again.status_code != 503:
            break
        _honest(again)
        time.sleep(1)
    assert again.status_code == 200
    assert [word for word in _TRACE if word in again.text] == []
    assert list(bank.called().values()) == [1]
    assert bank.rows("SELECT id FROM flow_ticket WHERE state = 'called'") == first


def test_nothing_is_double_or_lost_while_the_database_comes_and_goes(bank: Bank) -> None:
    """A clerk who clicks on and on sees pages only; in the end everybody was called once, and each fact is there once."""
    stop = threading.Event()
    seen: list[httpx.Response] = []

    def clicks() -> None:
        while not stop.is_set():
            answers = [
                bank.program.post(f"{bank.desk}/call-next", json={}),
                bank.browser.get("/counter"),
                bank.program.get(bank.desk),
            ]
            seen.extend(answers)
            front = answers[2].json()["ticket"] if answers[2].is_success else None
            if front:  # just called, or by a call whose answer was lost
                seen.append(bank.program.post(f"{bank.desk}/answer/{front['token']}", json={}))
                seen.append(bank.program.post(f"{bank.desk}/finish/{front['token']}", json={}))

    clerk = threading.Thread(target=clicks)
    clerk.start()
    try:
        for _ in range(3):
            time.sleep(0.3)
            bank.site.server.stop()
            time.sleep(0.3)
            bank.site.server.start()
        _until(lambda: len(bank.called()) == 6, 60.0)
    finally:
        stop.set()
        clerk.join()
    assert {one.status_code for one in seen} <= {200, 204, 409, 503}
    assert [one.text for one in seen if any(word in one.text for word in _TRACE)] == []
    assert sorted(bank.called().values()) == [1] * 6
    assert bank.rows("SELECT count(*) FROM outbox_fact WHERE activity = 'queued'") == [(6,)]
