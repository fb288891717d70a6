"""A trace as the timelines of the log, without going through events: column by column, the same rows to the microsecond."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from troth.core.spans import to_micros
from troth.log.schema import INSTANT
from troth.queueing.twin import _layout as layout
from troth.queueing.twin._layout import NEVER, NOBODY
from troth.queueing.twin.problem import TwinProblem
from troth.queueing.twin.trace import Records, Trace

#: The column that tells replications apart where several stand in one table.
REPLICATION: Final = "replication"


def contacts(trace: Trace, *, problem: TwinProblem, columns: Collection[str] | None = None) -> pa.Table:
    """Return the timeline `contacts`, and the column `replication`.

    Parameters
    ----------
    columns : which are wanted; those the timeline does not have are left out. All if left out.
    """
    return _Contacts(trace, problem).table(columns)


def paid(trace: Trace, *, problem: TwinProblem, columns: Collection[str] | None = None) -> pa.Table:
    """Return the timeline `paid`, and the column `replication`."""
    return _Spells(trace, problem, counters=False).table(columns)


def counters(trace: Trace, *, problem: TwinProblem, columns: Collection[str] | None = None) -> pa.Table:
    """Return the timeline `counters`, and the column `replication`. A counter goes by the name of who sits at it."""
    return _Spells(trace, problem, counters=True).table(columns)


def contact_ids(trace: Trace, *, rows: Records) -> pa.Array:
    """Return the ids of contacts by their rows, null for nobody's."""
    numbers = pa.array(rows.astype(np.int64), mask=rows < 0).cast(pa.string())
    return pc.binary_join_element_wise(f"r{trace.replication}", numbers, "-")


@dataclass(frozen=True, slots=True)
class _Columns:
    """Columns by name, each made when it is asked for."""

    made: dict[str, Callable[[], pa.Array]]
    rows: int
    replication: int

    def table(self, columns: Collection[str] | None) -> pa.Table:
        names = [name for name in self.made if columns is None or name in columns]
        table = pa.table({name: self.made[name]() for name in names})
        number = pa.array(np.full(self.rows, self.replication, dtype=np.int64))
        return table.append_column(REPLICATION, number) if names else pa.table({REPLICATION: number})


def coded(codes: Records, *, names: Sequence[str | None]) -> pa.Array:
    """Return texts by their numbers, null for a number below 0 or a name that is none."""
    known = sorted({name for name in names if name is not None})
    place = np.array([NOBODY if name is None else known.index(name) for name in names] or [NOBODY], dtype=np.int32)
    indices = np.where(codes >= 0, place[np.maximum(codes, 0)], NOBODY).astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(indices, mask=indices < 0), pa.array(known, pa.string()))


def instants(micros: Records) -> pa.Array:
    """Return instants, null for never."""
    return pa.array(micros, type=pa.int64(), mask=micros >= NEVER).cast(INSTANT)


def _lengths(start: Records, end: Records, known: Records) -> pa.Array:
    return pa.array((end - start) / 1e6, mask=~known)


class _Lazy(dict[str, Records]):
    """Columns of some rows of a table, taken when they are first asked for."""

    def __init__(self, table: Records, rows: Records) -> None:
        super().__init__()
        self.table, self.rows = table, rows if len(rows) < len(table) else slice(None)

    def __missing__(self, name: str) -> Records:
        self[name] = column = np.ascontiguousarray(self.table[name][self.rows])
        return column


