"""A roster problem as arrays: one line of days a person, with what each may hold and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd, inf
from typing import Final, NamedTuple

import numpy as np

from troth.capacity.roster._limits import counted, tightest
from troth.capacity.roster.problem import OFF, Employee, RosterProblem, ShiftKind

#: More classes of shifts as predecessors than this are made fewer by looking at whole hours only.
_CLASSES: Final = 12
#: Minutes of the coarse counter of worked time, where shifts have so many lengths that it helps.
_COARSE: Final = 60
_HOUR: Final = 60


class Option(NamedTuple):
    """A shift that can stand on a day: number of its kind, start after the day's beginning, length, worked minutes."""

    kind: int
    start: int
    length: int
    worked: int


def worked(kind: ShiftKind, length: int) -> int:
    """Return the minutes of a shift that count as worked: unpaid breaks do not."""
    if not kind.counted:
        return 0
    return length - sum(p.minutes for p in kind.pauses if not p.paid) * (length >= kind.pause_from)


def options_of(problem: RosterProblem) -> tuple[Option, ...]:
    """Return every kind, start and length there is, in order."""
    return tuple(
        Option(k, start, length, worked(kind, length))
        for k, kind in enumerate(problem.kinds)
        for start in kind.starts or (0,)
        for length in kind.lengths
    )


@dataclass(frozen=True, slots=True)
class Automaton:
    """What may follow what on a person's line, over groups of options that are alike in all of it.

    Shapes in options O, groups G, classes C of predecessors, counted limits F.

    Parameters
    ----------
    group : (O,) the group of an option, -1 if it is not used here.
    before_class, follows : (G,) class as a predecessor; (C, G) whether a group may follow a class.
    units, extra : (G,) steps of the counter of worked time; (2, G) of the kinds with the tightest limits.
    numbers : what the kernel reads: limits, lengths of runs, how the line begins (see `_dp`).
    fields, steps, field_weekly : (F, 4) word, shift, mask, limit of what is counted along; (F, G) steps; (F,) whether it
        begins anew each Monday.
    """

    group: np.ndarray
    before_class: np.ndarray
    follows: np.ndarray
    units: np.ndarray
    extra: np.ndarray
    numbers: np.ndarray
    fields: np.ndarray
    steps: np.ndarray
    field_weekly: np.ndarray


@dataclass(frozen=True, slots=True)
class Person:
    """One person's line: prices by themselves, and what may follow what, exactly and by whole hours.

    Parameters
    ----------
    cost : (D, O) price of each option on each day, infinite where it may not stand.
    off : (D,) price of a free day, infinite where the day may not be free.
    """

    cost: np.ndarray
    off: np.ndarray
    fine: Automaton
    coarse: Automaton


@dataclass(frozen=True, slots=True)
class Compiled:
    """The whole problem as arrays: options, people, and which days are Saturdays (1), Sundays (2) and Mondays."""

    problem: RosterProblem
    options: tuple[Option, ...]
    people: tuple[Person, ...]
    weekend: np.ndarray
    monday: np.ndarray


def compiled(problem: RosterProblem) -> Compiled:
    """Return a checked problem as arrays."""
    weekdays = np.array([problem.date_of(d).weekday() for d in range(problem.days)])
    options = options_of(problem)
    orders = {rest: _succession(problem, options, rest=rest) for rest in {one.terms.rest for one in problem.staff}}
    made: dict[tuple[object, ...], tuple[Automaton, Automaton]] = {}
    people = []
    for one in problem.staff:
        key = (one.terms, one.before)
        if key not in made:
            order = orders[one.terms.rest]
            made[key] = (
                _automaton(problem, options, one, order, unit=None),
                _automaton(problem, options, one, order, unit=_COARSE),
            )
        people.append(Person(*_prices(problem, options, one), *made[key]))
    weekend = np.where(weekdays == 5, 1, np.where(weekdays == 6, 2, 0)).astype(np.int64)
    return Compiled(problem, options, tuple(people), weekend, weekdays == 0)


def weekends_in(problem: RosterProblem) -> int:
    """Return how many weekends the horizon touches."""
    return len({problem.date_of(d).isocalendar()[:2] for d in range(problem.days) if problem.date_of(d).weekday() >= 5})


