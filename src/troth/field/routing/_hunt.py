"""The search on all cores: chains that cool down side by side and take over the best of each other."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

import numpy as np

from troth.core.decision import Stop
from troth.field.routing import _anneal
from troth.field.routing._compile import LAST, LOST, MUST, NEVER, STARTS, Fields
from troth.field.routing._found import Found
from troth.field.routing._state import State, new_state, total
from troth.field.routing._threads import Progress, attended, bounded, sides
from troth.field.routing._walk import INF
from troth.field.routing.orders import sequences
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.tours import Tour

#: Shares of the time after which chains go on from the best of all.
_MEETINGS: Final = (0.25, 0.5, 0.7, 0.85, 1.0)
#: Temperatures at the beginning and at the end, as shares of what a visit costs on average.
_HOT, _COLD = 1.0, 0.01
#: Seconds for a visit in which a search cools down; with more time it does so again and again from the beginning, by chance in other ways.
_TURN_S: Final = 0.5


def hunt(
    f: Fields, *, stop: Stop, seed: int, chains: int | None = None, start: tuple[Any, Any] | None = None,
    on_progress: Progress | None = None, hot: float = _HOT, cold: float = _COLD,
) -> Found:  # fmt: skip
    """Return the best tours found until `stop`; with `Stop(steps=...)` alone the same for the same seed.

    Parameters
    ----------
    start : tours to begin with, as in `Found`.

    The clock starts when the kernels are compiled, which takes about a minute once on a machine.
    """
    _warm(f)
    began = time.perf_counter()
    stop = bounded(stop)
    many = sides(chains) if len(f.lacks) > 8 else chains or 1
    states, ease = _begin(f, many, start)
    usual = _usual(f, states[0])
    begun = states[0].seq.copy(), states[0].size.copy()
    steps = [0] * many
    enough = threading.Event()
    kept: list[Any] = []
    turns = (
        1
        if stop.seconds is None or stop.steps is not None
        else max(int(stop.seconds / (_TURN_S * max(len(f.lacks), 1))), 1)
    )
    with ThreadPoolExecutor(many) as pool:
        for turn in range(turns):
            if turn > 0:
                for s in states:
                    s.best[0] = INF
                    _anneal.load(f, s, *begun)
            share = 0.0
            for leg in _MEETINGS:
                end = None if stop.seconds is None else began + stop.seconds * (turn + leg) / turns
                most = None if stop.steps is None else int(stop.steps * leg)
                jobs = [
                    partial(
                        _chain,
                        f,
                        states[c],
                        (c, turn),
                        seed,
                        steps,
                        most,
                        end,
                        (share, leg),
                        usual,
                        hot,
                        cold,
                        ease,
                        enough,
                    )
                    for c in range(many)
                ]
                attended(jobs, pool=pool, stop=stop, enough=enough)
                _meet(f, states)
                if not kept or states[0].best[0] < kept[0]:
                    kept = [float(states[0].best[0]), states[0].best_seq.copy(), states[0].best_size.copy()]
                if on_progress is not None:
                    on_progress(kept[0], None)
                share = leg
                if enough.is_set():
                    break
            if enough.is_set():
                break
    # Loaded anew nothing waits longer than it must for what was moved after it.
    last = states[0]
    _anneal.load(f, last, kept[1], kept[2])
    value = total(f, last)
    if value <= kept[0]:
        return Found(last.seq.copy(), last.size.copy(), float(value), sum(steps))
    return Found(kept[1], kept[2], kept[0], sum(steps))


def _warm(f: Fields) -> None:
    """Have the kernels compiled, or read from where an earlier run left them, before the clock starts."""
    s, nobody = new_state(f, longest=_longest(f)), np.zeros(0, np.int64)
    _anneal.load(f, s, s.seq.copy(), s.size.copy())
    _anneal.fill(f, s, nobody, np.zeros(len(f.tour), np.bool_))
    _anneal.anneal(f, s, 0, 1.0, 1.0, np.zeros(len(f.lacks)))


def _begin(f: Fields, many: int, start: tuple[Any, Any] | None) -> tuple[list[State], Any]:
    """Return a state for each chain, all with the same tours, and for each visit the share of people who may make it."""
    longest = _longest(f)
    states = [new_state(f, longest=longest) for _ in range(many)]
    able = (f.work[: len(f.lacks), :, 1] < NEVER).sum(axis=1)
    order = np.argsort(able, kind="stable").astype(np.int64)
    first, ease = states[0], able / max(len(f.van), 1)
    if start is not None:
        _anneal.load(f, first, _wide(start[0], longest), start[1])
    _anneal.fill(f, first, order[first.when[order, 0] < 0], np.zeros(len(f.tour), np.bool_))
    for s in states[1:]:
        _anneal.load(f, s, first.seq, first.size)
    for s in states:
        _anneal.anneal(f, s, 0, 1.0, 1.0, ease)
    return states, ease


def _meet(f: Fields, states: list[State]) -> None:
    """Let every chain go on from the best tours of all."""
    best = min(states, key=lambda s: float(s.best[0]))
    for s in states:
        _anneal.load(f, s, best.best_seq.copy(), best.best_size.copy())
        if s is not best and float(best.best[0]) < float(s.best[0]):
            s.best[0], s.best_seq[:], s.best_size[:] = best.best[0], best.best_seq, best.best_size


def _chain(
    f: Fields, s: State, place: tuple[int, int], seed: int, steps: list[int], most: int | None, end: float | None,
    shares: tuple[float, float], usual: float, hot: float, cold: float, ease: Any, enough: threading.Event,
) -> None:  # fmt: skip
    """Let one chain cool down from one meeting to the next, a little at a time."""
    chain, turn = place
    dice = np.random.SeedSequence([seed, chain, int(shares[0] * 1000), *([turn] if turn else [])]).generate_state(
        1, np.uint64
    )
    s.dice[0] = dice[0] | np.uint64(1)
    first, first_at = steps[chain], time.perf_counter()
    size = 20

    def heat(share: float) -> float:
        return float(usual * hot * (cold / hot) ** share)

    while not enough.is_set():
        now = time.perf_counter()
        if (end is not None and now >= end) or (most is not None and steps[chain] >= most):
            return
        by_time = 1.0 if end is None else (now - first_at) / max(end - first_at, 1e-9)
        by_steps = 1.0 if most is None else (steps[chain] - first) / max(most - first, 1)
        done = min(by_time, by_steps) if most is None or end is None else max(by_time, by_steps)
        share = shares[0] + (shares[1] - shares[0]) * min(done, 1.0)
        n = size if most is None else min(size, most - steps[chain])
        _anneal.anneal(f, s, n, heat(share), heat(share), ease)
        steps[chain] += n
        took = time.perf_counter() - now
        if end is not None and took > 0:
            size = int(min(max(size * 0.05 / took, 1), 4 * size, 20000))


def _usual(f: Fields, s: State) -> float:
    """Return what a placed visit costs on average, without what was lost."""
    placed = int((s.when[:, 0] >= 0).sum())
    cost = float(s.cost[:, 0].sum())
    lost = f.stop[: len(f.lacks), LOST]
    lost = lost[(lost < MUST) & (lost > 0)]
    spare = float(lost.mean()) if len(lost) else 1.0
    return max(cost / placed if placed and cost > 0 else spare, 1e-6)


def _longest(f: Fields) -> int:
    """Return how many stops a tour may have at most: what fits into the longest shift, within reason."""
    n = len(f.lacks)
    shift = float((f.tour[:, LAST] - f.tour[:, STARTS]).max(initial=0.0))
    work = np.sort(f.work[:n, :, 0].min(axis=1)) if n else np.zeros(0)
    fits = int(np.searchsorted(np.cumsum(work), shift, side="right")) + 1
    return int(min(n, max(fits, 8), 400)) + 3


def state_of(problem: RoutingProblem, *, f: Fields, tours: Sequence[Tour]) -> State:
    """Return tours as a state of the search, with room for a visit and a depot more in each."""
    seq, size = sequences(problem, tours=tours)
    longest = int(size.max(initial=1)) + 4
    s = new_state(f, longest=longest)
    _anneal.load(f, s, _wide(seq, longest), size)
    return s


def _wide(seq: Sequence[Any] | Any, longest: int) -> Any:
    out = np.zeros((len(seq), longest), np.int64)
    given = np.asarray(seq)[:, :longest]
    out[:, : given.shape[1]] = given
    return out
