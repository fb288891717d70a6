"""What other products say of the cases of a lake, and what the log knows of the same cases, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.kpi.calendar_use import PRECEDENCE, CalendarUse, coded
from troth.kpi.clocks import NAT, Floats, Ints
from troth.kpi.definition import Params
from troth.kpi.query import Engine
from troth.kpi.reconcile.measure import Material, Spells, Truths
from troth.kpi.reconcile.vendors import ALONE, FIGURES, VendorFigure
from troth.log.references import read_reference
from troth.log.store import quote
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh

if TYPE_CHECKING:
    import duckdb

    from troth.log.lake import Lake

_WARN, _INFO = Severity.WARNING, Severity.INFO
#: Instants of a case by the column of the timeline.
_CASE: Final = {
    "opened": "opened_at",
    "first_contact": "coalesce(first_in_at, opened_at)",
    "reply_clock": "reply_clock_at",
    "first_assignment": "first_assigned_at",
    "last_reopening": "last_reopened_at",
    "first_reply": "first_reply_at",
    "any_reply": "first_any_reply_at",
    "first_solution": "first_solution_at",
    "first_resolution": "first_resolved_at",
    "last_resolution": "last_resolved_at",
    "final_resolution": "CASE WHEN epoch_us(reopened_after_at) - epoch_us(last_resolved_at) <= {window} THEN NULL ELSE last_resolved_at END",
    "closing": "closed_at",
}
_LEFT: Final = "coalesce(answered_at, left_at)"
_ANSWERED: Final = "CASE WHEN outcome = 'answered' THEN {0} END"
#: A wait may leave out what came before a return to the queue, and a service what lay between its parts.
_CONTACT: Final = {
    "entry": "started_at",
    "queue": f"{_LEFT} - to_microseconds((wait_s * 1e6)::BIGINT)",
    "answer": _ANSWERED.format("answered_at"),
    "answer_or_left": _LEFT,
    "end": _ANSWERED.format("answered_at + to_microseconds((service_s * 1e6)::BIGINT)"),
    "over": _ANSWERED.format("ended_at"),
    "wrapped": _ANSWERED.format("ended_at + to_microseconds((wrap_s * 1e6)::BIGINT)"),
}
_REPLIES: Final = ("message_sent", "answered")
#: Instants that a reader may make of a source's own figure, by the activities that would then be known as a sum.
_COARSE: Final = {
    "first_reply": _REPLIES, "any_reply": _REPLIES, "first_resolution": ("resolved",), "last_resolution": ("resolved",),
    "final_resolution": ("resolved",), "first_solution": ("resolved",), "closing": ("closed",), "answer": ("answered",),
    "end": ("ended", "transferred"), "wrapped": ("wrapped",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claims:
    """One figure of another product, for the cases or contacts it says it of.

    Parameters
    ----------
    figure : which.
    names : ids, sorted.
    values : shape (rows,): seconds, a count, or 1 and 0.
    """

    figure: VendorFigure
    names: list[str]
    values: Floats


def claims(lake: Lake, con: duckdb.DuckDBPyConnection) -> tuple[list[Claims], list[Issue]]:
    """Return every figure of other products that a lake holds and that is known, and what is odd about the others.

    Of several figures of one name about a case the last counts. Issues: ``unknown-figure``, ``no-counterpart``,
    ``bad-figure``.
    """
    con.execute(f"CREATE OR REPLACE TEMP TABLE said_figures AS {_said(lake)}")
    found: list[Claims] = []
    issues = _unknown(con)
    for figure in FIGURES:
        where = f"source = {quote(figure.vendor)} AND place = {quote(figure.place)} AND key = {quote(figure.key)}"
        where += f" AND event = {quote(figure.event)}" if figure.event else ""
        name = f"{figure.subject}_id"
        of = "label" if figure.agreement else "NULL::VARCHAR"
        rows = con.sql(
            f"SELECT {name} AS name, {of} AS agreement, arg_max(value, (occurred_at, source_id)) AS value FROM said_figures"
            f" WHERE {where} AND value IS NOT NULL AND {name} IS NOT NULL GROUP BY ALL ORDER BY ALL"
        ).fetch_arrow_table()
        bad = f"{where} AND value IS NULL AND text IS NOT NULL"
        count, example = con.sql(f"SELECT count(*), min(text) FROM said_figures WHERE {bad}").fetchone() or (0, None)
        if count:
            advice = (
                "Maybe export plain numbers (seconds), or true and false, not the words of the screen; it was left out."
            )
            issues.append(Issue("bad-figure", _WARN, f"{figure.vendor} {figure.name}", str(example), advice, count))
        found += _claimed(figure, rows)
    return found, issues


def _claimed(figure: VendorFigure, rows: pa.Table) -> list[Claims]:
    """Return the claims of a figure, those of each agreement apart."""
    found: dict[str | None, tuple[list[str], list[float]]] = {}
    for row in rows.to_pylist():
        names, values = found.setdefault(row["agreement"], ([], []))
        names.append(str(row["name"]))
        values.append(float(row["value"]))
    return [
        Claims(replace(figure, name=f"{figure.name}: {of}", agreement=of) if of else figure, names, np.array(values))
        for of, (names, values) in sorted(found.items(), key=lambda pair: pair[0] or "")
    ]


def _said(lake: Lake) -> str:
    """Return SQL of every figure said: by source, event, name and place."""
    known = [one for one in FIGURES if one.place == "foreign"]
    keys = sorted({one.key for one in known})
    alike = " OR ".join(f"attributes LIKE '%\"{key}\"%'" for key in keys)
    own = f"source IN ({', '.join(quote(v) for v in sorted({one.vendor for one in known}))}) AND ({alike})"
    events = lake.settled(where=f"attributes LIKE '%\"figures\"%' OR ({own})")
    # Keys are foreign text: they are read as a map, never as a path.
    pairs = "unnest(map_entries(from_json(json_extract(attributes, '$.figures'), '\"MAP(VARCHAR, VARCHAR)\"')))"
    figures = f"""SELECT * EXCLUDE (pair), 'figures' AS place, pair.key AS key, pair.value AS text
        FROM (SELECT *, {pairs} AS pair FROM ({events}) WHERE json_type(attributes, '$.figures') = 'OBJECT')"""
    parts = [figures]
    for key in keys:
        found = f"json_extract_string(attributes, '$.foreign.{key}')"
        parts.append(
            f"SELECT *, 'foreign' AS place, {quote(key)} AS key, {found} AS text FROM ({events}) WHERE {found} IS NOT NULL"
        )
    number = "try_cast(replace(text, ',', '') AS DOUBLE)"
    value = f"CASE lower(text) WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0 ELSE {number} END"
    return f"""SELECT source, place, key, coalesce(step, attributes->>'$.topic', activity) AS event, case_id, contact_id,
        attributes->>'$.label' AS label, occurred_at, source_id, text, CASE WHEN {value} >= 0 AND {value} < 1e12 THEN {value} END AS value
        FROM ({" UNION ALL ".join(parts)})"""


def _unknown(con: duckdb.DuckDBPyConnection) -> list[Issue]:
    """Tell of the figures that are compared with nothing, and why."""
    known = {(one.vendor, one.key, one.event) for one in FIGURES}
    rows = con.sql(
        "SELECT source, event, key, count(*) FROM said_figures WHERE place = 'figures' GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    found: dict[tuple[str, str, str], Issue] = {}
    for vendor, event, key, count in rows:
        if (vendor, key, event) in known or (vendor, key, "") in known:
            continue
        words = (key, event, str(event).split()[-1], "*")
        name = key if event in ("figures", "opened") else f"{event} {key}"
        why = next((ALONE[vendor, word] for word in words if (vendor, word) in ALONE), None)
        if why is not None:
            issue = Issue("no-counterpart", _INFO, vendor, name, f"Maybe nothing: {why}. It is not compared.", count)
        else:
            advice = "Maybe the product has a new figure, or it came by another reader; it is not compared."
            issue = Issue("unknown-figure", _WARN, vendor, name, advice, count)
        found[vendor, issue.code, name] = issue
    return list(found.values())


def material(engine: Engine, *, subject: str, names: Sequence[str], params: Params, calendar: str | None) -> Material:
    """Return what the log knows of the named cases or contacts, in their order.

    Parameters
    ----------
    engine : an open lake.
    subject : `case` or `contact`.
    names : ids, sorted; one the log has no timeline of has no instants.
    params : the named defaults, of which the reopening window counts.
    calendar : name of the calendar for all; None means as `calendar_use` says.
    """
    con, uses = engine.con, [] if calendar else read_reference(engine.lake, "calendar_use")
    con.register("asked_names", pa.table({"name": pa.array(names, pa.string())}))
    window = int(params.reopen_window.total_seconds() * 1e6)
    chosen = _CASE if subject == "case" else _CONTACT
    picks = [f"epoch_us({sql}) AS {name}" for name, sql in chosen.items() if name != "final_resolution"]
    if subject == "case":
        picks.append(f"epoch_us({chosen['final_resolution'].format(window=window)}) AS final_resolution")
        picks += [
            "reopens AS reopenings",
            "replies",
            "replies + bot_replies AS replies_with_bots",
            "teams",
            "status_tracked",
        ]
    whose = [d for d in PRECEDENCE if any(row["dimension"] == d for row in uses)]
    picks += [f"{'customer_id' if d == 'customer' else d} AS who_{d}" for d in whose]
    merged = "merged_into IS NOT NULL" if subject == "case" else "false"
    holds = "0.0" if subject == "case" else "hold_s"
    rows = refresh(engine.lake, con, TIMELINES[f"{subject}s"])
    table = con.sql(
        f"SELECT n.name, t.* EXCLUDE ({subject}_id) FROM asked_names AS n LEFT JOIN (SELECT {subject}_id, {', '.join(picks)},"
        f" {merged} AS merged, {holds} AS holds_s FROM ({rows})) AS t ON t.{subject}_id = n.name ORDER BY n.name"
    ).fetch_arrow_table()
    book = CalendarUse(engine.calendars, uses, default=calendar or "24x7")
    spells = _spells(engine) if subject == "case" else _no_spells()
    counts = (
        {name: _floats(table[name]) for name in ("reopenings", "replies", "replies_with_bots", "teams")}
        if subject == "case"
        else {}
    )
    return Material(
        list(names),
        {name: _ticks(table[name]) for name in chosen},
        _coarse(engine, subject, [str(name) for name in names], chosen),
        counts | ({"visits": _visits(engine)} if subject == "case" else {}),
        table["merged"].fill_null(False).to_numpy(),
        np.nan_to_num(_floats(table["holds_s"])),
        book.apply({d: coded(table[f"who_{d}"]) for d in whose}, rows=len(names)),
        spells,
        _begun(engine) if subject == "case" else table["entry"].is_valid().to_numpy(),
        table["status_tracked"].fill_null(False).to_numpy()
        if subject == "case"
        else np.zeros(len(names), dtype=np.bool_),
    )


def _spells(engine: Engine) -> Spells:
    rows = refresh(engine.lake, engine.con, TIMELINES["statuses"])
    table = engine.con.sql(
        "SELECT place, status, epoch_us(started_at) AS start, epoch_us(ended_at) AS until FROM"
        " (SELECT name, row_number() OVER (ORDER BY name) - 1 AS place FROM asked_names)"
        f" JOIN ({rows}) ON case_id = name WHERE started_at IS DISTINCT FROM ended_at ORDER BY place, start, until NULLS LAST"
    ).fetch_arrow_table()
    return Spells(_ticks(table["place"]), table["status"].to_pylist(), _ticks(table["start"]), _ticks(table["until"]))


def _begun(engine: Engine) -> Truths:
    """Return which of the cases asked for were told to be opened."""
    opened = engine.lake.settled(where="activity = 'opened'")
    asked = f"SELECT name IN (SELECT case_id FROM ({opened})) AS begun FROM asked_names ORDER BY name"
    found: Truths = engine.con.sql(asked).fetch_arrow_table()["begun"].fill_null(False).to_numpy()
    return found


def _no_spells() -> Spells:
    none = np.zeros(0, dtype=np.int64)
    return Spells(none, [], none, none)


def _visits(engine: Engine) -> Floats:
    """Return how many times a team had each case: repeats in a row are one time."""
    rows = refresh(engine.lake, engine.con, TIMELINES["assignments"])
    table = engine.con.sql(
        f"SELECT name, coalesce(visits, 0) AS visits FROM asked_names LEFT JOIN (SELECT case_id, count(*) AS visits FROM"
        f" (SELECT case_id, team FROM ({rows}) WHERE team IS NOT NULL QUALIFY team IS DISTINCT FROM lag(team)"
        " OVER (PARTITION BY case_id ORDER BY started_at, ended_at NULLS LAST)) GROUP BY case_id) ON case_id = name ORDER BY name"
    ).fetch_arrow_table()
    return _floats(table["visits"])


def _coarse(engine: Engine, subject: str, names: list[str], chosen: dict[str, str]) -> dict[str, Truths]:
    """Return where an instant is known only as the source's own figure: nothing is proved by agreeing with that."""
    asked = {name: words for name, words in _COARSE.items() if name in chosen}
    listed = ", ".join(quote(word) for word in sorted({w for words in asked.values() for w in words}))
    rows = engine.con.sql(
        f"SELECT DISTINCT {subject}_id, activity FROM ({engine.lake.settled(where=f'{subject}_id IS NOT NULL')})"
        f" WHERE origin = 'aggregate' AND activity IN ({listed})"
    ).fetchall()
    place = {name: k for k, name in enumerate(names)}
    found = {name: np.zeros(len(names), dtype=np.bool_) for name in chosen}
    for case, activity in rows:
        for name, words in asked.items():
            if activity in words and case in place:
                found[name][place[case]] = True
    return found


def _ticks(column: pa.ChunkedArray) -> Ints:
    found: Ints = column.cast(pa.int64()).fill_null(NAT).to_numpy()
    return found


def _floats(column: pa.ChunkedArray) -> Floats:
    found: Floats = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return found
