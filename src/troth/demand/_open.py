"""When the service was and will be open: from a calendar where there is one, else from the history itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from troth.core.time import Calendar, Grid
from troth.demand._calendar import Days
from troth.demand._cleaned import median
from troth.demand._fold import Ints, layout
from troth.demand.problem import Bools, Floats

#: Why a place of the past counts as it does; codes of `Repair.why`, by number.
WHY: Final = ("", "calendar", "weekday", "holiday", "no-demand", "no-data")
OPEN, CALENDAR, WEEKDAY, HOLIDAY, NO_DEMAND, NO_DATA = range(6)
#: A stretch without demand in which at least so many were to be expected was closed: of Poisson counts, one in 160,000 is 0.
_SURE: Final = 12.0
#: The same for a whole day against others of its weekday, and for one place of the week over several weeks.
_SURE_DAY, _SURE_PLACE = 6.0, 3.0
#: Opening hours are read off the last weeks with data, and off so many days at least: after a long hole, from before it.
_RECENT, _FEWEST_DAYS = 56, 28
#: Where fewer days with demand than this have some a week later, too, demand comes in batches: a day without says nothing.
_STEADY: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Opening:
    """What was found for series on one layout.

    Parameters
    ----------
    open : shape (series, days + horizon, slots).
    why : of each place of the past a number of `WHY`, shape (series, days, slots); `NO_DATA` is a gap, those between are closed.
    steady : which series come day by day and not in batches, shape (series,).
    """

    open: Bools
    why: Ints
    steady: Bools


def opening(
    raw: Floats, *, days: Days, exists: Bools, given: Bools | None = None, shut: Bools | None = None
) -> Opening:
    """Find out when series were and will be open.

    Parameters
    ----------
    raw : counts or means, shape (series, days, slots), NaN where unknown.
    days : the days of history and horizon.
    exists : places that have a cell, shape (days + horizon, slots).
    given : what a calendar says, shape (series, days + horizon, slots).
    shut : places of the past known to be closed, shape of `raw`.
    """
    past = raw.shape[1]
    known, weekday = np.isfinite(raw), days.weekday[:past]
    value = np.where(known, raw, 0.0)
    often = steady(value, known)
    if given is None:
        pattern = _weekly(value, known, weekday, often)[:, days.weekday] & exists
        pattern[:, :past] |= value > 0
        why = np.where(pattern[:, :past], OPEN, WEEKDAY)
    else:
        pattern = given & exists
        why = np.where(pattern[:, :past], OPEN, CALENDAR)
    if shut is not None:
        why[shut & (why == OPEN)] = CALENDAR
    why = _closed_days(value, known, why, days, often)
    if raw.shape[2] > 1:
        tried = (often[:, None] & ~_ended(value.sum(2), np.asarray(known.any(2))))[:, :, None]
        why[_empty_runs(value, known & (why == OPEN), weekday) & tried] = NO_DEMAND
    why[~known & (why == OPEN)] = NO_DATA
    why[:, ~exists[:past]] = CALENDAR
    opened = pattern.copy()
    opened[:, :past] = (why == OPEN) | (why == NO_DATA)
    if given is None:
        opened[:, past:] &= ~_closed_ahead(why, days, past)[:, :, None]
    opened[:, past:] &= (days.shut[past:] != 1)[:, None]
    return Opening(opened, why, often)


def calendar_places(calendar: Calendar, *, grid: Grid) -> Bools:
    """Return the places of a grid in which a calendar is open at some moment, shape (days, slots)."""
    found = layout(grid)
    edges = np.array(grid.micros())
    touched = np.zeros(len(edges) - 1)
    for _, low, high in calendar.opening_micros(grid.start, grid.end):
        first, last = np.searchsorted(edges, low, side="right") - 1, np.searchsorted(edges, high, side="left")
        touched[max(first, 0) : last] = 1.0
    return np.nan_to_num(found.fold(touched)) > 0


def steady(value: Floats, known: Bools) -> Bools:
    """Return of which series days with demand mostly have some a week later, too, shape (series,).

    Of the others, such as letters that bring all their calls on one day, a day without demand was not closed.
    """
    came, seen = np.asarray((value > 0).any(2)), np.asarray(known.any(2))
    asked = came[:, :-7] & seen[:, 7:]
    found: Bools = (asked & came[:, 7:]).sum(1) >= _STEADY * asked.sum(1)
    return found


def _recent(known: Bools) -> Bools:
    """Return the days that opening hours are read off, shape (series, days)."""
    seen, day = np.asarray(known.any(2)), np.arange(known.shape[1])
    newest = np.where(seen, day, -1).max(1, keepdims=True)
    number = np.cumsum(seen[:, ::-1], axis=1)[:, ::-1]
    found: Bools = (day > newest - _RECENT) | (number <= _FEWEST_DAYS)
    return found


def _weekly(value: Floats, known: Bools, weekday: Ints, often: Bools) -> Bools:
    """Return which places of the week are open, shape (series, 7, slots)."""
    seen = known & (_recent(known) | ~often[:, None])[:, :, None]
    number, came, total = (np.zeros((value.shape[0], 7, value.shape[2])) for _ in range(3))
    for k in range(7):
        some = weekday == k
        part = np.where(seen[:, some], value[:, some], 0.0)
        number[:, k], came[:, k], total[:, k] = seen[:, some].sum(1), (part > 0).sum(1), part.sum(1)
    of_slot = total.sum(1, keepdims=True) / np.maximum(number.sum(1, keepdims=True), 1)
    overall = total.sum((1, 2), keepdims=True) / np.maximum(number.sum((1, 2), keepdims=True), 1)
    # A place without demand is closed if some was to be expected there, or in the whole row or column of the week if all is empty.
    missed = number * np.maximum(of_slot, 0.1 * overall)
    row, column = (
        np.where(total.sum(axis, keepdims=True) > 0, 0.0, number.sum(axis, keepdims=True)) for axis in (1, 2)
    )
    missed = np.maximum(missed, 0.1 * overall * np.maximum(row, column))
    found: Bools = (came > 0) | ((number > 0) & (missed < _SURE_PLACE))
    return found


def _closed_days(value: Floats, known: Bools, why: Ints, days: Days, often: Bools) -> Ints:
    """Mark whole days without demand, where days of that weekday have some, and stretches of quiet days too long for chance."""
    total: Floats = value.sum(2)
    seen, weekday = np.asarray(known.any(2)), days.weekday[: total.shape[1]]
    usual, expected = np.zeros_like(total), np.zeros_like(total)
    for k in range(7):
        some = weekday == k
        usual[:, some] = median(total[:, None, some], total[:, None, some] > 0)
        expected[:, some] = total[:, some].sum(1, keepdims=True) / np.maximum(seen[:, some].sum(1, keepdims=True), 1)
    named = days.named[: len(weekday)]
    missing = (why == OPEN).any(2)
    nothing = missing & seen & (total == 0)
    # Days on which it is never open do not end a stretch.
    long = nothing & (_runs(nothing | ~missing, np.where(nothing, expected, 0.0)) >= _SURE)
    empty, closed = nothing & (usual >= _SURE_DAY), often[:, None] & ~_ended(total, seen)
    found = why.copy()
    told = days.shut[: len(weekday)] == 1
    for mask, code in (
        ((empty | long) & closed & ~named, NO_DEMAND),
        ((empty | (missing & ~seen)) & named, HOLIDAY),
        (missing & told & (total == 0), HOLIDAY),
    ):
        found[mask[:, :, None] & (found == OPEN)] = code
    return found


def _ended(total: Floats, seen: Bools) -> Bools:
    """Return the days after the last demand of series that had none for eight weeks: they have ended, shape (series, days)."""
    day = np.arange(total.shape[1])
    last = np.where(total > 0, day, -1).max(1, keepdims=True)
    after = day > last
    found: Bools = after & ((after & seen).sum(1, keepdims=True) >= _RECENT)
    return found


def _empty_runs(value: Floats, usable: Bools, weekday: Ints) -> Bools:
    """Return stretches within days in which nothing came although much was to be expected."""
    expected = np.zeros_like(value)
    for k in range(7):
        some = weekday == k
        number = np.maximum(usable[:, some].sum(1, keepdims=True), 1)
        expected[:, some] = (value[:, some] * usable[:, some]).sum(1, keepdims=True) / number
    empty = usable & (value == 0)
    found: Bools = empty & (_runs(empty, np.where(empty, expected, 0.0)) >= _SURE)
    return found


def _runs(empty: Bools, expected: Floats) -> Floats:
    """Return of each empty place what was expected in its whole stretch, along the last axis."""
    mass = expected.copy()
    for k in range(1, empty.shape[-1]):
        mass[..., k] += np.where(empty[..., k], mass[..., k - 1], 0.0)
    for k in range(empty.shape[-1] - 2, -1, -1):
        mass[..., k] = np.where(empty[..., k] & empty[..., k + 1], mass[..., k + 1], mass[..., k])
    return mass


def _closed_ahead(why: Ints, days: Days, past: int) -> Bools:
    """Return the days ahead that are closed because they were so on days alike, shape (series, horizon)."""
    ahead = len(days) - past
    weekly = (why == WEEKDAY) | (why == CALENDAR)
    counted = ~weekly.all(2)  # a holiday on a Sunday on which nobody works tells nothing
    closed = (~((why == OPEN) | (why == NO_DATA))).all(2) & counted
    sundays = days.weekday[:past] == 6
    office = weekly[:, sundays].all((1, 2)) if sundays.any() else np.zeros(len(why), dtype=np.bool_)
    named = days.named[:past]
    names = np.array(days.names[:past])
    found = np.zeros((len(why), ahead), dtype=np.bool_)
    for k, name in enumerate(days.names[past:]):
        if not name:
            continue
        if days.shut[past + k] >= 0:
            continue
        alike, other = names == name, named & (names != name)
        # Days of the same name decide; other holidays are asked only where there was none.
        by_name, by_others = (
            closed[:, alike].sum(1) > counted[:, alike].sum(1) / 2,
            closed[:, other].sum(1) + office > (counted[:, other].sum(1) + 1) / 2,
        )
        found[:, k] = np.where(counted[:, alike].any(1), by_name, by_others)
    return found
