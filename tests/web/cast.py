"""The named cast: a small bank with two branches, the people in it and its customers, for all tests of the site.

Alice leads operations of the whole bank. Bob and Beth are clerks in Vilnius, Tom leads their team, Carol is a clerk in
Klaipėda. Ada administers, Otto audits. Dan can sign in and has no role anywhere. Kate and Kaz are customers.

Functions make rows and return them; the fixture `company` of `conftest.py` gives the whole of it. Passwords are all `PASSWORD`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from django.contrib.auth.hashers import make_password
from django.test import Client

from troth.core.terms import Role, UnitKind
from troth.web.customers.models import Customer, Organisation
from troth.web.flow.models import Branch, Counter, Line, LineService
from troth.web.people.models import (
    AccessKey,
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

#: A Wednesday, ten in the morning in Vilnius.
NOW: Final = datetime(2026, 3, 25, 8, tzinfo=UTC)
DAY: Final = date(2026, 3, 25)
PASSWORD: Final = "seven blue herons"


@dataclass(frozen=True, slots=True)
class Company:
    """Baltic Bank, before anybody has come."""

    bank: Unit
    vilnius: Unit
    klaipeda: Unit
    front: Unit
    hours: WorkCalendar
    cash: Service
    cards: Service
    loans: Service
    advice: Skill
    ada: User
    alice: User
    otto: User
    tom: User
    bob: User
    beth: User
    carol: User
    dan: User
    kate: Customer
    kaz: Customer


@dataclass(frozen=True, slots=True)
class Place:
    """A branch that can receive customers: a general line (cash A, cards B) and one for loans (C), three counters."""

    branch: Branch
    line: Line
    loans: Line
    counters: list[Counter]


def unit(title: str, *, parent: Unit | None = None, kind: UnitKind = UnitKind.TEAM, **fields: Any) -> Unit:
    """Make an organisation unit."""
    code = fields.pop("code", None) or title.lower().replace(" ", "-").replace("ė", "e")
    return Unit.objects.create(title=title, code=code, parent=parent, kind=str(kind), **fields)


def person(name: str, *roles: tuple[Role, Unit], **fields: Any) -> User:
    """Make a person who has roles in units; the first name in small letters signs in."""
    first, _, last = name.partition(" ")
    login = first.lower()
    made: User = User.objects.create(
        username=login, first_name=first, last_name=last, email=f"{login}@bank.example", password=_hashed(), **fields
    )
    for role, where in roles:
        Membership.objects.create(user=made, unit=where, role=str(role))
    return made


def service(code: str, *, title: str, standard_s: int, sites: Iterable[Unit] = (), **fields: Any) -> Service:
    """Make a service, offered at sites."""
    made = Service.objects.create(code=code, title=title, standard_s=standard_s, **fields)
    Offer.objects.bulk_create(Offer(service=made, unit=site, by_appointment=True) for site in sites)
    return made


def customer(name: str, *, unit: Unit | None = None, **fields: Any) -> Customer:
    """Make a customer."""
    return Customer.objects.create(name=name, unit=unit, **{"created_at": NOW, **fields})


def key(unit: Unit, *, role: Role) -> tuple[AccessKey, str]:
    """Make a key of a kiosk, display or program; return it and its secret."""
    return AccessKey.make(title=f"{role} at {unit}", unit=unit, role=role)


def hours(code: str = "bank-hours", *, opens: str = "08:00", closes: str = "18:00") -> WorkCalendar:
    """Make the opening hours of Monday to Friday."""
    made = WorkCalendar.objects.create(code=code, title="Bank hours", time_zone="Europe/Vilnius")
    CalendarSpan.objects.bulk_create(
        CalendarSpan(calendar=made, weekday=day, opens=opens, closes=closes) for day in range(5)
    )
    return made


def build() -> Company:
    """Make the whole company."""
    bank = unit("Baltic Bank", kind=UnitKind.ORGANISATION, time_zone="Europe/Vilnius", languages="lt,en")
    vilnius = unit("Vilnius", parent=bank, kind=UnitKind.SITE, time_zone="Europe/Vilnius", languages="lt,en,pl")
    klaipeda = unit("Klaipėda", parent=bank, kind=UnitKind.SITE, time_zone="Europe/Vilnius", languages="lt,en")
    front = unit("Vilnius front", parent=vilnius)
    advice = Skill.objects.create(code="advice", title="Loan advice")
    bob = person("Bob Clerk", (Role.CLERK, vilnius))
    Qualification.objects.create(user=bob, skill=advice, level=3, gained_on=date(2025, 1, 1))
    Contract.objects.create(user=bob, hours_per_week=40, valid_from=date(2025, 1, 1))
    cash, cards, loans = _services([vilnius, klaipeda], advice)
    kate, kaz = _customers(vilnius, klaipeda)
    return Company(
        bank=bank,
        vilnius=vilnius,
        klaipeda=klaipeda,
        front=front,
        hours=hours(),
        cash=cash,
        cards=cards,
        loans=loans,
        advice=advice,
        ada=person("Ada Admin", (Role.ADMINISTRATOR, bank)),
        alice=person("Alice Lead", (Role.OPERATIONS_LEAD, bank)),
        otto=person("Otto Auditor", (Role.AUDITOR, bank)),
        tom=person("Tom Lead", (Role.TEAM_LEAD, vilnius)),
        bob=bob,
        beth=person("Beth Clerk", (Role.CLERK, front), language="lt"),
        carol=person("Carol Clerk", (Role.CLERK, klaipeda)),
        dan=person("Dan Stranger"),
        kate=kate,
        kaz=kaz,
    )


def branch(company: Company, *, where: Unit | None = None, counters: int = 3, **fields: Any) -> Place:
    """Make a site of the company receive customers; Vilnius unless another is named."""
    place = where or company.vilnius
    made = Branch.objects.create(
        unit=place, token=f"b-{place.code}", calendar=company.hours, languages=place.spoken, **fields
    )
    line = Line.objects.create(branch=made, code=f"{place.code}-general", title="General")
    loans = Line.objects.create(branch=made, code=f"{place.code}-loans", title="Loans")
    letters = (("A", line, company.cash), ("B", line, company.cards), ("C", loans, company.loans))
    for position, (prefix, waits_in, asked) in enumerate(letters):
        LineService.objects.create(line=waits_in, branch=made, service=asked, prefix=prefix, position=position)
    desks = [Counter.objects.create(branch=made, code=f"c{n}", title=f"Counter {n}") for n in range(1, counters + 1)]
    for desk in desks:
        desk.lines.set([line, loans])
    return Place(branch=made, line=line, loans=loans, counters=desks)


def signed_in(user: User) -> Client:
    """Return a browser in which somebody has signed in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


