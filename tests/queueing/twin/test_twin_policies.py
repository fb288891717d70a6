"""Who meets whom, in days small enough to follow with a finger. Agents are numbered in order; times are minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.queueing.twin.worlds import SEVEN, agent, at, come, lived, minutes, small, stamps, told
from troth.core.spans import Span
from troth.core.terms import AgentState
from troth.queueing import Appointments, Discipline
from troth.queueing.twin import (
    CallbackOffer,
    Counters,
    Onward,
    Picking,
    Policy,
    Redial,
    Reserve,
    Routing,
    Times,
    TwinAgent,
    TwinArrivals,
    TwinQueue,
    TwinStream,
)

A, B = TwinQueue("a", minutes(10)), TwinQueue("b", minutes(10))


def _who(team: list[TwinAgent], *streams: TwinStream, queues: Any = (A, B), **more: Any) -> list[tuple[Any, ...]]:
    return told(lived(small(*queues, streams=streams, agents=team, **more)))


def test_the_longest_free_agent_is_called() -> None:
    """Of free agents the one who waits for work longest gets the contact."""
    found = _who([agent("x", "a"), agent("y", "a")], TwinStream("s", "a", come(0, 20, 40)))
    assert [who for _, who, *_ in found] == [0, 1, 0]


def test_the_specialist_is_spared_the_generalist() -> None:
    """With specialised routing the agent of fewest queues is asked first, else whoever is free for longest."""
    both, one = agent("both", "a", "b"), agent("one", "a")
    calls = TwinStream("s", "a", come(0, 1, 30))
    special = Policy(routing=Routing.SPECIALISED)
    assert [who for _, who, *_ in _who([both, one], calls, policy=special)] == [1, 0, 1]
    assert [who for _, who, *_ in _who([both, one], calls)] == [0, 1, 0]


def test_a_preference_goes_before_all() -> None:
    """An agent turns to the queue it prefers though others wait longer; a contact goes to who prefers its queue."""
    taker = agent("x", "a=1", "b=0")
    streams = (TwinStream("a", "a", come(0, 1)), TwinStream("b", "b", come(2)))
    assert [called for *_, called, _ in _who([taker], *streams)] == [0.0, 20.0]
    second = [agent("x", "a=1"), agent("y", "a=0")]
    assert [who for _, who, *_ in _who(second, TwinStream("a", "a", come(0, 20)))] == [1, 1]


def test_agents_are_kept_free() -> None:
    """One of two agents is kept for the other queue: the second contact waits though somebody is free."""
    team = [agent("x", "a", "b"), agent("y", "a", "b")]
    kept = Policy(reserves=(Reserve("b", 1),))
    found = _who(team, TwinStream("a", "a", come(0, 1)), TwinStream("b", "b", come(5)), policy=kept)
    assert [called for *_, called, _ in found] == [0.0, 15.0]
    assert _who(team, TwinStream("a", "a", come(0, 1)))[1][3] == 1.0


def test_service_level_weighs_waits_by_targets() -> None:
    """Of two queues the one furthest behind its target is served, not the one that waits longest."""
    queues = (replace(A, target_s=600), replace(B, target_s=60))
    streams = (TwinStream("a", "a", come(0, 1)), TwinStream("b", "b", come(5)))
    by_level = _who([agent("x", "a", "b")], *streams, queues=queues, policy=Policy(picking=Picking.SERVICE_LEVEL))
    assert [called for *_, called, _ in by_level] == [0.0, 20.0]
    assert [called for *_, called, _ in _who([agent("x", "a", "b")], *streams, queues=queues)] == [0.0, 10.0]


def test_deferred_work_fills_slack_and_gives_way() -> None:
    """Letters are written while nobody calls; a call interrupts them, and what is left is done afterwards."""
    mail = TwinQueue("mail", minutes(30), deferred=True, interruptible=True)
    streams = (TwinStream("a", "a", come(10)), TwinStream("mail", "mail", come(0)))
    trace = lived(small(A, mail, streams=streams, agents=[agent("x", "a", "mail")]))
    assert told(trace, 0) == [("answered", 0, 10.0, 10.0, 20.0)]
    assert told(trace, 1) == [("answered", 0, 0.0, 0.0, 40.0)]
    patient = replace(mail, interruptible=False)
    later = lived(small(A, patient, streams=streams, agents=[agent("x", "a", "mail")]))
    assert told(later, 0) == [("answered", 0, 10.0, 30.0, 40.0)]


def test_chats_share_an_agent_who_gets_slower() -> None:
    """Two chats at once, each at six tenths of the speed; the third waits for a hand."""
    chat = TwinQueue("chat", minutes(12), hands=1)
    two = agent("x", "chat", hands=2, beside=(1.0, 0.6))
    found = _who([two], TwinStream("s", "chat", come(0, 0, 1)), queues=(chat,))
    assert [round(end, 2) for *_, end in found] == [20.0, 20.0, 32.0]
    call = [agent("x", "chat", "a", hands=2)]
    mixed = lived(
        small(chat, A, streams=[TwinStream("c", "chat", come(0)), TwinStream("a", "a", come(1))], agents=call)
    )
    assert told(mixed, 1)[0][3] == 12.0, "a call takes the whole agent"


def test_wrap_up_keeps_the_agent() -> None:
    """The customer is gone, the agent is not free yet."""
    found = _who([agent("x", "a")], TwinStream("s", "a", come(0, 1)), queues=(replace(A, wrap=minutes(3)),))
    assert [(called, end) for *_, called, end in found] == [(0.0, 10.0), (13.0, 23.0)]


def test_a_break_begins_after_the_customer() -> None:
    """Who is on a break serves nobody; a service that began before it is finished first."""
    pause = ((Span(at(5), at(25)), AgentState.BREAK),)
    found = _who([agent("x", "a", breaks=pause)], TwinStream("s", "a", come(0, 6)))
    assert [(called, end) for *_, called, end in found] == [(0.0, 10.0), (25.0, 35.0)]


def test_who_leaves_tries_again() -> None:
    """An impatient caller redials until served or until there were enough attempts."""
    queue = replace(A, patience=minutes(2), redial=Redial(1.0, minutes(5), most=2))
    trace = lived(small(queue, streams=[TwinStream("s", "a", come(0, 1))], agents=[agent("x", "a")]))
    again = trace.contacts[trace.contacts["number"] == 1]
    assert [int(leg) for leg in again["leg"]] == [0, 1]
    assert [name for name, *_ in told(trace)] == ["answered", "abandoned", "answered"]
    assert told(trace)[2][2:4] == (8.0, 10.0)


def test_a_callback_keeps_nobody_on_the_line() -> None:
    """When the wait is long a customer is called back in turn, without patience."""
    queue = replace(A, callback=CallbackOffer("b", wait_s=120))
    found = lived(small(queue, B, streams=[TwinStream("s", "a", come(0, 1, 4))], agents=[agent("x", "a", "b=1")]))
    assert told(found) == [
        ("answered", 0, 0.0, 0.0, 10.0),
        ("answered", 0, 1.0, 10.0, 20.0),
        ("callback", -1, 4.0, None, 4.0),
        ("answered", 0, 4.0, 20.0, 30.0),
    ]
    assert found.contacts["out"].tolist() == [0, 0, 0, 1]


def test_a_long_queue_turns_people_away() -> None:
    """With one waiting nobody joins any more."""
    queue = replace(A, balking=(0.0, 1.0))
    found = _who([agent("x", "a")], TwinStream("s", "a", come(0, 1, 2)), queues=(queue,))
    assert [name for name, *_ in found] == ["answered", "answered", "balked"]


def test_a_visit_has_steps_and_a_transfer_has_chance() -> None:
    """A visit goes on to its next queue at once; contacts handed on come there after a while, as others if told."""
    team = [agent("x", "a"), agent("y", "b")]
    visit = lived(small(A, B, streams=[TwinStream("s", "a", come(0), then=("b",))], agents=team))
    assert told(visit) == [("answered", 0, 0.0, 0.0, 10.0), ("answered", 1, 10.0, 10.0, 20.0)]
    assert visit.contacts["previous"].tolist() == [-1, 0]
    hands_on = replace(A, onward=(Onward("b", 1.0, stream="t", after=minutes(3)),))
    slow = TwinStream("t", "b", come(), handle=minutes(25))
    moved = lived(small(hands_on, B, streams=[TwinStream("s", "a", come(0)), slow], agents=team))
    assert told(moved, 1) == [("answered", 1, 13.0, 13.0, 38.0)]


def test_booked_customers_and_walk_ins_share_a_line() -> None:
    """Who is booked is served near the booked time, before walk-ins who joined earlier but not too early."""
    rules = Discipline(appointments=Appointments(early=timedelta(minutes=5), head_start=timedelta(minutes=60)))
    queue = replace(A, discipline=rules)
    booked = TwinArrivals(booked=stamps(15), lateness=Times.constant(-600))
    streams = (TwinStream("walk", "a", come(0, 1, 2)), TwinStream("booked", "a", booked))
    trace = lived(small(queue, streams=streams, agents=[agent("x", "a")]))
    assert told(trace, 1)[0][2:4] == (5.0, 10.0)
    assert [called for *_, called, _ in told(trace, 0)] == [0.0, 20.0, 30.0]


def test_some_booked_do_not_come() -> None:
    """The share that stays away does, and it is the same ones under any plan."""
    many = TwinArrivals(booked=stamps(*range(400)), no_show=0.25)
    trace = lived(small(A, streams=[TwinStream("s", "a", many)], agents=[agent("x", "a")]), seed=1)
    assert 270 < len(trace.contacts) < 330


def test_counters_limit_who_can_serve() -> None:
    """With one counter open one agent serves; the second begins when the second opens, and stops when it closes."""
    team = [agent(name, "a", counters="hall", at_counter=("a",)) for name in "xy"]
    opening = (Counters("hall", ((SEVEN, 1), (at(15), 2), (at(25), 1))),)
    calls = TwinStream("s", "a", come(*range(8)))
    found = lived(small(A, streams=[calls], agents=team, counters=opening))
    times = [called for *_, called, _ in told(found)]
    assert times == [0.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0]


def test_closing_time_sends_people_away() -> None:
    """Who waits at closing is sent away, who comes later is not let in, who is being served stays."""
    queue = replace(A, open=(Span(SEVEN, at(15)),), sends_away=True)
    found = _who([agent("x", "a")], TwinStream("s", "a", come(0, 1, 2, 20)), queues=(queue,))
    assert [(name, end) for name, *_, end in found] == [
        ("answered", 10.0), ("answered", 20.0), ("unserved", 15.0), ("unserved", 20.0),
    ]  # fmt: skip


def test_who_left_in_silence_is_missed_when_called() -> None:
    """A ticket of somebody gone is called in vain, which costs a minute."""
    queue = replace(A, patience=minutes(3), silent=True, missing_s=60)
    found = _who([agent("x", "a")], TwinStream("s", "a", come(0, 1, 9)), queues=(queue,))
    assert [(name, called) for name, _, _, called, _ in found] == [
        ("answered", 0.0),
        ("no_show", 10.0),
        ("answered", 11.0),
    ]


def test_pace_and_reservation_and_skills() -> None:
    """A slow agent takes longer; a ticket kept for somebody, or that takes a skill, waits for one who has it."""
    slow = agent("x", "a", pace=1.5)
    assert _who([slow], TwinStream("s", "a", come(0)))[0][4] == 15.0
    kept = TwinStream("s", "a", come(0, 1), reserved_for="y")
    assert [who for _, who, *_ in _who([agent("x", "a"), agent("y", "a")], kept)] == [1, 1]
    skilled = TwinStream("s", "a", come(0), skills=(71,))
    team = [agent("x", "a", skills=((7, 0),)), agent("y", "a", skills=((7, 2),))]
    assert _who(team, skilled)[0][1] == 1
