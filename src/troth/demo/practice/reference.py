"""The practice's rows of the reference tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from troth.demo.clock import instant, wall
from troth.demo.practice.engine import iso
from troth.demo.practice.people import Holder
from troth.demo.practice.support import TOPICS
from troth.demo.practice.truth import PhaseTruth
from troth.demo.practice.world import PracticeWorld

Row = list[Any]
_OPENS: Final = ("08:30", "18:00")


def rows_of(world: PracticeWorld) -> dict[str, list[Row]]:
    """Return the rows to add, by table, with their validity and version; as of the world's day."""
    t = world.truth
    since = iso(world.first - 1)
    here = [h for h in world.holders if h.came < world.day]
    staff = [(who, f"Seller {who}", "sales") for who, _ in t.sellers]
    staff += [(who, f"Engagement manager {who}", "engagement_manager") for who, _ in t.estimators]
    staff += [(g.reviewer_id, g.title, "quality") for g in t.graders]
    fixed: dict[str, list[Row]] = {
        "sites": [[t.site, t.title, t.time_zone]],
        "queues": [[t.queue, "Support of the practice", t.site, "email", "fifo"]],
        "services": [[f"{topic} support", f"Support: {topic}", t.support_s] for topic, _ in TOPICS],
        "people": [[who, title, "human", role] for who, title, role in staff],
        "memberships": [[who, f"office {t.code}", t.site] for who, _, _ in staff],
        "customers": [[c.customer_id, f"org-{c.customer_id}", "key" if k < 3 else "standard", t.time_zone] for k, c in enumerate(t.clients)],
        "calendars": [[t.site, t.time_zone, weekday, *_OPENS] for weekday in range(5)],
        "calendar_days": [[t.site, day, "", "", title] for day, title in t.holidays],
        "calendar_use": [["site", t.site, t.site]],
        "rate_cards": [[role, "", cents, t.currency] for role, cents in t.rates]
        + [[role, client, cents, t.currency] for role, client, cents in t.special_rates],
        "project_templates": [
            [one.template, *row] for one in t.templates for phase in one.phases for row in _phase(phase, None)
        ],
    }  # fmt: skip
    found = {name: [[*row, since, "", 0] for row in rows] for name, rows in fixed.items()}
    for h in here:
        for name, row in _person(h, site=t.site, currency=t.currency):
            found.setdefault(name, []).append(
                [*row, max(since, iso(h.came)), iso(h.goes) if h.goes <= world.day else "", 0]
            )
        for row in _leave(h, t.time_zone):
            found.setdefault("leave", []).append([*row, since, "", 0])
    found["projects"], found["project_tasks"] = _projects(world)
    return found


def _person(h: Holder, *, site: str, currency: str) -> Iterator[tuple[str, Row]]:
    who = h.who
    yield "people", [who.agent_id, who.title, "human", who.role]
    yield "memberships", [who.agent_id, who.team, site]
    yield "contracts", [who.agent_id, sum(who.hours)]
    yield "rates", ["agent", who.agent_id, who.cost_cents, currency]
    for skill, level in who.skills:
        yield "skills", [who.agent_id, skill, float(level)]


def _leave(h: Holder, time_zone: str) -> Iterator[Row]:
    for first, last in h.who.leave:
        if iso(h.came) <= first and last <= iso(h.goes):
            spans = [wall(date.fromisoformat(day), clock="00:00", time_zone=time_zone) for day in (first, last)]
            yield [h.who.agent_id, *(instant(t).isoformat().replace("+00:00", "Z") for t in spans), "holiday"]


def _phase(phase: PhaseTruth, hours: list[float] | None) -> Iterator[Row]:
    """Yield phase, skill, task type, hours, phases before and milestone of each need."""
    for k, (skill, usual) in enumerate(phase.needs):
        amount = usual if hours is None else hours[k]
        yield [phase.phase, skill, phase.task_type, amount, "|".join(phase.after), phase.milestone]


def _projects(world: PracticeWorld) -> tuple[list[Row], list[Row]]:
    projects: list[Row] = []
    tasks: list[Row] = []
    for p in world.projects.values():
        name, tail = world.project_id(p.number), [iso(p.won), "", 0]
        title = f"{p.template.template.capitalize()} for {p.client.customer_id}"
        kind, money = p.template.contract_kind, [p.budget_cents, world.truth.currency]
        projects.append([name, title, p.client.customer_id, p.template.template, kind, *money, *tail])
        estimator = world.truth.estimators[p.deal.estimator][0]
        for phase, hours in zip(p.template.phases, p.deal.hours, strict=True):
            tasks += [[name, *row, estimator, *tail] for row in _phase(phase, hours)]
    return projects, tasks
