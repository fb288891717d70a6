"""The plain reading of a discipline: whom a server takes next, the whole order, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from troth.core.decision import Explanation
from troth.core.time import to_micros
from troth.queueing.discipline import (
    EARLIEST,
    LONGEST,
    Comeback,
    CustomerClass,
    Discipline,
    Lateness,
)

#: Levels of a skill are 0 to 9: a skill and its level are one number, skill * 10 + level.
LEVELS: Final = 10
_MINUTE: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """One waiting ticket, as far as a discipline looks at it.

    Parameters
    ----------
    id : a whole number; the last tie break.
    joined_at : when it joined this queue.
    service, priority, labels : what classes look at.
    booked_at : the booked time of an appointment.
    returned_at : when it last went back to the queue.
    not_before : may not be called before, such as while the customer is away.
    skills : what it requires, see `skill`.
    reserved_for : only servers of this name may call it.
    overtaken : how often a ticket with a later place was called by a server that could have called this one.
    overtaken_at : when that happened first.
    """

    id: int
    joined_at: datetime
    service: str = ""
    priority: int = 0
    labels: tuple[str, ...] = ()
    booked_at: datetime | None = None
    returned_at: datetime | None = None
    not_before: datetime | None = None
    skills: tuple[int, ...] = ()
    reserved_for: str | None = None
    overtaken: int = 0
    overtaken_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """Who asks for the next ticket: a counter with the person at it.

    Parameters
    ----------
    names : names under which tickets may be reserved for it, such as the counter's and the person's.
    services : which it serves; empty for all.
    skills : skill ids with the level held, 0 to 9.
    """

    names: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    skills: tuple[tuple[int, int], ...] = ()


class Placed(NamedTuple):
    """The whole numbers a ticket is brought down to.

    Parameters
    ----------
    klass : the number of its class.
    place_us : from when its waiting counts, in microseconds since 1970.
    ready_us : from when it may be called.
    """

    klass: int
    place_us: int
    ready_us: int


@dataclass(frozen=True, slots=True)
class Choice:
    """The ticket chosen and why: a code `discipline.*` and its parameters."""

    ticket: Waiting
    reason: Explanation


def skill(number: int, *, level: int = 0) -> int:
    """Return the number that says a ticket requires a skill at a level, 0 to 9.

    Examples
    --------
    >>> skill(7, level=3)
    73
    """
    if number < 0 or not 0 <= level < LEVELS:
        raise ValueError(f"A skill has a number from 0 and a level from 0 to 9: {number}, {level}.")
    return number * LEVELS + level


def offers(server: Server) -> tuple[int, ...]:
    """Return every requirement a server meets: each skill at its level and all below.

    Examples
    --------
    >>> offers(Server(skills=((7, 2),)))
    (70, 71, 72)
    """
    return tuple(skill(number, level=k) for number, level in server.skills for k in range(level + 1))


def placed(discipline: Discipline, *, ticket: Waiting) -> Placed:
    """Return the numbers of a ticket; they do not depend on `now`."""
    joined = to_micros(ticket.joined_at)
    place = ready = joined
    booked = ticket.booked_at is not None
    if ticket.booked_at is not None:
        rules, at = discipline.appointments, to_micros(ticket.booked_at)
        late = rules.late is not Lateness.KEEP and joined > at + micros_of(rules.grace)
        booked = not (late and rules.late is Lateness.WALK_IN)
        if booked:
            place = (joined if late else at) - micros_of(rules.head_start)
        if not late and rules.early is not None:
            ready = at - micros_of(rules.early)
    if ticket.returned_at is not None and discipline.returning.to is Comeback.END:
        place = max(place, to_micros(ticket.returned_at) - micros_of(discipline.returning.head_start))
    if ticket.not_before is not None:
        ready = max(ready, to_micros(ticket.not_before))
    return Placed(_class_of(discipline, ticket, booked=booked), place, ready)


def points(one: CustomerClass, *, place_us: int, now_us: int) -> int:
    """Return the points of a ticket of a class, in units of a thousandth of a point times a microsecond per minute."""
    waited = min(max(now_us - place_us, -micros_of(EARLIEST)), micros_of(LONGEST))
    return round(one.head_start * 1000) * _MINUTE + round(one.ageing * 1000) * waited


def rank(
    discipline: Discipline, *, waiting: Iterable[Waiting], now: datetime, server: Server | None = None
) -> tuple[Waiting, ...]:
    """Return the tickets that may be called now, in the order of the discipline.

    Parameters
    ----------
    server : leave out those it could not serve; None leaves out nobody.
    """
    now_us = to_micros(now)
    found: list[tuple[tuple[int, ...], Waiting]] = []
    for ticket in waiting:
        if server is not None and not can_serve(server, ticket=ticket):
            continue
        numbers = placed(discipline, ticket=ticket)
        if numbers.ready_us > now_us:
            continue
        one = discipline.classes[numbers.klass]
        if _past_cap(discipline, ticket, numbers, now_us):
            key = (0, 0, numbers.place_us)
        else:
            key = (1, one.level, -points(one, place_us=numbers.place_us, now_us=now_us))
        found.append(((*key, to_micros(ticket.joined_at), ticket.id), ticket))
    return tuple(ticket for _, ticket in sorted(found, key=lambda pair: pair[0]))


def choose(discipline: Discipline, *, waiting: Iterable[Waiting], server: Server, now: datetime) -> Choice | None:
    """Return whom a server takes next and why, or None when nobody may be called.

    Examples
    --------
    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> line = [Waiting(k, joined_at=noon - timedelta(minutes=5 - k)) for k in (1, 2)]
    >>> chosen = choose(Discipline(), waiting=line, server=Server(), now=noon)
    >>> chosen.ticket.id, chosen.reason.code, chosen.reason.parameters["waited_s"]
    (1, 'discipline.longest_wait', 240.0)
    """
    order = rank(discipline, waiting=waiting, now=now, server=server)
    return Choice(order[0], reason(discipline, ticket=order[0], now=now)) if order else None


def can_serve(server: Server, *, ticket: Waiting) -> bool:
    """Tell whether a server may take a ticket: service, skills and reservation."""
    if server.services and ticket.service not in server.services:
        return False
    if ticket.reserved_for is not None and ticket.reserved_for not in server.names:
        return False
    return not ticket.skills or set(ticket.skills) <= set(offers(server))


def overtaken(
    discipline: Discipline, *, ticket: Waiting, waiting: Iterable[Waiting], server: Server, now: datetime
) -> tuple[int, ...]:
    """Return the ids of those a call of `ticket` overtakes: ready, servable by the server, and of an earlier place.

    Their `overtaken` is to be raised by one, and `overtaken_at` set where it is not yet.
    """
    place, now_us = placed(discipline, ticket=ticket).place_us, to_micros(now)
    return tuple(
        other.id
        for other in waiting
        if other.id != ticket.id
        and (numbers := placed(discipline, ticket=other)).place_us < place
        and numbers.ready_us <= now_us
        and can_serve(server, ticket=other)
    )


def reason(discipline: Discipline, *, ticket: Waiting, now: datetime) -> Explanation:
    """Return why a ticket stands where it stands: the strongest rule that lifts it.

    Codes, strongest first, each with ``class``, ``waited_s`` (since it joined) and what is named here:
    ``discipline.overtaken`` (times, limit), ``discipline.behind`` (behind_s, limit_s), ``discipline.aged`` (limit_s),
    ``discipline.level`` (level), ``discipline.appointment`` (booked_at), ``discipline.weighted_wait`` (points) and
    ``discipline.longest_wait``.
    """
    numbers, now_us = placed(discipline, ticket=ticket), to_micros(now)
    one, fair = discipline.classes[numbers.klass], discipline.fairness
    said: dict[str, object] = {"class": one.name, "waited_s": (now_us - to_micros(ticket.joined_at)) / 1e6}
    if fair.overtakes is not None and ticket.overtaken >= fair.overtakes > 0:
        return Explanation("discipline.overtaken", said | {"times": ticket.overtaken, "limit": fair.overtakes})
    if fair.behind is not None and _since(ticket.overtaken_at, now_us) >= micros_of(fair.behind):
        behind = _since(ticket.overtaken_at, now_us) / 1e6
        return Explanation("discipline.behind", said | {"behind_s": behind, "limit_s": fair.behind.total_seconds()})
    if fair.wait is not None and now_us - numbers.place_us >= micros_of(fair.wait):
        return Explanation("discipline.aged", said | {"limit_s": fair.wait.total_seconds()})
    if fair.overtakes == 0:
        return Explanation("discipline.longest_wait", said)
    if one.level < max(other.level for other in discipline.classes):
        return Explanation("discipline.level", said | {"level": one.level})
    if ticket.booked_at is not None and numbers.place_us != to_micros(ticket.joined_at):
        return Explanation("discipline.appointment", said | {"booked_at": ticket.booked_at})
    if any((other.head_start, other.ageing) != (one.head_start, one.ageing) for other in discipline.classes):
        scored = points(one, place_us=numbers.place_us, now_us=now_us) / (1000 * _MINUTE)
        return Explanation("discipline.weighted_wait", said | {"points": scored})
    return Explanation("discipline.longest_wait", said)


def micros_of(duration: timedelta) -> int:
    """Return a duration as whole microseconds."""
    return duration // timedelta(microseconds=1)


def _class_of(discipline: Discipline, ticket: Waiting, *, booked: bool) -> int:
    for k, one in enumerate(discipline.classes[:-1]):
        if (
            (not one.services or ticket.service in one.services)
            and (not one.priorities or ticket.priority in one.priorities)
            and (not one.labels or not set(one.labels).isdisjoint(ticket.labels))
            and (one.booked is None or one.booked == booked)
        ):
            return k
    return len(discipline.classes) - 1


def _past_cap(discipline: Discipline, ticket: Waiting, numbers: Placed, now_us: int) -> bool:
    fair = discipline.fairness
    return (
        (fair.overtakes is not None and ticket.overtaken >= fair.overtakes)
        or (fair.behind is not None and _since(ticket.overtaken_at, now_us) >= micros_of(fair.behind))
        or (fair.wait is not None and now_us - numbers.place_us >= micros_of(fair.wait))
    )


def _since(instant: datetime | None, now_us: int) -> int:
    """Return microseconds since an instant; far below 0 where there is none."""
    return -micros_of(LONGEST) if instant is None else now_us - to_micros(instant)
