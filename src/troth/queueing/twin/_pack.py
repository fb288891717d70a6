"""From a problem to the arrays of a run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

import numpy as np

from troth.core.spans import to_micros
from troth.queueing.twin import _layout as layout
from troth.queueing.twin._groups import Floor, limits
from troth.queueing.twin._layout import NEVER, NOBODY
from troth.queueing.twin._plan import changes
from troth.queueing.twin._present import stage
from troth.queueing.twin.problem import TwinArrivals, TwinProblem, TwinQueue, TwinStream
from troth.queueing.twin.times import Times


class World:
    """The tables of one run by name, and the record that tells a compiled function where they are."""

    def __init__(self, tables: Mapping[str, np.ndarray]) -> None:
        self.tables = tables
        self.header = np.zeros(1, dtype=layout.WORLD)
        for name, table in tables.items():
            self.header[name], self.header[f"{name}_n"] = table.ctypes.data, len(table)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.tables[name]


class Packed:
    """A problem as arrays, ready to be copied for each replication."""

    def __init__(self, problem: TwinProblem) -> None:
        self.problem = problem
        self.queue_of = {one.name: k for k, one in enumerate(problem.queues)}
        self.stream_of = {one.name: k for k, one in enumerate(problem.streams)}
        self.floor = Floor(problem)
        self.values: list[float] = []
        self.bounds: list[tuple[int, int]] = []
        self.known: dict[int, tuple[Times, int]] = {}
        self.ways: list[tuple[float, int, int, int]] = []
        self.steps: list[int] = []
        self.recorded: list[np.ndarray] = []
        pairs = self._pairs()
        present = [self.floor.kind(self.queue_of[one.queue], one.ticket) for one in problem.present]
        places = self.floor.order()
        self.present_groups = places[np.array(present, dtype=np.int64)]
        self.groups, self.profiles, links = self.floor.arrays()
        for name in ("group", "group_booked"):
            pairs[name] = places[pairs[name]]
        self.queues = self._queues()
        self.agents = self._agents()
        self.streams = self._streams()
        self.changes = changes(problem)
        self.present = np.empty(len(problem.present), dtype=layout.CONTACT)
        stage(self.present, problem, queue_of=self.queue_of, stream_of=self.stream_of, groups=self.present_groups)
        self.stamps = np.concatenate([np.zeros(0, dtype=layout.STAMP), *self.recorded])
        self.fixed = {
            "pairs": pairs,
            "links": links,
            "changes": self.changes,
            "tables": _rows(layout.TABLE, self.bounds),
            "values": np.array(self.values, dtype=np.float64).view(layout.VALUE),
            "ways": _rows(layout.WAY, self.ways),
            "steps": _rows(layout.STEP, [(queue,) for queue in self.steps]),
            "reserves": _rows(layout.RESERVE, [(self.queue_of[r.queue], r.agents) for r in problem.policy.reserves]),
            "serves": _rows(layout.FLAG, [(int(on),) for on in self.floor.serves().ravel()]),
        }

    def world(self, *, replication: int = 0, growth: float = 1.0) -> World:
        """Return fresh tables of a replication; `growth` makes more room than is expected to be needed."""
        problem = self.problem
        room = int(growth * self._expected()) + len(problem.present) + 64
        beside = 4 * len(self.agents) + 2 * len(self.changes) + 64
        marked = any(queue.interruptible for queue in problem.queues)
        w = World(
            self.fixed
            | {
                name: getattr(self, name).copy()
                for name in ("agents", "queues", "groups", "profiles", "streams", "stamps")
            }
            | {
                "contacts": np.empty(room, dtype=layout.CONTACT),
                "heap": np.empty(2 * room + beside, dtype=layout.EVENT),
                "spells": np.empty(4 * room + beside, dtype=layout.SPELL),
                "marks": np.empty(4 * room + beside if marked else 1, dtype=layout.MARK),
                "pools": np.zeros(len(problem.counters), dtype=layout.POOL),
                "keys": np.empty(len(self.streams) * layout.PURPOSES, dtype=layout.KEY),
            }
        )
        self._choose_paths(w["streams"], replication)
        w["contacts"][: len(self.present)] = self.present
        return w

    # Parts -----------------------------------------------------------------------------------------------------------

    def _put(self, values: Sequence[float] | np.ndarray) -> tuple[int, int]:
        """Add numbers to the one flat list of numbers; return where they begin and end."""
        first = len(self.values)
        self.values.extend(np.asarray(values, dtype=np.float64).tolist())
        return first, len(self.values)

    def _table(self, times: Times | None) -> int:
        """Return the number of a table; none, or one that is always nought, has none."""
        if times is None or not times.seconds.any():
            return NOBODY
        if id(times) not in self.known:
            first, last = self._put(times.seconds * 1e6)
            self.known[id(times)] = (times, len(self.bounds))
            self.bounds.append((first, last - first))
        return self.known[id(times)][1]

    def _pairs(self) -> np.ndarray:
        """Return what customers of each stream find at each queue."""
        made = np.full(len(self.stream_of) * len(self.queue_of), NOBODY, dtype=layout.PAIR)
        for s, stream in enumerate(self.problem.streams):
            for q, queue in enumerate(self.problem.queues):
                one = made[s * len(self.queue_of) + q]
                one["group"], one["group_booked"] = self.floor.pair(q, stream)
                one["handle"] = self._table(stream.handle or queue.handle)
                one["wrap"], one["walk"] = self._table(queue.wrap), self._table(queue.walk)
                patience = stream.patience or queue.patience
                # Nobody waits at all: that is a patience of a table too.
                one["patience"] = NOBODY if patience is None else self._patience(patience)
        return made

    def _patience(self, times: Times) -> int:
        return self._table(times if times.seconds.any() else Times(np.array([1e-9])))

    def _queues(self) -> np.ndarray:
        made = np.zeros(len(self.queue_of), dtype=layout.QUEUE)
        begins = to_micros(self.problem.start)
        owners = self.groups["queue"]
        for k, queue in enumerate(self.problem.queues):
            one = made[k]
            one["since"], one["hands"] = begins, queue.hands
            one["target"] = int(queue.target_s * 1e6) if self.problem.policy.picking == "service_level" else 0
            one["no_show"] = int(queue.missing_s * 1e6)
            one["open"] = queue.open is None
            for name in ("deferred", "interruptible", "silent", "sends_away"):
                one[name] = getattr(queue, name)
            for name, value in limits(queue.discipline).items():
                one[name] = value
            one["first_group"], one["last_group"] = np.searchsorted(owners, (k, k + 1))
            one["first_balk"], one["last_balk"] = self._put(queue.balking)
            self._leaving(one, queue)
        return made

    def _leaving(self, one: np.void, queue: TwinQueue) -> None:
        """Write what becomes of customers beside being served."""
        one["redial_delay"] = one["callback_to"] = one["callback_delay"] = NOBODY
        if queue.redial is not None:
            one["redial_share"], one["redial_most"] = queue.redial.share, queue.redial.most
            one["redial_delay"] = self._table(queue.redial.after)
        if queue.callback is not None:
            one["callback_to"] = self.queue_of[queue.callback.queue]
            one["callback_wait"] = int(queue.callback.wait_s * 1e6)
            one["callback_share"] = queue.callback.share
            one["callback_delay"] = self._table(queue.callback.after)
        one["first_onward"], total = len(self.ways), 0.0
        for way in queue.onward:
            total += way.share
            stream = NOBODY if way.stream is None else self.stream_of[way.stream]
            self.ways.append((total, self.queue_of[way.queue], stream, self._table(way.after)))
        one["last_onward"] = len(self.ways)

    def _agents(self) -> np.ndarray:
        made = np.zeros(len(self.problem.agents), dtype=layout.AGENT)
        pools = {one.name: k for k, one in enumerate(self.problem.counters)}
        for k, agent in enumerate(self.problem.agents):
            one = made[k]
            one["profile"], one["away_profile"] = self.floor.profile_of[k]
            one["pool"] = NOBODY if agent.counters is None else pools[agent.counters]
            one["pace"], one["hands"] = agent.pace, agent.hands
            one["speeds"] = self._put(agent.beside)[0] if agent.beside else NOBODY
            one["mark"] = to_micros(self.problem.start)
        for name in ("before", "after", "first", "spell", "shift", "counter"):
            made[name] = NOBODY
        return made

    def _streams(self) -> np.ndarray:
        made = np.zeros(len(self.stream_of), dtype=layout.STREAM)
        for k, stream in enumerate(self.problem.streams):
            one = made[k]
            one["queue"], one["booked"], one["word"] = self.queue_of[stream.queue], NEVER, _number(stream.name)
            one["cell_start"] = to_micros(self.problem.start)
            one["cell_width"] = int(self.problem.cell.total_seconds() * 1e6)
            one["first_step"] = len(self.steps)
            self.steps += [self.queue_of[name] for name in stream.then]
            one["last_step"] = len(self.steps)
            self._arrivals(one, stream)
        return made

    def _arrivals(self, one: np.void, stream: TwinStream) -> None:
        arrivals = stream.arrivals
        if arrivals.per_cell is not None:
            one["mode"] = layout.RATES
            one["first"], one["last"] = self._put(arrivals.per_cell)
        elif arrivals.paths is not None:
            one["mode"], one["cell"] = layout.PATHS, -1
            one["cell_start"] -= one["cell_width"]
            one["first"], _ = self._put(arrivals.paths.ravel())
            one["last"] = one["first"] + arrivals.paths.shape[1]
        else:
            one["mode"] = layout.STAMPS if arrivals.booked is None else layout.BOOKED
            one["row"] = sum(map(len, self.recorded))
            self.recorded.append(_stamps(arrivals))
            one["last"] = one["row"] + len(self.recorded[-1])
            one["lateness"], one["no_show"] = self._table(arrivals.lateness), arrivals.no_show

    def _choose_paths(self, streams: np.ndarray, replication: int) -> None:
        for one, stream in zip(streams, self.problem.streams, strict=True):
            paths = stream.arrivals.paths
            if paths is not None:
                one["first"] += replication % paths.shape[0] * paths.shape[1]
                one["last"] = one["first"] + paths.shape[1]

    def _expected(self) -> float:
        """Return for how many contacts there should be room."""
        total = 0.0
        for stream in self.problem.streams:
            given = stream.arrivals
            if given.per_cell is not None:
                mean = float(given.per_cell.sum())
                own = mean + 6 * sqrt(mean)
            elif given.paths is not None:
                own = float(given.paths.sum(axis=1).max(initial=0))
            else:
                own = float(len(_stamps(given)))
            total += own * (1 + len(stream.then))
        more = any(queue.redial or queue.callback or queue.onward for queue in self.problem.queues)
        return total * (1.5 if more else 1.0)


def _rows(dtype: np.dtype[Any], values: Sequence[tuple[Any, ...]]) -> np.ndarray:
    """Return records of a table."""
    made = np.zeros(len(values), dtype=dtype)
    for name, column in zip(dtype.names or (), zip(*values, strict=True), strict=False):
        made[name] = column
    return made


def _stamps(arrivals: TwinArrivals) -> np.ndarray:
    """Return recorded arrivals by time, numbered as they were given."""
    at = arrivals.at if arrivals.at is not None else arrivals.booked
    assert at is not None
    made = np.zeros(len(at), dtype=layout.STAMP)
    made["at"], made["number"] = at, np.arange(len(at))
    made["booked"] = NEVER if arrivals.booked is None else arrivals.booked
    return made[np.argsort(made["at"], kind="stable")]


def _number(name: str) -> int:
    """Return a number that belongs to a name."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")
