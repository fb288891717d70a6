"""The OCEL 2.0 reader: three forms, round trips, cases of a type, bad input."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from troth.core.errors import InputError
from troth.log import schema
from troth.log.export import export_ocel
from troth.log.readers import Batch, ReadOptions, reader

LOG: dict[str, Any] = {
    "objectTypes": [
        {"name": "Order", "attributes": [{"name": "total", "type": "float"}]},
        {"name": "Item", "attributes": []},
    ],
    "eventTypes": [
        {"name": "place", "attributes": [{"name": "by", "type": "string"}, {"name": "lines", "type": "integer"}]},
        {"name": "pack", "attributes": []},
    ],
    "objects": [
        {
            "id": "o1",
            "type": "Order",
            "attributes": [
                {"name": "total", "time": "1970-01-01T00:00:00Z", "value": 12.5},
                {"name": "total", "time": "2024-05-02T09:00:00Z", "value": 13.0},
            ],
            "relationships": [{"objectId": "i1", "qualifier": "holds"}],
        },
        {"id": "o2", "type": "Order"},
        {"id": "i1", "type": "Item"},
    ],
    "events": [
        {
            "id": "e1",
            "type": "place",
            "time": "2024-05-01T11:00:00+02:00",
            "attributes": [{"name": "by", "value": "Zoë"}, {"name": "lines", "value": 1}],
            "relationships": [{"objectId": "o1", "qualifier": "order"}, {"objectId": "o2", "qualifier": "also"}],
        },
        {
            "id": "e2",
            "type": "pack",
            "time": "2024-05-01T12:00:00.123456Z",
            "relationships": [{"objectId": "i1", "qualifier": ""}],
        },
    ],
}


def write(path: Path, log: Any = LOG) -> Path:
    """Write a log as JSON."""
    path.write_text(log if isinstance(log, str) else json.dumps(log), encoding="utf-8")
    return path


def take(path: Path, **options: Any) -> list[Batch]:
    """Read a log."""
    return list(reader("ocel").read(path, ReadOptions(**options)))


def events(batches: list[Batch]) -> dict[str, dict[str, Any]]:
    """Return the events by id."""
    assert all(b.drafts.schema == schema.DRAFTS and b.rejects.schema == schema.REJECTS for b in batches)
    found = [r for b in batches for r in b.drafts.drop_columns(["_file", "_row"]).to_pylist()]
    assert len({r["source_id"] for r in found}) == len(found)
    return {r["source_id"]: r for r in found}


def sides(batches: list[Batch]) -> dict[str, pa.Table]:
    """Return the side tables of all batches."""
    names = {n for b in batches for n in b.side}
    return {n: pa.concat_tables([b.side[n] for b in batches if n in b.side]) for n in names}


def sets(batches: list[Batch]) -> dict[str, set[str]]:
    """Return the side tables as sets."""
    return {n: {repr(r) for r in t.to_pylist()} for n, t in sides(batches).items()}


def rejects(batches: list[Batch]) -> list[tuple[int | None, str]]:
    """Return row and code of each reject."""
    return [(r["row"], r["code"]) for b in batches for r in b.rejects.to_pylist()]


def issues(batches: list[Batch]) -> list[str]:
    """Return the issue codes."""
    return [i.code for b in batches for i in b.issues]


def export(batches: list[Batch], path: Path) -> Any:
    """Write what was read and return it as JSON."""
    drafts = pa.concat_tables([b.drafts for b in batches]).select(schema.STORED.names).cast(schema.STORED)
    export_ocel(drafts, side=sides(batches), path=path)
    return json.loads(path.read_text("utf-8"))


def canon(log: Any, parse: Callable[[str], datetime] = datetime.fromisoformat) -> Any:
    """Return a log in a form whose equality is that of OCEL: sets, and times as instants."""
    time = lambda text: parse(text).astimezone(UTC)  # noqa: E731
    relations = lambda item: sorted((r["objectId"], r["qualifier"]) for r in item.get("relationships") or [])  # noqa: E731
    return {
        "types": {
            kind: {t["name"]: sorted((a["name"], a["type"]) for a in t["attributes"]) for t in log[kind]}
            for kind in ("objectTypes", "eventTypes")
        },
        "objects": {
            o["id"]: (
                o["type"],
                sorted((a["name"], time(a["time"]), json.dumps(a["value"])) for a in o.get("attributes") or []),
                relations(o),
            )
            for o in log["objects"]
        },
        "events": {
            e["id"]: (
                e["type"],
                time(e["time"]),
                sorted((a["name"], json.dumps(a["value"])) for a in e.get("attributes") or []),
                relations(e),
            )
            for e in log["events"]
        },
    }


XML = """<?xml version='1.0' encoding='UTF-8'?>
<log>
  <object-types><object-type name="Order"><attributes><attribute name="total" type="float"/></attributes></object-type></object-types>
  <event-types><event-type name="place"><attributes/></event-type></event-types>
  <objects>
    <object id="o1" type="Order">
      <attributes><attribute name="total" time="1970-01-01T00:00:00Z">12.5</attribute></attributes>
      <objects><relationship object-id="o1" qualifier="self"/></objects>
    </object>
  </objects>
  <events>
    <event id="e1" type="place" time="2024-05-01T11:00:00">
      <attributes/>
      <objects><relationship object-id="o1" qualifier="order"/></objects>
    </event>
  </events>
