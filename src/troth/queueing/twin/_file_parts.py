"""The parts of a problem as they are written: queues, streams, agents, counters, the policy, who is present."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from troth.core.errors import InputError
from troth.core.json_input import FaultError
from troth.core.spans import Span
from troth.core.terms import AgentState
from troth.queueing.choose import Waiting, skill
from troth.queueing.discipline import Discipline
from troth.queueing.record import from_json as discipline_of
from troth.queueing.twin import _most as most
from troth.queueing.twin._reading import Reader, Reading
from troth.queueing.twin.problem import (
    CallbackOffer,
    Counters,
    Onward,
    Picking,
    Policy,
    Present,
    Redial,
    Reserve,
    Routing,
    TwinAgent,
    TwinArrivals,
    TwinQueue,
    TwinStream,
    agents_alike,
)
from troth.queueing.twin.times import Times

#: Names of durations as written, and in records.
_AS_S: Final = {"missing": "missing_s", "target": "target_s", "wait": "wait_s"}


class FileParts:
    """Readers of the parts of a file.

    Parameters
    ----------
    read : what reads single values and keeps what is wrong.
    """

    def __init__(self, read: Reading) -> None:
        self.read = read
        self.rows: list[int] = []  # of each agent, in which row it is written
        self.cell = timedelta(minutes=30)

    def each(self, read: Any) -> Reader:
        """Return a reader of a list whose reader of one wants its number, too."""
        return self.read.many(lambda value, where: read(value, where, int(where.rpartition("[")[2][:-1])))

    def queue(self, value: Any, where: str, k: int) -> TwinQueue:
        """Return a queue."""
        r = self.read
        redial: dict[str, Reader] = {"share": r.number, "after": r.times, "most": r.whole}
        offer: dict[str, Reader] = {"queue": r.text, "wait": r.length, "share": r.number, "after": r.times}
        onward: dict[str, Reader] = {"queue": r.text, "share": r.number, "stream": r.text, "after": r.times}
        parts: dict[str, Reader] = {
            "name": r.text, "handle": r.times, "wrap": r.times, "walk": r.times, "patience": r.times,
            "discipline": self._discipline, "hands": r.whole, "deferred": r.truth, "interruptible": r.truth,
            "silent": r.truth, "missing": r.length, "target": r.length, "balking": r.many(r.number),
            "redial": self._record(Redial, redial), "callback": self._record(CallbackOffer, offer),
            "onward": r.many(self._record(Onward, onward)), "open": r.hours, "sends_away": r.truth,
            "channel": r.text, "team": r.text, "site": r.text,
        }  # fmt: skip
        found = r.row(value, where=where, fields=parts, needs=("name", "handle"))
        usual: dict[str, Any] = {"name": f"(queue {k})", "handle": Times.constant(1.0)}
        return TwinQueue(**usual | _seconds(found))

    def _record(self, kind: Any, parts: Mapping[str, Reader]) -> Reader:
        """Return a reader of a record whose fields without a default are needed."""
        names = {one.name: one for one in fields(kind)}
        optional = {"most", "share", "stream", "after"} if kind is not Redial else {"most"}
        optional -= {"share"} if kind is Onward else set()
        needs = [name for name in parts if _AS_S.get(name, name) in names and name not in optional]

        def read(value: Any, where: str) -> Any:
            told = len(self.read.issues)
            found = self.read.row(value, where=where, fields=parts, needs=needs)
            if len(self.read.issues) > told:
                raise FaultError
            return kind(**_seconds(found))

        return read

    def _discipline(self, value: Any, where: str) -> Discipline:
        if not isinstance(value, Mapping):
            self.read.wrong("wrong-type", where=where, value=value, advice="Maybe put it in braces.")
        try:
            return discipline_of({"format": 1, **value})
        except InputError as error:
            self.read.issues += [replace(issue, where=f"{where}.{issue.where}") for issue in error.issues]
            raise FaultError from None

    def stream(self, value: Any, where: str, k: int) -> TwinStream:
        """Return customers who come alike."""
        r = self.read
        parts: dict[str, Reader] = {
            "name": r.text, "queue": r.text, "arrivals": self._arrivals, "then": r.many(r.text), "handle": r.times,
            "patience": r.times, "service": r.text, "priority": r.whole, "labels": r.many(r.text),
            "skills": r.many(self._skill), "reserved_for": r.text,
        }  # fmt: skip
        found = r.row(value, where=where, fields=parts, needs=("queue", "arrivals"))
        queue = found.get("queue", f"(queue {k})")
        found.setdefault("arrivals", TwinArrivals(per_cell=np.zeros(0)))
        return TwinStream(**{"name": queue, "queue": queue} | found)

    def _skill(self, value: Any, where: str) -> int:
        number, level = self._pair(self.read.whole, self.read.whole)(value, where)
        try:
            return skill(number, level=level)
        except ValueError:
            self.read.wrong(
                "out-of-range", where=where, value=value, advice="Maybe a skill from 0 at a level from 0 to 9."
            )

    def _arrivals(self, value: Any, where: str) -> TwinArrivals:
        r = self.read
        parts: dict[str, Reader] = {
            "per_hour": self._per_hour, "per_cell": self._array(r.number), "paths": self._paths, "at": r.instants,
            "booked": r.instants, "lateness": r.lateness, "no_show": r.number,
        }  # fmt: skip
        told = len(r.issues)
        found = r.row(value, where=where, fields=parts)
        if "per_hour" in found and "per_cell" in found:
            r.tell("arrivals", where=where, value="per_hour, per_cell", advice="Maybe only one of the two.")
        if len(r.issues) > told:
            raise FaultError
        rates = {"per_cell": found.pop("per_hour")} if "per_hour" in found else {}
        return TwinArrivals(**found | rates)

    def _array(self, read: Reader) -> Reader:
        return lambda value, where: np.array(self.read.many(read)(value, where), dtype=np.float64)

    def _paths(self, value: Any, where: str) -> NDArray[np.int64]:
        rows = self.read.many(self.read.many(self.read.whole))(value, where)
        if len({len(row) for row in rows}) > 1:
            self.read.wrong(
                "wrong-shape", where=where, value=[len(row) for row in rows], advice="Maybe as many cells in each path."
            )
        return np.array(rows, dtype=np.int64).reshape(len(rows), -1)

    def _per_hour(self, value: Any, where: str) -> NDArray[np.float64]:
        """Return expected customers in each cell from rates: one, or one for each stretch of hours."""
        r, span = self.read, self.read.clock.span
        width = self.cell.total_seconds() or 1800.0
        edges = np.arange(-(-span.seconds // width) + 1) * width  # the last cell may reach beyond the end
        if not isinstance(value, Mapping):
            return np.full(len(edges) - 1, r.number(value, where) * width / 3600)
        found = np.zeros(len(edges) - 1)
        for hours, rate in value.items():
            hourly = r.number(rate, f"{where}.{hours}")
            for one in r.hours(hours, f"{where}.{hours}"):
                start, end = ((at - span.start).total_seconds() for at in (one.start, one.end))
                found += hourly / 3600 * np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], start), 0, None)
        return found

    def agent(self, value: Any, where: str, k: int) -> tuple[TwinAgent, ...]:
        """Return an agent, or several who are alike."""
        r = self.read
        parts: dict[str, Reader] = {
            "name": self._names, "count": r.integer, "queues": self._served, "shifts": r.hours, "breaks": self._breaks,
            "hands": r.whole, "beside": r.many(r.number), "pace": r.number, "services": r.many(r.text),
            "skills": r.many(self._pair(r.whole, r.whole)), "names": r.many(r.text), "counters": r.text,
            "at_counter": r.many(r.text), "team": r.text, "site": r.text,
        }  # fmt: skip
        found = r.row(value, where=where, fields=parts, needs=("name", "queues", "shifts"))
        names, count = found.pop("name", (f"(agent {k})",)), found.pop("count", None)
        left = most.AGENTS - len(self.rows)
        if count is not None and (not 1 <= count <= left or len(names) != 1):
            advice = "Maybe 1 or more." if count < 1 else "Maybe leave it out: each has a name already."
            if len(names) == 1 and count > left:
                fewer = f"{left} or fewer" if left > 0 else "leave it out"
                advice = f"Maybe {fewer}: {most.AGENTS} agents in all are the most."
            r.tell("out-of-range", where=f"{where}.count", value=count, advice=advice)
        elif count is not None:
            names = tuple(f"{names[0]} {number + 1}" for number in range(count))
        one = TwinAgent(**{"name": "", "queues": (), "shifts": ()} | found)
        self.rows += [k] * len(names)
        return agents_alike(one, names=names)

    def _names(self, value: Any, where: str) -> tuple[str, ...]:
        found: tuple[str, ...] = (value,) if isinstance(value, str) else self.read.many(self.read.text)(value, where)
        if not found:
            self.read.wrong("missing-key", where=where, value=value, advice="Maybe one name at least.")
        return found

    def _served(self, value: Any, where: str) -> tuple[tuple[str, int], ...]:
        r = self.read
        if isinstance(value, Mapping):
            return tuple((str(name), r.whole(rank, f"{where}.{name}")) for name, rank in value.items())
        names = (value,) if isinstance(value, str) else r.many(r.text)(value, where)
        return tuple((name, 0) for name in names)

    def _breaks(self, value: Any, where: str) -> tuple[tuple[Span, AgentState], ...]:
        r = self.read

        def read(one: Any, place: str) -> list[tuple[Span, AgentState]]:
            if not isinstance(one, Mapping):
                return [(span, AgentState.BREAK) for span in r.hours(one, place)]
            told = len(r.issues)
            found = r.row(one, where=place, fields={"at": r.hours, "state": r.word(AgentState)}, needs=("at",))
            if len(r.issues) > told:
                raise FaultError
            return [(span, found.get("state", AgentState.BREAK)) for span in found["at"]]

        given = [value] if isinstance(value, str) else value
        return tuple(pair for part in r.many(read)(given, where) for pair in part)

    def _pair(self, first: Reader, second: Reader) -> Reader:
        def read(value: Any, where: str) -> tuple[Any, Any]:
            if not isinstance(value, list | tuple) or len(value) != 2:
                self.read.wrong("wrong-type", where=where, value=value, advice="Maybe two values in brackets.")
            return first(value[0], f"{where}[0]"), second(value[1], f"{where}[1]")

        return read

    def counters(self, value: Any, where: str, k: int) -> Counters:
        """Return counters."""
        r = self.read
        parts: dict[str, Reader] = {"name": r.text, "open": r.many(self._pair(r.instant, r.whole)), "site": r.text}
        found = r.row(value, where=where, fields=parts, needs=("name", "open"))
        return Counters(**{"name": f"(counters {k})", "open": ()} | found)

    def policy(self, value: Any, where: str) -> Policy:
        """Return the rules of who meets whom."""
        r = self.read
        kept: dict[str, Reader] = {"queue": r.text, "agents": r.whole}
        parts: dict[str, Reader] = {
            "routing": r.word(Routing), "picking": r.word(Picking), "reserves": r.many(self._record(Reserve, kept)),
        }  # fmt: skip
        return Policy(**r.row(value, where=where, fields=parts))

    def present(self, value: Any, where: str, k: int) -> Present:
        """Return somebody who is there at the start."""
        r = self.read
        ticket: dict[str, Reader] = {
            "id": r.identity, "joined_at": r.instant, "service": r.text, "priority": r.whole, "labels": r.many(r.text),
            "booked_at": r.instant, "returned_at": r.instant, "not_before": r.instant, "skills": r.many(self._skill),
            "reserved_for": r.text, "overtaken": r.whole, "overtaken_at": r.instant,
        }  # fmt: skip
        parts: dict[str, Reader] = {"queue": r.text, "stream": r.text, "agent": r.text, "since": r.instant} | ticket
        found = r.row(value, where=where, fields=parts, needs=("queue", "stream", "joined_at"))
        told: dict[str, Any] = {"id": k, "joined_at": r.clock.span.start} | {
            name: found.pop(name) for name in ticket if name in found
        }
        if "queue" not in found or "stream" not in found:
            raise FaultError
        return Present(ticket=Waiting(**told), **found)


def _seconds(found: Mapping[str, Any]) -> dict[str, Any]:
    return {_AS_S.get(name, name): value for name, value in found.items()}
