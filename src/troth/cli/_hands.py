"""The hands of the demo's driver: on the rows themselves, for the part of the day that is over; and by the API."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, MutableMapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from troth.cli._names import name_of
from troth.demo.visitors import Visitor

if TYPE_CHECKING:
    from troth.web.customers.models import Customer
    from troth.web.flow.models import Appointment, Branch, CounterSession, Ticket

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: The web may be starting anew: a call is tried again for so long.
_PATIENCE_S: Final = 60.0


def instant(at: int) -> datetime:
    """Return milliseconds since 1970 as an instant."""
    return _EPOCH + timedelta(milliseconds=at)


def pseudonym(code: str, customer: int) -> str:
    """Return the pseudonym under which the demo's log knows a customer."""
    return f"u{code}{customer}"


class Notebook(MutableMapping[int, str]):
    """The bookings of a day's visitors, kept in a file, so that a driver started anew knows them.

    Parameters
    ----------
    path : the file, for all days.
    day : which.
    """

    def __init__(self, path: Path, *, day: date) -> None:
        self._path, self._day = path, str(day)

    def __getitem__(self, number: int) -> str:
        return self._page()[str(number)]

    def __setitem__(self, number: int, booking: str) -> None:
        self._write(self._page() | {str(number): booking})

    def __delitem__(self, number: int) -> None:
        page = self._page()
        del page[str(number)]
        self._write(page)

    def __iter__(self) -> Iterator[int]:
        return iter([int(number) for number in self._page()])

    def __len__(self) -> int:
        return len(self._page())

    def _read(self) -> dict[str, dict[str, str]]:
        return json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else {}

    def _page(self) -> dict[str, str]:
        return self._read().get(self._day, {})

    def _write(self, page: dict[str, str]) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(self._read() | {self._day: page}), encoding="utf-8")
        fresh.replace(self._path)


