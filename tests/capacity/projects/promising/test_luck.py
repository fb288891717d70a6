"""What chance decides is what is believed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import kstest

from tests.capacity.projects.promising.firms import DAY, day, person, phase, workshop
from troth.capacity.projects.portfolio import Deal, Portfolio, Project, ProjectBooking, ReactiveLoad, SkillNeed
from troth.capacity.projects.promising import (
    PARTS,
    Beliefs,
    ComingBelief,
    DecisionBelief,
    EstimateBelief,
    PeopleBelief,
    ReactiveBelief,
    SlipBelief,
    WinBelief,
    prepare,
)
from troth.capacity.projects.promising._ratios import ratios
from troth.core.random import stream

N = 4000


def _deals(beliefs: Beliefs, *, closes: tuple[int, int] = (10, 12)) -> np.ndarray:
    """Return by future and deal whether it is won."""
    deals = tuple(
        Deal(f"d{k}", (phase("all", ("carving", 10.0)),), 0.5, day(60), closes=day(at), seller="bold", stage="lead")
        for k, at in enumerate(closes)
    )
    ready = prepare(Portfolio(DAY, (person("a", "carving"),), (), deals), beliefs=beliefs, futures=N, weeks=12, seed=4)
    return np.asarray(ready.draws.won[:, :2] < 1 << 20)


def test_stated_probabilities_are_corrected() -> None:
    """A deal is won as often as its calibrated probability says, whatever the market's correlation."""
    wins = WinBelief(slope=1.0, by_stage={"lead": -0.5}, by_seller={"bold": -0.6}, market=0.4, memory=0.3)
    won = _deals(Beliefs(wins=wins))
    assert abs(won.mean() - expit(-1.1)) < 3 * 0.5 / N**0.5


def test_deals_of_a_month_are_won_together() -> None:
    """Outcomes of deals decided in the same month are correlated by the market, without it they are not."""
    together = DecisionBelief(spread=0.01)
    bound = _deals(Beliefs(wins=WinBelief(market=0.5), decisions=together))
    free = _deals(Beliefs(wins=WinBelief(market=0.5), decisions=together).without("market"))
    # Two halves of a Gaussian copula: correlation of the signs is 2/pi arcsin(rho).
    assert abs(np.corrcoef(bound.T)[0, 1] - 2 / np.pi * np.arcsin(0.5)) < 0.06
    assert abs(np.corrcoef(free.T)[0, 1]) < 0.05


def test_the_market_of_later_months_is_remembered() -> None:
    """Deals decided in neighbouring months are correlated by market times memory, less than those of one month."""
    wins, together = WinBelief(market=0.5, memory=0.6), DecisionBelief(spread=0.01)
    apart = _deals(Beliefs(wins=wins, decisions=together), closes=(15, 45))
    assert abs(np.corrcoef(apart.T)[0, 1] - 2 / np.pi * np.arcsin(0.5 * 0.6)) < 0.06


def test_decisions_take_their_time_and_leave_a_lead() -> None:
    """Days to the decision are drawn from the stage's table, and a win leaves the lead before the wanted start."""
    deal = Deal("d", (phase("all", ("carving", 10.0)),), 0.999, day(30), stage="lead")
    portfolio = Portfolio(DAY, (person("a", "carving"),), (), (deal,))
    table = {"lead": (0.0, 10.0, 20.0, 30.0, 40.0)}
    plain = prepare(portfolio, beliefs=Beliefs(decisions=DecisionBelief(table)), futures=N, weeks=12).draws.won[:, 0]
    plain = plain[plain < 1 << 20]
    assert kstest(plain + 0.5, "uniform", args=(0, 40)).statistic < 0.03
    led = prepare(portfolio, beliefs=Beliefs(decisions=DecisionBelief(table, lead=10.0)), futures=N, weeks=12)
    days = led.draws.won[:, 0][led.draws.won[:, 0] < 1 << 20]
    assert days.max() <= 20 and kstest(days + 0.5, "uniform", args=(0, 20)).statistic < 0.04


def test_ratios_are_lognormal_with_a_long_tail() -> None:
    """log(actual / estimate) has the mean and spread believed, and the share of long tasks."""
    beliefs = Beliefs(estimates={"cut": EstimateBelief(0.1, 0.3, 0.2, 3.0)}, project_sd=0.0)
    found = ratios(
        stream(1, "r"), needs=[("cut", SkillNeed("carving", 40), False)], beliefs=beliefs, shift=0.05, futures=N
    )
    logs = np.log(found[:, 0])
    assert abs(logs.mean() - (0.15 + 0.2 * np.log(3))) < 0.03
    assert abs((logs > 0.15 + np.log(3)).mean() - 0.1) < 0.02


