"""Stated probabilities are judged as the literature defines, and honest ones pass."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.promise.test_states import NOON, OFFER
from troth.promise import Offer, at_risk, brier, calibration, chance, kept_rate, pit, reliability, score_bands
from troth.queueing import WaitBand
from troth.stats import wilson

pairs = st.lists(st.tuples(st.floats(0.01, 1.0), st.booleans()), min_size=1, max_size=60)


@given(pairs, st.integers(2, 12))
def test_the_parts_of_the_brier_score_add_up(given_: list[tuple[float, bool]], bins: int) -> None:
    """Reliability - resolution + uncertainty + what groups hide is the score; with few values nothing is hidden."""
    said, kept = zip(*given_, strict=True)
    found = brier(said, kept=kept, bins=bins)
    parts = found.reliability - found.resolution + found.uncertainty + found.within
    assert found.score == pytest.approx(np.mean((np.array(said) - np.array(kept)) ** 2))
    assert parts == pytest.approx(found.score)
    coarse = brier(np.round(said, 1), kept=kept, bins=11)
    assert coarse.within == pytest.approx(0, abs=1e-12)


def test_honest_promises_lie_on_the_line_and_boasting_ones_do_not() -> None:
    """Of true probabilities the curve's intervals hold nearly all; stated 0.1 too high they hold few."""
    rng = np.random.Generator(np.random.PCG64(8))
    true = rng.choice([0.5, 0.6, 0.7, 0.8, 0.85], 12_000)
    kept, days = rng.random(12_000) < true, rng.integers(0, 60, 12_000)
    assert all(one.honest for one in reliability(true, kept=kept, days=days))
    boasting = reliability(true + 0.1, kept=kept, days=days)
    assert not any(one.honest for one in boasting)
    assert sum(one.n for one in boasting) == 12_000
    assert brier(true, kept=kept).reliability < 0.001 < brier(true + 0.1, kept=kept).reliability


def test_groups_of_the_curve_are_of_like_size_and_in_order() -> None:
    """Many different probabilities are cut into groups of about equal size, rising."""
    rng = np.random.Generator(np.random.PCG64(9))
    said = rng.random(1000) ** 3
    curve = reliability(said, kept=rng.random(1000) < said, bins=8)
    assert len(curve) == 8
    assert all(110 <= one.n <= 140 for one in curve)
    assert [one.stated for one in curve] == sorted(one.stated for one in curve)


def test_days_with_luck_of_their_own_widen_the_interval() -> None:
    """Promises of a day that fail together say less than as many independent ones."""
    days = np.repeat(np.arange(30), 40)
    bad = np.isin(days, (3, 9, 17, 22, 28))
    together, alone = kept_rate(~bad, days=days), kept_rate(~bad)
    assert alone == wilson(1000, n=1200)
    assert together.estimate == pytest.approx(alone.estimate)
    assert together.high - together.low > 3 * (alone.high - alone.low)
    with pytest.raises(ValueError, match="some promises"):
        kept_rate([])


def test_bands_of_true_quantiles_hold_and_score_best() -> None:
    """True 10th and 90th centiles of exponential waits keep 80 %, split evenly, and beat wider and narrower bands."""
    rng = np.random.Generator(np.random.PCG64(10))
    mean = rng.uniform(50, 500, 6000)
    waits = rng.exponential(mean)

    def bands(factor: float) -> list[WaitBand]:
        ends = -np.log(1 - np.array([0.1, 0.5, 0.9]))
        return [WaitBand((0.1, 0.5, 0.9), (m * ends[0] / factor, m * ends[1], m * ends[2] * factor)) for m in mean]

    found = {factor: score_bands(bands(factor), waits_s=waits) for factor in (0.6, 1.0, 1.6)}
    true = found[1.0]
    assert true.kept.low < 0.8 < true.kept.high
    assert true.below == pytest.approx(0.1, abs=0.015)
    assert [true.held[k] for k in (0.1, 0.5, 0.9)] == pytest.approx([0.1, 0.5, 0.9], abs=0.02)
    assert true.score_s < min(found[0.6].score_s, found[1.6].score_s)
    assert found[0.6].kept.estimate < 0.7
    assert found[1.6].width_s > true.width_s