</log>
"""


def database(path: Path, *extra: str) -> Path:
    """Write a small log as SQLite."""
    script = """
        CREATE TABLE event_map_type (ocel_type TEXT, ocel_type_map TEXT); INSERT INTO event_map_type VALUES ('place it', 'Place');
        CREATE TABLE object_map_type (ocel_type TEXT, ocel_type_map TEXT); INSERT INTO object_map_type VALUES ('Order', 'Order');
        CREATE TABLE event (ocel_id TEXT, ocel_type TEXT);
        INSERT INTO event VALUES ('e1', 'place it'), ('e2', 'place it'), ('e3', 'place it');
        CREATE TABLE object (ocel_id TEXT, ocel_type TEXT); INSERT INTO object VALUES ('o1', 'Order');
        CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);
        INSERT INTO event_object VALUES ('e1', 'o1', NULL), ('e1', 'o9', 'gone');
        CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT);
        CREATE TABLE event_Place (ocel_id TEXT, ocel_time TIMESTAMP, "odd ""name" INTEGER);
        INSERT INTO event_Place VALUES ('e1', '2024-05-01 09:00:00', 3), ('e2', 'soon', NULL);
        CREATE TABLE object_Order (ocel_id TEXT, ocel_time TIMESTAMP, ocel_changed_field TEXT, total REAL, note TEXT);
        INSERT INTO object_Order VALUES ('o1', '1970-01-01 00:00:00', NULL, 1.5, 'a'), ('o1', '2024-05-01 10:00:00', 'total', 2.5, 'b');
    """
    db = sqlite3.connect(path)
    db.executescript(script + ";".join(extra))
    db.close()
    return path


def test_an_event_is_a_step_without_case(tmp_path: Path) -> None:
    """An OCEL event becomes one foreign step; objects, histories and relations go to side tables."""
    batches = take(write(tmp_path / "a.json"))
    found = events(batches)
    assert set(found) == {"e1", "e2"}
    first = found["e1"]
    assert (first["activity"], first["step"], first["case_id"], first["origin"]) == ("stepped", "place", None, "exact")
    assert first["occurred_at"] == datetime(2024, 5, 1, 9, tzinfo=UTC)
    assert json.loads(first["attributes"])["foreign"]["ocel"]["attributes"] == [["by", "Zoë"], ["lines", 1]]
    counts = {name: table.num_rows for name, table in sides(batches).items()}
    assert counts == {
        "ocel_types": 7,
        "ocel_objects": 3,
        "ocel_object_values": 2,
        "ocel_event_objects": 3,
        "ocel_object_objects": 1,
    }
    assert not issues(batches)


@pytest.mark.parametrize("case_type", [None, "Order", "Item", "Nothing"])
def test_a_log_goes_out_as_it_came(tmp_path: Path, case_type: str | None) -> None:
    """With cases or without, the export holds each event once, with all its objects, and comes back equal."""
    batches = take(write(tmp_path / "a.json"), case_type=case_type)
    assert canon(export(batches, tmp_path / "b.json")) == canon(LOG)
    again = take(tmp_path / "b.json", case_type=case_type)
    assert events(again) == events(batches)
    assert sets(again) == sets(batches)


def test_a_case_type_gives_a_row_for_each_case(tmp_path: Path) -> None:
    """An event of two orders is one row in the case of each; an event of none keeps its row without case."""
    log = {k: LOG[k] for k in ("events", "eventTypes", "objectTypes", "objects")}  # objects after events
    found = events(take(write(tmp_path / "a.json", log), case_type="Order"))
    assert {(i, e["case_id"]) for i, e in found.items()} == {("e1/o1", "o1"), ("e1/o2", "o2"), ("e2", None)}


def test_a_mapped_log_comes_back_equal(tmp_path: Path) -> None:
    """Steps given a meaning by a mapping travel with the event."""
    mapping = write(tmp_path / "m.yaml", "steps:\n  place: opened\n")
    batches = take(write(tmp_path / "a.json"), mapping=str(mapping), case_type="Order")
    assert events(batches)["e1/o1"]["activity"] == "opened"
    export(batches, tmp_path / "b.json")
    again = take(tmp_path / "b.json", case_type="Order")
    assert events(again) == events(batches)
    assert sets(again) == sets(batches)


def test_xml_is_read(tmp_path: Path) -> None:
    """The XML form gives types, objects, events and relations; naive times are read in the zone given."""
    path = tmp_path / "a.xmlocel"
    path.write_text(XML, encoding="utf-8")
    batches = take(path, time_zone="Europe/Berlin")
    assert events(batches)["e1"]["occurred_at"].hour == 9
    assert sides(batches)["ocel_object_values"].to_pylist()[0]["value"] == '"12.5"'
    assert sides(batches)["ocel_event_objects"].to_pylist() == [
        {"event_id": "e1", "object_id": "o1", "qualifier": "order"}
    ]
    assert issues(take(path)) == ["assumed-utc"]


def test_sqlite_is_read(tmp_path: Path) -> None:
    """The SQLite form gives the same; changes of a field count only for that field; odd names are quoted."""
    path = database(tmp_path / "a.sqlite")
    batches = take(path, time_zone="UTC")
    found = events(batches)
    assert json.loads(found["e1"]["attributes"])["foreign"]["ocel"]["attributes"] == [['odd "name', "3"]]
    values = {(r["name"], r["value"]) for r in sides(batches)["ocel_object_values"].to_pylist()}
    assert values == {("total", '"1.5"'), ("total", '"2.5"'), ("note", '"a"')}
    assert rejects(batches) == [(2, "bad-time"), (3, "missing-time")]
    assert issues(batches) == ["unknown-object"]
    packed = tmp_path / "a.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert events(take(packed, time_zone="UTC")) == found


def test_a_database_cannot_make_us_run_its_views(tmp_path: Path) -> None:
    """A view in place of a table is not read, and the file is not changed."""
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i, i, i FROM n"
    path = database(
        tmp_path / "a.sqlite",
        "DROP TABLE event_object",
        f"CREATE VIEW event_object (ocel_event_id, ocel_object_id, ocel_qualifier) AS {endless}",
    )
    before = path.read_bytes()
    assert "missing-table" in issues(take(path))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.sqlite"]


def broken(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Return the log with something wrong in it."""
    log: dict[str, Any] = json.loads(json.dumps(LOG))
    change(log)
    return log


