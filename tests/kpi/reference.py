"""The slow and obvious way to every row a KPI is made of: plain loops over events, from the words of the definitions.

Nothing here looks at how Troth computes. `reference_kpis` adds the rows up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from tests.kpi.logs import Event

Row = SimpleNamespace
DIMS = ("queue", "site", "channel", "service", "priority", "agent_id", "team", "customer_id")

CONTACT = set(
    "arrived checked_in queued called answered held resumed parked returned wrapped ended abandoned balked no_show "
    "transferred escalated callback_requested message_received message_sent focused unfocused opened".split()
)
CASE = set(
    "arrived queued answered transferred escalated message_received message_sent opened assigned status_changed "
    "solution_proposed resolved reopened closed merged".split()
)
WAITING = set("arrived checked_in queued called answered abandoned balked no_show callback_requested".split())
#: What somebody may do to a contact without dealing with it.
PASSING = set("arrived queued called wrapped ended abandoned".split())
LONGEST = timedelta(hours=16)


def person(event: Event) -> bool:
    """Tell whether a person did it."""
    return event.actor == "human" or (event.actor is None and event.agent_id is not None)


def reply(event: Event) -> bool:
    """Tell whether the customer was answered: spoken to, or written to."""
    return event.activity == "answered" or (event.activity == "message_sent" and event.direction != "internal")


def order(event: Event) -> Any:
    """Order events by time, then by what the source says of their order, then by name."""
    return event.at, event.version, event.activity, event.source_id


def by_key(events: Iterable[Event], key: str, activities: set[str]) -> dict[str, list[Event]]:
    """Return the events of each case, contact, subject or person, in order."""
    found: dict[str, list[Event]] = defaultdict(list)
    for event in sorted(events, key=order):
        if getattr(event, key) is not None and event.activity in activities:
            found[getattr(event, key)].append(event)
    return found


def first(
    events: Iterable[Event], *activities: str, where: Callable[[Event], bool] = lambda _: True
) -> datetime | None:
    """Return when one of the activities first happened."""
    return min((e.at for e in events if e.activity in activities and where(e)), default=None)


def last(events: Iterable[Event], *activities: str, where: Callable[[Event], bool] = lambda _: True) -> datetime | None:
    """Return when one of the activities last happened."""
    return max((e.at for e in events if e.activity in activities and where(e)), default=None)


def least(values: Iterable[Any]) -> Any:
    """Return the least of what is known."""
    return min((v for v in values if v is not None), default=None)


def length(start: datetime | None, end: datetime | None) -> float | None:
    """Return seconds between two instants."""
    return (end - start).total_seconds() if start is not None and end is not None else None


def dims(events: Sequence[Event]) -> dict[str, Any]:
    """Return the members all events of one thing agree on; of several the first by name."""
    return {name: least(getattr(e, name) for e in events) for name in DIMS}


def contacts(events: Iterable[Event]) -> list[Row]:
    """Return every contact."""
    return [contact(key, found) for key, found in by_key(events, "contact_id", CONTACT).items()]


def contact(key: str, events: list[Event]) -> Row:
    """Return one contact: how long it waited, was served, and how it ended."""
    answered = first(events, "answered", where=person)
    left = first(events, "abandoned", "balked", "no_show", "callback_requested")
    queued = first(events, "queued")
    since = queued or first(events, "arrived", "checked_in")
    end, service, guessed = _served(events, answered)
    replies = sum(e.activity == "message_sent" and reply(e) and person(e) for e in events)
    wrapped = last(events, "wrapped")
    answering = least(e.agent_id for e in events if e.activity == "answered" and person(e))
    touch = [e for e in events if e.activity in ("focused", "unfocused")]
    starts = sum(e.activity == "focused" for e in touch)
    paired = touch and 2 * starts == len(touch)
    sign = {"focused": -1, "unfocused": 1}
    holds, resumes = (sum(e.activity == a for e in events) for a in ("held", "resumed"))
    odd_hold = holds not in (resumes, resumes + 1)
    return Row(
        **dims(events)
        | {"agent_id": answering or least(e.agent_id for e in events if person(e) and e.activity not in PASSING)},
        contact_id=key,
        case_id=least(e.case_id for e in events),
        direction=_direction(events),
        topic=_noted(events, "topic"),
        previous=_noted(events, "previous_contact_id"),
        started=events[0].at,
        queued=queued,
        answered=answered,
        outcome=_outcome(events, answered, queued, replies),
        wait=length(since, answered or left),
        from_entry=length(events[0].at, answered or left),
        served=service,
        wrap=max(length(end, wrapped) or 0.0, 0.0),
        touch=sum(sign[e.activity] * e.at.timestamp() for e in touch) if paired else None,
        approximate=any(e.origin != "exact" for e in events if e.activity in WAITING),
        doubtful=any(e.origin != "exact" for e in events) or guessed or (holds > 0 and odd_hold),
    )


def _direction(events: list[Event]) -> str | None:
    """Return which way a contact goes: as said when it began; out if it is nothing but our writing."""
    happened = {e.activity for e in events}
    said = least(e.direction for e in events if e.activity in ("arrived", "queued", "answered", "opened"))
    wrote = any(e.activity == "message_sent" and reply(e) for e in events)
    came = happened & {
        "arrived",
        "checked_in",
        "queued",
        "called",
        "answered",
        "wrapped",
        "ended",
        "abandoned",
        "message_received",
    }
    return said or ("out" if wrote and not came else None)


def _noted(events: list[Event], key: str) -> Any:
    """Return what was noted on arrival, else on joining the queue, else by what else began the contact."""
    for group in (("arrived",), ("queued",), ("opened", "message_received", "checked_in")):
        found = least(e.attributes.get(key) for e in events if e.activity in group)
        if found:
            return found
    return None


def _outcome(events: list[Event], answered: datetime | None, queued: datetime | None, replies: int) -> str:
    happened = {e.activity for e in events}
    bot = any(e.activity == "answered" and e.actor == "bot" for e in events)
    finished = any(e.activity == "ended" and person(e) for e in events)
    over = bool(happened & {"ended", "transferred"})
    ladder = (
        (answered is not None, "answered"),
        ("callback_requested" in happened, "callback"),
        ("abandoned" in happened, "abandoned"),
        ("balked" in happened, "balked"),
        ("no_show" in happened, "no_show"),
        (bot and queued is None, "bot"),
        ("transferred" in happened, "flow_out"),
        (replies > 0 or finished, "handled"),
        (bot and over, "bot"),
        (over, "unserved"),
    )
    return next((word for holds, word in ladder if holds), "open")


def _served(events: list[Event], answered: datetime | None) -> tuple[datetime | None, float | None, bool]:
    """Return when service ended, how many seconds it took, and whether the end had to be guessed.

    Service is from the first answer of a person to the last stop, less the time between going back to the queue (or
    being parked) and the next answer. What is not answered again ends where it went back.
    """
    if answered is None:
        return last(events, "ended", "transferred"), None, False
    answers = [e.at for e in events if e.activity == "answered" and person(e)]
    breaks = [e.at for e in events if e.activity in ("returned", "parked")]
    over = last(events, "ended", "transferred")
    gone, guessed = [b for b in breaks if b > answers[-1]], False
    if gone:
        end = min(gone)
    elif over is not None and over >= (answers[-1] if breaks else answered):
        end = over
    else:
        end, guessed = events[-1].at, True
        if end <= answered:
            return None, None, True
    total = end - answered
    for before, after in pairwise(answers):
        within = [b for b in breaks if before < b <= after]
        total -= after - min(within) if within else timedelta(0)
    return end, total.total_seconds(), guessed


def cases(events: Iterable[Event]) -> list[Row]:
    """Return every case."""
    return [case(key, found) for key, found in by_key(events, "case_id", CASE).items()]


def case(key: str, events: list[Event]) -> Row:
    """Return one case: when it was opened, answered, solved and taken up again, and by whom."""
    opened = first(events, "opened") or events[0].at
    replied = first(events, "message_sent", "answered", where=lambda e: reply(e) and person(e))
    handed = [
        e.at
        for e in events
        if e.activity == "reopened" or (e.activity in ("escalated", "transferred") and e.actor == "bot")
    ]
    before = [at for at in handed if replied is not None and at <= replied]
    resolved, reopened = ([e.at for e in events if e.activity == a] for a in ("resolved", "reopened"))
    merged = [e for e in events if e.activity == "merged"]
    return Row(
        **_case_dims(events),
        case_id=key,
        topic=least(e.attributes.get("topic") for e in events if e.activity == "opened"),
        merged=bool(merged),
        opened=opened,
        came=first(events, "opened", "message_received", "arrived", "queued") or opened,
        contacts=sum(e.activity in ("queued", "message_received") for e in events),
        replied=replied,
        any_reply=first(events, "message_sent", "answered", where=reply),
        last_reply=last(events, "message_sent", "answered", where=lambda e: reply(e) and person(e)),
        clock=max([opened, *before]),
        assigned=first(events, "assigned"),
        solution=first(events, "solution_proposed", "resolved"),
        first_resolved=resolved[0] if resolved else None,
        last_resolved=resolved[-1] if resolved else None,
        first_reopened=reopened[0] if reopened else None,
        reopened_after=min((at for at in reopened if resolved and at > resolved[-1]), default=None),
        closed=last(events, "closed"),
        escalated=first(events, "escalated"),
        replies=sum(reply(e) and person(e) for e in events),
        reopens=len(reopened),
        transfers=sum(e.activity == "transferred" for e in events),
        teams=len({e.team for e in events if e.activity == "assigned" and e.team is not None}),
        paused=0.0,
        approximate=any(e.origin != "exact" for e in events),
    )


def _case_dims(events: list[Event]) -> dict[str, Any]:
    """Return a case's members: those it was opened with, else of its usual course, else of anything."""
    found = {}
    usual = "arrived queued answered message_received message_sent resolved closed".split()
    groups = (["opened"], usual, CASE)
    for name in DIMS:
        tried = (least(getattr(e, name) for e in events if e.activity in group) for group in groups)
        found[name] = next((member for member in tried if member is not None), None)
    found["customer_id"] = least(e.customer_id for e in events)
    for name in ("agent_id", "team"):
        known = [_latest(events, name, "resolved"), _latest(events, name, "assigned")]
        if name == "agent_id":
            known.append(least(e.agent_id for e in events if e.activity == "answered" and person(e)))
        else:
            known.append(least(e.team for e in events if e.activity in ("answered", "queued", "opened")))
        found[name] = next((member for member in known if member), None)
    return found


