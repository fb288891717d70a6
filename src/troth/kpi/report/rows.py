"""Rows behind figures: the most telling ones of a KPI, its distribution, open cases by age, the quality of the data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from troth.core.terms import Direction
from troth.kpi.cells import periods, sql
from troth.kpi.definition import COLUMNS, Clock, Fold, Kpi, Params, Part
from troth.kpi.plan import Wanted, dated, kept, measured, source
from troth.kpi.query import Engine
from troth.kpi.report.data import Frame, Quality, Spread, Telling
from troth.log.store import quote, scan
from troth.log.timelines import TIMELINES

if TYPE_CHECKING:
    from troth.kpi.report.data import Line

#: What a row is known by, the most useful first.
IDS: Final = ("case_id", "contact_id", "subject_id", *COLUMNS.values())

#: Classes of a distribution to a power of ten.
_CLASSES: Final = 6

#: Bands of the age of an open case: name, and where it ends in days.
BANDS: Final = (
    ("under 1 d", 1.0),
    ("1-3 d", 3.0),
    ("3-7 d", 7.0),
    ("1-2 wk", 14.0),
    ("2-4 wk", 28.0),
    ("1-3 mo", 91.0),
    ("over 3 mo", math.inf),
)


class Rows:
    """Asks an engine for rows of one period."""

    def __init__(self, engine: Engine, frame: Frame, params: Params) -> None:
        self._engine, self._frame = engine, frame
        span = periods(frame.start, frame.end, every=None, time_zone=frame.time_zone)
        self._wanted = Wanted((), frame.where, span, params)
        self._bases: dict[str, Any] = {}

    def telling(self, kpi: Kpi, *, limit: int) -> tuple[Telling, ...]:
        """Return the worst rows of a KPI, the latest first among equals; none for a KPI that is no row's number."""
        rows = self._rows(kpi)
        if rows is None or kpi.fold is not Fold.RATIO or len(kpi.parts) > 1:
            return ()
        worst = rows.row_value.asc() if kpi.direction is Direction.HIGHER else rows.row_value.desc()
        names = [c for c in IDS if c in rows.columns]
        if not {"case_id", "contact_id", "customer_id"} & set(names):
            return ()
        picked = rows.order_by([worst, rows.tick.desc(), *(rows[c] for c in names)]).limit(limit)
        found = self._run(picked.select("tick", "row_value", *names)).to_pylist()
        # A share's good rows tell nothing about why it is not better.
        if str(kpi.unit) == "share":
            good = 1.0 if kpi.direction is Direction.HIGHER else 0.0
            found = [r for r in found if r["row_value"] != good]
        return tuple(_telling(r, names) for r in found)

    def spread(self, line: Line) -> Spread | None:
        """Return the distribution of a KPI that is a time."""
        rows = self._rows(line.kpi)
        if rows is None:
            return None
        import ibis

        place = (ibis.greatest(rows.row_value, 1.0).log10() * _CLASSES).floor().cast("int64")
        counted = rows.group_by(place=place).aggregate(rows_in=lambda t: t.count())
        found = {r["place"]: r["rows_in"] for r in self._run(counted).to_pylist()}
        if not found:
            return None
        low, high = min(found), max(found)
        edges = tuple(10 ** (k / _CLASSES) for k in range(low, high + 2))
        return Spread(line, edges, tuple(found.get(k, 0) for k in range(low, high + 1)))

    def ages(self, *, limit: int) -> tuple[tuple[tuple[str, int], ...], tuple[Telling, ...]]:
        """Return how many cases are open at the end of the period by age, and the oldest of them."""
        now = min(self._frame.end, self._frame.last)
        rows = kept(self._engine.tables("openings"), self._wanted)
        import ibis

        limit_at = ibis.literal(now.astimezone(UTC), "timestamp('UTC')")
        rows = rows.filter((rows.started_at <= limit_at) & (rows.ended_at.isnull() | (rows.ended_at > limit_at)))
        from troth.log.timelines import micros, seconds

        names = [c for c in IDS if c in rows.columns]
        rows = rows.mutate(tick=micros(rows.started_at), row_value=seconds(rows.started_at, limit_at))
        edges = [day * 86_400 for _, day in BANDS[:-1]]
        band = ibis.cases(*((rows.row_value < edge, i) for i, edge in enumerate(edges)), else_=len(edges))
        found = {
            r["band"]: r["rows_in"]
            for r in self._run(rows.group_by(band=band).aggregate(rows_in=lambda t: t.count())).to_pylist()
        }
        oldest = rows.order_by([rows.row_value.desc(), rows.case_id]).limit(limit).select("tick", "row_value", *names)
        return (
            tuple((name, int(found.get(i, 0))) for i, (name, _) in enumerate(BANDS)),
            tuple(_telling(r, names) for r in self._run(oldest).to_pylist()),
        )

    def _rows(self, kpi: Kpi) -> Any:
        """Return the dated rows of a KPI's first part with `row_value`; None where its clock needs calendars."""
        part, p = kpi.parts[0], self._wanted.params
        if kpi.clock is Clock.BUSINESS:
            return None
        base = self._base(part)
        if part.where is not None:
            base = base.filter(part.where(base, p))
        rows = dated(base, part.at(base, p), self._wanted)
        rows = rows.filter(rows.period == 0)
        rows = rows.mutate(row_value=measured(part, rows, p).cast("float64"))
        return rows.filter(rows.row_value.notnull())

    def _base(self, part: Part) -> Any:
        """Return the rows a part reads as a table of their own: what is derived is computed and compiled once."""
        import ibis

        if part.timeline not in self._bases:
            expression = kept(source(part, self._wanted, self._engine.tables), self._wanted)
            kind = "VIEW" if part.timeline in TIMELINES else "TABLE"
            name = f"report_{part.timeline}"
            body = ibis.to_sql(expression, dialect="duckdb")
            self._engine.con.execute(f"CREATE OR REPLACE TEMP {kind} {name} AS {body}")
            self._bases[part.timeline] = ibis.table(expression.schema(), name=name)
        return self._bases[part.timeline]

    def _run(self, expression: Any) -> Any:
        import ibis

        # Figures computed in between have left their own cells there.
        self._engine.con.execute(f"CREATE OR REPLACE TEMP TABLE cells AS {sql(self._wanted.periods)}")
        return self._engine.con.sql(ibis.to_sql(expression, dialect="duckdb")).fetch_arrow_table()


