"""The OCEL 2.0 reader: three forms, round trips, cases of a type, bad input."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.log.ocel_logs import LOG, canon, events, export, issues, rejects, sets, sides, take, write
from troth.core.errors import InputError

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
