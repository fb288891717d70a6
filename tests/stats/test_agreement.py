"""Agreement, against the published examples."""

from __future__ import annotations

import numpy as np
import pytest

from troth.core.random import stream
from troth.stats import Scale, Weights, cohen_kappa, fleiss_kappa, icc, krippendorff_alpha
from troth.stats.agreement import confusion

NAN = np.nan


def test_cohen_kappa_of_two_readers() -> None:
    """Fifty applications, yes and no: 0.40."""
    assert cohen_kappa([[20, 5], [10, 15]]) == pytest.approx(0.4)


def test_weighted_kappa_is_as_published() -> None:
    """Couples' answers (Hout, Duncan and Sobel 1987; Agresti): 0.129 unweighted, 0.237 with linear weights."""
    table = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]
    assert round(cohen_kappa(table), 3) == 0.129
    assert round(cohen_kappa(table, weights=Weights.LINEAR), 3) == 0.237


def test_fleiss_kappa_is_as_published() -> None:
    """Ten subjects, fourteen raters, five categories: 0.210."""
    counts = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # fmt: skip
    assert round(fleiss_kappa(counts), 3) == 0.210


@pytest.mark.parametrize(("scale", "alpha"), [(Scale.NOMINAL, 0.743), (Scale.ORDINAL, 0.815), (Scale.INTERVAL, 0.849)])
def test_krippendorff_alpha_is_as_published(scale: Scale, alpha: float) -> None:
    """Krippendorff (2011), section C: four observers, twelve units, missing ratings."""
    ratings = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
    assert round(krippendorff_alpha(ratings, scale=scale), 3) == alpha


def test_intraclass_correlations_are_as_published() -> None:
    """Shrout and Fleiss (1979), table 4: ICC(2,1) = 0.29, ICC(3,1) = 0.71."""
    ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    assert round(icc(ratings), 2) == 0.29
    assert round(icc(ratings, raters_are_fixed=True), 2) == 0.71


def test_quadratic_kappa_is_close_to_the_intraclass_correlation() -> None:
    """Fleiss and Cohen (1973): they agree for many subjects."""
    rng = stream(31)
    one = rng.integers(1, 6, 4000)
    two = np.clip(one + rng.integers(-1, 2, 4000), 1, 5)
    kappa = cohen_kappa(confusion(one, second=two), weights=Weights.QUADRATIC)
    assert kappa == pytest.approx(icc(np.column_stack([one, two])), abs=0.001)


def test_full_agreement_is_one_and_chance_is_none() -> None:
    """The ends of every scale."""
    rng = stream(32)
    one, two = rng.integers(0, 3, (2, 20_000)).astype(np.float64)
    for scale in Scale:
        assert krippendorff_alpha([one, one], scale=scale) == pytest.approx(1)
        assert abs(krippendorff_alpha([one, two], scale=scale)) < 0.03
    assert cohen_kappa(confusion(one, second=one)) == pytest.approx(1)
    assert abs(cohen_kappa(confusion(one, second=two))) < 0.03


def test_nothing_to_tell_apart_is_not_a_number() -> None:
    """All ratings equal, or none to pair."""
    assert np.isnan(cohen_kappa([[5, 0], [0, 0]]))
    assert np.isnan(fleiss_kappa([[3, 0], [3, 0]]))
    assert np.isnan(krippendorff_alpha([[1, 1], [1, 1]]))
    assert np.isnan(krippendorff_alpha([[1, NAN], [NAN, 2]]))
    assert np.isnan(icc([[1, 1], [1, 1]]))


def test_missing_ratings_are_left_out_of_the_table() -> None:
    """A pair needs both."""
    assert confusion([1, 2, NAN], second=[1, 1, 2]).tolist() == [[1, 0], [1, 0]]


def test_unusable_tables_are_refused() -> None:
    """Not square, without ratings, unequal raters, incomplete."""
    with pytest.raises(ValueError, match="square"):
        cohen_kappa([[1, 2]])
    with pytest.raises(ValueError, match="ratings"):
        cohen_kappa([[0, 0], [0, 0]])
    with pytest.raises(ValueError, match="same number"):
        fleiss_kappa([[1, 2], [1, 1]])
    with pytest.raises(ValueError, match="complete"):
        icc([[1.0, NAN], [1.0, 2.0]])
