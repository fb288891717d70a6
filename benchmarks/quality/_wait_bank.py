"""The calls of the anonymous bank as steps of a replay, call by call; what a server can do is learned as it shows."""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.quality._wait_replay import LONGEST, Replay, Step
from troth.queueing.choose import Server, Waiting
from troth.queueing.discipline import EVERYBODY, CustomerClass, Discipline
from troth.queueing.tournament import Tournament

#: The file says 2010; the calls are of August 1999. Its first ten days are for tuning, the others are judged.
FROM, UNTIL = datetime(2010, 8, 11, tzinfo=UTC), datetime(2010, 8, 22, tzinfo=UTC)
#: Who finished a call and took none for this long is taken for gone: the log has no log-on times.
GONE = timedelta(minutes=1)
_DAY = 86_400

#: "Priority customers are allocated at the outset of their call 1.5 minutes of waiting-time" (the log's description).
DISCIPLINE = Discipline((CustomerClass("priority", priorities=(2,), head_start=1.5), EVERYBODY))


@dataclass(slots=True)
class Roster:
    """What each server has been seen to do up to now."""

    seen: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def note(self, name: str, service: str) -> None:
        """Count a call."""
        self.seen[name][service] += 1

    def server(self, name: str) -> Server:
        """Return a server with the services that made up at least one in a hundred of its calls; all while few are known."""
        seen = self.seen[name]
        total = seen.total()
        return Server((name,), tuple(k for k, n in seen.items() if 100 * n >= total) if total >= 50 else ())


def replay(make: Callable[[], Tournament]) -> tuple[Replay, Roster]:
    """Return an empty replay and the roster that `steps` fills."""
    roster = Roster()
    told = Replay(
        DISCIPLINE, roster.server, make, key=lambda ticket: "IN" if ticket.service == "IN" else "bank", idle_gone=GONE
    )
    return told, roster


def steps(path: Path, *, roster: Roster, until: datetime = UNTIL) -> Iterator[Step]:
    """Yield what happened, in order of time; at equal times who becomes free, leaves, is called and joins, in this order."""
    found: list[tuple[datetime, int, Step]] = []
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            if datetime.fromisoformat(row["date"]).replace(tzinfo=UTC) < until:
                found.extend(_steps_of(number, row))
    for _, _, step in sorted(found, key=lambda one: one[:2]):
        if step.what in {"call", "direct"} and step.server and step.ticket:
            roster.note(step.server, step.ticket.service)
        yield step


def _steps_of(number: int, row: dict[str, str]) -> Iterator[tuple[datetime, int, Step]]:
    day = datetime.fromisoformat(row["date"]).replace(tzinfo=UTC)
    entered = _seconds(row["vru_entry"])

    def at(seconds: int) -> datetime:
        """Return an instant; a clock time before the call came is of the next day."""
        return day + timedelta(seconds=seconds + (_DAY if seconds < entered - _DAY // 2 else 0))

    answered, queued = row["outcome"] == "AGENT", int(row["q_time"]) > 0
    if row["outcome"] == "PHANTOM" or not (answered or queued):
        return
    server = "" if row["server"] == "NO_SERVER" else row["server"]
    start = at(_seconds(row["q_start"])) if queued else at(_seconds(row["ser_start"]))
    called = start + timedelta(seconds=int(row["q_time"]))
    ticket = Waiting(number, start, service=row["type"].strip(), priority=int(row["priority"]))
    if queued:
        yield start, 3, Step(start, "join", ticket=ticket)
    if not answered:
        yield called, 1, Step(called, "leave", ticket=ticket)
        return
    yield called, 2, Step(called, "call" if queued else "direct", server, ticket)
    # Times of service are of another clock by a second; a service that ends before it began is an error of the log.
    ends = max(called + timedelta(seconds=1), at(_seconds(row["ser_start"])) + timedelta(seconds=int(row["ser_time"])))
    if server and ends - called < LONGEST:
        yield ends, 0, Step(ends, "wrap", server)


def _seconds(clock: str) -> int:
    hours, minutes, seconds = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)
