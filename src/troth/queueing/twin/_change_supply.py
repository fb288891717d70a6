"""Changes of who serves: staff, skills, hours, counters, the rules of who meets whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count

from troth.core.json_input import near
from troth.core.lengths import parse_length
from troth.core.spans import Span
from troth.queueing.twin import _most as most
from troth.queueing.twin._change_parts import Change, ChangeError, matching, streams_of, whole, without
from troth.queueing.twin._clock import ReversedError
from troth.queueing.twin.day import UNNAMED
from troth.queueing.twin.problem import Picking, Reserve, Routing, TwinAgent, TwinProblem


def staff(problem: TwinProblem, change: Change) -> TwinProblem:
    """Return a problem with more or fewer agents; the new ones are as those who serve the queue first and little else."""
    alike, n = _serving(problem, change.who), change.count
    if change.spans is not None:
        inside = [(agent, _inside(agent.shifts, change.spans)) for agent in alike]
        alike = [agent for agent, there in inside if there] if n < 0 else alike
    if not alike or len(alike) < -n:
        raise ChangeError(
            "too-few",
            f"Maybe {-len(alike)}: so many serve it then."
            if alike
            else "Maybe an agent must serve it first: skills:AGENT=+QUEUE.",
        )
    return _with_more(problem, change, alike, n) if n > 0 else _with_fewer(problem, change, alike[::-1][:-n])


def _serving(problem: TwinProblem, who: str) -> list[TwinAgent]:
    """Return who serves somebody, those who do it first and little else before others."""
    streams, queues = streams_of(problem, who=who)
    whole = not who or who in queues
    services = {stream.service for stream in streams}
    ranked = []
    for k, agent in enumerate(problem.agents):
        ranks = [rank for name, rank in agent.queues if name in queues]
        can = whole or not agent.services or services & set(agent.services)
        if ranks and can and agent.name != UNNAMED:
            ranked.append((min(ranks), len(agent.queues) + len(agent.services), k, agent))
    return [agent for *_, agent in sorted(ranked, key=lambda one: one[:3])]


def _with_more(problem: TwinProblem, change: Change, alike: list[TwinAgent], n: int) -> TwinProblem:
    if len(problem.agents) + n > most.AGENTS:
        left = most.AGENTS - len(problem.agents)
        raise ChangeError("bad-amount", f"Maybe {max(left, 0):+d} or less: {most.AGENTS} agents are the most.")
    names, more = {agent.name for agent in problem.agents}, []
    numbers = {one.name: count(1) for one in alike}
    for k in range(n):
        one = alike[k % len(alike)]
        number = next(number for number in numbers[one.name] if f"{one.name} + {number}" not in names)
        new = replace(one, name=f"{one.name} + {number}")
        names.add(new.name)
        more.append(new if change.spans is None else replace(new, shifts=change.spans, breaks=()))
    return replace(problem, agents=(*problem.agents, *more))


def _with_fewer(problem: TwinProblem, change: Change, gone: list[TwinAgent]) -> TwinProblem:
    names = {agent.name for agent in gone}
    if change.spans is None:
        return replace(problem, agents=tuple(agent for agent in problem.agents if agent.name not in names))
    agents = (
        replace(agent, shifts=without(agent.shifts, cut=change.spans)) if agent.name in names else agent
        for agent in problem.agents
    )  # fmt: skip
    return replace(problem, agents=tuple(agents))


def _inside(shifts: tuple[Span, ...], spans: tuple[Span, ...]) -> bool:
    return any(shift.clip(span) is not None for shift in shifts for span in spans)


def skills(problem: TwinProblem, change: Change) -> TwinProblem:
    """Return a problem in which agents serve a queue or service more, or one less."""
    names = set(matching((agent.name for agent in problem.agents), who=change.who))
    sign, what = change.value[0], change.value[1:].strip()
    queues = [queue.name for queue in problem.queues]
    services = [stream.service for stream in problem.streams if stream.service]
    if sign not in "+-":
        raise ChangeError("bad-amount", f"Maybe +{change.value} or -{change.value}.")
    if what not in queues and what not in services:
        raise ChangeError("unknown-name", near(what, known=[*queues, *services]))
    agents = tuple(
        _skilled(one, sign, what, queue=what in queues) if one.name in names else one for one in problem.agents
    )
    if agents == problem.agents:
        raise ChangeError(
            "no-change", f"Maybe another agent: {'all serve it' if sign == '+' else 'none serves it'} as it is."
        )
    return replace(problem, agents=agents)


def _skilled(agent: TwinAgent, sign: str, what: str, *, queue: bool) -> TwinAgent:
    if queue:
        kept = tuple(pair for pair in agent.queues if pair[0] != what)
        if sign == "-":
            return replace(agent, queues=kept, at_counter=tuple(name for name in agent.at_counter if name != what))
        last = max((rank for _, rank in agent.queues), default=-1)
        return agent if len(kept) < len(agent.queues) else replace(agent, queues=(*kept, (what, last + 1)))
    others = tuple(name for name in agent.services if name != what)
    if sign == "-":
        return replace(agent, services=others) if others else agent
    return replace(agent, services=(*others, what)) if agent.services and len(others) == len(agent.services) else agent


def hours(problem: TwinProblem, change: Change) -> TwinProblem:
    """Return a problem with other shifts of agents, or other opening hours of queues."""
    agents, queues = {agent.name for agent in problem.agents}, {queue.name for queue in problem.queues}
    meant = set(matching([*agents, *queues], who=change.who))
    if meant & agents & queues:
        raise ChangeError("ambiguous-name", "Maybe rename one: an agent and a queue go by this name.")
    if change.value[0] in "+-":
        try:
            return _moved(problem, meant, timedelta(seconds=parse_length(change.value.lstrip("+"))))
        except (ValueError, OverflowError):
            raise ChangeError("bad-amount", "Maybe +30min or -1h.") from None
    try:
        spans = tuple(change.clock.spans(change.value))
    except ReversedError as error:
        raise ChangeError("span-reversed", str(error)) from None
    except (ValueError, OverflowError):
        raise ChangeError("bad-hours", "Maybe hours such as 09:00-17:00, or +30min.") from None
    return replace(
        problem,
        agents=tuple(replace(one, shifts=spans) if one.name in meant else one for one in problem.agents),
        queues=tuple(replace(one, open=spans) if one.name in meant else one for one in problem.queues),
    )


def _moved(problem: TwinProblem, names: set[str], by: timedelta) -> TwinProblem:
    def later(spans: tuple[Span, ...]) -> tuple[Span, ...]:
        return tuple(Span(span.start + by, span.end + by) for span in spans)

    agents = tuple(
        replace(one, shifts=later(one.shifts), breaks=tuple((later((span,))[0], state) for span, state in one.breaks))
        if one.name in names else one
        for one in problem.agents
    )  # fmt: skip
    queues = tuple(
        replace(one, open=later(one.open)) if one.name in names and one.open else one for one in problem.queues
    )
    return replace(problem, agents=agents, queues=queues)


def counters(problem: TwinProblem, change: Change) -> TwinProblem:
    """Return a problem with more or fewer open counters."""
    names, n = set(matching((pool.name for pool in problem.counters), who=change.who)), change.count
    spans = change.spans or (Span(problem.start, problem.end),)
    made = []
    for pool in problem.counters:
        edges = sorted({at for at, _ in pool.open} | {at for span in spans for at in (span.start, span.end)})
        steps = []
        for at in edges:
            open_ = next((many for since, many in sorted(pool.open, reverse=True) if since <= at), 0)
            steps.append((at, open_ + (n if any(at in span for span in spans) else 0)))
        if pool.name in names and min(many for _, many in steps) < 0:
            raise ChangeError("too-few", "Maybe fewer hours: at some time there are not so many open.")
        made.append(replace(pool, open=tuple(steps)) if pool.name in names else pool)
    return replace(problem, counters=tuple(made))


def policy(problem: TwinProblem, change: Change) -> TwinProblem:
    """Return a problem with another rule of who meets whom."""
    kinds: dict[str, Routing | Picking] = {str(one): one for kind in (Routing, Picking) for one in kind}
    if change.who:
        raise ChangeError("bad-change", f"Maybe policy={change.value}: it holds for all.")
    if change.value not in kinds:
        raise ChangeError("unknown-word", near(change.value, known=kinds))
    rule = kinds[change.value]
    if isinstance(rule, Routing):
        return replace(problem, policy=replace(problem.policy, routing=rule))
    return replace(problem, policy=replace(problem.policy, picking=rule))


def reserve(problem: TwinProblem, change: Change) -> TwinProblem:
    """Return a problem in which so many free agents are kept for a queue."""
    names = matching((queue.name for queue in problem.queues), who=change.who)
    if not change.value.isdecimal():
        raise ChangeError("bad-amount", "Maybe 1, or 0 for none.")
    kept = [one for one in problem.policy.reserves if one.queue not in names]
    agents = whole(change.value)
    kept += [Reserve(name, agents) for name in names if agents]
    return replace(problem, policy=replace(problem.policy, reserves=tuple(kept)))
