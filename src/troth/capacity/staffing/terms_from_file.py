"""The questions of the cheapest mix and of hiring from plain data, as a JSON file has them: every fault at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from troth.capacity.staffing.from_file import _instant, _numbers, _taken, _wrong
from troth.capacity.staffing.longrange import HiringTerms, weekly_fte
from troth.capacity.staffing.mix import MixPrices
from troth.capacity.staffing.problem import Floats
from troth.core.decision import Issue
from troth.core.errors import InputError

_PRICES = {
    "overtime": float, "outsourced": float, "time_off_saves": float, "overtime_share": float, "time_off_share": float,
    "overtime_hours": float, "time_off_hours": float, "outsourced_hours": float, "outsourced_most": int,
}  # fmt: skip
_TERMS = {
    "now": float, "attrition": float, "lead_weeks": int, "most_hires": float, "week_cents": float, "hire_cents": float,
    "overtime_cents": float, "overtime_share": float, "missing_cents": float,
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class MixQuestion:
    """What `cheapest_mix` is asked; arrays by interval.

    Parameters
    ----------
    needed, rostered, missing_cents, prices, minutes : as there.
    start : when the first interval begins.
    """

    needed: Floats
    rostered: Floats
    missing_cents: Floats
    prices: MixPrices
    minutes: int
    start: datetime


@dataclass(frozen=True, slots=True, eq=False)
class HiringQuestion:
    """What `hiring` is asked.

    Parameters
    ----------
    needed : FTE by week, shrinkage included.
    terms : how employment goes.
    first_date : when the first week begins.
    """

    needed: Floats
    terms: HiringTerms
    first_date: date


def mix_from_data(data: Any) -> MixQuestion:
    """Return the question of a mix that plain data describes.

    Parameters
    ----------
    data : an object with ``start`` (with offset), ``needed`` and ``rostered`` (people by interval), ``missing_cents`` (of one
        person missing in an interval, a number or by interval), ``prices`` with names of `MixPrices`, and if wanted minutes.

    Raises
    ------
    InputError
        With every unknown name, missing one and wrong kind.
    """
    issues: list[Issue] = []
    names = {"start", "needed", "rostered", "missing_cents", "prices"}
    whole = _whole(data, {"minutes": int}, names, ("needed", "rostered", "missing_cents", "prices"), issues)
    start = _instant(data.get("start"), issues)
    arrays = {name: _numbers(data.get(name, 0), name, issues) for name in ("needed", "rostered", "missing_cents")}
    prices = _part(data, "prices", _PRICES, ("overtime", "outsourced"), issues)
    if issues:
        raise InputError(issues)
    return MixQuestion(prices=MixPrices(**prices), minutes=whole.get("minutes", 30), start=start, **arrays)


def hiring_from_data(data: Any) -> HiringQuestion:
    """Return the question of hiring that plain data describes.

    Parameters
    ----------
    data : an object with ``first_date``, ``terms`` with names of `HiringTerms`, and by week ``needed`` (FTE), or ``hours`` (at
        work) with if wanted ``shrinkage`` and ``hours_per_week``.

    Raises
    ------
    InputError
        With every unknown name, missing one and wrong kind.
    """
    issues: list[Issue] = []
    names = {"first_date", "needed", "hours", "terms"}
    whole = _whole(data, {"shrinkage": float, "hours_per_week": float}, names, ("terms",), issues)
    first = date(2000, 1, 3)
    try:
        first = date.fromisoformat(str(data.get("first_date")))
    except ValueError:
        issues.append(_wrong("bad-date", "first_date", data.get("first_date"), "Maybe a day such as 2026-03-02."))
    if (data.get("needed") is None) == (data.get("hours") is None):
        issues.append(_wrong("missing", "file", "needed or hours", "Maybe give one of the two."))
    shrinkage, week = whole.get("shrinkage", 0.0), whole.get("hours_per_week", 40.0)
    if not 0 <= shrinkage < 1:
        issues.append(_wrong("not-a-share", "shrinkage", shrinkage, "Maybe a share such as 0.3."))
    if not week > 0:
        issues.append(_wrong("bad-hours", "hours_per_week", week, "Maybe 40."))
    name = "hours" if data.get("hours") is not None else "needed"
    need = np.atleast_1d(_numbers(data.get(name, 0), name, issues))
    terms = _part(data, "terms", _TERMS, ("now",), issues, more=("ramp", "coming"))
    if issues:
        raise InputError(issues)
    if name == "hours":
        need = weekly_fte(need, shrinkage=shrinkage, hours_per_week=week)
    return HiringQuestion(need, HiringTerms(**terms), first)


def _whole(
    data: Any, known: Mapping[str, Any], more: set[str], asked: tuple[str, ...], issues: list[Issue]
) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise InputError([_wrong("not-an-object", "file", data, "Maybe the file is another one.")])
    issues.extend(
        _wrong("missing", "file", name, "Maybe it was forgotten.") for name in asked if data.get(name) is None
    )
    return _taken(data, known, "file", more, issues)


def _part(
    data: Mapping[str, Any], name: str, known: Mapping[str, Any], asked: tuple[str, ...], issues: list[Issue],
    *, more: tuple[str, ...] = (),
) -> dict[str, Any]:  # fmt: skip
    part = data.get(name)
    if part is None:
        return dict.fromkeys(asked, 0.0)
    if not isinstance(part, Mapping):
        issues.append(_wrong("not-an-object", name, part, "Maybe an object of names and numbers."))
        return dict.fromkeys(asked, 0.0)
    found = _taken(part, known, name, set(more), issues)
    for one in asked:
        if one not in found:
            issues.append(_wrong("missing", name, one, "Maybe it was forgotten."))
            found[one] = 0.0
    for one in more:
        if part.get(one) is not None:
            found[one] = tuple(np.atleast_1d(_numbers(part[one], f"{name}.{one}", issues)).ravel().tolist())
    return found
