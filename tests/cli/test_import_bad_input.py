"""Everything that can be wrong with a file, through the command line: what is said, what is kept, and the exit status."""

from __future__ import annotations

import gzip
import json
import resource
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from troth.cli import main as cli
from troth.log.lake import Lake
from troth.log.rejects import read_rejects

HEADER = "occurred_at,activity,case_id,agent_id,source,source_id"
ROWS = [f"2026-01-{d:02d}T10:00:00Z,opened,c{d},,desk,e{d}" for d in range(1, 10)]
MAPPING = """
source: desk
times: ["%d/%m/%Y %H:%M", iso]
time_zone: UTC
id: [ticket]
each: {case_id: ticket}
events:
  - {activity: opened, at: created}
  - {activity: resolved, at: solved}
"""


@dataclass(frozen=True)
class Outcome:
    """What an import said and left behind."""

    status: int
    report: dict[str, Any]
    lake: Lake

    @property
    def issues(self) -> list[tuple[str, str, str]]:
        """Return code, place and value of every issue."""
        return [(i["code"], i["where"], i["value"]) for i in self.report["issues"]]

    def rejects(self) -> list[dict[str, Any]]:
        """Return the rejects kept."""
        return list(read_rejects(self.lake).to_pylist())


Run = Callable[..., Outcome]


