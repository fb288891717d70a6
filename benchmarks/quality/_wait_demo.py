"""The branches of the demo company as steps of a replay: walk-ins, bookings, counters that open and pause."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from benchmarks.quality._wait_replay import Replay, Step
from troth.demo import UNTIL, Truth, World, demo_company
from troth.queueing.choose import Server, Waiting
from troth.queueing.discipline import Appointments, CustomerClass, Discipline
from troth.queueing.tournament import Tournament

#: Two weeks to learn in, then the month that is judged.
WARM, DAYS = timedelta(days=14), timedelta(days=30)
FROM = UNTIL - DAYS
BRANCHES = (1, 2)

#: As the branches work: those with a booking first, then first come, first served.
DISCIPLINE = Discipline(
    (CustomerClass("booked", priorities=(2,), level=0), CustomerClass("walk-in", level=1)), Appointments(early=None)
)


def company() -> Truth:
    """Return the demo company at three times its usual size."""
    return demo_company(until=UNTIL, days=(WARM + DAYS).days, size=3.0)


def replay(truth: Truth, *, branch: int, make: Callable[[], Tournament]) -> Replay:
    """Return an empty replay of a branch; who serves what is how the branch is set up, no secret of the generator."""
    serves = {a.agent_id: Server(names=(a.agent_id,), services=a.queues) for a in truth.sites[branch].agents}
    return Replay(DISCIPLINE, serves.__getitem__, make, key=lambda ticket: ticket.service)


def steps(truth: Truth, *, branch: int, seed: int, until: datetime = UNTIL) -> Iterator[Step]:
    """Yield what happened in a branch, as its events tell it."""
    world = World(truth, seed, sites=(branch,), keep=False)
    rows = world.step(until).select(["occurred_at", "activity", "step", "contact_id", "agent_id", "queue", "priority"])
    events = rows.to_pylist()
    called = {(e["contact_id"], e["occurred_at"]) for e in events if e["activity"] == "called"}
    absent = {e["contact_id"] for e in events if e["activity"] == "no_show" and e["agent_id"]}
    tickets: dict[str, Waiting] = {}
    for event in events:
        yield from _step(event, tickets, called, absent)


def _step(
    event: dict[str, Any], tickets: dict[str, Waiting], called: set[tuple[str, datetime]], absent: set[str]
) -> Iterator[Step]:
    at, what, who, contact = event["occurred_at"], event["activity"], event["agent_id"] or "", event["contact_id"]
    if what == "queued":
        number = int("".join(filter(str.isdigit, contact)))
        ticket = Waiting(number, at, service=event["queue"], priority=int(event["priority"][1:]))
        tickets[contact] = ticket
        if (contact, at) not in called:  # else a counter was free: nobody waits, nothing is promised
            yield Step(at, "join", ticket=ticket)
    elif what == "called":
        ticket = tickets.pop(contact)
        kind = "direct" if ticket.joined_at == at else "absent" if contact in absent else "call"
        yield Step(at, kind, who, ticket)
    elif what == "abandoned":
        yield Step(at, "leave", ticket=tickets.pop(contact))
    elif what == "wrapped" or (what == "no_show" and who):
        yield Step(at, "here", who)
    elif what == "shift_ended":
        yield Step(at, "away", who)
    elif what == "shift_started":
        yield Step(at, "here", who)
    elif what == "state_changed" and event["step"] in {"break", "meeting", "training"}:
        yield Step(at, "pause", who)
    elif what == "state_changed" and event["step"] == "available":
        yield Step(at, "here", who)
