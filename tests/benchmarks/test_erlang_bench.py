"""The benchmark of staffing on a sample: the sides agree, and its judge of least staff can say no."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.quality import erlang
from troth.queueing import Goal, staff_for


def test_ours_the_bare_loop_and_pyworkforce_agree() -> None:
    """Three ways to the same staff of forty intervals."""
    pytest.importorskip("pyworkforce")
    found = list(erlang.staff(erlang.made_up(1, 40), repeats=1, peers=True))
    assert [row["case"] for row in found] == ["staff/mixed/bare", "staff/mixed/pyworkforce"]
    assert all(row["feasible"] for row in found)
    assert found[1]["differ"] == 0


def test_the_judge_of_least_staff_can_say_no() -> None:
    """One agent more or fewer than the least is not the least."""
    some = erlang.made_up(2, 1)
    least = int(staff_for(some.traffic, goal=Goal(level=0.8, occupancy=0.85)).staff[0])
    assert [erlang._least(some, 0, least + more) for more in (-1, 0, 1)] == [False, True, False]


def test_precision_is_measured_and_errors_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against 40 digits the error is far below the limit; a figure off by a millionth is found."""
    assert erlang.exact(5, 5)["met"]
    right = erlang.precise
    monkeypatch.setattr(erlang, "precise", lambda *of: tuple(one * (1 + 1e-6) for one in right(*of)))
    assert not erlang.exact(5, 5)["met"]


def test_a_file_of_intervals_is_read_and_every_case_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Published or own intervals come as CSV; with --json each case is one line with the keys of the contract."""
    path = tmp_path / "day.csv"
    path.write_text("contacts,handle_s\n100,180\n0,180\n8,300\n", encoding="utf-8")
    few: dict[str, Any] = {"seeds": 1, "intervals": 5, "repeats": 1, "draws": 2}
    monkeypatch.setattr(erlang, "case_set", lambda bench, name: few)
    erlang.main([str(path), "--json"])
    rows = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert [row["case"] for row in rows] == ["staff/day.csv/bare", "inverse_a/100000", "exact"]
    assert all(row["solver"] == "troth" and row["feasible"] and "numba" in row["versions"] for row in rows)
    assert rows[0]["n"] == 2
