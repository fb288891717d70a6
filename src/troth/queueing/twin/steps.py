"""Steps that may be taken now: somebody called in, a break moved, a shift made longer, an agent turned, an order changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

from troth.core.decision import Issue, Severity
from troth.core.spans import Span
from troth.queueing.twin.now import BREAKS, TwinNow, ranking, with_breaks
from troth.queueing.twin.problem import TwinAgent, TwinProblem

_MINUTE: Final = timedelta(minutes=1)


class StepKind(StrEnum):
    """What may be done."""

    NOTHING = "nothing"
    CALL_IN = "call_in"
    MOVE_BREAK = "move_break"
    EXTEND = "extend"
    TURN = "turn"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class NextStep:
    """One step.

    Parameters
    ----------
    kind : what is done; NOTHING is a step too.
    agent : with whom.
    queue : for TURN the only queue the agent serves, for ORDER the one whose customers all stand with those of the best priority.
    span : from when to when it holds; of a break, when it is taken.
    was : of a break, when it was planned.
    cost_s : paid seconds it takes.
    cost_of : of what: ``back office`` or ``overtime``; empty if it is free.
    """

    kind: StepKind = StepKind.NOTHING
    agent: str = ""
    queue: str = ""
    span: Span | None = None
    was: Span | None = None
    cost_s: float = 0.0
    cost_of: str = ""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Which steps may be advised.

    Parameters
    ----------
    helpers : who can be called from the back office.
    notice : how long until one who is called is there.
    stretches : for how long, each a step of its own.
    later : one who is called may also begin so much later.
    breaks : breaks planned to begin within the horizon may begin at another time in it, before which they end.
    extend : shifts that end within the horizon may go on until it ends.
    turn : an agent may serve one queue only.
    order : all customers of a queue may stand with those of the best priority, by order of coming. Not unless asked for:
        tried on 200 states of the demo company it did not help.
    """

    helpers: tuple[str, ...] = ()
    notice: timedelta = timedelta(minutes=5)
    stretches: tuple[timedelta, ...] = (timedelta(minutes=25), timedelta(minutes=40), timedelta(minutes=55))
    later: tuple[timedelta, ...] = (timedelta(0), timedelta(minutes=15))
    breaks: bool = True
    extend: bool = True
    turn: bool = True
    order: bool = False


def check_allowed(allowed: Allowed) -> list[Issue]:
    """Return everything wrong with what is allowed."""
    found = []
    for name in ("notice", "later", "stretches"):
        given = getattr(allowed, name)
        for one in given if isinstance(given, tuple) else (given,):
            if one < timedelta(0) or (name == "stretches" and one < _MINUTE):
                advice = "Maybe 30 minutes." if name == "stretches" else "Maybe 5 minutes."
                found.append(Issue("out-of-range", Severity.ERROR, f"allowed.{name}", str(one), advice))
    twice = sorted({name for name in allowed.helpers if allowed.helpers.count(name) > 1})
    advice = "Maybe name each helper once."
    return [*found, *(Issue("name-twice", Severity.ERROR, "allowed.helpers", name, advice) for name in twice)]


def steps(now: TwinNow, *, allowed: Allowed) -> tuple[NextStep, ...]:
    """Return every step that may be taken, doing nothing first."""
    made = [NextStep(), *_call_ins(now, allowed)]
    if allowed.breaks:
        made += _breaks(now)
    if allowed.extend:
        made += _extensions(now)
    if allowed.turn:
        made += _turns(now)
    if allowed.order:
        queues = [queue for queues in now.lines.values() for queue in queues if queue in now.moment.ranked]
        made += [NextStep(StepKind.ORDER, queue=queue, span=_rest(now)) for queue in queues if _mixed(now, queue)]
    return tuple(made)


def taken(now: TwinNow, *, step: NextStep) -> TwinProblem:
    """Return the next hours with a step taken."""
    problem = now.problem
    if step.kind is StepKind.CALL_IN and step.span is not None:
        return replace(problem, agents=(*problem.agents, _helper(now, step.agent, step.span)))
    if step.kind is StepKind.ORDER:
        return _flat(now, step.queue)
    if step.kind is StepKind.NOTHING:
        return problem
    if step.kind is StepKind.MOVE_BREAK and now.put_off and step.span is not None:
        moved = [(name, step.span if (name, span) == (step.agent, step.was) else span) for name, span in now.breaks]
        return with_breaks(now, breaks=moved)
    return replace(
        problem, agents=tuple(_changed(now, one, step) if one.name == step.agent else one for one in problem.agents)
    )


