"""Counters: open, closed, on a break. The time at a counter is the clerk's paid time in the log."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Max, Q

from troth.core.terms import AgentState, TicketState
from troth.web.flow import bridge
from troth.web.flow.events import after, become, of_counter, of_shift
from troth.web.flow.models import Counter, CounterSession, Ticket
from troth.web.flow.refused import Refused, one_transaction
from troth.web.flow.rows import IN_FRONT, held_session, hold_line
from troth.web.live.notify import changed
from troth.web.outbox.record import record
from troth.web.people.models import Qualification, User

#: States in which a clerk is here but takes nobody.
AWAY: Final = (AgentState.BREAK, AgentState.MEETING, AgentState.TRAINING)


@one_transaction
def open_counter(*, counter: Counter, clerk: User, now: datetime, made_up: bool = False) -> CounterSession:
    """Open a counter. A person takes one over that only the demo's driver keeps, with the customer in front of it.

    Parameters
    ----------
    made_up : kept by the demo's driver.

    Raises
    ------
    Refused : ``counter-taken``, ``clerk-elsewhere``.
    """
    running = CounterSession.objects.select_related("clerk", "counter__branch__unit").filter(closed_at=None)
    here = running.filter(Q(counter=counter) | Q(clerk=clerk)).select_for_update(of=("self",)).order_by("pk")
    for other in list(here):
        if other.clerk_id == clerk.pk and other.counter_id == counter.pk:
            return other
        if other.clerk_id == clerk.pk:
            advice = "Maybe close the other counter first."
            raise Refused("clerk-elsewhere", where="counter", value=other.counter, advice=advice)
        if made_up or not other.made_up:
            raise _taken(counter)
        return _take_over(other, clerk=clerk, now=now)
    return _begin(counter, clerk=clerk, now=now, made_up=made_up)


@one_transaction
def close_counter(*, session: CounterSession, now: datetime) -> CounterSession:
    """Close a counter. Whoever waits for it or its clerk alone waits for all from now on.

    Raises
    ------
    Refused : ``customer-in-front``.
    """
    mine = _running(session)
    if mine.closed_at is not None:
        return mine
    if mine.state == AgentState.ON_CONTACT:
        advice = "Maybe finish with the customer in front first, or hand them on."
        raise Refused("customer-in-front", where="counter", value=mine.counter, advice=advice)
    end_session(mine, at=after(now, mine.state_since))
    return mine


@one_transaction
def take_break(*, session: CounterSession, now: datetime, state: AgentState = AgentState.BREAK) -> CounterSession:
    """Keep the counter but take nobody: a break, a meeting or training.

    Raises
    ------
    Refused : ``counter-closed``, ``customer-in-front``, ``no-break``.
    """
    mine = held_session(session)
    if state not in AWAY:
        raise Refused("no-break", where="state", value=state, advice=f"Maybe one of {', '.join(AWAY)} is meant.")
    if mine.state == AgentState.ON_CONTACT:
        advice = "Maybe finish with the customer in front first."
        raise Refused("customer-in-front", where="counter", value=mine.counter, advice=advice)
    return _switch(mine, state, now=now)


@one_transaction
def end_break(*, session: CounterSession, now: datetime) -> CounterSession:
    """Take customers again.

    Raises
    ------
    Refused : ``counter-closed``.
    """
    mine = held_session(session)
    return mine if mine.state == AgentState.ON_CONTACT else _switch(mine, AgentState.AVAILABLE, now=now)


def end_session(mine: CounterSession, *, at: datetime, origin: str = "exact") -> None:
    """End a locked session with nobody in front; nobody is left waiting for it alone.

    Parameters
    ----------
    origin : ``"repaired"`` when the end is a guess.
    """
    alone = Ticket.objects.filter(
        branch_id=mine.counter.branch_id, state=TicketState.WAITING, reserved_for__in=bridge.names(mine)
    )
    for line_id in sorted(set(alone.values_list("line_id", flat=True))):
        hold_line(line_id)
    alone.update(reserved_for=None)
    _stop(mine, at=at, origin=origin)


def _stop(mine: CounterSession, *, at: datetime, origin: str = "exact") -> None:
    mine.closed_at, mine.state, mine.state_since = at, str(AgentState.OFFLINE), at
    mine.save(update_fields=["closed_at", "state", "state_since"])
    record(
        of_counter(mine, "counter_closed", at=at, origin=origin), of_shift(mine, "shift_ended", at=at, origin=origin)
    )
    changed(mine.counter.branch.unit_id)


def _begin(counter: Counter, *, clerk: User, now: datetime, made_up: bool) -> CounterSession:
    # Whoever closed it may have been told a later time.
    before = CounterSession.objects.filter(Q(counter=counter) | Q(clerk=clerk), closed_at__gte=now)
    at = after(now, before.aggregate(last=Max("closed_at"))["last"])
    day = counter.branch.today(at)
    valid = Qualification.objects.filter(user=clerk).filter(Q(expires_on=None) | Q(expires_on__gt=day))
    skills = bridge.held(valid.values_list("skill_id", "level"))
    session = CounterSession(
        counter=counter, clerk=clerk, opened_at=at, state_since=at, skills=skills, made_up=made_up
    )  # fmt: skip
    try:
        with transaction.atomic():
            session.save(force_insert=True)
    except IntegrityError as error:
        raise _taken(counter) from error
    record(
        of_shift(session, "shift_started", at=at),
        of_shift(session, "state_changed", at=at, step=str(AgentState.AVAILABLE)),
        of_counter(session, "counter_opened", at=at),
    )
    changed(counter.branch.unit_id)
    return session


def _take_over(other: CounterSession, *, clerk: User, now: datetime) -> CounterSession:
    at = after(now, other.state_since)
    _stop(other, at=at)
    mine = _begin(other.counter, clerk=clerk, now=at, made_up=False)
    in_front = Ticket.objects.filter(session=other, state__in=[str(one) for one in IN_FRONT])
    if in_front.update(session=mine):
        record(become(mine, AgentState.ON_CONTACT, at=after(at, mine.state_since)))
    waits = Ticket.objects.filter(state=TicketState.WAITING, reserved_for=other.clerk.code)
    for line_id in sorted(set(waits.values_list("line_id", flat=True))):
        hold_line(line_id)
    waits.update(reserved_for=None)
    return mine


def _switch(mine: CounterSession, state: AgentState, *, now: datetime) -> CounterSession:
    if mine.state != state:
        record(become(mine, state, at=after(now, mine.state_since)))
        changed(mine.counter.branch.unit_id)
    return mine


def _running(session: CounterSession) -> CounterSession:
    found = CounterSession.objects.select_related("clerk", "counter__branch__unit")
    return found.select_for_update(of=("self",)).get(pk=session.pk)


def _taken(counter: Counter) -> Refused:
    return Refused("counter-taken", where="counter", value=counter, advice="Maybe choose a free counter.")
