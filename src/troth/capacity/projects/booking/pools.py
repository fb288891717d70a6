"""Whether a role or a team can do what is booked of it, beside what its members are booked for by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from troth.capacity.projects.booking._loads import CountedBookings, Wanted, days, last_day, wanted, with_proposed
from troth.capacity.projects.booking._ortools import behind_the_cut
from troth.capacity.projects.booking._pool_net import BOOKINGS, SINK, SOURCE, PoolNet, families, pool_net
from troth.capacity.projects.booking.check import refuse
from troth.capacity.projects.portfolio import Portfolio, ProjectBooking
from troth.core.decision import Issue, Severity

#: Hundredths of an hour below which too little is rounding.
_SLACK: Final = 2


@dataclass(frozen=True, slots=True)
class PooledShortage:
    """Bookings that need more hours than all who could do them have.

    Parameters
    ----------
    booking_ids : of roles, teams or skills, and of members by name that compete with them.
    people : who could do them.
    first, until : the first day of them, and the day after the last.
    forced : hours of them that count.
    available : hours that those people have for them.
    over : hours that nobody can do: `forced` less `available`.
    """

    booking_ids: tuple[str, ...]
    people: tuple[str, ...]
    first: date
    until: date
    forced: float
    available: float
    over: float

    def as_issue(self) -> Issue:
        """Return it as a warning that says its size."""
        span = f"{self.first.isoformat()}/{(self.until - timedelta(days=1)).isoformat()}"
        names = ", ".join(self.booking_ids)
        value = (
            f"{self.over:.2f} h over: {self.forced:.2f} h of {names} in {self.available:.2f} h of {len(self.people)}"
        )
        advice = "Maybe hire, train or subcontract for these days, or begin later."
        return Issue("pool-over-booked", Severity.WARNING, span, value, advice)


def pooled(
    portfolio: Portfolio,
    *,
    counted: CountedBookings = CountedBookings.HARD,
    proposed: Iterable[ProjectBooking] = (),
) -> tuple[PooledShortage, ...]:
    """Return which bookings of roles, teams and skills cannot be done by all who could do them, beside what people are booked for by name.

    Any member may do any part of such a booking on any of its days on which they hold the skill at its level. That is a flow of hours
    from bookings to days of people; what the largest flow leaves over is told with the least cut (L. R. Ford and D. R. Fulkerson, 1956,
    Maximal flow through a network, Canadian Journal of Mathematics 8, 399-404). A booking of a placeholder is one of its role and team. Bookings by
    name alone are the business of `overbooked`. Hours are counted in hundredths.

    Parameters
    ----------
    counted : hard bookings alone, soft ones by their probability, or all in full.
    proposed : bookings that are thought of, which count in full.

    Raises
    ------
    InputError
        With every error in the bookings that leaves nothing to compute with.

    Returns
    -------
    In the order of the first booking of each that names nobody.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import Consultant, ContractTerms, HeldSkill
    >>> terms, monday = (ContractTerms(date(2026, 1, 1)),), date(2026, 6, 1)
    >>> people = (Consultant("ada", terms, (HeldSkill("sap", 2),)), Consultant("ben", terms, (HeldSkill("sap", 1),)))
    >>> asked = ProjectBooking("b", "p", monday, date(2026, 6, 6), 60, skill="sap", level=2)
    >>> (found,) = pooled(Portfolio(monday, people, bookings=(asked,)))
    >>> found.people, found.over
    (('ada',), 20.0)
    """
    added = tuple(proposed)
    every = with_proposed(portfolio, proposed=added)
    refuse(every)
    people = [one for one in every.people if not one.placeholder]
    known = {one.person_id for one in people}
    wants = wanted(every, counted=counted, full={one.booking_id for one in added})
    open_ = [one._replace(booking=_unnamed(one.booking, every)) for one in wants if one.booking.person_id not in known]
    if not open_:
        return ()
    able = {p for family in families([one.booking for one in open_], people=people) for p, _ in family.able}
    people = [people[p] for p in sorted(able)]
    names = {one.person_id for one in people}
    own = [one for one in wants if one.booking.person_id in names]
    have = days(every, until=last_day([*open_, *own], portfolio=every), people=names)
    some = families([one.booking for one in open_], people=people)
    mine = [(k, have.row[one.booking.person_id]) for k, one in enumerate(own, len(open_))]
    net = pool_net([*open_, *own], some=some, own=mine, have=have)
    return tuple(_shortages(every.day, [*open_, *own], len(open_), net, have.names))


def _unnamed(booking: ProjectBooking, portfolio: Portfolio) -> ProjectBooking:
    """Return a booking of a placeholder as one of its role and team."""
    if not booking.person_id:
        return booking
    stand_in = next(one for one in portfolio.people if one.person_id == booking.person_id)
    return replace(booking, role=booking.role or stand_in.role, team=booking.team or stand_in.team)


def _short(net: PoolNet) -> Any:
    """Return which nodes are behind the least cut that holds no more than it must, (nodes,)."""
    there = np.bincount(net.place, net.room, net.nodes).astype(np.int64)
    ask, give = np.flatnonzero(net.asked), np.flatnonzero(there)
    inner = (net.head < net.place.min(initial=net.nodes)) | (there[net.head] > 0)  # nothing can be had of days off
    arcs = (
        (np.full(len(ask), SOURCE), BOOKINGS + ask, net.asked[ask]),
        (net.tail[inner], net.head[inner], np.full(int(inner.sum()), net.asked.sum())),
        (give, np.full(len(give), SINK), there[give]),
    )
    tail, head, room = (np.concatenate(some) for some in zip(*arcs, strict=True))
    return behind_the_cut(tail=tail, head=head, room=room, source=SOURCE, sink=SINK, nodes=net.nodes)


def _shortages(
    first: date, wants: Sequence[Wanted], open_: int, net: PoolNet, names: Sequence[str]
) -> Iterator[PooledShortage]:
    """Yield what is behind the least cut, apart where nobody could do both.

    Parameters
    ----------
    wants : those of nobody by name come first.
    open_ : how many these are.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    behind = _short(net)
    inside = behind[net.tail]
    links = (np.ones(int(inside.sum()), bool), (net.tail[inside], net.head[inside]))
    label = connected_components(csr_array(links, shape=(net.nodes, net.nodes)), directed=False)[1]
    of_want = np.where(behind[BOOKINGS : BOOKINGS + len(wants)], label[BOOKINGS : BOOKINGS + len(wants)], -1)
    of_place = label[net.place]
    seen = set[int]()
    for part in of_want[:open_].tolist():  # what nobody is asked for is people over-booked by name alone
        if part < 0 or part in seen:
            continue
        seen.add(part)
        those, rooms = np.flatnonzero(of_want == part), np.flatnonzero(of_place == part)
        forced, available = int(net.asked[those].sum()), int(net.room[rooms].sum())
        if forced - available < _SLACK:
            continue
        mine = [wants[k] for k in those.tolist()]
        low, high = min(one.a for one in mine), max(one.b for one in mine)
        yield PooledShortage(
            tuple(one.booking.booking_id for one in mine),
            tuple(sorted({names[p] for p in net.person[rooms[net.room[rooms] > 0]].tolist()})),
            first + timedelta(days=low), first + timedelta(days=high),
            forced / 100, available / 100, (forced - available) / 100,
        )  # fmt: skip
