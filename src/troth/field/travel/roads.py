"""Travel times on a road graph: streets compressed once, tables in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

import numpy as np

from troth.core.decision import Issue
from troth.core.errors import InputError
from troth.field.travel import _compress as streets
from troth.field.travel._compress import NEVER, Short, Whole
from troth.field.travel.places import Floats, Places, check_places, degrees, on_sphere, pairwise_m, usable
from troth.field.travel.times import TravelPattern, TravelTimes, told

#: From a street to the door: the straight way made longer, at the speed of a yard, in metres a second.
_YARD: Final = 1.3
_YARD_MPS: Final = 15.0 / 3.6


@dataclass(frozen=True, slots=True, eq=False)
class RoadGraph:
    """A compressed road graph, as `compress` makes it.

    Streets between junctions are one edge each; junctions are in an order of elimination with all shortcuts, so that a table of a
    thousand by a thousand places takes about a second (Dibbelt, Strasser and Wagner, Customizable Contraction Hierarchies,
    Journal of Experimental Algorithmics 21, 2016, article 1.5).

    Parameters
    ----------
    points : (p, 2) degrees: nodes of the streets, and points on long ones; places are moved to the nearest.
    ends : (p, 2) the junctions its street leads to, twice the same for a junction.
    leaving, coming : (p, 2) weights from the point to these junctions, and from them to it.
    chain : (p,) number of the street; -1 for a junction.
    begin, head, parent : shortcuts from every junction to later ones, and its parent in the tree of elimination.
    up, down : weights of the shortcuts there and back.
    speed : driving times are divided by it, to fit recorded trips.
    far : places farther from any street than this, in metres, are unreachable.
    pattern : hours, parking and spread.
    issues : what was noticed when it was made.
    """

    points: Floats
    ends: Short
    leaving: Whole
    coming: Whole
    chain: Short
    begin: Whole
    head: Short
    parent: Short
    up: Whole
    down: Whole
    speed: float = 1.0
    far: float = 1000.0
    pattern: TravelPattern = field(default_factory=TravelPattern)
    issues: tuple[Issue, ...] = ()
    _tree: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        from scipy.spatial import cKDTree

        object.__setattr__(self, "_tree", cKDTree(on_sphere(self.points)))

    @property
    def junctions(self) -> int:
        """How many junctions are left."""
        return len(self.parent)

    def fitted(self, *, pattern: TravelPattern, speed: float = 1.0) -> Self:
        """Return the same streets with another pattern, and driven faster by a factor."""
        return replace(self, pattern=pattern, speed=speed)

    def matrix(self, places: Places, *, destinations: Places | None = None) -> TravelTimes:
        """Return travel times from every place to every other, or to other destinations.

        A place is moved to the nearest point of a street. One that is too far from any, or has no coordinates, is unreachable,
        with an issue.
        """
        from troth.field.travel import _kernels

        origins, names = degrees(places)
        issues = check_places(places)
        start, walk, off = self._snapped(origins, names)
        issues += off
        if destinations is None:
            goals, end, arrive = origins, start, walk
        else:
            goals, goal_names = degrees(destinations)
            issues += check_places(destinations)
            end, arrive, off = self._snapped(goals, goal_names)
            issues += off
        out = _kernels.labels(
            self.begin, self.head, self.parent, self.up,
            self.ends[start, 0], self.leaving[start, 0], self.ends[start, 1], self.leaving[start, 1],
        )  # fmt: skip
        back = _kernels.labels(
            self.begin, self.head, self.parent, self.down,
            self.ends[end, 0], self.coming[end, 0], self.ends[end, 1], self.coming[end, 1],
        )  # fmt: skip
        weight = _kernels.joined(self.junctions, *out, *back)
        self._along_one_street(weight, start, end)
        seconds, metres = streets.unpacked(weight)
        seconds /= self.speed
        yard = walk[:, None] * _YARD + arrive[None, :] * _YARD
        seconds += yard / _YARD_MPS + self.pattern.fixed_s
        metres += yard
        same = (origins[:, None, :] == goals[None, :, :]).all(axis=2) & np.isfinite(seconds)
        seconds[same], metres[same] = 0.0, 0.0
        found = seconds.astype(np.float32), metres.astype(np.float32)
        return TravelTimes(*found, self.pattern, (*self.issues, *issues))

    def _snapped(self, at: Floats, names: tuple[str, ...]) -> tuple[Whole, Floats, list[Issue]]:
        """Return each place's point, the straight way to it (infinite if it is too far), and issues of those too far."""
        fine = usable(at)
        _, point = self._tree.query(on_sphere(np.where(fine[:, None], at, self.points[0])))
        point = np.asarray(point, dtype=np.int64)
        away = np.where(fine, pairwise_m(np.where(fine[:, None], at, 0.0), self.points[point]), np.inf)
        near = ~fine | (away <= self.far)
        advice = f"Maybe the map ends before it, or the point is wrong: no street within {self.far:.0f} m."
        issues = told(at, names=names, fine=near, code="far-from-streets", advice=advice)
        return point, np.where(away <= self.far, away, np.inf), issues

    def _along_one_street(self, weight: Whole, start: Whole, end: Whole) -> None:
        """Let those on one street between two junctions drive along it, without going to a junction first."""
        goals: dict[int, list[int]] = {}
        for t, one in enumerate(self.chain[end].tolist()):
            if one >= 0:
                goals.setdefault(one, []).append(t)
        for s, one in enumerate(self.chain[start].tolist()):
            if one < 0 or one not in goals:
                continue
            p, there = start[s], np.array(goals[one])
            q = end[there]
            onward, homeward = self.coming[q, 0] - self.coming[p, 0], self.coming[q, 1] - self.coming[p, 1]
            direct = np.full(len(there), NEVER, dtype=np.int64)
            for step, allowed in ((onward, self.coming[p, 0] < NEVER), (homeward, self.coming[p, 1] < NEVER)):
                if allowed:
                    direct = np.where(step >= 0, np.minimum(direct, step), direct)
            weight[s, there] = np.minimum(weight[s, there], direct)


