"""The SQL of declared records: from JSON texts to columns, faults and events."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from troth.log.readers._facts import Doubt, Fact, Kind, Rows, json_object
from troth.log.schema import DRAFTS

#: SQL that tells whether `j` is the text of a JSON object.
IS_OBJECT: Final = "CASE WHEN json_valid(j) THEN json_type(j) = 'OBJECT' ELSE false END"
#: No length in seconds or minutes, and no count of a service, is above this: seconds from 1970 to 2103.
_MOST: Final = 4_200_000_000
# Other years are no years of a service, and beyond those of a calendar.
_DAY: Final = r"[12]\d{3}-\d\d-\d\d"
_NAIVE: Final = rf"{_DAY}[T ]\d{{1,2}}:\d\d(:\d\d([.,]\d+)?)?"
_AWARE: Final = rf"{_DAY}.*:\d\d(\.\d+)? ?([+-]\d\d(:?\d\d)?|UTC)"
#: Event columns that a fact may fill in; `occurred_at`, `version`, `activity`, `origin`, ids and rows are the engine's.
_CELLS: Final = tuple(
    n
    for n in DRAFTS.names
    if n not in {"occurred_at", "recorded_at", "version", "activity", "attributes", "origin", "source", "source_id"}
    and not n.startswith("_")
)


def path(place: str) -> str:
    """Return the JSON path of a dotted place."""
    return "$" + "".join(f'."{step}"' for step in place.split("."))


def quoted(value: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def is_of(kind: Kind) -> str:
    """Return SQL that tells from `keys` whether a record is of the kind."""
    return " AND ".join(f"list_has_any(keys, [{', '.join(map(quoted, mark.split('|')))}])" for mark in kind.marks)


def extracted(kind: Kind, *, zone: str | None, others: str = "NULL::VARCHAR") -> str:
    """Return the selection of a kind's columns from `mine` (row, j and, of lists, item and nr).

    Texts have their own names. A number `x` is `x`, its text `x_s`. A time `x` is the instant `x`, its text `x_s`, the
    local time `x_n` if it names no zone, and `x_o`, how surely its zone is known. Without a zone times that name none are in UTC. `others` is SQL of the unknown fields.
    """
    outer = sorted({p for ps in kind.places().values() for p in ps if not p.startswith("@.")})
    inner = sorted({p for ps in kind.places().values() for p in ps if p.startswith("@.")})
    lists = [f"json_extract_string(j, [{', '.join(quoted(path(p)) for p in outer)}]) AS _o"] if outer else []
    if inner:
        lists.append(f"json_extract_string(item, [{', '.join(quoted(path(p[2:])) for p in inner)}]) AS _i")
    place = {p: f"_o[{n + 1}]" for n, p in enumerate(outer)} | {p: f"_i[{n + 1}]" for n, p in enumerate(inner)}
    said = ["row", f"{others} AS _others", *(["nr"] if kind.each else [])]
    for name, places in kind.places().items():
        # A blank is no value, as in a cell of a table.
        value = "coalesce(" + ", ".join(f"nullif(trim({place[p]}), '')" for p in places) + ")"
        said.append(f"{value} AS {raw(kind, name)}")
    read = [f"try_cast({name}_s AS DOUBLE) AS {name}" for name in kind.numbers]
    read += [column for name in kind.times for column in _read(name)]
    placed = [column for name in kind.times for column in _placed(name, zone)]
    query = f"SELECT {', '.join(said)} FROM (SELECT *, {', '.join(lists)} FROM mine)"
    query = f"SELECT {', '.join(['*', *read])} FROM ({query})"
    if not kind.times:
        return query
    gone = ", ".join(f"{name}_z" for name in kind.times)
    return f"SELECT * EXCLUDE ({gone}), {', '.join(placed)} FROM ({query})"


def raw(kind: Kind, column: str) -> str:
    """Return the name of the column that holds a column's text as the source wrote it."""
    return f"{column}_s" if column in kind.times or column in kind.numbers else column


def unknown_fields(names: Iterable[str]) -> str:
    """Return SQL of the plain values of some fields as the inside of a JSON object."""
    pieces = []
    for name in names:
        place, key = quoted(f'$."{name}"'), quoted(json.dumps(name, ensure_ascii=False) + ":")
        plain = f"json_type(j, {place}) NOT IN ('OBJECT', 'ARRAY', 'NULL')"
        pieces.append(f"CASE WHEN {plain} THEN {key} || json_extract(j, {place})::VARCHAR END")
    return f"concat_ws(',', {', '.join(pieces)})" if pieces else "NULL::VARCHAR"


def _read(name: str) -> list[str]:
    """Return a time as far as its text alone tells it: ISO 8601, or seconds or milliseconds since 1970.

    `_z` is the instant of a text that names it, `_n` the local time of one that does not.
    """
    s = f"{name}_s"
    aware = (
        f"CASE WHEN ends_with({s}, 'Z') THEN CASE WHEN {s} BETWEEN '1' AND '3' THEN try_cast({s} AS TIMESTAMPTZ) END"
        f" WHEN regexp_full_match({s}, '{_NAIVE}') THEN NULL"
        f" WHEN regexp_full_match({s}, '{_AWARE}') THEN try_cast(regexp_replace({s}, ' ?UTC$', 'Z') AS TIMESTAMPTZ)"
        f" WHEN regexp_full_match({s}, '\\d{{9,10}}([.]\\d+)?') THEN make_timestamptz(round({s}::DOUBLE * 1000000)::BIGINT)"
        f" WHEN regexp_full_match({s}, '\\d{{12,13}}') THEN make_timestamptz({s}::BIGINT * 1000) END"
    )
    local = (
        f"CASE WHEN NOT ends_with({s}, 'Z') AND regexp_full_match({s}, '{_NAIVE}') THEN try_cast({s} AS TIMESTAMP) END"
    )
    return [f"{aware} AS {name}_z", f"{local} AS {name}_n"]


