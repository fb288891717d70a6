"""Bookings of roles, teams and skills as a network: what may be done by whom in which stretch of days, in few nodes.

source -> booking -> level of a skill in a stretch of days -> hours of people -> sink. Bookings of one role, team and skill reach people by a ladder of
the levels they ask, each of which leads to the next higher, so that nobody is joined to each booking. Hours of people that serve the same are one node,
but for those that somebody is booked for by name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from troth.capacity.projects.booking._loads import Days, Wanted
from troth.capacity.projects.booking.spread import cents
from troth.capacity.projects.portfolio import Consultant, HeldSkill, ProjectBooking

#: Where work comes from, and where it goes; bookings are the nodes from 2 on.
SOURCE: Final = 0
SINK: Final = 1
BOOKINGS: Final = 2


class PoolNet(NamedTuple):
    """Arcs of a network, and what its nodes are.

    Arcs from bookings to hours hold whatever comes; those of the source hold a booking's hours, those to the sink the hours there are.
    """

    asked: Any
    """(bookings,) hundredths of hours"""
    tail: Any
    head: Any
    """of arcs between bookings and hours"""
    place: Any
    """(stretches of people,) the node of each"""
    person: Any
    """(stretches of people,) whose, as a row of the hours"""
    room: Any
    """(stretches of people,) hundredths of hours"""
    nodes: int


class Family(NamedTuple):
    """Bookings of one role, team and skill, at one or several levels, and who could do them."""

    wants: list[int]
    level: Any
    """(bookings,) of each the number of its level among those asked"""
    levels: list[float]
    able: list[tuple[int, tuple[HeldSkill, ...]]]
    """numbers of people, and how they hold the skill"""


def families(open_: Sequence[ProjectBooking], *, people: Sequence[Consultant]) -> list[Family]:
    """Return bookings by what they ask for, with all who could do the least of it on some day."""
    mine: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for k, one in enumerate(open_):
        mine[one.role, one.team, one.skill].append(k)
    holders: dict[str, list[tuple[int, tuple[HeldSkill, ...]]]] = {"": [(p, ()) for p in range(len(people))]}
    for p, who in enumerate(people):
        for skill in {one.skill for one in who.skills} - {""}:
            held = tuple(one for one in who.skills if one.skill == skill and one.level > 0)
            holders.setdefault(skill, []).append((p, held))
    found = []
    for (role, team, skill), wants in mine.items():
        asks = [open_[k].level if skill else 0.0 for k in wants]
        levels = sorted(set(asks))
        able = [
            (p, held)
            for p, held in holders.get(skill, ())
            if role in ("", people[p].role)
            and team in ("", people[p].team)
            and (not skill or any(one.level >= levels[0] for one in held))
        ]
        found.append(Family(wants, np.searchsorted(levels, asks), levels, able))
    return found


def pool_net(wants: Sequence[Wanted], *, some: Sequence[Family], own: Sequence[tuple[int, int]], have: Days) -> PoolNet:
    """Return the network.

    Parameters
    ----------
    wants : of families, then those of people by name.
    some : families, whose people are rows of the hours.
    own : of each booking of somebody by name its number and the person's row.
    """
    many = have.hours.shape[1]
    begins, ends = (np.array([one[at] for one in wants], np.int64) for at in (2, 3))
    ladders = [_ladder(one, begins, ends, have) for one in some]
    number, row = np.array(own, np.int64).reshape(-1, 2).T
    cut = np.zeros((len(have.names), many + 1), bool)
    cut[:, 0] = True
    cut[row, begins[number]] = cut[row, ends[number]] = True
    for one in ladders:
        cut[np.ix_(one.rows, one.edges)] = True
        cut[one.rows, 1:many] |= one.rank[:, 1:] != one.rank[:, :-1]
    person, day = np.nonzero(cut[:, :many])
    which = np.cumsum(cut[:, :many]).reshape(len(cut), many) - 1
    total = np.rint(np.concatenate([np.zeros((len(cut), 1)), np.cumsum(have.hours, axis=1)], axis=1) * 100).astype(
        np.int64
    )
    until = np.where(np.r_[person[1:] != person[:-1], True], many, np.r_[day[1:], many])
    room = total[person, until] - total[person, day]
    mine, where = _ranges(which[row, begins[number]], which[row, ends[number] - 1] + 1)
    arcs, lead, node = [], [], BOOKINGS + len(wants)
    for one in ladders:
        rungs, (rung, stretch) = one.arcs(person, day, which, node)
        arcs.append(rungs)
        lead.append(np.stack([rung, stretch]))
        node += one.size
    rung, stretch = np.concatenate([*lead, np.zeros((2, 0), np.int64)], axis=1)
    place = _places(rung, stretch, where, len(person), node)
    nodes = int(place.max(initial=node - 1)) + 1
    joined = np.stack(np.divmod(np.unique(rung * nodes + place[stretch]), nodes))
    tail, head = np.concatenate([*arcs, np.stack([BOOKINGS + number[mine], place[where]]), joined], axis=1)
    used = place >= 0
    asked = np.array([cents(one.hours) for one in wants], np.int64)
    return PoolNet(asked, tail, head, place[used], person[used], room[used], nodes)


class _Ladder(NamedTuple):
    """A family by days: nodes are levels in stretches between its bookings' begins and ends."""

    one: Family
    edges: Any
    spans: Any
    """(bookings, 2): of each its first stretch and the one after its last"""
    rows: Any
    rank: Any
    """(people, days): the highest level asked that is held, by its number; -1 for none"""

    @property
    def size(self) -> int:
        return len(self.one.levels) * (len(self.edges) - 1)

    def arcs(self, person: Any, day: Any, which: Any, node: int) -> tuple[Any, tuple[Any, Any]]:
        """Return arcs from bookings to levels and between levels, (2, arcs), and from levels to stretches of people.

        Parameters
        ----------
        person, day : of each stretch of people, whose and its first day.
        which : (people, days) the stretch of each.
        node : number of the ladder's first node.
        """
        levels, many = len(self.one.levels), len(self.edges) - 1
        _, stretch = _ranges(which[self.rows, 0], which[self.rows, -1] + 1)
        at = np.full(len(which), -1)
        at[self.rows] = np.arange(len(self.rows))
        rank = self.rank[at[person[stretch]], day[stretch]]
        span = np.searchsorted(self.edges, day[stretch], "right") - 1
        good = (rank >= 0) & (span >= 0) & (span < many)
        rank, span, stretch = rank[good], span[good], stretch[good]
        # A level leads on only if somebody is there, and is led to only if something is asked there.
        there = np.zeros((levels, many), bool)
        there[rank, span] = True
        there = np.logical_or.accumulate(there[::-1])[::-1]
        k, into = _ranges(self.spans[:, 0], self.spans[:, 1])
        asked = np.zeros((levels, many), bool)
        asked[self.one.level[k], into] = True
        asked = np.logical_or.accumulate(asked)
        go = there[self.one.level[k], into]
        k, into = k[go], into[go]
        low, across = np.nonzero(asked[:-1] & there[1:])
        number = BOOKINGS + np.array(self.one.wants)
        rungs = np.stack([
            np.r_[number[k], node + low * many + across],
            np.r_[node + self.one.level[k] * many + into, node + (low + 1) * many + across],
        ])  # fmt: skip
        good = asked[rank, span]
        return rungs, ((node + rank * many + span)[good], stretch[good])


