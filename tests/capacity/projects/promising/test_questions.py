"""What can be asked, what a promise moves beside the win, and what hours cost that nobody has priced."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from tests.capacity.projects.promising.firms import DAY, day, person, phase
from troth.capacity.projects.portfolio import Deal, Portfolio, Project
from troth.capacity.projects.promising import (
    Beliefs,
    HouseRule,
    PreparedFutures,
    check,
    displaced,
    earlier,
    prepare,
    promise,
)
from troth.core.decision import Stop
from troth.core.errors import InputError

WOOD = (phase("all", ("carving", 60.0)),)
MANY = (
    Deal("bank", WOOD, 0.5, day(14)),
    Deal("none", WOOD, 0.0, day(14)),
    Deal("empty", (phase("all"), phase("zero", ("carving", 0.0))), 0.5, day(14)),
)


def _house(**more: object) -> Portfolio:
    mill = Project("mill", (phase("all", ("carving", 200.0)),), earliest=DAY, promised_start=DAY)
    over = Project("over", (replace(WOOD[0], done=True),))
    lost = Project("lost", WOOD, probability=0.0)
    return Portfolio(DAY, (person("ada", "carving"),), (mill, over, lost), MANY, **more)  # type: ignore[arg-type]


@cache
def _ready() -> PreparedFutures:
    return prepare(_house(), futures=200, weeks=30)


def _codes(prepared: PreparedFutures, deal: str | Deal) -> list[str]:
    with pytest.raises(InputError) as caught:
        promise(prepared, deal=deal)
    assert all(one.advice.startswith("Maybe") for one in caught.value.issues)
    return [one.code for one in caught.value.issues]


@pytest.mark.parametrize(
    ("deal", "code"),
    [("none", "never-won"), ("lost", "never-won"), ("empty", "nothing-to-do"), ("over", "already-finished"), ("what", "unknown-job"),
     (MANY[1], "never-won"), (MANY[2], "nothing-to-do")],
)  # fmt: skip
def test_what_has_no_start_is_told_with_the_reason(deal: str | Deal, code: str) -> None:
    """What is never won, has no hours, is over or is not known is refused with a code and advice."""
    assert _codes(_ready(), deal) == [code]


def test_no_futures_give_no_answer() -> None:
    """Who stopped the preparation before the first future is told so, by every question."""
    ready = prepare(_house(), futures=200, weeks=30, stop=Stop(seconds=0.0))
    assert ready.futures == 0 and _codes(ready, "bank") == ["no-futures"] == _codes(ready, MANY[0])
    with pytest.raises(InputError, match="no-futures"):
        displaced(ready, deal="bank", start=day(20))
    with pytest.raises(InputError, match="no-futures"):
        earlier(ready, deal="bank", by=day(20))


def test_a_promise_moves_only_what_the_win_alone_would_not() -> None:
    """A start promised for the day of the usual turn, or for later, moves nobody; what the win itself moves is told apart."""
    walls = Project("walls", WOOD, earliest=day(21), promised_start=day(21))
    portfolio = replace(_house(), projects=(walls,), deals=(replace(MANY[0], probability=1.0),))
    ready = prepare(portfolio, beliefs=Beliefs().without("estimates"), futures=40, weeks=20)
    assert not displaced(ready, deal="bank", start=day(14))
    assert not displaced(ready, deal="bank", start=day(70))
    by_win = displaced(ready, deal="bank", start=None)
    assert [one.job_id for one in by_win] == ["walls"] and by_win[0].probability == 1.0
    late = replace(portfolio, deals=(replace(portfolio.deals[0], promised_start=day(28)),))
    moved = displaced(prepare(late, beliefs=ready.beliefs, futures=40, weeks=20), deal="bank", start=day(14))
    assert [one.job_id for one in moved] == ["walls"]


def test_hours_nobody_has_priced_have_no_price() -> None:
    """Where neither a price nor a cost of a skill is known, the answer's is none, not zero, and it comes after those that have one."""
    ada = person("ada", "carving")
    free = replace(ada, contracts=(replace(ada.contracts[0], cost_cents=0),))
    for one, cost in ((ada, 5000.0), (free, None)):
        portfolio = replace(_house(), people=(one,), deals=(replace(MANY[0], probability=1.0),))
        beliefs = replace(Beliefs(), house=HouseRule(person_hours=40.0))
        ready = prepare(portfolio, beliefs=beliefs, futures=200, weeks=30)
        found = earlier(ready, deal="bank", by=day(18))
        assert found and found[0].hours > 0
        assert found[0].cents == (None if cost is None else pytest.approx(cost * found[0].hours))
        assert earlier(ready, deal="bank", by=day(18), cents={"carving": 100})[0].cents == pytest.approx(
            100 * found[0].hours
        )
        assert earlier(ready, deal="bank", by=day(150))[0].cents == 0.0


def test_a_yearly_cap_is_said_not_to_count() -> None:
    """Somebody with more hours in a calendar year than may be worked is a warning: futures book them all the same."""
    people = [replace(person("ada", "carving"), yearly_hours=hours) for hours in (0.0, 500.0, 2000.0, None)]
    found = [check(replace(_house(), people=(one,)), weeks=30) for one in people]
    codes = [[one.code for one in some if one.code == "cap-not-counted"] for some in found]
    assert codes == [["cap-not-counted"], ["cap-not-counted"], [], []]
    assert all(one.severity == "warning" for one in found[0])
