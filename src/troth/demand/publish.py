"""A forecast made public: frozen as it stands, kept for ever, scored when its days are over."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.time import to_utc
from troth.demand.plan import DemandForecast, SeriesForecast
from troth.log.reference import TABLES

if TYPE_CHECKING:
    from troth.log.lake import Lake

_TABLE: Final = "forecasts"
_DIMS: Final = ("queue", "site", "channel", "service", "priority", "team")
_BANDS: Final = (0.5, 0.8, 0.95)


@dataclass(frozen=True, slots=True)
class Publication:
    """What was published.

    Parameters
    ----------
    snapshot : its name in the table `forecasts`.
    rows : cells written; 0 if the very same was published before.
    """

    snapshot: str
    rows: int


def publish(
    lake: Lake,
    *,
    forecast: DemandForecast,
    issued_at: datetime,
    recorded_at: datetime,
    computed: DemandForecast | None = None,
) -> Publication:
    """Write a forecast into the reference table `forecasts` of a lake, where nothing changes it any more.

    Done twice it writes once. A changed forecast is another one, with a later `issued_at`; both stay, and ``demand.accuracy``
    takes of each cell the newest that was early enough.

    Parameters
    ----------
    lake : where to.
    forecast : as people will plan by it, changes included.
    issued_at : until when was known what it rests on; lead times are counted from here.
    recorded_at : when it is written down. If that is after a cell began, the figure of that cell is marked approximate.
    computed : the forecast before people changed it, to see whether their changes help; None if nobody did.

    Raises
    ------
    InputError
        ``issued-later`` than it is recorded, ``knew-later``: the history goes on after `issued_at`, ``no-column`` for a
        dimension the table does not have, ``already-published``: other numbers for the same cells and `issued_at`.
    """
    issued_at, recorded_at = to_utc(issued_at), to_utc(recorded_at)
    issues = _of_times(forecast, issued_at, recorded_at) + _of_keys(forecast.series)
    if issues:
        raise InputError(issues)
    rows = _rows(forecast, computed, issued_at)
    name = _name(rows, issued_at)
    shelf = lake.reference(_TABLE)
    if shelf.last(name) >= 0:
        return Publication(name, 0)
    taken = _taken(lake, forecast.series, issued_at)
    if taken:
        advice = f"Maybe issue it anew, later than {issued_at.isoformat()}: what is published is never changed."
        raise InputError([Issue("already-published", Severity.ERROR, f"series {one}", name, advice) for one in taken])
    shelf.append(_complete(rows, name, recorded_at), batch=(name, 0))
    return Publication(name, len(rows))


def _of_times(forecast: DemandForecast, issued_at: datetime, recorded_at: datetime) -> list[Issue]:
    issues = []
    if issued_at > recorded_at:
        advice = "Maybe the two are swapped: nobody knew then what was not yet recorded."
        issues.append(Issue("issued-later", Severity.ERROR, "issued_at", f"{issued_at} > {recorded_at}", advice))
    for one in forecast.series:
        if one.grid.start > issued_at:
            advice = f"Maybe leave out what came after {issued_at.isoformat()}: a forecast that knew it proves nothing."
            issues.append(Issue("knew-later", Severity.ERROR, f"series {one.series.name}", f"{one.grid.start}", advice))
    return issues


def _of_keys(series: Sequence[SeriesForecast]) -> list[Issue]:
    wrong = dict.fromkeys((one.series.name, dim) for one in series for dim in one.series.key if dim not in _DIMS)
    advice = f"Maybe split by {', '.join(_DIMS)}."
    return [Issue("no-column", Severity.ERROR, f"series {name}", dim, advice) for name, dim in wrong]


def _rows(forecast: DemandForecast, computed: DemandForecast | None, issued_at: datetime) -> pa.Table:
    """Return the rows but for name and time of writing."""
    if computed is not None and len(computed.series) != len(forecast.series):
        raise ValueError("The computed forecast is of other series than the changed one.")
    bases = forecast.series if computed is None else computed.series
    parts = [_of_series(one, base, issued_at) for one, base in zip(forecast.series, bases, strict=True)]
    return pa.concat_tables(parts)


def _of_series(one: SeriesForecast, base: SeriesForecast, issued_at: datetime) -> pa.Table:
    size = len(one.point)
    edges = np.array(one.grid.micros(), dtype=np.int64)
    days = [label.date() for label in one.grid.labels()]
    same: dict[str, object] = {dim: one.series.key.get(dim) for dim in _DIMS}
    same |= {"kind": str(one.series.kind), "step": str(one.grid.step), "issued_at": issued_at, "model": one.model}
    columns: dict[str, object] = {name: pa.array([value] * size, _type(name)) for name, value in same.items()}
    columns |= {
        "local_date": days,
        "starts_at": pa.array(edges[:-1], _type("starts_at")),
        "ends_at": pa.array(edges[1:], _type("ends_at")),
    }
    columns |= {"mean": one.mean, "point": one.point, "computed": base.mean}
    for level in _BANDS:
        known = level in one.levels
        for side, limit in zip(("low", "high"), one.band(level) if known else (None, None), strict=True):
            columns[f"{side}_{level * 100:.0f}"] = pa.array([None] * size if limit is None else limit, pa.float64())
    return pa.table(
        {
            name: pa.array(value, _type(name)) if not isinstance(value, pa.Array) else value
            for name, value in columns.items()
        }
    )


def _complete(rows: pa.Table, name: str, recorded_at: datetime) -> pa.Table:
    size = len(rows)
    added = {
        "snapshot": [name] * size,
        "recorded_at": [recorded_at] * size,
        "valid_from": rows["local_date"],
        "version": [0] * size,
    }
    for column, value in added.items():
        rows = rows.append_column(
            column, pa.chunked_array(value) if isinstance(value, pa.ChunkedArray) else pa.array(value, _type(column))
        )
    return rows.append_column("valid_to", pa.nulls(size, _type("valid_to"))).select(TABLES[_TABLE].schema.names)


def _type(name: str) -> pa.DataType:
    return TABLES[_TABLE].schema.field(name).type


def _name(rows: pa.Table, issued_at: datetime) -> str:
    """Return a name that the same rows have again and no others."""
    digest = hashlib.sha256()
    for name in rows.column_names:
        digest.update(repr((name, rows[name].to_pylist())).encode())
    return f"{issued_at:%Y-%m-%dT%H:%MZ}-{digest.hexdigest()[:12]}"


def _taken(lake: Lake, series: Sequence[SeriesForecast], issued_at: datetime) -> list[str]:
    """Return the series of which a forecast with this `issued_at` is published."""
    files = lake.reference(_TABLE).files()
    if not files["base"] and not files["tail"]:
        return []
    columns = ", ".join(f'"{dim}"' for dim in (*_DIMS, "kind"))
    with lake.session() as con:
        found = con.execute(
            f"SELECT DISTINCT {columns} FROM ({lake.settled_reference(_TABLE)}) WHERE issued_at = ?", [issued_at]
        ).fetchall()
    known = set(found)
    return [
        one.series.name
        for one in series
        if (*(one.series.key.get(dim) for dim in _DIMS), str(one.series.kind)) in known
    ]
