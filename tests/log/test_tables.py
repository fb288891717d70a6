"""Parquet, Excel and Troth's own folders are read by the same rules as CSV."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from tests.log.reading import ROWS, codes, file, load, table
from troth.core.errors import InputError

WHEN = datetime(2024, 1, 1, 10, tzinfo=UTC)


def failing(path: Path, source: str) -> str:
    with pytest.raises(InputError) as caught:
        load(path, source)
    assert len(caught.value.issues) == 1
    assert caught.value.issues[0].advice.startswith("Maybe ")
    return caught.value.issues[0].code


def test_parquet_gives_what_csv_gives(tmp_path: Path) -> None:
    """The same canonical rows give the same drafts, with times as texts or as instants."""
    path = file(tmp_path, table(*ROWS))
    rows = csv.read_csv(
        path, convert_options=csv.ConvertOptions(column_types={"occurred_at": pa.string()}, strings_can_be_null=True)
    )
    parquet.write_table(rows, tmp_path / "a.parquet")
    real = rows.set_column(0, "occurred_at", rows["occurred_at"].cast(pa.timestamp("ms", "UTC")))
    parquet.write_table(real, tmp_path / "b.parquet")

    def facts(name: str, source: str) -> list[Any]:
        return [
            {k: v for k, v in d.items() if k not in {"_file", "_row", "source"}}
            for d in load(tmp_path / name, source)[0]
        ]

    assert facts("a.parquet", "parquet") == facts("b.parquet", "parquet") == facts("events.csv", "csv")


def test_parquet_types_become_text(tmp_path: Path) -> None:
    """Numbers as ids, floats from blanks, categories and naive times are read as what they mean."""
    columns = {
        "occurred_at": pa.array([WHEN.replace(tzinfo=None)] * 2, pa.timestamp("ns")),
        "activity": pa.array(["opened", "opened"]).dictionary_encode(),
        "case_id": pa.array([17.0, None]),
        "value": pa.array([1.25, 2.0]),
        "version": pa.array([1, 2], pa.int32()),
    }
    parquet.write_table(pa.table(columns), tmp_path / "a.parquet")
    drafts, rejects, issues, rows = load(tmp_path / "a.parquet", "parquet", batch_rows=1)
    assert [(d["case_id"], d["value"], d["version"], d["_row"]) for d in drafts] == [
        ("17", 1.25, 1, 1),
        (None, 2.0, 2, 2),
    ]
    assert (rejects, rows, [i.code for i in issues]) == ([], 2, ["assumed-utc"])


def test_damaged_and_foreign_parquet(tmp_path: Path) -> None:
    """A cut Parquet file, a text and nothing at all are told apart."""
    parquet.write_table(pa.table({"a": list(range(1000))}), tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    assert failing(file(tmp_path, whole[:500], "cut.parquet"), "parquet") == "truncated-file"
    assert failing(file(tmp_path, table(*ROWS), "x.parquet"), "parquet") == "other-format"
    assert failing(file(tmp_path, b"", "x.parquet"), "parquet") == "empty-file"


def book(path: Path, *sheets: Any) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for rows in sheets:
        sheet = made.create_sheet()
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def test_excel_rows_are_numbered_as_on_the_sheet(tmp_path: Path) -> None:
    """Dates, numbers and blanks of cells are read as meant; blank rows keep their numbers; notes beside are passed over."""
    rows = [
        ["occurred_at", "activity", "case_id", "value", None],
        [datetime(2024, 1, 1, 10), "opened", 17, 1.5, None],  # noqa: DTZ001 - cells have no zone
        [None] * 5,
        ["2024-01-02 11:00", "opened", "  c2 ", "x", None],
        ["2024-01-03", "opened", "c3", None, None],
    ]
    drafts, rejects, _, _ = load(book(tmp_path / "a.xlsx", rows, [["just", "notes"]]), "excel", time_zone="UTC")
    assert [(d["case_id"], d["_row"], d["occurred_at"].hour) for d in drafts] == [("17", 2, 10), ("c3", 5, 0)]
    assert codes(rejects) == [(4, "bad-number")]


def test_excel_clocks_join_dates(tmp_path: Path) -> None:
    """A date cell and a time cell make an instant by a mapping."""
    rows = [["id", "day", "at"], [1, datetime(2024, 1, 1), time(10, 30)]]  # noqa: DTZ001
    mapping = (
        "source: x\ntime_zone: UTC\nid: [id]\nevents:\n  - {activity: opened, case_id: id, at: {date: day, time: at}}\n"
    )
    drafts, _, _, _ = load(book(tmp_path / "a.xlsx", rows), "excel", mapping=str(file(tmp_path, mapping, "m.yaml")))
    assert drafts[0]["occurred_at"] == WHEN.replace(minute=30)


def test_foreign_files_are_no_workbooks(tmp_path: Path) -> None:
    """Text, a broken zip and an empty sheet are told apart."""
    assert failing(file(tmp_path, table(*ROWS), "x.xlsx"), "excel") == "other-format"
    assert failing(file(tmp_path, b"PK\x03\x04 cut", "x.xlsx"), "excel") == "other-format"
    assert failing(book(tmp_path / "e.xlsx", []), "excel") == "empty-file"


def test_a_workbook_given_as_csv_is_named(tmp_path: Path) -> None:
    """The CSV reader knows a workbook when it sees one."""
    assert failing(book(tmp_path / "a.xlsx", [["a"]]), "csv") == "other-format"


def test_a_troth_folder(tmp_path: Path) -> None:
    """Every events file of a folder is read, Parquet or CSV; other files and the reference folder are not."""
    file(tmp_path, table(*ROWS[:4]), "events-1.csv")
    parquet.write_table(
        pa.table(
            {"occurred_at": [WHEN], "activity": ["opened"], "case_id": ["p"], "source": ["s"], "source_id": ["1"]}
        ),
        tmp_path / "events-2.parquet",
    )
    file(tmp_path, "{}", "truth.json")
    (tmp_path / "reference").mkdir()
    drafts, rejects, _, _ = load(tmp_path, "troth")
    assert [d["case_id"] for d in drafts] == ["c1", "c2", "c3", "c4", "p"]
    assert (drafts[0]["source"], drafts[-1]["source"], rejects) == ("troth", "s", [])
