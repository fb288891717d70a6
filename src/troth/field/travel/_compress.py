"""From streets as arrays to a compressed graph: checked, connected both ways, chains contracted, shortcuts computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Issue, Severity
from troth.field.travel.places import Floats, Marks, on_sphere, usable

Whole = NDArray[np.int64]
Short = NDArray[np.int32]
#: Bits of a weight that hold decimetres, below those that hold milliseconds.
_METRES: Final = 29
NEVER: Final = 1 << 61
#: Points are put on streets at least this often, so that places are found beside long ones too, in metres.
_EVERY_M: Final = 50.0
_LONGEST_M, _LONGEST_S = 2_000_000.0, 604_800.0


@dataclass(frozen=True, slots=True, eq=False)
class StreetEdges:
    """Edges between nodes in both directions: the weight from `low` to `high` and back, or never."""

    low: Short
    high: Short
    forth: Whole
    back: Whole


def packed(seconds: Floats, metres: Floats) -> Whole:
    """Return weights from seconds and metres."""
    ms = np.maximum(np.rint(seconds * 1000.0), 1.0).astype(np.int64)
    found: Whole = (ms << _METRES) | np.rint(metres * 10.0).astype(np.int64)
    return found


def unpacked(weight: Whole) -> tuple[Floats, Floats]:
    """Return the seconds and metres of weights; infinite where there is no way."""
    never = weight >= NEVER
    seconds = np.where(never, np.inf, (weight >> _METRES) / 1000.0)
    metres = np.where(never, np.inf, (weight & ((1 << _METRES) - 1)) / 10.0)
    return seconds, metres


def check_streets(nodes: Floats, *, tails: Whole, heads: Whole, metres: Floats, seconds: Floats) -> list[Issue]:
    """Return all that is wrong with a road graph given as arrays."""
    issues, n = list[Issue](), len(nodes)

    def say(code: str, wrong: Marks, shown: Any, advice: str, thing: str) -> None:
        if wrong.any():
            k = int(np.flatnonzero(wrong)[0])
            issues.append(Issue(code, Severity.ERROR, f"{thing} {k}", str(shown[k]), advice, int(wrong.sum())))

    if not len(tails) == len(heads) == len(metres) == len(seconds):
        shown = f"{len(tails)}, {len(heads)}, {len(metres)}, {len(seconds)}"
        advice = "Maybe one of the arrays was cut: each has a number for every edge."
        return [Issue("bad-streets-size", Severity.ERROR, "tails, heads, metres, seconds", shown, advice)]
    if not len(tails) or not n:
        advice = "Maybe the extract is of another region, or has no streets for cars."
        return [Issue("no-streets", Severity.ERROR, "edges", str(len(tails)), advice)]
    say("not-a-coordinate", ~usable(nodes), nodes, "Maybe the extract was cut in the middle of a street.", "node")
    for name, ends in (("tail", tails), ("head", heads)):
        advice = f"Maybe nodes are numbered from 0 to {n - 1} by their row."
        say("unknown-node", (ends < 0) | (ends >= n), ends, advice, name)
    with np.errstate(invalid="ignore"):
        bad_m = ~((metres >= 0.0) & (metres <= _LONGEST_M))
        bad_s = ~((seconds >= 0.0) & (seconds <= _LONGEST_S))
    say("bad-metres", bad_m, metres, "Maybe a length in metres, at most 2,000 km.", "edge")
    say("bad-seconds", bad_s, seconds, "Maybe a speed of zero: seconds lie between 0 and a week.", "edge")
    return issues


def largest_part(n: int, *, tails: Whole, heads: Whole) -> Marks:
    """Tell which nodes belong to the largest part in which every node can be reached from every other."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    graph = csr_array((np.ones(len(tails), dtype=np.int8), (tails, heads)), shape=(n, n))
    _, part = connected_components(graph, directed=True, connection="strong")
    inside: Marks = part == np.argmax(np.bincount(part))
    return inside