@pytest.mark.parametrize(
    ("log", "code"),
    [
        (broken(lambda log: log["events"][1].pop("time")), (2, "missing-time")),
        (broken(lambda log: log["events"][1].update(time="1/5/2024")), (2, "bad-time")),
        (broken(lambda log: log["events"][1].update(time="2024-05-01")), (2, "bad-time")),
        (broken(lambda log: log["events"][1].update(id="e1")), (2, "duplicate-id")),
        (broken(lambda log: log["events"][1].update(id="")), (2, "missing-value")),
        (broken(lambda log: log["events"][1].pop("type")), (2, "missing-value")),
        (broken(lambda log: log["events"].append("text")), (3, "bad-value")),
        (broken(lambda log: log["events"][1].update(relationships=[{}])), (2, "bad-value")),
        (broken(lambda log: log["objects"].append(log["objects"][0])), (None, "duplicate-id")),
        (broken(lambda log: log["objects"][0]["attributes"][1].update(time="x")), (None, "bad-time")),
    ],
)
def test_a_bad_element_is_rejected_with_the_reason(tmp_path: Path, log: Any, code: tuple[int | None, str]) -> None:
    """What cannot be used is told; the rest lands."""
    batches = take(write(tmp_path / "a.json", log))
    assert rejects(batches) == [code]
    assert "e1" in events(batches)
    assert all(r["advice"].startswith("Maybe") for b in batches for r in b.rejects.to_pylist())


