"""The best line of one person at given prices: dynamic programming over days, run lengths, minutes and weekends."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import numpy as np

from troth.core.machine import kernel

#: Positions in an automaton's numbers: least and most units of work, whether they begin anew each week, longest run and
#: whether it is a limit, shortest run and time off, most weekends (-1: any), whether runs at the beginning may be short,
#: how the line begins, and the limits of the two kinds that are counted exactly.
LOW, HIGH, WEEKLY, RUN, LIMITED, LEAST_RUN, LEAST_OFF, WEEKENDS, EXEMPT, BEGIN_RUN, BEGIN_CLASS, BEGIN_OFF = range(12)
MOST_ONE, MOST_TWO = 12, 13


class Rules(NamedTuple):
    """What may follow what for one person; shapes in groups G, classes C, limits F (see `_compile.Automaton`)."""

    before_class: np.ndarray
    follows: np.ndarray
    units: np.ndarray
    extra: np.ndarray
    numbers: np.ndarray
    fields: np.ndarray
    steps: np.ndarray
    field_weekly: np.ndarray


class Tables(NamedTuple):
    """Scratch of the kernel: (2, S) prices, (2, 2, S) packed counters, (D, S) where each state came from and by what."""

    cost: np.ndarray
    words: np.ndarray
    back: np.ndarray
    took: np.ndarray


class Shape(NamedTuple):
    """How states are numbered: phases, states a phase and a unit of work, states of weekends."""

    phases: int
    per_phase: int
    wide: int
    small: int


@kernel
def shape_of(numbers: np.ndarray, classes: int) -> Shape:
    """Return how a person's states are numbered."""
    small = 2 * (numbers[WEEKENDS] + 1) if numbers[WEEKENDS] >= 0 else 1
    wide = small * (numbers[MOST_ONE] + 1) * (numbers[MOST_TWO] + 1)
    return Shape(numbers[LEAST_OFF] + numbers[RUN] * classes, (numbers[HIGH] + 1) * wide, wide, small)


@kernel
def size_of(numbers: np.ndarray, classes: int) -> int:
    """Return how many states a person's line has."""
    shape = shape_of(numbers, classes)
    return shape.phases * shape.per_phase


@kernel
def _cleared(rules: Rules, word: int, number: int) -> int:
    """Return a word of counters with those that begin anew each week set to 0."""
    for f in range(rules.fields.shape[0]):
        if rules.field_weekly[f] and rules.fields[f, 0] == number:
            word &= ~(rules.fields[f, 2] << rules.fields[f, 1])
    return word


@kernel
def _counted(rules: Rules, w0: int, w1: int, g: int) -> tuple[bool, int, int]:
    """Return whether a group keeps the limits that are counted along, and the counters after it."""
    for f in range(rules.fields.shape[0]):
        step = rules.steps[f, g]
        if step == 0:
            continue
        word = w0 if rules.fields[f, 0] == 0 else w1
        if ((word >> rules.fields[f, 1]) & rules.fields[f, 2]) + step > rules.fields[f, 3]:
            return False, w0, w1
        if rules.fields[f, 0] == 0:
            w0 += step << rules.fields[f, 1]
        else:
            w1 += step << rules.fields[f, 1]
    return True, w0, w1


@kernel
def _weekend(numbers: np.ndarray, day: int, gone: int, flag: int) -> tuple[bool, int, int]:
    """Return whether a day (1 Saturday, 2 Sunday) may be worked, weekends worked then, and whether the Saturday was."""
    if numbers[WEEKENDS] < 0:
        return True, 0, 0
    if day == 1:
        return gone < numbers[WEEKENDS], gone + 1, 1
    if day == 2:
        return gone + 1 - flag <= numbers[WEEKENDS], gone + 1 - flag, 0
    return True, gone, flag


@kernel
def _phase(rules: Rules, phase: int, d: int) -> tuple[bool, bool, int, int, int]:
    """Return what a phase allows on day d: rest, work; the phases then (work: of class 0), and the last shift's class."""
    numbers, classes = rules.numbers, rules.follows.shape[0]
    least_off, run = numbers[LEAST_OFF], numbers[RUN]
    if phase < least_off:
        length = phase + 1
        may_work = length >= least_off or (numbers[EXEMPT] == 1 and length == d)
        return True, may_work, min(length, least_off - 1), least_off, -1
    length = (phase - least_off) // classes + 1
    may_rest = length >= numbers[LEAST_RUN] or (numbers[EXEMPT] == 1 and length == d)
    may_work = numbers[LIMITED] == 0 or length < run
    return may_rest, may_work, 0, least_off + min(length, run - 1) * classes, (phase - least_off) % classes


@kernel
def _put(tables: Tables, new: int, d: int, t: int, s: int, value: float, g: int, w0: int, w1: int) -> None:
    tables.cost[new, t] = value
    tables.words[new, 0, t] = w0
    tables.words[new, 1, t] = w1
    tables.back[d, t] = s
    tables.took[d, t] = g


