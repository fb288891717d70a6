"""What a spread is where little or nothing was learnt."""

from __future__ import annotations

import numpy as np
import pytest

from troth.demand._bands import spread


def test_where_nothing_was_tried_the_spread_is_wide_and_the_median_near_the_mean() -> None:
    """Without a single backtested truth a hundred are still expected, give or take a third."""
    mean = np.full((1, 5, 3, 2), 100.0)
    made, _, _ = spread(mean, np.full(mean.shape, np.nan), counts=True, seed=1)
    low, middle, high = made.quantiles(mean[:, 0], np.array([0.1, 0.5, 0.9]))[:, 0, 0, 0]
    assert middle == pytest.approx(100, rel=0.05)
    assert 50 < low < 70 and 130 < high < 155


def test_one_series_without_truths_leaves_the_others_as_they_are() -> None:
    """Only the series that was not tried gets the spread of the unknown."""
    rng = np.random.default_rng(1)
    mean = np.full((2, 30, 3, 2), 100.0)
    truth = rng.poisson(mean).astype(float)
    truth[1] = np.nan
    made, _, _ = spread(mean, truth, counts=True, seed=1)
    assert (made.by_lead[0] < 0.005).all()
    assert (made.by_lead[1] == made.by_lead[1, 0]).all() and made.by_lead[1, 0] == pytest.approx(0.1)
