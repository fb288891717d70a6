"""The site a life of the outbox benchmark happens in: a database, web and exporters as processes, and customers."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg

from troth.web.project.backup import backup, move_database, restore
from troth.web.project.embedded import Server
from troth.web.project.embedded_process import members

EXPORTERS = 2
JOINING, CLERKS = 3, 3
#: What kills fall on, exporters twice as often as the rest.
TARGETS = ("worker", "worker", "web", "database")


@dataclass(slots=True)
class Doings:
    """What customers and clerks were told: tokens of tickets by the life of the database they were given in."""

    joined: list[set[str]] = field(default_factory=lambda: [set()])
    calls: int = 0
    failures: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Site:
    """One site: started, killed, restored, moved; always the same lake.

    Parameters
    ----------
    folder : its own, where the database's user may pass.
    programs : a copy of the database's programs that lives all share.
    form : a database with empty tables that is copied for each server; made if it is not there.
    """

    def __init__(self, folder: Path, *, programs: Path, form: Path) -> None:
        self.folder = folder
        self.lake = folder / "lake"
        self.servers: list[Server] = []
        self._programs, self._form = programs, form
        self.doings = Doings()
        self.stop = threading.Event()
        self._pause = threading.Event()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._threads: list[threading.Thread] = []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]

    @property
    def url(self) -> str:
        """The address of the database as it is now."""
        return self.servers[-1].address.url

    def begin(self) -> None:
        """Make the database and its people, start everything, and let customers come."""
        (self.folder / "data" / "static").mkdir(parents=True)
        self._new_server()
        made = json.loads(self.tell("seed"))
        for name in ("web", *(f"worker{n}" for n in range(EXPORTERS))):
            self._start(name)
        work: list[Callable[[int], None]] = [*[self._join] * JOINING, *[self._serve] * CLERKS]
        self._key, self._branch, self._clerks = made["key"], made["branch"], made["clerks"]
        for number, each in enumerate(work):
            thread = threading.Thread(target=each, args=(number,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def ready(self) -> None:
        """Wait until the web answers and every exporter has exported."""
        limit = time.monotonic() + 120
        while time.monotonic() < limit:
            time.sleep(0.05)
            with suppress(httpx.HTTPError):
                alive = httpx.get(f"http://127.0.0.1:{self._port}/alive", trust_env=False).is_success
                if alive and all(self._mark(name).exists() for name in self._processes if name != "web"):
                    return

    def tell(self, word: str) -> str:
        """Run one of the small programs of this benchmark on the database; return what it printed."""
        command = [sys.executable, "-m", "benchmarks.quality._outbox_programs", word]
        done = subprocess.run(command, env=self._environment(), check=True, stdout=subprocess.PIPE)
        return done.stdout.decode()

    def kill(self, target: str, draw: random.Random) -> None:
        """Kill a part of the site, and start it again."""
        if target == "database":
            server = self.servers[-1]
            uid = (server.data / "cluster").stat().st_uid
            pids = members(server.data / "cluster", uid=uid)
            # All of it, or only one: the server then restarts by itself.
            for pid in pids if draw.random() < 0.5 else draw.sample(pids, 1):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
            self._up()
            return
        name = "web" if target == "web" else f"worker{draw.randrange(EXPORTERS)}"
        self._kill(name)
        self._start(name)

    def save(self) -> None:
        """Take a backup while everything goes on."""
        (self.folder / "backup.zip").unlink(missing_ok=True)
        backup(self.url, path=self.folder / "backup.zip")

    def restore(self, *, told: bool) -> set[str]:
        """Restore the backup after everything was killed; return the ids of the facts that were there before.

        Parameters
        ----------
        told : whether the outbox is told, as `troth restore` does; else it has to notice.
        """
        self._down()
        before = self.ids()
        restore(self.url, path=self.folder / "backup.zip", replace=True)
        if told:
            self.tell("renew")
        with self.doings.lock:
            self.doings.joined.append(set())
        self._back()
        return before

    def move(self) -> None:
        """Move to another server after everything was killed."""
        self._down()
        old = self.servers[-1]
        self._new_server()
        move_database(old.address.url, self.url)
        old.stop()
        self._back()

    def end(self) -> None:
        """Let customers stop coming, and the exporters end their work."""
        self.stop.set()
        for thread in self._threads:
            thread.join()
        self._up()
        # On a busy machine a batch can take seconds: they have failed when for a minute nothing gets less.
        left, limit = self.waiting(), time.monotonic() + 60
        while left and time.monotonic() < limit:
            time.sleep(0.1)
            if (now := self.waiting()) < left:
                left, limit = now, time.monotonic() + 60

    def close(self) -> None:
        """Stop everything that is left."""
        self.stop.set()
        for name in list(self._processes):
            self._kill(name)
        for server in self.servers:
            server.stop()

    # Looking ---------------------------------------------------------------------------------------------------------

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()

    def ids(self) -> set[str]:
        """Return the ids of all facts in the database."""
        return {str(row[0]) for row in self.rows("SELECT source_id FROM outbox_fact")}

    def waiting(self) -> int:
        """Return how many facts are not marked as being in the lake."""
        query = (
            "SELECT count(*) FROM outbox_fact f LEFT JOIN outbox_batch b ON b.id = f.batch_id WHERE b.done_at IS NULL"
        )
        return int(self.rows(query)[0][0])

    # Processes -------------------------------------------------------------------------------------------------------

    def _environment(self) -> dict[str, str]:
        told = {"DATABASE_URL": self.url, "TROTH_DATA": str(self.folder / "data"), "TROTH_LAKE": str(self.lake)}
        return {**os.environ, **told, "DJANGO_SETTINGS_MODULE": "troth.web.project.settings", "TROTH_CONNECTIONS": ""}

    def _new_server(self) -> None:
        """Start a server with empty tables, and go on with it."""
        self.servers.append(Server(self.folder / f"db{len(self.servers) + 1}", programs=self._programs))
        new = self.servers[-1]
        if self._form.exists():
            subprocess.run(["cp", "-a", str(self._form), str(new.data)], check=True)
            new.start()
            return
        new.start()
        self.tell("migrate")
        new.stop()
        subprocess.run(["cp", "-a", str(new.data), str(self._form)], check=True)
        new.start()

    def _mark(self, name: str) -> Path:
        return self.folder / f"{name}.ready"

    def _start(self, name: str) -> None:
        self._mark(name).unlink(missing_ok=True)
        command = [sys.executable, "-m", "benchmarks.quality._outbox_programs", "worker", str(self._mark(name))]
        if name == "web":
            command = [sys.executable, "-m", "uvicorn", "troth.web.project.asgi:application", "--port", str(self._port),
                       "--no-access-log", "--log-level", "critical"]  # fmt: skip
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(command, env=self._environment(), stdout=log, stderr=log)

    def _kill(self, name: str) -> None:
        self._processes[name].kill()
        self._processes.pop(name).wait()

    def _up(self) -> None:
        limit = time.monotonic() + 120
        while True:
            self.servers[-1].start()
            try:
                self.rows("SELECT 1")
            except psycopg.Error:
                if time.monotonic() > limit:
                    raise
                time.sleep(0.1)
            else:
                return

    def _down(self) -> None:
        self._pause.set()
        for name in list(self._processes):
            self._kill(name)

    def _back(self) -> None:
        for name in ("web", *(f"worker{n}" for n in range(EXPORTERS))):
            self._start(name)
        self._pause.clear()

    # Customers and clerks --------------------------------------------------------------------------------------------

    def _call(self, http: httpx.Client, path: str, **body: Any) -> tuple[int, Any]:
        """Return status and answer; status 0 when there was no answer."""
        while self._pause.is_set() and not self.stop.is_set():
            time.sleep(0.02)
        try:
            answer = http.post(f"http://127.0.0.1:{self._port}/api/v1/{path}", json=body)
        except httpx.HTTPError:
            self.doings.failures += 1
            time.sleep(0.05)
            return 0, None
        self.doings.calls += answer.is_success
        return answer.status_code, answer.json() if answer.content and answer.is_success else None

    def _http(self) -> httpx.Client:
        return httpx.Client(headers={"Authorization": f"Bearer {self._key}"}, timeout=10, trust_env=False)

    def _join(self, number: int) -> None:
        draw = random.Random(number)
        with self._http() as http:
            while not self.stop.is_set():
                life = len(self.doings.joined)
                service = draw.choice(["cash", "cards"])
                status, ticket = self._call(http, f"branches/{self._branch}/tickets", service=service)
                if status == 201:
                    with self.doings.lock:
                        if life == len(self.doings.joined):
                            self.doings.joined[-1].add(ticket["token"])
                    if draw.random() < 0.2:
                        self._call(http, f"tickets/{ticket['token']}/leave")
                time.sleep(draw.uniform(0, 0.05))

    def _serve(self, number: int) -> None:
        clerk = self._clerks[number % len(self._clerks)]
        desk = f"branches/{self._branch}/clerks/{clerk}"
        with self._http() as http:
            while not self.stop.is_set():
                status, ticket = self._call(http, f"{desk}/call-next")
                if status == 404:
                    self._call(http, f"branches/{self._branch}/clerks", clerk=clerk)
                elif status in {204, 0}:
                    time.sleep(0.02)
                elif status == 200:
                    self._call(http, f"{desk}/answer/{ticket['token']}")
                    self._call(http, f"{desk}/finish/{ticket['token']}")
                else:
                    self._clear(http, desk)

    def _clear(self, http: httpx.Client, desk: str) -> None:
        """Go on with whoever is in front: a call may have gone through though its answer was lost."""
        try:
            answer = http.get(f"http://127.0.0.1:{self._port}/api/v1/{desk}")
        except httpx.HTTPError:
            return
        front = answer.json().get("ticket") if answer.is_success else None
        if front:
            self._call(http, f"{desk}/answer/{front['token']}")
            self._call(http, f"{desk}/finish/{front['token']}")