@kernel
def _work(
    rules: Rules,
    tables: Tables,
    shape: Shape,
    price: np.ndarray,
    chosen: np.ndarray,
    options: int,
    now: int,
    d: int,
    s: int,
    m: int,
    e: int,
    last: int,
    phase: int,
    weekend: int,
    w0: int,
    w1: int,
) -> None:
    """Work each of the groups that have a price on day d, from one state."""
    numbers, new = rules.numbers, 1 - now
    here = tables.cost[now, s]
    fits, gone, flag = _weekend(numbers, weekend, (e % shape.small) >> 1, e % shape.small & 1)
    if not fits:
        return
    one = e // shape.small % (numbers[MOST_ONE] + 1)
    two = e // shape.small // (numbers[MOST_ONE] + 1)
    for k in range(options):
        g = chosen[k]
        then = m + rules.units[g]
        if then > numbers[HIGH] or (last >= 0 and not rules.follows[last, g]):
            continue
        then_one, then_two = one + rules.extra[0, g], two + rules.extra[1, g]
        if then_one > numbers[MOST_ONE] or then_two > numbers[MOST_TWO]:
            continue
        t = (phase + rules.before_class[g]) * shape.per_phase + then * shape.wide + gone * 2 + flag
        t += shape.small * (then_one + then_two * (numbers[MOST_ONE] + 1))
        value = here + price[d, g]
        if value < tables.cost[new, t]:
            fine, x0, x1 = _counted(rules, w0, w1, g)
            if fine:
                _put(tables, new, d, t, s, value, g, x0, x1)


@kernel
def _day(
    rules: Rules,
    tables: Tables,
    shape: Shape,
    price: np.ndarray,
    off: float,
    weekend: int,
    fresh: int,
    now: int,
    d: int,
    chosen: np.ndarray,
    options: int,
    reach: int,
) -> None:
    """Go on by one day from every state.

    `fresh`: a new week begins; `reach`: most units that all days from this one on can add.
    """
    numbers, new = rules.numbers, 1 - now
    weekly = numbers[WEEKLY] == 1
    for phase in range(shape.phases):
        may_rest, may_work, rest_phase, work_phase, last = _phase(rules, phase, d)
        may_rest = may_rest and off < inf
        for before in range(numbers[HIGH] + 1):
            short = before < numbers[LOW] if weekly and fresh else not weekly and before + reach < numbers[LOW]
            if short:
                continue
            m = 0 if weekly and fresh else before
            for e in range(shape.wide):
                s = phase * shape.per_phase + before * shape.wide + e
                if tables.cost[now, s] == inf:
                    continue
                w0, w1 = tables.words[now, 0, s], tables.words[now, 1, s]
                if fresh:
                    w0, w1 = _cleared(rules, w0, 0), _cleared(rules, w1, 1)
                if may_rest:
                    t = rest_phase * shape.per_phase + m * shape.wide + (e & ~1 if weekend and shape.small > 1 else e)
                    value = tables.cost[now, s] + off
                    if value < tables.cost[new, t]:
                        _put(tables, new, d, t, s, value, -1, w0, w1)
                if may_work:
                    _work(
                        rules, tables, shape, price, chosen, options, now, d, s, m, e, last, work_phase, weekend, w0, w1
                    )


@kernel
def best_line(
    price: np.ndarray,
    off: np.ndarray,
    rules: Rules,
    weekend: np.ndarray,
    monday: np.ndarray,
    tail: np.ndarray,
    tables: Tables,
    line: np.ndarray,
) -> float:
    """Write the cheapest line into `line` (the group of each day, -1 free); return its price, infinite if there is none.

    Parameters
    ----------
    price, off : (D, at least G) and (D,) prices of groups of options and of a free day, infinite where not allowed.
    tail : price of the number of weekends worked, if they are counted.

    Notes
    -----
    A state is (free or worked days in a row with the class of the last shift, minutes, shifts of the two kinds with the
    tightest limits, weekends, Saturday worked). What is counted along (`fields`) belongs to the cheapest way into a state
    only, so with such limits the line is feasible but may not be the cheapest; without them it is. A lower bound leaves
    them out. Ties go to what was seen first: the same input gives the same line.
    """
    numbers = rules.numbers
    shape = shape_of(numbers, rules.follows.shape[0])
    total = shape.phases * shape.per_phase
    tables.cost[0, :total] = inf
    phase = numbers[BEGIN_OFF] - 1
    if numbers[BEGIN_RUN] > 0:
        phase = numbers[LEAST_OFF] + (numbers[BEGIN_RUN] - 1) * rules.follows.shape[0] + numbers[BEGIN_CLASS]
    tables.cost[0, phase * shape.per_phase] = 0.0
    tables.words[0, :, phase * shape.per_phase] = 0
    biggest = rules.units.max() if len(rules.units) else 0
    chosen = np.empty(price.shape[1], np.int64)
    now = 0
    for d in range(price.shape[0]):
        tables.cost[1 - now, :total] = inf
        options = 0
        for g in range(len(rules.units)):
            if price[d, g] < inf:
                chosen[options] = g
                options += 1
        reach = (price.shape[0] - d) * biggest
        fresh = 1 if monday[d] and d > 0 else 0
        _day(rules, tables, shape, price, off[d], weekend[d], fresh, now, d, chosen, options, reach)
        now = 1 - now
    return _ending(rules, tables, shape, now, tail, line)


@kernel
def _ending(rules: Rules, tables: Tables, shape: Shape, now: int, tail: np.ndarray, line: np.ndarray) -> float:
    """Write the way into the cheapest last state; return its price."""
    numbers = rules.numbers
    best, at = inf, -1
    for phase in range(shape.phases):
        for m in range(numbers[LOW], numbers[HIGH] + 1):
            for e in range(shape.wide):
                s = phase * shape.per_phase + m * shape.wide + e
                ending = tables.cost[now, s] + (tail[(e % shape.small) >> 1] if numbers[WEEKENDS] >= 0 else 0.0)
                if ending < best:
                    best, at = ending, s
    if at >= 0:
        for d in range(len(line) - 1, -1, -1):
            line[d] = tables.took[d, at]
            at = tables.back[d, at]
    return best
