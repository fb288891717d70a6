"""Where the pages of this app are, and who may open them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from troth.core.terms import Role
from troth.web.flow.pages import booking, branches, desk, devices, join, lines, reception, today
from troth.web.people.rights import ANYBODY, LEADS, STAFF, About, View, page

_BY_CODE = About("flow.Branch", by="unit__code", unit="unit", arg="code")
_BY_TOKEN = About("flow.Branch", by="token", unit="unit")


def _public(route: str, view: View, name: str) -> URLPattern:
    """Return a page of customers: they come by links nobody can guess."""
    return page(route, view, name, needs=ANYBODY)


def _kiosk(route: str, view: View, name: str) -> URLPattern:
    """Return a page of the kiosk: by its key, or by anybody of the house who sets it up."""
    return page(f"kiosk/<slug:token>{route}", view, name, needs=STAFF | {Role.KIOSK}, about=_BY_TOKEN)


def _branch(route: str, view: View, name: str, *, needs: frozenset[Role] | set[Role]) -> URLPattern:
    """Return a page of staff about one branch."""
    return page(f"branches/<slug:code>/{route}", view, name, needs=needs, about=_BY_CODE)


def _set_up(route: str, view: View, name: str, *, model: str) -> URLPattern:
    """Return a page that changes something of a branch; who may look is more than who may change."""
    about = About(model, unit="branch__unit")
    return page(route, view, name, needs=LEADS, changes=branches.SETS_UP, about=about)


_SEES = desk.SERVES | LEADS
_CLOSES = {Role.ADMINISTRATOR, Role.OPERATIONS_LEAD, Role.TEAM_LEAD}

urlpatterns: list[URLPattern | URLResolver] = [
    _public("join/<slug:token>", join.join, "join"),
    _public("join/<slug:token>/poster", join.poster, "poster"),
    _public("t/<str:token>", join.ticket, "ticket"),
    _public("t/<str:token>/do", join.ticket_do, "ticket_do"),
    _public("book/<slug:token>", booking.book, "book"),
    _public("a/<str:signed>", booking.booking, "booking"),
    _public("a/<str:signed>/move", booking.booking_move, "booking_move"),
    _public("a/<str:signed>/appointment.ics", booking.booking_calendar, "booking_calendar"),
    _kiosk("", devices.kiosk, "kiosk"),
    _kiosk("/height", devices.kiosk_low, "kiosk_low"),
    _kiosk("/<slug:language>", devices.kiosk_services, "kiosk_services"),
    _kiosk("/<slug:language>/appointment", devices.kiosk_booked, "kiosk_booked"),
    _kiosk("/<slug:language>/ticket/<str:ticket>", devices.kiosk_ticket, "kiosk_ticket"),
    page("wall/<slug:token>", devices.wall, "wall", needs=STAFF | {Role.DISPLAY, Role.KIOSK}, about=_BY_TOKEN),
    page("counter", desk.counter, "counter", needs=desk.SERVES),
    page("counter/do", desk.counter_do, "counter_do", needs=desk.SERVES),
    page("reception", reception.reception, "reception", needs=reception.RECEIVES),
    page("appointments", reception.appointments, "appointments", needs=reception.RECEIVES),
    _branch("reception", reception.reception_branch, "reception_branch", needs=reception.RECEIVES),
    _branch("tickets/<int:pk>/slip", reception.slip, "reception_slip", needs=_SEES),
    _branch("tickets/<int:pk>", today.ticket_shown, "today_ticket", needs=_SEES),
    _branch("appointments", reception.appointments_branch, "appointments_branch", needs=reception.RECEIVES | LEADS),
    page("today", today.today, "today", needs=_SEES),
    _branch("today", today.today_branch, "today_branch", needs=_SEES),
    _branch("today/close", today.today_close, "today_close", needs=_CLOSES),
    page("branches", branches.branches, "branches", needs=LEADS),
    page(
        "branches/<slug:code>/settings", branches.settings, "branches_settings",
        needs=LEADS, changes=branches.SETS_UP, about=_BY_CODE,
    ),
    _branch("counters/new", branches.counter_new, "branches_counter_new", needs=branches.SETS_UP),
    _branch("lines/new", branches.line_new, "branches_line_new", needs=branches.SETS_UP),
    _branch("slots/new", branches.slots_new, "branches_slots_new", needs=branches.SETS_UP),
    _set_up("counters/<int:pk>", branches.counter, "branches_counter", model="flow.Counter"),
    _set_up("lines/<int:pk>", lines.line, "branches_line", model="flow.Line"),
    _set_up("slots/<int:pk>", branches.slots, "branches_slots", model="flow.SlotRule"),
]  # fmt: skip
