"""What is known of each day beforehand: weekday, place in the month and year, holidays, occasions, regressors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from troth.demand._fold import Ints
from troth.demand.problem import Bools, Floats, ForecastProblem, Occasion

#: Prior standard deviation of each kind of effect on the logarithm of demand: an effect is believed as far as data outweigh it.
PRIORS: Final = {
    "weekday": 0.3, "turn": 0.07, "third": 0.03, "after": 0.1, "before": 0.1, "holiday": 0.3, "occasion": 0.3, "year": 0.1, "regressor": 0.1,
}  # fmt: skip
_TURN_FROM, _TURN_TO = 4, 5  # business days before and after the turn of a month that may differ


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """Days in a row, through history and horizon.

    Parameters
    ----------
    first : the first day.
    weekday : 0 is Monday, shape (days,).
    names : the name of the occasion or holiday of each day, empty for an ordinary one.
    shut : of each day whether its occasion says closed (1), open (0), or nothing (-1), shape (days,).
    design : what the level of a day is regressed on, shape (days, columns).
    prior : prior standard deviation of each column's effect, shape (columns,).
    """

    first: date
    weekday: Ints
    names: tuple[str, ...]
    shut: Ints
    design: Floats
    prior: Floats

    def __len__(self) -> int:
        return len(self.weekday)

    @property
    def named(self) -> Bools:
        """Days that have an occasion, shape (days,)."""
        return np.array([bool(name) for name in self.names])


def days_of(problem: ForecastProblem, *, first: date, count: int) -> Days:
    """Return what a problem says of `count` days from `first` on."""
    dates = [first + timedelta(days=k) for k in range(count)]
    names, shut = _named(problem, dates)
    weekday = np.array([day.weekday() for day in dates], dtype=np.int64)
    columns = [*_weekdays(weekday), *_turn(dates, names), *_named_columns(names)]
    if count >= 400:
        columns += _year(dates)
    columns += [("regressor", one) for one in _regressors(problem, dates)]
    design = np.stack([column for _, column in columns], axis=1)
    return Days(first, weekday, names, shut, design, np.array([PRIORS[kind] for kind, _ in columns]))


def public_holidays(holidays: str, *, years: Sequence[int]) -> tuple[Occasion, ...]:
    """Return the public holidays of a country, or of a country and part, as occasions named alike every year.

    Source
    ------
    The library `holidays`, which cites each country's law.

    Examples
    --------
    >>> [one.day.isoformat() for one in public_holidays("LT", years=[2026]) if "Easter" in one.name]
    ['2026-04-05', '2026-04-06']
    """
    from holidays import country_holidays

    country, _, part = holidays.partition("-")
    languages = ("en_US", None)
    for language in languages:
        try:
            found = country_holidays(country, subdiv=part or None, years=years, language=language)
        except NotImplementedError:
            continue
        break
    return tuple(Occasion(day, name) for day, name in sorted(found.items()))


def _named(problem: ForecastProblem, dates: Sequence[date]) -> tuple[tuple[str, ...], Ints]:
    """Return each day's occasion; one that was given by name comes before the public holiday of the same day."""
    known: dict[date, Occasion] = {}
    if problem.holidays:
        years = range(dates[0].year, dates[-1].year + 1)
        known = {one.day: one for one in public_holidays(problem.holidays, years=years)}
    public = set(known)
    known |= {one.day: one for one in problem.occasions}
    happened = Counter(one.name for one in known.values() if dates[0] <= one.day <= dates[-1])
    names, shut = [], []
    for day in dates:
        one = known.get(day)
        alone = one is not None and one.like and happened[one.name] <= 1
        names.append("" if one is None else one.like if alone else one.name)
        if one is None or one.closed is not None:
            shut.append(-1 if one is None else int(one.closed or False))
        else:  # a campaign that never was before and resembles nothing does not close the service
            shut.append(-1 if day in public or one.like or happened[one.name] > 1 else 0)
    return tuple(names), np.array(shut, dtype=np.int64)


def _weekdays(weekday: Ints) -> list[tuple[str, Floats]]:
    return [("weekday", (weekday == k).astype(np.float64)) for k in range(7)]


def _turn(dates: Sequence[date], names: Sequence[str]) -> list[tuple[str, Floats]]:
    """Return the business days around the turn of a month, and its thirds: wages, rents and bills are due then."""
    since, until = _business_days(dates, names)
    found = [("turn", (since == k).astype(np.float64)) for k in range(1, _TURN_TO + 1)]
    found += [("turn", (until == k).astype(np.float64)) for k in range(1, _TURN_FROM + 1)]
    third = np.array([min((day.day - 1) // 10, 2) for day in dates])
    return found + [("third", (third == k).astype(np.float64)) for k in range(3)]


def _business_days(dates: Sequence[date], names: Sequence[str]) -> tuple[Ints, Ints]:
    """Return of each day which business day of its month it is, and which counted from the end."""
    off = {day for day, name in zip(dates, names, strict=True) if name}
    since, until = [], []
    for day in dates:
        month = [
            day.replace(day=k)
            for k in range(
                1,
                (day.replace(day=28) + timedelta(days=4)).replace(day=1).toordinal()
                - day.replace(day=1).toordinal()
                + 1,
            )
        ]
        work = [one for one in month if one.weekday() < 5 and one not in off]
        since.append(sum(one <= day for one in work))
        until.append(sum(one >= day for one in work))
    return np.array(since, dtype=np.int64), np.array(until, dtype=np.int64)


def _named_columns(names: Sequence[str]) -> list[tuple[str, Floats]]:
    """Return a column for all named days, one for each name, and those for the days around."""
    named = np.array([bool(name) for name in names], dtype=np.float64)
    found = [("holiday", named)]
    found += [
        ("occasion", np.array([one == name for one in names], dtype=np.float64)) for name in sorted({*names} - {""})
    ]
    before, after = np.roll(named, -1) * (1 - named), np.roll(named, 1) * (1 - named)
    before[-1], after[0] = 0.0, 0.0
    return [*found, ("before", before), ("after", after)]


def _year(dates: Sequence[date]) -> list[tuple[str, Floats]]:
    angle = 2 * np.pi * np.array([day.timetuple().tm_yday for day in dates]) / 365.25
    return [("year", turn(k * angle)) for k in (1, 2) for turn in (np.sin, np.cos)]


def _regressors(problem: ForecastProblem, dates: Sequence[date]) -> list[Floats]:
    found = []
    for one in problem.regressors:
        start = (dates[0] - one.first).days
        values = np.asarray(one.values, dtype=np.float64)[start : start + len(dates)]
        found.append((values - values.mean()) / (values.std() or 1.0))
    return found
