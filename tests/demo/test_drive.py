"""Visitors of a branch's day, and the driver that plays them through given hands."""

from __future__ import annotations

from collections import deque
from datetime import date, timedelta
from itertools import pairwise

import pytest

from troth.demo import small_company
from troth.demo.drive import AGAIN, BranchDriver
from troth.demo.visitors import BranchDay, Visitor, branch_day

TUESDAY = date(2026, 3, 3)


def day(seed: int = 1, day: date = TUESDAY) -> BranchDay:
    return branch_day(small_company(volume=1.0), site=1, seed=seed, day=day)


class Paper:
    """Hands that keep a line on paper and check that nothing impossible is done."""

    def __init__(self, *, taken: str = "", full: frozenset[int] = frozenset()) -> None:
        self.booked: dict[str, int] = {}
        self.full = full
        self.line: deque[str] = deque()
        self.at: dict[str, str] = {}
        self.state: dict[str, str] = {}
        self.log: list[tuple[int, str, str]] = []
        self.taken, self.now = taken, 0

    def _say(self, at: int, what: str, whom: str) -> None:
        assert at >= self.now, "time runs forward"
        self.now = at
        self.log.append((at, what, whom))

    def join(self, visitor: Visitor, *, at: int) -> str | None:
        ticket = f"t{visitor.number}"
        self._say(at, "join", ticket)
        self.line.append(ticket)
        self.state[ticket] = "waiting"
        return ticket

    def book(self, visitor: Visitor, *, at: int, slot: int) -> str | None:
        self._say(at, "book", f"b{visitor.number}")
        assert at < slot
        if slot in self.full:
            return None
        self.booked[f"b{visitor.number}"] = slot
        return f"b{visitor.number}"

    def move(self, booking: str, *, at: int, slot: int) -> None:
        self._say(at, "move", booking)
        assert at < min(self.booked[booking], slot)
        self.booked[booking] = slot

    def cancel(self, booking: str, *, at: int) -> None:
        self._say(at, "cancel", booking)
        assert at < self.booked.pop(booking)

    def check_in(self, booking: str, *, at: int) -> str | None:
        self._say(at, "check_in", booking)
        assert abs(at - self.booked.pop(booking)) <= 900_000
        ticket = f"t{booking[1:]}"
        self.line.append(ticket)
        self.state[ticket] = "waiting"
        return ticket

    def leave(self, ticket: str, *, at: int) -> None:
        self._say(at, "leave", ticket)
        assert self.state[ticket] == "waiting"
        self.line.remove(ticket)
        self.state[ticket] = "left"

    def take_counter(self, agent_id: str, *, at: int) -> bool:
        self._say(at, "open", agent_id)
        return agent_id != self.taken

    def at_counter(self, agent_id: str) -> tuple[str, bool] | None:
        ticket = self.at.get(agent_id)
        return (ticket, self.state[ticket] == "serving") if ticket else None

    def close(self, agent_id: str, *, at: int) -> None:
        self._say(at, "close", agent_id)
        assert agent_id not in self.at

    def pause(self, agent_id: str, *, at: int, state: str) -> None:
        self._say(at, "pause", agent_id)
        assert agent_id not in self.at

    def back(self, agent_id: str, *, at: int) -> None:
        self._say(at, "back", agent_id)

    def call(self, agent_id: str, *, at: int) -> str | None:
        assert agent_id not in self.at, "one customer at a time"
        assert agent_id != self.taken
        if not self.line:
            return None
        ticket = self.line.popleft()
        self._say(at, "call", ticket)
        self.at[agent_id], self.state[ticket] = ticket, "called"
        return ticket

    def answer(self, agent_id: str, *, at: int, ticket: str) -> None:
        self._say(at, "answer", ticket)
        assert self.at[agent_id] == ticket
        self.state[ticket] = "serving"

    def finish(self, agent_id: str, *, at: int, ticket: str) -> None:
        self._say(at, "finish", ticket)
        assert self.at.pop(agent_id) == ticket
        self.state[ticket] = "served"

    def no_show(self, agent_id: str, *, at: int, ticket: str) -> None:
        self._say(at, "no_show", ticket)
        assert self.at.pop(agent_id) == ticket
        self.state[ticket] = "no_show"


