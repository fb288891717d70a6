"""Gather a report from a lake: a handful of queries, and the rows behind the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.spans import start_of_day, zone
from troth.core.terms import Unit
from troth.core.time import Step
from troth.kpi.catalogue import catalogue
from troth.kpi.definition import Figure, Fold, Kpi
from troth.kpi.explain import Explained, explain
from troth.kpi.gaming.pairs import Together, partners, together
from troth.kpi.query import Engine, Query
from troth.kpi.report.data import Arrivals, Backlog, Frame, Line, Members, Report, Spread
from troth.kpi.report.rows import Rows, quality
from troth.kpi.scorecard import Scored, scored
from troth.log.lake import Lake
from troth.log.references import read_reference

#: The usual period: so many whole weeks, the last the log has.
_WEEKS: Final = 4
#: Trends go back at most so many weeks, and are by day when the log has fewer than this.
_BACK: Final = 53
_FEW: Final = 8
#: The usual period is only taken if its weeks are this full, compared with the log as a whole.
_FULL: Final = 0.25
#: The distributions shown, if they have data.
_SPREADS: Final = ("speed.answer", "speed.first_reply", "speed.handle", "speed.resolution", "speed.first_solution")
#: The figures shown for each member of a dimension, of which the first seven with data are taken.
_OF_MEMBERS: Final = (
    "flow.volume", "flow.volume/cases", "sla.service_level", "speed.answer", "flow.abandonment", "speed.first_reply", "speed.handle",
    "speed.resolution", "speed.within_24h", "voice.csat", "flow.escalation", "outcome.reopened", "flow.backlog",
)  # fmt: skip
#: Dimensions tried for the comparison, in this order.
_DIMENSIONS: Final = ("queue", "site", "channel", "service", "team", "priority")
_MEMBERS: Final = 20
_WORST: Final = ("speed.answer/mean_wait", "speed.resolution", "worst.broken_promises")
#: Rows shown for each KPI, and for the worst experiences.
_ROWS: Final = 5
_WORST_ROWS: Final = 10
#: Of which so many are opened to their segments.
_OPENED: Final = 2


def gather(lake: Lake, *, query: Query) -> Report:
    """Read everything a report shows.

    Parameters
    ----------
    lake : where the events are.
    query : period, filters, calendar, zone, width of the trends' points and the dimension to compare by; its `kpis`
        limit the scorecard. Without a period it is the last four whole weeks, or all of the log where those are
        nearly empty.

    Raises
    ------
    InputError
        Whatever `Engine.figures` finds wrong with the question; ``no-events`` if the lake has none.
    """
    with lake.session() as con:
        engine = Engine(lake, con)
        if lake.exists() and engine.extent is None:
            raise InputError([Issue("no-events", Severity.ERROR, lake.address, "", "Maybe import a log first.")])
        if query.by:
            # It is asked for last, but refused at once.
            engine.figures(Query(kpis=("flow.volume/",), by=query.by, time_zone=query.time_zone))
        frame = _frame(engine, query)
        asked = replace(query, by=(), every=None, start=frame.start, end=frame.end, time_zone=frame.time_zone)
        lines, absent = _lines(engine, frame, asked, query.kpis)
        rows = Rows(engine, frame, query.params)
        lines = [replace(line, rows=rows.telling(line.kpi, limit=_ROWS)) for line in lines]
        worst = _worst(engine, asked, rows)
        approximate = tuple(line.kpi.title for line in lines if line.figure.approximate)
        report = Report(
            frame=frame,
            lines=tuple(lines),
            absent=tuple(absent),
            spreads=_spreads(rows, lines),
            arrivals=_arrivals(engine, frame, asked, _volume(lines)),
            backlog=_backlog(engine, frame, asked, rows, lines),
            members=_members(engine, asked, query.by, lines),
            worst=tuple(worst),
            pairs=_pairs(engine, frame, asked, lines),
            quality=quality(engine, start=frame.start, end=frame.end, approximate=approximate),
            params={name: getattr(query.params, name) for name in query.params.__slots__},
        )
    # Explaining opens the lake anew, case by case.
    opened = tuple(replace(line, opened=_opened(lake, line, frame, query)) for line in report.worst)
    return replace(report, worst=opened)


def _opened(lake: Lake, line: Line, frame: Frame, query: Query) -> tuple[Explained, ...]:
    """Return the first rows of a time, each opened to its counted segments."""
    if line.kpi.unit is not Unit.SECONDS:
        return ()
    key = "contact_id" if any("contact_id" in row.ids for row in line.rows) else "case_id"
    names = list(dict.fromkeys(row.ids[key] for row in line.rows if key in row.ids))[:_OPENED]
    return tuple(
        explain(
            lake, kpi=line.kpi.name, case=name, calendar=frame.calendar, time_zone=frame.time_zone, params=query.params
        )
        for name in names
    )


def _frame(engine: Engine, query: Query) -> Frame:
    assert engine.extent is not None
    first, last = engine.extent
    name = query.time_zone or engine.time_zone
    tz = zone(name)

    def monday(day: date) -> date:
        return day - timedelta(days=day.weekday())

    def instant(given: date | datetime) -> datetime:
        if isinstance(given, datetime):
            return given if given.tzinfo else given.replace(tzinfo=tz)
        return start_of_day(given, tz=tz)

    first_day, last_day = first.astimezone(tz).date(), last.astimezone(tz).date()
    all_end = start_of_day(last_day + timedelta(days=1), tz=tz)
    # The week the log breaks off in is not over; a log that ends on a Sunday has its last week whole.
    whole_end = monday(last_day + timedelta(days=1))
    usual = (start_of_day(whole_end - timedelta(weeks=_WEEKS), tz=tz), start_of_day(whole_end, tz=tz))
    chosen = query.start is not None or query.end is not None
    if chosen:
        start, end = instant(query.start or first_day), instant(query.end) if query.end else all_end
    elif (last - first) >= timedelta(weeks=2 * _WEEKS) and _is_full(engine, *usual):
        start, end = usual
    else:
        start, end = start_of_day(first_day, tz=tz), all_end
    days = (end - max(first, end - timedelta(weeks=_BACK))).days
    every = query.every or (Step.DAY if days < 7 * _FEW else Step.WEEK)
    until_day = monday(end.astimezone(tz).date()) if every is Step.WEEK else end.astimezone(tz).date()
    since_day = max(until_day - timedelta(weeks=_BACK), first_day)
    if every is Step.WEEK and since_day != monday(since_day):
        since_day = monday(since_day) + timedelta(weeks=1)
    return Frame(
        lake=engine.lake.root.name, start=start, end=end, since=start_of_day(since_day, tz=tz),
        until=start_of_day(until_day, tz=tz), every=every, chosen=chosen, first=first, last=last, time_zone=name,
        calendar=query.calendar, where=dict(query.where), events=_count(engine),
    )  # fmt: skip


def _count(engine: Engine) -> int:
    found = engine.con.sql(f"SELECT count(*) FROM ({engine.lake.settled()})").fetchone()
    return int(found[0]) if found else 0


def _is_full(engine: Engine, start: datetime, end: datetime) -> bool:
    """Tell whether a stretch has its share of the log's events: the tail of an old log often has next to none."""
    assert engine.extent is not None
    first, last = engine.extent
    inside = f"occurred_at >= '{start.isoformat()}'::TIMESTAMPTZ AND occurred_at < '{end.isoformat()}'::TIMESTAMPTZ"
    found = engine.con.sql(f"SELECT count(*) FILTER ({inside}), count(*) FROM ({engine.lake.settled()})").fetchone()
    assert found is not None
    return bool(found[0] / (end - start).days >= _FULL * found[1] / max((last - first).days, 1))


