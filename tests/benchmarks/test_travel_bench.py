"""The benchmark of travel times: ours and the peer agree on small made road graphs, and its cases are whole."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.quality import travel
from benchmarks.quality._common import case_set, line


@pytest.mark.parametrize("bends", [0, 3])
def test_both_tables_agree_on_a_small_graph(bends: int) -> None:
    """Two cases a graph, each with both times, agreement and memory; a graph of about the size asked for."""
    first, again = travel.tried(nodes=500, bends=bends, places=40, seed=2)
    assert first["feasible"] and again["feasible"]
    assert float(first["greatest_difference_s"]) < 0.001  # type: ignore[arg-type]
    assert 0.0 < float(again["value"]) < float(first["value"])  # type: ignore[arg-type]
    told = json.loads(line(bench="travel", **first))  # type: ignore[arg-type]
    assert told["gap"] == pytest.approx(told["value"] / told["reference"] - 1, abs=1e-5)
    assert len(travel.made(nodes=500, bends=bends, seed=2).nodes) == pytest.approx(500, rel=0.1)


def test_a_table_that_differs_is_noticed() -> None:
    """The comparison can fail: the peer on streets that are a little slower finds other times."""
    streets = travel.made(nodes=200, bends=0, seed=1)
    slower = travel.Made(streets.nodes, streets.tails, streets.heads, streets.metres, streets.seconds + 0.01)
    sources = np.arange(20)
    known = np.isfinite(travel.plainly(streets, sources)) & ~np.eye(20, dtype=bool)
    assert (travel.plainly(slower, sources)[known] > travel.plainly(streets, sources)[known]).all()


@pytest.mark.parametrize("name", ["quick", "issue", "full"])
def test_every_set_asks_for_the_size_of_the_limit(name: str) -> None:
    """A thousand places on a hundred thousand nodes, with and without bends."""
    chosen = case_set("travel", name)
    assert chosen["nodes"] >= 100_000 and chosen["places"] >= 1000 and chosen["bends"] == [0, 3]
