"""From daily sums to figures: values, intervals, quantiles, the period before, maturity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from troth.core.terms import Unit
from troth.kpi.definition import Chance, Figure, Fold, Kpi
from troth.kpi.plan import Job, Wanted
from troth.stats import ratio_intervals, total_intervals, wilson

Numbers = NDArray[Any]
#: What a query gives: a column, masked where it has nulls, for each name.
Result = Mapping[str, Any]
_NONE = np.zeros(0, dtype=np.int64)
_NO_DATA = "no data in the period"
_UNTOLD = "the log does not tell: nothing it takes was ever recorded"
_NOTHING_OVER = "nothing to divide by in the period"
_FEW_DAYS = "no interval: it takes at least two days with data"


@dataclass(frozen=True, slots=True)
class Sums:
    """Daily sums of one part as arrays of equal length; `group` holds the members of the split."""

    group: list[tuple[Any, ...]]
    period: Numbers
    day: Numbers
    num: Numbers
    den: Numbers
    n: Numbers
    inexact: Numbers
    told: bool = True


def sums(result: Result, job: Job, wanted: Wanted) -> Sums:
    """Take one job's columns out of a daily result."""
    i = job.slot
    return Sums(
        members(result, wanted),
        _numbers(result["period"]).astype(np.int64),
        _numbers(result["day"]).astype(np.int64),
        _numbers(result[f"num{i}"]),
        _numbers(result[f"den{i}"]),
        _numbers(result[f"n{i}"]).astype(np.int64),
        _truths(result[f"inexact{i}"]),
        f"told{i}" not in result or bool(_truths(result[f"told{i}"]).any()),
    )


def members(result: Result, wanted: Wanted) -> list[tuple[Any, ...]]:
    """Return the members of the split of every row; None is no member."""
    columns = [np.ma.asarray(result[f"by{d}"]).tolist() for d in range(len(wanted.by))]
    return list(zip(*columns, strict=True)) if columns else [()] * len(result["period"])


def _numbers(column: Numbers) -> Numbers:
    """Return a column as floats, null being nought."""
    filled: Numbers = np.ma.filled(np.ma.asarray(column).astype(np.float64), 0.0)
    return np.nan_to_num(filled)


def _truths(column: Numbers) -> Numbers:
    """Return a column of truths, null being false."""
    filled: Numbers = np.ma.filled(np.ma.asarray(column), False)
    return filled.astype(np.bool_)


def figures(
    kpi: Kpi,
    parts: Sequence[Sums],
    quantiles: Mapping[tuple[tuple[Any, ...], int], tuple[float, float, float, float]],
    wanted: Wanted,
    *,
    since: datetime,
    until: datetime,
    fallen: Sequence[Sums] = (),
    apart: frozenset[int] = frozenset(),
) -> Iterator[Figure]:
    """Yield the figures of one KPI, by group and period.

    Parameters
    ----------
    kpi, wanted : what was asked.
    parts : daily sums of its parts.
    quantiles : P50, P90, P95 and maximum by group and period.
    since, until : the local days the log covers begin and end here; what is outside is unknown.
    fallen : daily sums of its chance parts.
    apart : days known to be out of the ordinary, as numbers since 1970.
    """
    groups = sorted({g for part in parts for g in part.group}, key=lambda g: tuple(str(x) for x in g))
    if not wanted.by:
        groups = [()]
    told = any(len(part.group) for part in parts) and all(part.told for part in parts)
    place = {g: i for i, g in enumerate(groups)}
    cube = _Cube(parts, place, wanted, apart)
    chance = _Cube(fallen, place, wanted, apart) if fallen else cube
    edges = wanted.periods.edges
    labels = [_local(edge, wanted.periods.time_zone) for edge in edges]
    for period in range(wanted.periods.count - 1):
        value = cube.values(period, kpi)
        low, high = chance.limits(period, kpi)
        before = cube.values(period - 1, kpi)
        comparable = edges[period] >= since
        n = np.rint(value).astype(np.int64) if kpi.fold is Fold.STOCK else cube.n[:, period + 1]
        for g, group in enumerate(groups):
            if wanted.by and not n[g]:
                continue
            q = quantiles.get((group, period)) if n[g] else None
            has = told and bool(np.isfinite(value[g])) and (bool(n[g]) or kpi.fold is not Fold.RATIO)
            limits = has and bool(np.isfinite(low[g]) and np.isfinite(high[g]))
            why = _UNTOLD if not told and n[g] else _NOTHING_OVER if n[g] else _NO_DATA
            yield Figure(
                id=kpi.id,
                variant=kpi.variant,
                definition=kpi.definition,
                by={d: _member(m) for d, m in zip(wanted.by, group, strict=True)},
                start=labels[period + 1],
                end=labels[period + 2],
                value=_tidy(value[g]) if has else None,
                unit=kpi.unit,
                n=int(n[g]),
                low=_tidy(low[g]) if limits else None,
                high=_tidy(high[g]) if limits else None,
                p50=_tidy(q[0]) if q else None,
                p90=_tidy(q[1]) if q else None,
                p95=_tidy(q[2]) if q else None,
                max=_tidy(q[3]) if q else None,
                previous=_tidy(before[g]) if has and comparable and np.isfinite(before[g]) else None,
                mature=edges[period + 2] + kpi.maturity(wanted.params) <= until,
                approximate=bool(cube.inexact[g, period + 1]),
                reason=why if not has else "" if limits or kpi.fold is Fold.STOCK else _FEW_DAYS,
            )


