"""The judge: a sound plan, and what is told of plans that break one rule each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.capacity.projects.allocation.cases import plain
from troth.capacity.projects.allocation import (
    ALLOCATION_RULES,
    AllocatedWork,
    AllocationPrices,
    AllocationProblem,
    violations,
)
from troth.capacity.projects.allocation.rules import hard


def _work(*rows: tuple[int, int, float]) -> AllocatedWork:
    table = np.array(rows, float).reshape(-1, 3)
    return AllocatedWork(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2])


def _problem() -> AllocationProblem:
    """Two people, two weeks; p0 holds both skills and is confirmed for 5 hours of need 0; p1 holds the first at level 1."""
    problem = plain(
        [[40, 40], [40, 40]], [[2, 1], [1, 0]], (0, 0, 0, 30, 1), (1, 1, 0, 20, 2), (0, 0, 1, 30, 1),
        caps=np.array([[60.0], [np.inf]]), confirmed=_work((0, 0, 5)),
    )  # fmt: skip
    return replace(problem, needs=replace(problem.needs, level=np.array([1.0, 1.0, 2.0])))


SOUND = ((0, 0, 5), (1, 0, 25), (0, 1, 20), (0, 2, 30))

BROKEN: Sequence[tuple[str, tuple[tuple[int, int, float], ...], str, float]] = [
    ("nobody of that number", (*SOUND, (7, 0, 1)), "allocation.known", 1),
    ("no need of that number", (*SOUND, (0, 9, 1)), "allocation.known", 1),
    ("no hours", (*SOUND[:3], (0, 2, 0)), "allocation.known", 1),
    ("hours that are no number", (*SOUND[:3], (0, 2, float("nan"))), "allocation.known", 1),
    ("the same twice", (*SOUND[:3], (0, 2, 10), (0, 2, 10)), "allocation.once", 1),
    ("part of an hour", (*SOUND[:3], (0, 2, 29.5)), "allocation.whole", 29.5),
    ("a skill that is not held", (*SOUND[:2], (1, 1, 10), (0, 2, 30)), "allocation.skill", 10),
    ("a level that is not reached", (*SOUND[:3], (1, 2, 30)), "allocation.skill", 30),
    ("more than is free", ((0, 0, 25), (0, 1, 20)), "allocation.free", 5),
    ("more than the cap", ((0, 0, 11), (0, 1, 20), (0, 2, 30)), "allocation.cap", 1),
    ("more than is needed", ((0, 0, 5), (1, 0, 26)), "allocation.need", 1),
    ("a confirmed booking gone", ((1, 0, 25),), "allocation.confirmed", 5),
    ("a confirmed booking cut", ((0, 0, 3), (1, 0, 25)), "allocation.confirmed", 2),
]


def test_a_sound_plan_breaks_nothing() -> None:
    """Every hour that is wanted is done and no rule is broken."""
    assert violations(_problem(), work=_work(*SOUND)) == []


@pytest.mark.parametrize(("rows", "rule", "amount"), [one[1:] for one in BROKEN], ids=[one[0] for one in BROKEN])
def test_a_broken_plan_is_told_its_rule(rows: tuple[tuple[int, int, float], ...], rule: str, amount: float) -> None:
    """Each plan breaks one hard rule, once, by a known amount."""
    found = hard(violations(_problem(), work=_work(*rows)))
    assert [one.rule for one in found] == [rule]
    assert found[0].amount == pytest.approx(amount)


def test_every_hard_rule_has_a_broken_plan() -> None:
    """No hard rule is left untried; that of needs that cannot be shared is tried in `test_alone`."""
    tried = {rule for _, _, rule, _ in BROKEN} | {"allocation.alone"}
    assert {one.id for one in ALLOCATION_RULES.values() if one.hard} == tried


def _priced(prices: AllocationPrices) -> AllocationProblem:
    return replace(
        _problem(), prices=prices, cost=np.array([3.0, 1.0]), target=np.array([60.0, np.nan]),
        person_place=("riga", "zagreb"), project_place=("riga", "", "zagreb"), members=np.array([[0, 0]]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "prices", "rows", "cost"),
    [
        ("allocation.unserved", AllocationPrices(), SOUND[:2], 20 * 2 + 30),
        ("allocation.cost", AllocationPrices(cost=2), SOUND, 2 * (3 * 55 + 25)),
        ("allocation.away", AllocationPrices(away=0.5), SOUND, 12.5),
        ("allocation.stranger", AllocationPrices(stranger=0.1), SOUND, 2.5),
        ("allocation.join", AllocationPrices(join=4), SOUND, 8),
        ("allocation.idle", AllocationPrices(idle=1), SOUND, 5),
        ("allocation.uneven", AllocationPrices(uneven=1), SOUND, 15),
    ],
)
def test_soft_rules_cost_what_they_say(
    rule: str, prices: AllocationPrices, rows: tuple[tuple[int, int, float], ...], cost: float
) -> None:
    """Each soft rule's cost is its hours, or joins, by its price."""
    found = violations(_priced(prices), work=_work(*rows))
    assert {one.rule for one in found} == {rule}
    assert sum(one.cost for one in found) == pytest.approx(cost)


def test_what_is_confirmed_may_be_beyond_what_is_free() -> None:
    """A confirmed booking in a week of leave breaks no rule; one hour more does."""
    problem = plain([[0]], [[1]], (0, 0, 0, 10, 1), confirmed=_work((0, 0, 5)))
    assert hard(violations(problem, work=_work((0, 0, 5)))) == ()
    assert [one.rule for one in hard(violations(problem, work=_work((0, 0, 6))))] == ["allocation.free"]


def test_a_skill_that_expires_is_held_only_before() -> None:
    """What is held in the first week only cannot be done in the second."""
    problem = plain([[40, 40]], [[1]], (0, 0, 0, 9, 1), (0, 0, 1, 9, 1), held=np.array([[[True, False]]]))
    assert [
        one.week for one in violations(problem, work=_work((0, 0, 9), (0, 1, 9))) if one.rule == "allocation.skill"
    ] == [1]


def _joined(problem: AllocationProblem) -> AllocationProblem:
    return replace(problem, known=np.array([[1, 0]]))


def _confirmed_person(problem: AllocationProblem) -> AllocationProblem:
    return replace(problem, confirmed=_work((1, 0, 1)))


@pytest.mark.parametrize("change", [_joined, _confirmed_person])
def test_who_knows_a_project_joins_it_without_cost(change: Callable[[AllocationProblem], AllocationProblem]) -> None:
    """People who have worked on a project, or are confirmed on it, do not join it."""
    problem = plain([[40], [40]], [[1], [1]], (0, 0, 0, 30, 1), prices=AllocationPrices(join=4))
    found = violations(change(problem), work=_work((1, 0, 30)))
    assert [one.rule for one in found] == []
    assert [one.rule for one in violations(problem, work=_work((1, 0, 30)))] == ["allocation.join"]
