"""`troth export` and `troth rejects` through the command line."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyarrow import csv, parquet

from tests.log.lakes import START, event, filled, on_disk, settled
from troth.cli import main as cli
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.log.rejects import read_rejects
from troth.log.schema import EVENTS, event_id


@pytest.fixture
def held(lake: Path) -> Lake:
    """Return a lake with two days of calls of two queues."""
    return filled(lake, [event(n, occurred_at=START + timedelta(hours=n // 4, minutes=n % 4)) for n in range(192)])


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("kind", ["ocel", "xes", "csv", "parquet"])
def test_what_goes_out_comes_back(kind: str, held: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every form, imported into an empty lake, gives the same events, and two exports the same bytes."""
    paths = [tmp_path / f"{k}.{kind}" for k in range(2)]
    for path in paths:
        assert cli.main(["export", kind, "--out", str(path), "--lake", str(held.root), "--format", "json"]) == 0
        assert said(capsys) == {"file": str(path), "events": 192, "bytes": path.stat().st_size}
    assert paths[0].read_bytes() == paths[1].read_bytes()
    other = Lake(tmp_path / "other")
    report = ingest(other, source=kind, paths=[paths[0]])
    assert report.issues == []
    assert settled(other) == settled(held)


@pytest.mark.parametrize("kind", ["ocel", "xes", "csv", "parquet"])
def test_an_export_keeps_to_the_filter(
    kind: str, held: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Days and members are those of `troth kpi`: what is not on the screen is not in the file."""
    path = tmp_path / f"a.{kind}"
    words = ["--from", "2026-01-06", "--to", "2026-01-07", "--where", "queue=cards", "--format", "json"]
    assert cli.main(["export", kind, "--out", str(path), "--lake", str(held.root), *words]) == 0
    assert said(capsys)["events"] == 48
    other = Lake(tmp_path / "other")
    ingest(other, source=kind, paths=[path])
    found = settled(other)
    assert {e["queue"] for e in found} == {"cards"}
    assert {e["occurred_at"].date() for e in found} == {(START + timedelta(days=1)).date()}
    assert len(found) == 48


def test_tables_have_the_event_id_first(held: Lake, tmp_path: Path) -> None:
    """CSV and Parquet carry the id others refer to, in order of time."""
    for kind, read in (("csv", csv.read_csv), ("parquet", parquet.read_table)):
        path = tmp_path / f"a.{kind}"
        assert cli.main(["export", kind, "--out", str(path), "--lake", str(held.root)]) == 0
        table = read(path)
        assert table.column_names == EVENTS.names
        assert table.column("event_id")[0].as_py() == event_id("calls", "e0")
        assert table.column("source_id").to_pylist() == [f"e{n}" for n in range(192)]


def test_a_part_of_a_foreign_log_takes_only_its_own_objects_along(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Objects that no chosen event names stay at home: they may be other people's."""
    from tests.log.ocel_logs import LOG

    path = tmp_path / "in.jsonocel"
    path.write_text(json.dumps(LOG))
    lake = Lake(tmp_path / "lake")
    ingest(lake, source="ocel", paths=[path])
    days = sorted(e["occurred_at"] for e in settled(lake))
    out = tmp_path / "out.jsonocel"
    words = ["export", "ocel", "--out", str(out), "--lake", str(lake.root)]
    assert cli.main(words) == 0
    whole = json.loads(out.read_text())
    assert cli.main([*words, "--to", days[1].isoformat()]) == 0
    part = json.loads(out.read_text())
    named = {r["objectId"] for e in part["events"] for r in e["relationships"]}
    assert {r["objectId"] for o in part["objects"] for r in o["relationships"]} <= named
    assert {o["id"] for o in part["objects"]} == named < {o["id"] for o in whole["objects"]}


def test_a_wrong_choice_writes_nothing(held: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mistakes are listed, the status is 2 and no file appears."""
    out = tmp_path / "a.csv"
    words = ["export", "csv", "--out", str(out), "--lake", str(held.root), "--where", "que=a", "--format", "json"]
    assert cli.main(words) == 2
    assert [i["code"] for i in said(capsys)["issues"]] == ["unknown-dimension"]
    assert not out.exists()


def test_the_text_of_rejects_can_be_purged_for_good(
    tmp_path: Path, lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a purge no file of the lake holds the text, and the rest of the reject is still listed."""
    path = tmp_path / "a.csv"
    path.write_text("occurred_at,activity,case_id\nsecret,opened,c1\n2026-01-01T00:00:00Z,opened,c2\n")
    assert cli.main(["import", "csv", str(path), "--lake", str(lake)]) == 1
    capsys.readouterr()
    assert cli.main(["rejects", "--lake", str(lake)]) == 0
    assert "secret" in capsys.readouterr().out
    assert cli.main(["rejects", "--lake", str(lake), "--purge-before", "2100-01-01", "--format", "json"]) == 0
    told = said(capsys)
    assert told["purged"] == 1
    assert [(r["code"], r["row"], r["value"], r["raw"]) for r in told["rejects"]] == [("bad-time", 2, None, None)]
    held = Lake(lake)
    assert len(read_rejects(held)) == 1
    assert on_disk(lake / "rejects") == set(held.rejects.files()["base"])
    assert all(b"secret" not in Path(p).read_bytes() for p in on_disk(lake))
    assert cli.main(["rejects", "--lake", str(lake), "--purge-before", "soon"]) == 2
