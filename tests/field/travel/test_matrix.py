"""Tables that somebody else computed: read in every form they come in, every fault told at once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.core.errors import InputError
from troth.field.travel import GivenTimes, TravelTimes, table
from troth.field.travel.read import matrix_file

SECONDS = [[0.0, 60.0, 70.0], [61.0, 0.0, 80.5], [71.0, 81.0, 0.0]]
METRES = [[0.0, 600.0, 700.0], [610.0, 0.0, 805.0], [710.0, 810.0, 0.0]]


def _codes(caught: pytest.ExceptionInfo[InputError]) -> list[str]:
    assert all(one.advice.startswith("Maybe ") and one.where for one in caught.value.issues)
    return [one.code for one in caught.value.issues]


def _write(folder: Path, form: str) -> Path:
    path = folder / f"table.{form.partition('-')[0]}"
    rows = [",".join(map(str, row)) for row in SECONDS]
    match form:
        case "json":
            path.write_text(json.dumps({"seconds": SECONDS, "metres": METRES}))
        case "json-vroom":
            path.write_text(
                json.dumps({"vehicles": [], "matrices": {"car": {"durations": SECONDS, "distances": METRES}}})
            )
        case "json-list":
            path.write_text(json.dumps(SECONDS))
        case "npz":
            np.savez(path, seconds=np.array(SECONDS), metres=np.array(METRES))
        case "csv":
            path.write_text("\n".join(rows))
        case "csv-names":
            path.write_text(
                "\n".join(["from,a,b,c", *(f"{name},{row}" for name, row in zip("abc", rows, strict=True))])
            )
        case "csv-header":
            path.write_text("\n".join(["a,b,c", *rows]))
        case "csv-both":
            path.write_text("\n".join([*rows, "", *(",".join(map(str, row)) for row in METRES)]) + "\n\n")
    return path


@pytest.mark.parametrize(
    "form", ["json", "json-vroom", "json-list", "npz", "csv", "csv-names", "csv-header", "csv-both"]
)
def test_a_table_is_read_in_every_form(tmp_path: Path, form: str) -> None:
    """JSON, VROOM's, npz, CSV with and without names: the same seconds; metres if the file has them."""
    times = matrix_file(_write(tmp_path, form), size=3)
    assert times.seconds.tolist() == SECONDS
    if form in {"json", "json-vroom", "npz", "csv-both"}:
        assert times.metres.tolist() == METRES and times.issues == ()
    else:
        assert [one.code for one in times.issues] == ["no-metres"]
        assert times.metres == pytest.approx(np.array(SECONDS) * 32 / 3.6)


def test_every_fault_of_a_table_is_told_at_once() -> None:
    """Not a number, negative, endless: each with its first place and how often."""
    wrong = [[0.0, np.nan, -1.0], [1e30, 0.0, np.nan], [5.0, -2.0, 0.0]]
    with pytest.raises(InputError) as caught:
        table({"seconds": wrong, "metres": [[0.0, 1.0]]})
    assert _codes(caught) == ["not-a-number", "negative-travel", "huge-travel", "bad-matrix-size"]
    assert [one.count for one in caught.value.issues] == [2, 2, 1, 1]
    assert caught.value.issues[0].where == "matrix, seconds, row 0 column 1"


def test_no_way_is_null_and_told() -> None:
    """Null in seconds or metres is unreachable; a way from a place to itself is doubtful but used."""
    times = table({"durations": [[5, None], [7, 0]], "distances": [[0, 3], [4, 0]]})
    assert times.unreachable.tolist() == [[False, True], [False, False]]
    assert [one.code for one in times.issues] == ["way-to-itself", "unreachable"]


@pytest.mark.parametrize(
    ("data", "code"),
    [({"seconds": [[0, 1], [2]]}, "bad-matrix"), ({"seconds": [[0, "x"], [1, 0]]}, "bad-matrix"), ({}, "no-matrix"),
     ({"seconds": "text"}, "bad-matrix"), ({"seconds": [1, 2]}, "bad-matrix"), ({"seconds": [[[0]]]}, "bad-matrix-size"),
     ({"seconds": [[True]]}, "bad-matrix"), ({"seconds": {"a": 1}}, "bad-matrix"), ({"seconds": [[10**400]]}, "bad-matrix")],
)  # fmt: skip
def test_what_is_no_table_is_refused(data: dict, code: str) -> None:
    """Ragged rows, text, other shapes."""
    with pytest.raises(InputError) as caught:
        table(data)
    assert _codes(caught) == [code]


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.json", b"{"), ("a.json", b"5"), ("a.json", b"\xff\xfe"), ("a.npz", b"PK"), ("a.npz", b""), ("a.csv", b"\xff,\x00"),
     ("a.xls", b""), ("a.csv", b""), ("a.json", b"[" * 99_999)],
)  # fmt: skip
def test_a_file_that_is_no_table_is_an_issue(tmp_path: Path, name: str, content: bytes) -> None:
    """Damaged, empty, of another kind, not there."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        matrix_file(path)
    assert _codes(caught)[0] in {"bad-matrix-file", "no-matrix"}
    with pytest.raises(InputError):
        matrix_file(tmp_path / "none.csv")


def test_an_array_of_objects_is_not_unpacked(tmp_path: Path) -> None:
    """An npz that would run code when read is refused."""
    path = tmp_path / "a.npz"
    np.savez(path, seconds=np.array([[{"a": 1}]], dtype=object))
    with pytest.raises(InputError) as caught:
        matrix_file(path)
    assert _codes(caught) == ["bad-matrix-file"]


@given(st.integers(1, 6), st.integers(1, 6))
def test_a_table_of_another_size_is_refused(rows: int, size: int) -> None:
    """As many places as rows, or an issue that names both numbers."""
    data = {"seconds": (1.0 - np.eye(rows)).tolist()}
    if rows == size:
        assert table(data, size=size).seconds.shape == (size, size)
        return
    with pytest.raises(InputError) as caught:
        table(data, size=size)
    assert _codes(caught) == ["bad-matrix-size"]
    assert f"{rows} x {rows}" in caught.value.issues[0].value and str(size) in caught.value.issues[0].advice


def test_a_given_table_answers_for_its_own_places() -> None:
    """By order if nothing is known of the places, else by the nearest; a new place is unreachable, with an issue."""
    times = TravelTimes(np.array(SECONDS, np.float32), np.array(METRES, np.float32))
    with pytest.raises(InputError) as caught:
        GivenTimes(times).matrix([(54.7, 25.2)] * 4)
    assert _codes(caught) == ["bad-matrix-size"]
    places = [(54.7, 25.2), (54.8, 25.2), (54.9, 25.2)]
    assert np.array_equal(GivenTimes(times).matrix(places).seconds, times.seconds)
    known = GivenTimes(times, places)
    found = known.matrix([(54.9, 25.2001), (54.7, 25.2), (55.5, 25.2)])
    assert found.seconds[:2, :2].tolist() == [[0.0, 71.0], [70.0, 0.0]]
    assert found.unreachable.tolist()[2] == [True] * 3
    assert [(one.code, one.where) for one in found.issues] == [("not-in-matrix", "place 2")]
    assert known.matrix(places[:1], destinations=places[1:]).seconds.tolist() == [[60.0, 70.0]]
