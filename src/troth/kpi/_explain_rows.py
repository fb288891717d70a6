"""The rows behind a figure, one by one: what each adds, and which of them do not count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.terms import Unit
from troth.kpi import _explain_words as words
from troth.kpi.calendar_use import CalendarUse, RowCalendars, coded
from troth.kpi.cells import sql
from troth.kpi.clocks import NAT
from troth.kpi.definition import COLUMNS, Clock, Fold, Kpi, Part
from troth.kpi.plan import Wanted, dated, kept, keys, measured, source
from troth.kpi.query import Engine, Query
from troth.kpi.sla.read import rules
from troth.kpi.sla.timeline import ClockLine, clock_lines
from troth.log.references import read_reference
from troth.log.store import quote
from troth.log.timelines import TIMELINES, micros

#: What names the rows of a view; a timeline's rows are named by its key.
VIEW_KEYS: Final = {
    "cases_paused": "case_id",
    "cases_held": "case_id",
    "cases_returned": "case_id",
    "contacts_repeat": "contact_id",
    "contacts_failed": "contact_id",
    "contacts_standard": "contact_id",
    "customers_active": "customer_id",
    "worst_waits": "customer_id",
    "worst_resolutions": "customer_id",
    "broken_by_customer": "customer_id",
    "agents_reviewed": "agent_id",
    "answers": "subject_id",
    "surveys": "subject_id",
    "cases_surveyed": "case_id",
    "forecast_cells": "snapshot",
    "forecast_cells_week": "snapshot",
    "forecast_days": "snapshot",
    "sla_clocks": "case_id",
    "sla_cases": "case_id",
    "planned": "agent_id",
    "attended": "agent_id",
    "worked": "agent_id",
    "paid_cost": "agent_id",
    "contact_cost": "contact_id",
    "staffed_cells": "snapshot",
    "rostered_cells": "snapshot",
    "visits_first": "case_id",
    "paid_field": "agent_id",
    "contract_days": "agent_id",
    "billable_hours": "agent_id",
    "paid_logging": "agent_id",
    "paid_serving": "agent_id",
    "paid_answering": "agent_id",
    "paid_resolving": "agent_id",
    "cost_serving": "agent_id",
    "cost_resolving": "agent_id",
    "scores_paired": "subject_id",
}
#: Columns an id given by hand may be found in, in the order in which they are tried.
IDS: Final = ("case_id", "contact_id", "subject_id", "customer_id", "agent_id")


def key_of(part: Part) -> str:
    """Return the column that names the rows of a part."""
    return TIMELINES[part.timeline].key if part.timeline in TIMELINES else VIEW_KEYS[part.timeline]


@dataclass(frozen=True, slots=True)
class Found:
    """One row of one part: its columns, what it adds, and why it does not count if it does not."""

    part: Part
    row: Mapping[str, Any]
    at: datetime | None
    start: datetime | None
    end: datetime | None
    value: float | None
    weight: float
    reasons: tuple[str, ...]
    calendars: tuple[tuple[datetime, str], ...] = ()


class Opener(Engine):
    """A lake opened for explanations of single figures."""

    def asked(self, query: Query) -> tuple[Kpi, Wanted]:
        """Return the one KPI a query names and what is wanted of it, with its periods at hand in the database."""
        kpi = self._checked(query)[0]
        wanted, _, _ = self._wanted(query)
        if kpi.id in {"worst.crossed", "worst.twice"}:
            wanted = replace(wanted, line_s=self._line(query, wanted))
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE cells AS {sql(wanted.periods)}")
        return kpi, wanted

    def zone_of(self, site: str | None) -> str | None:
        """Return the time zone of a site; None if it is not known."""
        zones = [row for row in read_reference(self.lake, "sites") if row["site"] == site and row["time_zone"]]
        newest = max(zones, key=lambda row: (str(row["valid_from"] or ""), row["version"]), default=None)
        return newest["time_zone"] if newest else None

    def held(self, rows: pa.Table, *, calendar: str | None, prefix: str = "") -> RowCalendars:
        """Return the calendars of rows by their members."""
        uses = [] if calendar else read_reference(self.lake, "calendar_use")
        book = CalendarUse(self.calendars, uses, default=calendar or "24x7")
        members = {dim: coded(rows[prefix + COLUMNS[dim]]) for dim in book.precedence}
        return book.apply(members, rows=len(rows))

    def of(self, kpi: Kpi, *, part: Part, wanted: Wanted, one: tuple[str, str], calendar: str | None) -> list[Found]:
        """Return all rows of a part that an id names, counted or not.

        Parameters
        ----------
        kpi, part, wanted : what is asked.
        one : a column and the id in it.
        calendar : see `Query`.
        """
        p = wanted.params
        base = source(part, wanted, self.tables)
        if one[0] not in base.columns:
            return []
        conditions = words.conjuncts(part.where(base, p)) if part.where is not None else []
        columns: dict[str, Any] = {"_at": part.at(base, p), "_value": measured(part, base, p)}
        columns["_weight"] = _weight(part, base, p)
        if part.start is not None and part.end is not None:
            columns["_start"], columns["_end"] = part.span(base, p)
        columns |= {f"_c{i}": condition for i, condition in enumerate(conditions)}
        chosen = base.mutate(**columns).filter(lambda t: t[one[0]] == one[1])
        table = self._rows(self._said(chosen))
        business = kpi.clock is Clock.BUSINESS and len(table)
        calendars = self.held(_with_members(table), calendar=calendar) if business else None
        if calendars is not None:
            table = table.set_column(table.column_names.index("_value"), "_value", _open(kpi, calendars, table))
        rows = []
        for place, row in enumerate(table.to_pylist()):
            why = [words.failed(c, row) for i, c in enumerate(conditions) if row[f"_c{i}"] is not True]
            why = why or _uncounted(kpi, row, part, base, p)
            line = calendars.timelines[int(calendars.codes[place])] if calendars is not None else ()
            rows.append(
                Found(
                    part,
                    {name: value for name, value in row.items() if not name.startswith("_")},
                    row["_at"],
                    row.get("_start"),
                    row.get("_end"),
                    None if row["_value"] is None else float(row["_value"]),
                    float(row["_weight"] or 0.0),
                    tuple(why),
                    line,
                )
            )
        return sorted(rows, key=lambda found: (str(found.at), str(found.row)))

    def behind(self, kpi: Kpi, *, part: Part, wanted: Wanted, calendar: str | None) -> pa.Table:
        """Return the counted rows of a part within the wanted periods: ids, dimensions, value and weight."""
        p = wanted.params
        base = kept(source(part, wanted, self.tables), wanted)
        if part.where is not None:
            base = base.filter(part.where(base, p))
        stock = kpi.fold is Fold.STOCK
        rows = dated(base, part.at(base, p), wanted, stock=stock)
        ids = [c for c in dict.fromkeys((key_of(part), *IDS, *COLUMNS.values())) if c in base.columns]
        columns = {c: rows[c] for c in ids}
        columns |= keys(rows, wanted)
        columns["at"], columns["approximate"] = part.at(rows, p), rows[part.doubt]
        columns["period"] = rows.period.fill_null(-2)
        columns["weight"] = _weight(part, rows, p)
        columns["value"] = measured(part, rows, p)
        if kpi.clock is Clock.BUSINESS:
            columns["_start"], columns["_end"] = part.span(rows, p)
        if stock:
            columns["_over"] = micros(rows.ended_at)
        table = self._rows(self._said(rows.select(**columns)))
        if kpi.clock is Clock.BUSINESS:
            held = self.held(_with_members(table), calendar=calendar)
            table = table.set_column(table.column_names.index("value"), "value", _open(kpi, held, table))
            table = table.drop_columns(["_start", "_end"])
        return table

    def nearest(self, wrong: str, *, part: Part) -> list[str]:
        """Return the ids of a part's rows that look most like a wrong one."""
        key = key_of(part)
        table = part.timeline if part.timeline in TIMELINES else _BEHIND[part.timeline]
        self.tables(table).schema()
        found = self.con.execute(
            f"SELECT DISTINCT {key} FROM {table} WHERE {key} IS NOT NULL"
            f" ORDER BY jaro_winkler_similarity({key}, ?) DESC, {key} LIMIT 3",
            [wrong],
        ).fetchall()
        return [name for (name,) in found]

    def events(self, names: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
        """Return the events that carry any of the ids, by column, in order of time."""
        tests = [f"{c} IN ({', '.join(map(quote, ids))})" for c, ids in names.items() if ids]
        if not tests:
            return []
        from troth.log.lake import with_id

        rows = with_id(self.lake.settled(where=" OR ".join(tests)))
        order = "ORDER BY occurred_at, version, activity, source_id"
        found: list[dict[str, Any]] = self.con.sql(f"SELECT * FROM ({rows}) {order}").fetch_arrow_table().to_pylist()
        return found

    def pauses(self, case: str, *, until: datetime | None) -> list[tuple[datetime, datetime]]:
        """Return the stretches in which a case waited for its customer, up to an instant."""
        if until is None:
            return []
        self.tables("statuses").schema()
        found = self.con.execute(
            "SELECT started_at, coalesce(ended_at, ?) FROM statuses WHERE case_id = ? AND status = 'pending'",
            [until, case],
        ).fetchall()
        return [(start.astimezone(UTC), min(end.astimezone(UTC), until)) for start, end in found]

    def clock_line(self, row: Mapping[str, Any]) -> ClockLine:
        """Return the timeline of a clock of an agreement, given its row of `sla_clocks`."""
        assert self.extent is not None
        case = row["case_id"]
        if case not in self._clock_lines:
            given, now = rules(self.lake, time_zone=self.time_zone), self.extent[1]
            self._clock_lines[case] = clock_lines(self.lake, self.con, rules=given, now=now, case=case)
        return self._clock_lines[case][row["metric"], row["number"]]

    @cached_property
    def _clock_lines(self) -> dict[str, dict[tuple[str, int], ClockLine]]:
        """The timelines of the clocks of cases opened so far."""
        return {}

    def worst(self, view: str, *, customer: str, at: datetime, value: float) -> dict[str, Any] | None:
        """Return the contact or case behind a customer's worst, with the column that was measured in `worst`."""
        if view == "worst_waits":
            sought, column = "contacts WHERE coalesce(queued_at, started_at) = $at AND wait_s = $value", "wait_s"
        else:
            sought, column = "cases WHERE last_resolved_at = $at AND merged_into IS NULL", "resolution"
        found = self.con.execute(
            f"SELECT * FROM {sought} AND customer_id = $customer LIMIT 1",
            {"at": at, "customer": customer} | ({"value": value} if view == "worst_waits" else {}),
        ).fetch_arrow_table()
        rows = found.to_pylist()
        return {**rows[0], "worst": column} if rows else None


#: The timeline a view's ids are found in.
_BEHIND: Final = {
    "cases_paused": "cases",
    "cases_held": "cases",
    "cases_returned": "cases",
    "contacts_repeat": "contacts",
    "contacts_failed": "contacts",
    "contacts_standard": "contacts",
    "customers_active": "cases",
    "worst_waits": "contacts",
    "worst_resolutions": "cases",
    "broken_by_customer": "promises",
    "agents_reviewed": "reviews",
    "answers": "ratings",
    "surveys": "ratings",
    "cases_surveyed": "cases",
    "forecast_cells": "forecasts",
    "forecast_cells_week": "forecasts",
    "forecast_days": "forecasts",
    "sla_clocks": "sla_clocks",
    "sla_cases": "sla_clocks",
    "planned": "schedules",
    "attended": "schedules",
    "worked": "paid",
    "paid_cost": "paid",
    "contact_cost": "contacts",
    "staffed_cells": "requirements",
    "rostered_cells": "requirements",
    "visits_first": "visits",
    "paid_field": "paid",
    "contract_days": "contracts",
    "billable_hours": "logged",
    "paid_logging": "paid",
    "paid_serving": "paid",
    "paid_answering": "paid",
    "paid_resolving": "paid",
    "cost_serving": "paid",
    "cost_resolving": "paid",
    "scores_paired": "calibrations",
}


def _weight(part: Part, rows: Any, p: Any) -> Any:
    """Return what a row adds below the line."""
    return part.weight(rows, p) if callable(part.weight) else float(part.weight)


def _uncounted(kpi: Kpi, row: Mapping[str, Any], part: Part, base: Any, p: Any) -> list[str]:
    """Return why a row that meets all conditions adds nothing: it has no date, or nothing is known to add."""
    why = []
    if row["_at"] is None:
        missing = [words.column(name) for name in words.fields(part.at(base, p)) if row.get(name) is None]
        told = f" ({', '.join(missing)} is not known)" if missing else ""
        why.append(f"It has no date, which would be {kpi.cohort}{told}.")
    if row["_value"] is None:
        expressions = part.span(base, p) if part.value is None else (part.value(base, p),)
        names = dict.fromkeys(name for e in expressions for name in words.fields(e))
        missing = [words.column(name) for name in names if row.get(name) is None]
        why.append(f"There is nothing to count: {' and '.join(missing) or 'the number'} is not known.")
    return why


def _with_members(table: pa.Table) -> pa.Table:
    """Return a table with all columns that decide on calendars; those it does not have are empty."""
    for column in COLUMNS.values():
        if column not in table.column_names:
            table = table.append_column(column, pa.nulls(len(table), pa.string()))
    return table


def _open(kpi: Kpi, held: RowCalendars, table: pa.Table) -> pa.Array:
    """Return open seconds, or for a share whether the end was within the business day; null where not known."""
    start, end = (_micros(table[c]) for c in ("_start", "_end"))
    if kpi.unit is Unit.SHARE:
        return pa.array(held.same_business_day(start, end).astype(np.float64))
    return pa.array(held.elapsed(start, end), from_pandas=True)


def _micros(column: pa.ChunkedArray) -> Any:
    return column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).fill_null(NAT).to_numpy()


def unknown(name: str, *, kpi: Kpi, near: Sequence[str]) -> InputError:
    """Return the complaint about an id that no event carries."""
    advice = f"Maybe {', '.join(near)}." if near else "Maybe it was never imported."
    return InputError([Issue("unknown-case", Severity.ERROR, kpi.name, name, advice)])
