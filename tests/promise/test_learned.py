"""A probability learned from how like promises fared comes true as stated, also while the world drifts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.promise import learned_share

cell = st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 2), st.integers(0, 90))


@given(st.lists(cell, max_size=12), st.floats(0.01, 0.99))
def test_a_learned_share_is_always_one_that_may_be_stated(cells: list[tuple[int, int, int, int]], prior: float) -> None:
    """Whatever was kept, nothing is stated as certain or impossible; one more that was kept never lowers the share."""
    kept, due = [min(a, b) for a, b, *_ in cells], [max(a, b) for a, b, *_ in cells]
    circles, ages = [c for *_, c, _ in cells], [age for *_, age in cells]
    found = learned_share(kept, due=due, circles=circles, ages_days=ages, prior=prior)
    assert 0 < found.probability < 1
    more = learned_share([*kept, 1], due=[*due, 1], circles=[*circles, 2], ages_days=[*ages, 0], prior=prior)
    assert more.probability > found.probability


def _lives(start: float, end: float, *, number: int, a_day: int, days: int = 150) -> tuple[list[float], list[bool]]:
    """Promise things up to three weeks ahead on each of many days, at a share that drifts and has good and bad days."""
    rng = np.random.Generator(np.random.PCG64(number))
    logit = np.linspace(np.log(start / (1 - start)), np.log(end / (1 - end)), days) + 0.5 * rng.standard_normal(days)
    kept = rng.binomial(a_day, 1 / (1 + np.exp(-logit)))
    stated, came = list[float](), list[bool]()
    for due in range(30, days):
        made = due - int(rng.integers(0, 22))
        known = np.arange(made)
        share = learned_share(
            kept[known], due=[a_day] * made, circles=[2] * made, ages_days=made - known, prior=0.8
        ).probability
        stated += [share] * a_day
        came += [True] * int(kept[due]) + [False] * (a_day - int(kept[due]))
    return stated, came


@pytest.mark.parametrize(("start", "end"), [(0.93, 0.93), (0.95, 0.84), (0.6, 0.75)])
def test_what_is_stated_comes_true_under_drift(start: float, end: float) -> None:
    """Over many histories the kept share is within 0.05 of the stated one, of steady, worsening and mending queues."""
    lives = [_lives(start, end, number=k, a_day=12) for k in range(8)]
    stated = np.concatenate([one[0] for one in lives])
    came = np.concatenate([one[1] for one in lives])
    assert abs(stated.mean() - came.mean()) < 0.05
    assert abs(stated.mean() - came.mean()) < abs(0.8 - came.mean()), "better than to say 0.8 to all"


def test_few_lean_on_the_circle_around_them() -> None:
    """Five of five do not make certainty; without any the site's share is stated as it is, and which it is is said."""
    around = {"circles": [0, 1, 2], "ages_days": [0, 0, 0], "prior": 0.8}
    few = learned_share([900, 270, 5], due=[1000, 300, 5], **around)  # type: ignore[arg-type]
    none = learned_share([900, 270, 0], due=[1000, 300, 0], **around)  # type: ignore[arg-type]
    assert few.probability == pytest.approx((5 + 10 * none.probability) / 15)
    assert none.probability == pytest.approx(0.9, abs=0.01)
    assert (few.circle, few.n) == (1, 305)
    assert learned_share([2], due=[3], circles=[2], ages_days=[0], prior=0.8).circle == -1


def test_a_changed_queue_is_followed() -> None:
    """Half the weight is newer than two half-lives ago at least: an old share does not hold on for long."""
    ages = np.arange(90)
    found = learned_share(np.where(ages < 28, 6, 10), due=[10] * 90, circles=[2] * 90, ages_days=ages, prior=0.8)
    assert found.probability == pytest.approx(0.6 + 0.4 * 0.25, abs=0.02)


def test_wrong_counts_are_refused() -> None:
    """More kept than came due, or lists of different lengths, are no history."""
    with pytest.raises(ValueError, match="0 to all"):
        learned_share([3], due=[2], circles=[0], ages_days=[0], prior=0.8)
    with pytest.raises(ValueError, match="one length"):
        learned_share([1], due=[2, 2], circles=[0], ages_days=[0], prior=0.8)
