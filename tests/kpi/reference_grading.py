"""The slow and obvious way to calibrations, critical errors, booked hours and actions; see `reference`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tests.kpi.logs import Event
from tests.kpi.reference import Row, by_key, dims, first, last, least


def calibrations(events: Iterable[Event]) -> list[Row]:
    """Return every blind score of a grader with the one that was agreed."""
    found = []
    for group in by_key(events, "subject_id", {"quality_calibrated"}).values():
        sheets: dict[str | None, list[Event]] = defaultdict(list)
        for event in group:
            sheets[event.attributes.get("reviewer_id")].append(event)
        agreed = sheets.pop(None, [])
        for grader, sheet in sheets.items():
            known = dims(group) | {"agent_id": grader}
            unsure = any(e.origin != "exact" for e in [*sheet, *agreed])
            found.append(
                Row(
                    **known,
                    work=group[0].subject_id,
                    at=last(sheet, "quality_calibrated"),
                    score=_score(sheet),
                    agreed=_score(agreed),
                    approximate=unsure,
                )
            )
    return found


def _score(sheet: list[Event]) -> float | None:
    """Return a sheet's total, else the weighted mean of its criteria; of a criterion what was said last counts."""
    said: dict[str, list[Event]] = defaultdict(list)
    for event in sheet:
        said[event.step or "total"].append(event)
    newest = {point: max(_mark(e) for e in given) for point, given in said.items()}
    if "total" in newest and newest["total"][1] >= 0:
        return newest["total"][1]
    points = [(percent, weight) for point, (_, percent, weight) in newest.items() if point != "total" and percent >= 0]
    weights = sum(weight for _, weight in points)
    return sum(percent * weight for percent, weight in points) / weights if weights else None


def _mark(event: Event) -> tuple[datetime, float, float]:
    """Return when a mark was given, in percent (-1 if there is none), and its weight."""
    note = event.attributes
    percent = 100.0 * event.value / float(note.get("scale", 100.0)) if event.value is not None else -1.0
    return event.at, percent, note.get("weight", 1.0)


def errors(events: Iterable[Event]) -> list[Row]:
    """Return every critical criterion that failed."""
    found = []
    for group in by_key(events, "subject_id", {"quality_reviewed"}).values():
        for step in {e.step for e in group} - {None, "total"}:
            failed = [e for e in group if e.step == step and _fails(e)]
            if failed:
                cause = least(e.attributes.get("cause") for e in failed)
                unsure = any(e.origin != "exact" for e in failed)
                found.append(Row(**dims(failed), at=last(failed, "quality_reviewed"), cause=cause, approximate=unsure))
    return found


def _fails(event: Event) -> bool:
    note = event.attributes
    counts = note.get("critical") is True and note.get("not_applicable") is not True
    return counts and event.value is not None and event.value <= 0


def logged(events: Iterable[Event]) -> list[Row]:
    """Return every booking of hours by somebody known."""
    return [
        Row(
            **dims([e]), at=e.at, hours=e.value, approximate=e.origin != "exact",
            billable=e.attributes.get("billable") in (True, "true"),
        )
        for e in events
        if e.activity == "time_logged" and e.agent_id is not None
    ]  # fmt: skip


def actions(events: Iterable[Event]) -> list[Row]:
    """Return every action and trial."""
    opens, closes = ("action_agreed", "trial_started"), ("action_done", "trial_ended")
    found = []
    for group in by_key(events, "subject_id", {*opens, *closes, "trial_changed"}).values():
        due = least(e.attributes.get("due_at") for e in group if e.activity in opens)
        ends: list[Any] = [e for e in group if e.activity in closes]
        closed = last(ends, *closes)
        effects = [e.value for e in ends if e.at == closed and e.value is not None]
        owner = least(e.attributes.get("owner_id") for e in group)
        opener = least(e.agent_id for e in group if e.activity in opens)
        found.append(
            Row(
                **dims(group) | {"agent_id": owner or opener or least(e.agent_id for e in group)},
                opened=first(group, *opens),
                due=datetime.fromisoformat(due) if due else None,
                closed=closed,
                effect=max(effects, default=None),
                approximate=any(e.origin != "exact" for e in group),
            )
        )
    return found
