"""The hands of the demo's driver: on the rows themselves, for the part of the day that is over; and by the API."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import httpx

from troth.demo.visitors import Visitor

if TYPE_CHECKING:
    from troth.web.flow.models import Branch, CounterSession

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: The web may be starting anew: a call is tried again for so long.
_PATIENCE_S: Final = 60.0


def instant(at: int) -> datetime:
    """Return milliseconds since 1970 as an instant."""
    return _EPOCH + timedelta(milliseconds=at)


def pseudonym(code: str, customer: int) -> str:
    """Return the pseudonym under which the demo's log knows a customer."""
    return f"u{code}{customer}"


class PastHands:
    """Acts on the rows with the time of the past; needs Django set up.

    Parameters
    ----------
    branch : where.
    code : the letters of the site in the demo's pseudonyms.
    """

    def __init__(self, branch: Branch, *, code: str) -> None:
        from troth.web.flow import actions
        from troth.web.flow.models import Counter
        from troth.web.people.models import User
        from troth.web.services.models import Service

        self.branch, self.code, self.do = branch, code, actions
        self._services = {service.code: service for service in Service.objects.all()}
        self._people = {
            user.code: user for user in User.objects.filter(memberships__unit__path__startswith=branch.unit.path)
        }
        self._counters = list(Counter.objects.filter(branch=branch).order_by("pk"))
        self._sessions: dict[str, CounterSession] = {}
        self._tickets: dict[str, Any] = {}

    def join(self, visitor: Visitor, *, at: int) -> str | None:
        """Let a customer join."""
        from troth.core.terms import Entry
        from troth.web.customers.models import Customer

        customer = Customer.objects.filter(pseudonym=pseudonym(self.code, visitor.customer)).first()
        try:
            ticket = self.do.join(
                branch=self.branch, service=self._services[visitor.service], now=instant(at), entry=Entry.KIOSK,
                customer=customer,
            )  # fmt: skip
        except self.do.Refused:
            return None
        self._tickets[ticket.token] = ticket
        return ticket.token

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
        customer = pseudonym(self.code, visitor.customer)
        said = {"service": visitor.service, "entry": "kiosk", "customer": customer}
        answer = self._post(f"{self._branch}/tickets", said)
        if answer.status_code == httpx.codes.NOT_FOUND:  # a newcomer nobody knows yet
            answer = self._post(f"{self._branch}/tickets", said | {"customer": None})
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
