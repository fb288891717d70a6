"""Exports: every event comes back as it went out, from OCEL, XES, CSV and Parquet."""

from __future__ import annotations

import csv
import gzip
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from troth.log import schema
from troth.log.export import export_csv, export_ocel, export_parquet, export_xes
from troth.log.readers import ReadOptions, reader

Row = dict[str, Any]

_FIRST, _LAST = datetime(1900, 1, 1), datetime(2200, 1, 1)  # noqa: DTZ001
_TIMES = st.datetimes(_FIRST, _LAST, timezones=st.just(UTC))
_TEXTS = st.one_of(
    st.text(max_size=12), st.sampled_from(["", "␛", "␛1f;", "a\x00b\x1f", "\ufffe", '"<&>\r\n\t', "=1+1"])
)
_VALUES = {
    "string": _TEXTS,
    "int64": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(),
    "timestamp[us, tz=UTC]": _TIMES,
}
_SOME = {"case_id": st.sampled_from(["C1", "C2", "C\x07"]), "contact_id": st.sampled_from(["K1", "K2"])}
_SOME |= {
    "source": st.sampled_from(["csv", "xes", "ocel"]),
    "activity": st.sampled_from(["opened", "stepped", "answered"]),
}
EVENT = st.fixed_dictionaries(
    {
        f.name: (v if not f.nullable else st.none() | v)
        for f in schema.STORED
        for v in [_SOME.get(f.name, _VALUES[str(f.type)])]
    }
)
EVENTS = st.lists(EVENT, max_size=8, unique_by=lambda row: (row["source"], row["source_id"]))
ROUND = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


def table(rows: list[Row]) -> pa.Table:
    """Return rows as stored events."""
    return pa.Table.from_pylist(rows, schema=schema.STORED)


def back(source: str, path: Path, **options: Any) -> tuple[list[Row], dict[str, pa.Table], list[Row]]:
    """Read a file; return events, side tables and rejects."""
    batches = list(reader(source).read(path, ReadOptions(**options)))
    events = [r for b in batches for r in b.drafts.drop_columns(["_file", "_row"]).to_pylist()]
    side: dict[str, pa.Table] = {}
    for batch in batches:
        for name, rows in batch.side.items():
            side[name] = pa.concat_tables([side[name], rows]) if name in side else rows
    return events, side, [r for b in batches for r in b.rejects.to_pylist()]


def plain(rows: list[Row]) -> list[str]:
    """Return rows as texts that compare: not-a-number equals itself, order does not matter."""
    return sorted(repr({k: "nan" if isinstance(v, float) and math.isnan(v) else v for k, v in r.items()}) for r in rows)


@ROUND
@given(rows=EVENTS)
def test_events_come_back_from_xes(tmp_path: Path, rows: list[Row]) -> None:
    """Every column of every event survives XES, whatever characters it holds."""
    path = tmp_path / "log.xes"
    assert export_xes(table(rows), side={}, path=path) == len(rows)
    events, _, rejects = back("xes", path)
    assert rejects == []
    assert plain(events) == plain(table(rows).to_pylist())


@ROUND
@given(rows=EVENTS)
def test_events_come_back_from_ocel(tmp_path: Path, rows: list[Row]) -> None:
    """Every column of every event survives OCEL 2.0 JSON."""
    path = tmp_path / "log.jsonocel"
    assert export_ocel(table(rows), side={}, path=path) == len(rows)
    events, side, rejects = back("ocel", path)
    assert rejects == []
    assert plain(events) == plain(table(rows).to_pylist())
    assert not side  # objects made of our own columns are no foreign objects


@ROUND
@given(rows=EVENTS)
def test_events_come_back_from_parquet_and_csv(tmp_path: Path, rows: list[Row]) -> None:
    """Parquet gives the same table; CSV the same texts, empty text told from null."""
    events = table(rows)
    assert export_parquet(events, path=tmp_path / "e.parquet") == len(rows)
    assert plain(pq.read_table(tmp_path / "e.parquet").to_pylist()) == plain(events.to_pylist())
    assert export_csv(events, path=tmp_path / "e.csv") == len(rows)
    from pyarrow import csv as arrow_csv

    found = arrow_csv.read_csv(
        tmp_path / "e.csv",
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=schema.STORED, strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""]
        ),
    )
    assert plain(found.to_pylist()) == plain(events.to_pylist())


