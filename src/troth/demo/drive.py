"""Driving a real branch with made-up people: customers join and leave, clerks call and serve, through given hands.

What is decided by the real thing (who is next, how long the line is) is not modelled here; the driver only does what
customers and clerks do, at the time they would.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, Final, Protocol

from troth.demo.controls import Shift
from troth.demo.visitors import BranchDay, Visitor

#: An idle clerk looks again so often, in milliseconds.
LOOK: Final = 5_000
#: A clerk whose counter somebody else took looks for a free one after this, in milliseconds.
AGAIN: Final = 600_000
#: Someone called who does not come is given up after this, in milliseconds.
ABSENT: Final = 150_000
#: A real customer, of whom the driver knows nothing, is served as long as this, in seconds.
STRANGER_S: Final = 240.0


class Hands(Protocol):
    """What can be done at a real branch. Instants in milliseconds since 1970; tickets are opaque words."""

    def join(self, visitor: Visitor, *, at: int) -> str | None:
        """Let a customer join and return the ticket; None if that was refused."""

    def book(self, visitor: Visitor, *, at: int, slot: int) -> str | None:
        """Let a customer book a time and return the booking, an opaque word; None if that was refused."""

    def move(self, booking: str, *, at: int, slot: int) -> None:
        """Let a customer move a booking to another time; where that is refused it stays."""

    def cancel(self, booking: str, *, at: int) -> None:
        """Let a customer give up a booking."""

    def check_in(self, booking: str, *, at: int) -> str | None:
        """Let a customer with a booking say that they are here and return the ticket; None if that was refused."""

    def leave(self, ticket: str, *, at: int) -> None:
        """Let a waiting customer leave; one who is not waiting any more stays."""

    def take_counter(self, agent_id: str, *, at: int) -> bool:
        """Let a clerk take a counter; False if a real person has it."""

    def at_counter(self, agent_id: str) -> tuple[str, bool] | None:
        """Return the ticket a clerk has in front and whether it is being served; asked where a driver starts anew."""

    def close(self, agent_id: str, *, at: int) -> None:
        """Let a clerk close the counter."""

    def pause(self, agent_id: str, *, at: int, state: str) -> None:
        """Let a clerk go on a break or to a meeting or training."""

    def back(self, agent_id: str, *, at: int) -> None:
        """Let a clerk come back."""

    def call(self, agent_id: str, *, at: int) -> str | None:
        """Call the next customer to a clerk and return the ticket; None if nobody waits.

        Raises
        ------
        LookupError : the clerk has no counter any more: somebody else has taken it.
        """

    def answer(self, agent_id: str, *, at: int, ticket: str) -> None:
        """Begin to serve the customer who was called."""

    def finish(self, agent_id: str, *, at: int, ticket: str) -> None:
        """End the service."""

    def no_show(self, agent_id: str, *, at: int, ticket: str) -> None:
        """Give up a customer who does not come."""


@dataclass(slots=True)
class _Clerk:
    shift: Shift
    pace: float
    open: bool = False
    busy: bool = False
    away: bool = False
    due: list[tuple[float, str]] = field(default_factory=list)


class BranchDriver:
    """Plays one day at a branch, step by step.

    Parameters
    ----------
    day : visitors and shifts.
    hands : what they act with.
    paces : by clerk how long serving takes, relative to the average.
    since : what was before this instant is not played (a driver that was started anew).
    bookings : by visitor's number the booking they have; what is booked is added, so that a driver started anew knows.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.demo import small_company
    >>> from troth.demo.visitors import branch_day
    >>> day = branch_day(small_company(), site=1, seed=1, day=date(2026, 3, 3))
    >>> len(day.visitors) > 20
    True
    """

    def __init__(
        self,
        day: BranchDay,
        *,
        hands: Hands,
        paces: dict[str, float],
        since: int = 0,
        bookings: MutableMapping[int, str] | None = None,
    ) -> None:
        self.hands = hands
        self._bookings: MutableMapping[int, str] = {} if bookings is None else bookings
        self._heap: list[tuple[int, int, str, Any]] = []
        self._serial = 0
        self._known: dict[str, Visitor] = {}
        self._gone: set[str] = set()
        self._clerks = {s.agent_id: _Clerk(s, paces.get(s.agent_id, 1.0)) for s in day.shifts}
        for visitor in day.visitors:
            due = ((visitor.said, "book"), (visitor.moves_at, "move"), (visitor.cancels_at, "cancel"))
            for at, what in (*due, (visitor.at if visitor.comes else None, "come")):
                if at is not None and at >= since:
                    self._put(at, what, visitor)
        for shift in day.shifts:
            if shift.ends > since:
                self._put(max(shift.starts, since), "shift", shift.agent_id)
                self._put(shift.ends, "going", shift.agent_id)
                for pause_at, seconds, state in shift.pauses:
                    if pause_at >= since:
                        self._put(pause_at, "pause", (shift.agent_id, seconds, state))

    @property
    def next_at(self) -> int | None:
        """The instant of the next thing to do; None when the day is over."""
        return self._heap[0][0] if self._heap else None

    def advance(self, until: int) -> None:
        """Do everything due up to and including an instant."""
        while self._heap and self._heap[0][0] <= until:
            at, _, what, whom = heappop(self._heap)
            getattr(self, f"_on_{what}")(at, whom)

    def _put(self, at: int, what: str, whom: Any) -> None:
        self._serial += 1
        heappush(self._heap, (at, self._serial, what, whom))

    # Customers --------------------------------------------------------------------------------------------------------

    def _on_book(self, at: int, visitor: Visitor) -> None:
        slot = visitor.slot if visitor.wished is None else visitor.wished
        booking = None if slot is None else self.hands.book(visitor, at=at, slot=slot)
        if booking is not None:
            self._bookings[visitor.number] = booking

    def _on_move(self, at: int, visitor: Visitor) -> None:
        booking = self._bookings.get(visitor.number)
        if booking is not None and visitor.slot is not None:
            self.hands.move(booking, at=at, slot=visitor.slot)

    def _on_cancel(self, at: int, visitor: Visitor) -> None:
        if (booking := self._bookings.get(visitor.number)) is not None:
            self.hands.cancel(booking, at=at)

    def _on_come(self, at: int, visitor: Visitor) -> None:
        booking = self._bookings.get(visitor.number)
        ticket = self.hands.check_in(booking, at=at) if booking is not None else None
        if ticket is None:  # nothing booked, or nothing that holds
            ticket = self.hands.join(visitor, at=at)
        if ticket is not None:
            self._known[ticket] = visitor
            self._put(at + int(visitor.bears_s * 1000), "leave", ticket)

    def _on_leave(self, at: int, ticket: str) -> None:
        visitor = self._known.get(ticket)
        if visitor is None:  # being served, or served
            return
        self._gone.add(ticket)
        if not visitor.silent:
            del self._known[ticket]
            self.hands.leave(ticket, at=at)

    # Clerks -----------------------------------------------------------------------------------------------------------

    def _on_shift(self, at: int, agent_id: str) -> None:
        clerk = self._clerks[agent_id]
        clerk.open = self.hands.take_counter(agent_id, at=at)
        if not clerk.open:
            return
        found = self.hands.at_counter(agent_id) if at > clerk.shift.starts else None
        if found is None:
            if at > clerk.shift.starts:
                self.hands.back(agent_id, at=at)
            self._put(at, "free", agent_id)
            return
        ticket, served = found
        clerk.busy = True
        self._put(at + LOOK, "finish" if served else "answer", (agent_id, ticket, None))

    def _on_pause(self, at: int, what: tuple[str, float, str]) -> None:  # noqa: ARG002  every handler is told the time
        agent_id, seconds, state = what
        self._clerks[agent_id].due.append((seconds, state))

    def _on_free(self, at: int, agent_id: str) -> None:
        clerk = self._clerks[agent_id]
        if not clerk.open or clerk.busy or clerk.away:
            return
        if at >= clerk.shift.ends:
            self.hands.close(agent_id, at=at)
            clerk.open = False
            return
        if clerk.due:
            seconds, state = clerk.due.pop(0)
            clerk.away = True
            self.hands.pause(agent_id, at=at, state=state)
            self._put(at + int(seconds * 1000), "back", agent_id)
            return
        try:
            ticket = self.hands.call(agent_id, at=at)
        except LookupError:
            clerk.open = False
            if at + AGAIN < clerk.shift.ends:
                self._put(at + AGAIN, "shift", agent_id)
            return
        if ticket is None:
            self._put(at + LOOK, "free", agent_id)
            return
        clerk.busy = True
        visitor = self._known.pop(ticket, None)
        if ticket in self._gone:
            self._put(at + ABSENT, "absent", (agent_id, ticket))
        else:
            walk = visitor.walk_s if visitor else 15.0
            self._put(at + int(walk * 1000), "answer", (agent_id, ticket, visitor))

    def _on_back(self, at: int, agent_id: str) -> None:
        clerk = self._clerks[agent_id]
        clerk.away = False
        self.hands.back(agent_id, at=at)
        self._on_free(at, agent_id)

    def _on_absent(self, at: int, what: tuple[str, str]) -> None:
        agent_id, ticket = what
        self.hands.no_show(agent_id, at=at, ticket=ticket)
        self._clerks[agent_id].busy = False
        self._on_free(at, agent_id)

    def _on_answer(self, at: int, what: tuple[str, str, Visitor | None]) -> None:
        agent_id, ticket, visitor = what
        self.hands.answer(agent_id, at=at, ticket=ticket)
        serve = visitor.serve_s * self._clerks[agent_id].pace if visitor else STRANGER_S
        self._put(at + int(serve * 1000), "finish", (agent_id, ticket, visitor))

    def _on_finish(self, at: int, what: tuple[str, str, Visitor | None]) -> None:
        agent_id, ticket, visitor = what
        self.hands.finish(agent_id, at=at, ticket=ticket)
        self._put(at + int((visitor.wrap_s if visitor else 10.0) * 1000), "wrapped", agent_id)

    def _on_wrapped(self, at: int, agent_id: str) -> None:
        self._clerks[agent_id].busy = False
        self._on_free(at, agent_id)

    def _on_going(self, at: int, agent_id: str) -> None:
        self._on_free(at, agent_id)
