"""Earned value: what was planned, earned and spent by a day, and what it says of the end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EarnedValue:
    """The terms of earned value on a day, in minor units.

    Parameters
    ----------
    bac : budget at completion.
    pv : planned value: the budget of the work that was to be done by the day; None without a plan to compare with.
    ev : earned value: the budget of the work that is done.
    ac : actual cost of the work done.

    Source
    ------
    Project Management Institute (2017), A Guide to the Project Management Body of Knowledge, 6th edition, section 7.4.2.2;
    ANSI/PMI 19-006-2019, The Standard for Earned Value Management.

    Examples
    --------
    >>> found = EarnedValue(bac=100_000, pv=50_000.0, ev=40_000.0, ac=60_000)
    >>> found.cv, found.sv, round(found.cpi, 3), found.spi, round(found.eac_by_cpi), found.eac_by_budget
    (-20000.0, -10000.0, 0.667, 0.8, 150000, 120000.0)
    """

    bac: int
    pv: float | None
    ev: float
    ac: int

    @property
    def cv(self) -> float:
        """Cost variance, EV - AC: below 0 more was spent than earned."""
        return self.ev - self.ac

    @property
    def sv(self) -> float | None:
        """Schedule variance, EV - PV: below 0 less was done than planned."""
        return None if self.pv is None else self.ev - self.pv

    @property
    def cpi(self) -> float | None:
        """Cost performance index, EV / AC; None before anything was spent."""
        return self.ev / self.ac if self.ac else None

    @property
    def spi(self) -> float | None:
        """Schedule performance index, EV / PV; None where nothing was to be done yet."""
        return self.ev / self.pv if self.pv else None

    @property
    def eac_by_cpi(self) -> float | None:
        """Estimate at completion if the rest costs as what was done did: BAC / CPI."""
        return self.bac / self.cpi if self.cpi else None

    @property
    def eac_by_budget(self) -> float:
        """Estimate at completion if the rest costs as budgeted: AC + BAC - EV."""
        return self.ac + self.bac - self.ev

    @property
    def tcpi(self) -> float | None:
        """To-complete performance index, (BAC - EV) / (BAC - AC): how well the rest must go; None if nothing is left to spend."""
        return (self.bac - self.ev) / (self.bac - self.ac) if self.bac > self.ac else None