def _lines(engine: Engine, frame: Frame, asked: Query, names: tuple[str, ...]) -> tuple[list[Line], list[Kpi]]:
    kpis = catalogue()
    figures = engine.figures(replace(asked, kpis=names))
    if any(_name(f) == "flow.volume" and not f.n for f in figures):
        # A log of cases alone has no contacts; what comes in are cases.
        cases = engine.figures(replace(asked, kpis=("flow.volume/cases",)))
        figures = [*(f for f in figures if f.id != "flow.volume"), *cases]
    if frame.start <= frame.first:
        figures = [replace(f, previous=None) for f in figures]
    # A stock of none is an answer where there ever were any, which its course tells.
    known = [f for f in figures if f.value is not None and (f.n or f.value or kpis[_name(f)].fold is Fold.STOCK)]
    courses: dict[str, list[Figure]] = {}
    if known and frame.since < frame.until:
        named = tuple(_only(_name(f)) for f in known)
        course = replace(asked, kpis=named, start=frame.since, end=frame.until, every=frame.every)
        for figure in engine.figures(course):
            courses.setdefault(_name(figure), []).append(figure)
    with_data = [f for f in known if f.n or f.value or any(one.value for one in courses.get(_name(f), ()))]
    absent = [kpis[_name(f)] for f in figures if f not in with_data]
    targets = read_reference(engine.lake, "targets")
    lines = [
        Line(kpis[_name(s.figure)], s, tuple(courses.get(_name(s.figure), ())))
        for s in scored(with_data, kpis=kpis, targets=targets)
    ]
    return lines, absent


