"""Made road graphs, and the plain way through them: everything written to be read, nothing to be fast."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from troth.field.travel import RoadGraph, compress

_CORNER = np.array([54.7, 25.2])


@dataclass(frozen=True)
class Streets:
    """A road graph as arrays, as `compress` takes it."""

    nodes: np.ndarray
    tails: np.ndarray
    heads: np.ndarray
    metres: np.ndarray
    seconds: np.ndarray

    def compressed(self) -> RoadGraph:
        return compress(self.nodes, tails=self.tails, heads=self.heads, metres=self.metres, seconds=self.seconds)

    def ways(self) -> list[dict[int, tuple[int, int]]]:
        """Return for each node the milliseconds and decimetres to those after it, the least of parallel edges."""
        found: list[dict[int, tuple[int, int]]] = [{} for _ in self.nodes]
        for tail, head, metres, seconds in zip(self.tails, self.heads, self.metres, self.seconds, strict=True):
            cost = (max(1, round(seconds * 1000)), round(metres * 10))
            if tail != head and cost < found[tail].get(head, (1 << 60, 0)):
                found[tail][head] = cost
        return found

    def from_(self, source: int) -> dict[int, tuple[int, int]]:
        """Return the fastest way to every node, of equals the shortest, in milliseconds and decimetres (Dijkstra, 1959)."""
        ways, done = self.ways(), dict[int, tuple[int, int]]()
        queue = [((0, 0), source)]
        while queue:
            cost, at = heapq.heappop(queue)
            if at in done:
                continue
            done[at] = cost
            for head, (ms, dm) in ways[at].items():
                heapq.heappush(queue, ((cost[0] + ms, cost[1] + dm), head))
        return done

    def largest_part(self) -> set[int]:
        """Return the largest set of nodes that reach each other; of equals the one with the lowest node."""
        reach = [set(self.from_(k)) for k in range(len(self.nodes))]
        parts = [{j for j in reach[k] if k in reach[j]} for k in range(len(self.nodes))]
        return parts[int(np.argmax([len(part) for part in parts]))]


def made(rng: np.random.Generator, *, corners: int, roads: int, bends: int, one_way: float) -> Streets:
    """Return streets between random corners, each with some bends, each way with its own times."""
    at = list(_CORNER + rng.uniform(0, 0.02, (corners, 2)))
    rows: list[tuple[int, int]] = []
    for _ in range(roads):
        a, b = (int(one) for one in rng.integers(0, corners, 2))
        inner = range(len(at), len(at) + int(rng.integers(0, bends + 1)))
        at += [_CORNER + rng.uniform(0, 0.02, 2) for _ in inner]
        path = [a, *inner, b]
        steps = list(pairwise(path))
        rows += steps
        if rng.random() >= one_way:
            rows += [(head, tail) for tail, head in steps]
    ends = np.array(rows)
    # Few different numbers, so that ways of equal time are found often.
    return Streets(
        np.array(at), ends[:, 0], ends[:, 1], rng.integers(1, 9, len(rows)) * 10.0, rng.integers(1, 9, len(rows)) * 1.0
    )
