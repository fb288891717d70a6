"""Days of several queues that were busy together are busy together in their futures."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from troth.capacity.staffing import side_by_side
from troth.capacity.staffing.together import correlation
from troth.core import Grid
from troth.demand import Series, SeriesForecast

_PAST, _AHEAD, _PATHS = 70, 7, 300


def _forecasts(*, shared: float, seed: int = 1) -> list[SeriesForecast]:
    """Return two queues whose days have that much of their spread in common, each forecast by itself."""
    rng = np.random.default_rng(seed)
    first = date(2026, 1, 5)
    past = Grid.of_dates(first, last=first + timedelta(days=_PAST - 1))
    start = first + timedelta(days=_PAST)
    ahead = Grid.of_dates(start, last=start + timedelta(days=_AHEAD - 1))
    common = rng.normal(0, np.sqrt(shared), _PAST)
    found = []
    for name, size in (("calls", 900.0), ("en", 200.0)):
        days = size * (1 + 0.12 * (common + rng.normal(0, np.sqrt(1 - shared), _PAST)))
        paths = np.round(size * (1 + 0.12 * rng.normal(size=(_PATHS, _AHEAD))))
        plain = np.full(_AHEAD, size)
        series = Series(np.round(days), past, {"queue": name})
        none = np.zeros((0, _AHEAD))
        closed = np.zeros(_AHEAD, bool)
        found.append(SeriesForecast(series, ahead, plain, plain, (), none, none, paths, closed, series.values))
    return found


def test_busy_days_meet_as_they_did() -> None:
    """Days that went together do so ahead, each day by itself; what each queue may bring stays the same."""
    told = _forecasts(shared=0.8)
    calls, english = side_by_side(told)
    each = [np.corrcoef(calls[:, d], english[:, d])[0, 1] for d in range(_AHEAD)]
    assert min(each) > 0.55 and max(each) < 0.95
    assert (calls == told[0].paths).all()
    assert (np.sort(english, axis=0) == np.sort(told[1].paths, axis=0)).all()
    assert abs(np.corrcoef(calls[:, 0], english[:, 1])[0, 1]) < 0.2


def test_days_that_had_nothing_in_common_have_nothing() -> None:
    """Chance in the past is not taken for a rule."""
    calls, english = side_by_side(_forecasts(shared=0.0, seed=3))
    assert abs(np.mean([np.corrcoef(calls[:, d], english[:, d])[0, 1] for d in range(_AHEAD)])) < 0.2


def test_a_short_past_teaches_nothing_and_one_queue_stays_as_it_is() -> None:
    """With too few days, or nothing beside, paths are those of the forecast."""
    told = _forecasts(shared=0.8)
    assert (side_by_side(told[:1])[0] == told[0].paths).all()
    assert correlation(np.ones((2, 9))).tolist() == np.eye(2).tolist()
