"""Money that does not come by the hour: shares of a fixed price at the end of phases, and monthly fees."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Final

from troth.capacity.projects.money._issues import error, warning
from troth.capacity.projects.money.cents import apportion, exact, rounded
from troth.capacity.projects.money.plan import MoneyBasis
from troth.capacity.projects.money.works import PricedWork
from troth.capacity.projects.portfolio import ProjectPhase
from troth.core.decision import Issue

#: Shares may sum to so much more or less than one: binary fractions do.
_EXCESS: Final = Fraction(1, 10**9)


@dataclass(frozen=True, slots=True)
class DueSum:
    """Minor units of the work's own currency that are earned on a day; None for no day known."""

    day: date | None
    basis: MoneyBasis
    cents: int
    phase_id: str = ""


def milestone_shares(work: PricedWork, *, issues: list[Issue]) -> list[Fraction]:
    """Return the share of the price that each phase's end earns.

    Shares that are stated hold; what they leave is split over the others by estimated hours, evenly where none has any.
    """
    where = f"works[{work.work_id}].phases"
    stated = [None if phase.share is None else phase.share for phase in work.phases]
    bad = [k for k, share in enumerate(stated) if share is not None and not 0 <= share <= 1]
    for k in bad:
        advice = "Maybe a share between 0 and 1: 30 % is 0.3; shares by hours are taken."
        issues.append(error("bad-share", f"{where}[{work.phases[k].phase_id}].share", stated[k], advice))
    given = sum((exact(share) for share in stated if share is not None), Fraction(0)) if not bad else Fraction(0)
    if given > 1 + _EXCESS:
        issues.append(error("shares-beyond-one", where, float(given), "Maybe percents; shares by hours are taken."))
    if bad or given > 1 + _EXCESS:
        stated, given = [None] * len(stated), Fraction(0)
    # Shares that were computed sum to one but for their last digit.
    scale = given if abs(given - 1) <= _EXCESS else Fraction(1)
    given /= scale
    hours = [
        exact(sum(need.hours for need in phase.needs)) if share is None else Fraction(0)
        for phase, share in zip(work.phases, stated, strict=True)
    ]
    free, all_hours = stated.count(None), sum(hours, Fraction(0))
    if not free and given < 1:
        advice = "Maybe a milestone is missing: the rest of the price has no date."
        issues.append(warning("shares-below-one", where, float(given), advice))
    rest = 1 - given
    return [
        exact(share) / scale if share is not None else rest * (hour / all_hours if all_hours > 0 else Fraction(1, free))
        for share, hour in zip(stated, hours, strict=True)
    ]


def milestones(
    work: PricedWork,
    *,
    today: date,
    ends: Mapping[tuple[str, str], date],
    logged: Mapping[tuple[str, str], date],
    planned: Mapping[tuple[str, str], date],
    issues: list[Issue],
    beyond: Collection[tuple[str, str]] = (),
) -> Iterator[DueSum]:
    """Return what each phase's end earns of a fixed price, and when; the parts sum to the price.

    Parameters
    ----------
    ends : known or planned days of the end by project and phase; they go before the others.
    logged, planned : the last day with hours, of the past and of the plan.
    beyond : phases that end after the plan: their share has no date.
    """
    price = work.price_cents or 0
    shares = milestone_shares(work, issues=issues)
    parts = apportion([price * share for share in [*shares, 1 - sum(shares, Fraction(0))]], whole=price)
    for phase, cents in zip(work.phases, parts, strict=False):
        key = (work.work_id, phase.phase_id)
        basis = MoneyBasis.ACTUAL if phase.done else MoneyBasis.FORECAST
        if key in beyond and not phase.done and key not in ends:
            yield DueSum(None, basis, cents, phase.phase_id)
            continue
        day = ends.get(key) or (logged if phase.done else planned).get(key)
        yield DueSum(_sound(work, phase, day, today, issues), basis, cents, phase.phase_id)
    if parts[-1]:
        yield DueSum(None, MoneyBasis.FORECAST, parts[-1])


def _sound(work: PricedWork, phase: ProjectPhase, day: date | None, today: date, issues: list[Issue]) -> date | None:
    """Return the day if it is on the right side of today."""
    where = f"works[{work.work_id}].phases[{phase.phase_id}]"
    if day is None:
        advice = "Maybe its end is to be given, or hours of it are not in the plan: its share of the price has no date."
        issues.append(warning("milestone-without-day", where, "", advice))
    elif phase.done and day >= today:
        issues.append(error("end-ahead", where, day, "Maybe it is not done yet, or the day is of another year."))
    elif not phase.done and day < today:
        issues.append(error("end-past", where, day, "Maybe it is done, or is to be planned again."))
    else:
        return day
    return None


def retainer(work: PricedWork, *, first: date, until: date, today: date) -> Iterator[DueSum]:
    """Return the fee of each month from `first` to the day before `until`, week by week.

    A month that is only partly in the span is charged by its calendar days; within a month each day earns the same. The
    weeks of a month sum to its fee.
    """
    month = first.replace(day=1)
    while month < until:
        length = monthrange(month.year, month.month)[1]
        after = month + timedelta(days=length)
        pieces = _pieces(max(month, first), min(after, until), today)
        days = [(end - start).days for start, end in pieces]
        fee = rounded(Fraction((work.price_cents or 0) * sum(days), length))
        for (start, end), cents in zip(pieces, apportion(_by(fee, days), whole=fee), strict=True):
            basis = MoneyBasis.ACTUAL if start < today else MoneyBasis.FORECAST
            yield DueSum(end - timedelta(days=1), basis, cents)
        month = after


def _by(fee: int, days: Sequence[int]) -> list[Fraction]:
    return [Fraction(fee * day, sum(days)) for day in days]


def _pieces(first: date, until: date, today: date) -> list[tuple[date, date]]:
    """Return a span cut at Mondays and at today."""
    cuts = {first, until} | ({today} if first < today < until else set())
    monday = first + timedelta(days=7 - first.weekday())
    while monday < until:
        cuts.add(monday)
        monday += timedelta(days=7)
    days = sorted(cuts)
    return list(pairwise(days))
