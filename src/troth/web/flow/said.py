"""What codes mean, in the reader's language: why somebody comes next, why something cannot be done, what a state is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, Final

from django.utils.translation import gettext, gettext_lazy

from troth.core.decision import Issue
from troth.core.terms import AgentState, BookingState, Entry, TicketState
from troth.web.common.words import clock, duration

TICKET: Final = {
    TicketState.WAITING: gettext_lazy("waiting"),
    TicketState.CALLED: gettext_lazy("called"),
    TicketState.SERVING: gettext_lazy("being served"),
    TicketState.PARKED: gettext_lazy("set aside"),
    TicketState.SERVED: gettext_lazy("served"),
    TicketState.LEFT: gettext_lazy("left"),
    TicketState.NO_SHOW: gettext_lazy("did not come"),
    TicketState.TRANSFERRED: gettext_lazy("handed on"),
    TicketState.EXPIRED: gettext_lazy("ended with the day"),
}
ENTRY: Final = {
    Entry.KIOSK: gettext_lazy("kiosk"),
    Entry.RECEPTION: gettext_lazy("reception"),
    Entry.LINK: gettext_lazy("web link"),
    Entry.POSTER: gettext_lazy("poster"),
    Entry.API: gettext_lazy("another system"),
    Entry.APPOINTMENT: gettext_lazy("appointment"),
    Entry.DIRECT: gettext_lazy("straight to the counter"),
    Entry.TRANSFER: gettext_lazy("handed over"),
    Entry.NEXT_STEP: gettext_lazy("next step"),
}
BOOKING: Final = {
    BookingState.HELD: gettext_lazy("being booked"),
    BookingState.BOOKED: gettext_lazy("expected"),
    BookingState.CHECKED_IN: gettext_lazy("here"),
    BookingState.KEPT: gettext_lazy("served"),
    BookingState.CANCELLED: gettext_lazy("cancelled"),
    BookingState.NO_SHOW: gettext_lazy("did not come"),
    BookingState.WAITLISTED: gettext_lazy("waits for a place"),
}
CLERK: Final = {
    AgentState.AVAILABLE: gettext_lazy("free"),
    AgentState.ON_CONTACT: gettext_lazy("with a customer"),
    AgentState.WRAP: gettext_lazy("finishing up"),
    AgentState.BREAK: gettext_lazy("on a break"),
    AgentState.MEETING: gettext_lazy("in a meeting"),
    AgentState.TRAINING: gettext_lazy("in training"),
    AgentState.ABSENT: gettext_lazy("absent"),
    AgentState.OFFLINE: gettext_lazy("away"),
}
_WHY: Final = {
    "discipline.longest_wait": gettext_lazy("has waited longest"),
    "discipline.overtaken": gettext_lazy("others went first %(times)s times, no more"),
    "discipline.behind": gettext_lazy("passed over %(behind)s ago, no longer"),
    "discipline.aged": gettext_lazy("has waited beyond the cap of %(limit)s"),
    "discipline.level": gettext_lazy("goes before other classes: %(class)s"),
    "discipline.appointment": gettext_lazy("appointment at %(booked)s"),
    "discipline.weighted_wait": gettext_lazy("class %(class)s, by weighted wait"),
    "flow.picked": gettext_lazy("called by number"),
    "flow.taken_up": gettext_lazy("taken up again"),
    "flow.direct": gettext_lazy("came straight to the counter"),
}
_REFUSED: Final = {
    "not-offered": gettext_lazy("This service is not offered here now."),
    "by-appointment-only": gettext_lazy("This service is by appointment only. Please book a time."),
    "clerk-away": gettext_lazy("%(value)s is not at a counter. Choose somebody else, or nobody."),
    "ticket-moved-on": gettext_lazy("%(value)s: this has been dealt with already. The page has been brought up to date."),
    "ticket-elsewhere": gettext_lazy("%(value)s has been called to another counter."),
    "counter-closed": gettext_lazy("%(value)s is closed, or somebody else has taken it. Open a counter first."),
    "counter-taken": gettext_lazy("%(value)s is taken by somebody else."),
    "customer-in-front": gettext_lazy("Finish with the customer in front of you first."),
    "on-break": gettext_lazy("End your break first."),
    "other-branch": gettext_lazy("%(value)s waits at another branch."),
    "too-early": gettext_lazy("%(value)s may still be on the way. Wait a little, or call again."),
    "clerk-elsewhere": gettext_lazy("You have %(value)s open. Close it first."),
    "no-break": gettext_lazy("Choose a break, a meeting or training."),
    "nowhere": gettext_lazy("Say to which service, person or counter."),
    "no-such-slot": gettext_lazy("This time is no longer offered. Please choose another one."),
    "slot-over": gettext_lazy("This time has passed. Please choose a later one."),
    "slot-full": gettext_lazy("Somebody else was quicker: this time is taken. Please choose another one."),
    "slot-free": gettext_lazy("There are free times on this day: book one of them."),
    "hold-over": gettext_lazy("We could not keep this time any longer. Please choose a time once more."),
    "booking-over": gettext_lazy("This appointment can no longer be changed."),
    "not-today": gettext_lazy("This appointment is for another day."),
}  # fmt: skip
_ISSUES: Final = {
    "no-classes": gettext_lazy("There must be at least one class."),
    "class-name": gettext_lazy("A class needs a name."),
    "class-twice": gettext_lazy("Two classes are called %(value)s."),
    "class-unreachable": gettext_lazy("No ticket reaches %(value)s: a class before it takes everybody."),
    "no-last-class": gettext_lazy("The last class must take everybody: leave its conditions empty."),
    "may-starve": gettext_lazy("%(value)s may wait without end. Maybe set a fairness cap."),
    "negative-ageing": gettext_lazy("Waiting must not harm: points a minute from 0."),
    "out-of-range": gettext_lazy("%(value)s is too much or too little."),
    "too-fine": gettext_lazy("%(value)s has too many decimals; three are kept."),
    "idle-head-start": gettext_lazy("The head start has no effect: nobody may be called that early."),
}
_WHERE: Final = {
    "name": gettext_lazy("name"),
    "level": gettext_lazy("level"),
    "head_start": gettext_lazy("head start"),
    "ageing": gettext_lazy("points a minute"),
    "appointments": gettext_lazy("Appointments"),
    "returning": gettext_lazy("Coming back"),
    "fairness": gettext_lazy("Fairness"),
}


def because(reason: Mapping[str, Any], *, zone: tzinfo) -> str:
    """Return why a ticket comes next; nothing where no reason is known."""
    sentence = _WHY.get(str(reason.get("code", "")))
    if sentence is None:
        return ""
    booked = reason.get("booked_at")
    return str(sentence) % {
        "times": reason.get("times", ""),
        "class": reason.get("class", ""),
        "behind": duration(reason.get("behind_s")),
        "limit": duration(reason.get("limit_s")),
        "booked": clock(datetime.fromisoformat(booked) if isinstance(booked, str) else booked, zone=zone),
    }


def refusal(issue: Issue) -> str:
    """Return why something could not be done; an unknown code is told in the words it came with."""
    sentence = _REFUSED.get(issue.code) or _ISSUES.get(issue.code)
    if sentence is None:
        return issue.advice or gettext("That cannot be done now.")
    return str(sentence) % {"value": issue.value}


def wrong(issue: Issue) -> str:
    """Return what is wrong with a record and where: ``Class 2, name: A class needs a name.``"""
    head, _, tail = issue.where.partition(".")
    if head.startswith("classes["):
        place = gettext("Class %(number)s") % {"number": int(head[8:-1]) + 1}
    else:
        place = str(_WHERE.get(head, head))
    part = str(_WHERE.get(tail, "")) if tail else ""
    return f"{place}{', ' + part if part else ''}: {refusal(issue)}"
