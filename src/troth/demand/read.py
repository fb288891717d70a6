"""Series of a lake: the only file of this room that opens one."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.time import Calendar, Grid, Step, calendars_from_tables, to_utc, zone
from troth.demand.frame import grid_of, watched
from troth.demand.problem import Bools, DemandKind, Floats, Series
from troth.kpi.calendar_use import PRECEDENCE
from troth.log.lake import Lake
from troth.log.references import read_reference
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh

DIMENSIONS: Final = ("queue", "site", "channel", "service", "priority", "team")
_QUARTER: Final = 900_000_000
#: Of each kind: what dates a contact, which ones count, and what is added up over them.
_KINDS: Final[Mapping[DemandKind, tuple[str, str, str]]] = {
    DemandKind.ARRIVALS: (
        "started_at",
        "(direction IS NULL OR direction = 'in') AND previous_contact_id IS NULL",
        "1.0",
    ),
    DemandKind.HANDLE_TIME: (
        "answered_at",
        "outcome = 'answered' AND service_s IS NOT NULL",
        "service_s + coalesce(wrap_s, 0)",
    ),
    DemandKind.NO_SHOW: (
        "started_at",
        "outcome IN ('answered', 'no_show')",
        "CASE WHEN outcome = 'no_show' THEN 1.0 ELSE 0.0 END",
    ),
}


def read(
    lake: Lake,
    *,
    by: Sequence[str] = (),
    every: Step = Step.HOUR,
    kind: DemandKind = DemandKind.ARRIVALS,
    where: Mapping[str, Sequence[str]] | None = None,
    time_zone: str | None = None,
    as_of: datetime | None = None,
) -> tuple[tuple[Series, ...], list[Issue]]:
    """Return one series for each combination of members, all on one grid, and what is doubtful.

    Arrivals are customers' contacts as `flow.volume` counts them, handle times the means of `speed.handle`, no-shows the
    share of contacts called or expected that did not come. Opening hours come from the lake's calendars where
    `calendar_use` names one for the queue or site of a series.

    Parameters
    ----------
    by : dimensions to split by; contacts that know nothing of one are members of ``""``.
    where : members to keep, by dimension.
    time_zone : whose days count; that of the sites if they share one, else UTC.
    as_of : nothing that came later is looked at.

    Raises
    ------
    InputError
        ``unknown-dimension``, ``unknown-zone``, ``no-data``.
    """
    where = where or {}
    issues = [_unknown(dim) for dim in dict.fromkeys((*by, *where)) if dim not in DIMENSIONS]
    if issues:
        raise InputError(issues)
    tz = zone(time_zone or shared_zone(lake))
    rows = _quarters(lake, by, kind, where, as_of)
    if not len(rows["quarter"]):
        advice = "Maybe the selection matched nothing, or the log begins later than asked for."
        raise InputError([Issue("no-data", Severity.ERROR, lake.address, str(dict(where)) if where else "", advice)])
    at = rows["quarter"].astype(np.int64) * _QUARTER
    grid = grid_of(at, every=every, tz=tz, as_of=None if as_of is None else to_utc(as_of))
    keys = sorted({*zip(*(rows[f"by{k}"] for k in range(len(by))), strict=True)}) if by else [()]
    place = {key: k for k, key in enumerate(keys)}
    code = (
        np.array([place[key] for key in zip(*(rows[f"by{k}"] for k in range(len(by))), strict=True)])
        if by
        else np.zeros(len(at), np.int64)
    )
    number, total = (_binned(rows[name], at, code, grid, len(keys)) for name in ("number", "total"))
    calendars = _calendars(lake)
    known = watched(number)
    found = tuple(
        _series(dict(zip(by, key, strict=True)), kind, grid, number[k], total[k], known[k], calendars)
        for key, k in place.items()
    )
    return found, []


def _series(
    key: Mapping[str, str], kind: DemandKind, grid: Grid, number: Floats, total: Floats, known: Bools, calendars: Any
) -> Series:
    calendar = calendars(key)
    if kind is DemandKind.ARRIVALS:
        return Series(np.where(known, number, np.nan), grid, key, kind, calendar=calendar)
    mean = np.where(number > 0, total / np.maximum(number, 1.0), np.nan)
    return Series(mean, grid, key, kind, weights=number, calendar=calendar)


def _quarters(
    lake: Lake, by: Sequence[str], kind: DemandKind, where: Mapping[str, Sequence[str]], as_of: datetime | None
) -> Mapping[str, np.ndarray]:
    """Return number and total of contacts by quarter hour and members."""
    at, which, value = _KINDS[kind]
    tests, values = [f"{at} IS NOT NULL", which], {}
    for k, (dim, members) in enumerate(where.items()):
        tests.append(f'list_contains($where{k}, "{dim}")')
        values[f"where{k}"] = list(members)
    if as_of is not None:
        tests.append(f"{at} <= $as_of")
        values["as_of"] = to_utc(as_of)  # type: ignore[assignment]
    members = "".join(f", coalesce(\"{dim}\", '') AS by{k}" for k, dim in enumerate(by))
    with lake.session() as con:
        rows = refresh(lake, con, TIMELINES["contacts"])
        text = (
            f"SELECT epoch_us({at}) // {_QUARTER} AS quarter{members}, count(*)::DOUBLE AS number, sum({value})::DOUBLE AS total"
            f" FROM ({rows}) WHERE {' AND '.join(tests)} GROUP BY ALL ORDER BY ALL"
        )
        return {name: np.asarray(column) for name, column in con.execute(text, values).fetchnumpy().items()}


def _binned(values: np.ndarray, at: np.ndarray, code: np.ndarray, grid: Grid, series: int) -> Floats:
    edges = np.array(grid.micros(), dtype=np.int64)
    cell = np.searchsorted(edges, at, side="right") - 1
    inside = (cell >= 0) & (cell < len(edges) - 1)
    size = len(edges) - 1
    weights = np.asarray(values, dtype=np.float64)[inside]
    found: Floats = np.zeros(series * size)
    np.add.at(found, (code * size + cell)[inside], weights)
    return found.reshape(series, size)


def shared_zone(lake: Lake) -> str:
    """Return the zone all sites of a lake share, else UTC."""
    zones = {row["time_zone"] for row in read_reference(lake, "sites") if row["time_zone"]}
    return str(zones.pop()) if len(zones) == 1 else "UTC"


def _calendars(lake: Lake) -> Any:
    """Return a function from a key to the calendar that holds for it now; None where the lake names none."""
    known, _ = calendars_from_tables(
        read_reference(lake, "calendars"), calendar_days=read_reference(lake, "calendar_days")
    )
    newest = sorted(read_reference(lake, "calendar_use"), key=lambda row: row["valid_from"] or date.min)
    use = {(row["dimension"], row["member"]): row["calendar"] for row in newest}
    site = {row["queue"]: row["site"] for row in read_reference(lake, "queues")}

    def of(key: Mapping[str, str]) -> Calendar | None:
        members = {"site": site.get(key.get("queue", ""), ""), **key}
        named = next((use[dim, members[dim]] for dim in PRECEDENCE if (dim, members.get(dim)) in use), None)
        return known.get(named) if named else None

    return of


def _unknown(dim: str) -> Issue:
    near = difflib.get_close_matches(dim, DIMENSIONS, n=1, cutoff=0.3) or list(DIMENSIONS)
    return Issue(
        "unknown-dimension", Severity.ERROR, "by or where", dim, f"Maybe {near[0]}: one of {', '.join(DIMENSIONS)}."
    )
