"""What can be watched of customer flow: a ticket, the wall, the lists of a branch."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone, translation

from troth.web.flow.models import Appointment, Branch, CounterSession, Line, Ticket
from troth.web.flow.seen.order import places
from troth.web.flow.seen.ticket import standing, tickets
from troth.web.flow.seen.wall import wall
from troth.web.live.topics import LiveTopic, register
from troth.web.people.holders import held_by, holder


def _split(key: str) -> tuple[str, str]:
    """Return token and language of a ticket's key, ``TOKEN.LANGUAGE``."""
    token, _, language = key.partition(".")
    return token, language if language in dict(settings.LANGUAGES) else "en"


def _unit_of_ticket(key: str) -> int | None:
    return Ticket.objects.filter(token=_split(key)[0]).values_list("branch__unit_id", flat=True).first()


def _tickets(unit_id: int, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return where customers stand: one reading of the branch, however many watch."""
    now = timezone.now()
    known = {row.token: row for row in tickets(token__in={_split(key)[0] for key in keys})}
    ahead = places(Line.objects.filter(branch__unit=unit_id), now=now)
    told: dict[str, dict[str, Any]] = {}
    for key in keys:
        token, language = _split(key)
        if token not in known:
            continue
        row = known[token]
        following = getattr(row, "following", None)
        with translation.override(language):
            told[key] = {
                **standing(row, ahead=ahead.get(row.pk), now=now).as_dict(),
                "calls": row.calls,
                "moved": reverse("ticket", args=[following.token]) if following is not None else "",
            }
    return told


def _has_token(_request: HttpRequest, _key: str) -> bool:
    """Tell that whoever knows a ticket's token may watch it."""
    return True


def _unit_of_branch(key: str) -> int | None:
    return Branch.objects.filter(token=key).values_list("unit_id", flat=True).first()


def _may_see_branch(request: HttpRequest, key: str) -> bool:
    """Tell whether somebody, or a kiosk's or display's key, has a role where the branch is."""
    path = Branch.objects.filter(token=key).values_list("unit__path", flat=True).first()
    return path is not None and any(one.covers(path) for one in held_by(holder(request)))


def _wall(unit_id: int, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    found = Branch.objects.select_related("unit").get(unit=unit_id)
    shown = wall(found, now=timezone.now()).as_dict()
    return dict.fromkeys(keys, shown)


def mark(unit_id: int) -> str:
    """Return a mark that changes with anything on the lists of a branch."""
    now = timezone.now()
    of_tickets = (
        Ticket.objects.open().filter(branch__unit=unit_id).values_list("state")
        .annotate(n=Count("pk"), last=Max("changed_at")).order_by("state")
    )  # fmt: skip
    sessions = CounterSession.objects.filter(closed_at=None, counter__branch__unit=unit_id)
    of_sessions = sessions.aggregate(n=Count("pk"), last=Max("state_since"))
    soon = Appointment.objects.filter(
        branch__unit=unit_id, starts_at__gt=now - timedelta(days=1), starts_at__lt=now + timedelta(days=1)
    )
    of_booked = soon.values_list("state").annotate(n=Count("pk"), moved=Sum("sequence")).order_by("state")
    text = repr((list(of_tickets), of_sessions, list(of_booked)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _branch(unit_id: int, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Tell whoever shows the lists of a branch to draw them anew."""
    now = mark(unit_id)
    return {key: {"refresh": True, "mark": now} for key in keys}


def register_topics() -> None:
    """Make the topics known; the app does so when it is ready."""
    register(LiveTopic("ticket", unit_of=_unit_of_ticket, allowed=_has_token, shown=_tickets))
    register(LiveTopic("wall", unit_of=_unit_of_branch, allowed=_may_see_branch, shown=_wall))
    register(LiveTopic("branch", unit_of=_unit_of_branch, allowed=_may_see_branch, shown=_branch))
