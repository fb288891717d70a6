"""What the log says of the time so far, gathered row by row; then made into a `ProjectHistory`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from troth.capacity.projects.portfolio import Consultant, Portfolio, Project, ProjectPhase, free_hours, paid_hours
from troth.capacity.projects.promising.history import (
    Attendance,
    ClientReady,
    DealPast,
    Employment,
    PersonWeek,
    PhaseOutcome,
    ProjectHistory,
    PromiseLag,
    ReactiveDay,
)
from troth.core.spans import local_date
from troth.core.terms import LeaveKind

#: Activities that tell something, of whatever subject.
ACTIVITIES: Final = (
    "deal_changed", "time_logged", "milestone_reached", "promised", "promise_changed", "booked", "rescheduled", "released",
    "cancelled", "shift_started", "shift_ended", "state_changed", "opened", "resolved", "closed", "merged",
)  # fmt: skip
#: A day this long has a break in it.
_LONG_H: Final = 6.0
_OVER: Final = ("won", "lost")


class Heard:
    """Facts of the log, taken in the order of time, as often as new ones come.

    Parameters
    ----------
    zone : in which days are.
    reactive : types of task of time sheets that are reactive work.
    projects : ids of all projects: hours of none of them that nobody pays for are reactive work as well, as in a portfolio; None
        goes by the types alone.
    """

    def __init__(
        self,
        zone: ZoneInfo,
        *,
        reactive: frozenset[str] = frozenset({"support"}),
        projects: frozenset[str] | None = None,
    ) -> None:
        self.zone, self.reactive, self.projects = zone, reactive, projects
        self.first: date | None = None
        self.deals: dict[str, DealPast] = {}
        self.project_of: dict[str, str] = {}
        self.logged: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self.helped: dict[tuple[str, date], float] = defaultdict(float)
        self.weekly: dict[tuple[str, date], list[float]] = defaultdict(lambda: [0.0, 0.0])
        self.done: set[tuple[str, str]] = set()
        self.begun: set[str] = set()
        self.promised: dict[str, tuple[date, date]] = {}
        self.slipped: dict[str, int] = defaultdict(int)
        self.bookings: dict[str, tuple[str, date, float]] = {}
        self.there: dict[str, set[date]] = defaultdict(set)
        self.sheets: dict[str, date] = {}
        #: Of days whose shifts are over: hours from start to end, and of break; of those that go on: start, break since, hours of break.
        self.shifts: dict[str, dict[date, tuple[float, float]]] = defaultdict(dict)
        self.pause: dict[str, tuple[datetime | None, datetime | None, float]] = {}
        self.open: dict[str, str] = {}
        self.answered: dict[str, int] = defaultdict(int)

    def take(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take rows of the log: columns by name, in the order of time."""
        for row in rows:
            name, day = str(row["activity"]), local_date(row["occurred_at"], tz=self.zone)
            self.first = self.first or day
            if name in ("opened", "resolved", "closed", "merged"):
                self._case(row, name)
            elif name in ("shift_started", "state_changed", "shift_ended"):
                self._shift(row, name, day)
            else:
                self._work(row, name, day, noted(row))

    def _work(self, row: Mapping[str, Any], name: str, day: date, note: Mapping[str, Any]) -> None:
        match name:
            case "deal_changed":
                self._deal(row, day, note)
            case "time_logged":
                self._sheet(row, day, note)
            case "milestone_reached":
                if note.get("phase"):
                    self.done.add((str(row["subject_id"]), str(note["phase"])))
                elif row["step"] == "start":
                    self.begun.add(str(row["subject_id"]))
            case "promised" | "promise_changed" if note.get("kind") == "start":
                self._promise(str(note.get("deal") or ""), name, day, note)
            case "released" | "cancelled":
                self.bookings.pop(str(row["subject_id"]), None)
            case "booked" | "rescheduled" if row["subject_kind"] == "booking" and note.get("project"):
                first = self._day(note.get("window_start"))
                if first is not None:
                    self.bookings[str(row["subject_id"])] = (row["agent_id"] or "", _monday(first), row["value"] or 0.0)

    def _day(self, text: Any, *, last: bool = False) -> date | None:
        try:
            at = datetime.fromisoformat(str(text))
        except ValueError:
            return None
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        return local_date(at - timedelta(microseconds=1) if last else at, tz=self.zone)

    def _deal(self, row: Mapping[str, Any], day: date, note: Mapping[str, Any]) -> None:
        name, step = str(row["subject_id"]), str(row["step"] or "")
        old = self.deals.get(name) or DealPast(name, ())
        if old.closed is not None:
            return
        hours = note.get("hours")
        new = replace(
            old, template=str(note.get("template") or old.template), seller=row["agent_id"] or old.seller,
            wanted=self._day(note.get("window_start")) or old.wanted,
            hours=float(hours) if isinstance(hours, int | float) else old.hours,
        )  # fmt: skip
        if step in _OVER:
            new = replace(new, closed=day, won=step == "won")
        elif row["value"] is not None:
            new = replace(new, stages=(*new.stages, (day, step, float(row["value"]))))
        self.deals[name] = new
        if note.get("project"):
            self.project_of[name] = str(note["project"])

    def _sheet(self, row: Mapping[str, Any], day: date, note: Mapping[str, Any]) -> None:
        who, hours, week = str(row["agent_id"] or ""), float(row["value"] or 0.0), _monday(day)
        team = str(row["team"] or "")
        self.sheets.setdefault(team, day)
        if self._by_itself(row, note):
            self.helped[team, day] += hours
            self.weekly[who, week][1] += hours
        else:
            self.logged[str(row["subject_id"]), str(note.get("phase") or "")][who] += hours
            self.weekly[who, week][0] += hours

    def _by_itself(self, row: Mapping[str, Any], note: Mapping[str, Any]) -> bool:
        if note.get("task_type") in self.reactive:
            return True
        of = self.projects
        return of is not None and note.get("billable") is False and str(row["subject_id"] or "") not in of

    def _promise(self, deal: str, name: str, day: date, note: Mapping[str, Any]) -> None:
        due = self._day(note.get("due_at"), last=True)
        if due is None:
            return
        if name == "promised":
            self.promised[deal] = (day, due)
        elif deal in self.promised:
            made, before = self.promised[deal]
            if note.get("reason") == "client":
                self.slipped[deal] += (due - before).days
            self.promised[deal] = (made, due)

    def _shift(self, row: Mapping[str, Any], name: str, day: date) -> None:
        who, at = str(row["agent_id"] or ""), row["occurred_at"]
        self.there[who].add(day)
        began, since, total = self.pause.pop(who, (None, None, 0.0))
        if name == "shift_started":
            began, total = at, 0.0
        elif since is not None:
            total += (at - since).total_seconds() / 3600
        if name != "shift_ended":
            self.pause[who] = (began, at if row["step"] == "break" else None, total)
        elif began is not None:
            first = local_date(began, tz=self.zone)
            span, pause = self.shifts[who].get(first, (0.0, 0.0))
            self.shifts[who][first] = (span + (at - began).total_seconds() / 3600, pause + total)

    def _case(self, row: Mapping[str, Any], name: str) -> None:
        case, team = str(row["case_id"] or ""), str(row["team"] or "")
        if name == "opened":
            self.open[case] = team
        elif self.open.pop(case, None) is not None and name != "merged":
            self.answered[team] += 1

    # ---- made into a history --------------------------------------------------------------------------------------

    def history(
        self, *, day: date, people: Sequence[Consultant], projects: Mapping[str, Project],
        templates: Mapping[str, tuple[ProjectPhase, ...]], house: Portfolio, told: Mapping[str, date] | None = None,
    ) -> ProjectHistory:  # fmt: skip
        """Return what was taken so far as a history before `day`.

        Parameters
        ----------
        people : everybody who was there, with contracts and leave of the time so far.
        projects : by id, with hours as estimated; `templates` by name.
        house : whose holidays and reservations hold.
        told : by person who leaves, the day on which that became known.
        """
        since = self.first or day
        staff = [
            Employment(one.person_id, one.team, one.contracts[0].first, one.contracts[-1].until, (told or {}).get(one.person_id), one.role)
            for one in people if one.contracts
        ]  # fmt: skip
        usual = {name: _hours(phases) for name, phases in templates.items()}
        deals = tuple(replace(one, usual=usual.get(one.template, 0.0)) for _, one in sorted(self.deals.items()))
        attendance, weeks, breaks = self._attendance(people, house, since, day)
        teams = {one.team for one in staff}
        return ProjectHistory(
            day, since, tuple(self._phases(projects, people, day)), deals, tuple(self._clients(day)), tuple(self._lags()),
            tuple(self._reactive(house, since, day)), attendance, tuple(staff), weeks,
            {team: hours for team, hours in self._waits().items() if team in teams}, breaks,
        )  # fmt: skip

    def _phases(
        self, projects: Mapping[str, Project], people: Sequence[Consultant], day: date
    ) -> Iterable[PhaseOutcome]:
        who = {one.person_id: one for one in people}
        for (name, phase_id), hours in sorted(self.logged.items()):
            project = projects.get(name)
            phase = next((one for one in project.phases if one.phase_id == phase_id), None) if project else None
            if project is None or phase is None:
                continue
            estimated, total = _hours((phase,)), sum(hours.values())
            levels: dict[float, float] = defaultdict(float)
            for person, amount in hours.items():
                mine = {n: who[person].level_of(n.skill, day=day) for n in phase.needs} if person in who else {}
                able = {n: level for n, level in mine.items() if level > 0}
                for need, level in able.items():
                    levels[level] += amount / total * need.hours / max(sum(n.hours for n in able), 1e-9)
            yield PhaseOutcome(
                name, phase.task_type, estimated, total, (name, phase_id) in self.done, project.estimator,
                estimated**2 / max(sum(need.hours**2 for need in phase.needs), 1e-9), dict(levels),
                {person: amount / total for person, amount in hours.items()},
            )  # fmt: skip

    def _clients(self, day: date) -> Iterable[ClientReady]:
        for name, project in sorted(self.project_of.items()):
            deal = self.deals[name]
            if deal.wanted is not None and deal.closed is not None:
                heard = max(deal.wanted, deal.closed + timedelta(days=1))
                if heard < day or project in self.begun:
                    yield ClientReady(project, deal.wanted, self.slipped.get(name, 0))

    def _lags(self) -> Iterable[PromiseLag]:
        for name, (made, due) in sorted(self.promised.items()):
            deal = self.deals.get(name)
            if deal is not None and deal.wanted is not None:
                yield PromiseLag(name, (due - max(deal.wanted, made)).days - self.slipped.get(name, 0))

    def _reactive(self, house: Portfolio, since: date, day: date) -> Iterable[ReactiveDay]:
        closed = {one for days in house.holidays.values() for one in days}
        weekdays = {at.weekday() for _, at in self.helped}
        for team in sorted({team for team, _ in self.helped}):
            # Before the first time sheet of a team nobody knows what it did: such days are not days without.
            at = max(since, self.sheets.get(team, since))
            while at < day:
                if at.weekday() in weekdays and at not in closed:
                    yield ReactiveDay(team, at, self.helped.get((team, at), 0.0))
                at += timedelta(days=1)

    def _attendance(
        self, people: Sequence[Consultant], house: Portfolio, since: date, day: date
    ) -> tuple[tuple[Attendance, ...], tuple[PersonWeek, ...], tuple[float, ...]]:
        """Return who was there when, weeks of people, and hours of breaks that come off contract hours."""
        ill = {one.person_id: _ill(one, since, day) for one in people}
        told = any(ill.values())
        firm = replace(house, people=tuple(map(_planned, people)), claims=())
        paid, free = (of(firm, first=since, until=day).tolist() for of in (paid_hours, free_hours))
        breaks = tuple(
            b for one, row in zip(people, paid, strict=True) for b in self._breaks(one.person_id, row, since)
        )
        lost, begins = sum(breaks) / max(len(breaks), 1), min(self.sheets.values(), default=day)
        booked: dict[tuple[str, date], float] = defaultdict(float)
        for who, monday, hours in self.bookings.values():
            booked[who, monday] += hours
        found, weeks = list[Attendance](), list[PersonWeek]()
        for one, row, rest in zip(people, paid, free, strict=True):
            due = [since + timedelta(days=k) for k, hours in enumerate(row) if hours > 0]
            known, missed = self._missed(one.person_id, due, ill[one.person_id], told=told)
            found.append(Attendance(one.person_id, known, missed))
            by: dict[date, list[float]] = defaultdict(lambda: [0.0, 0.0])
            for at in due:
                k = (at - since).days
                net = max(rest[k] - (lost if row[k] >= _LONG_H else 0.0), 0.0)
                by[_monday(at)][0] += net
                by[_monday(at)][1] += 0.0 if at in missed else net
            for monday, (room, there) in sorted(by.items()):
                worked, helped = self.weekly.get((one.person_id, monday), (0.0, 0.0))
                if begins <= monday and monday + timedelta(days=7) <= day:
                    whole = booked.get((one.person_id, monday), 0.0)
                    weeks.append(PersonWeek(one.person_id, one.team, monday, room, whole, worked, helped, there))
        return tuple(found), tuple(weeks), breaks

    def _missed(
        self, who: str, due: Sequence[date], ill: frozenset[date], *, told: bool
    ) -> tuple[tuple[date, ...], frozenset[date]]:
        """Return the days due of which is known whether somebody was there, and those missed.

        Shifts tell it from the first one on. Of who has none in the log only illness entered as leave tells it, if the house
        enters it at all (`told`).
        """
        seen = self.there.get(who, set())
        if not seen:
            return (tuple(due), frozenset(due) & ill) if told else ((), frozenset())
        first = min(seen)
        known = tuple(at for at in due if at >= first or at in ill)
        return known, frozenset(at for at in known if at not in seen)

    def _breaks(self, who: str, paid: Sequence[float], since: date) -> Iterable[float]:
        """Yield hours of break of attended long days that come off contract hours: a shift may be longer by its break."""
        long = [
            (span, pause, paid[(day - since).days]) for day, (span, pause) in self.shifts.get(who, {}).items()
            if 0 <= (day - since).days < len(paid) and paid[(day - since).days] >= _LONG_H
        ]  # fmt: skip
        longer = max(median(span - hours for span, _, hours in long), 0.0) if long else 0.0
        for _, pause, _ in long:
            yield max(pause - longer, 0.0)

    def _waits(self) -> Mapping[str, float]:
        """Return hours that open cases will take: as many as those answered took, on average."""
        many, hours = sum(self.answered.values()), sum(self.helped.values())
        out: dict[str, float] = defaultdict(float)
        for team in self.open.values():
            out[team] += hours / many if many else 0.0
        return out


def _planned(one: Consultant) -> Consultant:
    """Return somebody with the leave that was planned: illness is none, whoever entered it."""
    return replace(one, leave=tuple(away for away in one.leave if away.reason != LeaveKind.ILLNESS))


def _ill(one: Consultant, since: date, until: date) -> frozenset[date]:
    """Return the days on which somebody was ill by what was entered."""
    return frozenset(
        max(away.first, since) + timedelta(days=k)
        for away in one.leave if away.reason == LeaveKind.ILLNESS
        for k in range((min(away.until, until) - max(away.first, since)).days)
    )  # fmt: skip


def noted(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the attributes of an event; none of what is no object in JSON."""
    try:
        found = json.loads(row["attributes"] or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _hours(phases: Iterable[ProjectPhase]) -> float:
    return sum(need.hours for phase in phases for need in phase.needs)
