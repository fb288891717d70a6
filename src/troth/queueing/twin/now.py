"""The next hours as a problem: who is here, who will come, who is planned to be there, on a floor that was learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.random import stream
from troth.core.spans import Span, local_date, to_micros, zone
from troth.core.terms import AgentState
from troth.queueing.choose import Waiting
from troth.queueing.discipline import EVERYBODY, CustomerClass, Discipline
from troth.queueing.read import RecordedContacts
from troth.queueing.twin.expected import UsualDay, local_hour, usual_day
from troth.queueing.twin.learn import Kind, LearnedFloor, Learning, learn
from troth.queueing.twin.problem import Present, TwinAgent, TwinArrivals, TwinProblem, TwinQueue, TwinStream
from troth.queueing.twin.read import AgentNow, Moment, PlannedStretch
from troth.queueing.twin.times import Times

#: Shifts and breaks are known: pauses beyond them are not looked for.
AT_WORK: Final = Learning(idle_rests=0.0)
CELL: Final = timedelta(minutes=15)
#: So many courses of arrivals are drawn; replications take them in turn.
_PATHS: Final = 1000
#: A planned shift that has not begun so long after its time is not waited for.
_LATE: Final = timedelta(minutes=15)
#: How long a break lasts of which no plan tells.
_BREAK: Final = timedelta(minutes=15)
#: Who is at work without a planned end, or beyond it, stays so long.
_MOMENT: Final = timedelta(seconds=1)
#: Breaks that are put off while customers wait are work that is done when nobody does.
BREAKS: Final = "(break)"
#: A line is served several at once where so many services began beside another of the same agent.
_BESIDE: Final = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class TwinNow:
    """The next hours as a problem, and what it was made from.

    Parameters
    ----------
    problem : doing nothing.
    lines : by line of the problem, its queues in the log.
    breaks : what is still to come of planned breaks: agent and span.
    ends : by agent at work or planned, when its shift ends by the plan.
    planned : whether a schedule was published; else everybody at work is taken to stay.
    put_off : whether breaks are put off while customers wait.
    """

    moment: Moment
    problem: TwinProblem
    floor: LearnedFloor
    lines: Mapping[str, tuple[str, ...]]
    breaks: tuple[tuple[str, Span], ...]
    ends: Mapping[str, datetime]
    planned: bool
    put_off: bool = False


def floor_now(seen: RecordedContacts, *, how: Learning = AT_WORK) -> LearnedFloor:
    """Return the floor that recorded contacts tell of; who stands ahead is told by the queues' rules."""
    return learn(seen, how=how, heads=False)


def twin_now(
    moment: Moment,
    *,
    seen: RecordedContacts,
    horizon: timedelta = timedelta(hours=1),
    floor: LearnedFloor | None = None,
    put_off: bool = False,
    seed: int = 0,
) -> TwinNow:
    """Return the next hours of a site as a problem.

    Parameters
    ----------
    seen : contacts of days before, to learn from.
    floor : what was learned from them already.
    put_off : breaks are put off while customers wait; see `breaks_wait`.
    seed : of the courses of arrivals.

    Raises
    ------
    InputError
        Nothing to learn from: nobody came on such a weekday, or nobody was served or gave up.
    """
    local = moment.at.astimezone(zone(moment.time_zone))
    on = local_date(moment.at, tz=zone(moment.time_zone))
    usual = usual_day(seen, on=on)
    if usual is None:
        advice = "Maybe an earlier --fit-from: contacts of days of the same kind are needed to know what to expect."
        raise InputError([Issue("no-history", Severity.ERROR, "seen", on.isoformat(), advice)])
    floor = floor or floor_now(seen)
    able = _able(moment, floor)
    kinds = sorted({*usual.per_part, *((one.queue, one.priority) for one in moment.contacts)})
    lines = _lines(able, sorted({queue for queue, _ in kinds}))
    line_of = {queue: name for name, queues in lines.items() for queue in queues}
    end = moment.at + horizon
    hands = {name: _hands(seen, queues) for name, queues in lines.items()}
    queues = tuple(
        TwinQueue(
            name, next(iter(floor.handle.values())), wrap=floor.pause, patience=floor.patience["", 0],
            discipline=ranking(moment, queues=lines[name], kinds=kinds), hands=int(hands[name] > 1), site=moment.site,
        )
        for name in lines
    )  # fmt: skip
    paths = _paths(usual, moment, local, kinds, end, seed)
    streams = tuple(
        TwinStream(
            f"{queue}/{priority}", line_of[queue], TwinArrivals(paths=paths[queue, priority]),
            handle=floor.handle.get(queue), service=queue, priority=priority,
            patience=floor.patience.get((queue, priority)),
        )
        for queue, priority in kinds
    )  # fmt: skip
    staff = _Staff(moment, end)
    agents = tuple(_agent(name, staff, able[name], line_of, hands, floor) for name in staff.names if name in able)
    present = _present(moment, {one.name: one for one in agents}, line_of)
    if not agents:
        advice = "Maybe the tables name nobody here who may serve these queues."
        raise InputError([Issue("nobody-on-shift", Severity.ERROR, "at", moment.at.isoformat(), advice)])
    problem = TwinProblem(
        moment.at, end, queues, streams, agents, present=present, cell=CELL, time_zone=moment.time_zone
    )
    breaks = tuple((one.name, span) for one in agents for span in staff.to_come(one.name))
    made = TwinNow(moment, problem, floor, lines, breaks, staff.ends, bool(moment.plan), put_off)
    return replace(made, problem=with_breaks(made, breaks=breaks)) if put_off and breaks else made


