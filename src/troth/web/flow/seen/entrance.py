"""What customers can choose at a branch: its services in their language, and how many wait for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Q

from troth.core.terms import TicketState
from troth.web.flow.models import Branch, Line
from troth.web.services.models import Offer, Service


@dataclass(frozen=True, slots=True)
class ServiceNow:
    """One service to choose.

    Parameters
    ----------
    waiting : how many wait in its line now.
    booked_only : True where nobody may just come.
    """

    service: Service
    title: str
    about: str
    prefix: str
    waiting: int
    booked_only: bool


def choices(branch: Branch, *, language: str, now: datetime) -> list[ServiceNow]:
    """Return what can be waited for at a branch, in the order the branch has given it."""
    today = branch.today(now)
    still = Q(closed_on=None) | Q(closed_on__gt=today)
    lines = dict(
        Line.objects.filter(still, branch=branch)
        .annotate(n=Count("tickets", filter=Q(tickets__state=TicketState.WAITING)))
        .values_list("pk", "n")
    )
    only = set(Offer.objects.filter(unit=branch.unit_id, walk_in=False).values_list("service_id", flat=True))
    rows = (
        branch.line_services.filter(line__in=lines)
        .select_related("service")
        .prefetch_related("service__names")
        .order_by("position", "prefix", "pk")
    )
    return [
        ServiceNow(
            service=row.service,
            title=row.service.titled(language),
            about=_about(row.service, language),
            prefix=row.prefix,
            waiting=lines[row.line_id],
            booked_only=row.service_id in only,
        )
        for row in rows
        if row.service.closed_on is None or row.service.closed_on > today
    ]


def _about(service: Service, language: str) -> str:
    found = {name.language: name.about for name in service.names.all()}
    return found.get(language) or service.about


def spoken(branch: Branch) -> list[tuple[str, str]]:
    """Return code and own name of the languages of a branch, the usual one first."""
    known = dict(settings.LANGUAGES)
    codes = branch.languages or branch.unit.spoken
    return [(code, known[code]) for code in codes if code in known] or [("en", known["en"])]