def _latest(events: list[Event], name: str, activity: str) -> str | None:
    """Return who did something last; of several at once the last by name."""
    found = max(((e.at, e.agent_id or "", e.team or "") for e in events if e.activity == activity), default=None)
    return (found[1] if name == "agent_id" else found[2]) if found else None


def assignments(events: Iterable[Event]) -> list[Row]:
    """Return every stretch in which a case was with somebody, with the assignee's first reply in it."""
    marks = {"assigned", "unassigned", "resolved", "closed", "merged"}
    found = []
    for key, group in by_key(events, "case_id", CASE | {"unassigned"}).items():
        held: Event | None = None
        for event in [e for e in group if e.activity in marks]:
            same = held and event.activity == "assigned" and (event.agent_id, event.team) == (held.agent_id, held.team)
            if same:
                continue
            if held:
                found.append(_spell(key, group, held, event.at))
            held = event if event.activity == "assigned" else None
        if held:
            found.append(_spell(key, group, held, None))
    return found


def _spell(key: str, group: list[Event], held: Event, end: datetime | None) -> Row:
    replies = [
        e.at
        for e in group
        if (reply(e) or e.activity in ("solution_proposed", "resolved"))
        and e.direction != "internal"
        and person(e)
        and held.agent_id is not None
        and e.agent_id == held.agent_id
        and held.at <= e.at
        and (end is None or e.at <= end)
    ]
    return Row(
        **dims([held]),
        case_id=key,
        started=held.at,
        ended=end,
        replied=min(replies, default=None),
        approximate=held.origin != "exact",
    )