def test_the_transform_of_honest_predictions_is_even() -> None:
    """Values drawn as predicted fall evenly; too wide predictions heap them in the middle; ties are spread."""
    rng = np.random.Generator(np.random.PCG64(11))
    draws, came, jitter = rng.normal(size=(4000, 99)), rng.normal(size=4000), rng.random(4000)
    honest = np.histogram(pit(draws, values=came, jitter=jitter), bins=10, range=(0, 1))[0] / 4000
    wide = np.histogram(pit(3 * draws, values=came, jitter=jitter), bins=10, range=(0, 1))[0] / 4000
    assert honest == pytest.approx(np.full(10, 0.1), abs=0.02)
    assert wide[4] + wide[5] > 0.4
    tied = pit(np.zeros((4000, 50)), values=np.zeros(4000), jitter=jitter)
    assert np.histogram(tied, bins=4, range=(0, 1))[0] / 4000 == pytest.approx(np.full(4, 0.25), abs=0.03)


def test_nonsense_is_refused() -> None:
    """Lengths that differ, nothing at all, and probabilities beyond 1 are errors, not figures."""
    for said, kept in (([0.5], [1, 0]), ([], []), ([1.5], [1])):
        with pytest.raises(ValueError, match="robabilit"):
            brier(said, kept=kept)


def test_the_chance_of_a_promise_follows_the_band() -> None:
    """Between levels a straight line, beyond them a falling tail, before now nothing."""
    band = WaitBand((0.1, 0.5, 0.9), (600.0, 900.0, 1500.0))

    def at(minutes: float) -> float:
        return chance(Offer("wait", due_at=NOON + timedelta(minutes=minutes)), band=band, now=NOON)

    assert [round(at(m), 3) for m in (-1, 5, 10, 12.5, 15, 25)] == [0.0, 0.05, 0.1, 0.3, 0.5, 0.9]
    tail = [at(m) for m in (25, 30, 60, 600)]
    assert tail == sorted(tail)
    assert 0.9 < at(30) < at(60) < 1.0
    soon = WaitBand((0.1, 0.5, 0.9), (0.0, 0.0, 100.0))
    assert chance(Offer("wait", due_at=NOON), band=soon, now=NOON) == 0.5


def test_promises_at_risk_are_found_worst_first() -> None:
    """Below what was stated, or overdue without a prediction; safe and settled ones are left out."""
    bands = {
        "safe": WaitBand((0.1, 0.5, 0.9), (60.0, 120.0, 300.0)),
        "risky": WaitBand((0.1, 0.5, 0.9), (600.0, 1200.0, 3000.0)),
        "lost": WaitBand((0.1, 0.5, 0.9), (3000.0, 4000.0, 9000.0)),
    }
    late = Offer("sla", due_at=NOON - timedelta(minutes=1))
    offers = {"safe": OFFER, "risky": OFFER, "lost": OFFER, "overdue": late, "unknown": OFFER}
    found = at_risk(offers, bands=bands, now=NOON)
    assert [one.id for one in found] == ["overdue", "lost", "risky"]
    assert found[0].left_s == -60
    assert 0.5 < found[2].chance < 0.8
    modest = {"risky": Offer("wait", due_at=OFFER.due_at, probability=0.5)}
    assert at_risk(modest, bands=bands, now=NOON) == ()


def test_the_figure_shows_each_group() -> None:
    """One point a group with its interval, and the line of honest promises; those that miss it are ringed."""
    said = [0.8] * 200 + [0.95] * 200
    curve = reliability(said, kept=[True] * 162 + [False] * 38 + [True] * 150 + [False] * 50)
    line, points = calibration(curve).data
    assert list(points.x) == pytest.approx([0.8, 0.95])
    assert list(points.y) == [0.81, 0.75]
    assert line.x[0] == line.y[0] <= 0.7
    assert list(points.marker.line.width) == [1, 3]