def _placed(name: str, zone: str | None) -> list[str]:
    """Return a time as an instant, and how surely its zone is known."""
    assumed, place = ("true" if zone is None else "false"), quoted(zone or "UTC")
    first = f"timezone({place}, {name}_n)"
    # A time that happens twice is the first of the two, as everywhere in Troth (PEP 495, fold 0).
    twice = f"coalesce(timezone({place}, {first} - INTERVAL 1 HOUR) = {name}_n, false)"
    return [
        f"CASE WHEN {name}_n IS NULL THEN {name}_z WHEN {twice} THEN {first} - INTERVAL 1 HOUR ELSE {first} END AS {name}",
        f"CASE WHEN {name}_n IS NOT NULL AND ({assumed} OR {twice}) THEN 'assumed_zone' ELSE 'exact' END AS {name}_o",
    ]


def problems(kind: Kind) -> list[Doubt]:
    """Return all that makes a record of a kind rejected, the declared faults first."""
    found = [
        Doubt(
            f"{raw(kind, need)} IS NULL",
            "missing-value",
            need,
            f"Maybe the record was cut: a {kind.name} needs its {theirs}.",
        )
        for need in kind.needs
        for theirs in [kind.places()[need][0].removeprefix("@.")]
    ]
    bad = "Maybe the cell is damaged; write times as 2026-03-02T09:00:00Z."
    found += [Doubt(f"{n}_s IS NOT NULL AND {n} IS NULL", "bad-time", n, bad) for n in kind.times]
    wrong = "Maybe the cell is damaged; a plain number belongs there, with a point."
    found += [
        Doubt(f"{n}_s IS NOT NULL AND ({n} IS NULL OR NOT abs({n}) <= {_MOST:d})", "bad-number", n, wrong)
        for n in kind.numbers
    ]
    return [*found, *kind.wrong]


def judged(kind: Kind, *, columns: str) -> str:
    """Return the selection that adds `problem`, the number of the first fault of each record, null if there is none.

    Parameters
    ----------
    kind : the kind.
    columns : the selection of its columns.
    """
    whens = [f"WHEN {doubt.test} THEN {k}" for k, doubt in enumerate(problems(kind))]
    problem = f"CASE {' '.join(whens)} END" if whens else "NULL::INTEGER"
    return f"SELECT *, {problem} AS problem FROM ({columns})"


def events(kind: Kind, *, source: str) -> str:
    """Return the query that makes the drafts of the good records of a kind, in the view `good`.

    Parameters
    ----------
    kind : the kind.
    source : the source of the events.
    """
    queries = [_event(kind, fact, source=source) for fact in kind.facts]
    for column, fact in kind.lists.items():
        items = f"regexp_extract_all({column}, '[^\\[\\]\",\\s]+')"
        queries.append(_event(kind, fact, source=source, rows=f"(SELECT *, unnest({items}) AS element FROM good)"))
    return "\n UNION ALL ".join(queries)


def _event(kind: Kind, fact: Fact, *, source: str, rows: str = "good") -> str:
    cells = {**kind.base, **fact.cells}
    keys = dict(fact.keys)
    if fact.foreign:
        named = [f"""'"{k}":' || to_json({v})::VARCHAR""" for k, v in kind.foreign.items()]
        pieces = ", ".join([*named, "nullif(_others, '')"])
        keys["foreign"] = f"nullif('{{' || concat_ws(',', {pieces}) || '}}', '{{}}')"
    if fact.figures:
        keys["figures"] = json_object({k: f"({v})::DOUBLE::VARCHAR" for k, v in kind.figures.items()})
    at = fact.at
    known = cells.get("origin", f"{at}_o" if at in kind.times else "'exact'")
    picks = [
        f"{at} AS occurred_at",
        f"({cells.get('version', kind.version)})::BIGINT AS version",
        f"{fact.activity if not fact.activity.isidentifier() else quoted(fact.activity)} AS activity",
        f"{json_object(keys)} AS attributes",
        f"{known} AS origin",
        f"{quoted(source)} AS source",
        f"{fact.id} AS source_id",
        "row AS _row",
        *(f"({cells.get(name, 'NULL')})::{'DOUBLE' if name == 'value' else 'VARCHAR'} AS {name}" for name in _CELLS),
    ]
    return (
        f"SELECT {', '.join(picks)} FROM {rows} WHERE ({fact.where}) AND ({at}) IS NOT NULL AND ({fact.id}) IS NOT NULL"
    )


def reference(rows: Rows, columns: Iterable[str]) -> str:
    """Return the query of rows of a reference table."""
    picks = [f"{rows.columns.get(name, 'NULL')} AS {name}" for name in columns]
    return f"SELECT DISTINCT {', '.join(picks)} FROM good WHERE {rows.where}"
