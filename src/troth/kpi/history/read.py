"""Publications: figures kept as they were said, with the rules they rested on; and a lake read under other rules."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.terms import Unit
from troth.core.time import Step
from troth.kpi.definition import Figure, Params
from troth.kpi.query import Engine, Query
from troth.log.lake import Lake
from troth.log.reference import TABLES
from troth.log.references import read_reference

if TYPE_CHECKING:
    import duckdb

#: The tables that rules are in: what is kept with a publication, so that it can be computed under them again.
RULES: Final = (
    "sites", "services", "memberships", "calendars", "calendar_days", "calendar_use", "targets", "rates",
    "sla_policies", "sla_filters", "sla_targets", "sla_conditions",
)  # fmt: skip


class Under(Lake):
    """A lake whose reference tables are others than its own.

    Parameters
    ----------
    lake : the events, and every table that is not given.
    tables : rows by table, in the columns of `reference.TABLES`.
    """

    def __init__(self, lake: Lake, tables: Mapping[str, pa.Table]) -> None:
        super().__init__(lake.root, memory=lake.memory, hot=lake.hot)
        self._given = dict(tables)

    @contextmanager
    def session(self, *, threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection that knows the given tables."""
        with super().session(threads=threads) as con:
            for name, rows in self._given.items():
                con.register(f"given_{name}", rows)
            yield con

    def settled_reference(self, table: str) -> str:
        """Return SQL for a given table, else for the lake's own."""
        return f"SELECT * FROM given_{table}" if table in self._given else super().settled_reference(table)

    def knows(self, table: str) -> bool:
        """Tell whether a table was given, or ever imported."""
        return table in self._given or super().knows(table)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was published.

    Parameters
    ----------
    name, published_at : which and when.
    asked : the question, its period and time zone fixed.
    definitions : version of each KPI by its name.
    tables : the rules it rested on, see `RULES`.
    figures : what was said.
    defaults : the named defaults of then.
    """

    name: str
    published_at: datetime
    asked: Query
    definitions: Mapping[str, int]
    tables: Mapping[str, pa.Table]
    figures: tuple[Figure, ...]
    defaults: Params = field(default_factory=Params)


def publish(lake: Lake, *, asked: Query, name: str, now: datetime) -> list[Figure]:
    """Compute figures and keep them as they are, with the rules they rest on, under a name.

    Raises
    ------
    InputError : what `query` raises; ``publication-exists``, ``no-name``.
    """
    if not name.strip():
        raise InputError([Issue("no-name", Severity.ERROR, "publication", name, "Maybe a name such as 2026-03.")])
    if any(row["publication"] == name for row in read_reference(lake, "publications")):
        raise _taken(name)
    with lake.session() as con:
        engine = Engine(lake, con)
        found, time_zone = engine.figures(asked), asked.time_zone or engine.time_zone
    fixed = replace(
        asked,
        kpis=tuple(dict.fromkeys(f"{one.id}/{one.variant}" for one in found)),
        time_zone=time_zone,
        start=asked.start or min((datetime.fromisoformat(one.start) for one in found), default=None),
        end=asked.end or max((datetime.fromisoformat(one.end) for one in found), default=None),
    )
    tables = {table: read_reference(lake, table) for table in RULES}
    head = {
        "publication": name, "published_at": now, "question": json.dumps(_plain(fixed)),
        "rules": json.dumps({table: [_said(row) for row in rows] for table, rows in tables.items() if rows}),
    }  # fmt: skip
    rows = [
        {
            "publication": name, "published_at": now, "place": place, "kpi": one.id, "variant": one.variant, "definition": one.definition,
            "by": json.dumps(dict(one.by)), "period_start": one.start, "period_end": one.end, "unit": str(one.unit),
            "value": one.value, "n": one.n, "low": one.low, "high": one.high, "reason": one.reason,
        }
        for place, one in enumerate(found)
    ]  # fmt: skip
    # The head last: figures without it are not there, and the same publication can be made again. Who is first with it
    # has the name.
    _append(lake, "published_figures", rows, stream=f"publication/{name}/{now.isoformat()}")
    if not _append(lake, "publications", [head], stream=f"publication/{name}"):
        raise _taken(name)
    return found


def _append(lake: Lake, table: str, rows: list[dict[str, Any]], *, stream: str) -> list[str]:
    made = pa.Table.from_pylist([{"version": 0, **row} for row in rows], schema=TABLES[table].schema)
    return lake.reference(table).append(made, batch=(stream, 0))


def _taken(name: str) -> InputError:
    advice = "Maybe another name: what was published is never changed."
    return InputError([Issue("publication-exists", Severity.ERROR, "publication", name, advice)])


def publications(lake: Lake, *, name: str | None = None) -> list[Snapshot]:
    """Return what was published, oldest first.

    Parameters
    ----------
    name : only this one.

    Raises
    ------
    InputError : ``unknown-publication``.
    """
    heads = read_reference(lake, "publications")
    chosen = [row for row in heads if name in (None, row["publication"])]
    if name is not None and not chosen:
        known = ", ".join(sorted(row["publication"] for row in heads)) or "nothing was published yet"
        raise InputError([Issue("unknown-publication", Severity.ERROR, "publication", name, f"Maybe one of: {known}.")])
    said = read_reference(lake, "published_figures") if chosen else []
    return [_restored(row, said) for row in sorted(chosen, key=lambda row: row["published_at"])]


def tables_of(folder: Path) -> dict[str, pa.Table]:
    """Return reference tables from CSV files named after them, to read a lake `Under`.

    An import passes over a file or column it does not know, and says so; here it would be a question left unasked.

    Raises
    ------
    InputError : ``no-tables`` when there is none; all that an import of them would refuse or warn of.
    """
    from tempfile import TemporaryDirectory

    from troth.log.references import import_reference

    files = sorted(folder.glob("*.csv"))
    if not files:
        advice = f"Maybe files such as calendars.csv: {', '.join(TABLES)}."
        raise InputError([Issue("no-tables", Severity.ERROR, str(folder), "", advice)])
    with TemporaryDirectory() as there:
        lake, issues = Lake(there), list[Issue]()
        for path in files:
            issues += import_reference(lake, path=path, stream=path.name).issues
        if issues:
            raise InputError(issues)
        return {
            path.stem: pa.Table.from_pylist(read_reference(lake, path.stem), schema=TABLES[path.stem].schema)
            for path in files
        }


def _restored(head: Mapping[str, Any], said: list[dict[str, Any]]) -> Snapshot:
    keys = ("publication", "published_at")
    mine = sorted((row for row in said if all(row[k] == head[k] for k in keys)), key=lambda row: row["place"])
    figures = tuple(
        Figure(
            id=row["kpi"], variant=row["variant"] or "", definition=row["definition"], by=json.loads(row["by"]),
            start=row["period_start"], end=row["period_end"], value=row["value"], unit=Unit(row["unit"]), n=row["n"],
            low=row["low"], high=row["high"], reason=row["reason"] or "",
        )
        for row in mine
    )  # fmt: skip
    rules = json.loads(head["rules"])
    tables = {table: _table(table, rules.get(table, [])) for table in RULES}
    names = (one.definition.rpartition("@") for one in figures)
    definitions = {name: int(version) for name, _, version in names}
    question = json.loads(head["question"])
    return Snapshot(
        head["publication"], head["published_at"], _question(question), definitions, tables, figures, _params(question["defaults"]),
    )  # fmt: skip


def _plain(asked: Query) -> dict[str, Any]:
    """Return a question as JSON has it."""
    edges = {
        "start": asked.start.isoformat() if asked.start else None,
        "end": asked.end.isoformat() if asked.end else None,
    }
    where = {dim: list(members) for dim, members in asked.where.items()}
    rest = {
        "every": str(asked.every) if asked.every else None,
        "calendar": asked.calendar,
        "time_zone": asked.time_zone,
    }
    return {
        "kpis": list(asked.kpis),
        "by": list(asked.by),
        "where": where,
        "params": _lengths(asked.params),
        "defaults": _lengths(Params()),
        **edges,
        **rest,
    }


def _lengths(params: Params) -> dict[str, Any]:
    return {
        key: value.total_seconds() if isinstance(value, timedelta) else value for key, value in asdict(params).items()
    }


def _params(said: Mapping[str, Any]) -> Params:
    """Return named defaults; those that have come since are as they are today."""
    today = asdict(Params())
    known: dict[str, Any] = {
        key: timedelta(seconds=said[key]) if isinstance(value, timedelta) else said[key]
        for key, value in today.items()
        if key in said
    }
    return Params(**known)


def _question(said: Mapping[str, Any]) -> Query:
    return Query(
        kpis=tuple(said["kpis"]), by=tuple(said["by"]), where=said["where"], start=_moment(said["start"]), end=_moment(said["end"]),
        every=Step(said["every"]) if said["every"] else None, calendar=said["calendar"], time_zone=said["time_zone"],
        params=_params(said["params"]),
    )  # fmt: skip


def _moment(text: str | None) -> date | datetime | None:
    return None if text is None else date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value.isoformat() if isinstance(value, date) else value for key, value in row.items() if value is not None
    }


def _table(table: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = TABLES[table].schema
    return pa.Table.from_pylist(
        [{f.name: _read(f.type, row.get(f.name)) for f in schema} for row in rows], schema=schema
    )


def _read(kind: pa.DataType, value: Any) -> Any:
    if value is None or not (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        return value
    return date.fromisoformat(value) if pa.types.is_date(kind) else datetime.fromisoformat(value)
