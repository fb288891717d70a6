"""The simulation serves in the order the declared rules say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.queueing import lines
from troth.core.spans import Span, from_micros, to_micros
from troth.queueing import CustomerClass, Discipline, Fairness, Server, Waiting, choose, overtaken, placed
from troth.queueing.twin import Present, Times, TwinAgent, TwinArrivals, TwinProblem, TwinQueue, TwinStream, run

_SERVICE = timedelta(minutes=3)


def _problem(discipline: Discipline, line: list[Waiting], server: Server, minutes: int) -> TwinProblem:
    """Return a problem in which one server finds tickets waiting."""
    now = lines.NOON + timedelta(minutes=minutes, microseconds=7)
    end = now + timedelta(hours=4)
    queue = TwinQueue("q", Times.constant(_SERVICE.total_seconds()), discipline=discipline)
    stream = TwinStream("s", "q", TwinArrivals(at=np.zeros(0, dtype=np.int64)))
    agent = TwinAgent(
        "someone", (("q", 0),), (Span(now, end),), services=server.services, skills=server.skills, names=server.names
    )
    present = tuple(Present("q", "s", ticket) for ticket in line)
    return TwinProblem(now, end, (queue,), (stream,), (agent,), present=present)


def _by_choose(problem: TwinProblem, line: list[Waiting], server: Server) -> list[tuple[int, int]]:
    """Return whom the server calls when, told by `choose`: an id and an instant each."""
    discipline, now, found = problem.queues[0].discipline, problem.start, []
    waiting = list(line)
    while now < problem.end:
        chosen = choose(discipline, waiting=waiting, server=server, now=now)
        if chosen is None:
            ready = [placed(discipline, ticket=ticket).ready_us for ticket in waiting]
            later = [at for at in ready if at > to_micros(now)]
            if not later:
                break
            now = from_micros(min(later))
            continue
        ticket = chosen.ticket
        passed = overtaken(discipline, ticket=ticket, waiting=waiting, server=server, now=now)
        found.append((ticket.id, to_micros(now)))
        waiting = [
            replace(other, overtaken=other.overtaken + 1, overtaken_at=other.overtaken_at or now)
            if other.id in passed
            else other
            for other in waiting
            if other.id != ticket.id
        ]
        now += _SERVICE
    return found


_SERVERS = st.one_of(st.just(Server(names=lines.NAMES, skills=((1, 2), (2, 2)))), lines.servers)


@given(lines.disciplines(), lines.lines(), _SERVERS, st.integers(-90, 90))
@settings(max_examples=80, deadline=None)
def test_the_loop_calls_whom_choose_calls(
    discipline: Discipline, line: list[Waiting], server: Server, minutes: int
) -> None:
    """From any state and record, ticket after ticket is called as `choose` says, at the same instants."""
    problem = _problem(discipline, line, server, minutes)
    contacts = run(problem).traces[0].contacts
    ids = [ticket.id for ticket in line]
    called = [(ids[row], int(contacts["called"][row])) for row in np.argsort(contacts["called"], kind="stable")]
    assert [one for one in called if one[1] < to_micros(problem.end)] == _by_choose(problem, line, server)


def test_rules_change_whom_the_loop_calls() -> None:
    """Important tickets pass others until a cap on being overtaken is reached, which joining alone would not give."""
    vip = CustomerClass("vip", priorities=(1,), level=0)
    rules = Discipline(classes=(vip, CustomerClass("others", level=1)), fairness=Fairness(overtakes=2))
    line = [Waiting(k, lines.NOON - timedelta(minutes=20 - k), priority=int(k > 2)) for k in range(1, 8)]
    problem = _problem(rules, line, Server(), 0)
    contacts = run(problem).traces[0].contacts
    assert [line[row].id for row in np.argsort(contacts["called"], kind="stable")] == [3, 4, 1, 2, 5, 6, 7]
    assert [id_ for id_, _ in _by_choose(problem, line, Server())] == [3, 4, 1, 2, 5, 6, 7]