def test_what_is_worked_is_the_least_a_task_takes() -> None:
    """A task on which hours were worked takes more than those, distributed as the rest of its distribution."""
    beliefs = Beliefs(estimate=EstimateBelief(0.0, 0.3, 0.0), project_sd=0.0)
    need = SkillNeed("carving", 40.0, logged=48.0)
    found = ratios(stream(1, "r"), needs=[("cut", need, False)], beliefs=beliefs, shift=0.0, futures=N)[:, 0]
    from scipy.stats import norm

    below = norm.cdf(np.log(1.2) / 0.3)
    place = (norm.cdf(np.log(found) / 0.3) - below) / (1 - below)
    assert found.min() > 1.2 and kstest(place, "uniform").statistic < 0.03


def test_finished_tasks_tell_of_their_project() -> None:
    """A project whose done task took far longer is expected to go on so, as far as tasks of a project are alike."""
    done = ("cut", SkillNeed("carving", 40.0, logged=60.0), True)
    new = ("join", SkillNeed("joining", 40.0), False)
    beliefs = Beliefs(estimate=EstimateBelief(0.0, 0.2), project_sd=0.2)
    found = np.log(ratios(stream(1, "r"), needs=[done, new], beliefs=beliefs, shift=0.0, futures=N))
    # Equal precisions: the mean is half of what was seen, the common variance halves.
    assert abs(found.mean() - 0.5 * np.log(1.5)) < 0.02 and abs(found.var() - (0.04 + 0.02)) < 0.005


def test_clients_are_late_as_believed() -> None:
    """A share of clients is late by the mean days, and nobody whose client has had its say."""
    work = (phase("all", ("carving", 10.0)),)
    projects = (Project("p0", work, earliest=day(9)), Project("p1", work, earliest=day(9)))
    beliefs = Beliefs(slips=SlipBelief(0.4, 10.0, told=frozenset({"p1"})))
    slip = prepare(Portfolio(DAY, (person("a", "carving"),), projects), beliefs=beliefs, futures=N, weeks=12).draws.slip
    late = slip[:, 0] > 0
    assert abs(late.mean() - 0.4) < 0.03 and abs(slip[late, 0].mean() - 10.5) < 0.8 and not slip[:, 1].any()


def test_people_leave_and_are_replaced() -> None:
    """Notice comes at the rate a year, and somebody new after the days of hiring."""
    people = PeopleBelief(attrition=0.5, notice_days=30.0, hiring_days=40.0)
    ready = prepare(Portfolio(DAY, (person("a", "carving"),)), beliefs=Beliefs(people=people), futures=N, weeks=2)
    gone = ready.draws.leave[:, 0]
    assert gone.min() >= 30 and abs((gone < 30 + 365.25).mean() - (1 - np.exp(-0.5))) < 0.03
    left = gone < 1 << 20
    assert abs((ready.draws.back - ready.draws.leave)[left, 0].mean() - 41) < 3


def test_absence_takes_its_share_of_days() -> None:
    """Hours worked fall by the share of absence, with spells of days too."""
    for spell in (1.0, 3.0):
        beliefs = Beliefs(people=PeopleBelief(absence=0.1, spell=spell))
        ready = prepare(Portfolio(DAY, (person("a", "carving"),)), beliefs=beliefs, futures=N, weeks=4)
        worked = 0.5 * ready.lived.worked[:, :, 0].mean()
        assert abs(worked / 40 - 0.9) < 0.015


def test_reactive_work_takes_hours_from_who_is_on_duty() -> None:
    """The load is done by those on duty in their turn, what they cannot do waits, and nothing of it is lost."""
    load = ReactiveLoad("help", (6.0,) * 5 + (0.0, 0.0), team="bench")
    people = tuple(person(f"w{k}", "carving", team="bench") for k in range(4))
    beliefs = Beliefs(
        reactive=ReactiveBelief((load,), {"bench": tuple(one.person_id for one in people)}, on_duty=2, kept=0.5)
    )
    ready = prepare(Portfolio(DAY, people), beliefs=beliefs, futures=1, weeks=4)
    worked, room = 0.5 * ready.lived.worked[0].astype(float), 0.5 * ready.lived.room[0]
    assert np.allclose(worked[0], (25, 25, 40, 40)) and np.allclose(worked[1], (40, 40, 25, 25))
    assert np.allclose(room[0], (20, 20, 40, 40)) and np.allclose(ready.lived.helped[0], 30)