def _pairs(engine: Engine, frame: Frame, asked: Query, lines: Sequence[Line]) -> tuple[Together, ...]:
    """Return the figures that can be traded against each other; some are read beside those of the scorecard alone."""
    more = partners(line.kpi.name for line in lines)
    figures = engine.figures(replace(asked, kpis=tuple(map(_only, more)))) if more else []
    if frame.start <= frame.first:
        figures = [replace(f, previous=None) for f in figures]
    return tuple(together([*(line.figure for line in lines), *(f for f in figures if f.n)]))


def _only(name: str) -> str:
    """Return what asks for one variant alone, the canonical one too."""
    return name if "/" in name else f"{name}/"


def _name(figure: Figure) -> str:
    return f"{figure.id}/{figure.variant}" if figure.variant else figure.id


def _spreads(rows: Rows, lines: Sequence[Line]) -> tuple[Spread, ...]:
    """Return distributions of the times that have enough rows to have one."""
    shown = [line for name in _SPREADS for line in lines if line.kpi.id == name and line.figure.n >= 20]
    found = [rows.spread(line) for line in shown if line.kpi.unit is Unit.SECONDS]
    return tuple(one for one in found if one is not None)[:4]


def _volume(lines: Sequence[Line]) -> Kpi | None:
    """Return what counts as coming in: contacts, or cases where the log has none."""
    return next((line.kpi for line in lines if line.kpi.name in {"flow.volume", "flow.volume/cases"}), None)


def _arrivals(engine: Engine, frame: Frame, asked: Query, volume: Kpi | None) -> Arrivals | None:
    if volume is None:
        return None
    tz = zone(frame.time_zone)
    hours: dict[tuple[int, int], int] = {}
    # Counted in UTC: a day of 23 or 25 hours has the hours it has.
    at, end = frame.start.astimezone(UTC), min(frame.end, frame.last)
    while at < end:
        local = at.astimezone(tz)
        hours[local.weekday(), local.hour] = hours.get((local.weekday(), local.hour), 0) + 1
        at += timedelta(hours=1)
    found = engine.figures(replace(asked, kpis=(_only(volume.name),), by=("weekday", "hour")))
    counts = {(int(f.by["weekday"]), int(f.by["hour"])): f.value or 0.0 for f in found}

    def mean(day: int, hour: int) -> float | None:
        return counts.get((day, hour), 0.0) / hours[day, hour] if (day, hour) in hours else None

    return Arrivals(volume, tuple(tuple(mean(day, hour) for hour in range(24)) for day in range(7)))


def _backlog(engine: Engine, frame: Frame, asked: Query, rows: Rows, lines: Sequence[Line]) -> Backlog | None:
    if not any(line.kpi.id == "flow.backlog" for line in lines):
        return None
    course = engine.figures(replace(asked, kpis=("flow.backlog/",), start=frame.since, end=frame.end, every=Step.DAY))
    bands, oldest = rows.ages(limit=_WORST_ROWS)
    return Backlog(tuple(f for f in course if not f.variant), bands, oldest)


def _members(engine: Engine, asked: Query, by: Sequence[str], lines: Sequence[Line]) -> Members | None:
    """Return the main figures by the dimension asked for, or by the first that tells members apart."""
    volume = _volume(lines)
    if volume is None:
        return None
    kpis, base = catalogue(), volume.name
    known = {line.kpi.name for line in lines}
    names = tuple(n for n in _OF_MEMBERS if n in known)
    for dim in by[:1] or _DIMENSIONS:
        sizes = {
            str(f.by[dim]): f.value or 0.0
            for f in engine.figures(replace(asked, kpis=(_only(base),), by=(dim,)))
            if _name(f) == base and f.by[dim] is not None
        }
        if len(sizes) < (1 if by else 2):
            continue
        found = engine.figures(replace(asked, kpis=tuple(map(_only, names)), by=(dim,)))
        everything = scored(found, kpis=kpis, targets=read_reference(engine.lake, "targets"))
        cells: dict[str, dict[str, Scored]] = {}
        for member in sorted(sizes, key=lambda m: (-sizes[m], m))[:_MEMBERS]:
            mine = {
                _name(s.figure): s for s in everything if str(s.figure.by[dim]) == member and s.figure.value is not None
            }
            cells[member] = {n: mine[n] for n in names if n in mine}
        filled = [n for n in names if sum(n in c for c in cells.values()) * 2 >= len(cells)][:8]
        return Members(dim, tuple(kpis[n] for n in filled), cells, len(sizes))
    return None


def _worst(engine: Engine, asked: Query, rows: Rows) -> list[Line]:
    kpis = catalogue()
    figures = [f for f in engine.figures(replace(asked, kpis=tuple(map(_only, _WORST)))) if f.value is not None]
    lines = [
        Line(kpis[_name(s.figure)], s, (), rows.telling(kpis[_name(s.figure)], limit=_WORST_ROWS))
        for s in scored(figures, kpis=kpis, targets=())
    ]
    return [line for line in lines if line.rows]
