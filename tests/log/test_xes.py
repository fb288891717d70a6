"""The XES reader: what becomes of traces and events, round trips, bad input."""

from __future__ import annotations

import gzip
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from lxml import etree

from troth.core.errors import InputError
from troth.log import schema
from troth.log.export import export_xes
from troth.log.readers import Batch, ReadOptions, reader

LOG = """<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment -->
<log xes.version="2.0" xes.features="nested-attributes" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="trace"><string key="concept:name" value="UNKNOWN"/></global>
  <global scope="event"><date key="time:timestamp" value="1970-01-01T00:00:00.000+01:00"/></global>
  <classifier name="Activity" keys="concept:name lifecycle:transition"/>
  <float key="mean" value="4.13"><int key="inner" value="1"/></float>
  <trace>
    <string key="concept:name" value="c1"/>
    <date key="deadline" value="2011-12-06T13:41:31.788+01:00"/>
    <event>
      <string key="concept:name" value="Check"/>
      <string key="org:resource" value="Ann"/>
      <string key="org:group" value="Desk"/>
      <date key="time:timestamp" value="2011-10-11T13:45:40.276+02:00"/>
      <string key="lifecycle:transition" value="start"/>
    </event>
    <event>
      <string key="concept:name" value="Check"/>
      <date key="time:timestamp" value="2011-10-11T13:50:00.000+02:00"/>
      <string key="lifecycle:transition" value="complete"/>
      <boolean key="ok" value="true"/>
      <list key="parts"><string key="x" value="deep"><int key="y" value="7"/></string></list>
    </event>
    <event>
      <string key="concept:name" value="Wait &amp; see&#10;"/>
      <date key="time:timestamp" value="2011-10-11T12:00:00Z"/>
      <string key="lifecycle:transition" value="suspend"/>
      <id key="identity:id" value="f1"/>
      <list key="parts"><values><string key="v" value="1"/></values></list>
      <container key="box"><int key="n" value="0"/></container>
    </event>
  </trace>
  <trace>
    <string key="concept:name" value="c2"/>
    <event>
      <string key="concept:name" value="Check"/>
      <date key="time:timestamp" value="2011-10-12T08:00:00.000+02:00"/>
      <string key="lifecycle:transition" value="complete"/>
      <string key="concept:instance" value="i9"/>
    </event>
  </trace>
  <event>
    <string key="concept:name" value="Alone"/>
    <date key="time:timestamp" value="2011-10-12T08:00:00.000+02:00"/>
  </event>
</log>
"""


def write(path: Path, text: str = LOG) -> Path:
    """Write a log."""
    path.write_text(text, encoding="utf-8")
    return path


def take(path: Path, **options: Any) -> list[Batch]:
    """Read a log."""
    return list(reader("xes").read(path, ReadOptions(**options)))


def events(batches: list[Batch]) -> dict[str, dict[str, Any]]:
    """Return the events by id."""
    found = [r for b in batches for r in b.drafts.drop_columns(["_file", "_row"]).to_pylist()]
    assert all(b.drafts.schema == schema.DRAFTS for b in batches)
    assert len({r["source_id"] for r in found}) == len(found)
    return {r["source_id"]: r for r in found}


def sides(batches: list[Batch]) -> dict[str, pa.Table]:
    """Return the side tables of all batches."""
    names = {n for b in batches for n in b.side}
    return {n: pa.concat_tables([b.side[n] for b in batches if n in b.side]) for n in names}