def edges_of(*, tails: Whole, heads: Whole, weights: Whole) -> StreetEdges:
    """Return one edge for every two nodes that a street joins, with the least weight each way."""
    low, high = np.minimum(tails, heads), np.maximum(tails, heads)
    order = np.lexsort((high, low))
    low, high = low[order], high[order]
    new = np.r_[True, (low[1:] != low[:-1]) | (high[1:] != high[:-1])]
    which = np.cumsum(new) - 1
    sides = np.full((2, int(which[-1]) + 1), NEVER, dtype=np.int64)
    upward = (tails < heads)[order]
    for side, mine in enumerate((upward, ~upward)):
        np.minimum.at(sides[side], which[mine], weights[order][mine])
    return StreetEdges(low[new].astype(np.int32), high[new].astype(np.int32), sides[0], sides[1])


def around(n: int, edges: StreetEdges) -> tuple[Whole, Short, Short]:
    """Return every node's neighbours: where they begin, the neighbours, and the edges there."""
    ends = np.concatenate([edges.low, edges.high])
    order = np.argsort(ends, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=n))]).astype(np.int64)
    near = np.concatenate([edges.high, edges.low])[order]
    number = np.arange(len(edges.low), dtype=np.int32)
    return first, near, np.concatenate([number, number])[order]


def junctions(edges: StreetEdges, *, around_first: Whole, around_edge: Short) -> Marks:
    """Tell which nodes are more than a bend: not two neighbours, or a street that changes its direction there."""
    found: Marks = np.diff(around_first) != 2
    bends = np.flatnonzero(~found)
    a, b = around_edge[around_first[bends]], around_edge[around_first[bends] + 1]

    def ways(edge: Short) -> tuple[Marks, Marks]:
        from_low = edges.low[edge] == bends
        out = np.where(from_low, edges.forth[edge], edges.back[edge]) < NEVER
        back = np.where(from_low, edges.back[edge], edges.forth[edge]) < NEVER
        return out, back

    (out_a, in_a), (out_b, in_b) = ways(a), ways(b)
    found[bends[(in_a != out_b) | (in_b != out_a)]] = True
    if not found.any():
        found[0] = True  # a single ring road
    return found


def planes(nodes: Floats) -> tuple[Floats, Floats]:
    """Return coordinates of nodes on a plane, good enough to cut a map into halves."""
    return nodes[:, 1] * np.cos(np.radians(float(np.median(nodes[:, 0])))), nodes[:, 0].copy()


def sampled(nodes: Floats, edges: StreetEdges) -> tuple[NDArray[np.int64], Floats]:
    """Return points on long edges: the edge of each, and the share of the edge before it."""
    a, b = on_sphere(nodes[edges.low]), on_sphere(nodes[edges.high])
    pieces = np.ceil(np.sqrt(((a - b) ** 2).sum(axis=1)) / _EVERY_M).astype(np.int64)
    extra = np.maximum(pieces - 1, 0)
    which = np.repeat(np.arange(len(extra)), extra)
    place = np.arange(len(which)) - np.repeat(np.cumsum(extra) - extra, extra)
    return which, (place + 1) / pieces[which]


def part_of(weight: Whole, share: Floats) -> Whole:
    """Return a share of weights, never the whole of a way that there is not."""
    never = weight >= NEVER
    usual = np.where(never, 0, weight)
    ms = np.rint((usual >> _METRES) * share).astype(np.int64)
    dm = np.rint((usual & ((1 << _METRES) - 1)) * share).astype(np.int64)
    return np.where(never, NEVER, (ms << _METRES) | dm)


def plus(a: Whole, b: Whole) -> Whole:
    """Return the sum of weights, where never stays never."""
    return np.where((a >= NEVER) | (b >= NEVER), NEVER, a + b)


def minus(a: Whole, b: Whole) -> Whole:
    """Return what is left of weights, where never stays never."""
    return np.where((a >= NEVER) | (b >= NEVER), NEVER, a - b)