class _Contacts:
    """The rows of contacts that came, and what a timeline would make of their events."""

    def __init__(self, trace: Trace, problem: TwinProblem) -> None:
        self.trace, self.problem, self.end = trace, problem, to_micros(problem.end)
        self.row = np.flatnonzero(trace.contacts["state"] != layout.COMING)
        self.c = c = _Lazy(trace.contacts, self.row)
        self.queued = ~self._turned_away
        # What would have happened after the end has not.
        self.answered = np.where(c["answered"] < self.end, c["answered"], NEVER)
        self.served = self.answered < NEVER
        self.left = np.where(c["outcome"] == layout.UNSERVED, NEVER, c["left"])

    @cached_property
    def _turned_away(self) -> Records:
        """Those who never joined the queue: it was closed, or too long for them."""
        c = self.c
        closed = (c["outcome"] == layout.UNSERVED) & (c["left"] == c["joined"])
        away: Records = closed | (c["outcome"] == layout.BALKED)
        return away

    @cached_property
    def stop(self) -> Records:
        """When service ended, or the last that is known of it."""
        c = self.c
        stop: Records = np.where(c["outcome"] == layout.UNSERVED, c["left"], c["ended"])
        if len(self.trace.marks):
            last = np.full(len(self.trace.contacts), NEVER)
            last[self.trace.marks["contact"]] = self.trace.marks["at"]  # the last mark of each stays
            stop = np.where(self.served & (stop >= NEVER), last[self.row], stop)
        return stop

    @cached_property
    def guessed(self) -> Records:
        """Those of whose service the end is not known."""
        going = self.served & (self.c["ended"] >= NEVER)
        return going & (self.c["state"] != layout.WAITING) if len(self.trace.marks) else going

    @cached_property
    def outcome(self) -> Records:
        """What became of each, as numbers of `OUTCOMES`; who is being served is answered."""
        found: Records = np.where(self.served, layout.ANSWERED, self.c["outcome"])
        return np.where((self.c["outcome"] == layout.ANSWERED) & ~self.served, layout.OPEN, found)

    @cached_property
    def handed(self) -> Records:
        """Those handed on by chance: what follows is another step of no visit."""
        all_, rows = self.trace.contacts, np.zeros(len(self.trace.contacts), dtype=bool)
        follows = np.flatnonzero(all_["previous"] >= 0)
        before = all_["previous"][follows]
        rows[before[all_["step"][follows] == all_["step"][before]]] = True
        return rows[self.row]

    @cached_property
    def shown(self) -> Records:
        """Those whose call is told apart from the answer."""
        tells = np.array([q.walk is not None or q.silent for q in self.problem.queues] or [False])
        found: Records = tells[self.c["queue"]] & (self.c["called"] < self.end)
        return found

    def agents(self) -> Records:
        """Return who served each; of several who took turns the first by name."""
        c = self.c
        found: Records = np.where(self.served | (c["outcome"] == layout.NO_SHOW), c["agent"], NOBODY)
        if len(self.trace.marks):
            order = np.argsort(np.argsort([agent.name for agent in self.problem.agents]))
            least = np.full(len(self.trace.contacts), len(order), dtype=np.int64)
            np.minimum.at(least, self.trace.marks["contact"], order[self.trace.marks["agent"]])
            back = np.append(np.argsort(order), NOBODY)
            own = np.where(found >= 0, order[np.maximum(found, 0)], len(order))
            found = back[np.minimum(own, least[self.row])]
        return found

    def table(self, columns: Collection[str] | None) -> pa.Table:
        """Return the columns asked for."""
        c, queues, streams, n = self.c, self.problem.queues, self.problem.streams, len(self.row)
        first = c["previous"] < 0

        def queue(name: str) -> Callable[[], pa.Array]:
            return lambda: coded(c["queue"], names=[getattr(q, name) for q in queues])

        def constant(value: Any, kind: pa.DataType) -> Callable[[], pa.Array]:
            return lambda: pa.array(np.full(n, value)) if value is not None else pa.nulls(n, kind)

        def wait(since: Records) -> pa.Array:
            until = np.where(self.served, self.answered, self.left)
            return _lengths(since, until, until < NEVER)

        def service() -> pa.Array:
            known = self.served & (self.stop < NEVER)
            return _lengths(self.answered + c["gap"], self.stop, known)

        def wrap() -> pa.Array:
            # A stop that is only the last known of a contact has no work after it.
            return pa.array(np.where(c["wrapped"] < NEVER, (c["wrapped"] - c["ended"]) / 1e6, 0.0))

        def service_of() -> pa.Array:
            return coded(c["stream"], names=[s.service or s.name for s in streams])

        made: dict[str, Callable[[], pa.Array]] = {
            "contact_id": lambda: contact_ids(self.trace, rows=self.row),
            "case_id": constant(None, pa.string()),
            "customer_id": lambda: contact_ids(self.trace, rows=c["root"]),
            "team": queue("team"),
            "queue": queue("name"),
            "site": queue("site"),
            "channel": queue("channel"),
            "service": service_of,
            "priority": lambda: coded(c["stream"], names=[str(s.priority) for s in streams]),
            "direction": lambda: coded(c["out"].astype(np.int64), names=["in", "out"]),
            "started_at": lambda: instants(c["joined"]),
            "arrived_at": lambda: instants(np.where(first & (c["out"] == 0), c["joined"], NEVER)),
            "queued_at": lambda: instants(np.where(self.queued, c["joined"], NEVER)),
            "called_at": lambda: instants(np.where(self.shown, c["called"], NEVER)),
            "answered_at": lambda: instants(self.answered),
            "bot_answered_at": constant(None, INSTANT),
            "abandoned_at": lambda: instants(np.where(c["outcome"] == layout.ABANDONED, c["left"], NEVER)),
            "wrapped_at": lambda: instants(c["wrapped"]),
            "left_at": lambda: instants(self.left),
            "topic": constant(None, pa.string()),
            "previous_contact_id": lambda: contact_ids(self.trace, rows=c["previous"]),
            "agent_id": lambda: coded(self.agents(), names=[a.name for a in self.problem.agents]),
            "ended_at": lambda: instants(self.stop),
            "outcome": lambda: coded(self.outcome, names=layout.OUTCOMES),
            "transferred": lambda: pa.array(self.handed),
            "escalated": constant(False, pa.bool_()),
            "callback": lambda: pa.array(c["outcome"] == layout.CALLED_BACK),
            "replies": constant(0, pa.int64()),
            "wait_s": lambda: wait(c["joined"]),
            "wait_arrival_s": lambda: wait(c["joined"]),
            "service_s": service,
            "hold_s": constant(0.0, pa.float64()),
            "wrap_s": wrap,
            "touch_s": constant(None, pa.float64()),
            "approximate": constant(False, pa.bool_()),
            "service_approximate": lambda: pa.array(self.guessed),
        }
        return _Columns(made, n, self.trace.replication).table(columns)