def test_a_relation_to_nothing_is_kept_and_told(tmp_path: Path) -> None:
    """A relation to an object that there is not is an issue, and goes out again."""
    log = broken(lambda log: log["objects"].pop())
    batches = take(write(tmp_path / "a.json", log))
    assert [(i.code, i.value, i.count) for b in batches for i in b.issues] == [("unknown-object", "i1", 2)]
    assert canon(export(batches, tmp_path / "b.json")) == canon(log)


def test_a_cut_file_keeps_what_came_before(tmp_path: Path) -> None:
    """JSON, XML and gzip that end in the middle give their whole elements and say so."""
    text = json.dumps(LOG)
    batches = take(write(tmp_path / "a.json", text[: text.rindex('"e2"')]))
    assert (list(events(batches)), issues(batches)) == (["e1"], ["bad-json"])
    (tmp_path / "a.xml").write_text(XML[: XML.index("</events>")])
    batches = take(tmp_path / "a.xml", time_zone="UTC")
    assert (list(events(batches)), issues(batches)) == (["e1"], ["bad-xml"])
    many = broken(lambda log: log["events"].extend({**log["events"][1], "id": f"n{i * 7919}"} for i in range(9000)))
    packed = gzip.compress(json.dumps(many).encode())
    (tmp_path / "b.json.gz").write_bytes(packed[: len(packed) // 2])
    batches = take(tmp_path / "b.json.gz")
    assert issues(batches) == ["truncated-file"]
    assert 1000 < len(events(batches)) < 9002


BOMB = '<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"),
        (b"{}", "other-format"),
        (b'{"a": [1]}', "other-format"),
        (b"[1]", "other-format"),
        (b"a,b\n", "other-format"),
        (b"<log><trace/></log>", "other-format"),
        (b"<html/>", "other-format"),
        (XML.replace("<log>", BOMB + "<log>").encode(), "document-type"),
        (b"SQLite format 3\x00" + bytes(84), "bad-database"),
        (b"{" + b'"a":[' * 100_000, "other-format"),
    ],
)
def test_another_format_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    """Nothing of such a file can be used, and the error says why."""
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InputError) as caught:
        take(tmp_path / "a.json")
    assert [i.code for i in caught.value.issues] == [code]


