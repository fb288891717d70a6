"""The twin of a month under a roster: named people at their pace, breaks put off while customers are served, absence by chance."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import numpy as np

from troth.capacity.month.crew import CrewMember
from troth.capacity.month.facts import CallbackHabit
from troth.capacity.month.problem import ProspectProblem
from troth.capacity.staffing import StaffedQueue
from troth.core.random import stream
from troth.core.spans import Span
from troth.core.terms import AgentState
from troth.queueing.twin import (
    CallbackOffer,
    Policy,
    Times,
    TwinAgent,
    TwinArrivals,
    TwinProblem,
    TwinQueue,
    TwinStream,
)

#: Spread of a lognormal whose coefficient of variation is 1.
_SPREAD: Final = float(np.sqrt(np.log(2)))
#: Calls out join the queue so soon. A delay that knows nothing of closing time would carry them past it, to the next day.
_SOON: Final = Times.constant(60.0)
#: A meeting that the roster does not show.
_ASIDE: Final = timedelta(minutes=30)
#: Expected work over people there is at most this where what is left of a service is reckoned.
_FULL: Final = 0.95


def twin_of(problem: ProspectProblem, *, seed: int, lot: int) -> TwinProblem:
    """Return the twin of a lot of futures: who is absent, when meetings are, and how long services truly take is the lot's own."""
    needs = problem.needs
    at = needs.instants()
    rng = stream(seed, "month", lot)
    queues = tuple(
        _queue(one, _doubt(one.handle, rng), _doubt(one.patience, rng), problem.callbacks.get(one.queue))
        for one in needs.queues
    )
    streams = tuple(
        TwinStream(one.queue, one.queue, TwinArrivals(paths=whole(one, less=_legs(problem, one.queue))))
        for one in needs.queues
    )
    late = _late(problem)
    agents = tuple(
        agent
        for number, member in enumerate(problem.crew)
        for agent in _agents(problem, member, number, late[member.queues], rng)
    )
    return TwinProblem(
        at[0], at[-1], queues, streams, agents, policy=Policy(routing=needs.routing), cell=timedelta(minutes=needs.minutes),
        time_zone=needs.time_zone,
    )  # fmt: skip


def _doubt(times: Times | None, rng: np.random.Generator) -> float:
    """Return a factor as uncertain as the mean of lengths that were seen: of few much, of many little."""
    if times is None or len(times.seconds) < 2:
        return 1.0
    spread = float(times.seconds.std() / max(times.seconds.mean(), 1e-9))
    return float(np.exp(rng.normal(0.0, spread / np.sqrt(len(times.seconds)))))


def _legs(problem: ProspectProblem, queue: str) -> float:
    habit = problem.callbacks.get(queue)
    return habit.legs if habit else 0.0


def _queue(one: StaffedQueue, longer: float, patient: float, habit: CallbackHabit | None) -> TwinQueue:
    handle = one.handle or Times.lognormal(one.handle_s, spread=_SPREAD)
    patience = one.patience or (Times.exponential(one.patience_s) if one.patience_s is not None else None)
    return TwinQueue(
        one.queue, handle.scaled(longer), patience=None if one.deferred or patience is None else patience.scaled(patient),
        hands=1 if one.at_once > 1 else 0, deferred=one.deferred, interruptible=one.deferred and one.interruptible,
        target_s=one.within_s,
        callback=CallbackOffer(one.queue, habit.wait_s, habit.share, _SOON) if habit else None,
    )  # fmt: skip


def whole(queue: StaffedQueue, *, less: float = 0.0) -> np.ndarray:
    """Return arrivals as whole numbers, fewer by a share; what is no whole number is rounded by chance, so that its mean stays."""
    values = np.asarray(queue.arrivals, float) * (1 - less)
    if (values == np.floor(values)).all():
        return values.astype(np.int64)
    return np.floor(values + stream(0, "whole", queue.queue).random(values.shape)).astype(np.int64)


def _late(problem: ProspectProblem) -> dict[frozenset[str], timedelta]:
    """Return how much later people get away on average than a break is planned: by what is left of what they serve.

    Of somebody found serving, what is left is E[h^2] / 2 E[h] on average; found serving is who is busy.

    Source
    ------
    W. Feller (1971), An Introduction to Probability Theory and Its Applications II, chapter XI.4 (the waiting time paradox).
    """
    needs = problem.needs
    crews = {member.queues for member in problem.crew}
    there: dict[str, float] = {}
    for member in problem.crew:
        seconds = sum(span.seconds for span in member.shifts) - sum(span.seconds for span in member.breaks)
        for name in member.queues:
            there[name] = there.get(name, 0.0) + seconds
    found = {}
    for queues in crews:
        mine = [one for one in needs.queues if one.queue in queues]
        work = {
            one.queue: float(np.asarray(one.arrivals).sum(axis=1).mean()) * one.handle_s / one.at_once for one in mine
        }
        busy = min(_FULL, sum(work.values()) / max(1.0, *(there[name] for name in queues)))
        handle = [one.handle or Times.lognormal(one.handle_s, spread=_SPREAD) for one in mine]
        left = [float((h.seconds**2).mean() / (2 * h.seconds.mean())) for h in handle]
        mean = np.average(left, weights=[work[one.queue] + 1e-9 for one in mine]) if mine else 0.0
        found[queues] = timedelta(seconds=busy * float(mean))
    return found


def _agents(
    problem: ProspectProblem, member: CrewMember, number: int, late: timedelta, rng: np.random.Generator
) -> list[TwinAgent]:
    """Return a person as agents: one, or none if they are never there."""
    comes = rng.random(len(member.shifts)) >= problem.absent
    shifts = tuple(span for span, there in zip(member.shifts, comes, strict=True) if there)
    if not shifts:
        return []
    mine = [one for one in problem.needs.queues if one.queue in member.queues]
    hands = max((one.at_once for one in mine), default=1)
    slow = max((one.slowing for one in mine), default=0.0)
    beside = tuple(1 / (1 + slow * k) for k in range(hands)) if hands > 1 else ()
    breaks = [
        (Span(pause.start, min(pause.end + late, shift.end)), AgentState.BREAK)
        for shift in shifts
        for pause in member.breaks
        if shift.start <= pause.start < shift.end
    ]
    breaks += [(span, AgentState.MEETING) for shift in shifts for span in _aside(shift, problem.aside, rng)]
    serves = tuple((name, 0) for name in sorted(member.queues))
    return [
        TwinAgent(
            f"{member.agent_id} {number}", serves, shifts, tuple(_apart(breaks)), hands=hands, beside=beside, pace=member.pace,
            team=member.team or None,
        )
    ]  # fmt: skip


def _aside(shift: Span, share: float, rng: np.random.Generator) -> list[Span]:
    """Return meetings in a shift, at random: as many as make up a share of it on average."""
    if share <= 0 or shift.seconds <= _ASIDE.total_seconds():
        return []
    room = shift.seconds - _ASIDE.total_seconds()
    starts = [
        shift.start + timedelta(seconds=float(s))
        for s in rng.random(rng.poisson(share * shift.seconds / _ASIDE.total_seconds())) * room
    ]
    return [Span(at, at + _ASIDE) for at in starts]


def _apart(breaks: list[tuple[Span, AgentState]]) -> list[tuple[Span, AgentState]]:
    """Put breaks that would overlap after each other within what they cover together."""
    out: list[tuple[Span, AgentState]] = []
    for span, state in sorted(breaks, key=lambda one: one[0].start):
        start = max(span.start, out[-1][0].end) if out else span.start
        if start < span.end:
            out.append((Span(start, span.end), state))
    return out
