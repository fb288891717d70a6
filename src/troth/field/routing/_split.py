"""Large problems in parts: tours that are near each other make a small problem, again and again with other borders.

The tours of a plan are cut into groups by their middles (Santini, Schneider, Vidal and Vigo 2023, European Journal of
Operational Research 304, 543-559, find this the best of ways to decompose), each group is improved by PyVRP from what it has,
as many at a time as there are cores, and put back if it costs less (Taillard 1993, Networks 23, 661-673). PyVRP works outside
Python's lock, so that threads do. Matrices are made for a group, never for all.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, TypeVar

import numpy as np

from troth.core.decision import Stop
from troth.field.routing._hunt import Found
from troth.field.routing._pyvrp import (
    Trial,
    as_found,
    attended,
    improve,
    listed,
    mean_penalties,
    part,
    price,
    side_by_side,
)
from troth.field.routing._whole import Whole, whole
from troth.field.routing.problem import RoutingProblem

#: Visits of a group, between which sizes are drawn.
_SMALL, _LARGE = 80, 160
#: Tours of a group, the same: where tours are long few visits are no choice. But never more visits than the last.
_FEW, _SOME, _MOST = 12, 18, 500
#: So many groups are worked at in any case: if there are fewer, some twice, by chance in other ways.
_SIDES: Final = 2
#: Seconds a group of the smallest size is worked at in one round, at least; larger ones in proportion.
_SLICE: Final = 0.4
#: With more time than so many rounds take each lasts longer: a run of PyVRP forgets its way when it ends.
_ROUNDS: Final = 15
#: With fewer groups than these nothing is cut any more: for the rest of the time each core searches the whole.
_PARTS: Final = 3
#: Iterations in the place of seconds, for a stop by steps.
_STEPS: Final = 500
#: Up to so many visits the first plan is made of all at once.
_AT_ONCE: Final = 1500
#: Landmarks from which places are drawn on a plane.
_LANDMARKS: Final = 12

Progress = Callable[[float, float | None], object]
Lines = dict[int, list[int]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Job:
    """A group: its visits, its tours with those that stay at home, what it costs now."""

    visits: tuple[int, ...]
    tours: tuple[int, ...]
    lines: Lines
    seed: int


def solve_split(
    problem: RoutingProblem, *, stop: Stop, seed: int, start: tuple[Any, Any] | None = None, chains: int | None = None,
    on_progress: Progress | None = None,
) -> Found | None:  # fmt: skip
    """Return the best tours found in parts until `stop`; None if there is no plan that breaks no rule to begin with.

    Parameters
    ----------
    stop : steps are iterations over all groups; with steps alone the same problem and seed give the same tours.
    start : tours to begin with, as in `Found`; if they break a rule they are mended, or left if they cannot be.
    chains : how many groups are worked at side by side; as many as there are cores, at most four, if None.
    """
    began = time.perf_counter()
    many = chains or min(os.cpu_count() or 1, 4)
    w = whole(problem)
    with ThreadPoolExecutor(many) as pool:
        search = _Search(w, plane(problem.seconds), np.random.default_rng(seed), pool, many, stop, began)
        if on_progress is not None:
            search.tell = lambda cost: on_progress(cost / w.unit, None)
        if not search.begin(None if start is None else listed(start[0], size=start[1])):
            return None
        while search.round():
            if search.tell is not None:
                search.tell(search.value)
    return as_found(w, lines=search.lines, value=search.value / w.unit, steps=search.steps)


class _Search:
    """Rounds over groups, and the plan between them."""

    def __init__(
        self, w: Whole, where: Any, draw: np.random.Generator, pool: ThreadPoolExecutor, many: int, stop: Stop, began: float,
    ) -> None:  # fmt: skip
        self.many = many
        self.w, self.where, self.draw, self.pool, self.stop, self.began = w, where, draw, pool, stop, began
        self.lines: Lines = {}
        self.steps = 0
        self.value = 0.0
        self.penalties: Any = None
        self.enough = threading.Event()
        self.tell: Callable[[float], object] | None = None

    def begin(self, lines: Lines | None) -> bool:
        """Take or make a first plan; tell whether it breaks no rule."""
        if lines is not None:
            self.lines = lines
            priced = list(self.pool.map(self._price, self._jobs()))
            self.value = float(sum(cost for cost, _ in priced))
            if all(stands for _, stands in priced):
                return True
        shares = self._shares()
        if lines is not None and len(shares) == 1:
            shares = [replace(shares[0], lines=lines)]
        trials = self._all([partial(self._make, one) for one in shares])
        self.lines = {t: line for one in trials for t, line in one.lines.items() if line}
        self.value = float(sum(one.cost for one in trials))
        return all(one.feasible for one in trials)

    def _take(self, trials: Sequence[Trial]) -> None:
        """Put back what costs less; of a group worked at twice the better."""
        best: dict[tuple[int, ...], Trial] = {}
        for trial in trials:
            self.steps += trial.steps
            better = trial.feasible and trial.before is not None and trial.cost < trial.before
            if better and (trial.tours not in best or trial.cost < best[trial.tours].cost):
                best[trial.tours] = trial
        for trial in best.values():
            self.value += trial.cost - (trial.before or 0)
            for t in trial.tours:
                self.lines.pop(t, None)
            self.lines.update({t: line for t, line in trial.lines.items() if line})
        if trials:
            self.penalties = mean_penalties([one.penalties for one in trials])

    def _all(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        return attended(jobs, pool=self.pool, stop=self.stop, enough=self.enough)

    def _price(self, job: _Job) -> tuple[int, bool]:
        return price(part(self.w, visits=job.visits, tours=job.tours), lines=job.lines)

    def _make(self, job: _Job) -> Trial:
        """Make a first plan of a share: what local search finds, and if that breaks rules, whatever breaks none."""
        model = part(self.w, visits=job.visits, tours=job.tours)
        begun = job.lines or None
        made = improve(model, seconds=None, steps=0, seed=job.seed, lines=begun)
        if made.feasible:
            return made
        seconds = None if self.stop.seconds is None else self.stop.seconds / 4
        steps = 4 * _STEPS if seconds is None else None
        return improve(
            model, seconds=seconds, steps=steps, seed=job.seed, lines=begun, asked=self.enough.is_set, until_feasible=True,
        )  # fmt: skip

    def _shares(self) -> list[_Job]:
        """Share visits and tours out for the first plan; all are one share unless they are many."""
        homes = self.where[[shift.start_place for _, shift in self.w.tours]]
        parts = [(np.arange(len(self.w.place)), np.arange(len(self.w.tours)))]
        done = []
        while parts:
            visits, tours = parts.pop()
            if len(visits) <= _AT_ONCE or len(tours) < 4:
                done.append(_Job(tuple(visits.tolist()), tuple(tours.tolist()), {}, int(self.draw.integers(2**31))))
                continue
            turn = self.draw.uniform(0, np.pi)
            way = np.array([np.cos(turn), np.sin(turn)])
            visits = visits[np.argsort(self.where[self.w.place[visits]] @ way, kind="stable")]
            tours = tours[np.argsort(homes[tours] @ way, kind="stable")]
            half, crew = len(visits) // 2, len(tours) // 2
            parts += [(visits[:half], tours[:crew]), (visits[half:], tours[crew:])]
        return done

    def round(self) -> bool:
        """Work at every group once; False when it is time to stop."""
        if self._over():
            return False
        jobs = self._jobs()
        if len(jobs) < _PARTS and len(self.w.place) <= _AT_ONCE:
            return self._rest()
        jobs += [replace(one, seed=int(self.draw.integers(2**31))) for one in jobs[: max(_SIDES - len(jobs), 0)]]
        # Fixed before any group is begun: nothing may depend on which ends first.
        left = None if self.stop.steps is None else -(-(self.stop.steps - self.steps) // len(jobs))
        longer = self._longer(jobs)
        work = [partial(self._work, one, longer, left, self.penalties) for one in jobs]
        trials = [one for one in self._all(work) if one]
        self._take(trials)
        return True

    def _rest(self) -> bool:
        """Search the whole for all the time that is left, on each side by chance in other ways."""
        model = part(self.w, visits=range(len(self.w.place)), tours=range(len(self.w.tours)))
        seconds = None if self.stop.seconds is None else self.stop.seconds - (time.perf_counter() - self.began)
        steps = None if self.stop.steps is None else -(-(self.stop.steps - self.steps) // _SIDES)
        trials = side_by_side(
            model, seeds=self.draw.integers(2**31, size=_SIDES).tolist(), pool=self.pool, stop=Stop(seconds, steps, self.stop.asked),
            lines=dict(self.lines), enough=self.enough, penalties=self.penalties, tell=self.tell,
        )  # fmt: skip
        self._take(trials)
        return True

    def _over(self) -> bool:
        return self.enough.is_set() or self.stop.reached(seconds=time.perf_counter() - self.began, steps=self.steps)

    def _longer(self, jobs: Sequence[_Job]) -> float:
        """Return how many times longer than the least this round lasts."""
        size = sum(_size(one) for one in jobs) * _ROUNDS
        if self.stop.steps is not None:
            return max(self.stop.steps / (_STEPS * size), 1.0)
        seconds = time.perf_counter() - self.began if self.stop.seconds is None else self.stop.seconds
        return max(seconds * min(self.many, len(jobs)) / (_SLICE * size), 1.0)

    def _work(self, job: _Job, longer: float, left: int | None, penalties: Any) -> Trial | None:
        """Improve one group, for its share of what is left."""
        share = _size(job) * longer
        seconds = None
        if self.stop.seconds is not None:
            seconds = min(_SLICE * share, self.stop.seconds - (time.perf_counter() - self.began))
            if seconds <= 0:
                return None
        steps = None if left is None else min(int(_STEPS * share), left)
        if seconds is None and steps is None:
            steps = int(_STEPS * share)
        model = part(self.w, visits=job.visits, tours=job.tours)
        return improve(
            model, seconds=seconds, steps=steps, seed=job.seed, lines=job.lines, asked=self.enough.is_set,
            penalties=penalties,
        )  # fmt: skip

    def _jobs(self) -> list[_Job]:
        if not self.lines:
            return self._shares()
        used = np.array(sorted(self.lines), np.int64)
        middles = np.array([self.where[self.w.place[self.lines[t]]].mean(axis=0) for t in used])
        sizes = np.array([len(self.lines[t]) for t in used], float)
        most = float(self.draw.uniform(_SMALL, _LARGE))
        most = max(most, min(float(self.draw.uniform(_FEW, _SOME)) * sizes.mean(), _MOST))
        groups = list(_cut(middles, sizes, most, self.draw))
        homes = self._at_home(used, middles, groups)
        made = {v for line in self.lines.values() for v in line}
        left = self._left_out([v for v in range(len(self.w.place)) if v not in made], middles, groups)
        jobs = []
        for group, spare, optional in zip(groups, homes, left, strict=True):
            lines = {int(t): self.lines[int(t)] for t in used[group]}
            visits = sorted([v for line in lines.values() for v in line] + optional)
            jobs.append(_Job(tuple(visits), (*lines, *spare), lines, int(self.draw.integers(2**31))))
        return jobs

    def _at_home(self, used: Any, middles: Any, groups: Sequence[Any]) -> list[list[int]]:
        """Deal the tours that stay at home among the groups: a few to each, first those that begin nearby."""
        out: list[list[int]] = [[] for _ in groups]
        busy = set(used.tolist())
        free = [t for t in self.draw.permutation(len(self.w.tours)).tolist() if t not in busy]
        if not free or not groups:
            return out
        at = self.where[[self.w.tours[t][1].start_place for t in free]]
        for _ in range(2 + len(used) // (4 * len(groups))):
            for g in self.draw.permutation(len(groups)).tolist():
                if not free:
                    return out
                gaps = np.hypot(*(at - middles[groups[g]].mean(axis=0)).T)
                k = int(gaps.argmin())
                out[g].append(free.pop(k))
                at = np.delete(at, k, axis=0)
        return out

    def _left_out(self, left: Sequence[int], middles: Any, groups: Sequence[Any]) -> list[list[int]]:
        """Give the visits that are left out to the group of the nearest tour."""
        out: list[list[int]] = [[] for _ in groups]
        of = {int(t): g for g, its in enumerate(groups) for t in its}
        for v in left:
            gaps = np.hypot(*(middles - self.where[self.w.place[v]]).T)
            out[of[int(gaps.argmin())]].append(v)
        return out


def _size(job: _Job) -> float:
    return max(len(job.visits) / _SMALL, 0.25)


def _cut(middles: Any, sizes: Any, most: float, draw: np.random.Generator) -> Iterator[Any]:
    """Yield groups of tours of some `most` visits: halves of halves, each across a direction drawn by chance."""
    parts = [np.arange(len(sizes))]
    while parts:
        its = parts.pop()
        pieces = round(float(sizes[its].sum()) / most)
        if pieces < 2 or len(its) < 4:
            yield its
            continue
        turn = draw.uniform(0, np.pi)
        order = its[np.argsort(middles[its] @ np.array([np.cos(turn), np.sin(turn)]), kind="stable")]
        along = np.cumsum(sizes[order]) / sizes[its].sum()
        cut = int(np.clip(np.searchsorted(along, (pieces // 2) / pieces) + 1, 2, len(its) - 2))
        parts += [order[:cut], order[cut:]]


def plane(seconds: Any) -> Any:
    """Return places as points of a plane whose distances are about the travel times, shape (P, 2).

    Only times from a few landmarks are looked at (landmark scaling: de Silva and Tenenbaum 2004, Stanford technical report).

    Examples
    --------
    >>> import numpy as np
    >>> square = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0], [0.0, 4.0]])
    >>> apart = np.hypot(*(square[:, None] - square[None]).transpose(2, 0, 1))
    >>> drawn = plane(apart)
    >>> bool(np.allclose(np.hypot(*(drawn[:, None] - drawn[None]).transpose(2, 0, 1)), apart))
    True
    """
    far = float(seconds[np.isfinite(seconds)].max(initial=1.0))
    marks = [0]
    gaps = np.full(len(seconds), np.inf)
    rows = []
    for _ in range(min(_LANDMARKS, len(seconds))):
        both = np.nan_to_num((seconds[marks[-1]] + seconds[:, marks[-1]]) / 2, posinf=2 * far)
        rows.append(both)
        gaps = np.minimum(gaps, both)
        marks.append(int(gaps.argmax()))
    table = np.array(rows) ** 2
    inner = table[:, marks[:-1]]
    mean = inner.mean(axis=1)
    middle = np.eye(len(inner)) - 1 / len(inner)
    values, axes = np.linalg.eigh(-0.5 * middle @ inner @ middle)
    out = np.zeros((len(seconds), 2))
    for k in range(min(2, len(values))):
        if values[-1 - k] > 1e-9 * max(values[-1], 1.0):
            out[:, k] = -0.5 * (table - mean[:, None]).T @ axes[:, -1 - k] / np.sqrt(values[-1 - k])
    return out
