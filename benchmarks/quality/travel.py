"""Tables of travel times on a road graph: how fast beside scipy's plain Dijkstra, how much memory, and equal to the millisecond.

    python -m benchmarks.quality.travel [PATH ...] [--set quick|issue|full] [--seeds N] [--json]

Road graphs are made: `lattice` has a crossing at nearly every node (a square of streets with one in seven missing and one
in ten one-way), `bends` has three bends in four nodes, as maps have. PATHs are OpenStreetMap extracts in their place (extra `roads`), which have no
peer here. Places are nodes drawn at random.

1. `first`: from arrays of nodes and edges to the table: check, compress, all shortcuts, table.
2. `again`: the table alone, from a compressed graph, as it is kept on disk.

`value` is our seconds, machine code warm; `reference` those of `scipy.sparse.csgraph.dijkstra` from every place over the streets as they were, in the same
run; `feasible` says that both tables agree to the millisecond in which edges are stored, `peak_mib` what the process
held at most before the peer began. The limit is 10 s and 1 GiB for 1,000 places on 100,000 nodes.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.quality._common import case_set, line, parser
from troth.field.travel import RoadGraph, compress
from troth.field.travel.places import pairwise_m
from troth.field.travel.read import road_graph

_KMH = np.array([20.0, 30.0, 50.0, 80.0])
#: Sources of one call of the peer, whose answer has a number for every node of the graph.
_AT_ONCE = 50


@dataclass(frozen=True)
class Made:
    """A made road graph as arrays."""

    nodes: np.ndarray
    tails: np.ndarray
    heads: np.ndarray
    metres: np.ndarray
    seconds: np.ndarray

    def compressed(self) -> RoadGraph:
        return compress(self.nodes, tails=self.tails, heads=self.heads, metres=self.metres, seconds=self.seconds)


def made(*, nodes: int, bends: int, seed: int) -> Made:
    """Return a square of streets with about so many nodes, each street with so many bends."""
    rng = np.random.default_rng(seed)
    side = round((nodes / (1 + 2 * 0.85 * bends)) ** 0.5)
    number = np.arange(side * side).reshape(side, side)
    crossings = np.column_stack(
        [54.5 + 0.002 * np.repeat(np.arange(side), side), 25.0 + 0.003 * np.tile(np.arange(side), side)]
    )
    crossings += rng.normal(0, (0.0003, 0.0004), crossings.shape)
    streets = np.concatenate(
        [
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
        ]
    )
    streets = streets[rng.random(len(streets)) > 0.15]
    share = (np.arange(bends) + 1) / (bends + 1)
    ends = crossings[streets]
    inner = ends[:, :1] + (ends[:, 1:] - ends[:, :1]) * share[None, :, None]
    inner += rng.normal(0, 0.0001, inner.shape)
    path = np.column_stack(
        [streets[:, 0], len(crossings) + np.arange(len(streets) * bends).reshape(len(streets), bends), streets[:, 1]]
    )
    at = np.concatenate([crossings, inner.reshape(-1, 2)])
    one_way = np.repeat(rng.random(len(streets)) < 0.1, bends + 1)
    kmh = np.repeat(rng.choice(_KMH, len(streets)), bends + 1)
    tails, heads = path[:, :-1].ravel(), path[:, 1:].ravel()
    metres = pairwise_m(at[tails], at[heads])
    seconds = metres * 3.6 / kmh
    both = ~one_way
    return Made(
        at,
        np.r_[tails, heads[both]],
        np.r_[heads, tails[both]],
        np.r_[metres, metres[both]],
        np.r_[seconds, seconds[both]],
    )


def plainly(streets: Made, sources: np.ndarray) -> np.ndarray:
    """Return seconds between nodes by scipy's Dijkstra, over edges in whole milliseconds as ours are stored."""
    size = (len(streets.nodes),) * 2
    ms = np.maximum(np.rint(streets.seconds * 1000), 1.0)
    graph = csr_array((ms, (streets.tails, streets.heads)), shape=size)
    rows = [dijkstra(graph, indices=sources[k : k + _AT_ONCE])[:, sources] for k in range(0, len(sources), _AT_ONCE)]
    return np.concatenate(rows) / 1000.0


def tried(*, nodes: int, bends: int, places: int, seed: int) -> Iterator[dict[str, object]]:
    """Yield the two cases of a made road graph."""
    streets = made(nodes=nodes, bends=bends, seed=seed)
    began = time.monotonic()
    graph = streets.compressed()
    compressed_s = time.monotonic() - began
    inside = {tuple(one) for one in graph.points.tolist()}
    kept = np.array([k for k, one in enumerate(streets.nodes.tolist()) if tuple(one) in inside])
    chosen = np.random.default_rng((seed, 1)).choice(kept, min(places, len(kept)), replace=False)
    began = time.monotonic()
    table = graph.matrix(streets.nodes[chosen])
    table_s = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.monotonic()
    peer = plainly(streets, chosen)
    peer_s = time.monotonic() - began
    off = float(np.abs(table.seconds - peer).max())
    name = f"{'bends' if bends else 'lattice'} {len(streets.nodes)} nodes, {len(chosen)} places"
    same = {"seed": seed, "reference": peer_s, "feasible": off < 1e-3 + 1e-6 * float(peer.max())}
    same |= {
        "junctions": graph.junctions,
        "shortcuts": len(graph.head),
        "peak_mib": round(peak),
        "greatest_difference_s": off,
    }
    yield {"case": f"first: {name}", "value": compressed_s + table_s, "seconds": compressed_s + table_s, **same}
    yield {"case": f"again: {name}", "value": table_s, "seconds": table_s, **same}


def extract(path: Path, *, places: int, seed: int) -> Iterator[dict[str, object]]:
    """Yield the two cases of an extract."""
    began = time.monotonic()
    graph = road_graph(path)
    read_s = time.monotonic() - began
    chosen = np.random.default_rng((seed, 1)).choice(len(graph.points), min(places, len(graph.points)), replace=False)
    began = time.monotonic()
    table = graph.matrix(graph.points[chosen])
    table_s = time.monotonic() - began
    same = {
        "seed": seed, "reference": None, "feasible": not bool(table.unreachable.any()), "junctions": graph.junctions,
        "shortcuts": len(graph.head), "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }  # fmt: skip
    yield {"case": f"first: {path.name}", "value": read_s + table_s, "seconds": read_s + table_s, **same}
    yield {"case": f"again: {path.name}, {len(chosen)} places", "value": table_s, "seconds": table_s, **same}


def main() -> None:
    """Run the cases of a set and print a line each."""
    asked = parser(__doc__).parse_args()
    chosen = case_set("travel", asked.set)
    list(tried(nodes=400, bends=1, places=20, seed=0))  # compiles
    for seed in range(1, 1 + (asked.seeds or chosen["seeds"])):
        cases = (
            [extract(path, places=chosen["places"], seed=seed) for path in asked.paths]
            if asked.paths
            else [
                tried(nodes=chosen["nodes"], bends=bends, places=chosen["places"], seed=seed)
                for bends in chosen["bends"]
            ]
        )
        for case in cases:
            for found in case:
                if asked.json:
                    print(line(bench="travel", **found), flush=True)  # type: ignore[arg-type]
                else:
                    peer = "" if found["reference"] is None else f"  scipy {found['reference']:.2f} s"
                    print(
                        f"{found['case']:44} seed {seed}  {found['value']:.2f} s{peer}  {found['junctions']} junctions, "
                        f"{found['shortcuts']} shortcuts, {found['peak_mib']} MiB  agree {found['feasible']}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
