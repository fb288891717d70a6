"""Extracts of OpenStreetMap: what tags mean, one the test writes itself, and the tiny one inside pyrosm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import missing
from tests.field.travel.pbf import write_extract
from troth.core.errors import InputError
from troth.field.travel.osm import driven_kmh, limit_kmh, ways
from troth.field.travel.places import pairwise_m
from troth.field.travel.read import load_graph, road_graph


@pytest.fixture(autouse=True)
def _pyrosm() -> None:
    try:
        import pyrosm  # noqa: F401
    except ImportError:
        missing("the extra roads is not installed")


#: A square of 1 km with a one-way side, a fast road across, a roundabout's worth of nothing, and a lane nobody can leave.
NODES = [
    (1, 54.700, 25.200), (2, 54.700, 25.216), (3, 54.709, 25.216), (4, 54.709, 25.200), (5, 54.7045, 25.200),
    (6, 54.720, 25.200), (7, 54.690, 25.200), (8, 54.700, 25.190),
]  # fmt: skip
WAYS = [
    (11, [1, 2], {"highway": "residential", "maxspeed": "50"}),
    (12, [2, 3], {"highway": "primary", "oneway": "yes"}),
    (13, [4, 3], {"highway": "tertiary", "oneway": "-1"}),
    (14, [4, 5, 1], {"highway": "residential"}),
    (15, [4, 6], {"highway": "residential", "oneway": "yes"}),
    (16, [1, 7], {"highway": "footway"}),
    (17, [1, 8], {"highway": "motorway", "maxspeed": "30 mph", "oneway": "no"}),
]


def _extract(folder: Path) -> Path:
    return write_extract(folder / "town.osm.pbf", nodes=NODES, ways=WAYS)


def _seconds(a: int, b: int, kmh: float) -> float:
    at = {number: (lat, lon) for number, lat, lon in NODES}
    return float(pairwise_m(np.array([at[a]]), np.array([at[b]]))[0]) * 3.6 / kmh


def test_an_extract_is_read_with_its_one_way_streets_and_speeds(tmp_path: Path) -> None:
    """Who may not drive back goes round; limits and classes give the speeds; paths for feet and dead one-way ends are no way."""
    graph = road_graph(_extract(tmp_path))
    places = [NODES[k][1:] for k in (0, 1, 2, 3, 7)]
    found = graph.matrix(places).seconds
    there = {
        (0, 1): _seconds(1, 2, 42.5),
        (1, 2): _seconds(2, 3, 60.0),
        (2, 3): _seconds(3, 4, 40.0),
        (3, 0): _seconds(4, 5, 25.0) + _seconds(5, 1, 25.0),
        (0, 4): _seconds(1, 8, 0.85 * 48.28032),
    }
    for (a, b), seconds in there.items():
        assert found[a, b] == pytest.approx(seconds, abs=0.02)
    assert found[2, 1] == pytest.approx(there[2, 3] + there[3, 0] + there[0, 1], abs=0.02)
    assert found[4, 0] == pytest.approx(there[0, 4], abs=0.02)
    far = graph.matrix([places[0], NODES[6][1:]])
    assert far.unreachable[0, 1] and [one.code for one in far.issues] == ["far-from-streets"]


def test_a_compressed_graph_is_kept_by_the_digest_of_its_extract(tmp_path: Path) -> None:
    """The second time nothing is read from the extract; a damaged file is made anew; another extract makes another file."""
    path, cache = _extract(tmp_path), tmp_path / "cache"
    first = road_graph(path, cache=cache)
    (kept,) = cache.iterdir()
    stamp = kept.stat().st_mtime_ns
    again = road_graph(path, cache=cache)
    places = [one[1:] for one in NODES[:5]]
    assert np.array_equal(first.matrix(places).seconds, again.matrix(places).seconds)
    assert kept.stat().st_mtime_ns == stamp
    kept.write_bytes(kept.read_bytes()[:1000])
    assert load_graph(kept) is None
    assert np.array_equal(first.matrix(places).seconds, road_graph(path, cache=cache).matrix(places).seconds)
    write_extract(path, nodes=NODES, ways=WAYS[:4])
    road_graph(path, cache=cache)
    assert len(list(cache.iterdir())) == 2


def test_the_extract_inside_pyrosm_gives_a_town() -> None:
    """The tiny extract the reader's makers test with is compressed to few junctions, and all can be reached."""
    import pyrosm

    path = Path(pyrosm.__file__).parent / "data" / "test.osm.pbf"
    if not path.exists():
        missing("this pyrosm has no extract in it")
    graph = road_graph(path)
    assert 20 < graph.junctions < len(graph.points) / 3
    times = graph.matrix(graph.points[:: len(graph.points) // 30])
    assert not times.unreachable.any()
    straight = times.metres / np.maximum(times.seconds, 1.0)
    assert straight.max() < 130 / 3.6


@pytest.mark.parametrize("content", [b"", b"not an extract", b"\x00\x00\x00\x0d\n\tOSMHeader\x18\x05abcde"])
def test_a_file_that_is_no_extract_is_an_issue(tmp_path: Path, content: bytes) -> None:
    """A damaged download is told as such."""
    path = tmp_path / "town.osm.pbf"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        road_graph(path)
    assert {one.code for one in caught.value.issues} <= {"bad-extract", "no-streets"}
    assert all(one.advice.startswith("Maybe") for one in caught.value.issues)


def test_an_extract_without_streets_is_an_issue(tmp_path: Path) -> None:
    """Footways alone take no car anywhere; nor does a file that is not there."""
    path = write_extract(tmp_path / "a.osm.pbf", nodes=NODES, ways=[WAYS[5]])
    for one, code in ((path, "no-streets"), (tmp_path / "b.osm.pbf", "no-extract")):
        with pytest.raises(InputError) as caught:
            road_graph(one)
        assert [found.code for found in caught.value.issues] == [code]


@pytest.mark.parametrize(
    ("text", "kmh"),
    [("50", 50.0), ("50 km/h", 50.0), ("20 mph", 32.18688), ("DE:motorway", 130.0), ("none", None), ("", None),
     (None, None), ("signals", None), ("0", None), ("70|50", 50.0), ("walk", 7.0), ("9" * 400, None)],
)  # fmt: skip
def test_a_limit_is_read_in_the_forms_it_is_written(text: str | None, kmh: float | None) -> None:
    """Numbers with and without a unit, words with a country; what is not understood is no limit."""
    assert limit_kmh(text) == (kmh if kmh is None else pytest.approx(kmh))


def test_a_street_without_a_sign_is_driven_by_its_class() -> None:
    """An unknown class is slow, a limit goes before the class, and directions follow the tag."""
    assert driven_kmh("nonsense") == 20.0
    assert driven_kmh("residential", maxspeed="30") == pytest.approx(25.5)
    assert ways("motorway") == (True, False)
    assert ways("motorway", oneway="no") == (True, True)
    assert ways("primary", oneway="reversible") == (False, False)
    assert ways("primary", junction="roundabout") == (True, False)
