"""Handle times: published figures, recovery of known distributions, what is left out and refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.queueing.fit import bank
from troth.core.errors import InputError
from troth.queueing.fit import (
    Empirical,
    GammaMixture,
    Lengths,
    LogNormal,
    StepHazard,
    fit_handle,
    gamma_by_moments,
    quantile_table,
)

NAMES = ("lognormal", "gamma", "gamma-2", "steps")
DISTRIBUTIONS: list[Any] = [
    LogNormal(5.0, 0.9),
    GammaMixture((1.0,), (1.7,), (90.0,)),
    GammaMixture((0.3, 0.7), (0.6, 4.0), (400.0, 30.0)),
    StepHazard((0.0, 10.0, 60.0), (0.002, 0.02, 0.005)),
]


def test_the_food_counter_by_moments(samples: Path) -> None:
    """110 service times: mean 59.709 s, gamma of shape 3.4716 and scale 17.199."""
    times = np.loadtxt(samples / "walkin_grill" / "service_times.csv", skiprows=1)
    found = gamma_by_moments(times)
    assert found.mean == pytest.approx(59.709, abs=5e-4)
    assert found.shapes[0] == pytest.approx(3.4716, abs=2e-4)
    assert found.scales[0] == pytest.approx(17.199, abs=5e-4)
    assert fit_handle(times).best.distance < 0.1


def test_the_bank_by_kind_of_call(samples: Path) -> None:
    """Fits keep the mean of each kind: published with the calls that took 0 s, which are named and left out."""
    calls = bank.read(samples)
    published = {"PS": 175.8, "NW": 130.9, "NE": 240.8, "IN": 325.9, "PE": 317.9, "TT": 121.5}
    for kind, mean in published.items():
        served = calls.service_s[(calls.outcome == "AGENT") & (calls.kind == kind)]
        fit = fit_handle(served, parts=2)
        assert {told.code for told in fit.issues} <= {"not-above-zero"}
        kept = len(served) - sum(told.count for told in fit.issues)
        assert fit.seen.mean * kept / len(served) == pytest.approx(mean, abs=0.05)
        for one in fit.candidates:
            if one.name.startswith("gamma"):
                assert one.lengths.mean == pytest.approx(fit.seen.mean, rel=1e-4)


@pytest.mark.parametrize("name", ["lognormal", "gamma", "gamma-2"])
def test_a_known_distribution_is_found_again(name: str) -> None:
    """Drawn from a lognormal, a gamma or a mixture of two: BIC names it, and its quantiles are close."""
    truth = DISTRIBUTIONS[NAMES.index(name)]
    drawn = truth.quantile(np.random.default_rng(5).random(6000))
    fit = fit_handle(drawn)
    assert fit.best.name == name
    levels = np.array([0.1, 0.5, 0.9, 0.99])
    assert fit.best.lengths.quantile(levels) == pytest.approx(truth.quantile(levels), rel=0.12)
    assert fit.best.distance < 1.5 / math.sqrt(6000)


@pytest.mark.parametrize("lengths", DISTRIBUTIONS, ids=NAMES)
def test_density_survival_quantile_and_mean_belong_together(lengths: Lengths) -> None:
    """The quantile inverts the survival function, the density is its slope, the mean its area."""
    q = np.array([0.001, 0.05, 0.3, 0.5, 0.8, 0.97, 0.9999])
    assert lengths.survival(lengths.quantile(q)) == pytest.approx(1 - q, rel=1e-8)
    x = np.array([3.0, 21.0, 130.0, 700.0])
    slope = (lengths.survival(x - 1e-4) - lengths.survival(x + 1e-4)) / 2e-4
    assert np.exp(lengths.log_pdf(x)) == pytest.approx(slope, rel=1e-5)
    grid = np.concatenate([[0.0], np.geomspace(1e-4, 1e6, 200_000)])
    assert np.trapezoid(lengths.survival(grid), grid) == pytest.approx(lengths.mean, rel=1e-5)


@pytest.mark.parametrize("lengths", DISTRIBUTIONS, ids=NAMES)
@pytest.mark.parametrize("n", [64, 1024])
def test_a_table_to_draw_from_keeps_the_mean(lengths: Lengths, n: int) -> None:
    """The mean of a table is that of the distribution, long tail and all; it rises; its middle is the median."""
    table = quantile_table(lengths, n=n)
    assert table.shape == (n,)
    assert table.mean() == pytest.approx(lengths.mean, rel=1e-12)
    assert np.all(np.diff(table) >= 0)
    assert np.interp(0.5, (np.arange(n) + 0.5) / n, table) == pytest.approx(float(lengths.quantile(0.5)), rel=3 / n)


def test_a_table_of_what_was_seen() -> None:
    """Seen lengths give a table of their own mean and range."""
    seen = np.sort(np.random.default_rng(7).exponential(100, 5000))
    table = quantile_table(Empirical(seen))
    assert table.mean() == pytest.approx(seen.mean(), rel=1e-12)
    assert np.interp(0.9, (np.arange(1024) + 0.5) / 1024, table) == pytest.approx(np.quantile(seen, 0.9), rel=0.01)


@given(st.floats(0.05, 300), st.integers(20, 200))
def test_a_gamma_of_greatest_likelihood_has_the_sample_mean_and_no_slope(shape: float, n: int) -> None:
    """Moving the shape either way makes the sample no likelier."""
    drawn = GammaMixture((1.0,), (shape,), (60.0,)).quantile((np.arange(n) + 0.5) / n)
    if drawn[0] <= 1e-200:
        return
    found = {one.name: one for one in fit_handle(drawn, parts=1).candidates}["gamma"].lengths
    assert found.mean == pytest.approx(drawn.mean(), rel=1e-9)
    best = found.log_pdf(drawn).sum()
    for factor in (0.99, 1.01):
        other = GammaMixture((1.0,), (found.shapes[0] * factor,), (found.scales[0] / factor,))
        assert other.log_pdf(drawn).sum() <= best + 1e-7 * abs(best)


def test_what_is_left_out_is_told() -> None:
    """No numbers and zeros are named with their place and how many; the rest is fitted."""
    times = np.array([math.nan, 0.0, -3.0, math.inf, *np.linspace(50, 150, 40)])
    fit = fit_handle(times)
    assert [(one.code, one.where, one.count) for one in fit.issues] == [
        ("not-a-number", "seconds[0]", 2),
        ("not-above-zero", "seconds[1]", 2),
    ]
    assert len(fit.seen.seen) == 40


@pytest.mark.parametrize(("times", "code"), [([5.0] * 9, "too-few"), ([60.0] * 50, "all-equal"), ([], "too-few")])
def test_what_cannot_be_fitted_is_refused(times: list[float], code: str) -> None:
    """Too few, or all the same: no distribution comes of it."""
    with pytest.raises(InputError) as told:
        fit_handle(times)
    assert told.value.issues[-1].code == code


def test_the_figure_shows_seen_and_fitted() -> None:
    """Bars of what was seen add up to all; the fitted line does, too."""
    figure = fit_handle(DISTRIBUTIONS[1].quantile((np.arange(500) + 0.5) / 500)).plot()
    assert np.sum(figure.data[0].y) == pytest.approx(1.0)
    assert np.sum(figure.data[1].y) == pytest.approx(1.0)
