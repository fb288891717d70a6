"""Every KPI of random small logs equals the slow, obvious reference: in all, by queue, and by day."""

from __future__ import annotations

import pytest

from tests.kpi import compare
from troth.kpi.catalogue import catalogue


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> compare.Compared:
    """Return figures and reference of many random logs, all in one lake, each a site of its own."""
    return compare.compared(tmp_path_factory.mktemp("random") / "lake", seeds=range(60))


@pytest.mark.parametrize("name", list(catalogue()))
def test_a_kpi_equals_its_words(worlds: compare.Compared, name: str) -> None:
    """Value, n, spread and flag are what plain loops over the events give, for every site, queue and day."""
    assert worlds.differences(name) == ""


def test_every_kpi_has_something_to_compare(worlds: compare.Compared) -> None:
    """The random logs give every KPI at least ten figures, so that an equality means something."""
    assert {name: worlds.count(name) for name in catalogue() if worlds.count(name) < 10} == {}


@pytest.mark.parametrize("name", compare.FILTERED)
def test_a_filter_gives_what_a_split_gives(worlds: compare.Compared, name: str) -> None:
    """The figure of one site is the same whether asked for by `where` or found in `by`."""
    filtered, split = worlds.alone(name)
    if split is None:
        assert filtered.value in {None, 0.0}
    elif filtered.value is None and "does not tell" in filtered.reason:
        # Of one site where what it takes was never recorded nothing is said; of all, where it was, its share there is nought.
        assert (split.value, filtered.n) == (0.0, split.n)
    else:
        keys = ("value", "n", "low", "high", "p50", "p90", "p95", "max", "approximate")
        assert {key: getattr(filtered, key) for key in keys} == {key: getattr(split, key) for key in keys}