def _changed(now: TwinNow, one: TwinAgent, step: NextStep) -> TwinAgent:
    """Return the agent a step is about as it is after it."""
    if step.kind is StepKind.TURN:
        return replace(one, services=(step.queue, *(kind for kind in one.services if kind.startswith(BREAKS))))
    if step.span is None:
        return one
    if step.kind is StepKind.EXTEND:
        return replace(one, shifts=(Span(one.shifts[0].start, step.span.end),))
    mine = [span for name, span in now.breaks if name == one.name]
    ongoing = one.breaks[: len(one.breaks) - len(mine)]
    moved = [
        step.span if span == step.was else held
        for span, (held, _) in zip(mine, one.breaks[len(ongoing) :], strict=True)
    ]
    state = one.breaks[-1][1]
    return replace(one, breaks=(*ongoing, *((span, state) for span in sorted(moved, key=lambda span: span.start))))


def _rest(now: TwinNow) -> Span:
    return Span(now.problem.start, now.problem.end)


def _helper(now: TwinNow, name: str, span: Span) -> TwinAgent:
    """Return somebody from the back office: serves what the tables say, else every queue, at the usual pace if unknown."""
    mine = now.moment.skills.get(name) or tuple(sorted({queue for queues in now.lines.values() for queue in queues}))
    lines = [line for line, queues in now.lines.items() if set(queues) & set(mine)]
    hands = max((one.hands for one in now.problem.agents), default=1)
    return TwinAgent(
        name,
        tuple((line, 0) for line in lines),
        (span,),
        pace=now.floor.pace.get(name, 1.0),
        services=mine,
        hands=hands,
    )


def _call_ins(now: TwinNow, allowed: Allowed) -> Iterator[NextStep]:
    there = {one.name for one in now.problem.agents}
    for name in allowed.helpers:
        if name in there:
            continue
        for wait in allowed.later:
            for long in allowed.stretches:
                start = now.problem.start + allowed.notice + wait
                if start < now.problem.end and (not wait or start + long <= now.problem.end):
                    yield NextStep(
                        StepKind.CALL_IN, name, span=Span(start, start + long), cost_s=long.total_seconds(),
                        cost_of="back office",
                    )  # fmt: skip


def _breaks(now: TwinNow) -> Iterator[NextStep]:
    start, end = now.problem.start, now.problem.end
    for name, was in now.breaks:
        long = was.end - was.start
        for minutes in range(0, int((end - start) / _MINUTE), 15):
            to = Span(start + minutes * _MINUTE, start + minutes * _MINUTE + long)
            if to.end <= min(end, now.ends[name]) and abs(to.start - max(was.start, start)) >= 10 * _MINUTE:
                yield NextStep(StepKind.MOVE_BREAK, name, span=to, was=was)


def _extensions(now: TwinNow) -> Iterator[NextStep]:
    here = {one.agent_id for one in now.moment.agents}
    for name, ends in now.ends.items():
        if now.planned and name in here and now.problem.start + _MINUTE < ends < now.problem.end - 5 * _MINUTE:
            long = Span(ends, now.problem.end)
            yield NextStep(StepKind.EXTEND, name, span=long, cost_s=long.seconds, cost_of="overtime")


def _turns(now: TwinNow) -> Iterator[NextStep]:
    """For each queue the quickest of those at work who serve others too; the others must still serve what is left."""
    here = [one for one in now.problem.agents if one.shifts[0].seconds > 60]
    for queues in now.lines.values():
        for queue in queues:
            able = [one for one in here if queue in one.services and len(set(one.services) & set(queues)) > 1]
            chosen = min(able, key=lambda one: (one.pace, one.name), default=None)
            if chosen is None:
                continue
            left = {name for one in here if one is not chosen for name in one.services}
            if set(chosen.services) & set(queues) <= left:
                yield NextStep(StepKind.TURN, chosen.name, queue, span=_rest(now))


def _mixed(now: TwinNow, queue: str) -> bool:
    """Tell whether customers of different priority come to a queue."""
    return len({one.priority for one in now.problem.streams if one.service == queue}) > 1


def _flat(now: TwinNow, queue: str) -> TwinProblem:
    kinds = [(one.service, one.priority) for one in now.problem.streams]
    queues = tuple(
        replace(one, discipline=ranking(now.moment, queues=now.lines[one.name], kinds=kinds, flat=(queue,)))
        if queue in now.lines.get(one.name, ()) else one
        for one in now.problem.queues
    )  # fmt: skip
    return replace(now.problem, queues=queues)