def test_hard_bookings_of_the_week_stay() -> None:
    """What is booked hard for the week of the day is done by whom it says, before what the planner would book."""
    portfolio = Portfolio(
        day(2), (person("a", "carving", level=1.0), person("b", "carving", level=3.0)),
        (Project("p0", (phase("all", ("carving", 24.0)),), earliest=DAY),),
        bookings=(ProjectBooking("x", "p0", DAY, day(7), 40.0, "a"),),
    )  # fmt: skip
    exact = Beliefs(project_sd=0.0).without("estimates")
    # Of a week of 40 hours 24 lie in the days still to come: a does it all by Friday, b is not asked.
    ready = prepare(portfolio, beliefs=exact, futures=2, weeks=3)
    assert ready.starts("p0")[0] == day(2) and ready.finishes("p0")[0] == day(4)


@pytest.mark.parametrize("part", PARTS)
def test_each_part_can_be_left_out(part: str) -> None:
    """Without a part, beliefs are others, and leaving it out twice changes nothing more; futures can still be lived."""
    portfolio, beliefs = workshop()
    from dataclasses import replace

    from troth.capacity.projects.promising import PaceBelief

    beliefs = replace(
        beliefs, pace=PaceBelief({1.0: 0.8}), wins=replace(beliefs.wins, shift=0.2), estimators={"e": 0.2},
    )  # fmt: skip
    less = beliefs.without(part)
    assert less != beliefs and less.without(part) == less
    assert prepare(portfolio, beliefs=less, futures=2, weeks=4).futures == 2


def test_no_other_part_can() -> None:
    """A part there is not is an error that names those there are."""
    with pytest.raises(ValueError, match="market"):
        Beliefs().without("weather")


def test_an_error_common_to_all_is_in_every_project_of_a_future() -> None:
    """Ratios of two projects hang together by the error common to all; a task that is done tells of it and of its project."""
    deals = tuple(Deal(f"d{k}", (phase("all", ("carving", 10.0)),), 0.5, day(60)) for k in range(2))
    plain = Portfolio(DAY, (person("a", "carving"),), (), deals)
    for common, correlation in ((0.0, 0.0), (0.3, 0.3**2 / (0.3**2 + 0.1**2 + 0.2**2))):
        beliefs = Beliefs(estimate=EstimateBelief(0.0, 0.2), project_sd=0.1, common_sd=common)
        ratio = prepare(plain, beliefs=beliefs, futures=N, weeks=4, seed=4).draws.ratio
        assert abs(np.corrcoef(np.log(ratio[:, :2]).T)[0, 1] - correlation) < 0.05
    needs = [("all", SkillNeed("carving", 10.0, logged=15.0), True), ("all", SkillNeed("carving", 10.0), False)]
    beliefs = Beliefs(estimate=EstimateBelief(0.0, 0.2), project_sd=0.1)
    shift = np.where(np.arange(N) % 2, 0.4, 0.0)
    found = np.log(ratios(stream(1, "t"), needs=needs, beliefs=beliefs, shift=shift, futures=N)[:, 0])
    # Where all takes longer by e^0.4, the task that took 1.5 was an ordinary one, and says nothing against its project.
    own = 0.1**2 / (0.1**2 + 0.2**2)
    assert abs(found[::2].mean() - own * np.log(1.5)) < 0.02
    assert abs(found[1::2].mean() - (0.4 + own * (np.log(1.5) - 0.4))) < 0.02


def test_errors_common_to_all_deals_and_to_all_that_come() -> None:
    """Unsure odds make deals be won together at the same mean odds; an unsure rate spreads how many come up and keeps their middle."""
    bound = _deals(Beliefs(wins=WinBelief(common_sd=1.0)), closes=(10, 60))
    assert np.corrcoef(bound.T)[0, 1] > 0.1
    rows = []
    for sd in (0.0, 0.5):
        beliefs = Beliefs(coming=ComingBelief({"t": 2.0}, rate_sd=sd, won_otherwise=0.99, decided=(1.0, 1.0)))
        plain = Portfolio(DAY, (person("a", "carving"),), templates={"t": (phase("all", ("carving", 10.0)),)})
        won = prepare(plain, beliefs=beliefs, futures=600, weeks=20, seed=4).draws.won
        rows.append((won < 140).sum(axis=1))
    assert rows[1].std() > 2 * rows[0].std()
    assert abs(np.median(rows[1]) / np.median(rows[0]) - 1) < 0.1
