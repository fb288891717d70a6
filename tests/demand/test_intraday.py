"""What the morning says of the afternoon, and no more than it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.demand import made
from troth.core.errors import InputError
from troth.core.random import stream
from troth.demand import DemandKind
from troth.demand.intraday import surprise, update

NOON = 12


def days(number: int, *, sd: float, scale: float = 1.0) -> np.ndarray:
    """Return true days, drawn apart from the paths."""
    level = made.levels(number, sd=sd, names=("true", f"{sd}", f"{scale}"))
    drawn: np.ndarray = stream(5, "days").poisson(made.profile() * scale * level[:, None]).astype(float)
    return drawn


@pytest.mark.parametrize(("sd", "scale"), [(0.2, 1.0), (0.35, 1.0), (0.2, 0.1), (0.0, 1.0)])
def test_bands_stay_calibrated_after_the_morning(sd: float, scale: float) -> None:
    """Of the afternoon's totals and of its cells each band holds about the share it promises, with and without day effects."""
    bases = [made.day_forecast(sd=sd, scale=scale, seed=number) for number in range(20)]
    held: dict[float, list[bool]] = {level: [] for level in made.LEVELS}
    inside = []
    for number, day in enumerate(days(400, sd=sd, scale=scale)):
        rest = update(bases[number % 20], seen=day[:NOON], seed=number)
        totals, came = rest.paths.sum(1), day[NOON:].sum()
        for level in made.LEVELS:
            low, high = np.quantile(totals, [(1 - level) / 2, (1 + level) / 2])
            held[level].append(low <= came <= high)
        low, high = rest.band(0.8)
        cells = ~rest.closed
        inside.append(((low <= day[NOON:]) & (day[NOON:] <= high))[cells].mean())
    # Bands of small counts hold more than they promise: a limit is a whole number.
    slack = 0.05 + 0.07 * (scale < 1)
    for level in made.LEVELS:
        assert level - 0.055 <= np.mean(held[level]) <= level + slack, level
    assert 0.77 <= np.mean(inside) <= 0.86 + 0.09 * (scale < 1)


def test_the_afternoon_is_foretold_better() -> None:
    """Where days differ by a fifth, seeing the morning takes away more than a third of the afternoon's error."""
    errors = []
    base = made.day_forecast(sd=0.2)
    for day in days(200, sd=0.2):
        rest = update(base, seen=day[:NOON])
        came = day[NOON:].sum()
        errors.append((abs(rest.mean.sum() - came), abs(base.mean[NOON:].sum() - came)))
    after, before = np.mean(errors, axis=0)
    assert after < 0.67 * before


def test_bands_narrow_when_a_day_is_known_by_its_morning() -> None:
    """What the morning tells is no longer uncertain."""
    base = made.day_forecast(sd=0.3)
    seen = made.profile()[:NOON].round()
    low, high = base.band(0.8)
    narrow_low, narrow_high = update(base, seen=seen).band(0.8)
    assert (narrow_high - narrow_low).sum() < 0.75 * (high - low)[NOON:].sum()


def test_an_ordinary_morning_changes_little() -> None:
    """If what came is what was expected, the rest is expected as before."""
    base = made.day_forecast(sd=0.2)
    rest = update(base, seen=made.profile()[:NOON])
    assert rest.mean.sum() == pytest.approx(base.mean[NOON:].sum(), rel=0.03)


def test_mornings_that_say_nothing_change_nothing() -> None:
    """If only chance differs between days, a busy morning is no news for the afternoon."""
    base = made.day_forecast(sd=0.0)
    rest = update(base, seen=made.profile()[:NOON] * 1.3)
    assert rest.mean.sum() == pytest.approx(base.mean[NOON:].sum(), rel=0.04)