def with_breaks(now: TwinNow, *, breaks: Sequence[tuple[str, Span]]) -> TwinProblem:
    """Return the problem with breaks to come as work that is done when nobody waits."""
    count = {name: sum(one == name for one, _ in now.breaks) for name, _ in breaks}
    agents = tuple(_resting(one, count.get(one.name, 0)) for one in now.problem.agents)
    pace = {one.name: one.pace for one in agents}
    streams = [one for one in now.problem.streams if one.queue != BREAKS]
    for number, (name, span) in enumerate(breaks):
        at = np.array([to_micros(max(span.start, now.problem.start)) + 1], dtype=np.int64)
        long = Times.constant(span.seconds / pace[name])
        streams.append(
            TwinStream(f"{BREAKS} {number}", BREAKS, TwinArrivals(at=at), handle=long, service=f"{BREAKS} {name}")
        )
    queues = [one for one in now.problem.queues if one.name != BREAKS]
    queues.append(TwinQueue(BREAKS, Times.constant(1.0), deferred=True))
    return replace(now.problem, agents=agents, streams=tuple(streams), queues=tuple(queues))


def _resting(one: TwinAgent, count: int) -> TwinAgent:
    """Return an agent whose last so many breaks are work instead."""
    if not count or any(name == BREAKS for name, _ in one.queues):
        return one
    return replace(
        one, queues=(*one.queues, (BREAKS, 1)), services=(*one.services, f"{BREAKS} {one.name}"),
        breaks=one.breaks[: len(one.breaks) - count],
    )  # fmt: skip


def ranking(moment: Moment, *, queues: Sequence[str], kinds: Sequence[Kind], flat: Sequence[str] = ()) -> Discipline:
    """Return who is served next in a line: by priority where the tables say so, else in order of coming.

    Parameters
    ----------
    flat : queues whose customers all stand with those of the best priority, by order of coming.
    """
    best = min((level for _, level in kinds if level), default=0)
    ranked = [
        (queue, level) for queue, level in kinds if queue in queues and queue in moment.ranked and queue not in flat
    ]
    classes = tuple(
        CustomerClass(f"{queue} {level}", services=(queue,), priorities=(level,) if level else (), level=level)
        for queue, level in sorted(ranked, key=lambda kind: (kind[0], -kind[1]))
    )
    return Discipline((*classes, EVERYBODY if not classes else CustomerClass("others", level=best)))


def _able(moment: Moment, floor: LearnedFloor) -> dict[str, tuple[str, ...]]:
    """Return what everybody at work or planned may serve: by the tables, else by what they did."""
    names = {one.agent_id for one in moment.agents} | {one.agent_id for one in moment.plan}
    names |= {one.agent_id for one in moment.contacts if one.agent_id is not None}
    made = {}
    for name in sorted(names):
        mine = moment.skills.get(name) if moment.skills else floor.skills.get(name, floor.skills[""])
        known = tuple(queue for queue in mine or () if queue in floor.handle)
        if known:
            made[name] = known
    return made


