"""All that is wrong with a problem is said at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from tests.queueing.twin.worlds import SEVEN, agent, at, come, lived, minutes, rich, small, stamps, steady
from troth.core.decision import Severity
from troth.core.errors import InputError
from troth.core.terms import AgentState
from troth.queueing import CustomerClass, Discipline, Waiting
from troth.queueing.twin import (
    CallbackOffer,
    Counters,
    Onward,
    Policy,
    Present,
    Redial,
    Reserve,
    Times,
    TwinArrivals,
    TwinProblem,
    TwinQueue,
    TwinStream,
    agents_alike,
    check,
    run,
)
from troth.queueing.twin._layout import STATES

_A, _S, _X = TwinQueue("a", minutes(3)), TwinStream("s", "a", come(0)), agent("x", "a")


def _with(queue: Any = _A, stream: Any = _S, one: Any = _X, **more: Any) -> TwinProblem:
    return small(queue, streams=[stream], agents=[one], **more)


@pytest.mark.parametrize(
    ("problem", "code", "where"),
    [
        (_with(until=-1), "end-before-start", "start and end"),
        (replace(_with(), start=SEVEN.replace(tzinfo=None)), "naive-time", "start"),
        (replace(_with(), cell=timedelta(0)), "out-of-range", "cell"),
        (replace(_with(), time_zone="Mars/Base"), "unknown-zone", "time_zone"),
        (replace(_with(), queues=(_A, _A)), "name-twice", "queues"),
        (_with(stream=replace(_S, queue="b")), "unknown-name", "streams[0]"),
        (_with(stream=replace(_S, then=("b",))), "unknown-name", "streams[0]"),
        (_with(replace(_A, onward=(Onward("b", 0.1),))), "unknown-name", "queues[0].onward"),
        (_with(replace(_A, onward=(Onward("a", 0.1, "t"),))), "unknown-name", "queues[0].onward"),
        (_with(replace(_A, callback=CallbackOffer("b", 9))), "unknown-name", "queues[0].callback"),
        (_with(one=agent("x", "b")), "unknown-name", "agents[0].queues"),
        (_with(one=agent("x", "a", counters="c", at_counter=("a",))), "unknown-name", "agents[0].counters"),
        (_with(policy=Policy(reserves=(Reserve("b", 1),))), "unknown-name", "policy.reserves"),
        (_with(present=(Present("a", "t", Waiting(1, SEVEN)),)), "unknown-name", "present[0]"),
        (_with(replace(_A, handle=Times(np.array([])))), "no-times", "queues[0].handle"),
        (_with(replace(_A, handle=Times(np.array([1.0, np.inf])))), "not-a-number", "queues[0].handle"),
        (_with(replace(_A, wrap=Times(np.array([-1.0])))), "negative-time", "queues[0].wrap"),
        (_with(replace(_A, patience=Times(np.array([2.0, 1.0])))), "not-rising", "queues[0].patience"),
        (_with(replace(_A, hands=-1)), "out-of-range", "queues[0].hands"),
        (_with(replace(_A, balking=(1.5,))), "not-a-share", "queues[0].balking"),
        (_with(replace(_A, redial=Redial(-0.1, minutes(1)))), "not-a-share", "queues[0].redial"),
        (_with(replace(_A, onward=(Onward("a", 0.7), Onward("a", 0.7)))), "shares-above-one", "queues[0].onward"),
        (_with(replace(_A, onward=(Onward("a", 1.0),))), "endless", "onward"),
        (_with(replace(_A, discipline=Discipline(classes=()))), "no-classes", "queues[0].discipline.classes"),
        (_with(stream=replace(_S, arrivals=TwinArrivals())), "arrivals", "streams[0].arrivals"),
        (
            _with(stream=replace(_S, arrivals=TwinArrivals(at=stamps(1), per_cell=np.ones(20)))),
            "arrivals",
            "streams[0].arrivals",
        ),
        (
            _with(stream=replace(_S, arrivals=TwinArrivals(per_cell=np.array([1.0, -1.0])))),
            "bad-count",
            "streams[0].arrivals.per_cell",
        ),
        (
            _with(stream=replace(_S, arrivals=TwinArrivals(per_cell=np.array([1.0, np.nan])))),
            "bad-count",
            "streams[0].arrivals.per_cell",
        ),
        (
            _with(stream=replace(_S, arrivals=TwinArrivals(paths=np.ones(9, dtype=np.int64)))),
            "wrong-shape",
            "streams[0].arrivals.paths",
        ),
        (
            _with(stream=replace(_S, arrivals=TwinArrivals(paths=np.full((1, 20), 0.5)))),
            "not-whole",
            "streams[0].arrivals.paths",
        ),
        (
            _with(stream=replace(_S, arrivals=TwinArrivals(at=stamps(1, 2), booked=stamps(1)))),
            "wrong-shape",
            "streams[0].arrivals.booked",
        ),
        (
            _with(stream=replace(_S, arrivals=TwinArrivals(booked=stamps(1), no_show=2))),
            "not-a-share",
            "streams[0].arrivals.no_show",
        ),
        (_with(one=replace(_X, hands=0)), "out-of-range", "agents[0].hands"),
        (_with(one=replace(_X, pace=0.0)), "out-of-range", "agents[0].pace"),
        (_with(one=replace(_X, hands=2, beside=(1.0,))), "out-of-range", "agents[0].beside"),
        (_with(one=replace(_X, at_counter=("a",))), "counters", "agents[0]"),
        (replace(_with(), cell=timedelta(microseconds=1)), "out-of-range", "cell"),
        (replace(_with(), agents=agents_alike(_X, names=[f"x{k}" for k in range(10_001)])), "out-of-range", "agents"),
        (_with(policy=Policy(reserves=(Reserve("a", 10**20),))), "out-of-range", "policy.reserves[0].agents"),
        (_with(policy=Policy(reserves=(Reserve("a", -1),))), "out-of-range", "policy.reserves[0].agents"),
        (_with(counters=(Counters("hall", ((at(0), 10**20),)),)), "out-of-range", "counters[0].open"),
        (_with(counters=(Counters("hall", ((at(0), -1),)),)), "out-of-range", "counters[0].open"),
        (
            _with(stream=replace(_S, arrivals=TwinArrivals(per_cell=np.full(20, 1e9)))),
            "out-of-range",
            "streams[0].arrivals",
        ),
        (
            _with(stream=replace(_S, arrivals=TwinArrivals(paths=np.array([[0] * 20, [10**6] * 20])))),
            "out-of-range",
            "streams[0].arrivals",
        ),
        (_with(replace(_A, handle=Times.constant(1e11))), "out-of-range", "queues[0].handle"),
        (_with(replace(_A, target_s=1e11)), "out-of-range", "queues[0].target"),
        (_with(replace(_A, hands=1001)), "out-of-range", "queues[0].hands"),
        (_with(one=replace(_X, hands=1001)), "out-of-range", "agents[0].hands"),
        (_with(one=replace(_X, pace=1001.0)), "out-of-range", "agents[0].pace"),
    ],
)
def test_an_error_is_named_with_its_place(problem: TwinProblem, code: str, where: str) -> None:
    """Each mistake has a code, a place and advice, and nothing is run."""
    errors = [issue for issue in check(problem) if issue.severity is Severity.ERROR]
    assert (code, where) in [(issue.code, issue.where) for issue in errors]
    assert all(issue.advice.startswith("Maybe") for issue in errors)
    with pytest.raises(InputError, match=code):
        run(problem)


def test_all_errors_come_together() -> None:
    """Three mistakes are three issues."""
    wrong = _with(replace(_A, hands=-1), replace(_S, queue="b"), replace(_X, pace=-1.0))
    assert [issue.code for issue in check(wrong)] == ["unknown-name", "out-of-range", "out-of-range"]


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (_with(stream=replace(_S, arrivals=TwinArrivals(per_cell=np.full(20, 30.0)))), "overloaded"),
        (_with(stream=replace(_S, arrivals=TwinArrivals(per_cell=np.ones(3)))), "few-cells"),
        (_with(one=agent("x", "a", shifts=())), "nobody-serves"),
        (_with(one=agent("x")), "idle-agent"),
        (
            _with(
                replace(_A, discipline=Discipline((CustomerClass("a", priorities=(1,)), CustomerClass("b", level=1))))
            ),
            "may-starve",
        ),
    ],
)
def test_doubts_are_warnings_and_the_run_goes_on(problem: TwinProblem, code: str) -> None:
    """What is odd but possible is told, and simulated as it is."""
    found = {issue.code: issue.severity for issue in check(problem)}
    assert found[code] is Severity.WARNING
    lived(problem)


def test_an_overloaded_queue_without_patience_grows() -> None:
    """Twice as many as can be served: half are served, the rest wait, and the books balance."""
    problem = steady(1, hourly=40, handle=Times.constant(180), hours=100)
    outcomes = lived(problem).outcomes()
    assert outcomes["answered"] == pytest.approx(2000, abs=5)
    assert outcomes["open"] > 1500


def test_a_good_problem_has_no_issues() -> None:
    """Nothing is found where nothing is wrong."""
    assert check(rich()) == []
    assert check(_with(counters=(Counters("hall", ((at(0), 1),)),))) == []


def test_states_are_those_of_the_log() -> None:
    """The loop's numbers of states stand for the log's words, each once."""
    assert set(STATES) == {str(state) for state in AgentState}