def test_later_days_follow_by_their_own_slope() -> None:
    """Tomorrow is moved too, but less than today."""
    base = made.day_forecast(sd=0.25, days=3, paths=1000)
    rest = update(base, seen=made.profile()[:NOON] * 1.5)
    today, tomorrow, third = rest.mean[:12].sum(), rest.mean[12:36].sum(), rest.mean[36:].sum()
    was = base.mean[NOON:]
    gains = [today / was[:12].sum(), tomorrow / was[12:36].sum(), third / was[36:].sum()]
    assert 1.25 < gains[0] < 1.55
    assert 1.08 < gains[1] < gains[0] - 0.1
    assert gains[2] < gains[1]


def test_an_accident_is_not_believed_without_limit() -> None:
    """A morning ten times as busy as any that was thought of is a fault somewhere; it is told, and not multiplied."""
    base = made.day_forecast(sd=0.1)
    seen = made.profile()[:NOON] * 10
    assert surprise(base, seen=seen) == 1.0
    assert update(base, seen=seen).mean.sum() < 2 * base.mean[NOON:].sum()


def test_what_is_not_known_is_passed_over() -> None:
    """Unknown cells and closed ones are neither much nor little demand; with nothing known nothing is learnt."""
    base = made.day_forecast(sd=0.2)
    seen = made.profile()[:NOON] * 1.2
    gap = seen.copy()
    gap[10] = np.nan
    assert update(base, seen=gap).mean.sum() > base.mean[NOON:].sum() * 1.05
    nothing = update(base, seen=np.full(NOON, np.nan))
    np.testing.assert_array_equal(nothing.paths, base.paths[:, NOON:])
    assert nothing.grid.labels()[0].hour == NOON


def test_closed_cells_stay_closed_and_counts_whole() -> None:
    """The update scales; it opens nothing and makes no half customers."""
    rest = update(made.day_forecast(sd=0.2), seen=made.profile()[:NOON] * 1.4)
    assert (rest.paths[:, rest.closed] == 0).all() and (rest.high[:, rest.closed] == 0).all()
    assert (rest.paths == rest.paths.round()).all()
    assert (rest.low >= 0).all() and (rest.low <= rest.high).all()


def test_shares_stay_shares() -> None:
    """A no-show share is never above 1, however bad the morning."""
    draw = stream(3, "shares").beta(8, 4, (100, 1)) * np.ones((1, 24))
    base = made.forecast_of(draw, first=made.MONDAY, days=1, kind=DemandKind.NO_SHOW)
    rest = update(base, seen=np.full(NOON, 0.99))
    assert rest.paths.max() <= 1.0 and rest.high.max() <= 1.0
    assert rest.mean.mean() > base.mean.mean()


def test_the_same_input_gives_the_same_forecast() -> None:
    """Chance comes from the seed."""
    base, seen = made.day_forecast(), made.profile()[:NOON] * 1.2
    first, second = (update(base, seen=seen, seed=4) for _ in range(2))
    np.testing.assert_array_equal(first.paths, second.paths)


def test_calibration_of_the_bands_is_kept() -> None:
    """Bands that were widened beyond their paths stay so."""
    base = made.day_forecast(sd=0.2)
    wide = replace(
        base, low=base.point - 1.5 * (base.point - base.low), high=base.point + 1.5 * (base.high - base.point)
    )
    seen = made.profile()[:NOON]
    plain, kept = update(base, seen=seen), update(wide, seen=seen)
    middle = slice(0, 4)
    ratio = (kept.high - kept.low)[1, middle].sum() / (plain.high - plain.low)[1, middle].sum()
    assert 1.35 < ratio < 1.65


def test_all_that_is_wrong_is_said_at_once() -> None:
    """Each way in which what was seen cannot be used has its code."""
    base = made.day_forecast()
    with pytest.raises(InputError) as caught:
        update(base, seen=np.concatenate([[-1.0, np.inf], np.ones(22)]))
    assert {issue.code for issue in caught.value.issues} == {"negative-seen", "not-finite", "too-many-seen"}
    assert all(issue.advice.startswith("Maybe") for issue in caught.value.issues)
