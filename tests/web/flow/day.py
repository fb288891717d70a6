"""A branch at work, for tests of customer flow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.web import cast
from troth.web.flow import actions
from troth.web.flow.models import CounterSession, Ticket
from troth.web.outbox.models import Fact
from troth.web.people.models import User

NOW = cast.NOW
MIN = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@dataclass
class Day:
    """Baltic Bank in Vilnius with a clock that a test moves."""

    company: cast.Company
    place: cast.Place
    now: datetime = NOW

    def later(self, minutes: float = 1) -> datetime:
        """Let time pass and return the new time."""
        self.now += minutes * MIN
        return self.now

    def join(self, **given: Any) -> Ticket:
        """Let somebody join, a minute after whatever was before."""
        asked = {"service": self.company.cash, **given}
        return actions.join(branch=self.place.branch, now=self.later(), **asked)

    def open(self, clerk: User | None = None, counter: int = 0, **given: Any) -> CounterSession:
        """Open a counter; Bob's the first unless told."""
        desk = self.place.counters[counter]
        return actions.open_counter(counter=desk, clerk=clerk or self.company.bob, now=self.later(), **given)

    def call(self, session: CounterSession) -> Ticket:
        """Call the next; there must be one."""
        found = actions.call_next(session=session, now=self.later())
        assert found is not None
        return found

    def serve(self, session: CounterSession, minutes: float = 5) -> Ticket:
        """Call, answer and finish the next."""
        called = self.call(session)
        actions.answer(session=session, ticket=called, now=self.later())
        return actions.finish(session=session, ticket=called, now=self.later(minutes))


def day(company: cast.Company, **fields: Any) -> Day:
    """Return a day at the bank's branch in Vilnius."""
    return Day(company, cast.branch(company, **fields))


def told(ticket: Ticket) -> list[str]:
    """Return the activities of a ticket's contact, in the order they were written."""
    facts = Fact.objects.filter(event__contact_id=str(ticket.contact_id)).order_by("id")
    return list(facts.values_list("activity", flat=True))


def fresh(ticket: Ticket) -> Ticket:
    """Return a ticket as the database has it."""
    return Ticket.objects.get(pk=ticket.pk)
