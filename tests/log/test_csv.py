"""The CSV reader: what it takes, what it rejects, and that nothing in a file can break it."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.log.reading import HEADER, ROWS, codes, failing, file, load, table
from troth.core.errors import InputError
from troth.log.check import check
from troth.log.readers import ReadOptions, reader
from troth.log.readers import _text as text_module


def test_a_canonical_file_needs_no_mapping(tmp_path: Path) -> None:
    """Columns named as the event schema are taken as they are, with row numbers counted from the header as 1."""
    drafts, rejects, issues, rows = load(file(tmp_path, table(*ROWS)))
    assert [(d["case_id"], d["_row"]) for d in drafts] == [(f"c{d}", d + 1) for d in range(1, 10)]
    assert (rejects, issues, rows) == ([], [], 9)
    assert drafts[0]["occurred_at"].isoformat() == "2024-01-01T10:00:00+00:00"
    assert (drafts[0]["source"], drafts[0]["origin"]) == ("csv", "exact")


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter_is_found_and_told(tmp_path: Path, delimiter: str) -> None:
    """A file whose delimiter is not a comma is read all the same, and an issue says which it is."""
    drafts, _, issues, _ = load(file(tmp_path, table(*ROWS).replace(",", delimiter)))
    assert len(drafts) == 9
    assert [i.code for i in issues] == ["wrong-delimiter"]


def test_rows_with_other_field_counts_are_rejected_with_their_text(tmp_path: Path) -> None:
    """Too many or too few fields reject the row, keep its text and leave the others' numbers right."""
    drafts, rejects, _, rows = load(file(tmp_path, table(ROWS[0], "a,b", ROWS[1], ROWS[2] + ",more", ROWS[3])))
    assert [d["_row"] for d in drafts] == [2, 4, 6]
    assert codes(rejects) == [(3, "wrong-field-count"), (5, "wrong-field-count")]
    assert [r["raw"] for r in rejects] == ["a,b", ROWS[2] + ",more"]
    assert rows == 5


def test_blank_lines_are_counted_but_are_no_fault(tmp_path: Path) -> None:
    """An empty line keeps its row number and is passed over."""
    drafts, rejects, _, _ = load(file(tmp_path, table(ROWS[0], "", "", ROWS[1])))
    assert [d["_row"] for d in drafts] == [2, 5]
    assert rejects == []


def test_a_quoted_field_may_hold_line_ends_and_quotes(tmp_path: Path) -> None:
    """A record is what a spreadsheet shows as a row, however many lines it takes."""
    drafts, rejects, _, _ = load(file(tmp_path, table('2024-01-01T10:00:00Z,opened,"a ""b""\nc, d",,e1', ROWS[1])))
    assert [(d["case_id"], d["_row"]) for d in drafts] == [('a "b"\nc, d', 2), ("c2", 3)]
    assert rejects == []


@pytest.mark.parametrize("size", [2, 250_000])
def test_a_quote_that_never_closes_costs_its_own_line_only(tmp_path: Path, size: int) -> None:
    """An unclosed quote is reported and the rows after it are kept."""
    broken = '2024-01-01T10:00:00Z,opened,"open,,e0'
    drafts, rejects, _, _ = load(file(tmp_path, table(ROWS[0], broken, *ROWS[1:])), batch_rows=size)
    assert len(drafts) == 9
    assert codes(rejects) == [(3, "unclosed-quote")]
    assert rejects[0]["raw"] == broken


def test_a_stray_quote_inside_a_field_is_text(tmp_path: Path) -> None:
    """A quotation mark that does not open a field belongs to it."""
    drafts, rejects, _, _ = load(file(tmp_path, table('2024-01-01T10:00:00Z,opened,5" disk,,e0', *ROWS)))
    assert drafts[0]["case_id"] == '5" disk'
    assert (len(drafts), rejects) == (10, [])