class PastHands:
    """Acts on the rows with the time of the past; needs Django set up.

    Parameters
    ----------
    branch : where.
    code : the letters of the site in the demo's pseudonyms.
    """

    def __init__(self, branch: Branch, *, code: str) -> None:
        from troth.web.flow import actions, appointments
        from troth.web.flow.models import Counter
        from troth.web.people.models import User
        from troth.web.services.models import Service

        self.branch, self.code, self.do, self.times = branch, code, actions, appointments
        self._services = {service.code: service for service in Service.objects.all()}
        self._people = {
            user.code: user for user in User.objects.filter(memberships__unit__path__startswith=branch.unit.path)
        }
        self._counters = list(Counter.objects.filter(branch=branch).order_by("pk"))
        self._sessions: dict[str, CounterSession] = {}
        self._tickets: dict[str, Any] = {}
        self._bookings: dict[str, Appointment] = {}

    def join(self, visitor: Visitor, *, at: int) -> str | None:
        """Let a customer join."""
        from troth.core.terms import Entry

        service, customer = self._services[visitor.service], self._customer(visitor)
        asked = {"branch": self.branch, "service": service, "now": instant(at), "entry": Entry.KIOSK}
        return self._known(lambda: self.do.join(**asked, customer=customer))

    def book(self, visitor: Visitor, *, at: int, slot: int) -> str | None:
        """Let a customer book a time."""
        customer = self._customer(visitor)
        name = "" if customer else name_of(visitor.customer)
        try:
            held = self.times.hold(
                branch=self.branch, service=self._services[visitor.service], starts_at=instant(slot), now=instant(at)
            )
        except self.do.Refused:
            return None
        row = self.times.book(appointment=held, now=instant(at), customer=customer, name=name)
        self._bookings[row.token] = row
        return str(row.token)

    def move(self, booking: str, *, at: int, slot: int) -> None:
        """Let a customer move a booking."""
        row = self._booking(booking)
        self._try(lambda: self.times.reschedule(appointment=row, starts_at=instant(slot), now=instant(at)))

    def cancel(self, booking: str, *, at: int) -> None:
        """Let a customer give up a booking."""
        self._try(lambda: self.times.cancel(appointment=self._booking(booking), now=instant(at)))

    def check_in(self, booking: str, *, at: int) -> str | None:
        """Let a customer with a booking come in."""
        return self._known(lambda: self.times.check_in(appointment=self._booking(booking), now=instant(at)))

    def leave(self, ticket: str, *, at: int) -> None:
        """Let a waiting customer leave."""
        self._try(lambda: self.do.leave(ticket=self._tickets[ticket], now=instant(at)))

    def take_counter(self, agent_id: str, *, at: int) -> bool:
        """Open the first free counter for a clerk."""
        taken = {session.counter_id for session in self._sessions.values()}
        for counter in self._counters:
            if counter.pk not in taken:
                self._sessions[agent_id] = self.do.open_counter(
                    counter=counter, clerk=self._people[agent_id], now=instant(at), made_up=True
                )
                return True
        return False

    def at_counter(self, agent_id: str) -> tuple[str, bool] | None:
        """Return nobody: the past is played from the morning on."""
        return None

    def close(self, agent_id: str, *, at: int) -> None:
        """Close a clerk's counter."""
        self.do.close_counter(session=self._sessions.pop(agent_id), now=instant(at))

    def pause(self, agent_id: str, *, at: int, state: str) -> None:
        """Let a clerk go on a break."""
        from troth.core.terms import AgentState

        self.do.take_break(session=self._sessions[agent_id], now=instant(at), state=AgentState(state))

    def back(self, agent_id: str, *, at: int) -> None:
        """Let a clerk come back."""
        self.do.end_break(session=self._sessions[agent_id], now=instant(at))

    def call(self, agent_id: str, *, at: int) -> str | None:
        """Call the next customer."""
        ticket = self.do.call_next(session=self._sessions[agent_id], now=instant(at))
        if ticket is None:
            return None
        self._tickets[ticket.token] = ticket
        return ticket.token

    def answer(self, agent_id: str, *, at: int, ticket: str) -> None:
        """Begin to serve."""
        self.do.answer(session=self._sessions[agent_id], ticket=self._tickets[ticket], now=instant(at))

    def finish(self, agent_id: str, *, at: int, ticket: str) -> None:
        """End the service."""
        self.do.finish(session=self._sessions[agent_id], ticket=self._tickets[ticket], now=instant(at))

    def no_show(self, agent_id: str, *, at: int, ticket: str) -> None:
        """Give up who does not come."""
        self.do.no_show(session=self._sessions[agent_id], ticket=self._tickets[ticket], now=instant(at))

    def _customer(self, visitor: Visitor) -> Customer | None:
        from troth.web.customers.models import Customer

        return Customer.objects.filter(pseudonym=pseudonym(self.code, visitor.customer)).first()

    def _booking(self, token: str) -> Appointment:
        from troth.web.flow.models import Appointment

        return self._bookings.get(token) or Appointment.objects.get(token=token)

    def _known(self, action: Callable[[], Ticket]) -> str | None:
        """Return the token of the ticket an action gives, to be found by it; None if it was refused."""
        try:
            ticket = action()
        except self.do.Refused:
            return None
        self._tickets[ticket.token] = ticket
        return ticket.token

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except self.do.Refused:
            return


