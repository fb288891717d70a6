"""One case opened: its rows, their time, and what each of its events was used for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from troth.kpi import _explain_words as words
from troth.kpi._explain_rows import IDS, Found, Opener, key_of, unknown
from troth.kpi._explain_time import (
    InForce,
    Segment,
    by_person,
    in_force,
    on_screen,
    open_segments,
    service,
    wait,
    without,
)
from troth.kpi._explained import MANY, Explained, Opened, Used
from troth.kpi.definition import COLUMNS, Part
from troth.kpi.plan import Wanted, source
from troth.kpi.query import Query
from troth.kpi.sla.timeline import ClockLine

_REPLY: Final = ("message_sent", "answered")
_LEAVING: Final = ("abandoned", "balked", "no_show", "callback_requested")
#: The activities an instant of a row is taken from; others may be any.
_SOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "answered_at": ("answered", "survey_answered"),
    "arrived_at": ("arrived", "checked_in"),
    "broken_at": ("promise_broken",),
    "closed_at": ("closed",),
    "escalated_at": ("escalated",),
    "first_any_reply_at": _REPLY,
    "first_assigned_at": ("assigned",),
    "first_in_at": ("opened", "message_received", "arrived", "queued"),
    "first_reopened_at": ("reopened",),
    "first_reply_at": _REPLY,
    "first_resolved_at": ("resolved",),
    "first_solution_at": ("solution_proposed", "resolved"),
    "last_out_at": _REPLY,
    "last_resolved_at": ("resolved",),
    "left_at": _LEAVING,
    "opened_at": ("opened",),
    "queued_at": ("queued",),
    "reopened_after_at": ("reopened",),
    "replied_at": (*_REPLY, "solution_proposed", "resolved"),
    "reply_clock_at": ("opened", "reopened", "escalated", "transferred"),
    "reviewed_at": ("quality_reviewed",),
    "settled_at": ("promise_kept", "promise_broken"),
    "sent_at": ("survey_sent",),
    "wrapped_at": ("wrapped",),
}
#: What begins the rows of a timeline whose rows are stretches.
_BEGINNINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "assignments": ("assigned",),
    "counters": ("counter_opened",),
    "openings": ("opened", "reopened"),
    "paid": ("shift_started", "state_changed"),
}
#: Instants that only a person's doing gives.
_PERSONS: Final = ("first_reply_at", "last_out_at", "replied_at")
#: Numbers and lengths of a row, and the activities they are made of.
_MADE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "contacts": ("arrived", "queued"),
    "merged_into": ("merged",),
    "paused_s": ("status_changed",),
    "replies": _REPLY,
    "score": ("quality_reviewed",),
    "service_s": ("answered", "returned", "parked", "ended", "transferred"),
    "teams": ("assigned",),
    "touch_s": ("focused", "unfocused"),
    "transfers": ("transferred",),
    "reopens": ("reopened",),
    "value": ("survey_answered",),
    "wait_s": ("arrived", "checked_in", "queued", "answered", *_LEAVING),
    "wait_arrival_s": ("arrived", "checked_in", "queued", "answered", *_LEAVING),
    "wrap_s": ("wrapped",),
}

#: What a customer's worst is read from.
_WORST: Final[Mapping[str, tuple[str, ...]]] = {
    "wait_s": ("arrived_at", "queued_at", "answered_at", "left_at"),
    "resolution": ("opened_at", "first_in_at", "last_resolved_at"),
}

#: What is told of a clock of an agreement besides its time.
_FACTS: Final = ("metric", "number", "policy", "state", "target_s", "counted_s", "paused_s", "due_at", "ended_by")

Event = Mapping[str, Any]


def opened(opener: Opener, *, query: Query, name: str) -> Explained:
    """Open one KPI for one id; see `explain.explain`."""
    kpi, wanted = opener.asked(query)
    rows: list[Found] = []
    column = ""
    for column in dict.fromkeys((key_of(kpi.parts[0]), *IDS)):
        for part in kpi.parts:
            rows.extend(opener.of(kpi, part=part, wanted=wanted, one=(column, name), calendar=query.calendar))
        if rows:
            break
    tz = query.time_zone or opener.zone_of(rows[0].row.get("site") if rows else None) or wanted.periods.time_zone
    if len(kpi.parts) > 1:
        # Each row is for one part; that it is none of the other's says nothing.
        rows = [one for one in rows if not one.reasons] or rows
    names = _names(rows, column, name)
    events = opener.events(names)
    if not rows and not events:
        raise unknown(name, kpi=kpi, near=opener.nearest(name, part=kpi.parts[0]))
    reason = "" if rows else f"Nothing of it is in this figure's population: {kpi.population}."
    uses: dict[str, list[str]] = {}
    found = [_opened(opener, one, wanted, events, uses, tz) for one in rows[:MANY]]
    told = tuple(_used(event, uses, tz) for event in events)
    return Explained(kpi, name, tz, tuple(found), told, reason)


def _names(rows: Sequence[Found], column: str, name: str) -> dict[str, list[str]]:
    """Return the ids whose events are shown, by column."""
    if not rows:
        return {c: [name] for c in IDS}
    names: dict[str, set[str]] = {column: {name}} if column in IDS else {}
    if column not in {"customer_id", "agent_id"}:
        for c in ("case_id", "contact_id", "subject_id"):
            names.setdefault(c, set()).update(str(r.row[c]) for r in rows if r.row.get(c) is not None)
    return {c: sorted(ids) for c, ids in names.items()}


def _opened(
    opener: Opener, one: Found, wanted: Wanted, events: Sequence[Event], uses: dict[str, list[str]], tz: str
) -> Opened:
    key = key_of(one.part)
    mine = [e for e in events if key not in e or one.row.get(key) is None or e[key] == one.row[key]]
    reads = _reads(opener, one.part, wanted)
    row = {**(_worst_of(opener, one) or one.row), "timeline": one.part.timeline}
    if "worst" in row:
        reads["all"] = _WORST[row["worst"]]
    line = opener.clock_line(row) if one.part.timeline == "sla_clocks" else None
    segments, ruled = _segments(opener, one, row, mine, reads) if line is None else (line.segments, line.ruled)
    done = _moments(line, mine, row) if line is not None else {}
    for event in mine:
        for use in (*_uses(event, row, reads["all"]), *done.get(event["event_id"], ())):
            uses.setdefault(event["event_id"], [])
            if use not in uses[event["event_id"]]:
                uses[event["event_id"]].append(use)
    start = segments[0].start if segments else one.start
    end = segments[-1].end if segments else one.end
    if one.start is not None and one.end is not None:
        start, end = one.start, one.end
    members = {d: str(one.row[c]) for d, c in COLUMNS.items() if one.row.get(c) is not None}
    return Opened(
        name=(key, str(one.row.get(key))),
        value=one.value,
        weight=one.weight,
        counts=not one.reasons,
        reasons=one.reasons,
        at=_local(one.at, tz),
        start=_event_at(start, mine, row, reads["all"], uses, tz),
        end=_event_at(end, mine, row, reads["all"], uses, tz),
        segments=tuple(segments),
        calendars=tuple(ruled),
        doubts=_doubts(one, mine),
        members=members,
        facts={name: row[name] for name in _FACTS} if line is not None else {},
        hours=line.hours if line is not None else tuple((s.start, s.end) for s in segments if s.calendar),
    )


def _moments(line: ClockLine, events: Sequence[Event], row: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return what each event did to a clock, by its id; the events are in the order in which the clock saw them."""
    seen = [event for event in events if event["case_id"] == row["case_id"]]
    return {seen[place]["event_id"]: words for place, words in line.moments.items() if place < len(seen)}


