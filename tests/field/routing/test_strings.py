"""Strings taken out and put back: the walk's books are right after any steps, and the judge agrees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.quality._routing_made import made
from tests.field.routing.test_pyvrp import many_prices
from troth.core.decision import Stop
from troth.field.routing import _strings
from troth.field.routing._ends import exchange
from troth.field.routing._net import ABSENT, BEST, HEAD, IDLE, NXT, OF, SIZE, VALUE, Net, Walk, lines_of, net, new_walk
from troth.field.routing._split import solve_split
from troth.field.routing._whole import whole
from troth.field.routing.orders import toured
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.published import read_solomon
from troth.field.routing.solve import judged


def _begun(n: Net, lines: list[list[int]], *, order: Any, seed: int = 1) -> Walk:
    size = np.array([len(line) for line in lines], np.int64)
    seq = np.zeros((len(lines), int(size.max(initial=1)) or 1), np.int64)
    for t, line in enumerate(lines):
        seq[t, : len(line)] = line
    walk = new_walk(n, seed=seed)
    _strings.begin(n, walk, seq, size, np.asarray(order, np.int64), True)
    return walk


def _problems() -> list[RoutingProblem]:
    return [
        many_prices(1), many_prices(2, visits=25), read_solomon(made("R1", customers=60, seed=1, density=0.7)),
        read_solomon(made("RC2", customers=60, seed=2, density=0.4)),
    ]  # fmt: skip


@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize("heat", [0.001, 0.3, 10.0])
def test_the_books_are_right_after_any_steps(which: int, heat: float) -> None:
    """What is kept step by step is what the same tours give from nothing: ways, loads, money, who is at home, the value."""
    problem = _problems()[which]
    w = whole(problem)
    visits = len(problem.visits)
    n = net(w, visits=range(visits), tours=range(len(w.tours)))
    walk = _begun(n, [[] for _ in w.tours], order=range(visits))
    usual = walk.mark[VALUE] / visits
    for _ in range(5):
        _strings.anneal(n, walk, 300, heat * usual)
        lines = lines_of(walk.tours[:, HEAD], walk.row[:, NXT])
        other = _begun(n, lines, order=[])
        placed = walk.row[:, OF] >= 0
        assert sorted(v for line in lines for v in line) == np.flatnonzero(placed).tolist()
        assert [len(line) for line in lines] == walk.tours[:, SIZE].tolist()
        assert np.array_equal(walk.row[placed], other.row[placed])
        assert np.array_equal(walk.sums[placed], other.sums[placed])
        assert np.array_equal(walk.used, other.used)
        assert np.array_equal(walk.tours, other.tours)
        assert sorted(walk.idle[: walk.mark[IDLE]]) == sorted(other.idle[: other.mark[IDLE]])
        assert sorted(walk.absent[: walk.mark[ABSENT]]) == np.flatnonzero(~placed).tolist()
        lost = int(n.visit[~placed, 3].sum())
        assert walk.mark[VALUE] == other.mark[VALUE] + lost
        assert walk.mark[BEST] <= walk.mark[VALUE]
    best = _begun(n, lines_of(walk.best_head, walk.best_next), order=[])
    lost = int(n.visit[best.row[:, OF] < 0, 3].sum())
    assert best.mark[VALUE] + lost == walk.mark[BEST]


@pytest.mark.parametrize("seed", range(6))
def test_the_judge_agrees(seed: int) -> None:
    """No hard rule is broken, and the plan costs what the search says: prices of hours, kilometres, tours, overtime, visits."""
    problem = many_prices(seed, visits=20)
    found = solve_split(problem, stop=Stop(steps=2000), seed=1)
    assert found is not None
    plan = judged(problem, tours=toured(problem, seq=found.seq, size=found.size))
    assert not plan.broken
    assert plan.value == pytest.approx(found.value, abs=0.2)


def test_a_given_tour_that_breaks_a_rule_is_left() -> None:
    """Its visits go elsewhere; tours that stand stay."""
    problem = read_solomon(made("R1", customers=60, seed=1))
    w = whole(problem)
    n = net(w, visits=range(60), tours=range(len(w.tours)))
    walk = _begun(n, [[0], list(range(1, 60)), *([] for _ in w.tours[2:])], order=range(60))
    assert walk.row[0, OF] == 0
    assert walk.mark[ABSENT] == 0
    assert walk.tours[1, SIZE] < 59


def test_ends_are_exchanged_until_no_exchange_helps() -> None:
    """Two tours that share visits badly exchange what comes after their legs until none of all exchanges costs less."""
    problem = read_solomon(made("R1", customers=60, seed=1, density=0.0))
    w = whole(problem)
    n = net(w, visits=range(8), tours=range(2))
    walk = _begun(n, [[0, 1, 2, 3], [4, 5, 6, 7]], order=[])
    lines = lines_of(walk.tours[:, HEAD], walk.row[:, NXT])
    before = int(walk.mark[VALUE])
    assert sum(map(len, lines)) == 8, "both tours stand to begin with"
    for _ in range(3000):
        exchange(
            n.way, n.visit, n.load, n.after, n.tour, n.room, walk.row, walk.sums, walk.tours, walk.used, walk.idle, walk.idle_at, walk.mark,
            walk.dice, 1e-9, 0.0,
        )  # fmt: skip
    one, two = lines_of(walk.tours[:, HEAD], walk.row[:, NXT])
    ends = [[one[:i] + two[j:], two[:j] + one[i:]] for i in range(len(one) + 1) for j in range(len(two) + 1)]
    others = [_begun(n, pair, order=[]) for pair in ends]
    whole_ones = [int(other.mark[VALUE]) for other in others if (other.row[:, OF] >= 0).all()]
    assert walk.mark[VALUE] == min(whole_ones) < before
