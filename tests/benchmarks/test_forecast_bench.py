"""The benchmark of forecasts on a made-up set: sums that can be checked by hand, and a run that goes on where it was."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality._forecast_peers import rectangle, weekday_mean, weekday_median
from benchmarks.quality._forecast_score import figures, gain, sums
from benchmarks.quality._forecast_sets import Task, opened
from benchmarks.quality.forecast import answers


def task(days: int = 42) -> Task:
    """Return one series of two places a day, closed on Sundays and on one Wednesday."""
    weekday = np.arange(days) % 7
    values = np.where(weekday == 6, 0.0, 10.0 + weekday)[None, :, None] * np.array([1.0, 2.0])
    values[0, 16] = 0.0
    return Task("made", date(2026, 3, 2), values, opened(values, weekday), (28, 29, 35), ("one",), ("",))


def test_closed_days_are_known_and_judged_nowhere() -> None:
    """Sundays and the empty Wednesday are closed; nothing else is."""
    made = task()
    closed = ~made.open[0].any(1)
    assert np.flatnonzero(closed).tolist() == [6, 13, 16, 20, 27, 34, 41]


def test_peers_get_closed_days_put_back() -> None:
    """The empty Wednesday is filled with the other Wednesdays, so that seasons stay in step."""
    rows, kept, slots, used = rectangle(task(), 0, 28, 7)
    assert used.tolist() == [True] * 6 + [False]
    assert slots.all()
    assert rows[list(kept).index(16)].tolist() == [12.0, 24.0]


@pytest.mark.parametrize("peer", [weekday_mean, weekday_median])
def test_a_series_without_chance_is_forecast_without_error(peer: object) -> None:
    """Every figure of a perfect forecast is as it must be."""
    made = task()
    told = figures(sums(made, {28: peer(made, 28, 7)}), 1)  # type: ignore[operator]
    assert told == {"wape": 0.0, "mase": 0.0, "pinball": 0.0, "coverage": 1.0}


def test_sums_are_those_made_by_hand() -> None:
    """A point one too high everywhere: error 1 a place, half of it pinball at the median, a tenth and nine tenths outside."""
    made = task()
    truth = np.where(made.open, made.values, 0)[:, 28:35]
    told = figures(sums(made, {28: np.stack([truth + 1] * 3, axis=-1)}), 1)
    assert told["wape"] == pytest.approx(12 / (75 * 3))
    assert told["pinball"] == pytest.approx((0.5 + 0.9 + 0.1) / 3)
    assert told["coverage"] == 0


def test_the_gain_is_of_the_whole_and_its_interval_holds_it() -> None:
    """Half the error everywhere is a gain of a half, surely."""
    made = task()
    truth = made.values
    side = {d: {o: np.stack([truth[:, o : o + 7] + d] * 3, axis=-1) for o in made.origins} for d in (1, 2)}
    value, low, high, chance = gain({"made": sums(made, side[1])}, {"made": sums(made, side[2])}, part="error")
    assert (value, low, high, chance) == pytest.approx((0.5, 0.5, 0.5, 0.0))


def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    """Answers that are kept are not made again."""
    asked: list[int] = []

    def say(some: Task, origin: int, days: int) -> np.ndarray:
        asked.append(origin)
        return np.zeros((1, days, 2, 3))

    made = task()
    first, _ = answers(made, "made up", say, tmp_path, run=True)
    (tmp_path / "made" / "made_up" / "0029.npz").unlink()
    again, _ = answers(made, "made up", say, tmp_path, run=True)
    assert asked == [28, 29, 35, 29]
    assert list(first) == list(again) == [28, 29, 35]