@pytest.fixture
def run(tmp_path: Path, lake: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give a function that imports a file of some content and returns what came of it."""

    def imported(
        content: str | bytes | Sequence[str], *options: str, name: str = "a.csv", source: str = "csv"
    ) -> Outcome:
        text = content if isinstance(content, str | bytes) else "\n".join(content) + "\n"
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        capsys.readouterr()
        status = cli.main(["import", source, str(path), "--lake", str(lake), "--format", "json", *options])
        said = capsys.readouterr()
        report = json.loads(said.out or said.err)
        for issue in report["issues"]:
            assert issue["advice"].startswith("Maybe"), issue
            assert issue["where"]
        return Outcome(status, report, Lake(lake))

    return imported


@pytest.fixture
def mapping(tmp_path: Path) -> str:
    """Return the path of a mapping with two events a row."""
    path = tmp_path / "desk.yaml"
    path.write_text(MAPPING)
    return str(path)


def test_a_good_file_says_nothing(run: Run) -> None:
    """The measure for all the others: status 0, no issue, no reject."""
    done = run([HEADER, *ROWS])
    assert (done.status, done.report["events"], done.issues, done.rejects()) == (0, 9, [], [])


def test_a_broken_row(run: Run) -> None:
    """Its file, row and text are kept, the others land, and the status is 1; allowed rejects make it 0."""
    done = run([HEADER, *ROWS[:4], "2026-01-05,half", *ROWS[5:], "not-a-time,opened,c0,,desk,e0"])
    assert (done.status, done.report["rows"], done.report["events"], done.report["rejects"]) == (1, 10, 8, 2)
    assert done.issues == [
        ("wrong-field-count", "a.csv, row 6", "2 fields instead of 6"),
        ("bad-time", "a.csv, row 11, occurred_at", "not-a-time"),
    ]
    assert [(r["row"], r["raw"]) for r in done.rejects()] == [
        (6, "2026-01-05,half"),
        (11, "not-a-time,opened,c0,,desk,e0"),
    ]
    assert run([HEADER, *ROWS, "x"], "--max-rejects", "1").status == 0


def test_words_that_are_none_of_ours(run: Run) -> None:
    """Each unknown word and each missing need of a row is named, with the nearest word."""
    done = run([HEADER, *ROWS, "2026-01-05T10:00:00Z,opend,,,desk,x", "2026-01-05T10:00:00Z,status_changed,,,desk,y"])
    assert (done.status, done.report["rejects"]) == (1, 2)
    assert {(i["code"], i["where"]) for i in done.report["issues"]} >= {
        ("unknown-activity", "a.csv, row 11, activity"),
        ("missing-step", "a.csv, row 12, step"),
    }
    assert any("'opened'" in i["advice"] for i in done.report["issues"])


def test_an_end_before_its_start(run: Run, mapping: str) -> None:
    """The row is rejected whole and named with its end."""
    lines = ["ticket,created,solved", "1,02/01/2026 10:00,02/01/2026 11:00", "2,02/01/2026 10:00,01/01/2026 09:00"]
    done = run(lines, "--mapping", mapping)
    assert (done.status, done.report["events"]) == (1, 2)
    assert done.issues == [("end-before-start", "a.csv, row 3, solved", "01/01/2026 09:00")]


def test_two_versions_of_one_event(run: Run) -> None:
    """Equal copies are counted, versions are settled silently, equal versions with different content are told."""
    head = HEADER + ",version"
    done = run(
        [
            head,
            ROWS[0] + ",1",
            ROWS[0] + ",1",
            ROWS[0].replace("c1", "c9") + ",2",
            ROWS[1] + ",0",
            ROWS[1].replace("c2", "c8") + ",0",
        ]
    )
    assert (done.status, done.report["events"], done.report["duplicates"]) == (0, 5, 3)
    assert done.issues == [("equal-versions", "desk, e2", "version 0")]
    assert done.lake.count() == 2


def test_a_date_in_the_wrong_order(run: Run, mapping: str) -> None:
    """A month of 13 or more gives the order away: the row is rejected, and what can be meant either way is doubted."""
    lines = ["ticket,created,solved", *(f"{d},{d:02d}/01/2026 10:00," for d in range(1, 20)), "20,01/20/2026 10:00,"]
    done = run(lines, "--mapping", mapping)
    assert (done.status, done.report["events"], done.report["rejects"]) == (1, 19, 1)
    assert ("bad-time", "a.csv, row 21, created", "01/20/2026 10:00") in done.issues


def test_a_gzip_cut_in_the_middle(run: Run) -> None:
    """What came before the cut is kept, the cut is an error, and the status says so without a single reject."""
    many = [f"2026-01-01T10:{n // 60 % 60:02d}:{n % 60:02d}Z,opened,c{n * 7919 % 5000},,desk,e{n}" for n in range(5000)]
    packed = gzip.compress(("\n".join([HEADER, *many]) + "\n").encode(), mtime=0)
    done = run(packed[: len(packed) // 2], name="a.csv.gz")
    assert done.status == 1
    assert 1000 < done.report["events"] < 5000
    assert "truncated-file" in [code for code, _, _ in done.issues]
    again = run(packed, name="a.csv.gz")
    assert (again.status, done.lake.count()) == (0, 5000)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_wrong_delimiter(run: Run, delimiter: str) -> None:
    """The one that is there is taken, and named."""
    done = run([line.replace(",", delimiter) for line in [HEADER, *ROWS]])
    assert (done.status, done.report["events"]) == (0, 9)
    assert [code for code, _, _ in done.issues] == ["wrong-delimiter"]


def test_a_line_of_fifty_megabytes(tmp_path: Path, lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It costs its own row and little memory; the beginning of it is kept."""
    path = tmp_path / "long.csv"
    with path.open("w") as out:
        out.write("\n".join([HEADER, *ROWS[:4]]) + "\n")
        for _ in range(50):
            out.write("x" * (1 << 20))
        out.write("\n" + "\n".join(ROWS[4:]) + "\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert cli.main(["import", "csv", str(path), "--lake", str(lake), "--format", "json"]) == 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    report = json.loads(capsys.readouterr().out)
    assert (report["events"], report["rejects"]) == (9, 1)
    assert [(i["code"], i["where"]) for i in report["issues"]] == [("row-too-long", "long.csv, row 6")]
    (reject,) = read_rejects(Lake(lake)).to_pylist()
    assert reject["raw"].startswith("xxx")
    assert len(reject["raw"]) < 10_000
    assert sys.platform != "linux" or grown < 400_000


def test_mixed_time_zones(run: Run) -> None:
    """Offsets in the text are obeyed row by row; rows without one are taken as UTC, and both are told."""
    done = run([HEADER, "2026-01-01T10:00:00+02:00,opened,a,,desk,1", "2026-01-01T10:00:00,opened,b,,desk,2", *ROWS])
    assert (done.status, done.report["events"]) == (0, 11)
    assert {code for code, _, _ in done.issues} >= {"mixed-time-zones"}
    chosen = done.lake.settled(where="case_id IN ('a', 'b')")
    with done.lake.session() as con:
        hours = con.sql(f"SELECT case_id, hour(occurred_at), origin FROM ({chosen}) ORDER BY 1").fetchall()
    assert hours == [("a", 8, "exact"), ("b", 10, "assumed_zone")]


@pytest.mark.parametrize(
    ("content", "source", "code"),
    [
        (b"", "csv", "empty-file"),
        (b"  \n\n", "csv", "empty-file"),
        (b"PK\x03\x04 and so on", "csv", "truncated-file"),
        (b"%PDF-1.7 " + bytes(range(1, 32)) * 50, "csv", "other-format"),
        (b'{"events": []}', "csv", "other-format"),
        (b"<html><body>Please log in</body></html>", "csv", "other-format"),
        (b"a,b\n1,2\n", "parquet", "other-format"),
        (b"a,b\n1,2\n", "xes", "other-format"),
        (b"a,b\n1,2\n", "ocel", "other-format"),
        (b"a,b\n1,2\n", "excel", "other-format"),
    ],
)
def test_an_empty_file_or_one_of_another_format(run: Run, content: bytes, source: str, code: str) -> None:
    """Nothing can be used: status 2, and the issue says what it may be."""
    done = run(content, source=source, name="a.dat")
    assert (done.status, done.report["events"]) == (2, 0)
    assert [c for c, _, _ in done.issues] == [code]
    assert done.lake.count() == 0


def test_a_column_that_changed_its_name(run: Run, mapping: str) -> None:
    """It is named together with what it may be called now; nothing lands, status 2."""
    done = run(["ticket,created_at,solved", "1,02/01/2026 10:00,"], "--mapping", mapping)
    assert (done.status, done.report["events"]) == (2, 0)
    assert done.issues == [("missing-column", "a.csv", "created")]
    assert "'created_at'" in done.report["issues"][0]["advice"]


def test_one_bad_file_does_not_spoil_the_others(tmp_path: Path, lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of several files the good ones land; status 1, since something could be used."""
    (tmp_path / "1.csv").write_text("\n".join([HEADER, *ROWS[:5]]) + "\n")
    (tmp_path / "2.csv").write_bytes(b"")
    (tmp_path / "3.csv").write_text("\n".join([HEADER, *ROWS[5:]]) + "\n")
    paths = [str(tmp_path / f"{n}.csv") for n in (1, 2, 3)]
    assert cli.main(["import", "csv", *paths, "--lake", str(lake), "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["files"], report["events"]) == (3, 9)
    assert [(i["code"], i["where"]) for i in report["issues"]] == [("empty-file", "2.csv")]


def test_the_table_shows_the_first_problems_and_where_the_rest_is(
    tmp_path: Path, lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person sees a few of each kind; JSON and `troth rejects` have all."""
    path = tmp_path / "a.csv"
    path.write_text("\n".join([HEADER, *ROWS, *(["x,y"] * 500)]) + "\n")
    assert cli.main(["import", "csv", str(path), "--lake", str(lake)]) == 1
    said = capsys.readouterr().err
    assert 3 <= said.count("wrong-field-count") <= 6
    assert cli.main(["rejects", "--lake", str(lake), "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["rejects"]) == 500