def test_a_cut_gzip_gives_all_before_the_cut(tmp_path: Path) -> None:
    """Of a gzip cut in the middle whole rows are used, the last piece of a row is rejected, and an issue says so."""
    many = [f"2024-01-01T10:00:00Z,opened,case-{i * 7919 % 100_003},,e{i}" for i in range(5000)]
    packed = gzip.compress(table(*many).encode())
    drafts, rejects, issues, _ = load(file(tmp_path, packed[: len(packed) // 2], "x.csv.gz"))
    assert 1000 < len(drafts) < 4000
    assert [r["code"] for r in rejects] == ["truncated-file"]
    assert [i.code for i in issues] == ["truncated-file"]
    assert drafts == load(file(tmp_path, packed, "x.csv.gz"))[0][: len(drafts)]


def test_gzip_members_one_after_another_are_one_file(tmp_path: Path) -> None:
    """Concatenated gzips, as log rotation writes them, are read to the end."""
    packed = gzip.compress(table(*ROWS[:4]).encode()) + gzip.compress(("\n".join(ROWS[4:]) + "\n").encode())
    assert len(load(file(tmp_path, packed, "x.csv.gz"))[0]) == 9


def test_each_data_file_of_a_zip_is_read(tmp_path: Path) -> None:
    """A zip of several tables gives them all, under their own names; folders and other files are passed over."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", table(*ROWS[:4]))
        archive.writestr("b.csv", table(*ROWS[4:]))
        archive.writestr("__MACOSX/a.csv", "x")
        archive.writestr("read.pdf", "x")
    drafts, _, issues, _ = load(file(tmp_path, buffer.getvalue(), "x.zip"))
    assert {d["_file"] for d in drafts} == {"x.zip/a.csv", "x.zip/b.csv"}
    assert (len(drafts), issues) == (9, [])


@pytest.mark.parametrize("size", [50, 250_000])
def test_a_row_beyond_the_limit_is_given_up_in_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """A row longer than the limit is rejected with its first 1000 characters and never held as a whole."""
    monkeypatch.setattr(text_module, "RECORD", 1 << 20)
    path = tmp_path / "long.csv"
    with path.open("w") as stream:
        stream.write(table(ROWS[0]))
        for _ in range(40):
            stream.write("x" * (1 << 20))
        stream.write("\n" + "\n".join(ROWS[1:]) + "\n")
    tracemalloc.start()
    drafts, rejects, _, _ = load(path, batch_rows=size)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [d["_row"] for d in drafts] == [2, *range(4, 12)]
    assert codes(rejects) == [(3, "row-too-long")]
    assert len(rejects[0]["raw"]) == 1000
    if size == 50:
        assert peak < 24 << 20


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings_are_recognised(tmp_path: Path, encoding: str) -> None:
    """UTF-8 and UTF-16 with or without a mark are read; other bytes are taken as Windows-1252, with an issue."""
    drafts, _, issues, _ = load(file(tmp_path, table("2024-01-01T10:00:00Z,opened,Zoë€1,,e0", *ROWS).encode(encoding)))
    assert drafts[0]["case_id"] == "Zoë€1"
    assert len(drafts) == 10
    assert [i.code for i in issues] == (["other-encoding"] if encoding == "cp1252" else [])


def test_old_and_windows_line_ends(tmp_path: Path) -> None:
    """CRLF and lone CR end rows as LF does."""
    for end in ("\r\n", "\r"):
        drafts, rejects, _, _ = load(file(tmp_path, table(*ROWS).replace("\n", end)))
        assert [d["source_id"] for d in drafts] == [f"e{d}" for d in range(1, 10)]
        assert rejects == []


def test_a_lone_return_inside_a_row_loses_no_other_row(tmp_path: Path) -> None:
    """A carriage return that is no line end leaves the rows around it and their numbers as they are."""
    drafts, rejects, _, rows = load(file(tmp_path, table(ROWS[0], "2024-01-01T10:00:00Z,opened,a\rb,,e0", ROWS[1])))
    assert {d["_row"] for d in drafts} >= {2, 4}
    assert rows == 3
    assert len(drafts) + len(rejects) == 3


def test_nul_bytes_are_left_out_with_an_issue(tmp_path: Path) -> None:
    """NUL bytes, as a full disk leaves them, are counted and removed."""
    drafts, _, issues, _ = load(file(tmp_path, table(*ROWS).encode() + b"\0" * 500))
    assert len(drafts) == 9
    assert [(i.code, i.count) for i in issues] == [("nul-bytes", 500)]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, content: bytes) -> None:
    """A file with nothing in it is an error of its own."""
    assert [i.code for i in failing(file(tmp_path, content))] == ["empty-file"]


def test_a_header_alone_is_an_issue_only(tmp_path: Path) -> None:
    """A file without rows is no error: an export may match nothing."""
    for content in (HEADER, HEADER + "\n"):
        drafts, rejects, issues, rows = load(file(tmp_path, content))
        assert (drafts, rejects, rows) == ([], [], 0)
        assert [i.code for i in issues] == ["no-rows"]


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"%PDF-1.7 ...", "PDF"),
        (b"PAR1....", "`parquet`"),
        (b"SQLite format 3\x00", "`ocel`"),
        (b"<html><body>Log in", "web page"),
        (b"<?xml version='1.0'?><log>", "`xes`"),
        (b'{"ocel:events": []}', "`ocel`"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
        (bytes(range(1, 9)) * 100, "binary"),
    ],
)
def test_another_format_is_named_with_the_source_to_use(tmp_path: Path, content: bytes, advice: str) -> None:
    """A file of another format is not guessed at: the error says what it seems to be."""
    issues = failing(file(tmp_path, content))
    assert [i.code for i in issues] == ["other-format"]
    assert issues[0].advice.startswith("Maybe ")
    assert advice in issues[0].advice


def test_a_column_that_changed_its_name_is_named_with_its_likely_new_name(tmp_path: Path) -> None:
    """Every missing column is listed at once, each with the column it may be now."""
    text = table(*ROWS).replace("occurred_at", "occured_at").replace("activity", "activities")
    issues = failing(file(tmp_path, text))
    assert [(i.code, i.value) for i in issues] == [("missing-column", "activity"), ("missing-column", "occurred_at")]
    assert "'activities'" in issues[0].advice
    assert "'occured_at'" in issues[1].advice


def test_unknown_and_double_columns_are_told(tmp_path: Path) -> None:
    """A column the schema does not know is passed over with an issue, of two equal ones the first counts."""
    text = "occurred_at,activity,case_id,case_id,cusotmer_id\n2024-01-01,opened,a,b,c\n"
    drafts, _, issues, _ = load(file(tmp_path, text), time_zone="UTC")
    assert drafts[0]["case_id"] == "a"
    assert sorted(i.code for i in issues) == ["duplicate-column", "unknown-column"]
    assert "'customer_id'" in next(i.advice for i in issues if i.code == "unknown-column")


def test_times_that_cannot_be_read_are_rejected_with_a_hint(tmp_path: Path) -> None:
    """An unreadable time rejects its row, names the value and says which form it may have."""
    drafts, rejects, _, _ = load(file(tmp_path, table(ROWS[0], "29/02/2024 10:00,opened,c,,e", ROWS[1])))
    assert len(drafts) == 2
    assert codes(rejects) == [(3, "bad-time")]
    assert rejects[0]["value"] == "29/02/2024 10:00"
    assert "%d/%m/%Y %H:%M" in rejects[0]["advice"]


def test_naive_times_are_utc_with_an_issue_or_local_by_option(tmp_path: Path) -> None:
    """A time without a zone is UTC, marked as assumed, unless an option names the zone; summer time counts."""
    path = file(tmp_path, "occurred_at,activity,case_id\n2024-07-01 12:00:00,opened,a\n2024-10-27 02:30:00,opened,b\n")
    drafts, _, issues, _ = load(path)
    assert [d["origin"] for d in drafts] == ["assumed_zone", "assumed_zone"]
    assert [(i.code, i.count) for i in issues] == [("assumed-utc", 2)]
    drafts, _, issues, _ = load(path, time_zone="Europe/Berlin")
    assert [(d["occurred_at"].isoformat(), d["origin"]) for d in drafts] == [
        ("2024-07-01T10:00:00+00:00", "exact"),
        ("2024-10-27T00:30:00+00:00", "assumed_zone"),
    ]
    assert [i.code for i in issues] == ["doubtful-time"]


def test_an_offset_in_the_text_wins_row_by_row(tmp_path: Path) -> None:
    """Mixed zones in a column are each taken as written, and an issue says that they are mixed."""
    texts = [
        "2024-01-01T10:00:00+01:00",
        "2024-01-01T10:00:00-0500",
        "2024-01-01 10:00:00Z",
        "2024-01-01 10:00:00",
        "2024-01-01 10:00 UTC",
    ]
    rows = [f"{t},opened,c{i},,e{i}" for i, t in enumerate(texts)]
    drafts, rejects, issues, _ = load(file(tmp_path, table(*rows)), time_zone="Asia/Tokyo")
    assert rejects == []
    assert [d["occurred_at"].hour for d in drafts] == [9, 15, 10, 1, 10]
    assert [i.code for i in issues] == ["mixed-time-zones"]


def test_an_unknown_zone_is_an_error_with_the_nearest(tmp_path: Path) -> None:
    """A misspelt zone is refused before anything is read."""
    issues = failing(file(tmp_path, table(*ROWS)), time_zone="Europe/Pari")
    assert [i.code for i in issues] == ["unknown-time-zone"]
    assert "Europe/Paris" in issues[0].advice


def test_rows_without_an_id_are_told_apart_by_content_and_occurrence(tmp_path: Path) -> None:
    """Equal rows of a file get numbers from the second on, whatever the batches; the column order plays no part."""
    rows = ["2024-01-01T10:00:00Z,opened,a"] * 3 + ["2024-01-01T10:00:00Z,opened,b"]
    text = "\n".join(["occurred_at,activity,case_id", *rows]) + "\n"
    ids = [d["source_id"] for d in load(file(tmp_path, text))[0]]
    assert ids[1:3] == [f"{ids[0]}-1", f"{ids[0]}-2"]
    assert len(set(ids)) == 4
    long = "\n".join(["occurred_at,activity,case_id", *rows * 50]) + "\n"
    assert [d["source_id"] for d in load(file(tmp_path, long), batch_rows=2)[0]] == [
        d["source_id"] for d in load(file(tmp_path, long))[0]
    ]
    turned = "case_id,occurred_at,activity\na,2024-01-01T10:00:00Z,opened\n"
    assert load(file(tmp_path, turned))[0][0]["source_id"] == ids[0]


def test_numbers_that_are_none_reject_the_row(tmp_path: Path) -> None:
    """Text in `value` or `version` is a fault of the row, each named."""
    text = "occurred_at,activity,case_id,value,version\n2024-01-01T10:00:00Z,opened,a,many,x\n2024-01-01T10:00:00Z,opened,a,1.5,2\n"
    drafts, rejects, _, _ = load(file(tmp_path, text))
    assert [(d["value"], d["version"]) for d in drafts] == [(1.5, 2)]
    assert [(r["code"], r["column"], r["value"]) for r in rejects] == [
        ("bad-number", "value", "many"),
        ("bad-number", "version", "x"),
    ]


def test_the_flat_form_of_an_xes_log_needs_no_mapping(tmp_path: Path) -> None:
    """The three columns that process mining tools agree on make every row a step."""
    text = "case:concept:name,concept:name,time:timestamp,lifecycle:transition\n"
    text += "c1,Check,2024-01-01 10:00:00+01:00,start\nc1,Check,2024-01-01 10:05:00+01:00,complete\n"
    drafts, rejects, issues, _ = load(file(tmp_path, text))
    assert [(d["activity"], d["step"], d["case_id"], d["occurred_at"].hour) for d in drafts] == [
        ("step_started", "Check", "c1", 9),
        ("stepped", "Check", "c1", 9),
    ]
    assert (rejects, issues) == ([], [])


def test_the_same_file_gives_the_same_batches(tmp_path: Path) -> None:
    """Batches depend on the file and the options alone."""
    path = file(tmp_path, table(*ROWS * 40))
    one, two = (list(reader("csv").read(path, ReadOptions(batch_rows=4))) for _ in range(2))
    assert len(one) > 3
    assert [(b.rows, b.drafts.to_pylist()) for b in one] == [(b.rows, b.drafts.to_pylist()) for b in two]


cell = st.text(st.sampled_from('ab"\n\r, é'), max_size=6)


@settings(max_examples=40)
@given(st.lists(st.tuples(cell, cell), max_size=12), st.integers(1, 9))
def test_whatever_a_csv_writer_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], size: int
) -> None:
    """Any text in any field survives the way through a standard CSV writer, in pieces of any size."""
    import csv

    tmp_path = tmp_path_factory.mktemp("csv")
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["occurred_at", "activity", "case_id", "agent_id"])
    writer.writerows([("2024-01-01T10:00:00Z", "opened", a, b) for a, b in rows])
    drafts, rejects, _, count = load(file(tmp_path, buffer.getvalue()), batch_rows=size)
    assert (count, rejects) == (len(rows), [])
    assert [(d["case_id"], d["agent_id"]) for d in drafts] == [(a.strip() or None, b.strip() or None) for a, b in rows]


junk = st.binary(max_size=60) | st.sampled_from([b'"', b'\n"', b'",', b"\n", b",,,,\n", ROWS[0].encode() + b"\n"])


@settings(max_examples=40)
@given(st.lists(junk, max_size=20), st.integers(1, 20))
def test_no_bytes_break_the_reader_or_lose_a_row(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], size: int
) -> None:
    """Whatever follows the header, every row is a draft, a reject or blank, and the check can judge the drafts."""
    tmp_path = tmp_path_factory.mktemp("junk")
    path = file(tmp_path, HEADER.encode() + b"\n" + b"".join(parts))
    try:
        batches = list(reader("csv").read(path, ReadOptions(batch_rows=size)))
    except InputError as problem:
        if {i.code for i in problem.issues} <= {"other-format", "missing-column"}:
            return
        raise
    for batch in batches:
        check(batch.drafts)
        rows = {*batch.drafts["_row"].to_pylist(), *batch.rejects["row"].to_pylist()}
        assert len(rows) <= batch.rows


@settings(max_examples=40)
@given(st.permutations(range(9)), st.integers(1, 8))
def test_a_file_split_in_any_way_gives_the_same_events(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], cut: int
) -> None:
    """The rows of a file, dealt out to two files in any order, give the same drafts but for where they came from."""
    tmp_path = tmp_path_factory.mktemp("split")
    whole = load(file(tmp_path, table(*ROWS)))[0]
    one = load(file(tmp_path, table(*(ROWS[i] for i in order[:cut])), "one.csv"))[0]
    two = load(file(tmp_path, table(*(ROWS[i] for i in order[cut:])), "two.csv"))[0]

    def facts(drafts: list[dict[str, Any]]) -> list[tuple[str, ...]]:
        return sorted(tuple(str(v) for k, v in d.items() if not k.startswith("_")) for d in drafts)

    assert facts(one + two) == facts(whole)