def _ladder(one: Family, begins: Any, ends: Any, have: Days) -> _Ladder:
    a, b = begins[one.wants], ends[one.wants]
    edges = np.unique(np.r_[a, b])
    rank = np.full((len(one.able), have.hours.shape[1]), -1)
    for row, (_, held) in zip(rank, one.able, strict=True):
        if not held:  # no skill is asked
            row[:] = 0
        for skill, reached in ((skill, np.searchsorted(one.levels, skill.level, "right") - 1) for skill in held):
            low = 0 if skill.first is None else max((skill.first - have.first).days, 0)
            high = len(row) if skill.until is None else max((skill.until - have.first).days, 0)
            row[low:high] = np.maximum(row[low:high], reached)
    rows = np.array([p for p, _ in one.able], np.int64)
    return _Ladder(one, edges, np.searchsorted(edges, np.stack([a, b], axis=1)), rows, rank)


def _ranges(low: Any, high: Any) -> tuple[Any, Any]:
    """Return of each pair all whole numbers from the one to before the other, and the pair's number beside each."""
    many = np.maximum(high - low, 0)
    pair = np.repeat(np.arange(len(many)), many)
    return pair, np.arange(len(pair)) - np.repeat(np.cumsum(many) - many, many) + np.repeat(low, many)


def _places(rung: Any, stretch: Any, named: Any, many: int, node: int) -> Any:
    """Return the node of each stretch of people, from `node` on; -1 if nothing may be done there.

    Parameters
    ----------
    rung, stretch : pairs of levels and stretches.
    named : stretches for which somebody is booked by name: they stay apart.
    """
    order = np.lexsort((rung, stretch))
    rung, stretch = rung[order], stretch[order]
    count = np.bincount(stretch, minlength=many)
    turn = np.arange(len(stretch)) - np.repeat(np.cumsum(count) - count, count)
    label = np.zeros(many, np.int64)
    for column in _columns(rung, stretch, turn, many):
        label = np.unique(label * (node + 1) + column + 1, return_inverse=True)[1]
    alone = np.zeros(many, bool)
    alone[named] = True
    label = np.where(alone, label.max(initial=0) + 1 + np.arange(many), label)
    used = alone | (count > 0)
    place = np.full(many, -1)
    place[used] = node + np.unique(label[used], return_inverse=True)[1]
    return place


def _columns(rung: Any, stretch: Any, turn: Any, many: int) -> Iterator[Any]:
    """Yield the first, second, ... level of each stretch; -1 where there is none."""
    for k in range(int(turn.max(initial=-1)) + 1):
        column = np.full(many, -1)
        now = turn == k
        column[stretch[now]] = rung[now]
        yield column