def compress(nodes: Floats, *, tails: Whole, heads: Whole, metres: Floats, seconds: Floats) -> RoadGraph:
    """Return a road graph from nodes and one-way edges; a two-way street is two edges.

    Kept is the largest part in which every node can be reached from every other; streets without junctions between are contracted to one
    edge, which changes no travel time. Times are rounded to milliseconds, lengths to decimetres, edge by edge.

    Parameters
    ----------
    nodes : (n, 2) latitude and longitude in degrees.
    tails, heads : (m,) rows of nodes each edge leads from and to.
    metres, seconds : (m,) length and driving time of each edge.

    Raises
    ------
    InputError
        With every fault: unknown nodes, lengths or times that are missing, negative or too great, no edges at all.

    Examples
    --------
    >>> nodes = np.array([[54.70, 25.20], [54.70, 25.21], [54.70, 25.22]])
    >>> ends = np.array([0, 1, 1, 2]), np.array([1, 0, 2, 1])
    >>> graph = compress(nodes, tails=ends[0], heads=ends[1], metres=np.full(4, 643.0), seconds=np.full(4, 60.0))
    >>> graph.junctions, graph.matrix(nodes).seconds.round().tolist()[0]
    (2, [0.0, 60.0, 120.0])
    """
    from troth.field.travel import _kernels

    nodes = np.asarray(nodes, dtype=np.float64)
    tails, heads = np.asarray(tails, dtype=np.int64), np.asarray(heads, dtype=np.int64)
    metres, seconds = np.asarray(metres, dtype=np.float64), np.asarray(seconds, dtype=np.float64)
    issues = streets.check_streets(nodes, tails=tails, heads=heads, metres=metres, seconds=seconds)
    if issues:
        raise InputError(issues)
    inside = streets.largest_part(len(nodes), tails=tails, heads=heads)
    kept = inside[tails] & inside[heads] & (tails != heads)
    if not kept.any():
        shown = np.array([], dtype=np.int64)
        raise InputError(streets.check_streets(nodes, tails=shown, heads=shown, metres=metres[:0], seconds=seconds[:0]))
    number = np.cumsum(inside) - 1
    nodes = nodes[inside]
    weights = streets.packed(seconds[kept], metres[kept])
    edges = streets.edges_of(tails=number[tails[kept]], heads=number[heads[kept]], weights=weights)
    first, near, edge = streets.around(len(nodes), edges)
    junction = streets.junctions(edges, around_first=first, around_edge=edge)
    made = _kernels.chains(junction, first, near, edge, edges.forth, edges.back, edges.low)
    start, end, onward, homeward = made[:4]
    # Chains as edges between junctions, renumbered in order of elimination.
    small = np.cumsum(junction) - 1
    from_, to = small[start], small[end]
    loop = from_ == to
    both = [(from_, to, onward), (to, from_, homeward)]
    arcs = [(a[keep], b[keep], w[keep]) for a, b, w in both for keep in (~loop & (w < NEVER),)]
    tail, head, weight = (np.concatenate(parts) for parts in zip(*arcs, strict=True))
    count = int(junction.sum())
    if len(tail):
        joined = streets.edges_of(tails=tail, heads=head, weights=weight)
        j_first, j_near, _ = streets.around(count, joined)
    else:
        j_first, j_near = np.zeros(count + 1, dtype=np.int64), np.zeros(0, dtype=np.int32)
    order = _kernels.dissect(*streets.planes(nodes[junction]), j_first, j_near)
    rank = np.empty(count, dtype=np.int32)
    rank[order] = np.arange(count, dtype=np.int32)
    ranked = _by_rank(j_first, j_near, order, rank)
    begin, heads_up, parent = _kernels.filled(*ranked)
    up, down = _kernels.weighted(begin, heads_up, rank[tail], rank[head], weight)
    points = _points(nodes, junction, edges, made, rank[small])
    return RoadGraph(*points, begin, heads_up, parent, up, down)


