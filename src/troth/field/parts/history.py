"""Cases of the past with the parts they took, and what was known of a case when it was opened. Nothing later is looked at."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import log, log1p
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: Days of the sensor that are compared, the newest and those before them.
_NEW, _OLD = timedelta(days=3), timedelta(days=28)
_HALF_YEAR: Final = timedelta(days=182)


@dataclass(frozen=True, slots=True)
class PartCase:
    """A case as the log tells it.

    Parameters
    ----------
    kind : of equipment. `text`: what the customer said; may be empty.
    used : the parts it took in all its visits; meaningful once it is resolved.
    resolved_at : None while it is not.
    """

    case: str
    service: str
    kind: str
    asset: str
    opened_at: datetime
    text: str = ""
    used: frozenset[str] = frozenset()
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PartHistory:
    """Cases and what is known of equipment.

    Parameters
    ----------
    cases : in any order.
    installed : by asset.
    starts : by asset how often it started, one reading a day, in order of time.
    """

    cases: tuple[PartCase, ...]
    installed: Mapping[str, date] = field(default_factory=dict)
    starts: Mapping[str, tuple[tuple[datetime, float], ...]] = field(default_factory=dict)


#: What `traits` gives of every case besides service, kind and words.
TRAITS: Final = ("age_years", "age_unknown", "faults_half_year", "earlier_cases", "starts_ratio", "no_sensor")


def traits(cases: Sequence[PartCase], *, history: PartHistory, parts: Sequence[str]) -> tuple[Floats, Floats]:
    """Return what was known of each case when it was opened.

    Of other cases of the equipment only those opened before count, and their parts only if resolved before; of the sensor
    only earlier readings.

    Returns
    -------
    Traits, shape (cases, len(TRAITS)), and whether the equipment took each part before, shape (cases, parts).
    """
    of_asset: dict[str, list[PartCase]] = defaultdict(list)
    for one in sorted(history.cases, key=lambda one: (one.opened_at, one.case)):
        if one.asset:
            of_asset[one.asset].append(one)
    rows, took = np.zeros((len(cases), len(TRAITS))), np.zeros((len(cases), len(parts)))
    for k, case in enumerate(cases):
        there = of_asset.get(case.asset, [])
        before = there[: bisect_left(there, case.opened_at, key=lambda one: one.opened_at)]
        rows[k] = _row(case, before, history)
        known = [one.used for one in before if one.resolved_at is not None and one.resolved_at < case.opened_at]
        took[k] = [any(part in used for used in known) for part in parts]
    return rows, took


def _row(case: PartCase, before: Sequence[PartCase], history: PartHistory) -> tuple[float, ...]:
    at = case.opened_at
    installed = history.installed.get(case.asset)
    age = 0.0 if installed is None else max(0.0, (at.date() - installed).days / 365.25)
    ratio = _ratio(history.starts.get(case.asset, ()), at)
    recent = sum(one.opened_at > at - _HALF_YEAR for one in before)
    return log1p(age), float(installed is None), log1p(recent), log1p(len(before)), ratio or 0.0, float(ratio is None)


def _ratio(readings: Sequence[tuple[datetime, float]], at: datetime) -> float | None:
    """Return the log of how much oftener it started of late; medians, as single readings may be wrong. None if not known."""
    end = bisect_left(readings, at, key=lambda one: one[0])
    new = [value for when, value in readings[max(0, end - 40) : end] if at - _NEW <= when]
    old = [value for when, value in readings[max(0, end - 40) : end] if at - _NEW - _OLD <= when < at - _NEW]
    if not new or len(old) < 5:
        return None
    return max(-2.0, min(2.0, log((float(np.median(new)) + 0.5) / (float(np.median(old)) + 0.5))))
