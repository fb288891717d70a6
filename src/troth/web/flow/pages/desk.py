"""The clerk's counter: one customer in front, a few big buttons, one key each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from troth.core.terms import AgentState, Role
from troth.web.common.say import say
from troth.web.flow import actions
from troth.web.flow.live_topics import mark
from troth.web.flow.models import Branch, Counter, CounterSession, Ticket
from troth.web.flow.pages.place import LAST, around, attempt, remember
from troth.web.flow.seen.desk import desk as desk_of
from troth.web.flow.seen.desk import free_counters, session_of
from troth.web.people.models import Unit, User
from troth.web.services.models import Service

#: Who may sit at a counter.
SERVES = frozenset({Role.CLERK, Role.AGENT, Role.TEAM_LEAD, Role.OPERATIONS_LEAD, Role.ADMINISTRATOR})


def counter(request: HttpRequest) -> HttpResponse:
    """Show the counter a person has, or the free ones to choose from."""
    assert isinstance(request.user, User)
    now = timezone.now()
    session = _mine(request.user)
    if session is None:
        return _choose(request, request.user, now=now)
    branch = session.counter.branch
    told = {"desk": desk_of(session, now=now), "mark": mark(branch.unit_id), **around(branch, now=now)}
    return render(request, "flow/counter.html", told)


def _choose(request: HttpRequest, user: User, *, now: datetime) -> HttpResponse:
    branches = list(_branches(user))
    wanted = request.GET.get("branch") or request.session.get(LAST)
    branch = next((one for one in branches if one.unit.code == wanted), branches[0] if branches else None)
    if branch is None:
        return render(request, "flow/counter_choose.html", {"branches": []})
    told = {
        "branches": branches,
        "counters": free_counters(list(branch.counters.prefetch_related("lines").order_by("title"))),
        "waiting": Ticket.objects.waiting().filter(branch=branch).count(),
        **around(branch, now=now),
    }
    return render(request, "flow/counter_choose.html", told)


def _mine(user: User) -> CounterSession | None:
    """Return the counter a person has, where they still may serve."""
    session = session_of(user)
    known = session is not None and user.has_role(*SERVES, unit=session.counter.branch.unit)
    return session if known else None


def _branches(user: User) -> Any:
    return (
        Branch.objects.filter(unit__in=Unit.objects.where(user, *SERVES)).select_related("unit").order_by("unit__title")
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a button asks for: the counter, the ticket it was about when the page was drawn, the rest of the form."""

    request: HttpRequest
    session: CounterSession
    now: datetime

    def said(self, name: str) -> str:
        return self.request.POST.get(name) or self.request.GET.get(name) or ""

    def row(self, rows: Any, name: str) -> Any:
        """Return the row a number in the form names; 404 for one that is not of this branch."""
        text = self.said(name)
        return get_object_or_404(rows, pk=int(text) if text.isdecimal() else 0)

    @property
    def ticket(self) -> Ticket:
        ticket: Ticket = self.row(Ticket.objects.filter(branch=self.session.counter.branch_id), "ticket")
        return ticket

    def service(self) -> Service:
        found = Service.objects.filter(lines__branch=self.session.counter.branch_id)
        service: Service = self.row(found, "service")
        return service

    def common(self) -> dict[str, Any]:
        return {"session": self.session, "now": self.now}


@require_POST
def counter_do(request: HttpRequest) -> HttpResponse:
    """Do what a button asks for, and draw the counter as it is then."""
    assert isinstance(request.user, User)
    now = timezone.now()
    what = request.POST.get("do") or request.GET.get("do") or ""
    if what == "open":
        return _open(request, request.user, now=now)
    session = _mine(request.user)
    if session is None:
        say(request, _("Your counter is closed. Open one first."), wrong=True)
        return redirect("counter")
    act = _DOES.get(what)
    if act is not None:
        act(_Asked(request, session, now))
    return redirect("counter")


