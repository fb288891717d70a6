"""The benchmark of routing runs in pieces, and holds all to one judge."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.quality import routing as bench
from benchmarks.quality._routing_made import made
from troth.field.routing import RoutingProblem


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Return the file of an instance of thirty customers."""
    path = tmp_path / "tiny.txt"
    path.write_text(made("R1", customers=30, seed=2), "utf-8")
    return path


def test_runs_that_are_kept_are_not_made_again(
    case: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run is written when it ends; the next call makes only what is missing, and tells of all."""
    kept = case.with_name("kept.jsonl")
    how = [str(case), "--set", "quick", "--seconds", "0.2", "--keep", str(kept), "--json"]
    assert bench.main([*how, "--solver", "pyvrp"]) == 0
    first = kept.read_text("utf-8").splitlines()
    assert [(json.loads(row)["solver"], json.loads(row)["feasible"]) for row in first] == [("pyvrp", True)]
    made_now: list[str] = []
    run = bench._run

    def counted(one: bench.Run, problem: RoutingProblem) -> bench.Run:
        made_now.append(one.solver)
        return run(one, problem)

    monkeypatch.setattr(bench, "_run", counted)
    capsys.readouterr()
    assert bench.main([*how, "--solver", "pyvrp", "--solver", "troth"]) == 0
    assert made_now == ["troth"]
    told = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    assert [row["solver"] for row in told] == ["pyvrp", "troth"]
    assert min(row["gap"] for row in told) == 0
    assert bench.main([*how, "--only", "another", "--solver", "troth"]) == 0
    assert made_now == ["troth"]
