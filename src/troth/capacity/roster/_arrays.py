"""All people's lines and the cover as arrays of one shape each, as the kernels take them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from troth.capacity.roster._compile import Automaton, Compiled, weekends_in
from troth.capacity.roster.problem import RosterProblem

#: What one person below the floor of a slot costs at first: more than any wish.
HARD: Final = 10_000.0


class Automata(NamedTuple):
    """The automata of all people, padded to one shape; see `_compile.Automaton`."""

    group: np.ndarray
    before_class: np.ndarray
    follows: np.ndarray
    units: np.ndarray
    extra: np.ndarray
    numbers: np.ndarray
    fields: np.ndarray
    steps: np.ndarray
    field_weekly: np.ndarray


class Stacked(NamedTuple):
    """The whole problem; P people, D days, O options, K kinds, S slots, A activities, Q breaks.

    Parameters
    ----------
    cost, off : (P, D, O) and (P, D) prices of options and of free days by themselves.
    fine, coarse : what may follow what, exactly and by whole hours.
    weekend, monday : (D,) 1 on Saturdays, 2 on Sundays; whether a Monday.
    tail : (P, W) price of the number of weekends worked.
    kind : (O,) kind of an option.
    cover : (D, K, P + 1) price of n people in a kind on a day.
    first, length : (O,) slot of its day at which an option begins, and its slots; empty use where there are no activities.
    paused : (O,) whether it has its kind's breaks.
    pauses : (K, Q, 3) slots of each break, earliest and latest after the start; of no length where there are fewer.
    rests : (K,) how many breaks a kind has.
    able : (P, A) whether a person can do an activity; shortest : (A,) slots of its shortest stretch.
    floor, wanted, most, under : (S, A) of the cover; over, square : (A,) prices above it.
    hard : (S, A) what one person below the floor costs; grows where it is not enough.
    """

    cost: np.ndarray
    off: np.ndarray
    fine: Automata
    coarse: Automata
    weekend: np.ndarray
    monday: np.ndarray
    tail: np.ndarray
    kind: np.ndarray
    cover: np.ndarray
    first: np.ndarray
    length: np.ndarray
    paused: np.ndarray
    pauses: np.ndarray
    rests: np.ndarray
    able: np.ndarray
    shortest: np.ndarray
    floor: np.ndarray
    wanted: np.ndarray
    most: np.ndarray
    under: np.ndarray
    over: np.ndarray
    square: np.ndarray
    hard: np.ndarray


def stacked(whole: Compiled) -> Stacked:
    """Return a compiled problem as arrays of one shape each."""
    problem, people = whole.problem, whole.people
    slot = problem.slot_minutes
    kinds = problem.kinds
    most_pauses = max((len(k.pauses) for k in kinds), default=0)
    pauses = np.zeros((len(kinds), max(1, most_pauses), 3), np.int64)
    for k, kind in enumerate(kinds):
        for q, pause in enumerate(kind.pauses):
            pauses[k, q] = pause.minutes // slot, -(-pause.earliest // slot), pause.latest // slot
    return Stacked(
        np.array([p.cost for p in people]),
        np.array([p.off for p in people]),
        _automata([p.fine for p in people]),
        _automata([p.coarse for p in people]),
        whole.weekend,
        whole.monday,
        _tail(problem),
        np.array([o.kind for o in whole.options], np.int64),
        cover_prices(problem),
        np.array([o.start // slot for o in whole.options], np.int64),
        np.array([o.length // slot for o in whole.options], np.int64),
        np.array([bool(kinds[o.kind].pauses) and o.length >= kinds[o.kind].pause_from for o in whole.options]),
        pauses,
        np.array([len(k.pauses) for k in kinds], np.int64),
        np.array(
            [[e.skills is None or a.activity in e.skills for a in problem.activities] for e in problem.staff], np.bool_
        ).reshape(len(problem.staff), len(problem.activities)),
        np.array([-(-a.shortest // slot) for a in problem.activities], np.int64),
        *_slots(problem),
    )


def _automata(of: list[Automaton]) -> Automata:
    groups = max(a.units.shape[0] for a in of)
    classes = max(a.follows.shape[0] for a in of)
    count = max(a.fields.shape[0] for a in of)

    def padded(pick: Callable[[Automaton], np.ndarray], *shape: int) -> np.ndarray:
        out = np.zeros((len(of), *shape), pick(of[0]).dtype)
        for k, one in enumerate(of):
            array = pick(one)
            out[k][tuple(slice(n) for n in array.shape)] = array
        return out

    return Automata(
        np.array([a.group for a in of]),
        padded(lambda a: a.before_class, groups),
        padded(lambda a: a.follows, classes, groups),
        padded(lambda a: a.units, groups),
        padded(lambda a: a.extra, 2, groups),
        np.array([a.numbers for a in of]),
        padded(lambda a: a.fields, count, 4),
        padded(lambda a: a.steps, count, groups),
        padded(lambda a: a.field_weekly, count),
    )


def _tail(problem: RosterProblem) -> np.ndarray:
    """Return (P, W) what each number of weekends costs each person."""
    numbers = np.arange(weekends_in(problem) + 1)
    past = np.array([one.before.weekends if one.before else 0 for one in problem.staff])
    return problem.prices.weekend_spread * (past[:, None] + numbers[None, :]) ** 2.0


def cover_prices(problem: RosterProblem) -> np.ndarray:
    """Return (D, K, P + 1): what n people in a kind on a day cost."""
    counts = np.arange(len(problem.staff) + 1)
    number = {kind.kind: k for k, kind in enumerate(problem.kinds)}
    prices = np.zeros((problem.days, len(problem.kinds), len(counts)))
    for need in problem.kind_needs:
        short, long = np.maximum(need.wanted - counts, 0), np.maximum(counts - need.wanted, 0)
        prices[need.day, number[need.kind]] += need.under * short + need.over * long
    return prices


def _slots(problem: RosterProblem) -> tuple[np.ndarray, ...]:
    """Return floor, wanted, most, under (S, A), over, square (A,) and the first price of the floor (S, A).

    Slots after the horizon, into which a last shift may reach, need nobody.
    """
    slots = problem.slots + 2 * 1440 // problem.slot_minutes
    shape = (slots, len(problem.activities))
    floor, wanted, most = (np.zeros(shape, np.int64) for _ in range(3))
    under, over, square = np.zeros(shape), np.zeros(shape[1]), np.zeros(shape[1])
    most[problem.slots :] = len(problem.staff)
    number = {a.activity: k for k, a in enumerate(problem.activities)}
    for need in problem.slot_needs:
        a = number[need.activity]
        n = problem.slots
        floor[:n, a], wanted[:n, a], most[:n, a], under[:n, a] = need.floor, need.wanted, need.most, need.under
        over[a], square[a] = need.over, need.over_square
    return floor, wanted, most, under, over, square, np.full(shape, HARD)