_HASHED: list[str] = []


def _hashed() -> str:
    """Return the password as it is kept; worked out once, it is slow on purpose."""
    if not _HASHED:
        _HASHED.append(make_password(PASSWORD))
    return _HASHED[0]


def _services(sites: Iterable[Unit], advice: Skill) -> tuple[Service, Service, Service]:
    cash = service("cash", title="Cash", standard_s=240, sites=sites)
    cards = service("cards", title="Cards", standard_s=360, sites=sites)
    loans = service("loans", title="Loans", standard_s=1500, sites=sites, priority=2)
    loans.skills.add(advice)
    ServiceName.objects.create(service=loans, language="lt", title="Paskolos")
    BringItem.objects.create(service=loans, title="Passport or identity card")
    steps = (("Explain the loan", True, 600), ("Check the credit history", False, 300), ("Sign", True, 600))
    for position, (title, front, usual_s) in enumerate(steps, 1):
        BlueprintStep.objects.create(service=loans, position=position, title=title, front=front, standard_s=usual_s)
    return cash, cards, loans


def _customers(vilnius: Unit, klaipeda: Unit) -> tuple[Customer, Customer]:
    household = Organisation.objects.create(title="Kazlauskas household", segment="private")
    kate = customer("Kate Kazlauskienė", unit=vilnius, phone="+37060000001", organisation=household, language="lt")
    kaz = customer("Kaz Kazlauskas", unit=klaipeda, phone="+37060000002", email="kaz@example.com")
    return kate, kaz
