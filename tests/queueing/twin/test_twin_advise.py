"""The best next step: what it is chosen from, that it is not the luckiest that is praised, and what it says of chance."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.queueing.twin.moments import AT, MINUTE, busy_moment, recorded_week
from troth.core.errors import InputError
from troth.core.spans import Span
from troth.core.terms import AgentState
from troth.queueing.twin.advise import Worth, advise, figures_of, simulated
from troth.queueing.twin.advise_page import page, waiting
from troth.queueing.twin.advise_words import answer, cost_words, step_words
from troth.queueing.twin.now import BREAKS, TwinNow, floor_now, twin_now
from troth.queueing.twin.steps import Allowed, NextStep, StepKind, check_allowed, steps, taken

HOUR = timedelta(hours=1)
HELP = Allowed(helpers=("h",))


@pytest.fixture(scope="module")
def busy() -> TwinNow:
    """Return three busy servers and five who wait."""
    return twin_now(busy_moment(), seen=recorded_week(), seed=1)


def test_the_next_hour_begins_with_who_is_there(busy: TwinNow) -> None:
    """Those served and waiting are present, breaks and shift ends are as planned, and who comes is as on days before."""
    assert sum(one.agent is None for one in busy.problem.present) == 5
    assert {one.agent for one in busy.problem.present} == {None, "s0", "s1", "s2"}
    assert busy.lines == {"a + b": ("a", "b")}
    assert busy.problem.agents[1].breaks == ((Span(AT + 15 * MINUTE, AT + 30 * MINUTE), AgentState.BREAK),)
    found = simulated(busy.problem, replications=100, seed=1)
    # 300 a day in eight hours are 37.5 an hour, and this day had 60 in two hours, below the 75 of other days.
    assert 33 < found.came.mean() < 43
    assert (found.served <= found.came).all() and (found.worst_s >= found.mean_wait_s).all()


@pytest.mark.parametrize("servers", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", [1, 2])
def test_one_server_more_never_makes_customers_wait_longer(servers: int, seed: int) -> None:
    """Under the same chance a further server does not raise the mean wait beyond noise, nor the number who leave."""
    now = twin_now(busy_moment(servers=servers), seen=recorded_week(), seed=seed)
    base = simulated(now.problem, replications=80, seed=seed)
    step = NextStep(StepKind.CALL_IN, "h", span=Span(AT + 5 * MINUTE, AT + 45 * MINUTE))
    more = simulated(taken(now, step=step), replications=80, seed=seed)
    noise = (more.mean_wait_s - base.mean_wait_s).std() / np.sqrt(80)
    assert more.mean_wait_s.mean() <= base.mean_wait_s.mean() + 2 * noise
    assert more.served.mean() >= base.served.mean()
    assert (more.came == base.came).all()  # the same customers


def test_a_busy_floor_is_told_to_call_somebody_in(busy: TwinNow) -> None:
    """The advice costs less than it saves on courses that were not used to choose; the same seed gives the same."""
    made = advise(busy, allowed=HELP, replications=80, seed=3)
    assert made.best.kind is StepKind.CALL_IN and made.chosen is not None
    assert made.chosen.wait_s.high < 0 and made.chosen.net_h.low > 0
    again = advise(busy, allowed=HELP, replications=80, seed=3)
    assert again.best == made.best and again.chosen is not None
    assert again.chosen.wait_s == made.chosen.wait_s
    assert (again.nothing.mean_wait_s == made.nothing.mean_wait_s).all()
    assert (advise(busy, allowed=HELP, replications=80, seed=4).nothing.mean_wait_s != made.nothing.mean_wait_s).any()
    low, high = made.band("mean_wait_s")
    assert low < made.nothing.mean_wait_s.mean() < high
    said = answer(made)
    assert said.startswith("Call h in from 10:") and "of back office" in said and "worst-off 5 %" in said


def test_what_costs_too_much_is_not_advised(busy: TwinNow) -> None:
    """With a price that no step is worth, and nothing free allowed, it says do nothing."""
    only = replace(HELP, breaks=False, turn=False, order=False)
    made = advise(busy, allowed=only, worth=Worth(hours=1000), replications=20, seed=3)
    assert made.best == NextStep() and made.chosen is None
    assert all(one.net_h.mean < 0 for one in made.candidates)
    assert answer(made) == f"Do nothing: of {made.tried - 1} steps none is surely worth what it costs"


def test_a_calm_floor_is_left_alone() -> None:
    """Where nobody waits no step helps, also not a free one that looks lucky."""
    now = twin_now(busy_moment(servers=8, waiting=0), seen=recorded_week(calls=40), seed=1)
    assert advise(now, allowed=HELP, replications=40, seed=1).best == NextStep()


def test_the_steps_are_those_that_are_allowed(busy: TwinNow) -> None:
    """Breaks move within the hour, shifts that end in it go on, helpers come after their notice; what is barred is not."""
    kinds = {one.kind for one in steps(busy, allowed=HELP)}
    assert kinds == {StepKind.NOTHING, StepKind.CALL_IN, StepKind.MOVE_BREAK, StepKind.TURN}
    assert steps(busy, allowed=Allowed(breaks=False, extend=False, turn=False, order=False)) == (NextStep(),)
    for one in steps(busy, allowed=HELP):
        if one.kind is StepKind.CALL_IN and one.span is not None:
            assert one.span.start >= AT + 5 * MINUTE and one.cost_s == one.span.seconds
        if one.kind is StepKind.MOVE_BREAK and one.span is not None:
            assert one.span.end <= AT + HOUR and one.span != one.was
    ending = twin_now(busy_moment(ends=AT + 30 * MINUTE), seen=recorded_week(), seed=1)
    longer = [one for one in steps(ending, allowed=HELP) if one.kind is StepKind.EXTEND]
    assert [one.agent for one in longer] == ["s0", "s1", "s2"]
    assert longer[0].span == Span(AT + 30 * MINUTE, AT + HOUR) and longer[0].cost_of == "overtime"
    assert taken(ending, step=longer[0]).agents[0].shifts[0].end == AT + HOUR


def test_a_ranked_queue_may_go_by_order_of_coming() -> None:
    """Where the tables say by priority, urgent ones are served first, and letting all stand with them is a step."""
    found = busy_moment()
    urgent = tuple(replace(one, priority=1 + k % 2) for k, one in enumerate(found.contacts))
    now = twin_now(replace(found, contacts=urgent, ranked=("a",)), seen=recorded_week(), seed=1)
    assert [one.level for one in now.problem.queues[0].discipline.classes] == [2, 1, 0, 1]
    flat = [one for one in steps(now, allowed=replace(HELP, order=True)) if one.kind is StepKind.ORDER]
    assert [one.queue for one in flat] == ["a"]
    assert len(taken(now, step=flat[0]).queues[0].discipline.classes) == 1


def test_breaks_that_wait_for_a_calm_minute_are_work_that_waits() -> None:
    """Put off while customers wait, breaks cost them less; moving one is still a step, and nobody counts as a customer."""
    kept = twin_now(busy_moment(), seen=recorded_week(), seed=1)
    put_off = twin_now(busy_moment(), seen=recorded_week(), put_off=True, seed=1)
    assert not put_off.problem.agents[0].breaks and put_off.problem.queues[-1].name == BREAKS
    one, two = (simulated(now.problem, replications=80, seed=1) for now in (kept, put_off))
    assert (one.came == two.came).all() and two.mean_wait_s.mean() < one.mean_wait_s.mean()
    move = next(step for step in steps(put_off, allowed=HELP) if step.kind is StepKind.MOVE_BREAK)
    at = [s.arrivals.at for s in taken(put_off, step=move).streams if s.queue == BREAKS]
    assert len(at) == 3 and taken(put_off, step=move).agents == put_off.problem.agents


def test_figures_of_an_hour() -> None:
    """The worst-off are at least one; who left is priced; an empty hour has no waits."""
    told = figures_of(
        np.array([0.0, 60.0, 600.0, 120.0]), answered=np.array([True, True, False, True]),
        left=np.array([False, False, True, False]), worth=Worth(left_s=100, target_s=100),
    )  # fmt: skip
    assert told == (4.0, 3.0, 195.0, 600.0, 0.25, 0.5, 880.0)
    assert figures_of(np.zeros(0), answered=np.zeros(0, bool), left=np.zeros(0, bool)) == (0.0,) * 7


def test_everything_wrong_is_told_at_once(busy: TwinNow) -> None:
    """Lengths, names and prices that cannot be; nothing to learn from; nobody there who may serve."""
    wrong = Allowed(helpers=("h", "h"), notice=-MINUTE, stretches=(timedelta(0),))
    assert [one.code for one in check_allowed(wrong)] == ["out-of-range", "out-of-range", "name-twice"]
    with pytest.raises(InputError) as caught:
        advise(busy, allowed=wrong, worth=Worth(hours=-1, level=2), replications=1)
    assert len(caught.value.issues) == 6 and all("Maybe" in one.advice for one in caught.value.issues)
    with pytest.raises(InputError, match="no-history"):
        twin_now(replace(busy_moment(), at=AT + timedelta(days=1)), seen=recorded_week())
    nobody = replace(busy_moment(), skills={"s0": ("letters",)})
    with pytest.raises(InputError, match="nobody-on-shift"):
        twin_now(nobody, seen=recorded_week(), floor=floor_now(recorded_week()))


def test_the_page_says_it_in_words_and_draws_both_ways(busy: TwinNow) -> None:
    """The answer, the picture of who waits with and without the step, and every step that was looked at."""
    made = advise(busy, allowed=HELP, replications=80, seed=3)
    told = page(made)
    assert answer(made) in told and "as advised" in told and "nothing done" in told
    assert all(step_words(one.step) in told for one in made.candidates)
    without, with_it = waiting(made), waiting(made, step=made.best)
    assert without.shape == (200, 61) and (without[:, 0] <= 5).all() and (without >= 0).all()
    assert with_it[:, 10:30].mean() < without[:, 10:30].mean()
    assert cost_words(made.best).startswith("costs")
