"""Answers that take long: worked out once for all, given while they are renewed, never older than said, never too many."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from troth.web.insight.answers import Answers, Delay, Limits, NotYetError


class Later(Executor):
    """Does what it is given when it is told to."""

    def __init__(self) -> None:
        self.todo: list[Callable[[], Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Remember it."""
        self.todo.append(lambda: fn(*args, **kwargs))
        return Future()

    def work(self) -> None:
        """Do the first of it."""
        self.todo.pop(0)()


class Stage:
    """Answers over a clock that stands still, and a count of what was worked out."""

    def __init__(self, **limits: Any) -> None:
        self.now, self.worked, self.took = 100.0, list[str](), 0.0
        self.later = Later()
        self.answers = Answers(self.later, limits=Limits(**limits), clock=lambda: self.now)

    def ask(self, key: str = "a", **more: Any) -> tuple[Any, bool]:
        """Ask without waiting; the answer is how often anything was worked out so far."""

        def work() -> int:
            self.worked.append(key)
            self.now += self.took
            return len(self.worked)

        found: tuple[Any, bool] = self.answers.ask(key, work, **{"wait_s": 0.0} | more)
        return found

    def late(self, key: str = "a", **more: Any) -> Delay:
        """Ask where there is no answer, and return why."""
        with pytest.raises(NotYetError) as caught:
            self.ask(key, **more)
        return caught.value.why


def test_all_who_ask_the_same_at_the_same_time_share_the_work() -> None:
    """Twenty ask while one works: the work is done once."""
    stage = Stage()
    assert {stage.late() for _ in range(20)} == {Delay.WORKING}
    assert len(stage.later.todo) == 1
    stage.later.work()
    assert [stage.ask() for _ in range(20)] == [(1, False)] * 20
    assert stage.worked == ["a"]


def test_those_who_wait_get_the_answer_of_the_one_who_works() -> None:
    """Whoever waits in another thread gets the same answer."""
    go, worked = Event(), []

    def work() -> str:
        go.wait(10)
        worked.append(1)
        return "done"

    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(8) as many:
        answers = Answers(one)
        asked = [many.submit(answers.ask, "a", work, wait_s=10.0) for _ in range(8)]
        go.set()
        assert {each.result() for each in asked} == {("done", False)} and worked == [1]


def test_an_old_answer_is_given_while_it_is_renewed_and_a_very_old_one_is_not() -> None:
    """An answer is fresh, then given while it is renewed, then not given any more."""
    stage = Stage(fresh_s=5.0, stale_s=60.0)
    stage.late()
    stage.later.work()
    stage.now += 4.9
    assert stage.ask() == (1, False) and not stage.later.todo
    stage.now += 0.2
    assert stage.ask() == (1, True) and stage.ask() == (1, True) and len(stage.later.todo) == 1
    assert stage.late(stale=False) is Delay.WORKING
    stage.later.work()
    assert stage.ask() == (2, False)
    stage.now += 60.1
    assert stage.late() is Delay.WORKING


def test_age_counts_from_when_the_log_was_looked_at() -> None:
    """An answer that took long is as old as its look at the log; it is not worked out all the time for that."""
    stage = Stage(fresh_s=5.0, stale_s=60.0, rest=1.0)
    stage.took = 40.0
    stage.late()
    stage.later.work()
    stage.now += 19.0
    assert stage.ask() == (1, False)  # it took forty seconds: none is worked out for the next forty
    stage.now += 22.0
    assert stage.late() is Delay.WORKING  # looked at 81 s ago
    assert stage.worked == ["a"]


def test_more_than_may_wait_are_told_so_and_old_answers_are_still_given() -> None:
    """The queue has an end."""
    stage = Stage(fresh_s=5.0, most=2)
    stage.late("old")
    stage.later.work()
    stage.now += 6.0
    assert [stage.late(key) for key in "abcd"] == [Delay.WORKING] * 2 + [Delay.CROWDED] * 2
    assert stage.ask("old") == (1, True) and len(stage.later.todo) == 2
    stage.later.work()
    assert stage.late("c") is Delay.WORKING


def test_what_nobody_asks_for_any_more_is_dropped() -> None:
    """Who has left is not worked for, and makes room."""
    stage = Stage(gone_s=20.0, most=1)
    stage.late()
    stage.now += 20.1
    stage.later.work()
    assert stage.worked == []
    stage.late()
    stage.now += 15.0
    stage.late()
    stage.now += 15.0
    stage.later.work()
    assert stage.worked == ["a"] and stage.ask() == (1, False)


def test_a_failure_is_told_to_all_and_tried_again_after_a_while() -> None:
    """A failure is an answer for a while."""
    stage = Stage(failed_s=10.0)

    def fail() -> None:
        raise NotYetError(Delay.TOO_LONG)

    with pytest.raises(NotYetError):
        stage.answers.ask("a", fail, wait_s=0.0)
    stage.later.work()
    assert stage.late() is Delay.TOO_LONG and not stage.later.todo
    stage.now += 10.1
    assert stage.late() is Delay.WORKING
    stage.later.work()
    assert stage.ask() == (1, False)


def test_only_so_many_answers_are_kept() -> None:
    """Memory has an end: what was asked for longest ago is forgotten."""
    few = Stage(kept=2)
    for key in "abc":
        few.late(key)
        few.later.work()
    assert few.ask("c") == (3, False) and few.ask("b") == (2, False)
    assert few.late("a") is Delay.WORKING
