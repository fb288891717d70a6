"""The time behind a number: the stretches that were counted, those that were taken out, and by which calendar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from troth.core.time import Calendar

_BREAKS: Final = ("returned", "parked")


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of time: counted, or taken out.

    Parameters
    ----------
    start, end : aware instants.
    what : what was going on.
    counted : whether its seconds are in the number.
    calendar : name of the calendar that says it is open; empty on the wall clock.
    """

    start: datetime
    end: datetime
    what: str
    counted: bool = True
    calendar: str = ""

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class InForce:
    """A calendar and the stretch of a row's time it ruled.

    Parameters
    ----------
    name, time_zone : of the calendar.
    version : fingerprint of all it says; another version has another one.
    since, until : the part of the row's time it ruled.
    effective_from, effective_until : from and until when it holds for such rows; None without limit.
    """

    name: str
    time_zone: str
    version: str
    since: datetime
    until: datetime
    effective_from: datetime | None
    effective_until: datetime | None


def in_force(
    line: Sequence[tuple[datetime, str]], *, calendars: Mapping[str, Calendar], start: datetime, end: datetime
) -> list[InForce]:
    """Return which calendars ruled the time from `start` to `end`, in order."""
    found = []
    limits = [*(since for since, _ in line[1:]), None]
    for (since, name), until in zip(line, limits, strict=True):
        low, high = max(since, start), min(until or end, end)
        if low < high or since <= start == end < (until or datetime.max.replace(tzinfo=UTC)):
            calendar = calendars[name]
            held_from = None if since.year == 1 else since
            held_until = None if until is None or until.year == 9999 else until
            version = calendar.fingerprint
            found.append(InForce(name, calendar.time_zone, version, low, high, held_from, held_until))
    return found


def open_segments(ruled: Iterable[InForce], *, calendars: Mapping[str, Calendar]) -> list[Segment]:
    """Return the open spans of each calendar within the time it ruled."""
    return [
        Segment(span.start, span.end, "open", calendar=rule.name)
        for rule in ruled
        for span in calendars[rule.name].spans(rule.since, rule.until)
    ]


def without(
    start: datetime, end: datetime, *, pauses: Iterable[tuple[datetime, datetime]], what: str, pause: str
) -> list[Segment]:
    """Return the time from `start` to `end` cut at pauses, counted and taken out by turns."""
    found, low = [], start
    for since, until in sorted(pauses):
        begin, finish = max(since, low), min(until, end)
        if begin >= finish:
            continue
        if low < begin:
            found.append(Segment(low, begin, what))
        found.append(Segment(begin, finish, pause, counted=False))
        low = finish
    if low < end or not found:
        found.append(Segment(low, end, what))
    return found


def wait(row: Mapping[str, Any], *, column: str) -> list[Segment]:
    """Return the wait of a contact, from its queue (or, for `wait_arrival_s`, its beginning)."""
    start = row["started_at"] if column == "wait_arrival_s" else row["queued_at"] or row["arrived_at"]
    end = row["answered_at"] or row["left_at"]
    return [Segment(start, end, "waiting")] if start and end else []


def service(row: Mapping[str, Any], events: Sequence[Mapping[str, Any]], *, wrap: bool) -> list[Segment]:
    """Return the service of a contact, without the time between going back and the next answer."""
    start, end = row["answered_at"], row["ended_at"]
    if start is None or end is None:
        return []
    marks = [e for e in events if e["activity"] in _BREAKS or (e["activity"] == "answered" and by_person(e))]
    # What goes back at the instant of an answer did so before it.
    marks.sort(key=lambda e: (e["occurred_at"], e["activity"] == "answered"))
    gaps, gone = [], None
    for mark in (m for m in marks if m["occurred_at"] >= start):
        if mark["activity"] == "answered":
            if gone is not None:
                gaps.append((gone, mark["occurred_at"]))
            gone = None
        elif gone is None and mark["occurred_at"] > start:
            gone = mark["occurred_at"]
    found = without(start, end, pauses=gaps, what="serving", pause="back in the queue or aside")
    if wrap and row["wrap_s"]:
        found.append(Segment(end, end + timedelta(seconds=row["wrap_s"]), "work afterwards"))
    return found


def on_screen(events: Sequence[Mapping[str, Any]]) -> list[Segment]:
    """Return the stretches in which somebody had the contact on the screen."""
    starts, ends = ([e["occurred_at"] for e in events if e["activity"] == a] for a in ("focused", "unfocused"))
    return [Segment(a, b, "on the screen") for a, b in zip(starts, ends, strict=False)]


def by_person(event: Mapping[str, Any]) -> bool:
    """Tell whether a person did it: said so, or named and not said otherwise."""
    return event["actor"] == "human" or (event["actor"] is None and event["agent_id"] is not None)