def one(**columns: Any) -> Row:
    """Return an event with these columns."""
    base = {"occurred_at": datetime(2024, 5, 1, 9, tzinfo=UTC), "version": 0, "activity": "answered", "origin": "exact"}
    return {**dict.fromkeys(schema.STORED.names), **base, "source": "s", "source_id": "1", **columns}


def test_a_native_event_names_its_objects(tmp_path: Path) -> None:
    """In OCEL the case, contact, customer, person and places of an event are objects, related by column name."""
    row = one(case_id="C1", customer_id="U1", agent_id="A1", queue="Q1", subject_kind="visit", subject_id="V1")
    export_ocel(table([row]), side={}, path=tmp_path / "log.json")
    log = json.loads((tmp_path / "log.json").read_text("utf-8"))
    assert {(o["id"], o["type"]) for o in log["objects"]} == {
        ("troth:case:C1", "case"),
        ("troth:customer:U1", "customer"),
        ("troth:person:A1", "person"),
        ("troth:queue:Q1", "queue"),
        ("troth:visit:V1", "visit"),
    }
    (event,) = log["events"]
    assert event["id"] == schema.event_id("s", "1")
    assert {"objectId": "troth:case:C1", "qualifier": "case_id"} in event["relationships"]
    declared = {a["name"] for t in log["eventTypes"] if t["name"] == "answered" for a in t["attributes"]}
    assert {a["name"] for a in event["attributes"]} == declared


def test_a_native_log_declares_itself_in_xes(tmp_path: Path) -> None:
    """XES has one trace a case, the standard keys, extensions, globals and a time zone."""
    rows = [
        one(case_id="C1"),
        one(case_id="C1", source_id="2", agent_id="A", team="T"),
        one(contact_id="K", source_id="3"),
    ]
    export_xes(table(rows), side={}, path=tmp_path / "log.xes.gz")
    text = gzip.decompress((tmp_path / "log.xes.gz").read_bytes()).decode()
    assert text.count("<trace>") == 2
    for wanted in (
        'xmlns="http://www.xes-standard.org/"',
        'prefix="org"',
        '<global scope="event">',
        'key="time:timestamp" value="2024-05-01T09:00:00.000000Z"',
        'key="org:resource" value="A"',
        'key="org:group" value="T"',
        'key="troth:time_zone" value="UTC"',
    ):
        assert wanted in text


@pytest.mark.parametrize("export", [export_xes, export_ocel])
def test_what_is_no_event_is_refused(tmp_path: Path, export: Any) -> None:
    """A table without the columns of events is wrong use, and no file is left behind."""
    with pytest.raises(ValueError, match="no service events"):
        export(pa.table({"a": [1]}), side={}, path=tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_stream_of_events_exports_like_a_table(tmp_path: Path) -> None:
    """A record batch reader gives the same file as the table it is made of."""
    events = table([one(source_id=str(i), case_id=f"C{i % 3}") for i in range(10)])
    for export in (export_xes, export_ocel):
        export(events, side={}, path=tmp_path / "a")
        export(events.to_reader(max_chunksize=3), side={}, path=tmp_path / "b")
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("start", "=+-@\t\r")
def test_a_formula_is_defused_only_on_demand(tmp_path: Path, start: str) -> None:
    """CSV is exact by default; `safe` puts an apostrophe before what a spreadsheet would run."""
    events = table([one(case_id=f"{start}cmd", step="plain")])
    for safe, wanted in ((False, f"{start}cmd"), (True, f"'{start}cmd")):
        export_csv(events, path=tmp_path / "e.csv", safe=safe)
        with (tmp_path / "e.csv").open(newline="", encoding="utf-8") as file:
            (row,) = csv.DictReader(file)
        assert row["case_id"] == wanted
        assert row["step"] == "plain"
        assert row["occurred_at"] == "2024-05-01T09:00:00.000000Z"


def test_a_failed_export_leaves_the_old_file(tmp_path: Path) -> None:
    """A file is replaced only by a whole one."""
    path = tmp_path / "e.csv"
    path.write_text("old")

    def broken() -> Any:
        yield table([one()]).to_batches()[0]
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        export_csv(pa.RecordBatchReader.from_batches(schema.STORED, broken()), path=path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["e.csv"]