def openings(events: Iterable[Event]) -> list[Row]:
    """Return every stretch in which a case was open."""
    found = []
    for key, group in by_key(events, "case_id", {"opened", "reopened", "resolved", "closed", "merged"}).items():
        began: Event | None = None
        for event in group:
            if event.activity in ("opened", "reopened"):
                began = began or event
            elif began:
                found.append(
                    Row(
                        **dims([began]),
                        case_id=key,
                        started=began.at,
                        ended=event.at,
                        approximate=began.origin != "exact",
                    )
                )
                began = None
        if began:
            found.append(
                Row(**dims([began]), case_id=key, started=began.at, ended=None, approximate=began.origin != "exact")
            )
    return found


def paused(events: Iterable[Event], rows: list[Row]) -> None:
    """Set for each case the seconds it waited for its customer (status pending) before its last resolution."""
    marks = by_key(events, "case_id", {"status_changed", "closed"})
    for row in rows:
        group = marks.get(row.case_id, [])
        row.tracked = any(event.activity == "status_changed" for event in group)
        row.statuses = [
            (event.step, event.at, after.at if after else None)
            for event, after in zip(group, [*group[1:], None], strict=False)
            if event.activity == "status_changed"
        ]
        for event, after in zip(group, [*group[1:], None], strict=False):
            if event.activity == "status_changed" and event.step == "pending" and row.last_resolved:
                until = min(after.at if after else row.last_resolved, row.last_resolved)
                row.paused += max((until - max(event.at, row.came)).total_seconds(), 0.0)