def _reads(opener: Opener, part: Part, wanted: Wanted) -> dict[str, Any]:
    """Return the columns a part reads: those of what it counts, and all."""
    base, p = source(part, wanted, opener.tables), wanted.params
    counted = [part.value(base, p)] if part.value is not None else list(part.span(base, p))
    others = [part.at(base, p)] + ([part.where(base, p)] if part.where is not None else [])
    value = list(dict.fromkeys(name for e in counted for name in words.fields(e)))
    everything = list(dict.fromkeys([*value, *(name for e in others for name in words.fields(e))]))
    pairs = [pair for e in counted for pair in words.times(e)]
    return {"value": value, "all": everything, "pairs": pairs}


def _segments(
    opener: Opener, one: Found, row: Mapping[str, Any], events: Sequence[Event], reads: Mapping[str, Any]
) -> tuple[list[Segment], list[InForce]]:
    """Return the stretches of time behind a row, and the calendars that ruled them."""
    if one.start is not None and one.end is not None and one.end >= one.start:
        if not one.calendars:
            return [Segment(one.start, one.end, "counted")], []
        ruled = in_force(one.calendars, calendars=opener.calendars, start=one.start, end=one.end)
        return open_segments(ruled, calendars=opener.calendars), ruled
    return _measured(opener, row, events, reads), []


