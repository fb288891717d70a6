"""A schedule as CP-SAT models: people as sets of skills only, people as groups, and who stays for given starts.

The first is a relaxation: Hall's condition on each set of skills says at every moment that people suffice for what is at
work, not that the same people stay. The second is exact, as people who are alike are interchangeable: who is at work when
is an interval graph, which needs as many of them as are at work at once (Golumbic 1980, chapter 8).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Final

from ortools.sat.python import cp_model

from troth.capacity.projects.schedule._compile import Compiled, Pair
from troth.core.decision import Stop

#: Two activities, or an activity and an absence (group, number of its span as -1 - k): at least one such pair must not meet.
Meeting = tuple[int, int, int]
Cut = frozenset[Meeting]
#: Up to so many skills of one activity, Hall's condition stands for who does what in it.
_HALL: Final = 6
_POLL_S: Final = 0.02
#: Seconds or steps without an end, and what a part of such a search is a share of.
_LONG: Final = 1e9
_OPEN_S: Final = 600.0


@dataclass(slots=True)
class Clock:
    """What is left of a stop; `steps` are units of deterministic time, about a second of one free core each."""

    stop: Stop
    began: float
    steps: float = 0.0

    def seconds(self) -> float:
        """Return seconds left."""
        whole = _LONG if self.stop.seconds is None else self.stop.seconds
        return max(0.0, whole - (time.monotonic() - self.began))

    def part(self, share: float) -> tuple[float, float]:
        """Return seconds and steps of a share of what is left; of a search without an end in time, some minutes."""
        left = self.seconds()
        if self.stop.seconds is None and self.stop.steps is None:
            left = min(left, _OPEN_S)
        return left * share, self.steps_left() * share

    def steps_left(self) -> float:
        """Return steps left."""
        return _LONG if self.stop.steps is None else max(0.0, self.stop.steps - self.steps)

    def over(self) -> bool:
        """Tell whether it is time to stop."""
        return self.seconds() <= 0 or self.steps_left() <= 0 or (self.stop.asked is not None and self.stop.asked())


@dataclass(frozen=True, slots=True)
class Found:
    """What a model said: starts, people of each group by activity (the exact model only), bound; proven if it is done."""

    starts: tuple[int, ...] | None
    counts: dict[Pair, int]
    bound: int
    proven: bool
    impossible: bool


@dataclass(slots=True)
class Model:
    """The model of a problem.

    Parameters
    ----------
    low, high : of the makespan.
    exact : with groups of people, else sets of skills only.
    cuts : meetings that cannot all be, for the relaxation.
    """

    f: Compiled
    low: int
    high: int
    exact: bool
    cuts: Sequence[Cut] = ()
    model: Any = field(default_factory=cp_model.CpModel)
    starts: list[Any] = field(default_factory=list)
    takes: dict[Pair, Any] = field(default_factory=dict)
    makespan: Any = None
    _spans: list[Any] = field(default_factory=list)
    _orders: dict[Pair, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Write the model."""
        f, model = self.f, self.model
        self.makespan = model.new_int_var(self.low, self.high, "")
        for a, length in enumerate(f.duration):
            top = min(f.latest[a], self.high - f.tail[a])
            if top < f.earliest[a]:  # no such start: said in the model's own words
                model.add_bool_or([])
                top = f.earliest[a]
            start = model.new_int_var(f.earliest[a], top, "")
            if f.fixed[a] is not None:
                model.add(start == f.fixed[a])
            self.starts.append(start)
            self._spans.append(model.new_fixed_size_interval_var(start, length, ""))
            if not f.after[a]:
                model.add(start + length <= self.makespan)
        for b, some in enumerate(f.before):
            for a, lag in some:
                model.add(self.starts[a] + f.duration[a] + lag <= self.starts[b])
        self._sets()
        for clique in f.cliques:
            model.add_no_overlap([self._spans[a] for a in clique])
        if self.exact:
            for g in range(len(f.groups)):
                self._group(g)
            for a in f.working:
                self._share(a)
        for cut in self.cuts:
            model.add_bool_or([literal for one in sorted(cut) for literal in self._parted(one)])
        model.minimize(self.makespan)

    def _away(self, spans: Iterable[tuple[int, int, int]]) -> tuple[list[Any], list[int]]:
        some = list(spans)
        return [self.model.new_fixed_size_interval_var(a, b - a, "") for a, b, _ in some], [n for *_, n in some]

    def _sets(self) -> None:
        for some in self.f.sets:
            away, gone = self._away(some.away)
            takes = {a: n for a in self.f.working if (n := some.demand(self.f.needs[a]))}
            spans = [*(self._spans[a] for a in takes), *away]
            self.model.add_cumulative(spans, [*takes.values(), *gone], some.people)

    def _group(self, g: int) -> None:
        f, group = self.f, self.f.groups[g]
        size = len(group.members)
        can = {a: sum(n for k, n in f.needs[a].items() if k in group.skills) for a in f.working}
        for a, most in can.items():
            if most:
                self.takes[a, g] = self.model.new_int_var(0, min(size, most), "")
        mine = [a for a in can if (a, g) in self.takes]
        away, gone = self._away((a, b, size) for a, b in group.away)
        if size == 1:
            spans = [
                self.model.new_optional_fixed_size_interval_var(self.starts[a], f.duration[a], self.takes[a, g], "")
                for a in mine
            ]
            self.model.add_no_overlap([*spans, *away])
        else:
            takes = [self.takes[a, g] for a in mine]
            self.model.add_cumulative([*(self._spans[a] for a in mine), *away], [*takes, *gone], size)

    def _share(self, a: int) -> None:
        """Let an activity have as many people as it needs, who can share its skills among them."""
        share(self.model, self.f, a, self.takes)

    def _parted(self, one: Meeting) -> list[Any]:
        """Return literals of which each says that these two do not meet: the one is over before the other, or the other way."""
        a, b, k = one
        if k >= 0:
            start, end = self.f.groups[b].away[k]
            return [
                self._order((a, -2 - start), self.starts[a] + self.f.duration[a] <= start),
                self._order((-2 - end, a), self.starts[a] >= end),
            ]
        first = self._order((a, b), self.starts[a] + self.f.duration[a] <= self.starts[b])
        return [first, self._order((b, a), self.starts[b] + self.f.duration[b] <= self.starts[a])]

    def _order(self, pair: Pair, holds: Any) -> Any:
        if pair not in self._orders:
            self._orders[pair] = self.model.new_bool_var("")
            self.model.add(holds).only_enforce_if(self._orders[pair])
        return self._orders[pair]

    def hint(self, starts: Sequence[int], counts: Mapping[Pair, int], makespan: int) -> None:
        """Begin with a schedule."""
        for variable, value in zip(self.starts, starts, strict=True):
            self.model.add_hint(variable, value)
        for pair, variable in self.takes.items():
            self.model.add_hint(variable, counts.get(pair, 0))
        self.model.add_hint(self.makespan, makespan)

    def solved(
        self, clock: Clock, *, seed: int, workers: int, most: tuple[float, float] = (_LONG, _LONG),
        on_found: Callable[[tuple[int, ...], dict[Pair, int]], bool] | None = None,
        on_bound: Callable[[int], None] | None = None,
    ) -> Found:  # fmt: skip
        """Solve within what is left.

        Parameters
        ----------
        most : seconds and steps it may take.
        on_found : told each schedule on its way, on the calling thread; says whether that is good enough to stop.
        on_bound : told each better bound.
        """
        solver = cp_model.CpSolver()
        p = solver.parameters
        p.random_seed, p.num_workers = seed, workers
        p.max_time_in_seconds = min(clock.seconds(), most[0])
        p.max_deterministic_time = min(clock.steps_left(), most[1])
        p.interleave_search = clock.stop.steps is not None and workers > 1
        seen = _Seen(self)
        if on_bound is not None:
            solver.best_bound_callback = seen.bounds.append
        status = _waited(solver, self.model, seen, clock=clock, on_found=on_found, on_bound=on_bound)
        clock.steps += solver.response_proto.deterministic_time
        has = status in {cp_model.OPTIMAL, cp_model.FEASIBLE}
        starts = tuple(solver.value(s) for s in self.starts) if has else None
        counts = {pair: n for pair, x in self.takes.items() if (n := solver.value(x))} if has else {}
        bound = max(self.low, round(solver.best_objective_bound)) if has or status == cp_model.UNKNOWN else self.low
        return Found(starts, counts, bound, status == cp_model.OPTIMAL, status == cp_model.INFEASIBLE)


