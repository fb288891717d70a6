"""What is said of the case that a deal is won is true of the futures in which it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from tests.capacity.projects.promising.firms import DAY, day, person, phase
from troth.capacity.projects.portfolio import Deal, Portfolio
from troth.capacity.projects.promising import (
    Beliefs,
    DecisionBelief,
    HouseRule,
    PreparedFutures,
    WinBelief,
    _lifted,
    prepare,
    promise,
)
from troth.capacity.projects.promising._guest import asked, effective, must_lift
from troth.capacity.projects.promising._lifted import lifted, many


def _two(probability: float, *, market: float, futures: int = 2000) -> PreparedFutures:
    """Return futures of one person and two deals of one month: the other, of 50 %, is served first for ten weeks."""
    wood = phase("all", ("carving", 400.0))
    other = Deal("other", (wood,), 0.5, day(7), promised_start=day(7))
    mine = Deal("mine", (replace(wood, needs=(replace(wood.needs[0], hours=40.0),)),), probability, day(14))
    beliefs = replace(
        Beliefs().without("estimates"), wins=WinBelief(market=market), decisions=DecisionBelief(otherwise=(2.0, 2.0)),
        house=HouseRule(person_hours=40.0, task_hours=40.0),
    )  # fmt: skip
    return prepare(
        Portfolio(DAY, (person("a", "carving"),), (), (other, mine)), beliefs=beliefs, futures=futures, weeks=20, seed=3
    )


@pytest.mark.parametrize("probability", [0.3, 0.7, 0.9, 0.94])
def test_a_deal_that_is_won_tells_of_a_market_in_which_others_are(probability: float) -> None:
    """That the other deal stands before it is as likely as by the copula, given the win: the likelier, the closer to its own."""
    market, grid = 0.3, np.linspace(-8, 8, 4001)
    density = norm.pdf(grid)
    mine, other = (norm.cdf((norm.ppf(p) + market**0.5 * grid) / (1 - market) ** 0.5) for p in (probability, 0.5))
    true = float((density * mine * other).sum() / (density * mine).sum())
    answer = promise(_two(probability, market=market), deal="mine")
    error = (true * (1 - true) / answer.futures) ** 0.5
    assert abs(1 - answer.probability(day(18)) - true) < 3 * error < 0.12
    assert answer.futures >= 200


def test_futures_are_lived_again_only_where_those_at_hand_say_too_little() -> None:
    """A deal is asked about in the futures in which it is lost, unless they are few, or it is won almost surely in some market."""
    for probability, market, futures, lives in (
        (0.5, 0.1, 2000, False), (0.3, 0.0, 60, False), (0.94, 0.0, 2000, True), (0.9, 0.3, 2000, True), (0.5, 0.9, 2000, True),
    ):  # fmt: skip
        ready = _two(probability, market=market, futures=futures)
        assert must_lift(ready, number=1) == lives, (probability, market, futures)
        question = asked(ready, "mine")
        assert effective(question.weight) >= min(200.0, many(ready) / 2 * 0.5)
        assert (question.prepared is ready) == (not lives)


def test_futures_lived_again_are_kept_while_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are lived once for a job; where there is room for one job's only, the one asked about longest ago goes."""
    ready = _two(0.94, market=0.0, futures=40)
    first, second = (lifted(ready, number=k) for k in (0, 1))
    assert lifted(ready, number=0) is first and lifted(ready, number=1) is second
    monkeypatch.setattr(_lifted, "_BYTES", 2 * first.lived.free.nbytes - 1)
    assert lifted(ready, number=0) is first
    again = lifted(ready, number=1)
    assert again is not second and np.array_equal(again.lived.free, second.lived.free)
    assert lifted(ready, number=1) is again and lifted(ready, number=0) is not first


def test_a_deal_that_changed_since_is_not_asked_about_beside_its_old_hours() -> None:
    """A known deal with other hours is answered as a portfolio with those hours would be, not from futures its old ones are in."""
    ready = _two(0.5, market=0.0, futures=600)
    old = next(one for one in ready.portfolio.deals if one.deal_id == "mine")
    new = replace(old, probability=0.9, promised_start=None, phases=(phase("all", ("carving", 20.0)),))
    question = asked(ready, new)
    assert question.prepared is not ready and (question.weight > 0).all()
    anew = prepare(
        replace(ready.portfolio, deals=(ready.portfolio.deals[0], new)),
        beliefs=ready.beliefs,
        futures=600,
        weeks=20,
        seed=3,
    )
    here, there = promise(ready, deal=new), promise(anew, deal="mine")
    assert abs(here.probability(day(18)) - there.probability(day(18))) < 0.06
