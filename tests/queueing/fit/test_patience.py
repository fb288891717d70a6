"""Patience from waits that mostly ended otherwise: textbook values, recovery, the bank's hang-ups."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tests.queueing.fit import bank
from troth.core.errors import InputError
from troth.queueing.fit import GammaMixture, StepHazard, fit_patience, kaplan_meier, step_hazard

#: Remission of 21 patients under 6-MP (Freireich et al. 1963), the standard example; True: ended, False: cut short.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
ENDED = [
    True,
    True,
    True,
    False,
    True,
    False,
    True,
    False,
    False,
    True,
    True,
    False,
    False,
    False,
    True,
    True,
    *[False] * 5,
]


def test_the_standard_example_of_survival() -> None:
    """Shares and Greenwood errors as every textbook prints them."""
    found = kaplan_meier(WEEKS, gave_up=ENDED)
    assert list(found.at) == [6, 7, 10, 13, 16, 22, 23]
    assert found.share == pytest.approx([0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=6e-4)
    assert list(found.at_risk) == [21, 17, 15, 12, 11, 7, 6]
    # log(-log) limits at 10 weeks with Greenwood's error of 0.0963: 0.502 to 0.890
    assert (found.low[2], found.high[2]) == pytest.approx((0.502, 0.890), abs=2e-3)
    assert found.median() == 23
    assert list(found.survival([0, 6, 6.5, 40])) == pytest.approx([1, 0.857, 0.857, 0.448], abs=6e-4)
    # The exponential rate of this sample is 9 ends in 359 weeks.
    fit = fit_patience(WEEKS, gave_up=ENDED)
    assert fit.best.lengths.mean == pytest.approx(359 / 9)


def _waits(truth: object, n: int, *, seed: int, answer_s: float = 150.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    patience = truth.quantile(rng.random(n))  # type: ignore[attr-defined]
    answer = rng.exponential(answer_s, n)
    return np.minimum(patience, answer), patience < answer


@pytest.mark.parametrize(
    ("name", "truth"),
    [
        ("exponential", GammaMixture((1.0,), (1.0,), (300.0,))),
        ("hyper-exponential", GammaMixture((0.3, 0.7), (1.0, 1.0), (40.0, 900.0))),
        ("steps", StepHazard((0.0, 10.0, 20.0, 55.0, 70.0), (0.0005, 0.02, 0.001, 0.03, 0.0008))),
    ],
)
def test_known_patience_is_found_under_censoring(name: str, truth: GammaMixture) -> None:
    """Half the waits end by an answer, and still the kind is named and the share still patient is right."""
    waits, gave_up = _waits(truth, 20_000, seed=8)
    fit = fit_patience(waits, gave_up=gave_up)
    assert fit.best.name == name
    at = np.array([15.0, 60.0, 150.0, 300.0])
    assert fit.best.lengths.survival(at) == pytest.approx(truth.survival(at), abs=0.02)
    assert fit.seen.survival(at) == pytest.approx(truth.survival(at), abs=0.02)
    assert fit.best.distance < 0.03


def test_the_band_holds_the_truth_as_often_as_it_says() -> None:
    """Over 200 samples of 300 waits the 90 % band at two minutes holds the true share in 80 to 97 %."""
    truth = GammaMixture((1.0,), (1.0,), (200.0,))
    held = 0
    for seed in range(200):
        waits, gave_up = _waits(truth, 300, seed=seed)
        found = kaplan_meier(waits, gave_up=gave_up, level=0.9)
        at = np.searchsorted(found.at, 120.0, side="right") - 1
        held += bool(found.low[at] <= math.exp(-120 / 200) <= found.high[at])
    assert 160 <= held <= 194


def test_the_steps_of_a_hazard_are_ends_over_time() -> None:
    """Two customers, one leaves after 10 s, one is answered after 30: 1 / 20 s, then 0 is joined to what was before."""
    found = step_hazard([10, 30], gave_up=[True, False], edges_s=[0, 10.5, 20])
    assert found.edges == (0.0,)
    assert found.rates == pytest.approx([1 / 40])
    found = step_hazard([10, 30], gave_up=[True, True], edges_s=[0, 15])
    assert found.rates == pytest.approx([1 / 25, 1 / 15])


def test_customers_of_the_bank_leave_at_the_announcements(samples: Path) -> None:
    """The hazard of regular calls peaks in the first quarter of a minute and again at a minute, as Brown et al. saw."""
    calls = bank.read(samples)
    some = (calls.kind == "PS") & (calls.wait_s > 0) & (calls.outcome != "PHANTOM")
    fit = fit_patience(calls.wait_s[some], gave_up=calls.outcome[some] == "HANG")
    assert fit.best.name == "steps"
    rate = step_hazard(fit.waits_s, gave_up=fit.gave_up, edges_s=[0, 8, 16, 30, 50, 75, 120]).rates
    assert rate[1] > 1.5 * max(rate[0], rate[2]) and rate[4] > 1.2 * max(rate[3], rate[5])
    assert fit.best.distance < 0.05


def test_what_cannot_be_told_is_said() -> None:
    """Nobody gave up, negative waits, shapes that differ: refused; giving up at once and unseen tails: told."""
    for waits, gave_up, code in (
        ([1, 2], [False, False], "nobody-gave-up"), ([1, -2], [True, True], "wait-not-a-number"),
        ([1, math.nan], [True, True], "wait-not-a-number"), ([1, 2], [True], "shapes-differ"), ([0, 0], [True, False], "nobody-gave-up"),
    ):  # fmt: skip
        with pytest.raises(InputError) as told:
            fit_patience(waits, gave_up=gave_up)
        assert [one.code for one in told.value.issues] == [code]
    fit = fit_patience([0, 5, 9, 10, 12, 20], gave_up=[True, True, False, False, False, False])
    assert [one.code for one in fit.issues] == ["gave-up-at-once", "patience-mostly-unseen"]
    with pytest.raises(InputError, match="edges-not-rising"):
        step_hazard([1, 2], gave_up=[True, True], edges_s=[5, 1])


def test_the_figures_show_seen_and_fitted() -> None:
    """Band, staircase and line; bars and line of the hazard."""
    waits, gave_up = _waits(GammaMixture((1.0,), (1.0,), (300.0,)), 400, seed=1)
    fit = fit_patience(waits, gave_up=gave_up)
    assert [one.line.shape for one in fit.plot().data][:3] == ["hv", "hv", "hv"]
    bars, line = fit.plot_hazard().data
    assert line.y[100] == pytest.approx(1 - math.exp(-60 / fit.best.lengths.mean), rel=1e-6)
    assert len(bars.y) <= 20
