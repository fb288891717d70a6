"""Road graphs: compressed, cut and joined again, every travel time is that of the plain fastest way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.field.travel.streets import Streets, made
from troth.core.errors import InputError
from troth.field.travel import GeoPoint, TravelPattern, compress
from troth.field.travel.places import pairwise_m
from troth.field.travel.read import load_graph, save_graph


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.integers(0, 4), st.sampled_from([0.0, 0.3, 0.9]))
def test_compressing_changes_no_way(seed: int, corners: int, bends: int, one_way: float) -> None:
    """From every node to every node, bends included, seconds and metres equal Dijkstra's on the streets as they were."""
    rng = np.random.default_rng(seed)
    streets = made(rng, corners=corners, roads=int(rng.integers(1, 3 * corners)), bends=bends, one_way=one_way)
    part = sorted(streets.largest_part())
    if len(part) < 2:
        with pytest.raises(InputError):
            streets.compressed()
        return
    graph = streets.compressed()
    inside = {tuple(one) for one in graph.points.tolist()}
    # Of several largest parts any may be kept.
    kept = [k for k in range(len(streets.nodes)) if tuple(streets.nodes[k].tolist()) in inside]
    assert len(kept) == len(part)
    found = graph.matrix(streets.nodes[kept])
    for row, k in enumerate(kept):
        ways = streets.from_(k)
        assert found.seconds[row] == pytest.approx([ways[j][0] / 1000 for j in kept], rel=1e-6)
        assert found.metres[row] == pytest.approx([ways[j][1] / 10 for j in kept], rel=1e-6)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_without_one_way_streets_there_and_back_are_equal_and_detours_do_not_pay(seed: int) -> None:
    """A table of two-way streets with equal times each way is a metric: symmetric, and no way over a third is shorter."""
    one = made(np.random.default_rng(seed), corners=8, roads=14, bends=2, one_way=1.0)
    both = Streets(
        one.nodes,
        np.r_[one.tails, one.heads],
        np.r_[one.heads, one.tails],
        np.tile(one.metres, 2),
        np.tile(one.seconds, 2),
    )
    graph = both.compressed()
    found = graph.matrix(graph.points[:: len(graph.points) // 25 + 1]).seconds.astype(np.float64)
    assert found == pytest.approx(found.T)
    over = (found[:, :, None] + found[None, :, :]).min(axis=1)
    assert (found <= over + 0.003).all()  # points on long streets are rounded to milliseconds


def test_a_larger_graph_equals_dijkstra() -> None:
    """Twenty by twenty crossings with holes and one-way streets; also between other origins and destinations."""
    rng = np.random.default_rng(7)
    streets = made(rng, corners=150, roads=260, bends=3, one_way=0.3)
    graph = streets.compressed()
    inside = {tuple(one) for one in graph.points.tolist()}
    kept = np.array([k for k in range(len(streets.nodes)) if tuple(streets.nodes[k].tolist()) in inside])
    origins, goals = kept[::9], kept[4::7]
    found = graph.matrix(streets.nodes[origins], destinations=streets.nodes[goals])
    for row, k in enumerate(origins):
        ways = streets.from_(int(k))
        assert found.seconds[row] == pytest.approx([ways[int(j)][0] / 1000 for j in goals], rel=1e-6)


def _ring() -> Streets:
    """Return a square of 1.1 km sides with a two-way cross street; the square is one-way, anticlockwise."""
    nodes = np.array([[10.0, 20.0], [10.0, 20.01], [10.01, 20.01], [10.01, 20.0]])
    ends = np.array([(0, 1), (1, 2), (2, 3), (3, 0), (0, 2), (2, 0)])
    metres = pairwise_m(nodes[ends[:, 0]], nodes[ends[:, 1]])
    return Streets(nodes, ends[:, 0], ends[:, 1], metres, metres / 10.0)


def test_a_place_beside_a_long_street_starts_in_its_middle() -> None:
    """Places are moved to the nearest point of a street, not of a crossing; the way to the door is added."""
    streets = _ring()
    graph = streets.compressed()
    side = float(streets.metres[0])
    a, b = (10.0, 20.003), (9.9998, 20.007)
    found = graph.matrix([a, b])
    yard = float(pairwise_m(np.array([b]), np.array([[10.0, 20.007]]))[0]) * 1.3
    assert found.metres[0, 1] == pytest.approx(0.4 * side + yard, abs=110)
    assert found.seconds[0, 1] == pytest.approx(0.4 * side / 10 + yard * 3.6 / 15, abs=12)
    # Back against the one-way street there is only the way round.
    round_ = 4 * side + yard
    assert found.metres[1, 0] > side + float(streets.metres[4])
    assert found.metres[1, 0] < round_


def test_two_on_one_street_need_no_junction() -> None:
    """Along a two-way street with no crossing between, both ways are direct; on a ring road the shorter side is taken."""
    nodes = np.array([[10.0, 20.0 + 0.001 * k] for k in range(12)])
    ends = np.array([(k, k + 1) for k in range(11)] + [(k + 1, k) for k in range(11)])
    line = compress(nodes, tails=ends[:, 0], heads=ends[:, 1], metres=np.full(22, 110.0), seconds=np.full(22, 10.0))
    assert line.junctions == 2
    found = line.matrix(nodes).seconds
    assert found == pytest.approx(10.0 * abs(np.subtract.outer(np.arange(12), np.arange(12))))
    angle = np.arange(10) * 2 * np.pi / 10
    round_ = np.column_stack([10 + 0.001 * np.cos(angle), 20 + 0.001 * np.sin(angle)])
    ends = np.array([(k, (k + 1) % 10) for k in range(10)] + [((k + 1) % 10, k) for k in range(10)])
    ring = compress(round_, tails=ends[:, 0], heads=ends[:, 1], metres=np.full(20, 60.0), seconds=np.full(20, 6.0))
    assert ring.junctions == 1
    apart = abs(np.subtract.outer(np.arange(10), np.arange(10)))
    assert ring.matrix(round_).seconds == pytest.approx(6.0 * np.minimum(apart, 10 - apart))


def test_places_far_from_streets_are_unreachable_with_an_issue() -> None:
    """A place in the sea and one without coordinates get no way, and all others theirs."""
    graph = _ring().compressed()
    times = graph.matrix(
        [
            GeoPoint(10.0, 20.0, "a"),
            GeoPoint(10.5, 20.0, "sea"),
            GeoPoint(np.nan, 20.0, "nan"),
            GeoPoint(10.01, 20.0, "b"),
        ]
    )
    assert [(one.code, one.where) for one in times.issues] == [("not-a-coordinate", "nan"), ("far-from-streets", "sea")]
    assert times.unreachable.tolist() == [[j in (1, 2) or i in (1, 2) for j in range(4)] for i in range(4)]


def test_patterns_and_speed_come_on_top() -> None:
    """Parking is added to every trip but the one to the spot; who drives a quarter faster needs four fifths of the time."""
    graph = _ring().compressed()
    nodes = _ring().nodes
    plain = graph.matrix(nodes).seconds
    fitted = graph.fitted(pattern=TravelPattern(fixed_s=60.0), speed=1.25).matrix(nodes).seconds
    apart = ~np.eye(4, dtype=bool)
    assert fitted[apart] == pytest.approx(plain[apart] / 1.25 + 60.0, rel=1e-5)
    assert np.diagonal(fitted).tolist() == [0.0] * 4


def test_every_fault_of_streets_is_told_at_once() -> None:
    """Nodes nobody knows, lengths and times that cannot be, all in one error."""
    nodes = np.array([[10.0, 20.0], [np.nan, 20.0], [10.1, 20.0]])
    with pytest.raises(InputError) as caught:
        compress(
            nodes, tails=np.array([0, 1, 7]), heads=np.array([1, -1, 0]), metres=np.array([1.0, np.nan, 5.0]),
            seconds=np.array([-1.0, 2.0, np.inf]),
        )  # fmt: skip
    codes = [one.code for one in caught.value.issues]
    assert codes == ["not-a-coordinate", "unknown-node", "unknown-node", "bad-metres", "bad-seconds"]
    with pytest.raises(InputError) as caught:
        compress(nodes[:1], tails=np.array([0]), heads=np.array([0, 0]), metres=np.ones(1), seconds=np.ones(1))
    assert [one.code for one in caught.value.issues] == ["bad-streets-size"]


def test_a_kept_graph_is_read_as_it_was_and_a_foreign_one_is_not(tmp_path: Path) -> None:
    """What is written whole is read whole; arrays that do not fit together are no graph."""
    graph = _ring().compressed()
    path = tmp_path / "a" / "roads.npz"
    save_graph(graph, path=path)
    again = load_graph(path)
    assert again is not None and [one.name for one in path.parent.iterdir()] == ["roads.npz"]
    assert np.array_equal(again.matrix(graph.points).seconds, graph.matrix(graph.points).seconds)
    with path.open("rb") as file, np.load(file) as found:
        arrays = {name: found[name] for name in found.files}
    for name, wrong in (("head", arrays["head"] + 99), ("up", arrays["up"][:-1]), ("points", arrays["points"][:0])):
        np.savez(path, **(arrays | {name: wrong}))
        assert load_graph(path) is None
