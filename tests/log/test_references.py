"""Reference tables: text in, typed rows out, and a bad row costs itself only."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from troth.log.ingest import ImportReport, ingest
from troth.log.lake import Lake
from troth.log.references import read_reference
from troth.log.rejects import read_rejects

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def load(root: Path, path: Path) -> ImportReport:
    return ingest(Lake(root), source="troth", paths=[path], now=NOW)


def table(folder: Path, name: str, text: str) -> Path:
    path = folder / "reference" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_folder_may_hold_reference_tables_only(tmp_path: Path, lake: Path) -> None:
    """Tables alone are an import too, by folder or by file; texts stay texts and days become days."""
    path = table(
        tmp_path,
        "sites",
        "site,title,time_zone,valid_from\n007, Main ,Europe/Lisbon,2026-01-01\nNA,Windhoek,Africa/Windhoek,\n",
    )
    report = load(lake, tmp_path)
    assert (report.files, report.rows, report.rejects, report.issues) == (1, 2, 0, [])
    found = sorted(read_reference(Lake(lake), "sites"), key=lambda r: r["site"])
    assert [(r["site"], r["title"], r["valid_from"], r["version"]) for r in found] == [
        ("007", "Main", date(2026, 1, 1), 0),
        ("NA", "Windhoek", None, 0),
    ]
    load(lake, path)
    assert len(read_reference(Lake(lake), "sites")) == 2


def test_a_newer_version_replaces_a_row_with_its_key_and_start(tmp_path: Path, lake: Path) -> None:
    """Versions are settled as those of events are; another start of validity is another row."""
    head = "kpi,variant,dimension,member,target,valid_from,version\n"
    table(tmp_path / "1", "targets", head + "speed.answer,,,,60,2026-01-01,1\n")
    table(tmp_path / "2", "targets", head + "speed.answer,,,,30,2026-01-01,2\nspeed.answer,,,,20,2026-07-01,1\n")
    table(tmp_path / "3", "targets", head + "speed.answer,,,,90,2026-01-01,0\n")
    for part in ("2", "1", "3"):
        load(lake, tmp_path / part)
    assert sorted(r["target"] for r in read_reference(Lake(lake), "targets")) == [20, 30]


def test_a_day_published_again_replaces_all_that_was_published_of_it(tmp_path: Path, lake: Path) -> None:
    """A person's day of schedules is one thing: rows its newest version has no more are gone, whichever came first.

    Other people and days are untouched; rows of no day replace only their own older versions.
    """
    head = "agent_id,site,state,starts_at,ends_at,valid_from,version\n"

    def row(agent: str, hour: int, day: str, version: int) -> str:
        return f"{agent},hall,shift,2026-03-02T{hour:02}:00:00Z,2026-03-02T{hour + 4:02}:00:00Z,{day},{version}\n"

    old = [row("a", 8, "2026-03-02", 1), row("a", 14, "2026-03-02", 1), row("b", 8, "2026-03-02", 1)]
    other = [row("a", 9, "2026-03-03", 1), row("c", 8, "", 1), row("c", 9, "", 2)]
    parts = {"old": [*old, *other], "new": [row("a", 10, "2026-03-02", 2)], "later": [row("c", 8, "", 3)]}
    for name, rows in parts.items():
        table(tmp_path / name, "schedules", head + "".join(rows))
    for order in (["old", "new", "later"], ["new", "later", "old"]):
        root = lake / order[0]
        for part in order:
            load(root, tmp_path / part)
        found = sorted(
            (r["agent_id"], r["starts_at"].hour, r["version"]) for r in read_reference(Lake(root), "schedules")
        )
        assert found == [("a", 9, 1), ("a", 10, 2), ("b", 8, 1), ("c", 8, 3), ("c", 9, 2)]


def test_bad_rows_are_rejected_one_by_one(tmp_path: Path, lake: Path) -> None:
    """A wrong number, day, width or an empty key rejects its row, with its number and advice; the rest is kept."""
    table(
        tmp_path,
        "contracts",
        "agent_id,hours_per_week,valid_from\na1,38,2026-01-01\na2,full,2026-13-01\na3,20\n,10,\na5,30,2026-02-01\n",
    )
    report = load(lake, tmp_path)
    assert (report.rows, report.rejects) == (5, 3)
    assert [(i.code, i.where, i.value) for i in report.issues] == [
        ("bad-value", "contracts.csv, row 3, hours_per_week", "full"),
        ("bad-value", "contracts.csv, row 3, valid_from", "2026-13-01"),
        ("wrong-field-count", "contracts.csv, row 4", "2 fields instead of 3"),
        ("missing-key", "contracts.csv, row 5, agent_id", ""),
    ]
    assert all(i.advice.startswith("Maybe") for i in report.issues)
    assert sorted(r["agent_id"] for r in read_reference(Lake(lake), "contracts")) == ["a1", "a5"]
    assert read_rejects(Lake(lake)).column("row").to_pylist() == [3, 3, 4, 5]


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("sites", "place,time_zone\nx,UTC\n", "missing-column"),
        ("sites", "", "bad-table"),
        ("sites", "site,title,time_zone,colour\nx,X,UTC,red\n", "unknown-column"),
        ("planets", "site\nx\n", "unknown-table"),
    ],
)
def test_what_is_wrong_with_a_whole_table_is_named(tmp_path: Path, lake: Path, name: str, text: str, code: str) -> None:
    """A missing or unknown column, an unknown table and an empty file each say so."""
    table(tmp_path, name, text)
    report = load(lake, tmp_path)
    assert [i.code for i in report.issues][:1] == [code]
    assert report.failed == (code in {"missing-column", "bad-table"})
    assert bool(read_reference(Lake(lake), "sites")) == (code == "unknown-column")


def test_a_table_nobody_imported_is_empty(lake: Path) -> None:
    """No rows, no error."""
    assert read_reference(Lake(lake), "rates") == []
