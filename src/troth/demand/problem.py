"""What is to be forecast: series of demand, the days that differ, and what is known of the days ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from troth.core.time import Calendar, Grid, Step, local_date, zone

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: Steps of a series, with the cells of an ordinary day.
STEPS: Final[Mapping[Step, int]] = {Step.QUARTER_HOUR: 96, Step.HALF_HOUR: 48, Step.HOUR: 24, Step.DAY: 1}


class DemandKind(StrEnum):
    """What a series measures in each cell."""

    ARRIVALS = "arrivals"
    """Contacts, tickets, orders: a count."""
    HANDLE_TIME = "handle_time"
    """Mean seconds of work a contact takes."""
    NO_SHOW = "no_show"
    """Share of booked customers who do not come, 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One measured quantity on a grid of local time.

    Parameters
    ----------
    values : one number a cell of the grid, shape (cells,); NaN where nothing is known. A count of a cell in which
        the service was there and nobody came is 0, not NaN.
    grid : quarter hours, half hours, hours or days in the zone whose wall clock customers live by. Only whole local days count.
    key : the dimensions it belongs to, such as ``{"queue": "calls"}``.
    kind : what the numbers are.
    weights : of a handle time the contacts and of a no-show share the bookings behind each cell, shape (cells,).
    calendar : when the service is open, past and future; None finds it in the values.
    closed : cells known to have been closed, shape (cells,); added to what the calendar says.
    """

    values: Floats
    grid: Grid
    key: Mapping[str, str] = field(default_factory=dict)
    kind: DemandKind = DemandKind.ARRIVALS
    weights: Floats | None = None
    calendar: Calendar | None = None
    closed: Bools | None = None

    @property
    def name(self) -> str:
        """The members of the key, as a person would name the series."""
        return " / ".join(self.key.values()) or "all"

    @property
    def first(self) -> date:
        """The first local day."""
        return local_date(self.grid.start, tz=zone(self.grid.time_zone))

    @property
    def last(self) -> date:
        """The last local day that the grid covers to its end."""
        return local_date(self.grid.end, tz=zone(self.grid.time_zone)) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Occasion:
    """A named day that differs from others: a public holiday, a campaign, a match, the day bills go out.

    Parameters
    ----------
    day : the local date, past or ahead.
    name : occasions of one name are alike, on whatever weekday and date they fall: a moved holiday is matched by it.
    like : the name of the occasions it resembles where it never happened before.
    closed : whether the service is closed; None looks at how it was on the days alike.
    """

    day: date
    name: str
    like: str = ""
    closed: bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Regressor:
    """Something that moves demand and is known for the days ahead: a campaign, a price, the weather forecast.

    Parameters
    ----------
    name : what people call it.
    first : the local day of the first value.
    values : one number a day, through history and horizon, shape (days,).
    """

    name: str
    first: date
    values: Floats


@dataclass(frozen=True, slots=True)
class ForecastProblem:
    """What to forecast, how far, and on which days a good forecast matters.

    Parameters
    ----------
    series : what was measured; each is forecast from the day after its own last whole day.
    days : how many local days ahead.
    lead : the lead time that matters, in days: forecasters are chosen by how good they were so many days ahead, as a plan
        that is published a week before needs. None weighs all days of the horizon alike.
    levels : the probability that each band holds the truth.
    paths : how many possible futures to draw.
    occasions : named days, in all series.
    holidays : country, or country and part, whose public holidays count, such as ``"LT"`` or ``"US-PA"``; empty for none.
    regressors : known of the past and the days ahead, for all series.
    """

    series: tuple[Series, ...]
    days: int = 7
    lead: int | None = None
    levels: tuple[float, ...] = (0.5, 0.8, 0.95)
    paths: int = 200
    occasions: tuple[Occasion, ...] = ()
    holidays: str = ""
    regressors: tuple[Regressor, ...] = ()


def horizon(series: Series, *, days: int) -> Grid:
    """Return the grid of the days ahead of a series.

    Examples
    --------
    >>> day = Grid.of_dates(date(2026, 3, 2), last=date(2026, 3, 8), time_zone="Europe/Vilnius")
    >>> len(horizon(Series(np.ones(7), day), days=14).cells())
    14
    """
    first = series.last + timedelta(days=1)
    return Grid.of_dates(
        first, last=first + timedelta(days=days - 1), step=series.grid.step, time_zone=series.grid.time_zone
    )
