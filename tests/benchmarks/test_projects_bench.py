"""The benchmark of projects: ours and the plain model agree on a small instance, and a wrong answer would be seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.quality import _projects_schedule as schedule
from benchmarks.quality import projects
from benchmarks.quality._common import case_set
from troth.capacity.projects.schedule import read_mspsp

#: Three activities of 2 for two people; the second waits for the first: they end after 4.
INSTANCE = """nActs = 3; dur = [2,2,2]; nSkills = 1; sreq = [| 1 | 1 | 1 |];
nResources = 2; mastery = [| true | true |]; nPrecs = 1; pred = [1]; succ = [2];"""


def test_ours_and_the_plain_model_agree() -> None:
    """Same makespan, both proven, both accepted by the judge."""
    problem = read_mspsp(INSTANCE)
    one, two = schedule.ours(problem, seconds=20, seed=1), schedule.plain(problem, seconds=20, workers=1)
    for found in (one, two):
        assert (found.value, found.bound, found.proven, found.feasible) == (4, 4, True, True)


def test_a_case_is_one_line_with_all_fields(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file given as PATH is solved by both; each line has what every benchmark's line has, and the bound."""
    path = tmp_path / "tiny.dzn"
    path.write_text(INSTANCE, encoding="utf-8")
    assert (
        projects.main([str(path), "--part", "schedule", "--set", "quick", "--seconds", "10", "--peers", "--json"]) == 0
    )
    lines = [json.loads(one) for one in capsys.readouterr().out.splitlines()]
    assert [(one["solver"], one["value"], one["bound"], one["feasible"], one["status"]) for one in lines] == [
        ("troth", 4, 4, True, "optimal"),
        ("cp-sat", 4, 4, True, "optimal"),
    ]
    assert {"bench", "case", "solver", "seed", "seconds", "value", "reference", "gap", "feasible", "versions"} <= set(
        lines[0]
    )


def test_a_rejected_schedule_gives_status_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmark can fail: a plan of ours that the judge rejects."""
    path = tmp_path / "tiny.dzn"
    path.write_text(INSTANCE, encoding="utf-8")
    wrong = schedule.Outcome(3, 3, proven=True, feasible=False, seconds=0.0)
    monkeypatch.setattr(schedule, "ours", lambda *_, **__: wrong)
    assert projects.main([str(path), "--part", "schedule"]) == 1


def test_paths_need_a_part(tmp_path: Path) -> None:
    """Files of a format belong to one part."""
    with pytest.raises(SystemExit):
        projects.main([str(tmp_path / "tiny.dzn")])


def test_each_set_has_cases_of_both_published_sets(samples: Path) -> None:
    """Every eighth file is forty-one cases, each with a published makespan."""
    folder = samples / "multi_skill_projects"
    names = [path.name for path in schedule._cases(folder, every=case_set("projects", "quick")["schedule"]["every"])]
    assert len(names) == len(set(names)) == 41
    assert {name[5:10] for name in names} == {"set1a", "set2a"}
    assert set(names) <= set(schedule._published(folder / "published_results.csv"))
