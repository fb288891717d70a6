"""The field service as a part of the demo company: written beside the sites, changing nothing of them."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from troth.demo import Truth, Wing, demo_company, small_company, write
from troth.demo.field import FieldTruth, field_service
from troth.log.reference import TABLES

UNTIL = datetime(2026, 3, 13, 9, tzinfo=UTC)
ONE, TWO = (field_service(code, start="2026-03-02", days=11, size=0.2) for code in ("f", "fa"))


def _written(folder: Path, *wings: Wing) -> dict[str, Any]:
    truth = Truth("Company", "2026-03-02", (), wings=wings)
    write(folder, truth=truth, seed=3, until=UNTIL, workers=1)
    return {path.name: pq.read_table(path) for path in folder.glob("*.parquet")}


def _rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / "reference" / f"{table}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_wing_leaves_another_as_it_is(tmp_path: Path) -> None:
    """The events of a field service, with all their dirt, are the same whether or not another wing comes before it."""
    alone, both = _written(tmp_path / "one", TWO), _written(tmp_path / "two", ONE, TWO)
    assert set(alone) < set(both)
    assert all(both[name].equals(events) for name, events in alone.items())


def test_reference_tables_of_two_field_services_have_no_key_twice(tmp_path: Path) -> None:
    """Every table has its columns and its keys once; whom and what the log names is in it."""
    events = _written(tmp_path, ONE, TWO)
    for path in sorted((tmp_path / "reference").glob("*.csv")):
        table, rows = TABLES[path.stem], _rows(tmp_path, path.stem)
        keys = [tuple(row[k] for k in (*table.key, "valid_from")) for row in rows]
        assert len(set(keys)) == len(keys), path.stem
        assert not rows or list(rows[0]) == table.schema.names
    assert {row["kind"] for row in _rows(tmp_path, "locations")} == {"customer", "home", "depot", "van"}
    people = {row["agent_id"] for row in _rows(tmp_path, "people")}
    assets = {row["asset"] for row in _rows(tmp_path, "assets")}
    locations = {row["location"] for row in _rows(tmp_path, "locations")}
    for log in events.values():
        assert set(log["agent_id"].to_pylist()) - {None} <= people
        notes = [json.loads(text) for text in log["attributes"].to_pylist() if text]
        assert {note["asset"] for note in notes if "asset" in note} <= assets
        assert {note["location"] for note in notes if "location" in note} <= locations
    said = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert said["truth"]["wings"]["f"]["speed_kmh"] == ONE.speed_kmh
    assert len(said["truth"]["wings"]["fa"]["technicians"]) == len(TWO.technicians)


@pytest.mark.parametrize(("size", "codes"), [(1.0, ["f"]), (21.0, ["f", "fa", "fb"])])
def test_the_demo_company_has_a_field_service(size: float, codes: list[str]) -> None:
    """One for each copy of the company, of its size; left out on request; the small company has none."""
    truth = demo_company(days=7, size=size)
    wings = [wing for wing in truth.wings if isinstance(wing, FieldTruth)]
    assert [wing.code for wing in wings] == codes
    assert not {site.code for site in truth.sites} & set(codes)
    assert [len(w.technicians) for w in wings] == [round(15 * size / len(codes))] * len(codes)
    assert not any(isinstance(wing, FieldTruth) for wing in demo_company(days=7, size=size, field=False).wings)
    assert not any(isinstance(wing, FieldTruth) for wing in small_company(days=7).wings)
