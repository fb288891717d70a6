"""Proposed mappings load as they are, give events, and say what is doubtful."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.log.reading import file, load
from troth.core.errors import InputError
from troth.log.check import check
from troth.log.readers import ReadOptions, reader
from troth.log.readers._guess import guess


def events(path: Path, tmp_path: Path, source: str = "csv") -> list[tuple[str, str | None]]:
    """Read a file by the mapping proposed for it; every event must pass the check."""
    mapping = file(tmp_path, guess(path), "proposed.yaml")
    batches = list(reader(source).read(path, ReadOptions(mapping=str(mapping))))
    assert not any(len(b.rejects) for b in batches)
    good, rejects = check(pa.concat_tables([b.drafts for b in batches]))
    assert rejects.to_pylist() == []
    return [(e["activity"], e["case_id"] or e["contact_id"]) for e in good.to_pylist()]


def test_a_table_of_tickets(tmp_path: Path) -> None:
    """Several times in a row become the events they are named after, the ticket number the case."""
    text = "ticket_id,created_at,Resolved Date,assignee,priority\n"
    text += "".join(f"T{i},{13 + i}/02/2024 10:00,{14 + i}/02/2024 9:00,ann,1\n" for i in range(9))
    path = file(tmp_path, text)
    proposal = guess(path)
    assert 'times: ["%d/%m/%Y %H:%M"]' in proposal
    assert "month comes first" not in proposal
    assert "agent_id: assignee" in proposal
    found = events(path, tmp_path)
    assert sorted({a for a, _ in found}) == ["opened", "resolved"]
    assert len(found) == 18


def test_a_doubtful_date_order_is_told(tmp_path: Path) -> None:
    """If no day is above 12, the proposal says that it may be the month."""
    path = file(tmp_path, "case,opened\n1,01/02/2024 10:00\n2,03/04/2024 10:00\n")
    assert "??? opened: no day above 12 in the sample; if the month comes first, use '%m/%d/%Y %H:%M'." in guess(path)
    assert events(path, tmp_path) == [("opened", "1"), ("opened", "2")]


def test_a_month_first_column_is_recognised(tmp_path: Path) -> None:
    """A second number above 12 settles the order."""
    path = file(tmp_path, "case;opened\n1;01/02/2024 10:00\n2;03/24/2024 10:00\n")
    assert 'times: ["%m/%d/%Y %H:%M"]' in guess(path)
    assert 'delimiter: ";"' in guess(path)
    assert len(events(path, tmp_path)) == 2


def test_an_event_log(tmp_path: Path) -> None:
    """One row a step: known words become activities, all others stay steps; words for nothing are found."""
    steps = ["New", "Waiting", "Resolved", "Closed"]
    text = "case:concept:name,concept:name,time:timestamp,org:resource\n"
    text += "".join(f"c{c},{s},2024-01-0{c}T1{i}:00:00+01:00,?\n" for c in range(1, 4) for i, s in enumerate(steps))
    path = file(tmp_path, text)
    assert 'nulls: ["?"]' in guess(path)
    assert "time_zone" not in guess(path)
    assert [a for a, c in events(path, tmp_path) if c == "c1"] == ["opened", "stepped", "resolved", "closed"]


def test_a_table_without_cases_gives_steps(tmp_path: Path) -> None:
    """Without anything that looks like a case there are only steps, which need none."""
    path = file(tmp_path, "timeStamp,title\n2024-01-01 10:00,EMS\n2024-01-01 11:00,Fire\n2024-01-01 12:00,EMS\n")
    assert {a for a, _ in events(path, tmp_path)} == {"stepped"}


def test_parquet_and_excel_are_guessed_too(tmp_path: Path) -> None:
    """The proposal is the same whatever the table is kept in."""
    import openpyxl

    rows = [("T1", datetime(2024, 1, 1, 10)), ("T2", datetime(2024, 1, 13, 10, 30))]  # noqa: DTZ001 - as exports have them
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["ticket", "opened"])
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    parquet.write_table(pa.table({"ticket": ["T1", "T2"], "opened": [r[1] for r in rows]}), tmp_path / "a.parquet")
    for source in ("excel", "parquet"):
        path = tmp_path / f"a.{ {'excel': 'xlsx'}.get(source, source) }"
        assert events(path, tmp_path, source) == [("opened", "T1"), ("opened", "T2")]


def test_files_without_use_are_refused(tmp_path: Path) -> None:
    """No times, no table, nothing at all: each an issue."""
    for content, code in (("a,b\n1,2\n", "no-time-column"), (b"%PDF-1", "other-format"), (b"", "empty-file")):
        with pytest.raises(InputError) as caught:
            guess(file(tmp_path, content))
        assert [i.code for i in caught.value.issues] == [code]


def test_a_canonical_file_needs_none(tmp_path: Path) -> None:
    """A file in the layout of the event schema is told to need no mapping."""
    assert "needs no mapping" in guess(file(tmp_path, "occurred_at,activity\n2024-01-01,opened\n"))


def test_odd_names_and_values_stay_text(tmp_path: Path) -> None:
    """Names with quotation marks, colons or line ends cannot break the proposal."""
    buffer = io.StringIO()
    buffer.write('"ti: ""x"" #","case id","no\nte"\n2024-01-01T10:00:00Z,"{a: b}","yes"\n2024-01-02T10:00:00Z,c2,"n"\n')
    path = file(tmp_path, buffer.getvalue())
    assert len(events(path, tmp_path)) == 2
    assert load(path, mapping=str(tmp_path / "proposed.yaml"))[1] == []
