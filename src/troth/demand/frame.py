"""Series from rows of any table: a time, perhaps a value, perhaps what it belongs to."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.time import Grid, Step, from_micros, start_of_day, zone
from troth.demand.problem import Bools, Floats, Series

if TYPE_CHECKING:
    import pandas as pd

#: A table may be split into so many series at most.
_MOST: Final = 100_000
#: Fewer arrivals than this may fail to come by chance.
_UNSURE: Final = 6.0
_OFFSET: Final = r"(?:Z|z|[+-]\d{2}:?\d{2})$"


def series_of(
    rows: Any,
    *,
    time: str,
    value: str | None = None,
    by: Sequence[str] = (),
    every: Step = Step.HOUR,
    time_zone: str | None = None,
    as_of: datetime | None = None,
) -> tuple[tuple[Series, ...], list[Issue]]:
    """Return one series of arrivals for each combination of members, all on one grid, and what is doubtful.

    Rows without a value are things that happened, one each: where none happened after the first, the count is 0, see `watched`. Rows with one are counts of what came from their time on: where there is no row, or no number in it, nothing is known.

    Parameters
    ----------
    rows : a pandas frame, an Arrow table, or a mapping of columns.
    time : the column of times; ISO 8601, with offset or as the clock on the wall of `time_zone` showed.
    value : the column of counts.
    by : columns to split by.
    every : width of the cells.
    time_zone : whose days count; UTC if not given, with an issue where times have no offset.
    as_of : nothing that came later is looked at.

    Raises
    ------
    InputError
        ``missing-column``, ``bad-time``, ``mixed-zones``, ``bad-number``, ``no-data``, ``too-many-series``, all that apply.

    Examples
    --------
    >>> told, _ = series_of({"at": ["2026-03-02T09:10Z", "2026-03-02T09:40Z", "2026-03-02T11:05Z"]}, time="at")
    >>> told[0].values[9:11].tolist()
    [2.0, 0.0]
    """
    frame, issues = _frame(rows), []
    missing = [name for name in (time, *([value] if value else []), *by) if name not in frame.columns]
    for name in missing:
        near = (
            difflib.get_close_matches(name, [str(c) for c in frame.columns], n=1, cutoff=0.3)
            or [str(c) for c in frame.columns][:8]
        )
        issues.append(_wrong("missing-column", "columns", name, f"Maybe {', '.join(near)}."))
    if issues:
        raise InputError(issues)
    tz = zone(time_zone or "UTC")
    # Of two counts with one time on the clock, where that hour comes twice, the second is of the second hour.
    again = frame.duplicated([time, *by]).to_numpy() if value is not None else np.zeros(len(frame), dtype=np.bool_)
    at, found = _times(frame[time], time, time_zone, again)
    amounts, more = _amounts(frame, value)
    issues = [*found, *more]
    if as_of is not None and not any(i.severity is Severity.ERROR for i in issues):
        kept = at <= int(as_of.timestamp() * 1e6)
        at, amounts, frame = at[kept], amounts[kept], frame[kept]
    if not len(at) and not any(i.severity is Severity.ERROR for i in issues):
        issues.append(_wrong("no-data", time, "", "Maybe the file has only its head, or all is later than asked for."))
    keys, codes = _keys(frame, by)
    if len(keys) > _MOST:
        issues.append(
            _wrong("too-many-series", ", ".join(by), f"{len(keys):,}", "Maybe a column of ids: split by fewer members.")
        )
    if any(issue.severity is Severity.ERROR for issue in issues):
        raise InputError(issues)
    grid = grid_of(at, every=every, tz=tz, as_of=as_of, counted=value is not None)
    edges = np.array(grid.micros(), dtype=np.int64)
    cell = np.searchsorted(edges, at, side="right") - 1
    inside = (cell >= 0) & (cell < len(edges) - 1)
    place = (codes * (len(edges) - 1) + cell)[inside]
    size = len(keys) * (len(edges) - 1)
    told = ~np.isnan(amounts[inside])
    total = np.bincount(place, weights=np.where(told, amounts[inside], 0.0), minlength=size).reshape(len(keys), -1)
    seen = np.bincount(place, weights=told, minlength=size).reshape(len(keys), -1) > 0
    known = seen if value is not None else watched(total.astype(np.float64))
    values = np.where(known, total, np.nan)
    return tuple(
        Series(one, grid, dict(zip(by, key, strict=True))) for one, key in zip(values, keys, strict=True)
    ), issues


def watched(counts: Floats) -> Bools:
    """Return the cells in which nothing recorded means that nothing came, shape of `counts`, (series, cells).

    That is so since a series' first arrival, for a queue may not have been there before. It is so since the first of any series
    where what came later lets fewer than six be expected before: of a rare kind that none came yet says nothing (of six, 1 in
    400 is 0).

    Examples
    --------
    >>> watched(np.array([[1.0, 2.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 9.0, 8.0]])).tolist()[1:]
    [[True, True, True, True], [False, False, True, True]]
    """
    begun: Bools = np.maximum.accumulate(counts > 0, axis=1)
    there, since = begun.any(0), begun.sum(1, keepdims=True)
    rate = counts.sum(1, keepdims=True) / np.maximum(since, 1)
    found: Bools = begun | (there & (rate * (there.sum() - since) < _UNSURE))
    return found


def _frame(rows: Any) -> pd.DataFrame:
    import pandas as pd

    if isinstance(rows, pd.DataFrame):
        return rows
    found: pd.DataFrame = rows.to_pandas() if hasattr(rows, "to_pandas") else pd.DataFrame(dict(rows))
    return found


def _times(column: Any, name: str, time_zone: str | None, again: Bools) -> tuple[np.ndarray, list[Issue]]:
    """Return microseconds since 1970 of each row, and what is wrong with them."""
    import pandas as pd

    issues: list[Issue] = []
    offset = getattr(column.dtype, "tz", None) is not None
    if not offset and not pd.api.types.is_datetime64_dtype(column):
        column, offset, issues = _from_text(column.astype("string"), name)
        if any(issue.severity is Severity.ERROR for issue in issues):
            return np.zeros(len(column), dtype=np.int64), issues
    if not offset:
        if time_zone is None:
            issues.append(
                Issue(
                    "assumed-zone",
                    Severity.WARNING,
                    name,
                    "UTC",
                    "Maybe name the zone of these clocks: --time-zone Europe/Vilnius.",
                )
            )
        column = column.dt.tz_localize(zone(time_zone or "UTC"), ambiguous=~again, nonexistent="shift_forward")
    micros = column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    return micros, issues


def _from_text(words: Any, name: str) -> tuple[Any, bool, list[Issue]]:
    """Return ISO 8601 texts as times, whether they have offsets, and what is wrong with them."""
    import pandas as pd

    told = words.str.contains(_OFFSET, regex=True).fillna(False)
    offset = bool(told.any())
    column = pd.to_datetime(words, errors="coerce", format="ISO8601", utc=offset)
    issues = []
    for code, rows, advice in (
        (
            "bad-time",
            column.isna(),
            "Maybe a time such as 2026-03-29T10:00; days written otherwise are read wrongly too easily.",
        ),
        ("mixed-zones", ~told & column.notna() & offset, "Maybe all with an offset, or none."),
    ):
        if rows.any():
            first = int(np.flatnonzero(rows)[0])
            shown = "" if words.isna().iloc[first] else str(words.iloc[first])
            issues.append(_wrong(code, f"{name}, row {first + 2}", shown, advice, int(rows.sum())))
    return column, offset, issues


def _amounts(frame: pd.DataFrame, value: str | None) -> tuple[np.ndarray, list[Issue]]:
    import pandas as pd

    if value is None:
        return np.ones(len(frame)), []
    given = frame[value]
    numbers = pd.to_numeric(given, errors="coerce")
    bad = numbers.isna() & given.notna() & (given.astype("string").str.strip() != "")
    if not bad.any():
        return numbers.to_numpy(dtype=np.float64, na_value=np.nan), []
    first = int(np.flatnonzero(bad)[0])
    advice = "Maybe a number with a point, such as 12 or 0.5."
    return np.zeros(len(frame)), [
        _wrong("bad-number", f"{value}, row {first + 2}", str(given.iloc[first]), advice, int(bad.sum()))
    ]


def _keys(frame: pd.DataFrame, by: Sequence[str]) -> tuple[list[tuple[str, ...]], np.ndarray]:
    if not by:
        return [()], np.zeros(len(frame), dtype=np.int64)
    groups = frame[list(by)].astype("string").fillna("").groupby(list(by), sort=True)
    names = [key if isinstance(key, tuple) else (key,) for key in groups.groups]
    return [tuple(str(part) for part in key) for key in names], groups.ngroup().to_numpy(dtype=np.int64)


def grid_of(at: np.ndarray, *, every: Step, tz: ZoneInfo, as_of: datetime | None = None, counted: bool = False) -> Grid:
    """Return the grid from the first local day to the end of what is known.

    A last day that ends earlier than days usually do is not over: the grid ends with its last whole cell.

    Parameters
    ----------
    at : microseconds since 1970 of what happened.
    every, tz : width and wall clock of the cells.
    as_of : nothing later is known.
    counted : whether each instant stands for what came from then on, up to the next.
    """
    first, last = from_micros(int(at.min())).astimezone(tz), from_micros(int(at.max())).astimezone(tz)
    start, end = start_of_day(first.date(), tz=tz), start_of_day(last.date() + timedelta(days=1), tz=tz)
    lasts = _between(at) if counted else timedelta(0)
    known = as_of if as_of is not None else end if _over(at, every, tz) else min(last + lasts, end)
    whole = Grid(start, max(known, start), every, tz.key)
    edges = whole.edges()
    return Grid(start, edges[-2], every, tz.key) if len(edges) > 1 and edges[-1] > known else whole


def _over(at: np.ndarray, every: Step, tz: ZoneInfo) -> bool:
    """Tell whether the last day went on as long as days do."""
    day, of_day = _wall(at, tz)
    recent = np.unique(day)[-29:]
    ends = np.array([of_day[day == one].max() for one in recent])
    slack = {Step.QUARTER_HOUR: 15, Step.HALF_HOUR: 30}.get(every, 60) * 60_000_000
    return bool(ends[-1] >= np.median(ends[:-1]) - slack) if len(ends) > 1 else True


def _wall(at: np.ndarray, tz: ZoneInfo) -> tuple[np.ndarray, np.ndarray]:
    """Return local day and microseconds of the day of the last weeks' rows."""
    import pandas as pd

    recent = at[at >= at.max() - 60 * 86_400_000_000]
    local = (
        pd.to_datetime(recent, unit="us", utc=True)
        .tz_convert(tz)
        .tz_localize(None)
        .to_numpy()
        .astype("datetime64[us]")
        .astype(np.int64)
    )
    return local // 86_400_000_000, local % 86_400_000_000


def _between(at: np.ndarray) -> timedelta:
    """Return how long a counted row lasts: the usual distance of rows, an hour at most."""
    gaps = np.diff(np.unique(at))
    return timedelta(microseconds=int(min(np.median(gaps), 86_400_000_000))) if len(gaps) else timedelta(hours=1)


def _wrong(code: str, where: str, value: str, advice: str, count: int = 1) -> Issue:
    return Issue(code, Severity.ERROR, where, value, advice, count)