class _Seen(cp_model.CpSolverSolutionCallback):
    """Keeps schedules and bounds as they come, for the calling thread."""

    def __init__(self, whole: Model) -> None:
        super().__init__()
        self.whole = whole
        self.found: list[tuple[tuple[int, ...], dict[Pair, int]]] = []
        self.bounds: list[float] = []

    def on_solution_callback(self) -> None:
        starts = tuple(self.value(s) for s in self.whole.starts)
        self.found.append((starts, {pair: n for pair, x in self.whole.takes.items() if (n := self.value(x))}))


def _waited(
    solver: Any, model: Any, seen: _Seen, *, clock: Clock, on_found: Callable[[tuple[int, ...], dict[Pair, int]], bool] | None,
    on_bound: Callable[[int], None] | None,
) -> Any:  # fmt: skip
    """Solve on a thread of its own, so that whoever asks to stop is heard; with steps alone nothing from outside decides."""
    status: list[Any] = []
    job = threading.Thread(target=lambda: status.append(solver.solve(model, seen)))
    job.start()
    told = 0
    while job.is_alive():
        job.join(_POLL_S)
        if clock.stop.asked is not None and clock.stop.asked():
            solver.stop_search()
        if clock.stop.steps is not None:
            continue
        if on_bound is not None and seen.bounds:
            on_bound(round(max(seen.bounds)))
        while on_found is not None and told < len(seen.found):
            told = len(seen.found)
            if on_found(*seen.found[-1]):
                solver.stop_search()
    if not status:
        raise RuntimeError("the solver's thread ended without a status")
    return status[0]