def _telling(row: Mapping[str, Any], names: Sequence[str]) -> Telling:
    ids = {c: str(row[c]) for c in names if row[c] not in {None, ""}}
    return Telling(datetime.fromtimestamp(row["tick"] / 1e6, UTC), float(row["row_value"]), ids)


def quality(engine: Engine, *, start: datetime, end: datetime, approximate: tuple[str, ...]) -> Quality:
    """Return rejects of the whole lake by code, and of the period the events by origin and those of bots."""
    lake, con = engine.lake, engine.con
    files = lake.rejects.files()
    held = files["base"] + files["tail"]
    rejects: dict[str, int] = {}
    if held:
        sql = f"SELECT code, count(*) FROM ({scan(held, lake.rejects.schema)}) GROUP BY code ORDER BY 2 DESC, 1"
        rejects = {code: int(n) for code, n in con.sql(sql).fetchall()}
    bounds = f"occurred_at >= {quote(start.isoformat())}::TIMESTAMPTZ AND occurred_at < {quote(end.isoformat())}::TIMESTAMPTZ"
    sql = f"SELECT origin, count(*), count(*) FILTER (actor = 'bot') FROM ({lake.settled(where=bounds)}) GROUP BY origin ORDER BY 2 DESC"
    found = con.sql(sql).fetchall()
    return Quality(rejects, {o: int(n) for o, n, _ in found}, sum(int(b) for _, _, b in found), approximate)
