"""Open a number: one case down to its segments, calendars and events; a figure down to its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.kpi._explained import MANY, Behind, Explained, Opened, Used
from troth.kpi.definition import Fold, Kpi, Params

if TYPE_CHECKING:
    import duckdb

    from troth.kpi._explain_rows import Opener
    from troth.kpi.query import Query
    from troth.log.lake import Lake

__all__ = ["MANY", "Behind", "Explained", "Opened", "Used", "behind", "explain", "explain_figure", "explain_opened"]


def explain(
    lake: Lake,
    *,
    kpi: str,
    case: str,
    calendar: str | None = None,
    time_zone: str | None = None,
    params: Params | None = None,
) -> Explained:
    """Open what a KPI says of one case down to its segments, calendars and events.

    Parameters
    ----------
    lake : where the events are.
    kpi : name (`id` or `id/variant`) or alias; of several variants the canonical one.
    case : id of a case, or of whatever the KPI's rows are: contact, survey, review, promise, customer, person. Of a
        KPI of contacts, the id of a case opens all its contacts.
    calendar : name of the calendar for business time, instead of what `calendar_use` says.
    time_zone : whose wall clock is shown; that of its site, else the one all sites share, else UTC.
    params : the named defaults, if others than usual.

    Returns
    -------
    The explanation. A row that does not count says why not.

    Raises
    ------
    InputError
        ``unknown-case`` with the nearest ids, and all that `query` raises.
    """
    from troth.kpi._explain_rows import Opener
    from troth.kpi.query import Query

    with lake.session() as con:
        asked = Query(kpis=(kpi,), calendar=calendar, time_zone=time_zone, params=params or Params())
        return explain_opened(Opener(lake, con), query=asked, case=case)


def opener(lake: Lake, con: duckdb.DuckDBPyConnection) -> Opener:
    """Return a lake opened for figures and explanations, in a session of it."""
    from troth.kpi._explain_rows import Opener

    return Opener(lake, con)


def explain_opened(opener: Opener, *, query: Query, case: str) -> Explained:
    """Return what the one KPI of a query says of one case of an opened lake; see `explain`."""
    from troth.kpi._explain_case import opened

    return opened(opener, query=query, name=case)


def explain_figure(lake: Lake, *, query: Query, limit: int | None = None) -> Behind:
    """Return the rows behind a figure, the worst first.

    Parameters
    ----------
    lake : where the events are.
    query : as for `troth.kpi.query.query`, with one KPI and without `every`; of several variants the canonical one.
    limit : how many rows to hand out; None means all.

    Returns
    -------
    The rows, with sums over all of them that give the figure.

    Raises
    ------
    InputError
        ``one-kpi`` unless the query names one KPI, and all that `query` raises.
    """
    from troth.kpi._explain_rows import Opener

    with lake.session() as con:
        return behind(Opener(lake, con), query=query, limit=limit)


def behind(opener: Opener, *, query: Query, limit: int | None = None) -> Behind:
    """Return the rows behind a figure of an opened lake; see `explain_figure`."""
    if len(query.kpis) != 1 or query.every is not None:
        advice = "Maybe name one KPI, and one period by its first and last day."
        raise InputError([Issue("one-kpi", Severity.ERROR, "query", ", ".join(query.kpis), advice)])
    kpi, wanted = opener.asked(query)
    rows: list[dict[str, Any]] = []
    for place, part in enumerate(kpi.parts):
        found = opener.behind(kpi, part=part, wanted=wanted, calendar=query.calendar).to_pylist()
        # DuckDB gives a constant as a decimal.
        counted = (row for row in found if row["value"] is not None)
        rows.extend(
            {**row, "value": float(row["value"]), "weight": float(row["weight"] or 0.0), "part": place}
            for row in counted
        )
    return _behind(kpi, rows, by=query.by, limit=limit, high=wanted.periods.high)


def _behind(kpi: Kpi, rows: list[dict[str, Any]], *, by: Sequence[str], limit: int | None, high: int) -> Behind:
    if kpi.fold is Fold.STOCK:
        rows = [row for row in rows if row["part"] == 0 and (row["_over"] is None or row["_over"] >= high)]
    else:
        rows = [row for row in rows if row["period"] >= 0]
    numerator = float(sum(row["value"] for row in rows))
    denominator = float(sum(row["weight"] for row in rows))
    sign = 1 if str(kpi.direction) == "higher" else -1
    rows.sort(key=lambda row: (row["part"], sign * row["value"], str(row["at"]), str(row)))
    hidden = {"period", "_over"}
    shown = [{name: value for name, value in _named(row, by).items() if name not in hidden} for row in rows[:limit]]
    return Behind(kpi, tuple(shown), numerator, denominator, len(rows), tuple(by))


def _named(row: Mapping[str, Any], by: Iterable[str]) -> dict[str, Any]:
    """Return a row with the members of the split under their own names."""
    members = {f"by{i}": dim for i, dim in enumerate(by)}
    renamed = {members.get(name, name): value for name, value in row.items() if members.get(name) not in row}
    return {name: value for name, value in renamed.items() if not name.startswith("by")}