def _succession(problem: RosterProblem, options: tuple[Option, ...], *, rest: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the class of each option as a predecessor, and (C, O) which options may follow a class on the next day.

    With many classes, ends are taken up to a whole hour and starts down to one: a little stricter, with far fewer.
    """
    kinds = problem.kinds
    number = {kind.kind: k for k, kind in enumerate(kinds)}
    barred = np.zeros((len(kinds), len(kinds)), bool)
    for k, kind in enumerate(kinds):
        for name in kind.not_before:
            barred[k, number[name]] = True
    of = np.array([o.kind for o in options])
    timed = np.array([bool(kinds[k].starts) for k in of])
    starts, ends = np.array([o.start for o in options]), np.array([o.start + o.length for o in options])
    for hour in (1, _HOUR):
        later = starts // hour * hour + 1440
        before = -(-ends // hour) * hour
        clash = (later[None, :] - before[:, None] < rest) & timed[:, None] & timed[None, :]
        rows = ~(clash | barred[of][:, of])
        unique, classes = np.unique(rows, axis=0, return_inverse=True)
        if len(unique) <= _CLASSES:
            break
    return classes.reshape(-1).astype(np.int64), unique


def _automaton(
    problem: RosterProblem,
    options: tuple[Option, ...],
    one: Employee,
    order: tuple[np.ndarray, np.ndarray],
    *,
    unit: int | None,
) -> Automaton:
    terms = one.terms
    classes, follows = order
    minutes = np.array([o.worked for o in options], dtype=np.int64)
    weekly = terms.week_minutes != (None, None)
    low, high = terms.week_minutes if weekly else terms.minutes
    used = np.ones(len(options), bool)
    step = gcd(*map(int, minutes)) or 1
    if unit is not None and unit > step and (minutes % unit == 0).sum() > 1:
        used, step = minutes % unit == 0, unit
    if high is None and not low:
        minutes = np.zeros_like(minutes)
    most = (7 if weekly else problem.days) * int(minutes.max(initial=0)) if high is None else high
    extra, tight = tightest(problem, options, terms)
    fields, steps, field_weekly = counted(problem, options, terms, without=tight, unit=step)
    signature = np.vstack([classes, minutes // step, extra, steps, follows.astype(np.int64)])
    kept, group = np.unique(signature[:, used], axis=1, return_inverse=True)
    whole = np.full(len(options), -1, np.int64)
    whole[used] = group.reshape(-1)
    run = terms.longest_run or max(1, terms.shortest_run)
    weekends = weekends_in(problem)
    if terms.most_weekends is not None and terms.most_weekends < weekends:
        weekends = terms.most_weekends
    elif not problem.prices.weekend_spread:
        weekends = -1  # nobody needs to count them
    numbers = [
        -(-(low or 0) // step), most // step, weekly, run, terms.longest_run is not None, terms.shortest_run,
        terms.shortest_off, weekends, one.before is None,
        *_begin(problem, options, one, run, follows), *tight.values(), *[0] * (2 - len(tight)),
    ]  # fmt: skip
    f = len(fields)
    return Automaton(
        whole, kept[0], kept[4 + f :].astype(bool), kept[1], kept[2:4], np.array(numbers, np.int64), fields,
        kept[4 : 4 + f], field_weekly,
    )  # fmt: skip


def _begin(
    problem: RosterProblem, options: tuple[Option, ...], one: Employee, run: int, follows: np.ndarray
) -> tuple[int, int, int]:
    """Return (worked days, class, free days) up to the eve."""
    before, terms = one.before, one.terms
    if before is None:
        return 0, 0, terms.shortest_off
    if not before.run:
        return 0, 0, min(before.off or terms.shortest_off, terms.shortest_off)
    row = _after_eve(problem, options, one)
    # What the eve bars is barred on the first day besides, so a class may allow more; one that allows less would lose shifts.
    return min(before.run, run), max(range(len(follows)), key=lambda n: int((follows[n] & row).sum()), default=0), 0


def _after_eve(problem: RosterProblem, options: tuple[Option, ...], one: Employee) -> np.ndarray:
    """Return which options may follow the eve's shift."""
    before = one.before
    if before is None or not before.run:
        return np.ones(len(options), bool)
    barred = next((k.not_before for k in problem.kinds if k.kind == before.kind), frozenset[str]())
    return np.array(
        [
            problem.kinds[o.kind].kind not in barred
            and (before.ended is None or not problem.kinds[o.kind].starts or o.start - before.ended >= one.terms.rest)
            for o in options
        ],
        bool,
    )


def _prices(problem: RosterProblem, options: tuple[Option, ...], one: Employee) -> tuple[np.ndarray, np.ndarray]:
    """Return what each option and a free day cost on each day, infinite where they may not stand."""
    cost, off = np.zeros((problem.days, len(options))), np.zeros(problem.days)
    kinds = np.array([o.kind for o in options])
    number = {kind.kind: k for k, kind in enumerate(problem.kinds)}
    for wish in one.wishes:
        if 0 <= wish.day < problem.days:
            is_kind = np.ones(len(options), bool) if wish.kind == OFF else kinds == number[wish.kind]
            cost[wish.day, is_kind != wish.wanted] += wish.cost
            off[wish.day] += wish.cost * wish.wanted
    if problem.prices.hour_cost:
        hours = np.array([o.worked for o in options]) / 60
        cost += problem.prices.hour_cost * one.terms.cost_per_hour_cents * hours
    if problem.published is not None and problem.prices.change:
        was = {d: k for a, d, k in problem.published if a == one.agent_id}
        for d in range(problem.days):
            cost[d, kinds != number.get(was.get(d, OFF), -1)] += problem.prices.change
            off[d] += problem.prices.change * (was.get(d, OFF) != OFF)
    _bar(problem, options, one, cost, off)
    return cost, off


def _bar(problem: RosterProblem, options: tuple[Option, ...], one: Employee, cost: np.ndarray, off: np.ndarray) -> None:
    """Make what a person may not do infinitely dear."""
    kinds = np.array([o.kind for o in options])
    number = {kind.kind: k for k, kind in enumerate(problem.kinds)}
    for kind, most in one.terms.most_of_kind:
        if most == 0:
            cost[:, kinds == number[kind]] = inf
    for d in one.away:
        if 0 <= d < problem.days:
            cost[d] = inf
    cost[0, ~_after_eve(problem, options, one)] = inf
    for d, kind in one.fixed:
        cost[d, kinds != number.get(kind, -1)] = inf
        if kind != OFF:
            off[d] = inf
    timed = np.array([bool(problem.kinds[o.kind].starts) for o in options])
    begins = np.array([o.start for o in options])
    ends = np.array([o.start + o.length for o in options])
    for a, b in one.unavailable:
        for d in range(max(0, a // 1440 - 2), min(problem.days, b // 1440 + 1)):
            cost[d, timed & (d * 1440 + begins < b) & (d * 1440 + ends > a)] = inf
