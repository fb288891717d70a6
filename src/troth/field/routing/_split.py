"""Large problems in parts: tours that are near each other cool down together, on all cores, again and again with other borders.

The tours of a plan are cut into groups by their middles (Santini, Schneider, Vidal and Vigo 2023, European Journal of
Operational Research 304, 543-559, find this the best of ways to decompose). In each group strings of visits are taken out and put
back (`_strings`) at the temperature of the hour. A walk that cools down is nothing but its plan and its temperature, so that a
new round goes on where the last has ended, whatever the groups are. Matrices are made for a group.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np

from troth.core.decision import Stop
from troth.field.routing import _strings
from troth.field.routing._found import Found, as_found, listed
from troth.field.routing._net import BEST, HEAD, LOST, NXT, OPENS, VALUE, Net, lines_of, net, new_walk
from troth.field.routing._threads import Progress, attended, bounded, sides
from troth.field.routing._whole import Whole, whole
from troth.field.routing.problem import RoutingProblem

#: Visits of a group at most, or somewhat more where tours are long.
_MOST: Final = 1000
#: Groups at least with a stop by steps, where the same tours must come out on any number of cores.
_SIDES: Final = 2
#: Tours that stay at home in a group at least.
_SPARE: Final = 4
#: Rounds of a search, each with other borders, of at most so many seconds, and at least so many for each visit of a group: to begin
#: anew takes a part of that.
_ROUNDS: Final = 60
_ROUND_S: Final = 2.0
_VISIT_S: Final = 0.0012
#: Temperatures at the beginning and at the end, as shares of what a visit costs on average; with a plan to begin with it is not so hot.
_HOT, _WARM, _COLD = 1.0, 0.1, 0.01
#: It cools down once in this share of the search: who stops early has a plan that is better than where a hot walk has been.
_QUICK: Final = 0.05
#: A walk looks at the clock so often.
_GLANCE_S: Final = 0.02
#: A search that has not placed all that must be made after this share of its time gives up: others can say why.
_PATIENCE: Final = 0.25
#: Nor does it try longer than this, whatever its time is.
_PATIENCE_S: Final = 60.0
#: Landmarks from which places are drawn on a plane.
_LANDMARKS: Final = 12

Lines = dict[int, list[int]]


@dataclass(frozen=True, slots=True)
class _Job:
    """A group: its visits, its tours with those that stay at home, and who goes where now."""

    visits: tuple[int, ...]
    tours: tuple[int, ...]
    lines: Lines
    seed: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """Who goes where, what that costs in units of money, and how many visits that must be made are left out."""

    lines: Lines
    missing: int
    cost: int


@dataclass(frozen=True, slots=True)
class _Trial:
    """What came of a group: where its walk began, where it stands, and the best on its way."""

    tours: tuple[int, ...]
    before: _Plan
    now: _Plan
    best: _Plan
    steps: int


def solve_split(
    problem: RoutingProblem, *, stop: Stop, seed: int, start: tuple[Any, Any] | None = None, chains: int | None = None,
    on_progress: Progress | None = None,
) -> Found | None:  # fmt: skip
    """Return the best tours found in parts until `stop`; None if visits that must be made are left out.

    Parameters
    ----------
    stop : steps are those of all groups; with steps alone the same problem and seed give the same tours.
    start : tours to begin with, as in `Found`; those that break a rule are left, and their visits go elsewhere.
    chains : how many groups are worked at side by side; as many as there are cores, at most four, if None.
    """
    _strings.compiled()
    began = time.perf_counter()
    w = whole(problem)
    many = sides(chains)
    with ThreadPoolExecutor(many) as pool:
        search = _Search(w, plane(problem.seconds), np.random.default_rng(seed), pool, many, stop, began)
        search.begin({} if start is None else listed(start[0], size=start[1]))
        while search.round():
            if on_progress is not None and search.best.missing == 0:
                on_progress(search.best.cost / w.unit, None)
    if search.best.missing:
        return None
    return as_found(w, lines=search.best.lines, value=search.best.cost / w.unit, steps=search.steps)


class _Search:
    """Rounds over groups, and the plan between them."""

    def __init__(
        self, w: Whole, where: Any, draw: np.random.Generator, pool: ThreadPoolExecutor, many: int, stop: Stop, began: float,
    ) -> None:  # fmt: skip
        self.w, self.where, self.draw, self.pool, self.many = w, where, draw, pool, many
        self.stop, self.began = bounded(stop), began
        self.sides = many if stop.steps is None else _SIDES
        self.steps = 0
        self.now = self.best = _Plan({}, 0, 0)
        self.hot = _HOT
        self.usual = 1.0
        self.enough = threading.Event()

    def begin(self, lines: Lines) -> None:
        """Take given tours as the first plan, and put all that is in none where it costs least."""
        self.hot = _WARM if lines else _HOT
        self.now = _Plan(lines, 0, 0)
        jobs = self._shares()
        # Tours that are given may go through several shares: then only those near each other are at hand.
        jobs = [replace(jobs[0], lines=lines)] if len(jobs) == 1 else self._jobs()
        trials = self._all([partial(self._work, one, None, None) for one in jobs])
        self.now = self.best = _changed(_Plan({}, 0, 0), [(_Plan({}, 0, 0), one.now) for one in trials if one])
        self.usual = self._usual()

    def _usual(self) -> float:
        """Return what a placed visit costs on average, without what is left out; if none does, what leaving one out costs."""
        made = {v for line in self.now.lines.values() for v in line}
        prizes = np.maximum(self.w.prize, 0)
        lost = int(prizes.sum()) - int(prizes[list(made)].sum())
        cost = (self.now.cost - lost) / len(made) if made else 0.0
        return max(cost if cost > 0 else float(prizes.mean()), 1.0)

    def _all(self, jobs: Sequence[Callable[[], _Trial | None]]) -> list[_Trial | None]:
        return attended(jobs, pool=self.pool, stop=self.stop, enough=self.enough)

    def _share(self, more: int = 0) -> float:
        """Return how much of the search is over if so many more steps are."""
        shares = [0.0]
        if self.stop.seconds is not None:
            gone = time.perf_counter() - self.began
            shares.append(gone / self.stop.seconds if self.stop.seconds > 0 else 1.0)
        if self.stop.steps is not None:
            shares.append((self.steps + more) / self.stop.steps if self.stop.steps > 0 else 1.0)
        return min(max(shares), 1.0)

    def _heat(self, share: float) -> float:
        """Return the temperature after a share of the search: it cools down twice, at first quickly."""
        gone = share / _QUICK if share < _QUICK else (share - _QUICK) / (1.0 - _QUICK)
        return float(self.usual * self.hot * (_COLD / self.hot) ** gone)

    def round(self) -> bool:
        """Work at every group once; False when it is time to stop."""
        share, gone = self._share(), time.perf_counter() - self.began
        hopeless = share > _PATIENCE or (self.stop.steps is None and gone > _PATIENCE_S)
        if self.enough.is_set() or share >= 1.0 or (self.best.missing and hopeless):
            return False
        jobs = self._jobs()
        # With fewer groups than sides some are worked at twice, by chance in other ways.
        jobs += [replace(one, seed=int(self.draw.integers(2**31))) for one in jobs[: max(self.sides - len(jobs), 0)]]
        seconds = steps = None
        if self.stop.seconds is not None:
            seconds = min(self.stop.seconds / _ROUNDS, _ROUND_S) / -(-len(jobs) // self.many)
        if self.stop.steps is not None:
            steps = max(min(-(-self.stop.steps // _ROUNDS), self.stop.steps - self.steps) // len(jobs), 1)
        trials = self._all([partial(self._work, one, seconds, steps, len(jobs)) for one in jobs])
        self._take([one for one in trials if one])
        return True

    def _take(self, trials: Sequence[_Trial]) -> None:
        """Put together where the walks of the groups stand, and the best on their way."""
        now, best = dict[tuple[int, ...], _Trial](), dict[tuple[int, ...], _Trial]()
        for one in trials:
            self.steps += one.steps
            if one.tours not in now or _key(one.now) < _key(now[one.tours].now):
                now[one.tours] = one
            if one.tours not in best or _key(one.best) < _key(best[one.tours].best):
                best[one.tours] = one
        found = _changed(self.now, [(one.before, one.best) for one in best.values()])
        if _key(found) < _key(self.best):
            self.best = found
        self.now = _changed(self.now, [(one.before, one.now) for one in now.values()])

    def _work(self, job: _Job, seconds: float | None, steps: int | None, groups: int = 1) -> _Trial | None:
        """Let the walk of a group go on for so long or so many steps, or begin it if neither is said; None if the time is over."""
        first = seconds is None and steps is None
        if self._share() >= 1.0 and not first:
            return None
        n = net(self.w, visits=job.visits, tours=job.tours)
        walk = new_walk(n, seed=job.seed)
        index = {v: k for k, v in enumerate(job.visits)}
        size = np.array([len(job.lines.get(t, ())) for t in job.tours], np.int64)
        seq = np.zeros((len(size), int(size.max(initial=1)) or 1), np.int64)
        for k, t in enumerate(job.tours):
            seq[k, : size[k]] = [index[v] for v in job.lines.get(t, ())]
        # What must be made has the first choice.
        order = np.lexsort((n.visit[:, OPENS], self.w.prize[list(job.visits)] >= 0))
        _strings.begin(n, walk, seq, size, order, first)
        before = self._plan(job, n, walk.mark[VALUE], walk.tours[:, HEAD], walk.row[:, NXT])
        end = np.inf
        if seconds is not None and self.stop.seconds is not None:
            end = time.perf_counter() + max(seconds, _VISIT_S * len(job.visits))
            end = min(end, self.began + self.stop.seconds)
        done, some = 0, 100
        while not first and not self.enough.is_set() and (steps is None or done < steps):
            now = time.perf_counter()
            if now >= end:
                break
            if steps is not None:
                some = min(some, steps - done)
            _strings.anneal(n, walk, some, self._heat(self._share(done * groups)))
            done += some
            if seconds is not None:
                some = int(min(max(some * _GLANCE_S / (time.perf_counter() - now), 1), 4 * some))
        return _Trial(
            job.tours, before, self._plan(job, n, walk.mark[VALUE], walk.tours[:, HEAD], walk.row[:, NXT]),
            self._plan(job, n, walk.mark[BEST], walk.best_head, walk.best_next), done,
        )  # fmt: skip

    def _plan(self, job: _Job, n: Net, value: int, heads: Any, following: Any) -> _Plan:
        """Return the plan of a group; in its arrays who must be made has a price too."""
        lines = {t: line for t, line in zip(job.tours, lines_of(heads, following), strict=True) if line}
        made = {k for line in lines.values() for k in line}
        missing = [k for k, v in enumerate(job.visits) if k not in made and self.w.prize[v] < 0]
        cost = int(value) - int(n.visit[missing, LOST].sum())
        return _Plan({t: [job.visits[k] for k in line] for t, line in lines.items()}, len(missing), cost)

    def _jobs(self) -> list[_Job]:
        """Cut the tours of the plan into groups."""
        lines = self.now.lines
        if not lines:
            return self._shares()
        used = np.array(sorted(lines), np.int64)
        middles = np.array([self.where[self.w.place[lines[t]]].mean(axis=0) for t in used])
        sizes = np.array([len(lines[t]) for t in used], float)
        pieces = self.sides * -(-len(self.w.place) // (_MOST * self.sides))
        groups = list(_cut(middles, sizes, sizes.sum() / pieces, self.draw))
        made = {v for line in lines.values() for v in line}
        left = self._left_out([v for v in range(len(self.w.place)) if v not in made], middles, groups)
        homes = self._at_home(used, middles, groups, sum(map(len, left)))
        jobs = []
        for group, spare, others in zip(groups, homes, left, strict=True):
            its = {int(t): lines[int(t)] for t in used[group]}
            visits = sorted([v for line in its.values() for v in line] + others)
            jobs.append(_Job(tuple(visits), (*its, *spare), its, int(self.draw.integers(2**31))))
        return jobs

    def _shares(self) -> list[_Job]:
        """Share visits and tours out before there is any plan; all are one share unless they are many."""
        homes = self.where[[shift.start_place for _, shift in self.w.tours]]
        parts = [(np.arange(len(self.w.place)), np.arange(len(self.w.tours)))]
        done = []
        while parts:
            visits, tours = parts.pop()
            if len(visits) <= _MOST or len(tours) < 4:
                done.append(_Job(tuple(visits.tolist()), tuple(tours.tolist()), {}, int(self.draw.integers(2**31))))
                continue
            turn = self.draw.uniform(0, np.pi)
            way = np.array([np.cos(turn), np.sin(turn)])
            visits = visits[np.argsort(self.where[self.w.place[visits]] @ way, kind="stable")]
            tours = tours[np.argsort(homes[tours] @ way, kind="stable")]
            half, crew = len(visits) // 2, len(tours) // 2
            parts += [(visits[:half], tours[:crew]), (visits[half:], tours[crew:])]
        return done

    def _at_home(self, used: Any, middles: Any, groups: Sequence[Any], left: int) -> list[list[int]]:
        """Deal the tours that stay at home among the groups: a few to each, first those that begin nearby."""
        out: list[list[int]] = [[] for _ in groups]
        busy = set(used.tolist())
        free = [t for t in self.draw.permutation(len(self.w.tours)).tolist() if t not in busy]
        if not free or not groups:
            return out
        at = self.where[[self.w.tours[t][1].start_place for t in free]]
        for _ in range(_SPARE + (len(used) // 4 + left) // len(groups)):
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


def _key(plan: _Plan) -> tuple[int, int]:
    return plan.missing, plan.cost


def _changed(plan: _Plan, groups: Sequence[tuple[_Plan, _Plan]]) -> _Plan:
    """Return a plan in which groups went from one plan to another."""
    lines, missing, cost = dict(plan.lines), plan.missing, plan.cost
    for before, after in groups:
        for t in before.lines:
            del lines[t]
        lines |= after.lines
        missing, cost = missing + after.missing - before.missing, cost + after.cost - before.cost
    return _Plan(lines, missing, cost)


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