class Ousted(Paper):
    """Hands of which one clerk's counter is taken by somebody else at noon, until two."""

    def __init__(self, agent_id: str, *, noon: int) -> None:
        super().__init__()
        self.agent_id, self.noon, self.refused = agent_id, noon, 0

    def call(self, agent_id: str, *, at: int) -> str | None:
        if agent_id == self.agent_id and self.noon <= at < self.noon + 7_200_000:
            self.refused += 1
            raise LookupError(agent_id)
        return super().call(agent_id, at=at)


@pytest.fixture(scope="module", name="plan")
def a_plan() -> BranchDay:
    return day()


def played(hands: Paper, plan: BranchDay, *, step_ms: int = 10**12) -> Paper:
    driver = BranchDriver(plan, hands=hands, paces={})
    at = 0
    while driver.next_at is not None:
        at = max(at + step_ms, driver.next_at)
        driver.advance(at)
    return hands


def test_the_same_seed_and_day_bring_the_same_visitors() -> None:
    """A driver that is started anew goes on with the same customers."""
    assert day() == day()
    assert day(seed=2).visitors != day().visitors


def test_visitors_come_while_the_branch_is_open() -> None:
    """Nobody but those with a booking, who may be early, comes to a closed door; on a Sunday nobody comes."""
    plan = day()
    assert len(plan.visitors) > 100
    assert all(plan.opens <= v.at < plan.closes for v in plan.visitors if v.slot is None)  # type: ignore[operator]
    booked = [v for v in plan.visitors if v.slot is not None]
    assert booked
    assert all(abs(v.at - v.slot) <= 900_000 for v in booked if v.slot)
    assert day(day=date(2026, 3, 8)).visitors == ()


def test_visitors_of_many_days_are_as_many_as_the_truth_says() -> None:
    """The number of visitors of twenty weekdays lies near what the truth expects of them."""
    truth = small_company(volume=1.0)
    queues = truth.sites[1].queues
    days = [TUESDAY + timedelta(days=7 * k) for k in range(9)]
    found = sum(len(branch_day(truth, site=1, seed=5, day=d).visitors) for d in days)
    expected = sum(q.per_day * q.weekdays[1] for q in queues) * len(days)
    assert 0.8 * expected < found < 1.25 * expected


def test_only_a_branch_can_be_driven() -> None:
    """Callers do not come to a door."""
    with pytest.raises(ValueError, match="no branch"):
        branch_day(small_company(), site=0, seed=1, day=TUESDAY)


def test_every_customer_comes_to_one_end() -> None:
    """Whoever joined was served, left, or was called and not there; nobody is at a counter at the end."""
    hands = played(Paper(), day())
    assert set(hands.state.values()) <= {"served", "left", "no_show", "waiting"}
    assert not hands.at
    served = sum(state == "served" for state in hands.state.values())
    assert served > 0.8 * len(hands.state)


def test_steps_of_any_length_play_the_same_day() -> None:
    """How often the driver wakes does not change what happens."""
    assert played(Paper(), day(), step_ms=1000).log == played(Paper(), day()).log


def test_a_counter_a_real_person_has_is_left_alone() -> None:
    """The made-up clerk of a counter that somebody took does nothing there."""
    plan = day()
    someone = plan.shifts[0].agent_id
    hands = played(Paper(taken=someone), plan)
    assert [what for _, what, whom in hands.log if whom == someone] == ["open"]


def test_a_driver_started_anew_goes_on_where_it_was() -> None:
    """Whoever was at a counter is served to the end, and the rest of the day's customers still come."""
    plan = day()
    assert plan.opens is not None
    noon = plan.opens + 2 * 3_600_000
    hands = Paper()
    first = BranchDriver(plan, hands=hands, paces={})
    first.advance(noon)
    assert hands.at, "somebody is being served at that moment"
    second = BranchDriver(plan, hands=hands, paces={}, since=noon + 1)
    while second.next_at is not None:
        second.advance(second.next_at)
    assert not hands.at
    assert len(hands.state) == sum(v.comes for v in plan.visitors)
    assert sum(state == "served" for state in hands.state.values()) > 0.8 * len(hands.state)


