"""Whether a role or a team can do what is booked of it, beside what its members are booked for by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

import numpy as np

from troth.capacity.projects.booking._loads import CountedBookings, Days, Wanted, days, last_day, wanted, with_proposed
from troth.capacity.projects.booking.check import refuse
from troth.capacity.projects.booking.spread import cents
from troth.capacity.projects.portfolio import Consultant, Portfolio, ProjectBooking
from troth.core.decision import Issue, Severity

#: A capacity that is never the least of a way; below the largest of 32 bits by as much as sums need.
_ENDLESS: Final = 2**29
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
    who = {one.person_id: one for one in every.people if not one.placeholder}
    wants = wanted(every, counted=counted, full={one.booking_id for one in added})
    open_ = [one._replace(booking=_unnamed(one.booking, every)) for one in wants if one.booking.person_id not in who]
    if not open_:
        return ()
    found: list[PooledShortage] = []
    for some, people in _apart(open_, who.values()):
        names = {one.person_id for one in people}
        own = [one for one in wants if one.booking.person_id in names]
        have = days(every, until=last_day([*some, *own], portfolio=every), people=names)
        found += _shortages(every, _net(some, own, people, have), have)
    return tuple(found)


def _apart(open_: Sequence[Wanted], people: Iterable[Consultant]) -> Iterator[tuple[list[Wanted], list[Consultant]]]:
    """Yield bookings with all who could do them, apart from others with whom they share nobody: small flows are quick."""
    group = list(range(len(open_)))
    able: list[tuple[Consultant, int]] = []
    for who in people:
        mine = [k for k, want in enumerate(open_) if _may(who, want.booking)]
        if mine:
            able.append((who, mine[0]))
            joined = {group[k] for k in mine}
            if len(joined) > 1:
                group = [min(joined) if one in joined else one for one in group]
    for label in sorted(set(group)):
        yield (
            [want for want, one in zip(open_, group, strict=True) if one == label],
            [who for who, k in able if group[k] == label],
        )


class _Net(NamedTuple):
    """Bookings, and hours of units by stretch: a unit is a person, or people whom all bookings can use alike."""

    wants: list[Wanted]
    edges: list[int]
    members: list[tuple[str, ...]]
    room: Any
    """(units, stretches) in hundredths"""
    use: list[list[tuple[int, frozenset[int]]]]
    """of each stretch: the units in it, with the bookings they may be used for"""


def _unnamed(booking: ProjectBooking, portfolio: Portfolio) -> ProjectBooking:
    """Return a booking of a placeholder as one of its role and team."""
    if not booking.person_id:
        return booking
    stand_in = next(one for one in portfolio.people if one.person_id == booking.person_id)
    return replace(booking, role=booking.role or stand_in.role, team=booking.team or stand_in.team)


def _may(who: Consultant, booking: ProjectBooking) -> bool:
    if booking.role not in ("", who.role) or booking.team not in ("", who.team):
        return False
    return not booking.skill or any(one.skill == booking.skill and one.level >= booking.level for one in who.skills)


def _net(open_: Sequence[Wanted], own: Sequence[Wanted], people: Sequence[Consultant], have: Days) -> _Net:
    wants = [*open_, *own]
    many = have.hours.shape[1]
    changes = (day for who in people for held in who.skills for day in (held.first, held.until) if day is not None)
    cuts = {min(max((day - have.first).days, 0), many) for day in changes}
    edges = sorted(cuts | {edge for one in wants for edge in (one.a, one.b)})
    own_of: dict[str, set[int]] = defaultdict(set)
    for k, one in enumerate(own, len(open_)):
        own_of[one.booking.person_id].add(k)
    may = {who.person_id: [k for k, one in enumerate(open_) if _may(who, one.booking)] for who in people}
    # By stretch: which bookings each person may be used for.
    allowed: dict[str, list[frozenset[int]]] = {who.person_id: [] for who in people}
    for low in edges[:-1]:
        day = have.first + timedelta(days=low)
        for who in people:
            fit = {k for k in may[who.person_id] if _now(wants[k], low, who, day)}
            fit |= {k for k in own_of[who.person_id] if wants[k].a <= low < wants[k].b}
            allowed[who.person_id].append(frozenset(fit))
    alike: dict[Any, list[str]] = defaultdict(list)
    for who in people:
        name = who.person_id
        alike[name if own_of[name] else tuple(allowed[name])].append(name)
    members = [tuple(names) for names in alike.values()]
    total = np.concatenate([np.zeros((len(have.names), 1)), np.cumsum(have.hours, axis=1)], axis=1)
    rows = [total[[have.row[name] for name in names]].sum(axis=0)[edges] for names in members]
    room = np.diff(np.rint(np.reshape(rows, (len(members), len(edges))) * 100).astype(np.int64), axis=1)
    use = [[(u, allowed[names[0]][t]) for u, names in enumerate(members)] for t in range(len(edges) - 1)]
    return _Net(wants, edges, members, room, use)


def _now(want: Wanted, low: int, who: Consultant, day: date) -> bool:
    one = want.booking
    level = who.level_of(one.skill, day=day) if one.skill else 1.0
    return want.a <= low < want.b and level > 0 and (not one.skill or level >= one.level)


def _shortages(portfolio: Portfolio, net: _Net, have: Days) -> Iterator[PooledShortage]:
    """Yield the parts of the least cut that holds no more than it must."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

    amounts = [cents(one.hours) for one in net.wants]
    begins, ends, sizes, slots = _arcs(net, amounts)
    many = int(max(ends.max(), begins.max())) + 1
    graph = csr_array((sizes, (begins, ends)), shape=(many, many), dtype=np.int32)
    made = maximum_flow(graph, 0, 1)
    left = (graph - made.flow).tocsr()
    left.data = np.where(left.data > 0, 1, 0)
    left.eliminate_zeros()
    reached = set(breadth_first_order(left, 0, return_predecessors=False).tolist()) - {0, 1}
    if not reached:
        return
    nodes = np.array(sorted(reached))
    inside = np.isin(begins, nodes) & np.isin(ends, nodes)
    place = np.searchsorted(nodes, np.stack([begins[inside], ends[inside]]))
    parts = csr_array((np.ones(place.shape[1]), tuple(place)), shape=(len(nodes), len(nodes)))
    label = connected_components(parts, directed=False)[1]
    asked = {w + 2 for w, one in enumerate(net.wants) if one.booking.person_id not in have.row}
    order = np.argsort(label, kind="stable")
    for part in np.split(nodes[order], np.flatnonzero(np.diff(label[order])) + 1):
        some = part.tolist()
        if asked.isdisjoint(some):
            continue  # people who are over-booked by name alone
        wants = [node - 2 for node in some if node < len(net.wants) + 2]
        rooms = [slots[node] for node in some if node in slots]
        forced = sum(amounts[w] for w in wants)
        available = sum(int(net.room[u, t]) for u, t in rooms)
        if forced - available < _SLACK:
            continue
        low, high = min(net.wants[w].a for w in wants), max(net.wants[w].b for w in wants)
        names = sorted({name for u, t in rooms if net.room[u, t] for name in net.members[u]})
        yield PooledShortage(
            tuple(net.wants[w].booking.booking_id for w in wants), tuple(names),
            portfolio.day + timedelta(days=low), portfolio.day + timedelta(days=high),
            forced / 100, available / 100, (forced - available) / 100,
        )  # fmt: skip


def _arcs(net: _Net, amounts: Sequence[int]) -> tuple[Any, Any, Any, dict[int, tuple[int, int]]]:
    """Return begins, ends and sizes of arcs, and which node is which unit in which stretch.

    Node 0 is where work comes from, 1 is where it goes, then bookings, then units in stretches. Units of a stretch that serve the same bookings share a
    node before them, so that there are not as many arcs as bookings times people.
    """
    arcs = [(0, w + 2, amount) for w, amount in enumerate(amounts)]
    node = len(amounts) + 2
    slots: dict[int, tuple[int, int]] = {}
    for t, units in enumerate(net.use):
        gates: dict[frozenset[int], int] = {}
        for u, fit in units:
            if not fit:
                continue
            if fit not in gates:
                gates[fit] = node
                arcs += [(w + 2, node, _ENDLESS) for w in sorted(fit)]
                node += 1
            slots[node] = (u, t)
            arcs += [(gates[fit], node, _ENDLESS), (node, 1, int(net.room[u, t]))]
            node += 1
    begins, ends, sizes = (np.array(column, np.int64) for column in zip(*arcs, strict=True))
    return begins, ends, sizes.astype(np.int32), slots