def share(model: Any, f: Compiled, a: int, takes: Mapping[Pair, Any]) -> None:
    """Tie how many of each group an activity takes to what it needs."""
    needs = f.needs[a]
    mine = {g: takes[a, g] for g in range(len(f.groups)) if (a, g) in takes}
    model.add(sum(mine.values()) == sum(needs.values()))
    if len(needs) <= _HALL:
        for size in range(1, len(needs)):
            for some in combinations(needs, size):
                able = [x for g, x in mine.items() if f.groups[g].skills & set(some)]
                model.add(sum(able) >= sum(needs[k] for k in some))
        return
    does = {
        (g, k): model.new_int_var(0, needs[k], "") for g in mine for k in needs if k in f.groups[g].skills
    }  # fmt: skip
    for g, x in mine.items():
        model.add(sum(y for (h, _), y in does.items() if h == g) == x)
    for k, count in needs.items():
        model.add(sum(y for (_, s), y in does.items() if s == k) == count)


def staffing(f: Compiled, starts: Sequence[int], some: Iterable[int]) -> dict[Pair, int] | None:
    """Return how many of each group some activities take at given starts, people staying; None if that cannot be."""
    model = cp_model.CpModel()
    takes: dict[Pair, Any] = {}
    mine = list(some)
    for a in mine:
        end = starts[a] + f.duration[a]
        for g, group in enumerate(f.groups):
            most = sum(n for k, n in f.needs[a].items() if k in group.skills)
            here = all(b <= starts[a] or end <= c for c, b in group.away)
            if most and here:
                takes[a, g] = model.new_int_var(0, min(most, len(group.members)), "")
        share(model, f, a, takes)
    for at in sorted({starts[a] for a in mine}):
        running = [a for a in mine if starts[a] <= at < starts[a] + f.duration[a]]
        for g, group in enumerate(f.groups):
            here_ = [takes[a, g] for a in running if (a, g) in takes]
            if len(here_) > 1:
                model.add(sum(here_) <= len(group.members))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    status = solver.solve(model)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return None
    return {pair: n for pair, x in takes.items() if (n := solver.value(x))}
