"""Named people at work: who may serve what from when to when, from a roster's shifts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from troth.capacity.month.facts import SiteFacts
from troth.capacity.roster import Duty, RosterProblem
from troth.core.spans import Span, instant_at, zone

Stretch = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class CrewMember:
    """A person at work in one line of work.

    Parameters
    ----------
    agent_id, team : who; a person of several lines of work is there once for each.
    queues : which they serve.
    shifts : when they are there.
    breaks : stretches of it in which they are on a break.
    pace : handle times relative to the mean contact.
    """

    agent_id: str
    team: str
    queues: frozenset[str]
    shifts: tuple[Span, ...]
    breaks: tuple[Span, ...] = ()
    pace: float = 1.0


def crew_of(
    problem: RosterProblem, *, duties: Sequence[Duty], groups: Mapping[str, Collection[str]], facts: SiteFacts
) -> tuple[CrewMember, ...]:
    """Return who is at work under a roster.

    Whoever is in an activity serves all queues they may serve of those that hang together with it: contacts find people by
    skill, not by what the plan called them. Breaks are breaks; between two lines of work there is none.

    Parameters
    ----------
    groups : queues by activity.
    """
    lines = joined(groups)
    tz = zone(problem.time_zone)
    found: dict[tuple[str, frozenset[str]], tuple[list[Span], list[Span]]] = {}
    for duty in duties:
        day, first = problem.date_of(duty.day), problem.begins + duty.start
        for begin, end, activity in _parts(duty, lines):
            span = Span(*(instant_at(day, minute=first + at, tz=tz) for at in (begin, end)))
            if span.seconds <= 0:
                continue
            queues = frozenset(lines.get(activity, ())) & _serves(facts, duty, groups, lines.get(activity))
            if queues:
                shifts, breaks = found.setdefault((duty.agent_id, queues), ([], []))
                shifts.append(span)
                breaks += [
                    pause
                    for pause in _pauses(duty, day, first, tz)
                    if pause.start >= span.start and pause.end <= span.end
                ]
    return tuple(
        CrewMember(
            who, facts.teams.get(who, ""), queues, tuple(sorted(shifts, key=_start)), tuple(sorted(breaks, key=_start)),
            facts.paces.get(who, 1.0),
        )
        for (who, queues), (shifts, breaks) in sorted(found.items(), key=lambda item: (item[0][0], sorted(item[0][1])))
    )  # fmt: skip


def _start(span: Span) -> datetime:
    return span.start


def _serves(
    facts: SiteFacts, duty: Duty, groups: Mapping[str, Collection[str]], line: frozenset[str] | None
) -> frozenset[str]:
    """Return what a person may serve: by the facts, and whatever the roster has them do in this line of work."""
    named = {
        queue
        for activity, _, _ in duty.stretches
        if activity
        for queue in groups.get(activity, ())
        if line and queue in line
    }
    return facts.serves.get(duty.agent_id, frozenset()) | named


def joined(groups: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
    """Return by activity the queues that hang together with it, directly or through others.

    Examples
    --------
    >>> sorted(joined({"a": ("calls",), "b": ("calls", "en"), "c": ("mail",)})["a"])
    ['calls', 'en']
    """
    sets = {name: frozenset(queues) for name, queues in groups.items()}
    grown = True
    while grown:
        grown = False
        for name, mine in sets.items():
            whole = mine.union(*(other for other in sets.values() if other & mine))
            if whole != mine:
                sets[name], grown = whole, True
    return sets


def _parts(duty: Duty, lines: Mapping[str, frozenset[str]]) -> Iterator[Stretch]:
    """Yield stretches of one line of work with the breaks in it, minutes from the shift's start: (begin, end, activity)."""
    open_: list[Stretch] = []
    for activity, a, b in duty.stretches:
        if activity and open_ and lines.get(open_[-1][2]) == lines.get(activity):
            open_[-1] = (open_[-1][0], b, open_[-1][2])
        elif activity:
            open_.append((a, b, activity))
    yield from open_


def _pauses(duty: Duty, day: date, first: int, tz: ZoneInfo) -> list[Span]:
    return [
        Span(*(instant_at(day, minute=first + at, tz=tz) for at in (a, b)))
        for activity, a, b in duty.stretches
        if not activity
    ]