def _open(request: HttpRequest, user: User, *, now: datetime) -> HttpResponse:
    text = request.POST.get("counter", "")
    found = Counter.objects.filter(branch__in=_branches(user)).select_related("branch__unit")
    row = get_object_or_404(found, pk=int(text) if text.isdecimal() else 0)
    remember(request, row.branch.unit.code)
    left = session_of(user)
    if left is not None and _mine(user) is None:  # the role there has ended; nobody else would close it
        attempt(request, lambda: actions.close_counter(session=left, now=now))
    attempt(request, lambda: actions.open_counter(counter=row, clerk=user, now=now))
    return redirect("counter")


def _next(asked: _Asked) -> None:
    called: list[Ticket | None] = []
    attempt(asked.request, lambda: called.append(actions.call_next(**asked.common())))
    if called == [None]:
        say(asked.request, _("Nobody is waiting for this counter just now."))


def _finish(asked: _Asked) -> None:
    ticket = asked.ticket
    done = attempt(asked.request, lambda: actions.finish(ticket=ticket, **asked.common()))
    if done is not None and asked.said("then") == "next":
        _next(_Asked(asked.request, asked.session, timezone.now()))


def _of_ticket(action: Callable[..., Any], text: Any = "", undo: str = "") -> Callable[[_Asked], None]:
    def act(asked: _Asked) -> None:
        ticket = asked.ticket
        done = str(text) % {"number": ticket.label} if text else ""
        back = f"{reverse('counter_do')}?{urlencode({'do': undo, 'ticket': ticket.pk})}" if undo else ""
        attempt(asked.request, lambda: action(ticket=ticket, **asked.common()), done=done, undo=back)

    return act


def _transfer(asked: _Asked) -> None:
    ticket, note = asked.ticket, asked.said("note")[:500]
    to: dict[str, Any] = {}
    if asked.said("service"):
        to["service"] = asked.service()
    kind, _sep, number = asked.said("to").partition(":")
    there = CounterSession.objects.filter(counter__branch=asked.session.counter.branch_id, closed_at=None)
    if kind and number.isdecimal():
        other = get_object_or_404(there.select_related("clerk", "counter"), pk=int(number))
        to |= {"clerk": other.clerk} if kind == "clerk" else {"counter": other.counter}
    done = _("%(number)s has been handed on and keeps its number.") % {"number": ticket.label}
    attempt(asked.request, lambda: actions.transfer(ticket=ticket, note=note, **to, **asked.common()), done=done)


def _direct(asked: _Asked) -> None:
    service = asked.service()
    attempt(asked.request, lambda: actions.walk_direct(service=service, **asked.common()))


def _add(asked: _Asked) -> None:
    ticket, service = asked.ticket, asked.service()
    done = _("After this they wait for: %(service)s.") % {"service": service}
    attempt(asked.request, lambda: actions.add_service(ticket=ticket, service=service, **asked.common()), done=done)


def _away(asked: _Asked) -> None:
    wanted = asked.said("state")
    state = AgentState(wanted) if wanted in {"break", "meeting", "training"} else AgentState.BREAK
    attempt(asked.request, lambda: actions.take_break(state=state, **asked.common()))


def _resume(asked: _Asked) -> None:
    attempt(asked.request, lambda: actions.end_break(**asked.common()))


def _close(asked: _Asked) -> None:
    attempt(asked.request, lambda: actions.close_counter(**asked.common()))


_DOES: dict[str, Callable[[_Asked], None]] = {
    "next": _next,
    "finish": _finish,
    "transfer": _transfer,
    "direct": _direct,
    "add": _add,
    "break": _away,
    "answer": _of_ticket(actions.answer),
    "recall": _of_ticket(actions.recall),
    "call": _of_ticket(actions.call_ticket),
    "take_up": _of_ticket(actions.take_up),
    "no_show": _of_ticket(actions.no_show, gettext_lazy("%(number)s did not come.")),
    "park": _of_ticket(actions.park, gettext_lazy("%(number)s is set aside."), undo="take_up"),
    "put_back": _of_ticket(actions.put_back, gettext_lazy("%(number)s is back in line."), undo="call"),
    "resume": _resume,
    "close": _close,
}
