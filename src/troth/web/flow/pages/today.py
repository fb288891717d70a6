"""How a branch stands now, for the lead."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from troth.core.terms import TicketState
from troth.web.flow import bridge
from troth.web.flow.actions import close_counter
from troth.web.flow.live_topics import mark
from troth.web.flow.models import Branch, CounterSession, Ticket
from troth.web.flow.pages.place import LAST, around, attempt, branch_of, remember
from troth.web.flow.said import because
from troth.web.flow.seen.day import day_of
from troth.web.people.rights import may


def today(request: HttpRequest) -> HttpResponse:
    """Go to the branch somebody looked at last, or let them choose one."""
    rows = list(Branch.objects.visible_to(request.user).select_related("unit").order_by("unit__title"))
    last = request.session.get(LAST)
    found = next((one for one in rows if one.unit.code == last), rows[0] if len(rows) == 1 else None)
    if found is not None and "all" not in request.GET:
        return redirect("today_branch", code=found.unit.code)
    now = timezone.now()
    waits: dict[int, list[float]] = {}
    for branch_id, joined_at in Ticket.objects.waiting().filter(branch__in=rows).values_list("branch_id", "joined_at"):
        waits.setdefault(branch_id, []).append((now - joined_at).total_seconds())
    open_now = dict.fromkeys([one.pk for one in rows], 0)
    for branch_id in CounterSession.objects.filter(closed_at=None, counter__branch__in=rows).values_list(
        "counter__branch_id", flat=True
    ):
        open_now[branch_id] += 1
    listed: list[dict[str, Any]] = [
        {"branch": one, "waiting": len(waits.get(one.pk, [])), "longest_s": max(waits.get(one.pk, []), default=None),
         "open": open_now[one.pk]}
        for one in rows
    ]  # fmt: skip
    listed.sort(key=lambda one: -(one["longest_s"] or 0))
    return render(request, "flow/today_all.html", {"rows": listed, "waiting": sum(one["waiting"] for one in listed)})


def today_branch(request: HttpRequest, code: str) -> HttpResponse:
    """Show who waits and why who is next, the counters, and what was promised and kept."""
    branch = branch_of(code)
    remember(request, code)
    now = timezone.now()
    told = {
        "seen": day_of(branch, now=now),
        "mark": mark(branch.unit_id),
        "closes": may(request.user, "today_close", method="POST", about={"code": code}),
        "many": Branch.objects.visible_to(request.user).count() > 1,
        **around(branch, now=now),
    }
    return render(request, "flow/today.html", told)


@require_POST
def today_close(request: HttpRequest, code: str) -> HttpResponse:
    """Close a counter whose clerk forgot to."""
    branch = branch_of(code)
    text = request.POST.get("session", "")
    found = CounterSession.objects.filter(counter__branch=branch).select_related("counter", "clerk")
    session = get_object_or_404(found, pk=int(text) if text.isdecimal() else 0)
    done = _("%(counter)s is closed.") % {"counter": session.counter}
    attempt(request, lambda: close_counter(session=session, now=timezone.now()), done=done)
    return redirect("today_branch", code=code)


def ticket_shown(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Show one ticket with its way through the branch, in the side sheet or alone."""
    branch = branch_of(code)
    found = Ticket.objects.filter(branch=branch).select_related("service", "line", "visit__customer", "session__clerk")
    row = get_object_or_404(found, pk=pk)
    steps = Ticket.objects.filter(visit=row.visit_id).select_related("service", "session__counter", "session__clerk")
    now = timezone.now()
    waits = row.state == TicketState.WAITING
    reason = bridge.why(row.line.discipline, ticket=row, now=now) if waits else row.reason
    told = {
        "ticket": row,
        "steps": steps.order_by("joined_at"),
        "why": because(reason, zone=branch.unit.zone),
        **around(branch, now=now),
    }
    return render(request, "flow/ticket_shown.html", told)