def _measured(
    opener: Opener, row: Mapping[str, Any], events: Sequence[Event], reads: Mapping[str, Any]
) -> list[Segment]:
    """Return the stretches behind a number that a timeline measured."""
    names = reads["value"] if "worst" not in row else [row["worst"]]
    if "paused_s" in names:
        end = row["last_resolved_at"]
        pauses = opener.pauses(row["case_id"], until=end)
        start = row["first_in_at"] or row["opened_at"]
        return without(start, end, pauses=pauses, what="counted", pause="waiting for the customer") if end else []
    if "touch_s" in names and row["touch_s"] is not None:
        return on_screen(events)
    if "service_s" in names:
        return service(row, events, wrap="wrap_s" in names)
    for name in ("wait_s", "wait_arrival_s"):
        if name in names:
            return wait(row, column=name)
    if "resolution" in names:
        return [Segment(row["first_in_at"] or row["opened_at"], row["last_resolved_at"], "counted")]
    found = [(row.get(a), row.get(b)) for a, b in reads["pairs"]]
    return [Segment(a, b, "counted") for a, b in found if a is not None and b is not None]


def _worst_of(opener: Opener, one: Found) -> dict[str, Any] | None:
    """Return the contact or case behind a customer's worst, with what was measured of it in `worst`."""
    if one.part.timeline not in {"worst_waits", "worst_resolutions"}:
        return None
    return opener.worst(one.part.timeline, customer=one.row["customer_id"], at=one.row["at"], value=one.row["value"])


def _uses(event: Event, row: Mapping[str, Any], reads: Sequence[str]) -> list[str]:
    """Return what the number takes from an event."""
    found = []
    for name in reads:
        at = row.get(name)
        if isinstance(at, datetime):
            sources = _BEGINNINGS.get(row["timeline"]) if name == "started_at" else _SOURCES.get(name)
            fits = sources is None or event["activity"] in sources
            if fits and at == event["occurred_at"] and (name not in _PERSONS or by_person(event)):
                found.append(words.column(name))
        elif event["activity"] in _MADE_OF.get(name, ()) and (name != "replies" or by_person(event)):
            found.append(words.column(name))
    return found


def _event_at(
    at: datetime | None, events: Sequence[Event], row: Mapping[str, Any], reads: Sequence[str],
    uses: Mapping[str, list[str]], tz: str,
) -> Used | None:  # fmt: skip
    """Return the event of an instant: one the number looks at, else any."""
    here = [e for e in events if at is not None and e["occurred_at"] == at]
    here.sort(key=lambda e: not _uses(e, row, reads))
    return _used(here[0], uses, tz) if here else None


def _doubts(one: Found, events: Sequence[Event]) -> tuple[str, ...]:
    found = [
        f"{e['activity']} at {e['occurred_at']:%Y-%m-%d %H:%M:%S} UTC is {e['origin']}"
        for e in events
        if e["origin"] != "exact"
    ]
    if one.row.get(one.part.doubt) and not found:
        found.append("its end is not in the log and was taken from the last thing known of it")
    return tuple(found)


def _used(event: Event, uses: Mapping[str, list[str]], tz: str) -> Used:
    at = _local(event["occurred_at"], tz)
    assert at is not None
    return Used(
        event["event_id"],
        at,
        event["activity"],
        event["step"],
        event["direction"],
        event["actor"],
        event["agent_id"] or event["team"],
        event["origin"],
        event["source"],
        event["source_id"],
        tuple(uses.get(event["event_id"], ())),
    )


def _local(at: datetime | None, tz: str) -> datetime | None:
    return at.astimezone(ZoneInfo(tz)) if at is not None else None
