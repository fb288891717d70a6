"""The search of a repair: one person after the other gets a new line of days, each day other than it stood at a price."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf

import numpy as np

from troth.capacity.roster import _search as kernels
from troth.capacity.roster._arrays import Stacked, stacked
from troth.capacity.roster._compile import Compiled, compiled
from troth.capacity.roster._hunt import warm
from troth.capacity.roster._turn import duties_of
from troth.capacity.roster.problem import Duty, RosterProblem
from troth.core.decision import Stop

#: Rosters that are built upon at each step, and days after the absence that may be other than they stood in return.
_BEAM, _AFTER = 3, 7
#: Who is tried second and third: as many of those who help most alone.
_LIKELY = 25
#: Price of a changed day where the problem has none, as a share of what a missing person costs.
_SHARE = 0.1


#: Lines (P, D) of options and activities (P, S).
_Roster = tuple[np.ndarray, np.ndarray]


@dataclass(slots=True)
class _State:
    """A roster on the way: lines and activities, who was touched, what it costs more than it stood, price of changes included."""

    lines: np.ndarray
    acts: np.ndarray
    touched: tuple[int, ...]
    value: float


@dataclass(slots=True)
class Mending:
    """A repair under way.

    Parameters
    ----------
    problem : with the absence, and the roster that stood as published.
    duties, missing : the roster without the absent person's shifts, and these.
    absent, days : who, when.
    stop, seed : when to end; chance between equals.
    """

    problem: RosterProblem
    duties: Sequence[Duty]
    missing: Sequence[Duty]
    absent: str
    days: range
    stop: Stop
    seed: int
    tried: int = 0
    whole: bool = True
    _began: float = 0.0
    _whole: Compiled = field(init=False)
    _arrays: Stacked = field(init=False)
    _board: kernels.Board = field(init=False)
    _scratch: kernels.Scratch = field(init=False)
    _rng: np.random.Generator = field(init=False)
    _first: _State = field(init=False)
    _price: float = field(init=False, default=0.0)
    _most: np.ndarray = field(init=False)
    _stood: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        """Compile, and price every day that is other than it stood."""
        self._began = time.monotonic()
        # Changes are priced here, also those of a shift's time, which the problem's price does not know.
        self._whole = compiled(replace(self.problem, prices=replace(self.problem.prices, change=0.0)))
        arrays = stacked(self._whole)
        ready = time.monotonic()
        warm(arrays)  # compiling once on a machine takes half a minute, which is not the repair's
        self._began += time.monotonic() - ready
        self._rng = np.random.default_rng(self.seed)
        self._board, self._scratch = kernels.empty_board(arrays), kernels.room(arrays)
        lines, acts = _written(self._whole, self.duties, self._board)
        stood = _written(self._whole, [*self.duties, *self.missing], self._board)
        self._price = self.problem.prices.change or _SHARE * _scale(arrays, self.problem.slot_minutes)
        self._most = arrays.most
        self._arrays = self._no_better(self._priced(arrays, lines), (lines, acts), stood)
        self._first = _State(lines, acts, (), self._cover(lines, acts))
        self._stood = self._cover(*stood)

    def spent(self) -> float:
        """Return the seconds since the kernels were ready."""
        return time.monotonic() - self._began

    def best(self, *, most: int) -> tuple[Duty, ...]:
        """Return the best roster found with at most so many people touched; as it is if nothing helps."""
        if most < 1 or not self.missing:
            return duties_of(self._whole, self._first.lines, self._first.acts)
        everybody = [p for p, one in enumerate(self.problem.staff) if one.agent_id != self.absent]
        singles = self._tried(self._first, everybody)
        best = min([self._first, *singles], key=_value)
        likely = [one.touched[0] for one in sorted(singles, key=_value)]
        beam = sorted(singles, key=_value)[:_BEAM]
        for _ in range(most - 1):
            beam = sorted([one for state in beam for one in self._tried(state, likely[:_LIKELY])], key=_value)[:_BEAM]
            best = min([best, *beam], key=_value)
        if most > 1 and best.value > self._stood + self._price:
            best = min([best, *self._handed_on(everybody)], key=_value)
        return duties_of(self._whole, best.lines, best.acts)

    def _over(self) -> bool:
        over = self.stop.reached(seconds=self.spent(), steps=self.tried)
        self.whole = self.whole and not over
        return over

    def _tried(self, state: _State, people: Sequence[int], *, blind: bool = False) -> list[_State]:
        """Try people not touched yet on a roster."""
        out = []
        for p in people:
            if p in state.touched:
                continue
            if self._over():
                break
            self.tried += 1
            one = self._moved(state, p, blind=blind)
            if one is not None:
                out.append(one)
        return out

    def _handed_on(self, everybody: Sequence[int]) -> list[_State]:
        """Try pairs: one goes where the absent one is missing, another fills the place left."""
        first = sorted(self._tried(self._first, everybody, blind=True), key=_value)
        return [two for one in first for two in self._tried(one, everybody)]

    def _moved(self, state: _State, p: int, *, blind: bool) -> _State | None:
        """Give a person the best line beside the others; None if it is the one they have, or there is none.

        Blind: their present shifts count as covered by somebody else.
        """
        board, arrays = self._board, self._arrays
        board.lines[:], board.acts[:] = state.lines, state.acts
        if not blind:
            board.lines[p], board.acts[p] = -1, -1
        kernels.fill(arrays, board)
        if kernels.start(arrays, self._rng, board, np.array([p]), self._scratch):
            return None
        lines, acts = state.lines.copy(), state.acts.copy()
        lines[p], acts[p] = board.lines[p], board.acts[p]
        self._keep_acts(state, p, lines, acts)
        if (lines[p] == state.lines[p]).all() and (acts[p] == state.acts[p]).all():
            return None
        value = self._cover(lines, acts) + self._own((*state.touched, p), lines, acts)
        return _State(lines, acts, (*state.touched, p), value)

    def _keep_acts(self, state: _State, p: int, lines: np.ndarray, acts: np.ndarray) -> None:
        """Leave what is done within shifts as it stood, but where doing something else is worth a change."""
        if not acts.shape[1]:
            return
        for d in range(self.problem.days):
            if lines[p, d] < 0 or lines[p, d] != state.lines[p, d]:
                continue
            span = self._span(d, int(lines[p, d]))
            if (acts[p, span] == state.acts[p, span]).all():
                continue
            other = acts.copy()
            other[p, span] = state.acts[p, span]
            dear = d not in self.days or self._cover(lines, other) - self._cover(lines, acts) < self._price
            if dear:
                acts[p, span] = state.acts[p, span]

    def _span(self, d: int, option: int) -> slice:
        first = d * (1440 // self.problem.slot_minutes) + int(self._arrays.first[option])
        return slice(first, first + int(self._arrays.length[option]))

    def _cover(self, lines: np.ndarray, acts: np.ndarray) -> float:
        self._board.lines[:], self._board.acts[:] = lines, acts
        kernels.fill(self._arrays, self._board)
        return float(kernels.covered(self._arrays, self._board)) + self._crowd()

    def _crowd(self) -> float:
        """Return what people too many cost more than the kernels know, to whom those who were too many before are none."""
        arrays, n = self._arrays, self._board.by_slot
        more = np.maximum(n - arrays.most, 0)
        before = arrays.most - self._most
        # ((before + more)^2 - before^2) - more^2: each further one is dearer the more there were.
        return float((2 * arrays.square * before * more).sum())

    def _own(self, touched: tuple[int, ...], lines: np.ndarray, acts: np.ndarray) -> float:
        """Return what the lines of people cost by themselves more than they did, changed activities included."""
        total = 0.0
        for p in touched:
            total += float(kernels.own_price(self._arrays, p, lines[p]))
            total -= float(kernels.own_price(self._arrays, p, self._first.lines[p]))
            if acts.shape[1]:
                same = (d for d in self.days if lines[p, d] >= 0 and lines[p, d] == self._first.lines[p, d])
                spans = [self._span(d, int(lines[p, d])) for d in same]
                total += self._price * sum(bool((acts[p, s] != self._first.acts[p, s]).any()) for s in spans)
        return total

    def _priced(self, arrays: Stacked, lines: np.ndarray) -> Stacked:
        """Return arrays in which days out of reach are as they stood, and other changes have their price."""
        cost, off = arrays.cost.copy(), arrays.off.copy()
        reach = range(self.days.start, min(self.problem.days, self.days.stop + _AFTER))
        people, options = np.arange(len(lines)), np.arange(cost.shape[2])
        for d in range(self.problem.days):
            stands = lines[:, d][:, None] == options[None, :]
            more = self._price if d in reach else inf
            cost[:, d][~stands] += more
            off[people[lines[:, d] >= 0], d] += more
        # What stands may stand, even where it was not allowed: it is not for a repair to mend. Nor is it to honour other
        # requests or to save hours: nothing is cheaper than what stands.
        for d in range(self.problem.days):
            works = lines[:, d] >= 0
            now = np.where(works, cost[people, d, np.maximum(lines[:, d], 0)], off[:, d])
            now = np.where(np.isfinite(now), now, 0.0)
            cost[:, d] = np.maximum(cost[:, d], now[:, None])
            off[:, d] = np.maximum(off[:, d], now)
            cost[people[works], d, lines[works, d]] = now[works]
            off[~works, d] = now[~works]
        return arrays._replace(cost=cost, off=off)

    def _no_better(self, arrays: Stacked, now: _Roster, stood: _Roster) -> Stacked:
        """Return arrays in which no cover is better than it stood, so that nobody is asked for what was missing before."""
        counts = []
        for lines, acts in (stood, now):
            self._board.lines[:], self._board.acts[:] = lines, acts
            kernels.fill(arrays, self._board)
            counts.append((self._board.by_kind.copy(), self._board.by_slot.copy()))
        (kinds, slots), (kinds_now, slots_now) = counts
        d, k = np.indices(kinds.shape)
        least = np.minimum(arrays.cover[d, k, kinds], arrays.cover[d, k, kinds_now])
        return arrays._replace(
            cover=np.maximum(arrays.cover, least[:, :, None]), floor=np.minimum(arrays.floor, slots),
            wanted=np.minimum(arrays.wanted, slots), most=np.maximum(arrays.most, slots_now),
        )  # fmt: skip


def _value(one: _State) -> float:
    return one.value


def _written(whole: Compiled, duties: Sequence[Duty], board: kernels.Board) -> _Roster:
    """Return shifts as lines (P, D) of options and activities (P, S), whatever rules they break."""
    problem, slot = whole.problem, whole.problem.slot_minutes
    option = {(problem.kinds[o.kind].kind, o.start, o.length): k for k, o in enumerate(whole.options)}
    activity = {a.activity: k for k, a in enumerate(problem.activities)}
    person = {one.agent_id: p for p, one in enumerate(problem.staff)}
    lines, acts = board.lines.copy(), board.acts.copy()
    for d in duties:
        p = person[d.agent_id]
        lines[p, d.day] = option[d.kind, d.start, d.length]
        first = d.day * (1440 // slot) + d.start // slot
        for name, a, b in d.stretches if problem.activities else ():
            acts[p, first + a // slot : first + b // slot] = activity.get(name, -1)
    return lines, acts


def _scale(arrays: Stacked, slot_minutes: int) -> float:
    """Return what a missing person costs in a shift, or in ten hours, as it is in the middle."""
    steps = np.abs(np.diff(arrays.cover, axis=2)).max(axis=2)
    found = [steps[steps > 0]]
    if arrays.floor.shape[1]:
        found.append(60 / slot_minutes / _SHARE * arrays.under[arrays.under > 0])
    both = np.concatenate(found)
    return float(np.median(both)) if both.size else 1.0
