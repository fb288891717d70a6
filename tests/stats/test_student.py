"""Quantiles without SciPy, against SciPy."""

from __future__ import annotations

import numpy as np
import pytest

from troth.stats.student import t_value, z_value


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95, 0.99, 0.999])
def test_t_values_are_those_of_scipy(level: float) -> None:
    """Within 0.02 % from 2 degrees of freedom on, and only ever too wide below."""
    from scipy.stats import t

    df = np.array([1, 1.3, 1.7, 2, 2.5, 3, 4, 5.5, 8, 15.75, 30, 364, 1e5, 1e9])
    ratio = t_value(level, df=df) / t.ppf((1 + level) / 2, df)
    assert (abs(ratio[df >= 2] - 1) < 2e-4).all()
    assert ((ratio[df < 2] > 0.9999) & (ratio[df < 2] < 1.04)).all()


def test_few_degrees_are_one_and_missing_stay_missing() -> None:
    """NaN in, NaN out."""
    assert t_value(0.95, df=[0.2]).round(3).tolist() == [12.706]
    assert np.isnan(t_value(0.95, df=np.nan))


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_is_a_probability(level: float) -> None:
    """95 is not 95 %."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        z_value(level)
