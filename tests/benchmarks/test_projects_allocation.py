"""The benchmark of allocation: ours and the peers' programs agree on a small problem, and a wrong plan would be seen."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.quality import _projects_allocation as allocation
from troth.capacity.projects.allocation import AllocatedWork, solve, violations
from troth.capacity.projects.allocation.rules import hard

ASKED = {"people": 30, "projects": 12, "weeks": 8, "seeds": 1, "plain_seeds": 1, "seconds": 30, "peer_s": 30}


def _options() -> Namespace:
    return Namespace(seconds=None, json=True, peers=True, paths=[])


def test_all_ways_to_solve_it_agree(capsys: pytest.CaptureFixture[str]) -> None:
    """Both linear programs are worth what ours is worth and no more than the bound; greedy is a sound plan and worth less."""
    assert allocation.run(_options(), ASKED)
    lines = [json.loads(one) for one in capsys.readouterr().out.splitlines() if one.startswith("{")]
    found = {(one["case"].split("-")[0], one["solver"]): one for one in lines}
    ours = found["value", "troth"]
    assert ours["status"] == "optimal"
    for peer in ("highs-skill-week", "highs-plain"):
        assert found["value", peer]["value"] == pytest.approx(ours["value"], rel=1e-5)
    assert found["value", "greedy"]["value"] < ours["value"] <= ours["reference"] + 1e-6
    assert all(one["feasible"] for one in lines)
    assert found["priced", "troth"]["gap"] <= 0


def test_a_problem_is_of_its_seed_and_as_large_as_it_says() -> None:
    """The same seed gives the same problem; three of forty skills each; demand is 1.06 times what caps allow."""
    one, two, other = (allocation.made(seed, people=30, projects=12, weeks=8) for seed in (1, 1, 2))
    assert (one.needs.hours == two.needs.hours).all()
    assert one.free.tolist() != other.free.tolist()
    assert ((one.levels > 0).sum(axis=1) == 3).all()
    assert one.needs.hours.sum() == pytest.approx(1.06 * one.limits().sum(), rel=0.02)


def test_greedy_keeps_every_rule() -> None:
    """It is a peer worth having: a plan that the judge accepts."""
    problem = allocation.made(3, people=30, projects=12, weeks=8)
    assert hard(violations(problem, work=allocation.greedy(problem))) == ()


def test_a_rejected_plan_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmark can fail: a plan of ours that the judge rejects."""

    def wrong(problem: Any, **_: Any) -> Any:
        plan = solve(problem)
        double = AllocatedWork(plan.work.person, plan.work.need, plan.work.hours * 2)
        return replace(plan, work=double, broken=hard(violations(problem, work=double)))

    monkeypatch.setattr(allocation, "solve", wrong)
    assert not allocation.run(Namespace(seconds=None, json=True, peers=False, paths=[]), ASKED)