def _by_rank(first: Whole, near: Short, order: Short, rank: Short) -> tuple[Whole, Short]:
    """Return neighbours renumbered in order of elimination."""
    sizes = np.diff(first)[order]
    begin = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    pick = np.repeat(first[order] - begin[:-1], sizes) + np.arange(len(near))
    return begin, rank[near[pick]] if len(near) else near


def _points(
    nodes: Floats, junction: Any, edges: streets.StreetEdges, made: Any, rank: Short
) -> tuple[Floats, Short, Whole, Whole, Short]:
    """Return points to which places are moved: junctions, bends, and points on long edges."""
    start, end, onward, homeward, chain, along, before, returning = made
    which, share = streets.sampled(nodes, edges)
    # Bends: the far end of every edge on its chain, if that is no junction.
    far = np.where(along, edges.high, edges.low)
    bends = np.flatnonzero(~junction[far])
    edge = np.concatenate([bends, which])
    # Shares are of the way from `low`; along a chain an edge may be stored the other way round.
    passed = np.concatenate([np.ones(len(bends)), np.where(along[which], share, 1.0 - share)])
    there = np.where(along, edges.forth, edges.back)[edge]
    here = np.where(along, edges.back, edges.forth)[edge]
    one = chain[edge]
    from_a = streets.plus(np.minimum(before[edge], NEVER), streets.part_of(there, passed))
    to_a = streets.plus(np.minimum(returning[edge], NEVER), streets.part_of(here, passed))
    to_b, from_b = streets.minus(onward[one], from_a), streets.minus(homeward[one], to_a)
    low, high = nodes[edges.low[which]], nodes[edges.high[which]]
    at = np.concatenate([nodes[junction], nodes[far[bends]], low + (high - low) * share[:, None]])
    own = rank[junction]
    ends = np.concatenate([np.column_stack([own, own]), np.column_stack([rank[start[one]], rank[end[one]]])])
    zero = np.zeros((len(own), 2), dtype=np.int64)
    leaving = np.concatenate([zero, np.column_stack([to_a, to_b])])
    coming = np.concatenate([zero, np.column_stack([from_a, from_b])])
    number = np.concatenate([np.full(len(own), -1, dtype=np.int32), one.astype(np.int32)])
    return at, ends.astype(np.int32), leaving, coming, number
