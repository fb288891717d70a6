"""One clock opened: the stretches that count and those that do not, its calendars, and what each event did to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from troth.core.calendar import Calendar
from troth.core.spans import from_micros
from troth.core.terms import Hook
from troth.kpi._explain_time import InForce, Segment
from troth.kpi.clocks import NAT
from troth.kpi.sla.engine import ENDED_BY, SlaClocks
from troth.kpi.sla.history import History
from troth.kpi.sla.machine import hooks
from troth.kpi.sla.policy import ALL_TIME
from troth.kpi.sla.read import SlaRules, computed, histories
from troth.log.lake import Lake

if TYPE_CHECKING:
    import duckdb

#: How far ahead of its end working hours are told of a clock that is due later.
_AHEAD: Final = timedelta(days=60)
_BIT: Final = {hook: 1 << place for place, hook in enumerate(Hook)}
_PAUSED: Final = "paused"
_ENDS: Final = {
    "stop": "the stop",
    "cancel": "the cancelling",
    "reset": "the reset",
    "replaced": "another target takes over",
}


@dataclass(frozen=True, slots=True)
class ClockLine:
    """The timeline of one clock.

    Parameters
    ----------
    segments : counted and paused stretches in order; what is counted adds up to the clock's number.
    hours : when its calendar is open, from its start to its end or due instant; empty if all time counts.
    ruled : the calendars in force.
    moments : what events did to it, by their place among the events of the case.
    """

    segments: tuple[Segment, ...]
    hours: tuple[tuple[datetime, datetime], ...]
    ruled: tuple[InForce, ...]
    moments: Mapping[int, tuple[str, ...]]


def clock_lines(
    lake: Lake, con: duckdb.DuckDBPyConnection, *, rules: SlaRules, now: datetime, case: str
) -> dict[tuple[str, int], ClockLine]:
    """Return the timelines of all clocks of a case, by metric and number."""
    found: dict[tuple[str, int], ClockLine] = {}
    for history in histories(lake, con, now=now, cases=[case]):
        made = computed(history, rules=rules, now=now)
        for place in range(len(made)):
            metric = made.targets[made.target[place]].metric
            found[metric, int(made.number[place])] = clock_line(history, made=made, place=place)
    return found


def clock_line(history: History, *, made: SlaClocks, place: int) -> ClockLine:
    """Return the timeline of one clock of a history."""
    target = made.targets[made.target[place]]
    start, end = int(made.start[place]), int(made.end[place])
    limit = made.now if end == NAT else end
    mine = made.clock == place
    counting = [(int(a), min(int(b), limit)) for a, b in zip(made.since[mine], made.until[mine], strict=True)]
    counting = _joined([(a, b) for a, b in counting if a < b])
    pauses = list(_between(counting, start, limit))
    calendar = made.calendars[made.names[made.calendar[place]]]
    named = target.calendar != ALL_TIME
    segments = [Segment(from_micros(a), from_micros(b), _PAUSED, counted=False) for a, b in pauses]
    for a, b in counting:
        low, high = from_micros(a), from_micros(b)
        spans = [(span.start, span.end) for span in calendar.spans(low, high)] if named else [(low, high)]
        what = "open" if named else "counted"
        segments.extend(Segment(s, e, what, calendar=_name(calendar, s) if named else "") for s, e in spans)
    due = int(made.due[place])
    until = from_micros(limit if due == NAT else max(limit, due))
    until = min(until, from_micros(limit) + _AHEAD)
    hours = [(span.start, span.end) for span in calendar.spans(from_micros(start), until)] if named else []
    return ClockLine(
        tuple(sorted(segments, key=lambda one: (one.start, one.end))),
        tuple(hours),
        tuple(_ruled(calendar, from_micros(start), from_micros(limit))) if named else (),
        _moments(history, made, place, pauses, limit),
    )


def _joined(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return stretches with those that touch made one: an event that changed nothing leaves no trace."""
    found: list[tuple[int, int]] = []
    for a, b in stretches:
        if found and found[-1][1] == a:
            found[-1] = (found[-1][0], b)
        else:
            found.append((a, b))
    return found


def _between(counting: list[tuple[int, int]], start: int, limit: int) -> Iterator[tuple[int, int]]:
    low = start
    for a, b in counting:
        if low < a:
            yield low, a
        low = max(low, b)
    if low < limit:
        yield low, limit


def _name(calendar: Calendar, at: datetime) -> str:
    return calendar.at(at).name


def _ruled(calendar: Calendar, start: datetime, end: datetime) -> Iterator[InForce]:
    parts = [(None, replace(calendar, later=())), *calendar.later]
    for place, (since, part) in enumerate(parts):
        until = parts[place + 1][0] if place + 1 < len(parts) else None
        low, high = max(since or start, start), min(until or end, end)
        if low < high:
            ever = None if since is None or since.year == 1 else since
            never = None if until is None or until.year == 9999 else until
            yield InForce(part.name, part.time_zone, part.fingerprint, low, high, ever, never)


def _moments(
    history: History, made: SlaClocks, place: int, pauses: list[tuple[int, int]], limit: int
) -> dict[int, tuple[str, ...]]:
    """Return what the events of the clock's case did to it."""
    target = made.targets[made.target[place]]
    rows = np.flatnonzero(history.case == made.case[place])
    done = hooks(history, movement=target.movement)[rows]
    start, ended = int(made.start[place]), ENDED_BY[made.ended_by[place]]
    begins, ends = {a for a, _ in pauses} - {start}, {b for _, b in pauses} - {limit}
    clock = f"the {target.metric.replace('_', ' ')} clock"
    # A target that comes to hold, or a reset, starts a clock without an event that is there to start it.
    by_itself = not (done[history.at[rows] == start] & _BIT[Hook.START]).any()
    found: dict[int, tuple[str, ...]] = {}
    for number, (at, bits) in enumerate(zip(history.at[rows].tolist(), done.tolist(), strict=True)):
        words = []
        if at == start and (bits & _BIT[Hook.START] or by_itself):
            words.append(f"the start of {clock}")
        if at in begins and bits & (_BIT[Hook.PAUSE] | _BIT[Hook.STOP]):
            words.append(f"a pause of {clock} begins")
        if at in ends and bits & (_BIT[Hook.RESUME] | _BIT[Hook.START]):
            words.append(f"a pause of {clock} ends")
        if ended and at == limit and (ended == "replaced" or bits & _BIT[Hook(ended)]):
            words.append(f"{_ENDS[ended]} of {clock}" if ended != "replaced" else _ENDS[ended])
        if words:
            found[number] = tuple(words)
    return found
