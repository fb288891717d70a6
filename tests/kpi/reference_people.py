"""The slow and obvious way to ratings, reviews, promises and paid time; see `reference`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.kpi.logs import Event
from tests.kpi.reference import LONGEST, Row, by_key, dims, first, last, least, order

#: What is recorded of people at work.
PAID = {"shift_started", "shift_ended", "state_changed"}


def ratings(events: Iterable[Event]) -> list[Row]:
    """Return every item answered of every survey, and one row without item for a survey not answered."""
    found = []
    for key, group in by_key(events, "subject_id", {"survey_sent", "survey_answered"}).items():
        served = least(e.attributes.get("served_at") for e in group)
        common = {
            **dims(group),
            "survey": key,
            "case_id": least(e.case_id for e in group),
            "sent": first(group, "survey_sent"),
            "served": datetime.fromisoformat(served) if served else None,
            "approximate": any(e.origin != "exact" for e in group),
        }
        items = {e.step for e in group if e.activity == "survey_answered"}
        for item in items:
            answers = [e for e in group if e.activity == "survey_answered" and e.step == item]
            newest = max(e.at for e in answers)
            values = [e.value for e in answers if e.at == newest and e.value is not None]
            scales = [e.attributes["scale"] for e in answers if "scale" in e.attributes]
            lows = [e.attributes["scale_low"] for e in answers if "scale_low" in e.attributes]
            found.append(
                Row(
                    **common,
                    item=item,
                    answered=newest,
                    value=max(values, default=None),
                    high=max(scales, default=5),
                    low=max(lows, default=1),
                    cause=least(e.attributes.get("cause") for e in answers),
                )
            )
        if not items:
            found.append(Row(**common, item=None, answered=None, value=None, high=5, low=1, cause=None))
    return found


def reviews(events: Iterable[Event]) -> list[Row]:
    """Return every review: its total, else the weighted mean of what applies; nothing if a critical point failed."""
    found = []
    for group in by_key(events, "subject_id", {"quality_reviewed"}).values():
        totals = [e for e in group if e.step in (None, "total")]
        points = [
            e
            for e in group
            if e.step not in (None, "total") and e.value is not None and e.attributes.get("not_applicable") is not True
        ]
        score: float | None = max((_percent(e) for e in totals if e.value is not None), default=None)
        weights = sum(e.attributes.get("weight", 1.0) for e in points)
        if score is None and weights:
            score = sum(_percent(e) * e.attributes.get("weight", 1.0) for e in points) / weights
        if any(e.attributes.get("critical") is True and e.value is not None and e.value <= 0 for e in points):
            score = 0.0
        inexact = any(e.origin != "exact" for e in group)
        found.append(Row(**dims(group), at=last(group, "quality_reviewed"), score=score, approximate=inexact))
    return found


def _percent(event: Event) -> float:
    assert event.value is not None
    return 100.0 * event.value / float(event.attributes.get("scale", 100.0))


def promises(events: Iterable[Event]) -> list[Row]:
    """Return every promise and how it ended: waived, broken, kept or still open."""
    names = {"promised", "promise_changed", "promise_kept", "promise_broken", "promise_waived"}
    found = []
    for key, group in by_key(events, "subject_id", names).items():
        kept, broken, waived = (last(group, f"promise_{how}") for how in ("kept", "broken", "waived"))
        outcome = "waived" if waived else "broken" if broken else "kept" if kept else "open"
        stated = [e.value for e in group if e.activity == "promised" and e.value is not None]
        found.append(
            Row(
                **dims(group),
                promise=key,
                outcome=outcome,
                broken=broken,
                settled=broken or kept,
                probability=max(stated, default=None),
                approximate=any(e.origin != "exact" for e in group),
            )
        )
    return found


def shifts(events: Iterable[Event]) -> list[Row]:
    """Return every stretch of paid time that has an end: the mark after it, else the last state seen in it."""
    found = []
    for group in by_key(events, "agent_id", PAID).values():
        marks = [e for e in group if e.activity != "state_changed"]
        for event, after in zip(marks, [*marks, None][1:], strict=True):
            if event.activity == "shift_ended":
                continue
            latest = event.at + LONGEST
            if after is not None and after.activity == "shift_ended" and after.at <= latest:
                found.append(_stretch(event, after.at))
                continue
            until = latest if after is None else min(after.at, latest)
            inside = [e.at for e in group if e.activity == "state_changed" and event.at <= e.at < until]
            if inside:
                found.append(_stretch(event, max(inside), doubt=True))
    return found


def states(events: Iterable[Event]) -> list[Row]:
    """Return every stretch of a person in a state: to the next state or the end of the shift, if that is known."""
    found = []
    for group in by_key(events, "agent_id", PAID).values():
        at_work, state = False, None
        for event in group:
            restart = event.activity == "shift_started" and at_work
            if event.activity == "shift_started" and not at_work:
                at_work = True  # what was recorded a moment before the start goes on
                continue
            if state is not None and not restart and event.at - state.at <= LONGEST:
                found.append(_stretch(state, event.at))
            state = event if event.activity == "state_changed" and event.step != "offline" else None
            at_work = event.activity == "shift_started" or (at_work and event.activity != "shift_ended")
    return found


def counters(events: Iterable[Event]) -> list[Row]:
    """Return every stretch in which a counter was open."""
    groups: dict[Any, list[Event]] = defaultdict(list)
    for event in sorted(events, key=order):
        if event.activity in ("counter_opened", "counter_closed") and event.site is not None:
            groups[event.site, event.subject_id or event.attributes.get("counter") or event.agent_id].append(event)
    return _stretches(groups, "counter_opened")


def _stretches(groups: dict[Any, list[Event]], begins: str) -> list[Row]:
    """Return the stretches that have an end within 16 hours; the others count nowhere."""
    return [
        _stretch(event, after.at)
        for group in groups.values()
        for event, after in pairwise(group)
        if event.activity == begins and after.at - event.at <= LONGEST
    ]


def _stretch(event: Event, end: datetime, *, doubt: bool = False) -> Row:
    known = {"state": event.step, "started": event.at, "ended": end, "approximate": doubt or event.origin != "exact"}
    return Row(**{**dims([event]), "customer_id": None}, **known)