class _Spells:
    """Stretches of agents' time."""

    def __init__(self, trace: Trace, problem: TwinProblem, *, counters: bool) -> None:
        self.trace, self.problem, self.counters = trace, problem, counters
        of_counter = trace.spells["state"] == layout.COUNTER
        # A stretch of no length is one that was thought better of at once.
        self.s = trace.spells[of_counter if counters else ~of_counter]

    def table(self, columns: Collection[str] | None) -> pa.Table:
        """Return the columns asked for."""
        s, agents, n = self.s, self.problem.agents, len(self.s)
        shift = s["state"] == layout.SHIFT

        def agent(name: str) -> Callable[[], pa.Array]:
            return lambda: coded(s["who"], names=[getattr(a, name) for a in agents])

        def nothing() -> pa.Array:
            return pa.nulls(n, pa.string())

        words = [*layout.STATES, "paid"]
        made: dict[str, Callable[[], pa.Array]] = {
            "agent_id": agent("name"),
            "team": agent("team"),
            "queue": nothing,
            "site": agent("site"),
            "channel": nothing,
            "service": nothing,
            "priority": nothing,
            "started_at": lambda: instants(s["started"]),
            "ended_at": lambda: instants(s["ended"]),
            "approximate": lambda: pa.array(np.zeros(n, dtype=bool)),
        }
        if self.counters:
            made["counter"] = agent("name")
        else:
            made["state"] = lambda: coded(s["state"].astype(np.int64), names=words)
            made["kind"] = lambda: coded(shift.astype(np.int64), names=["state", "shift"])
        return _Columns(made, n, self.trace.replication).table(columns)
