"""What a planner of the practice knows: people, bookings, deals as sellers state them, what is thought to be left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from troth.demo.practice.engine import iso
from troth.demo.practice.truth import STAGES

if TYPE_CHECKING:
    from troth.demo.practice.improving import Improving
    from troth.demo.practice.state import Deal, Project


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody employed: contract hours of each weekday, skills, planned leave, and the last day if notice was given."""

    agent_id: str
    team: str
    role: str
    hours: tuple[float, ...]
    skills: tuple[tuple[str, int], ...]
    leave: tuple[tuple[str, str], ...]
    leaves_on: str
    cost_cents: int


@dataclass(frozen=True, slots=True)
class KnownTask:
    """A task as estimated: its phase, skill, estimated and logged hours, and those thought to be left."""

    phase: str
    skill: str
    task_type: str
    estimate: float
    logged: float
    left: float
    done: bool


@dataclass(frozen=True, slots=True)
class KnownProject:
    """A running project. Days are ISO dates, empty while unknown; `after` are (phase, phases before it)."""

    project: str
    deal: str
    customer_id: str
    template: str
    contract_kind: str
    budget_cents: int
    estimator_id: str
    earliest: str
    started: str
    promised_start: str
    promised_finish: str
    after: tuple[tuple[str, tuple[str, ...]], ...]
    tasks: tuple[KnownTask, ...]


@dataclass(frozen=True, slots=True)
class KnownDeal:
    """An open deal: its stage, the stated probability, when the client wants to start, (phase, skill, hours) it would need."""

    deal: str
    customer_id: str
    template: str
    contract_kind: str
    stage: str
    stated: float
    seller_id: str
    estimator_id: str
    wanted: str
    promised_start: str
    after: tuple[tuple[str, tuple[str, ...]], ...]
    needs: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True, slots=True)
class PracticeKnown:
    """What is known before `day` (ISO date) begins.

    Parameters
    ----------
    bookings : (person, week's Monday, project, hours, hard).
    closed : ISO dates of holidays.
    """

    day: str
    people: tuple[KnownPerson, ...]
    projects: tuple[KnownProject, ...]
    deals: tuple[KnownDeal, ...]
    bookings: tuple[tuple[str, str, str, float, bool], ...]
    closed: tuple[str, ...]


def known_of(world: Improving) -> PracticeKnown:
    """Return what is known of a world."""
    names = {w.index: w.holder.who.agent_id for w in world.workers}
    bookings = tuple(
        (names[index], iso(week), world.project_id(b.project), b.hours, b.hard)
        for (index, week), rows in sorted(world.booked.items())
        for b in rows.values()
        if index in names
    )
    people = []
    for w in world.workers:
        who, told = w.holder.who, world.day >= w.holder.announced
        people.append(
            KnownPerson(
                who.agent_id,
                who.team,
                who.role,
                who.hours,
                who.skills,
                who.leave,
                iso(w.holder.goes - 1) if told else "",
                who.cost_cents,
            )
        )
    projects = tuple(_project(world, p) for p in world.projects.values() if p.finished < 0)
    deals = tuple(_deal(world, d) for d in world.deals.values() if d.won is None)
    closed = tuple(day for day, _ in world.truth.holidays)
    return PracticeKnown(iso(world.day), tuple(people), projects, deals, bookings, closed)


def _after(of: Deal | Project) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((phase.phase, phase.after) for phase in of.template.phases)


def _project(world: Improving, p: Project) -> KnownProject:
    pledges, phases = world.pledges, p.template.phases
    tasks = tuple(
        KnownTask(phases[t.phase].phase, t.skill, t.task_type, t.estimate, t.logged, t.remaining(), t.done >= 0) for t in p.tasks
    )  # fmt: skip
    promised = [iso(pledges[n].due) if n in pledges else "" for n in (p.start_promise, p.finish_promise)]
    return KnownProject(
        world.project_id(p.number), world.deal_id(p.deal.number), p.client.customer_id, p.template.template,
        p.template.contract_kind, p.budget_cents, world.truth.estimators[p.deal.estimator][0], iso(p.earliest()),
        iso(p.started) if p.started >= 0 else "", promised[0], promised[1], _after(p), tasks,
    )  # fmt: skip


def _deal(world: Improving, d: Deal) -> KnownDeal:
    truth, phases = world.truth, d.template.phases
    needs = tuple(
        (phase.phase, skill, hours)
        for phase, of in zip(phases, d.hours, strict=True)
        for (skill, _), hours in zip(phase.needs, of, strict=True)
    )
    promised = iso(world.pledges[d.promise].due) if d.promise in world.pledges else ""
    return KnownDeal(
        world.deal_id(d.number), d.client.customer_id, d.template.template, d.template.contract_kind, STAGES[d.stage],
        d.stated, truth.sellers[d.seller][0], truth.estimators[d.estimator][0], iso(d.wanted), promised, _after(d), needs,
    )  # fmt: skip
