"""A planner beside the demo's practice: what it sees every Monday becomes a portfolio and a history. Nothing else is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from troth.capacity.projects.portfolio import (
    Consultant,
    ContractKind,
    ContractTerms,
    Deal,
    HeldSkill,
    LeaveSpan,
    OperationalReservation,
    Portfolio,
    Project,
    ProjectBooking,
    ProjectPhase,
    SkillNeed,
)
from troth.capacity.projects.promising._heard import ACTIVITIES, Heard
from troth.capacity.projects.promising.history import ProjectHistory
from troth.demo.practice.known import KnownDeal, KnownPerson, KnownProject, PracticeKnown
from troth.demo.practice.truth import Practice

#: The meeting of all on Mondays; that the house adds a tenth to the price of fixed work: its own rules.
MEETING: Final = OperationalReservation("meeting", (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
_FIXED_MORE: Final = 1.1


class Planner:
    """What a planner of the practice has seen.

    Parameters
    ----------
    published : of it only what tables publish is read: templates, price list, time zone, since when people were there.
    """

    def __init__(self, published: Practice) -> None:
        self.heard = Heard(ZoneInfo(published.time_zone))
        self.templates = {
            one.template: tuple(
                ProjectPhase(
                    p.phase,
                    tuple(SkillNeed(skill, hours) for skill, hours in p.needs),
                    p.after,
                    task_type=p.task_type,
                    milestone=p.milestone,
                )
                for p in one.phases
            )
            for one in published.templates
        }
        self.kinds = {one.template: ContractKind(one.contract_kind) for one in published.templates}
        self.rates, self.special = dict(published.rates), published.special_rates
        self.opened = date.fromisoformat(published.start)
        self.people: dict[str, KnownPerson] = {}
        self.seen: dict[str, tuple[date, date]] = {}
        self.told: dict[str, date] = {}
        self.projects: dict[str, Project] = {}
        #: The day last promised as the start, by project and deal: its place in the line, even if the promise was broken.
        self.places: dict[str, date] = {}
        #: Who left and is not replaced yet.
        self.empty: list[KnownPerson] = []
        self.now: PracticeKnown | None = None
        self.day = self.opened

    def listen(self, log: pa.Table, known: PracticeKnown) -> None:
        """Take the events since the last time, and what is known now."""
        if log.num_rows:
            self.heard.take(log.filter(pc.is_in(log["activity"], pa.array(ACTIVITIES))).to_pylist())
        self.look(known)

    def look(self, known: PracticeKnown) -> None:
        """Take only what is known now."""
        self.now, before, self.day = known, self.day, date.fromisoformat(known.day)
        for one in known.people:
            if one.agent_id not in self.people:
                self._filled(one)
            # Who is seen for the first time began some day since the planner last looked.
            first = self.opened if before == self.opened else before
            self.people[one.agent_id] = one
            self.seen[one.agent_id] = (self.seen.get(one.agent_id, (first, first))[0], self.day)
            if one.leaves_on:
                self.told.setdefault(one.agent_id, self.day)
        here = {one.agent_id for one in known.people}
        self.empty += [one for who, one in self.people.items() if who not in here and self.seen[who][1] == before]
        works: list[KnownProject | KnownDeal] = [*known.projects, *known.deals]
        for work in works:
            if work.promised_start:
                self.places[work.deal] = date.fromisoformat(work.promised_start)
        for project in known.projects:
            self.projects.setdefault(project.project, self._project(project, fresh=True))

    def _filled(self, new: KnownPerson) -> None:
        """Take the place somebody new fills off those that are empty."""
        found = next(
            (one for one in self.empty if (one.team, one.role, one.hours) == (new.team, new.role, new.hours)), None
        )
        if found is not None:
            self.empty.remove(found)

    # ---- as of today ----------------------------------------------------------------------------------------------

    def portfolio(self, *, hiring_days: float | None = None) -> Portfolio:
        """Return people, projects, deals and bookings as of today.

        Parameters
        ----------
        hiring_days : until an empty place is filled; None leaves empty places out.
        """
        now = self.now
        assert now is not None
        bookings = tuple(
            ProjectBooking(
                f"b{k}", project, (week := date.fromisoformat(monday)), week + timedelta(days=7), hours, who,
                probability=1.0 if hard else 0.5,
            )
            for k, (who, monday, project, hours, hard) in enumerate(now.bookings)
        )  # fmt: skip
        return Portfolio(
            self.day, (*(self._person(one) for one in now.people), *self._to_come(hiring_days)), tuple(self._project(one) for one in now.projects),
            tuple(self._deal(one) for one in now.deals), self.templates, bookings, (MEETING,),
            holidays={"": frozenset(date.fromisoformat(day) for day in now.closed)},
        )  # fmt: skip

    def history(self) -> ProjectHistory:
        """Return what happened so far."""
        gone = [who for who in self.people if self.seen[who][1] < self.day]
        here = [who for who in self.people if who not in gone]
        people = [self._person(self.people[who], until=self._last(who)) for who in gone]
        people += [self._person(self.people[who]) for who in here]
        return self.heard.history(
            day=self.day,
            people=people,
            projects=self.projects,
            templates=self.templates,
            house=self.portfolio(),
            told=self.told,
        )

    def _to_come(self, hiring_days: float | None) -> list[Consultant]:
        if hiring_days is None:
            return []
        first = self.day + timedelta(days=round(hiring_days))
        return [
            replace(one, person_id=f"in place of {one.person_id}", contracts=(replace(one.contracts[-1], first=first, until=None),))
            for one in map(self._person, self.empty)
        ]  # fmt: skip

    # ---- rows -----------------------------------------------------------------------------------------------------

    def _last(self, who: str) -> date:
        said = self.people[who].leaves_on
        return date.fromisoformat(said) + timedelta(days=1) if said else self.seen[who][1]

    def _person(self, one: KnownPerson, *, until: date | None = None) -> Consultant:
        if until is None and one.leaves_on:
            until = date.fromisoformat(one.leaves_on) + timedelta(days=1)
        terms = ContractTerms(self.seen[one.agent_id][0], until, (*one.hours, 0.0, 0.0), cost_cents=one.cost_cents)
        leave = tuple(LeaveSpan(date.fromisoformat(a), date.fromisoformat(b)) for a, b in one.leave)
        skills = tuple(HeldSkill(skill, float(level)) for skill, level in one.skills)
        return Consultant(one.agent_id, (terms,), skills, leave, one.role, one.team)

    def _project(self, one: KnownProject, *, fresh: bool = False) -> Project:
        """Return a project as it is, or `fresh` as it was estimated."""
        phases = list[ProjectPhase]()
        for name, after in one.after:
            tasks = [task for task in one.tasks if task.phase == name]
            needs = tuple(
                SkillNeed(t.skill, t.estimate, logged=0.0 if fresh else t.logged, left=0.0 if t.done and not fresh else None)
                for t in tasks
            )  # fmt: skip
            done = not fresh and all(task.done for task in tasks)
            phases.append(ProjectPhase(name, needs, after, task_type=tasks[0].task_type, done=done))
        return Project(
            one.project, tuple(phases), one.customer_id, one.template, ContractKind(one.contract_kind), earliest=_day(one.earliest),
            started=_day(one.started), promised_start=self.places.get(one.deal), promised_finish=_day(one.promised_finish),
            price_cents=one.budget_cents, budget_cents=one.budget_cents, estimator=one.estimator_id,
        )  # fmt: skip

    def _deal(self, one: KnownDeal) -> Deal:
        usual = {phase.phase_id: phase.task_type for phase in self.templates[one.template]}
        phases = tuple(
            ProjectPhase(name, tuple(SkillNeed(skill, hours) for phase, skill, hours in one.needs if phase == name), after, task_type=usual[name])
            for name, after in one.after
        )  # fmt: skip
        kind = self.kinds[one.template]
        price = self.price(sum(hours for _, _, hours in one.needs), kind, customer=one.customer_id)
        return Deal(
            one.deal, phases, one.stated, date.fromisoformat(one.wanted), one.customer_id, one.template, kind, one.stage,
            promised_start=_day(one.promised_start), price_cents=price, seller=one.seller_id, estimator=one.estimator_id,
        )  # fmt: skip

    def price(self, hours: float, kind: ContractKind, *, customer: str = "") -> int:
        """Return what hours are offered at by the price list."""
        rates = self.rates | {role: cents for role, who, cents in self.special if who == customer}
        return round(hours * sum(rates.values()) / len(rates) * (_FIXED_MORE if kind is ContractKind.FIXED else 1.0))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def waiting(portfolio: Portfolio, *, asked: Mapping[str, Any], stages: Sequence[str]) -> list[tuple[str, str]]:
    """Return (id to ask for, id of its deal) of what is to be promised: deals late enough, projects not begun; each once."""
    late = [(one.deal_id, one.deal_id) for one in portfolio.deals if one.stage in stages]
    return [one for one in late if one[1] not in asked]


def sold(now: PracticeKnown, *, asked: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (project, its deal) of what is not begun and was not asked about.

    The house promises a start itself when a deal is won; where that day has passed, it takes no other.
    """
    open_ = [one for one in now.projects if not one.started and one.promised_start]
    return [(one.project, one.deal) for one in open_ if one.deal not in asked]