def _tidy(value: float) -> float:
    """Return a figure to twelve digits: the rest depends on the order in which a machine happens to add."""
    return float(f"{value:.12g}")


class _Cube:
    """Sums by group, period and day, for one KPI."""

    def __init__(
        self, parts: Sequence[Sums], place: Mapping[tuple[Any, ...], int], wanted: Wanted, apart: frozenset[int]
    ) -> None:
        periods, groups = wanted.periods.count, len(place)
        self.n = np.zeros((groups, periods), dtype=np.int64)
        self.inexact = np.zeros((groups, periods), dtype=bool)
        self._opening = np.zeros(groups)
        g, period, day, num, den = [], [], [], [], []
        for part in parts:
            index = np.array([place[x] for x in part.group], dtype=np.int64)
            inside = part.period >= -1
            np.add.at(self.n, (index[inside], part.period[inside] + 1), part.n[inside])
            np.logical_or.at(self.inexact, (index[inside], part.period[inside] + 1), part.inexact[inside])
            np.add.at(self._opening, index[~inside], part.num[~inside])
            g.append(index[inside])
            period.append(part.period[inside])
            day.append(part.day[inside])
            num.append(part.num[inside])
            den.append(part.den[inside])
        whole = [np.concatenate([_NONE, *a]) for a in (g, period, day)]
        order = np.lexsort(whole)  # so that sums do not depend on the order in which rows happen to come
        self._g, self._period, self._day = (a[order] for a in whole)
        self._num, self._den = (np.concatenate([np.zeros(0), *a])[order] for a in (num, den))
        self._groups = groups
        self._flow = np.zeros((groups, periods))
        np.add.at(self._flow, (self._g, self._period + 1), self._num)
        self._weight = np.zeros((groups, periods))
        np.add.at(self._weight, (self._g, self._period + 1), self._den)
        self._days = _days_of(wanted)
        self._apart = apart

    def values(self, period: int, kpi: Kpi) -> Numbers:
        """Return the value of every group in a period (-1 is the one before the first)."""
        if kpi.fold is Fold.STOCK:
            standing: Numbers = self._opening + self._flow[:, : period + 2].sum(axis=1)
            return standing
        if kpi.fold is Fold.TOTAL:
            return self._flow[:, period + 1]
        weight = self._weight[:, period + 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(weight > 0, self._flow[:, period + 1] / weight, np.nan)

    def limits(self, period: int, kpi: Kpi) -> tuple[Numbers, Numbers]:
        """Return low and high of every group in a period; NaN where there is no interval."""
        first, count = self._days[period + 1]
        if kpi.fold is Fold.STOCK or count < 2:
            nothing = np.full(self._groups, np.nan)
            return nothing, nothing
        chosen = self._period == period
        if kpi.chance is Chance.ROWS:
            # Each row on its own: all of them are one block's worth of independent trials.
            return _independent(self._flow[:, period + 1], self._weight[:, period + 1])
        day = self._day[chosen]
        early = max(first - int(day.min()), 0) if len(day) else 0  # chance may have fallen before the period
        shape = (self._groups, early + count)
        num, den = np.zeros(shape), np.zeros(shape)
        at = (self._g[chosen], day - (first - early))
        np.add.at(num, at, self._num[chosen])
        np.add.at(den, at, self._den[chosen])
        apart = np.isin(np.arange(first - early, first + count), list(self._apart))
        if kpi.fold is Fold.TOTAL:
            found = total_intervals(num, apart=apart)
        else:
            # A share of things is a share of `den` things; shares of time are not, and keep the plain interval.
            share = kpi.unit is Unit.SHARE and all(p.weight == 1.0 for p in kpi.parts)
            found = ratio_intervals(num, den=den, share=share, floor=None if kpi.signed else 0.0, apart=apart)
        return found.low, found.high


def _independent(hits: Numbers, trials: Numbers) -> tuple[Numbers, Numbers]:
    """Return Wilson's limits of shares; NaN without trials."""
    found = [wilson(k, n=n) if n else None for k, n in zip(hits, trials, strict=True)]
    low, high = (
        np.array([getattr(i, side) if i else np.nan for i in found], dtype=np.float64) for side in ("low", "high")
    )
    return low, high


def _days_of(wanted: Wanted) -> list[tuple[int, int]]:
    """Return for each period the number of its first local day since 1970 and how many days it touches."""
    zone = ZoneInfo(wanted.periods.time_zone)
    epoch = date(1970, 1, 1)
    result = []
    for start, end in zip(wanted.periods.edges, wanted.periods.edges[1:], strict=False):
        first = (start.astimezone(zone).date() - epoch).days
        last = (end.astimezone(zone).replace(fold=0) - _TICK).date()
        result.append((first, max((last - epoch).days - first + 1, 1)))
    return result


_TICK = timedelta(microseconds=1)


def _local(instant: datetime, time_zone: str) -> str:
    """Return an instant as ISO text on the wall clock of a zone."""
    return instant.astimezone(ZoneInfo(time_zone) if time_zone != "UTC" else UTC).isoformat()


def _member(value: Any) -> Any:
    return int(value) if isinstance(value, float) else value