def _lines(able: Mapping[str, tuple[str, ...]], queues: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return queues that share agents as lines."""
    groups = [{queue} for queue in queues]
    for mine in able.values():
        joined = [group for group in groups if group & set(mine)]
        if len(joined) > 1:
            groups = [group for group in groups if group not in joined] + [set().union(*joined)]
    return {" + ".join(sorted(group)): tuple(sorted(group)) for group in sorted(groups, key=sorted)}


def _hands(seen: RecordedContacts, queues: Sequence[str]) -> int:
    """Return how many contacts of a line an agent serves at once."""
    mine = seen.take(seen.known & np.isin(seen.queue, list(queues)))
    order = np.lexsort((mine.answered_s, mine.agent))
    agent, begun, ended = mine.agent[order], mine.answered_s[order], mine.ended_s[order]
    beside = (agent[1:] == agent[:-1]) & (begun[1:] < ended[:-1] - 1)
    return 2 if len(beside) and float(beside.mean()) > _BESIDE else 1


def _paths(
    usual: UsualDay, moment: Moment, local: datetime, kinds: Sequence[Kind], end: datetime, seed: int
) -> dict[Kind, NDArray[np.int64]]:
    """Return courses of arrivals: one level of the day for all, chance on top."""
    hour = local_hour(local)
    so_far = sum(float(usual.between(kind, hours=np.array([0.0, hour]))[0]) for kind in usual.per_part)
    known = {queue for queue, _ in usual.per_part}
    came = sum(queue in known for queue, _ in moment.joined)
    shape, rate = usual.level(came=came, expected=so_far)
    rng = stream(seed, "arrivals", moment.site)
    level = rng.gamma(shape, 1 / rate, size=_PATHS)
    cells = -int((moment.at - end) // CELL)
    hours = np.minimum(hour + np.arange(cells + 1) * CELL.total_seconds() / 3600, 24.0)
    none = np.zeros(cells)
    return {
        kind: rng.poisson(level[:, None] * (usual.between(kind, hours=hours) if kind in usual.per_part else none))
        for kind in kinds
    }


class _Staff:
    """Who is there until the end, by the log and the plan."""

    def __init__(self, moment: Moment, end: datetime) -> None:
        self.at, self.end = moment.at, end
        self.now: dict[str, AgentNow] = {one.agent_id: one for one in moment.agents}
        self.plan: dict[str, list[PlannedStretch]] = {}
        for one in moment.plan:
            self.plan.setdefault(one.agent_id, []).append(one)
        serving = {one.agent_id for one in moment.contacts if one.agent_id is not None}
        coming = {name for name, mine in self.plan.items() if name not in self.now and self._coming(mine)}
        self.names = sorted({*self.now, *coming, *serving})
        self.ends = {name: self.shift(name).end for name in self.names}

    def _coming(self, mine: Sequence[PlannedStretch]) -> bool:
        return any(one.state == "shift" and self.at - _LATE < one.span.start < self.end for one in mine)

    def shift(self, name: str) -> Span:
        """Return the paid time from now on."""
        shifts = [
            one.span for one in self.plan.get(name, ()) if one.state == "shift" and one.span.end > self.at - _LATE
        ]
        if name in self.now:
            if not self.plan:
                return Span(self.at, self.end)
            ends = [span.end for span in shifts if span.start <= self.at + _LATE]
            return Span(self.at, max([*ends, self.at + _MOMENT]))
        coming = [span for span in shifts if span.start > self.at - _LATE]
        if coming:
            return Span(max(coming[0].start, self.at), coming[0].end)
        return Span(self.at, self.at + _MOMENT)  # serves somebody, though nobody knows that it is here

    def to_come(self, name: str) -> list[Span]:
        """Return planned breaks that have not begun; the first so many were those that the log shows."""
        here = self.now.get(name)
        stretches = sorted(
            (one.span for one in self.plan.get(name, ()) if one.state != "shift"), key=lambda one: one.start
        )
        if here is not None:
            stretches = [one for one in stretches if one.end > here.started_at][here.away :]
        return [one for one in stretches if one.start < self.end and self.shift(name).start <= max(one.start, self.at)]

    def breaks(self, name: str) -> tuple[tuple[Span, AgentState], ...]:
        """Return stretches off from now on: an ongoing one, and those to come; one that is overdue begins now."""
        here, made = self.now.get(name), []
        if here is not None and here.state in {"break", "meeting", "training", "absent"}:
            planned = sorted((o.span for o in self.plan.get(name, ()) if o.state != "shift"), key=lambda one: one.start)
            planned = [one for one in planned if one.end > here.started_at]
            length = planned[here.away - 1].end - planned[here.away - 1].start if here.away <= len(planned) else _BREAK
            made.append(Span(self.at, max(here.since + length, self.at + _MOMENT)))
        for span in self.to_come(name):
            start = max(span.start, self.at, *(one.end for one in made))
            made.append(Span(start, start + (span.end - span.start)))
        return tuple((span, AgentState.BREAK) for span in made)


def _agent(
    name: str,
    staff: _Staff,
    mine: Sequence[str],
    line_of: Mapping[str, str],
    hands: Mapping[str, int],
    floor: LearnedFloor,
) -> TwinAgent:
    lines = sorted({line_of[queue] for queue in mine if queue in line_of})
    return TwinAgent(
        name, tuple((line, 0) for line in lines), (staff.shift(name),), staff.breaks(name),
        hands=max((hands[line] for line in lines), default=1), pace=floor.pace.get(name, 1.0), services=tuple(mine),
    )  # fmt: skip


def _present(moment: Moment, agents: Mapping[str, TwinAgent], line_of: Mapping[str, str]) -> tuple[Present, ...]:
    made, held = [], dict.fromkeys(agents, 0)
    for number, one in enumerate(moment.contacts):
        ticket = Waiting(number, one.joined_at, service=one.queue, priority=one.priority)
        if one.agent_id is not None:
            if one.agent_id not in agents or held[one.agent_id] >= agents[one.agent_id].hands:
                continue
            held[one.agent_id] += 1
        made.append(Present(line_of[one.queue], f"{one.queue}/{one.priority}", ticket, one.agent_id, one.since))
    return tuple(made)
