"""A row of every kind that a page may be about, in a given unit: what the tests of rights open pages with.

A page declared with ``about=About("app.Model", ...)`` needs a line here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from uuid import NAMESPACE_DNS, uuid5

from tests.web import cast
from troth.core.terms import Role
from troth.web.flow.models import Appointment, Branch, Counter, Line, SlotRule, Ticket, Visit
from troth.web.people.models import AccessKey, Unit, User
from troth.web.promises.models import Promise
from troth.web.runs.models import Run


def branch(company: cast.Company, where: Unit) -> Branch:
    """Return the branch of a unit, made when it is first asked for."""
    found = Branch.objects.filter(unit=where).first()
    return found or cast.branch(company, where=where).branch


def line(company: cast.Company, where: Unit) -> Line:
    """Return a line of a unit's branch."""
    return branch(company, where).lines.order_by("pk")[0]


def counter(company: cast.Company, where: Unit) -> Counter:
    """Return a counter of a unit's branch."""
    return branch(company, where).counters.order_by("pk")[0]


def visit(company: cast.Company, where: Unit) -> Visit:
    """Make a visit at a unit's branch."""
    return Visit.objects.create(branch=branch(company, where), opened_at=cast.NOW)


def ticket(company: cast.Company, where: Unit) -> Ticket:
    """Make a ticket that waits at a unit's branch."""
    queue = line(company, where)
    number = Ticket.objects.count() + 900
    return Ticket.objects.create(
        branch=queue.branch, line=queue, service=company.cash, visit=visit(company, where), prefix="A", number=number,
        day=cast.DAY, entry="reception", joined_at=cast.NOW, changed_at=cast.NOW,
    )  # fmt: skip


def appointment(company: cast.Company, where: Unit) -> Appointment:
    """Make an appointment at a unit's branch."""
    starts = cast.NOW + timedelta(hours=2)
    return Appointment.objects.create(
        branch=branch(company, where), service=company.loans, starts_at=starts, booked_at=cast.NOW,
        ends_at=starts + timedelta(minutes=30),
    )  # fmt: skip


def slot_rule(company: cast.Company, where: Unit) -> SlotRule:
    """Make times that can be booked at a unit's branch."""
    return SlotRule.objects.create(
        branch=branch(company, where), service=company.loans, weekday=1, opens="09:00", closes="12:00"
    )


def promise(company: cast.Company, where: Unit) -> Promise:
    """Make a promise given in a unit."""
    due = cast.NOW + timedelta(minutes=15)
    return Promise.objects.create(
        kind="wait", unit=where, subject=f"contact:{uuid5(NAMESPACE_DNS, where.code)}", probability=0.8, made_at=cast.NOW, due_at=due,
        first_due_at=due,
    )  # fmt: skip


def run(company: cast.Company, where: Unit) -> Run:
    """Make a run asked for in a unit."""
    return Run.objects.create(kind="report", unit=where, asked_at=cast.NOW, input_hash=str(where.pk))


def person(_company: cast.Company, where: Unit) -> User:
    """Make a clerk of a unit."""
    return cast.person(f"Sam{where.pk} Sample", (Role.CLERK, where))


def key(_company: cast.Company, where: Unit) -> AccessKey:
    """Make a key of a unit."""
    return cast.key(where, role=Role.KIOSK)[0]


#: By the model a page says it is about.
SAMPLES: Final[dict[str, Callable[[cast.Company, Unit], Any]]] = {
    "people.Unit": lambda _company, where: where,
    "people.User": person,
    "people.AccessKey": key,
    "customers.Customer": lambda _company, where: cast.customer("Sam Sample", unit=where),
    "runs.Run": run,
    "flow.Branch": branch,
    "flow.Line": line,
    "flow.Counter": counter,
    "flow.SlotRule": slot_rule,
    "flow.Visit": visit,
    "flow.Ticket": ticket,
    "flow.Appointment": appointment,
    "promises.Promise": promise,
}