def test_bookings_are_made_moved_given_up_and_come_with(plan: BranchDay) -> None:
    """Whoever has a time books it on a day before; who comes checks in near it, the rest says so or stays away."""
    booked = [v for v in plan.visitors if v.slot is not None]
    hands = played(Paper(), plan)
    did = {k: {whom[1:] for _, what, whom in hands.log if what == k} for k in ("book", "move", "cancel", "check_in")}
    numbers = {str(v.number): v for v in booked}
    assert did["book"] == set(numbers)
    assert did["check_in"] == {n for n, v in numbers.items() if v.comes}
    assert did["move"] == {n for n, v in numbers.items() if v.moves_at is not None}
    assert did["cancel"] == {n for n, v in numbers.items() if v.cancels_at is not None}
    assert set(hands.booked) == {f"b{n}" for n, v in numbers.items() if not v.comes and v.cancels_at is None}
    assert plan.opens is not None and all(at < plan.opens for at, what, _ in hands.log if what == "book")


def test_many_days_have_customers_who_change_their_mind() -> None:
    """Some move, some say that they will not come, and nobody does both; the world's own visitors are as they were."""
    days = [day(day=TUESDAY + timedelta(days=7 * k)) for k in range(8)]
    booked = [v for one in days for v in one.visitors if v.slot is not None]
    moved = [v for v in booked if v.moves_at is not None]
    gone = [v for v in booked if v.cancels_at is not None]
    assert 0 < len(moved) < 0.4 * len(booked) and 0 < len(gone) < 0.4 * len(booked)
    assert all(v.comes and v.wished not in {None, v.slot} for v in moved)
    assert not any(v.comes for v in gone)


def test_who_finds_the_time_taken_comes_without(plan: BranchDay) -> None:
    """A booking that was refused is no booking: the customer takes a number at the door."""
    slots = frozenset(v.slot for v in plan.visitors if v.slot is not None)
    wished = frozenset(v.wished for v in plan.visitors if v.wished is not None)
    hands = played(Paper(full=slots | wished), plan)
    assert not any(what == "check_in" for _, what, _ in hands.log)
    assert len(hands.state) == sum(v.comes for v in plan.visitors)


def test_a_driver_started_anew_knows_what_was_booked(plan: BranchDay) -> None:
    """Bookings are handed on; without them the customers come all the same, without a time."""
    morning = min(v.at for v in plan.visitors)
    kept: dict[int, str] = {}
    for bookings, expected in ((kept, True), (None, False)):
        hands = Paper()
        BranchDriver(plan, hands=hands, paces={}, bookings=bookings).advance(morning - 1)
        later = BranchDriver(plan, hands=hands, paces={}, since=morning, bookings=bookings)
        while later.next_at is not None:
            later.advance(later.next_at)
        assert any(what == "check_in" for _, what, _ in hands.log) is expected
        assert len(hands.state) == sum(v.comes for v in plan.visitors)


def test_a_clerk_who_lost_the_counter_looks_for_another_now_and_then(plan: BranchDay) -> None:
    """Not every five seconds; and goes on when there is one."""
    shift = max(plan.shifts, key=lambda one: one.ends - one.starts)
    hands = Ousted(shift.agent_id, noon=(shift.starts + shift.ends) // 2 - 3_600_000)
    played(hands, plan)
    assert 1 <= hands.refused <= 13
    opened = [at for at, what, whom in hands.log if what == "open" and whom == shift.agent_id]
    assert len(opened) == hands.refused + 1 and all(b - a >= AGAIN for a, b in pairwise(opened[1:]))
    assert len(hands.state) == sum(v.comes for v in plan.visitors)