class ApiHands:
    """Acts through the public API, in real time. A counter that a person took over is left to the person.

    Parameters
    ----------
    address : of the site, such as ``http://127.0.0.1:8000``.
    key : the secret of an access key that may act for clerks.
    branch : the branch's token.
    code : the letters of the site in the demo's pseudonyms.
    """

    def __init__(self, address: str, *, key: str, branch: str, code: str) -> None:
        self.code, self._branch = code, f"branches/{branch}"
        self._client = httpx.Client(
            base_url=f"{address}/api/v1/", headers={"Authorization": f"Bearer {key}"}, timeout=20.0, trust_env=False
        )

    def join(self, visitor: Visitor, *, at: int) -> str | None:
        """Let a customer join."""
        return self._given("tickets", visitor, {"service": visitor.service, "entry": "kiosk"})

    def book(self, visitor: Visitor, *, at: int, slot: int) -> str | None:
        """Let a customer book a time."""
        said = {"service": visitor.service, "starts_at": instant(slot).isoformat(), "name": name_of(visitor.customer)}
        return self._given("appointments", visitor, said)

    def move(self, booking: str, *, at: int, slot: int) -> None:
        """Let a customer move a booking."""
        self._post(f"appointments/{booking}/move", {"starts_at": instant(slot).isoformat()})

    def cancel(self, booking: str, *, at: int) -> None:
        """Let a customer give up a booking."""
        self._post(f"appointments/{booking}/cancel", {})

    def check_in(self, booking: str, *, at: int) -> str | None:
        """Let a customer with a booking come in."""
        answer = self._post(f"appointments/{booking}/check-in", {})
        return str(answer.json()["token"]) if answer.is_success else None

    def leave(self, ticket: str, *, at: int) -> None:
        """Let a waiting customer leave."""
        self._post(f"tickets/{ticket}/leave", {})

    def take_counter(self, agent_id: str, *, at: int) -> bool:
        """Open a counter for a clerk, or find it open."""
        return self._post(f"{self._branch}/clerks", {"clerk": agent_id, "made_up": True}).is_success

    def at_counter(self, agent_id: str) -> tuple[str, bool] | None:
        """Return whom a clerk has in front."""
        answer = self._send("GET", f"{self._branch}/clerks/{agent_id}", None)
        ticket = answer.json().get("ticket") if answer.is_success else None
        return (str(ticket["token"]), ticket["state"] == "serving") if ticket else None

    def close(self, agent_id: str, *, at: int) -> None:
        """Close a clerk's counter."""
        self._deed(agent_id, "close", {})

    def pause(self, agent_id: str, *, at: int, state: str) -> None:
        """Let a clerk go on a break."""
        self._deed(agent_id, "break", {"state": state})

    def back(self, agent_id: str, *, at: int) -> None:
        """Let a clerk come back."""
        self._deed(agent_id, "back", {})

    def call(self, agent_id: str, *, at: int) -> str | None:
        """Call the next customer."""
        answer = self._deed(agent_id, "call-next", {})
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise LookupError(agent_id)
        return str(answer.json()["token"]) if answer.status_code == httpx.codes.OK else None

    def answer(self, agent_id: str, *, at: int, ticket: str) -> None:
        """Begin to serve."""
        self._deed(agent_id, f"answer/{ticket}", {})

    def finish(self, agent_id: str, *, at: int, ticket: str) -> None:
        """End the service."""
        self._deed(agent_id, f"finish/{ticket}", {})

    def no_show(self, agent_id: str, *, at: int, ticket: str) -> None:
        """Give up who does not come."""
        self._deed(agent_id, f"no-show/{ticket}", {})

    def _given(self, what: str, visitor: Visitor, said: dict[str, Any]) -> str | None:
        """Return the token of the ticket or booking somebody gets; a newcomer nobody knows yet comes without pseudonym."""
        customer = pseudonym(self.code, visitor.customer)
        answer = self._post(f"{self._branch}/{what}", said | {"customer": customer})
        if answer.status_code == httpx.codes.NOT_FOUND:
            answer = self._post(f"{self._branch}/{what}", said)
        return str(answer.json()["token"]) if answer.is_success else None

    def _deed(self, agent_id: str, what: str, said: dict[str, Any]) -> httpx.Response:
        return self._post(f"{self._branch}/clerks/{agent_id}/{what}", said)

    def _post(self, path: str, said: dict[str, Any]) -> httpx.Response:
        return self._send("POST", path, said)

    def _send(self, method: str, path: str, said: dict[str, Any] | None) -> httpx.Response:
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                answer = self._client.request(method, path, json=said)
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
            else:
                if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR or time.monotonic() > until:
                    return answer
            time.sleep(1.0)
