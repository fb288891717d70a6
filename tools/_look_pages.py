"""Which pages `tools.look` pictures: every page of the table of rights that shows something, as whoever owns it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from troth.core.terms import Role

_LEAD, _TEAM, _CLERK, _ADMIN = Role.OPERATIONS_LEAD, Role.TEAM_LEAD, Role.CLERK, Role.ADMINISTRATOR
_KIOSK, _WALL, _AUDITOR, _PLANNER = Role.KIOSK, Role.DISPLAY, Role.AUDITOR, Role.PLANNER


@dataclass(frozen=True, slots=True)
class Look:
    """A page to picture.

    Parameters
    ----------
    right : its name in the table of rights; empty for one that has none, such as that of a missing page.
    who : the role it is pictured as; nobody for visitors.
    path : its address; ``{branch}`` and others are filled in from the demo's rows.
    click : where the address is only known from another page: what leads there, found on `path`.
    variant : what tells two pictures of one page apart.
    status : what it answers.
    """

    right: str
    who: Role | None
    path: str
    click: str = ""
    variant: str = ""
    status: int = 200

    @property
    def name(self) -> str:
        """What the picture is called."""
        return "-".join(one for one in (self.right, self.variant) if one)


LOOKS: Final = (
    Look("account_login", None, "/accounts/login/"),
    Look("account_reset_password", None, "/accounts/password/reset/"),
    Look("account_reset_password_done", None, "/accounts/password/reset/done/"),
    Look("enter", None, "/enter/{link}"),
    Look("enter", None, "/enter/nothing", variant="over", status=410),
    Look("device", None, "/device/{key}"),
    Look("join", None, "/join/{branch}"),
    Look("poster", None, "/join/{branch}/poster"),
    Look("ticket", None, "/t/{waiting}"),
    Look("ticket", None, "/t/{called}", variant="called"),
    Look("ticket", None, "/t/{served}", variant="over"),
    Look("book", None, "/book/{branch}"),
    Look("book", None, "/book/{branch}?service={bookable}", variant="times"),
    Look("booking", None, "{booking}"),
    Look("booking", None, "{held}", variant="held"),
    Look("booking", None, "{cancelled}", variant="cancelled"),
    Look("booking_move", None, "{booking}/move"),
    Look("kiosk", _KIOSK, "/kiosk/{branch}"),
    Look("kiosk_services", _KIOSK, "/kiosk/{branch}/{language}"),
    Look("kiosk_booked", _KIOSK, "/kiosk/{branch}/{language}/appointment"),
    Look("kiosk_ticket", _KIOSK, "/kiosk/{branch}/{language}/ticket/{waiting}"),
    Look("wall", _WALL, "/wall/{branch}"),
    Look("tour", _LEAD, "/tour"),
    Look("counter", _CLERK, "/counter"),
    Look("counter", _TEAM, "/counter", variant="choose"),
    Look("reception", _TEAM, "/reception"),
    Look("reception_branch", _TEAM, "/branches/{code}/reception?find=jonas"),
    Look("reception_slip", _TEAM, "/branches/{code}/tickets/{ticket}/slip"),
    Look("appointments", _TEAM, "/appointments"),
    Look("appointments_branch", _TEAM, "/branches/{code}/appointments"),
    Look("today", _LEAD, "/today"),
    Look("today", _LEAD, "/today?all", variant="all"),
    Look("today_branch", _TEAM, "/branches/{code}/today"),
    Look("today_ticket", _TEAM, "/branches/{code}/tickets/{ticket}"),
    Look("insight", _LEAD, "/figures"),
    Look("insight", _LEAD, "/figures?period=week", variant="week"),
    Look("insight_explain", _LEAD, "/figures/speed.answer/rows"),
    Look("insight_case", _LEAD, "/figures/speed.answer/rows", click="main a[href*='/case/']"),
    Look("insight_habits", _LEAD, "/figures/habits"),
    Look("promises", _LEAD, "/promises"),
    Look("promise", _LEAD, "/promises/{promise}"),
    Look("runs", _LEAD, "/runs"),
    Look("customers", _TEAM, "/customers"),
    Look("customer_new", _TEAM, "/customers/new"),
    Look("customer_duplicates", _LEAD, "/customers/duplicates"),
    Look("customer", _TEAM, "/customers/{customer}"),
    Look("customer_edit", _TEAM, "/customers/{customer}/edit"),
    Look("services", _LEAD, "/services"),
    Look("service_new", _ADMIN, "/services/new"),
    Look("service", _ADMIN, "/services/{service}"),
    Look("service_edit", _ADMIN, "/services/{service}/edit"),
    Look("people", _ADMIN, "/people"),
    Look("person_new", _ADMIN, "/people/new"),
    Look("person", _ADMIN, "/people/{person}"),
    Look("people_sheet", _ADMIN, "/people/sheets/people"),
    Look("branches", _ADMIN, "/branches"),
    Look("branches_settings", _ADMIN, "/branches/{code}/settings"),
    Look("branches_counter_new", _ADMIN, "/branches/{code}/counters/new"),
    Look("branches_line_new", _ADMIN, "/branches/{code}/lines/new"),
    Look("branches_slots_new", _ADMIN, "/branches/{code}/slots/new"),
    Look("branches_counter", _ADMIN, "/counters/{counter}"),
    Look("branches_line", _ADMIN, "/lines/{line}"),
    Look("branches_slots", _ADMIN, "/slots/{slots}"),
    Look("units", _ADMIN, "/units"),
    Look("unit_new", _ADMIN, "/units/new"),
    Look("unit", _ADMIN, "/units/{code}"),
    Look("calendars", _PLANNER, "/calendars"),
    Look("calendar", _PLANNER, "/calendars/{calendar}"),
    Look("skills", _PLANNER, "/skills"),
    Look("keys", _ADMIN, "/keys"),
    Look("trail", _AUDITOR, "/trail"),
    Look("retention", _ADMIN, "/retention"),
    Look("rights", _AUDITOR, "/rights"),
    Look("my_account", _CLERK, "/account"),
    Look("account_change_password", _CLERK, "/accounts/password/change/"),
    Look("mfa_index", _CLERK, "/accounts/2fa/"),
    Look("", None, "/nothing", variant="missing", status=404),
    Look("", _CLERK, "/people", variant="refused", status=403),
)
#: So many wait in the branch at least.
_ROOM: Final = 14
#: Pages that show nothing of their own: they change something and lead elsewhere, or hand out a file.
UNSEEN: Final = frozenset(
    """
    alive first set_language tour_step plotly live_poll
    ticket_do booking_calendar kiosk_low counter_do today_close service_end service_offer run_stop
    customer_note customer_consent customer_merge customer_part customer_data customer_erase
    my_data people_file person_roles person_skills person_contracts person_leave person_link person_active
    person_erase person_data key_revoke insight_sheet
    """.split()
)
#: A report is a page of its own kind, with its own tests; pages of the sign-in library share the frame of those above.
ELSEWHERE: Final = ("run_result", "account_", "mfa_", "socialaccount_", "openid_")


def forgotten(names: Any) -> list[str]:
    """Return which of the names of pages are neither pictured nor known to show nothing."""
    seen = {one.right for one in LOOKS} | UNSEEN
    return sorted(name for name in names if name not in seen and not name.startswith(ELSEWHERE))


def filled() -> dict[str, str]:
    """Return what fills the addresses, from the rows of the open demo; its first branch with customers today.

    Raises
    ------
    LookupError : a row is missing, so that a page could not be pictured.
    """
    from troth.web.customers.models import Customer
    from troth.web.flow import letters
    from troth.web.flow.models import Branch, Ticket
    from troth.web.people.models import WorkCalendar
    from troth.web.promises.models import Promise
    from troth.web.services.models import Service

    newest = Ticket.objects.order_by("-pk")
    branch = Branch.objects.get(pk=_some("a ticket", newest.first).branch_id)
    tickets = branch.tickets.order_by("-pk")
    waiting = _filled_room(branch)
    rule = _some("times for appointments", branch.slot_rules.order_by("pk").first)
    booking, held, over = (_appointment(branch, rule.service, state) for state in ("booked", "held", "cancelled"))
    known = Customer.objects.filter(pk__in=tickets.values("visit__customer")).exclude(name="").order_by("pk")
    return {
        "branch": branch.token, "code": branch.unit.code, "waiting": waiting.token, "ticket": str(waiting.pk),
        "called": (tickets.filter(state="called").first() or waiting).token,
        "served": _some("somebody served", tickets.filter(state="served").first).token,
        "bookable": str(rule.service_id), "booking": letters.path_of(booking), "held": letters.path_of(held),
        "cancelled": letters.path_of(over), "slots": str(rule.pk),
        "promise": str(_some("a promise", Promise.objects.order_by("-pk").first).promise_id),
        "customer": _some("a customer", known.first).pseudonym, "service": _first(Service).code,
        "counter": str(branch.counters.order_by("pk")[0].pk), "line": str(branch.lines.order_by("pk")[0].pk),
        "calendar": _first(WorkCalendar).code,
    }  # fmt: skip


def _filled_room(branch: Any) -> Any:
    """Let so many join that somebody still waits when the last page is pictured; return who came last."""
    from troth.core.terms import Entry
    from troth.web.flow.actions import join

    now, services = datetime.now(UTC), [row.service for row in branch.line_services.order_by("pk")]
    for _ in range(max(0, _ROOM - branch.tickets.filter(state="waiting").count())):
        services.append(services.pop(0))
        join(branch=branch, service=services[0], now=now, entry=Entry.KIOSK)
    return branch.tickets.filter(state="waiting").order_by("-pk")[0]


def _appointment(branch: Any, service: Any, state: str) -> Any:
    """Return an appointment ahead in a state: one that is there, else one that is made."""
    from troth.web.flow.appointments import book, cancel, free_slots, hold

    now = datetime.now(UTC)
    there = branch.appointments.filter(state=state, service=service, starts_at__gt=now + timedelta(hours=1))
    if (found := there.order_by("pk").first()) is not None and state != "held":
        return found
    days = (branch.today(now) + timedelta(days=k) for k in range(1, 15))
    slot = _some(
        "a free time",
        iter(s for day in days for s in free_slots(branch=branch, service=service, day=day, now=now)).__next__,
    )
    made = hold(branch=branch, service=service, starts_at=slot.starts_at, now=now, lasts=timedelta(hours=2))
    if state == "held":
        return made
    made = book(appointment=made, now=now, name="Ona Žukauskaitė", phone="+37060000001")
    return made if state == "booked" else cancel(appointment=made, now=now)


def _first(model: Any) -> Any:
    return _some(model.__name__, model.objects.order_by("pk").first)


def _some(what: str, find: Callable[[], Any]) -> Any:
    found = find()
    if found is None:
        raise LookupError(f"the demo has not got {what} yet")
    return found
