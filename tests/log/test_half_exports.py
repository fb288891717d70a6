"""Exports with half their tables: what is there is kept, and what is lacking is told by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.log.exports import CHATWOOT, ZAMMAD, ZENDESK, Tables, write
from tests.log.lakes import settled
from troth.log.ingest import ImportReport, ingest
from troth.log.lake import Lake

SOURCES = {"zendesk": ZENDESK, "chatwoot": CHATWOOT, "zammad": ZAMMAD}
#: The chief table of each source, and what its records are called.
CHIEF = {
    "zendesk": ("tickets", "ticket"),
    "chatwoot": ("conversations", "conversation"),
    "zammad": ("tickets", "ticket"),
}
#: Tables of events that say nothing of who asked and when.
HALVES = [
    (source, name)
    for source, tables in SOURCES.items()
    for name in tables
    if name != CHIEF[source][0] and name != "users"
]


def put(root: Path, source: str, tables: Tables) -> tuple[Lake, ImportReport]:
    """Return a lake with some tables of an export, all in one folder."""
    write(root / "export", tables)
    lake = Lake(root / "lake")
    return lake, ingest(lake, source=source, paths=[root / "export"])


@pytest.mark.parametrize(("source", "table"), HALVES)
def test_a_table_without_the_one_it_belongs_to(tmp_path: Path, source: str, table: str) -> None:
    """Every record stays, none is rejected, and one issue names the file, both tables and what to do."""
    lake, report = put(tmp_path, source, {table: SOURCES[source][table]})
    (half,) = (one for one in report.issues if one.code == "half-export")
    chief = CHIEF[source][1]
    assert half.where.startswith(f"{table}.")
    assert half.value.endswith(f" without {chief}")
    assert half.advice.startswith("Maybe only half the tables were exported")
    assert f"put each {chief} beside" in half.advice
    assert report.rejects == 0
    assert {"opened"}.isdisjoint(event["activity"] for event in settled(lake))
    assert report.events > 0


@pytest.mark.parametrize("source", SOURCES)
def test_with_the_chief_table_nothing_is_told(tmp_path: Path, source: str) -> None:
    """One folder with the chief table is no half export, whatever else is lacking."""
    tables = {CHIEF[source][0]: SOURCES[source][CHIEF[source][0]]}
    _, report = put(tmp_path / "alone", source, tables)
    _, whole = put(tmp_path / "whole", source, SOURCES[source])
    assert "half-export" not in {one.code for one in [*report.issues, *whole.issues]}
