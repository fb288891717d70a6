"""From the demo company's truth to rows: the same people, sites, queues and services as its log names.

The only file of this app that knows an engine room besides core.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.contrib.auth.hashers import make_password
from django.db import transaction

from troth.core.terms import Role, UnitKind
from troth.demo import Truth
from troth.demo.truth import AgentTruth, QueueTruth, SiteTruth
from troth.queueing import Appointments, CustomerClass, Discipline, Fairness, to_json
from troth.web.flow.models import Branch, Counter, Line, LineService, SlotRule
from troth.web.people.models import (
    CalendarDay,
    CalendarSpan,
    Contract,
    Membership,
    Qualification,
    Skill,
    Unit,
    User,
    WorkCalendar,
)
from troth.web.services.models import BlueprintStep, BringItem, Offer, Service, ServiceName

#: Who looks at the demo, and as what; a link for each is printed.
PERSONAS: Final = (
    ("lead", "Rasa", "Petrauskė", Role.OPERATIONS_LEAD),
    ("admin", "Marek", "Nowak", Role.ADMINISTRATOR),
    ("planner", "Ana", "Kovač", Role.PLANNER),
    ("quality", "Dina", "Ozola", Role.QUALITY_SPECIALIST),
    ("auditor", "Budi", "Santoso", Role.AUDITOR),
)
_LITHUANIAN: Final = {
    "cash desk": "Kasa", "cards": "Kortelės", "accounts": "Sąskaitos", "loans": "Paskolos",
}  # fmt: skip
_BRING: Final = {
    "cards": ("Identity card or passport",),
    "accounts": ("Identity card or passport", "Proof of address"),
    "loans": ("Identity card or passport", "Proof of income for six months"),
}  # fmt: skip
_STEPS: Final = {
    "loans": (("Listen and check what is needed", True), ("Check the credit history", False), ("Explain the offer", True)),
    "accounts": (("Identify the customer", True), ("Enter the application", False), ("Hand over the papers", True)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seeded:
    """What `seed` made or found: the root unit, the branch that is open now, and who may look at it."""

    root: Unit
    branch: Branch
    personas: tuple[tuple[User, Role], ...]


@transaction.atomic
def seed(truth: Truth, *, live: int) -> Seeded:
    """Make the demo company's rows, or find them: nothing is made twice.

    Parameters
    ----------
    truth : the company.
    live : number of the site that is played live.
    """
    root, new = Unit.objects.get_or_create(
        code="demo",
        defaults={
            "title": truth.name, "kind": str(UnitKind.ORGANISATION), "languages": "en,lt",
            "time_zone": truth.sites[live].time_zone,
        },
    )  # fmt: skip
    if new:
        services = _services(truth)
        for site in truth.sites:
            _site(site, root=root, services=services, since=date.fromisoformat(truth.start))
    branch = Branch.objects.select_related("unit").get(unit__code=truth.sites[live].site)
    people = [(_persona(*who, unit=root), who[3]) for who in PERSONAS]
    people.append((_persona("teamlead", "Tomas", "Liepa", Role.TEAM_LEAD, unit=branch.unit), Role.TEAM_LEAD))
    people.append((_persona("clerk", "Ieva", "Jankauskaitė", Role.CLERK, unit=branch.unit), Role.CLERK))
    return Seeded(root, branch, tuple(people))


def _persona(username: str, first: str, last: str, role: Role, *, unit: Unit) -> User:
    found: tuple[User, bool] = User.objects.get_or_create(
        username=username, defaults={"first_name": first, "last_name": last, "email": f"{username}@demo.example"}
    )
    user, new = found
    if new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
        Membership.objects.create(user=user, unit=unit, role=str(role))
        if role is Role.CLERK:
            for skill in Skill.objects.all():
                Qualification.objects.create(user=user, skill=skill, level=3, gained_on=date(2026, 1, 1))
    return user


def _services(truth: Truth) -> dict[str, Service]:
    made: dict[str, Service] = {}
    for queue in (q for site in truth.sites for q in site.queues):
        for topic in queue.topics:
            if topic.service not in made:
                made[topic.service] = _service(topic.service, queue, topic.factor)
    return made


def _service(code: str, queue: QueueTruth, factor: float) -> Service:
    service = Service.objects.create(code=code, title=code.capitalize(), standard_s=round(queue.handle_s * factor))
    if code in _LITHUANIAN:
        ServiceName.objects.create(service=service, language="lt", title=_LITHUANIAN[code])
    BringItem.objects.bulk_create(BringItem(service=service, title=title) for title in _BRING.get(code, ()))
    BlueprintStep.objects.bulk_create(
        BlueprintStep(service=service, position=k, title=title, front=front, standard_s=service.standard_s // 3)
        for k, (title, front) in enumerate(_STEPS.get(code, ()), 1)
    )
    return service


def _site(site: SiteTruth, *, root: Unit, services: dict[str, Service], since: date) -> None:
    unit = Unit.objects.create(
        code=site.site,
        title=site.title,
        kind=str(UnitKind.SITE),
        parent=root,
        time_zone=site.time_zone,
        languages="en,lt",
    )
    calendar = _calendar(site)
    teams = {
        team: Unit.objects.create(
            code=team if site.code in team else f"{team} {site.code}",
            title=team.capitalize(),
            kind=str(UnitKind.TEAM),
            parent=unit,
        )
        for team in sorted({a.team for a in site.agents if a.kind == "human"})
    }
    offered = sorted({t.service for q in site.queues for t in q.topics})
    is_branch = all(q.kind == "walkin" for q in site.queues)
    Offer.objects.bulk_create(
        Offer(service=services[code], unit=unit, walk_in=is_branch, by_appointment=is_branch) for code in offered
    )
    skills = {q.queue: Skill.objects.create(code=q.queue, title=q.title) for q in site.queues}
    for agent in site.agents:
        if agent.kind == "human":
            _agent(agent, team=teams[agent.team], skills=skills, clerk=is_branch, since=since)
    if is_branch:
        _branch(site, unit=unit, calendar=calendar, services=services)


def _calendar(site: SiteTruth) -> WorkCalendar:
    calendar = WorkCalendar.objects.create(code=site.site, title=site.title, time_zone=site.time_zone)
    CalendarSpan.objects.bulk_create(
        CalendarSpan(calendar=calendar, weekday=weekday, opens=opens, closes=closes)
        for weekday, spans in enumerate(site.hours)
        for opens, closes in spans
    )
    CalendarDay.objects.bulk_create(
        CalendarDay(calendar=calendar, day=day, title=title) for day, title in site.holidays
    )
    return calendar


def _agent(agent: AgentTruth, *, team: Unit, skills: dict[str, Skill], clerk: bool, since: date) -> None:
    first, _, last = agent.title.partition(" ")
    user = User.objects.create(
        username=agent.agent_id, code=agent.agent_id, first_name=first, last_name=last, password=make_password(None)
    )
    role = Role.QUALITY_SPECIALIST if agent.role == "quality" else Role.CLERK if clerk else Role.AGENT
    Membership.objects.create(user=user, unit=team, role=str(role))
    Contract.objects.create(user=user, hours_per_week=agent.hours_per_week, valid_from=since)
    Qualification.objects.bulk_create(
        Qualification(user=user, skill=skills[queue], level=3, gained_on=since) for queue in agent.queues
    )


def _branch(site: SiteTruth, *, unit: Unit, calendar: WorkCalendar, services: dict[str, Service]) -> None:
    branch = Branch.objects.create(unit=unit, token=site.site, calendar=calendar, languages=["en", "lt"])
    lines: list[Line] = []
    letters = iter("ABCDEFGHJKLMNPRSTUVWXYZ")
    for queue in site.queues:
        line = Line.objects.create(
            branch=branch, code=queue.queue, title=queue.title, discipline=to_json(_discipline(queue))
        )
        lines.append(line)
        for position, topic in enumerate(queue.topics):
            LineService.objects.create(
                line=line, branch=branch, service=services[topic.service], prefix=next(letters), position=position
            )
            if queue.booked_share:
                _slots(branch, services[topic.service], site)
    clerks = [a for a in site.agents if a.queues]
    for k, _ in enumerate(clerks[:8], 1):
        counter = Counter.objects.create(branch=branch, code=str(k), title=f"Counter {k}")
        counter.lines.set(lines)


def _discipline(queue: QueueTruth) -> Discipline:
    """Return first come, first served; with bookings let in on time, and nobody passed over for ever."""
    if not queue.booked_share:
        return Discipline()
    return Discipline(
        classes=(CustomerClass(name="booked", booked=True), CustomerClass(name="walk-in")),
        appointments=Appointments(early=timedelta(minutes=10), head_start=timedelta(minutes=10)),
        fairness=Fairness(overtakes=3),
    )


def _slots(branch: Branch, service: Service, site: SiteTruth) -> None:
    spans: Iterable[tuple[int, str, str]] = (
        (weekday, opens, closes) for weekday, hours in enumerate(site.hours) for opens, closes in hours
    )
    SlotRule.objects.bulk_create(
        SlotRule(branch=branch, service=service, weekday=weekday, opens=opens, closes=closes, slot_s=900, capacity=1)
        for weekday, opens, closes in spans
    )