def canon(path: Path) -> Any:
    """Return a log as plain data whose equality is that of XES: traces, globals and attributes have no order."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return _plain(etree.fromstring(raw, etree.XMLParser(remove_comments=True)), top=True)


def _plain(element: Any, *, top: bool = False) -> Any:
    name = etree.QName(element).localname
    children = [_plain(child) for child in element]
    # Only the events of a trace and the members of a list have an order.
    kept = (
        children
        if name in {"list", "values"}
        else sorted(children, key=lambda c: (c[0] == "event" and not top, repr(c) if c[0] != "event" or top else ""))
    )
    return name, sorted(element.attrib.items()), kept


def export(batches: list[Batch], path: Path) -> None:
    """Write what was read."""
    drafts = pa.concat_tables([b.drafts for b in batches]).select(schema.STORED.names).cast(schema.STORED)
    export_xes(drafts, side=sides(batches), path=path)


def test_an_event_is_a_step_of_its_case(tmp_path: Path) -> None:
    """Standard attributes become columns; a step that began is ended, others are whole; times are UTC."""
    found = events(take(write(tmp_path / "a.xes")))
    start = found["c1/1"]
    assert start["activity"] == "step_started"
    assert (start["step"], start["case_id"], start["agent_id"], start["team"]) == ("Check", "c1", "Ann", "Desk")
    assert start["occurred_at"] == datetime(2011, 10, 11, 11, 45, 40, 276_000, tzinfo=UTC)
    assert found["c1/2"]["activity"] == "step_ended"
    assert found["c1/3"]["activity"] == "stepped"
    assert json.loads(found["c1/3"]["attributes"])["lifecycle"] == "suspend"
    assert found["c2/i9/complete"]["activity"] == "stepped"
    assert found["/1"]["case_id"] is None
    assert {e["origin"] for e in found.values()} == {"exact"}


def test_a_foreign_log_goes_out_as_it_came(tmp_path: Path) -> None:
    """Nested attributes, lists, types, offsets, globals, classifiers and log attributes survive."""
    path = write(tmp_path / "a.xes")
    export(take(path), tmp_path / "b.xes")
    assert canon(tmp_path / "b.xes") == canon(path)
    assert events(take(tmp_path / "b.xes")) == events(take(path))


def test_packing_and_batches_change_nothing(tmp_path: Path) -> None:
    """gzip, zip and small batches give the same events and side tables; without a namespace too."""
    path = write(tmp_path / "a.xes")
    (tmp_path / "a.xes.gz").write_bytes(gzip.compress(path.read_bytes()))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(path, "inner.xes")
    bare = write(tmp_path / "bare.xes", LOG.replace(' xmlns="http://www.xes-standard.org/"', ""))
    whole = take(path)
    for other in (take(tmp_path / "a.xes.gz"), take(tmp_path / "a.zip"), take(path, batch_rows=1), take(bare)):
        assert events(other) == events(whole)
        assert {n: t.to_pylist() for n, t in sides(other).items()} == {
            n: t.to_pylist() for n, t in sides(whole).items()
        }
    assert [b.rows for b in take(path, batch_rows=1)] == [3, 1, 1, 0]


def test_a_mapping_gives_steps_a_meaning(tmp_path: Path) -> None:
    """`steps` translates a step's name to an activity, and such a log still goes out and comes back equal."""
    mapping = write(tmp_path / "m.yaml", "steps:\n  Check: opened\n  Alone: message_sent\n")
    batches = take(write(tmp_path / "a.xes"), mapping=str(mapping))
    found = events(batches)
    assert {e["activity"] for e in found.values()} == {"opened", "stepped", "message_sent"}
    assert {e["direction"] for e in found.values()} == {None, "out"}
    export(batches, tmp_path / "b.xes")
    assert events(take(tmp_path / "b.xes")) == events(batches)


@pytest.mark.parametrize(
    ("text", "code"),
    [("steps:\n  Check: bought\n", "unknown-activity"), ("columns: {}\n", "bad-mapping"), ("a: [", "bad-mapping")],
)
def test_a_wrong_mapping_is_refused(tmp_path: Path, text: str, code: str) -> None:
    """A mapping without steps, or with an activity that there is not, is wrong use."""
    with pytest.raises(InputError) as caught:
        take(write(tmp_path / "a.xes"), mapping=str(write(tmp_path / "m.yaml", text)))
    assert [i.code for i in caught.value.issues] == [code]


def test_bad_events_are_rejected(tmp_path: Path) -> None:
    """An event without time or with a damaged one is told with its number; the others land."""
    text = LOG.replace("2011-10-11T13:50:00.000+02:00", "11/10/2011 13:50").replace(
        '<date key="time:timestamp" value="2011-10-11T12:00:00Z"/>', ""
    )
    batches = take(write(tmp_path / "a.xes", text))
    rejects = [r for b in batches for r in b.rejects.to_pylist()]
    assert [(r["row"], r["code"], r["value"]) for r in rejects] == [
        (2, "bad-time", "11/10/2011 13:50"),
        (3, "missing-time", ""),
    ]
    assert all(r["advice"].startswith("Maybe") and "concept:name" in r["raw"] for r in rejects)
    assert len(events(batches)) == 3
    assert sum(b.rows for b in batches) == 5


