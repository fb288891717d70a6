"""What the log says of deals, promises, milestones and bookings; templates of the tables."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final
from zoneinfo import ZoneInfo

from troth.capacity.projects.portfolio._lake_days import Row, Tables, holds
from troth.capacity.projects.portfolio._tell import warning
from troth.capacity.projects.portfolio.use import ProjectBooking
from troth.capacity.projects.portfolio.work import ContractKind, Deal, ProjectPhase, SkillNeed
from troth.core.decision import Issue
from troth.core.spans import local_date

_CLOSED: Final = frozenset({"won", "lost"})
_OVER: Final = frozenset({"promise_kept", "promise_broken", "promise_waived"})


@dataclass(slots=True)
class Told:
    """What the log says of work before a day: the newest of each deal, open promises, milestones, bookings.

    Parameters
    ----------
    deals : by deal, the newest event.
    deal_of : by project, the deal it came from.
    due : by (start or finish, deal or project), the last day that is promised.
    slipped : by deal, the days clients put off their start.
    milestones : by project, the phases that are done.
    started : by project, the day it was begun.
    bookings : by booking, the newest event; released ones are gone.
    """

    tz: ZoneInfo
    deals: dict[str, dict[str, Any]] = field(default_factory=dict)
    deal_of: dict[str, str] = field(default_factory=dict)
    due: dict[tuple[str, str], date] = field(default_factory=dict)
    slipped: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    milestones: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    started: dict[str, date] = field(default_factory=dict)
    bookings: dict[str, dict[str, Any]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def day(self, text: Any, where: str, *, last: bool = False) -> date | None:
        """Return the local day of an instant written in the log; with `last`, the last day before it."""
        if text in (None, ""):
            return None
        try:
            at = datetime.fromisoformat(str(text))
            at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
            return local_date(at - timedelta(microseconds=1) if last else at, tz=self.tz)
        except (ValueError, OverflowError):
            advice = "Maybe a time such as 2026-06-01T00:00:00Z is meant; it is passed over."
            self.issues.append(warning("bad-time", where=where, value=text, advice=advice))
            return None

    def take(self, events: Iterable[Row]) -> None:
        """Take events in the order of time."""
        for event in events:
            note = _note(event)
            row, activity, about = {**event, "note": note}, event["activity"], str(event["subject_id"])
            if activity == "deal_changed":
                if not self._closed_today(about, event):
                    self.deals[about] = row
                if note.get("project"):
                    self.deal_of[str(note["project"])] = about
            elif activity == "milestone_reached":
                if note.get("phase"):
                    self.milestones[about].add(str(note["phase"]))
                elif event["step"] == "start":
                    self.started.setdefault(about, local_date(event["occurred_at"], tz=self.tz))
            elif event["subject_kind"] == "promise":
                self._promise(row, activity, note)
            elif activity in ("released", "cancelled"):
                self.bookings.pop(about, None)
            elif note.get("project"):
                self.bookings[about] = row

    def _closed_today(self, deal: str, event: Row) -> bool:
        """Tell whether a deal was won or lost earlier that day: stages noted late do not open it again."""
        before = self.deals.get(deal)
        if before is None or before["step"] not in _CLOSED:
            return False
        return local_date(before["occurred_at"], tz=self.tz) == local_date(event["occurred_at"], tz=self.tz)

    def _promise(self, row: Row, activity: str, note: Mapping[str, Any]) -> None:
        kind, about = str(note.get("kind") or ""), [str(note[key]) for key in ("project", "deal") if note.get(key)]
        if activity in _OVER:
            for name in about:
                self.due.pop((kind, name), None)
            return
        due = self.day(note.get("due_at"), f"promise {row['subject_id']}", last=True)
        if due is None:
            return
        before = next((self.due[kind, name] for name in about if (kind, name) in self.due), None)
        if before is not None and kind == "start" and note.get("reason") == "client" and note.get("deal"):
            self.slipped[str(note["deal"])] += (due - before).days
        for name in about:
            self.due[kind, name] = due


def _note(event: Row) -> dict[str, Any]:
    try:
        found = json.loads(event["attributes"] or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def phases_of(rows: Sequence[Row]) -> tuple[ProjectPhase, ...]:
    """Return phases of rows of needs, each after those it waits for; by name where nothing says which is first."""
    by: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["phase"] or "", row["skill"] or "")):
        by[row["phase"] or ""].append(row)
    after = {
        name: tuple(dict.fromkeys(one for row in some for one in (row["after"] or "").split("|") if one))
        for name, some in by.items()
    }
    try:
        order = list(
            TopologicalSorter({name: [one for one in some if one in by] for name, some in after.items()}).static_order()
        )
    except CycleError:  # told by the check
        order = list(by)
    return tuple(
        ProjectPhase(
            name, tuple(SkillNeed(row["skill"] or "", float(row["hours"] or 0.0)) for row in by[name]), after[name],
            task_type=by[name][0]["task_type"] or "", milestone=by[name][0]["milestone"] or "",
        )
        for name in order
    )  # fmt: skip


def templates_of(tables: Tables, *, day: date) -> dict[str, tuple[ProjectPhase, ...]]:
    """Return the phases of each template as they are on a day."""
    by: dict[str, list[Row]] = defaultdict(list)
    for row in tables.get("project_templates", ()):
        if holds(row, day=day):
            by[row["template"]].append(row)
    return {name: phases_of(rows) for name, rows in sorted(by.items())}


def deals_of(
    told: Told, *, templates: Mapping[str, tuple[ProjectPhase, ...]], kinds: Mapping[str, ContractKind]
) -> tuple[Deal, ...]:
    """Return the open deals: phases are those of their template, times what makes their hours the estimated ones."""
    out = []
    for name, row in sorted(told.deals.items()):
        note = row["note"]
        if row["step"] in _CLOSED:
            continue
        template, hours = str(note.get("template") or ""), note.get("hours")
        phases = templates.get(template, ())
        total = sum(need.hours for phase in phases for need in phase.needs)
        if isinstance(hours, int | float) and total > 0:
            phases = scaled(phases, factor=hours / total)
        wanted = told.day(note.get("window_start"), f"deal {name}")
        if wanted is None:
            advice = "Maybe the wished start is missing in the log; taken as the day of the last change."
            told.issues.append(warning("no-wish", where=f"deal {name}", value="", advice=advice))
            wanted = local_date(row["occurred_at"], tz=told.tz)
        out.append(Deal(
            name, phases, float(row["value"] or 0.0), wanted, row["customer_id"] or "", template, kinds.get(template, ContractKind.TIME),
            row["step"] or "", told.day(note.get("due_at"), f"deal {name}", last=True), promised_start=told.due.get(("start", name)), seller=row["agent_id"] or "",
            estimator=str(note.get("estimator_id") or ""),
        ))  # fmt: skip
    return tuple(out)


def scaled(phases: Sequence[ProjectPhase], *, factor: float) -> tuple[ProjectPhase, ...]:
    """Return phases with their hours times a factor."""
    return tuple(
        replace(phase, needs=tuple(replace(need, hours=round(need.hours * factor, 6)) for need in phase.needs))
        for phase in phases
    )


def bookings_of(told: Told, *, day: date, soft: float) -> tuple[ProjectBooking, ...]:
    """Return bookings of projects that are not over."""
    out = []
    for name, row in sorted(told.bookings.items()):
        note, where = row["note"], f"booking {name}"
        first, until = (told.day(note.get(key), where) for key in ("window_start", "window_end"))
        if first is None or until is None:
            advice = "Maybe window_start and window_end are missing in the log; it is passed over."
            told.issues.append(warning("no-window", where=where, value=str(note.get("project")), advice=advice))
        elif until > day:
            out.append(ProjectBooking(
                name, str(note["project"]), first, until, float(row["value"] or 0.0), row["agent_id"] or "",
                team="" if row["agent_id"] else row["team"] or "", probability=soft if note.get("booking_type") == "soft" else 1.0,
            ))  # fmt: skip
    return tuple(out)
