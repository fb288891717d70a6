"""Percentiles by day and the bootstrap by block."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from troth.core.random import stream
from troth.stats import block_bootstrap, quantile_interval
from troth.stats.intervals import Floats


def draw(name: str, *, days: int = 56, per_day: int = 30) -> tuple[Floats, NDArray[np.int64], int]:
    """Return skewed times with day effects, the day of each, and how many there are."""
    rng = stream(21, name)
    day = np.repeat(np.arange(days), per_day)
    effect = 0.3 * rng.standard_normal(days)
    values: Floats = np.exp(5 + effect[day] + rng.standard_normal(len(day)))
    return values, day.astype(np.int64), len(day)


@pytest.mark.parametrize("p", [0.5, 0.9, 0.95])
def test_intervals_of_percentiles_cover_as_they_say(p: float) -> None:
    """The true percentile of a log-normal mixture over days is known."""
    from scipy.stats import norm

    truth = float(np.exp(5 + np.sqrt(1 + 0.3**2) * norm.ppf(p)))
    hits = 0
    for run in range(400):
        values, day, _ = draw(f"cover-{p}-{run}")
        found = quantile_interval(values, days=day, p=p)
        assert found is not None
        hits += found.low <= truth <= found.high
    assert 0.92 < hits / 400 < 0.985


def test_ignoring_days_would_cover_too_little() -> None:
    """The same values as if each were a day of its own: the check above can fail."""
    hits = 0
    for run in range(200):
        values, _, number = draw(f"iid-{run}")
        found = quantile_interval(values, days=np.arange(number), p=0.5, season=0)
        assert found is not None
        hits += found.low <= np.exp(5) <= found.high
    assert hits / 200 < 0.8


def test_the_estimate_is_numpys_percentile_and_missing_values_are_left_out() -> None:
    """Between neighbours, as everybody computes it."""
    values, day, _ = draw("same")
    found = quantile_interval(np.append(values, np.nan), days=np.append(day, 99), p=0.9)
    assert found is not None
    assert found.estimate == pytest.approx(np.quantile(values, 0.9))
    assert found.low < found.estimate < found.high


def test_too_little_or_wrong_input() -> None:
    """One day has no interval; a percentile is between 0 and 1; lengths agree."""
    assert quantile_interval([1.0, 2.0], days=[3, 3], p=0.5) is None
    assert quantile_interval([np.nan], days=[1], p=0.5) is None
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile_interval([1.0], days=[1], p=90)
    with pytest.raises(ValueError, match="one length"):
        quantile_interval([1.0], days=[1, 2], p=0.5)


def _mean(values: Floats) -> float:
    return float(values.mean())


@pytest.mark.parametrize("bias_corrected", [False, True])
def test_the_bootstrap_covers_as_it_says(bias_corrected: bool) -> None:
    """Whole days are drawn, so day effects are in the width."""
    hits, truth = 0, float(np.exp(5 + (1 + 0.3**2) / 2))
    for run in range(150):
        values, _, _ = draw(f"boot-{run}", days=40, per_day=20)
        found = block_bootstrap(
            values.reshape(40, 20), statistic=_mean, rng=stream(22, run), repeats=200, bias_corrected=bias_corrected
        )
        assert found is not None
        hits += found.low <= truth <= found.high
    assert 0.87 < hits / 150 < 0.99


def test_blocks_drawn_together_widen_where_days_depend() -> None:
    """A run of days keeps what they have in common."""
    rng = stream(23)
    level = np.cumsum(rng.standard_normal(120))
    blocks = [np.array([one]) for one in level]
    one, seven = (
        block_bootstrap(blocks, statistic=_mean, rng=stream(24), repeats=400, length=length) for length in (1, 7)
    )
    assert one is not None
    assert seven is not None
    assert seven.high - seven.low > 1.5 * (one.high - one.low)


def test_the_same_stream_gives_the_same_interval() -> None:
    """And one block gives none."""
    blocks = stream(25).random((10, 5))
    first, second = (block_bootstrap(blocks, statistic=_mean, rng=stream(26), repeats=50) for _ in range(2))
    assert first == second
    assert block_bootstrap(blocks[:1], statistic=_mean, rng=stream(26)) is None
