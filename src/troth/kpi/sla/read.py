"""Clocks from a lake: the events of cases as arrays, the tables of policies, and the clocks as rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from troth.core.calendar import Calendar
from troth.core.decision import Issue, Severity
from troth.core.time import calendars_from_tables
from troth.kpi.calendar_use import Coded, coded
from troth.kpi.clocks import NAT
from troth.kpi.sla.engine import ENDED_BY, STATES, SlaClocks, clocks
from troth.kpi.sla.history import History, Ints, Truths
from troth.kpi.sla.policy import CHANGES, FIELDS, SlaBooks
from troth.kpi.sla.tables import SLA_TABLES, books_from_tables
from troth.log.lake import Lake
from troth.log.references import read_reference
from troth.log.store import quote

if TYPE_CHECKING:
    import duckdb

_INSTANT: Final = pa.timestamp("us", tz="UTC")
_TEXTS: Final = (
    "case_id", "metric", "policy", "state", "ended_by", "calendar", "priority", "queue", "site", "channel", "service",
    "team", "agent_id", "customer_id",
)  # fmt: skip
#: One row a clock. `counted_s`, `paused_s` and `target_s` are open seconds; `share` is counted over target.
SLA_CLOCKS: Final = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in _TEXTS),
        pa.field("number", pa.int64()),
        *(pa.field(name, _INSTANT) for name in ("started_at", "ended_at", "due_at", "decided_at")),
        *(pa.field(name, pa.float64()) for name in ("target_s", "counted_s", "paused_s", "share", "warn")),
        pa.field("approximate", pa.bool_()),
    ]
)
#: Events worked on at once: their texts as objects take some 400 bytes each.
_BATCH: Final = 1_000_000
#: What `_sql` reads; of the attributes only those it looks into.
_READ: Final = (
    "case_id", "occurred_at", "activity", "step", "direction", "origin", "actor", "agent_id", "priority", "queue", "site",
    "channel", "service", "customer_id", "team", "version", "source_id",
    """CASE WHEN attributes LIKE '%"reason"%' OR attributes LIKE '%"topic"%' THEN attributes END AS attributes""",
)  # fmt: skip
_SAID: Final = ("activity", "step", "actor", "direction", "reason")
_TOLD: Final = (
    "priority", "queue", "site", "channel", "service", "customer", "topic", "any_team", "status", "given_team",
    "given_agent", "doer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SlaRules:
    """All that clocks depend on besides the events.

    Parameters
    ----------
    books : the policies as they change.
    calendars, uses : the calendars, and which holds for whom.
    time_zone : whose days decide which version of a policy holds.
    issues : all that is wrong with the tables.
    """

    books: SlaBooks
    calendars: Mapping[str, Calendar]
    uses: Sequence[Mapping[str, Any]]
    time_zone: str
    issues: tuple[Issue, ...]


def rules(lake: Lake, *, time_zone: str = "UTC") -> SlaRules:
    """Read policies and calendars of a lake; a bad row is left out and named."""
    calendars, issues = calendars_from_tables(
        read_reference(lake, "calendars"), calendar_days=read_reference(lake, "calendar_days")
    )
    tables = {name: sorted(read_reference(lake, name), key=str) for name in SLA_TABLES}
    books, found = books_from_tables(tables, calendars=tuple(calendars))
    return SlaRules(books, calendars, read_reference(lake, "calendar_use"), time_zone, (*issues, *found))


def sla_clocks(
    lake: Lake,
    con: duckdb.DuckDBPyConnection,
    *,
    rules: SlaRules,
    now: datetime,
    as_of: date | None = None,
    cases: Sequence[str] | None = None,
) -> pa.Table:
    """Compute the clocks of a lake's cases as rows of `SLA_CLOCKS`, by case, metric and start.

    Parameters
    ----------
    lake, con : where the events are, and a session of it.
    rules : policies and calendars.
    now : up to when events are looked at.
    as_of : the day whose policies rule all cases; None for the day each was opened.
    cases : the cases wanted; all if left out.
    """
    parts = clock_parts(lake, con, rules=rules, now=now, as_of=as_of, cases=cases)
    order = [("case_id", "ascending"), ("metric", "ascending"), ("number", "ascending")]
    return pa.concat_tables([SLA_CLOCKS.empty_table(), *parts]).sort_by(order)


def clock_parts(
    lake: Lake,
    con: duckdb.DuckDBPyConnection,
    *,
    rules: SlaRules,
    now: datetime,
    as_of: date | None = None,
    cases: Sequence[str] | None = None,
    among: str | None = None,
) -> Iterator[pa.Table]:
    """Yield the rows of `sla_clocks`, those of some cases at a time and in no order, so that memory does not grow.

    Parameters
    ----------
    lake, con, rules, now, as_of, cases : as for `sla_clocks`.
    among : a table of the session whose column `case_id` has the cases wanted; all if left out.
    """
    for history in histories(lake, con, now=now, cases=cases, among=among) if rules.books else ():
        yield as_table(history, found=computed(history, rules=rules, now=now, as_of=as_of))


def keep_clocks(con: duckdb.DuckDBPyConnection, *, parts: Iterable[pa.Table], table: str) -> None:
    """Make clocks a table of a session, which DuckDB keeps on disk where they do not fit in memory."""
    con.register("clock_part", SLA_CLOCKS.empty_table())
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS FROM clock_part")
    for part in parts:
        con.register("clock_part", part)
        con.execute(f"INSERT INTO {table} FROM clock_part")
    con.unregister("clock_part")


def computed(history: History, *, rules: SlaRules, now: datetime, as_of: date | None = None) -> SlaClocks:
    """Return the clocks of a history by the rules of a lake."""
    return clocks(
        history,
        books=rules.books,
        calendars=rules.calendars,
        now=now,
        uses=rules.uses,
        time_zone=rules.time_zone,
        as_of=as_of,
    )


def histories(
    lake: Lake,
    con: duckdb.DuckDBPyConnection,
    *,
    now: datetime,
    cases: Sequence[str] | None = None,
    among: str | None = None,
) -> Iterable[History]:
    """Yield the histories of a lake's cases, about a million events at once."""
    named = "true" if cases is None else f"case_id IN ({', '.join(map(quote, cases)) or 'NULL'})"
    named += "" if among is None else f" AND case_id IN (SELECT case_id FROM {among})"
    where = f"case_id IS NOT NULL AND {named} AND occurred_at <= {quote(now.isoformat())}::TIMESTAMPTZ"
    con.execute(f"CREATE OR REPLACE TEMP VIEW sla_events AS {lake.settled(where=where)}")
    (count,) = con.sql("SELECT count(*) FROM sla_events").fetchone() or (0,)
    customers = lake.settled_reference("customers") if lake.knows("customers") else None
    parts = max(1, -(-count // _BATCH))
    if parts == 1:
        yield history(con, events="SELECT * FROM sla_events", customers=customers)
        return
    # The log is read once: looking for each part's cases in all of it would take parts times as long.
    (spill,) = con.sql("SELECT current_setting('temp_directory')").fetchone() or ("",)
    con.execute(f"""
        COPY (SELECT {", ".join(_READ)}, hash(case_id) % {parts} AS part FROM sla_events)
        TO {quote(f"{spill}/sla")} (FORMAT parquet, COMPRESSION snappy, PARTITION_BY (part), OVERWRITE true)""")
    for part in range(parts):
        files = quote(f"{spill}/sla/part={part}/*.parquet")
        if con.sql(f"SELECT count(*) FROM glob({files})").fetchone() != (0,):
            rows = f"SELECT * FROM read_parquet({files}, hive_partitioning = false)"
            yield history(con, events=rows, customers=customers)


def unknown_cases(lake: Lake, con: duckdb.DuckDBPyConnection, *, cases: Sequence[str]) -> list[Issue]:
    """Return an issue ``unknown-case`` with the nearest ids for each case that no event carries.

    Parameters
    ----------
    lake, con : where the events are, and a session of it.
    cases : the cases asked for.
    """
    known = f"SELECT DISTINCT case_id FROM ({lake.settled(where='case_id IS NOT NULL')})"
    there = {
        name for (name,) in con.sql(f"{known} WHERE case_id IN ({', '.join(map(quote, cases)) or 'NULL'})").fetchall()
    }
    found = []
    for case in dict.fromkeys(cases):
        if case in there:
            continue
        near = con.execute(
            f"{known} ORDER BY jaro_winkler_similarity(case_id, ?) DESC, case_id LIMIT 3", [case]
        ).fetchall()
        advice = f"Maybe {', '.join(name for (name,) in near)}." if near else "Maybe it was never imported."
        found.append(Issue("unknown-case", Severity.ERROR, "case", case, advice))
    return found


def history(con: duckdb.DuckDBPyConnection, *, events: str, customers: str | None = None) -> History:
    """Return the events of cases as arrays.

    Parameters
    ----------
    con : what to compute with.
    events : SQL of events in `schema.STORED`.
    customers : SQL of the reference table `customers`, for filters on segment and organisation.
    """
    rows = con.sql(_sql(events)).fetch_arrow_table()
    named = coded(rows["case_id"])
    case, at = named.codes, rows["at"].to_numpy()
    said = {column: coded(rows[column]) for column in _SAID}
    first = np.searchsorted(case, np.arange(len(named.names)))
    inexact = np.zeros(len(named.names), dtype=np.bool_)
    inexact[case[rows["inexact"].to_numpy()]] = True
    told = {name: _filled(coded(rows[name]), first[case]) for name in _TOLD}
    known: dict[str, Coded] = {name: told[name] for name in FIELDS if name in told}
    known["team"] = _either(_named(told["given_team"]), told["any_team"], given=_named(told["given_team"]).codes >= 0)
    known["agent"] = _either(_named(told["given_agent"]), told["doer"], given=told["given_agent"].codes >= 0)
    known |= _customers(con, customers, told["customer"])
    changing = {"team": "given_team", "agent": "given_agent", "priority": "priority", "status": "status"}
    return History(
        cases=[str(name) for name in named.names],
        case=case,
        at=at,
        said=said,
        known=known,
        changed={name: _changed(_named(told[changing[name]]).codes, first) for name in CHANGES},
        replied=_after(rows["reply"].to_numpy(), first[case]),
        approximate=inexact,
        opened=_opened(case, at, rows["opens"].to_numpy(), first),
    )


def _sql(events: str) -> str:
    """Return SQL of what each event says, in the order in which cases see them."""
    given = "CASE activity WHEN 'assigned' THEN coalesce({0}, '') WHEN 'unassigned' THEN '' END"
    return f"""
        SELECT case_id, epoch_us(occurred_at) AS at, activity, step, direction, origin <> 'exact' AS inexact,
            coalesce(actor, CASE WHEN agent_id IS NOT NULL THEN 'human' END) AS actor,
            CASE WHEN attributes LIKE '%"reason"%' THEN attributes->>'$.reason' END AS reason,
            CASE WHEN attributes LIKE '%"topic"%' THEN attributes->>'$.topic' END AS topic,
            priority, queue, site, channel, service, customer_id AS customer, team AS any_team,
            CASE activity WHEN 'status_changed' THEN step WHEN 'closed' THEN 'closed' END AS status,
            {given.format("team")} AS given_team, {given.format("agent_id")} AS given_agent,
            CASE WHEN coalesce(actor, 'human') = 'human' THEN agent_id END AS doer, activity = 'opened' AS opens,
            coalesce((activity = 'answered' OR activity = 'message_sent' AND coalesce(direction, 'out') <> 'internal')
                AND coalesce(actor, CASE WHEN agent_id IS NOT NULL THEN 'human' END) = 'human', false) AS reply
        FROM ({events}) ORDER BY case_id, occurred_at, version, activity, source_id"""


def _filled(column: Coded, first: Ints) -> Coded:
    """Return a column in which every event says what was last said in its case; `first` is the place of the case's first."""
    place = np.maximum.accumulate(np.where(column.codes >= 0, np.arange(len(first)), -1)) if len(first) else first
    return Coded(np.where(place >= first, column.codes[place], -1), column.names)


def _named(column: Coded) -> Coded:
    """Return a column in which the empty text is nothing."""
    if "" not in column.names:
        return column
    return Coded(np.where(column.codes == list(column.names).index(""), -1, column.codes), column.names)


def _either(one: Coded, other: Coded, *, given: Truths) -> Coded:
    """Return the one column where it is given, else the other."""
    names = list(dict.fromkeys([*one.names, *other.names]))
    place = {name: code for code, name in enumerate(names)}
    moved = np.array([*(place[name] for name in other.names), -1], dtype=np.int64)
    return Coded(np.where(given, one.codes, moved[other.codes]), names)


def _customers(con: duckdb.DuckDBPyConnection, customers: str | None, who: Coded) -> dict[str, Coded]:
    """Return what the table of customers says of each event's customer."""
    rows: dict[str, tuple[str | None, str | None]] = {}
    if customers is not None:
        newest = "row_number() OVER (PARTITION BY customer_id ORDER BY valid_from DESC NULLS LAST) = 1"
        found = con.sql(f"SELECT customer_id, segment, organisation FROM ({customers}) QUALIFY {newest}").fetchall()
        rows = {name: (segment, organisation) for name, segment, organisation in found}
    made = {}
    for place, name in enumerate(("segment", "organisation")):
        mine = [rows.get(str(customer), (None, None))[place] for customer in who.names]
        words = sorted({word for word in mine if word is not None})
        codes = np.array([*(words.index(word) if word is not None else -1 for word in mine), -1], dtype=np.int64)
        made[name] = Coded(codes[who.codes], words)
    return made


def _changed(codes: Ints, first: Ints) -> Truths:
    """Return which events gave their case another value than it had."""
    before = np.concatenate([[-1], codes[:-1]])[: len(codes)]
    before[first] = -1
    changed: Truths = codes != before
    return changed


def _after(hit: Truths, first: Ints) -> Truths:
    """Return which events come after a hit of their case."""
    place = np.maximum.accumulate(np.where(hit, np.arange(len(hit)), -1)) if len(hit) else first
    before = np.concatenate([[-1], place[:-1]])[: len(hit)]
    after: Truths = before >= first
    return after


def _opened(case: Ints, at: Ints, opens: Truths, first: Ints) -> Ints:
    """Return when each case was opened, else its first event."""
    opened = at[first]
    rows = np.flatnonzero(opens)[::-1]  # of several the earliest, written last, stays
    opened[case[rows]] = at[rows]
    return opened


def as_table(history: History, *, found: SlaClocks) -> pa.Table:
    """Return clocks as rows of `SLA_CLOCKS`.

    A clock's team, person and all else known of its case are those when it was decided, else at its end, else now. The
    person of a case that nobody was ever given is who last did something with it.
    """
    count = len(found)
    instant = np.where(found.decided != NAT, found.decided, np.where(found.end != NAT, found.end, found.now))
    # What replaced a clock is said at its end already; one that was broken by then was decided earlier.
    replaced = (found.ended_by == ENDED_BY.index("replaced")) & (found.decided == NAT)
    instant = np.where(replaced, instant - 1, instant)
    place = history.place(found.case, at=np.minimum(instant, found.now))
    texts: dict[str, Any] = {
        "case_id": _taken(history.cases, found.case),
        "state": _taken(STATES, found.state),
        "ended_by": _taken([how or None for how in ENDED_BY], found.ended_by),
        **{name: _taken([getattr(t, name) for t in found.targets], found.target) for name in ("metric", "policy")},
        "calendar": _taken([t.calendar for t in found.targets], found.target),
    }
    known = {"agent_id": "agent", "customer_id": "customer"}
    for name in ("priority", "queue", "site", "channel", "service", "team", "agent_id", "customer_id"):
        coded = history.known[known.get(name, name)]
        texts[name] = _taken([*coded.names, None], coded.codes[place])
    targets = np.array([(t.seconds, t.warn) for t in found.targets] or [(1.0, 1.0)])[found.target]
    counted = found.counted / 1e6
    values = {
        **texts,
        "number": found.number,
        "started_at": _instants(found.start),
        "ended_at": _instants(found.end),
        "due_at": _instants(found.due),
        "decided_at": _instants(found.decided),
        "target_s": targets[:, 0] if count else [],
        "counted_s": counted,
        "paused_s": found.paused / 1e6,
        "share": counted / targets[:, 0] if count else [],
        "warn": targets[:, 1] if count else [],
        "approximate": history.approximate[found.case],
    }
    columns = [
        pa.array(values[f.name], f.type) if not isinstance(values[f.name], pa.Array) else values[f.name].cast(f.type)
        for f in SLA_CLOCKS
    ]
    return pa.table(columns, schema=SLA_CLOCKS)


def _taken(names: Sequence[Any], codes: Ints) -> pa.Array:
    """Return names by code; code -1 takes the last."""
    listed = pa.array([None if name is None else str(name) for name in names], pa.string())
    return listed.take(pa.array(np.where(codes < 0, len(names) - 1, codes), pa.int64()))


def _instants(at: Ints) -> pa.Array:
    return pa.array(at, pa.int64(), mask=at == NAT).cast(_INSTANT)
