"""Plans how one event template of a mapping is computed: what passes through, what is constant, what needs SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from troth.log.readers._mapping import Column, Constant, Event, Field, Mapped, Time
from troth.log.readers._sql import Compiler, text

#: An activity and the ones that cannot come before it in the same row.
FOLLOWS: Final[dict[str, tuple[str, ...]]] = {
    "arrived": ("queued", "answered", "ended", "abandoned"),
    "queued": ("answered", "abandoned", "ended"),
    "answered": ("ended", "wrapped", "held"),
    "held": ("resumed",),
    "opened": ("solution_proposed", "resolved", "closed"),
    "travel_started": ("arrived_on_site",),
    "work_started": ("work_ended", "signed_off"),
    "shift_started": ("shift_ended",),
    "counter_opened": ("counter_closed",),
    "focused": ("unfocused",),
    "step_started": ("step_ended",),
    "recovery_opened": ("recovery_closed",),
    "trial_started": ("trial_ended",),
}
NUMBERS: Final = {"version": "BIGINT", "value": "DOUBLE"}

_END: Final = "Maybe the two times are in the wrong columns, or one of them is in another time zone."
_NUMBER: Final = "Maybe the decimal mark is a comma (`decimal: ','`), or text stands in a column of numbers."
_NO_TIME: Final = "Maybe the row is unfinished; `required: false` in the mapping passes such rows over."


@dataclass(frozen=True, slots=True)
class Check:
    """A fault an event of a row can have."""

    code: str
    column: str
    advice: str
    condition: str


@dataclass(slots=True)
class Plan:
    """How an event is computed from the table `r`.

    Parameters
    ----------
    plain : fields that are a column of `r` as it is.
    constant : fields that are one text.
    computed : fields that need SQL.
    where : conditions of the event.
    checks : faults it can have.
    """

    plain: dict[str, str] = field(default_factory=dict)
    constant: dict[str, str] = field(default_factory=dict)
    computed: dict[str, str] = field(default_factory=dict)
    where: list[str] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    def query(self) -> str | None:
        """Return the query; None if every row gives the event and nothing needs computing."""
        if not (self.computed or self.where or self.checks):
            return None
        bits = " + ".join(f"CASE WHEN {c.condition} THEN {1 << i} ELSE 0 END" for i, c in enumerate(self.checks)) or "0"
        listed = "".join(f"{sql} AS {name}, " for name, sql in self.computed.items())
        where = f" WHERE {' AND '.join(self.where)}" if self.where else ""
        return f"SELECT {listed}_i, ({bits})::BIGINT AS _bad FROM r{where}"

    def put(self, name: str, sql: str) -> None:
        """Set a field that needs SQL."""
        self.plain.pop(name, None)
        self.constant.pop(name, None)
        self.computed[name] = sql


class Planner:
    """Plans the events of a mapping for one table.

    Parameters
    ----------
    mapped : the mapping.
    compiler : turns its parts into SQL.
    time : gives the number of a `Time`: its columns are t (instant), z (in doubt) and b (unreadable).
    table : the rows; z and b columns are there only where anything is.
    by_content : whether ids come from the content of rows, in column `_id`.
    """

    def __init__(
        self, mapped: Mapped, *, compiler: Compiler, time: Callable[[Time], int], table: pa.Table, by_content: bool
    ) -> None:
        self.mapped = mapped
        self.compiler = compiler
        self.time = time
        self.table = table
        self.by_content = by_content

    def plan(self, event: Event) -> Plan:
        """Return the plan of one event."""
        plan = Plan(constant={"source": self.mapped.source})
        at = f"t{self.time(event.at)}"
        plan.plain["occurred_at"] = at
        if event.recorded_at is not None:
            plan.plain["recorded_at"] = f"t{self.time(event.recorded_at)}"
        for name, item in event.fields.items():
            self._field(plan, name, item)
        self._source_id(plan, event)
        self._origin(plan, event)
        if "*" in event.attributes:
            self._field(plan, "attributes", event.attributes["*"])
        elif event.attributes:
            pairs = ", ".join(f"{text(key)}, {self.compiler.field(item)}" for key, item in event.attributes.items())
            plan.put("attributes", f"nullif(json_merge_patch('{{}}', json_object({pairs}))::VARCHAR, '{{}}')")
        self._time(plan, event, at)
        if event.when:
            plan.where.append(f"({self.compiler.all(event.when)})")
        plan.where += [f"NOT ({self.compiler.when(test)})" for test in self.mapped.skip]
        return plan

    def _field(self, plan: Plan, name: str, item: Field) -> None:
        sql = self.compiler.field(item)
        column = item.name if isinstance(item, Column) else ""
        unmapped = self.compiler.unmapped(item)
        if unmapped:
            advice = f"Maybe the mapping of `{name}` lacks this word."
            plan.checks.append(Check(f"unmapped-{name.replace('_', '-')}", column, advice, unmapped))
        if name == "activity" and isinstance(item, Column) and item.map is not None:
            plan.where.append(f"({sql} IS NOT NULL{f' OR ({unmapped})' if unmapped else ''})")
        if name in NUMBERS:
            if self._all_null(sql):
                return
            number = self.compiler.number(sql, NUMBERS[name])
            plan.checks.append(Check("bad-number", column, _NUMBER, f"{sql} IS NOT NULL AND {number} IS NULL"))
            plan.put(name, number)
        elif isinstance(item, Constant):
            plan.constant[name] = item.text
        elif name == "source":
            if sql not in self.table.column_names or self.table.column(sql).null_count:
                plan.put(name, f"coalesce({sql}, {text(self.mapped.source)})")
            else:
                plan.constant.pop("source")
                plan.plain[name] = sql
        elif sql in self.table.column_names:
            plan.plain[name] = sql
        else:
            plan.put(name, sql)

    def _all_null(self, sql: str) -> bool:
        return sql in self.table.column_names and self.table.column(sql).null_count == len(self.table)

    def _source_id(self, plan: Plan, event: Event) -> None:
        tail = f" || {text('/' + event.name)}" if len(self.mapped.events) > 1 else ""
        own = plan.plain.get("source_id")
        if not self.by_content:
            columns = [self.compiler.column(c) for c in self.mapped.id]
            for name, sql in zip(self.mapped.id, columns, strict=True):
                if sql not in self.table.column_names or self.table.column(sql).null_count:
                    plan.checks.append(
                        Check("missing-id", name, "Maybe the row is a total or a blank line.", f"{sql} IS NULL")
                    )
            plan.put("source_id", " || '/' || ".join(columns) + tail)
        elif own is not None and not self.table.column(own).null_count:
            return
        elif tail or own is not None:
            plan.put("source_id", (f"coalesce({own}, _id)" if own is not None else "_id") + tail)
        else:
            plan.plain["source_id"] = "_id"

    def _origin(self, plan: Plan, event: Event) -> None:
        default = "exact" if event.at.plus is None else "aggregate"
        said = plan.plain.get("origin") or plan.computed.get("origin")
        said = text(plan.constant["origin"]) if "origin" in plan.constant else said
        doubt = f"z{self.time(event.at)}"
        sql = f"coalesce({said}, {text(default)})" if said else text(default)
        if doubt in self.table.column_names:
            plan.put("origin", f"CASE WHEN {doubt} AND {sql} = 'exact' THEN 'assumed_zone' ELSE {sql} END")
        elif not said:
            plan.constant["origin"] = default
        elif "origin" in plan.computed or (
            "origin" in plan.plain and self.table.column(plan.plain["origin"]).null_count
        ):
            plan.put("origin", sql)

    def _time(self, plan: Plan, event: Event, at: str) -> None:
        shown = event.at.clock or event.at.column
        slack = f"to_microseconds({round(self.mapped.clock_slack_s * 1e6)})"
        for other in self.mapped.events:
            if event.activity in FOLLOWS.get(other.activity or "", ()):
                start = f"t{self.time(other.at)}"
                condition = f"({self.compiler.all(other.when)}) AND {start} IS NOT NULL AND {at} < {start} - {slack}"
                plan.checks.append(Check("end-before-start", shown, _END, condition))
        if not self.table.column(at).null_count:
            return
        if event.required:
            unreadable = f"b{self.time(event.at)}"
            known = f" AND NOT {unreadable}" if unreadable in self.table.column_names else ""
            plan.checks.append(Check("missing-time", shown, _NO_TIME, f"{at} IS NULL{known}"))
        else:
            plan.where.append(f"{at} IS NOT NULL")


def assembled(plan: Plan, table: pa.Table, found: pa.Table | None, *, kinds: Sequence[pa.Field]) -> pa.Table:
    """Return the fields of an event as columns of the given kinds.

    Parameters
    ----------
    table : the rows.
    found : what `plan.query` gave, `_i` being the row of each; None if every row gives the event.
    """
    places = None if found is None or len(found) == len(table) else found.column("_i")
    size = len(table) if found is None else len(found)
    columns = []
    for kind in kinds:
        if kind.name in plan.plain:
            column = table.column(plan.plain[kind.name])
            column = column if places is None else column.take(places)
        elif kind.name in plan.constant:
            column = pa.repeat(pa.scalar(plan.constant[kind.name], pa.string()), size)
        elif kind.name in plan.computed:
            assert found is not None
            column = found.column(kind.name)
        else:
            columns.append(pa.nulls(size, kind.type))
            continue
        columns.append(column if column.type == kind.type else column.cast(kind.type))
    return pa.table(columns, schema=pa.schema(list(kinds)))