_IDS = st.text(max_size=4).filter(lambda t: t != "" and not t.startswith("troth:"))
_VALUES = st.one_of(st.text(max_size=5), st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
_TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(lambda t: t.isoformat())


@st.composite
def logs(draw: st.DrawFn) -> dict[str, Any]:
    """Return a random log."""
    names = st.text(min_size=1, max_size=4)
    types = st.dictionaries(
        names, st.dictionaries(names, st.sampled_from(["string", "integer", "time"]), max_size=2), max_size=2
    )
    objects = draw(st.dictionaries(_IDS, names, max_size=4))
    relations = st.lists(
        st.tuples(st.sampled_from(sorted(objects)) if objects else _IDS, names), max_size=3, unique=True
    )

    def related() -> list[dict[str, str]]:
        return [{"objectId": o, "qualifier": q} for o, q in draw(relations)]

    def typed() -> list[dict[str, Any]]:
        found = draw(types)
        return [{"name": n, "attributes": [{"name": a, "type": t} for a, t in s.items()]} for n, s in found.items()]

    values = st.lists(st.tuples(names, _VALUES), max_size=3, unique_by=lambda v: v[0])
    return {
        "objectTypes": typed(),
        "eventTypes": typed(),
        "objects": [
            {
                "id": i,
                "type": t,
                "attributes": [{"name": n, "time": draw(_TIMES), "value": v} for n, v in draw(values)],
                "relationships": related(),
            }
            for i, t in objects.items()
        ],
        "events": [
            {
                "id": i,
                "type": t,
                "time": draw(_TIMES),
                "attributes": [{"name": n, "value": v} for n, v in draw(values)],
                "relationships": related(),
            }
            for i, t in draw(st.dictionaries(_IDS, names, max_size=4)).items()
        ],
    }


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(log=logs())
def test_any_log_goes_out_as_it_came(tmp_path: Path, log: dict[str, Any]) -> None:
    """Random types, objects, histories, relations and values survive import and export."""
    batches = take(write(tmp_path / "a.json", log))
    assert rejects(batches) == []
    assert canon(export(batches, tmp_path / "b.json")) == canon(log)


@pytest.mark.parametrize("form", ["jsonocel", "xmlocel", "sqlite"])
@pytest.mark.parametrize("case_type", [None, "Invoice"])
def test_the_published_example_goes_out_as_it_came(
    samples: Path, tmp_path: Path, form: str, case_type: str | None
) -> None:
    """All forms of the running example (Berti et al. 2023) give the same log; the export equals it and fits its schema."""
    folder = samples / "ocel20"
    # The JSON form writes offsets; the other two write the same times on the clock of Aachen.
    batches = take(folder / f"ocel20_example.{form}", time_zone="Europe/Berlin", case_type=case_type)
    original = json.loads((folder / "ocel20_example.jsonocel").read_text("utf-8"))
    out = export(batches, tmp_path / "out.json")
    assert canon(out) == canon(original)
    assert [len(out[k]) for k in ("objects", "events", "objectTypes", "eventTypes")] == [9, 13, 4, 8]
    assert not rejects(batches)
    assert not issues(batches)
    assert_fits(out, json.loads((folder / "schema_ocel2.json").read_text("utf-8")))


def assert_fits(value: Any, rule: dict[str, Any]) -> None:
    """Check a value against the few words of JSON Schema that the OCEL 2.0 schema uses."""
    kinds = {"object": dict, "array": list, "string": str}
    assert set(rule) <= {"$schema", "type", "properties", "required", "items", "format"}
    assert isinstance(value, kinds[rule["type"]])
    if isinstance(value, dict):
        assert set(rule.get("required", ())) <= set(value)
        for name, inner in rule.get("properties", {}).items():
            if name in value:
                assert_fits(value[name], inner)
    if isinstance(value, list):
        for member in value:
            assert_fits(member, rule["items"])
    if rule.get("format") == "date-time":
        assert datetime.fromisoformat(value).tzinfo is not None