def test_times_without_offset_need_a_zone(tmp_path: Path) -> None:
    """A naive time is read in the zone given, else in UTC with an issue and a mark."""
    path = write(tmp_path / "a.xes", LOG.replace("08:00:00.000+02:00", "08:00:00.000"))
    known = events(take(path, time_zone="Europe/Amsterdam"))["/1"]
    assert (known["occurred_at"].hour, known["origin"]) == (6, "exact")
    batches = take(path)
    assert [(i.code, i.count) for b in batches for i in b.issues] == [("assumed-utc", 2)]
    assert (events(batches)["/1"]["occurred_at"].hour, events(batches)["/1"]["origin"]) == (8, "assumed_zone")


def test_a_trace_without_a_name_is_numbered(tmp_path: Path) -> None:
    """Doubtful traces are used and told: no name, or the name of another trace."""
    text = LOG.replace('<string key="concept:name" value="c2"/>', "")
    batches = take(write(tmp_path / "a.xes", text))
    assert "trace-2/i9/complete" in events(batches)
    assert [i.code for b in batches for i in b.issues] == ["missing-case"]
    again = take(write(tmp_path / "b.xes", LOG.replace('value="c2"', 'value="c1"')))
    assert [i.code for b in again for i in b.issues] == ["duplicate-trace"]


def test_a_cut_log_keeps_the_traces_before_the_cut(tmp_path: Path) -> None:
    """A gzip or document that ends in the middle is told, and whole traces before are used."""
    cut = LOG[: LOG.index('value="c2"')]
    batches = take(write(tmp_path / "a.xes", cut))
    assert len(events(batches)) == 3
    assert [i.code for b in batches for i in b.issues] == ["bad-xml"]
    many = LOG.replace("</log>", "") + "".join(
        f'<trace><string key="concept:name" value="t{i}"/><event><date key="time:timestamp" value="2020-01-01T00:00:{i % 60:02d}Z"/>'
        f'<int key="noise" value="{i * 7919 % 10007}"/></event></trace>'
        for i in range(5000)
    )
    packed = gzip.compress((many + "</log>").encode())
    (tmp_path / "b.xes.gz").write_bytes(packed[: len(packed) // 2])
    batches = take(tmp_path / "b.xes.gz")
    assert [i.code for b in batches for i in b.issues] == ["truncated-file"]
    assert 1000 < len(events(batches)) < 5005


BOMB = '<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"),
        (b" \n", "empty-file"),
        (b"a,b\n1,2\n", "other-format"),
        (b"<html/>", "other-format"),
        (b"<log><object-types/></log>", "other-format"),
        (LOG.replace("<!-- a comment -->", BOMB).encode(), "document-type"),
        (LOG.replace("<!-- a comment -->", f"<!--{' ' * 100_000}-->{BOMB}").encode(), "document-type"),
        (LOG.replace("<!-- a comment -->", '<!DOCTYPE log SYSTEM "file:///etc/passwd">').encode(), "document-type"),
        (b"\x1f\x8bcut", "truncated-file"),
    ],
)
def test_another_format_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    """Nothing of such a file can be used; a document type is refused before any entity grows."""
    (tmp_path / "a.xes").write_bytes(content)
    with pytest.raises(InputError) as caught:
        take(tmp_path / "a.xes")
    assert [i.code for i in caught.value.issues] == [code]


def test_the_published_log_goes_out_as_it_came(samples: Path, tmp_path: Path) -> None:
    """The intake desk log (Buijs 2014) has 1,434 cases and 8,577 events, and the export equals the original."""
    path = samples / "receipt_wabo" / "receipt.xes.gz"
    batches = take(path)
    found = events(batches)
    assert len(found) == 8_577
    assert len({e["case_id"] for e in found.values()}) == 1_434
    assert not any(b.rejects.num_rows or b.issues for b in batches)
    export(batches, tmp_path / "out.xes.gz")
    assert canon(tmp_path / "out.xes.gz") == canon(path)
    assert events(take(tmp_path / "out.xes.gz")) == found
