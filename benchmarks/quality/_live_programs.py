"""Small programs of the live benchmark, on the site that the environment names; ``-m`` with a word."""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta

import django

django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.quality import _live_bare  # noqa: E402
from tests.web import cast  # noqa: E402
from troth.core.terms import Role, UnitKind  # noqa: E402
from troth.queueing import Appointments, CustomerClass, Discipline, Fairness, to_json  # noqa: E402
from troth.web.flow import actions  # noqa: E402
from troth.web.flow.models import Branch, LineService  # noqa: E402
from troth.web.people.models import AccessKey, Qualification, Unit, User  # noqa: E402
from troth.web.project.site import ready as make_ready  # noqa: E402

#: How the line for loans chooses, as in the demo company: those with a time are let in on time, nobody for ever last.
BOOKED = Discipline(
    classes=(CustomerClass(name="booked", booked=True), CustomerClass(name="walk-in")),
    appointments=Appointments(early=timedelta(minutes=10), head_start=timedelta(minutes=10)),
    fairness=Fairness(overtakes=3),
)


def ready() -> None:
    """Make the tables, of the bare application too, and the static files."""
    make_ready()
    with connection.cursor() as cursor:
        cursor.execute(_live_bare.TABLES)


def seed() -> None:
    """Make branches with counters and clerks, and one branch with a single line for streams; print what the load needs."""
    branches, counters = int(sys.argv[2]), int(sys.argv[3])
    company = cast.build()
    made = [_branch(company, f"bench-{k}", counters=counters) for k in range(1, branches + 1)]
    large = _branch(company, "bench-large", counters=counters)
    Branch.objects.get(token="b-bench-large").lines.filter(code__endswith="loans").delete()
    _, secret = AccessKey.make(title="load", unit=company.bank, role=Role.ADMINISTRATOR)
    unit = Unit.objects.get(code="bench-large")
    _, display = AccessKey.make(title="display", unit=unit, role=Role.DISPLAY)
    print(json.dumps({"key": secret, "display": display, "unit": unit.pk, "branches": made, "large": large}))


def _branch(company: cast.Company, code: str, *, counters: int) -> dict[str, object]:
    """Make a branch: a general line for cash and cards, one for loans; half of its clerks may give loans."""
    where = cast.unit(code, parent=company.bank, kind=UnitKind.SITE, time_zone="Europe/Vilnius", languages="lt,en")
    place = cast.branch(company, where=where, counters=counters)
    place.loans.discipline = to_json(BOOKED)
    place.loans.save()
    clerks = [_clerk(f"{code}-{k}", where=where, able=k % 2 == 0, company=company) for k in range(counters)]
    return {"token": place.branch.token, "clerks": [one.code for one in clerks]}


def _clerk(name: str, *, where: Unit, able: bool, company: cast.Company) -> User:
    one = cast.person(f"{name} Clerk", (Role.CLERK, where))
    if able:
        Qualification.objects.create(user=one, skill=company.advice, level=3, gained_on=date(2025, 1, 1))
    return one


def fill() -> None:
    """Let many customers join a branch; print their tokens in the order of the line."""
    branch = Branch.objects.select_related("unit").get(token=sys.argv[2])
    service = LineService.objects.get(branch=branch, prefix="A").service
    tokens = [actions.join(branch=branch, service=service, now=timezone.now()).token for _ in range(int(sys.argv[3]))]
    print(json.dumps(tokens))


if __name__ == "__main__":
    {"ready": ready, "seed": seed, "fill": fill}[sys.argv[1]]()
