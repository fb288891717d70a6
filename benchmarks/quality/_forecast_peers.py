"""The peers: plain means and medians, statsforecast, mlforecast with LightGBM, and simple ensembles of them.

All get what ours gets: the history with closed days put back in (as a usual day of their weekday, so that seasons stay in
step), the calendar of the days ahead, and nought as the lower limit.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsforecast.models import MSTL, AutoETS, AutoTheta

from benchmarks.quality._forecast_sets import Task

Floats = NDArray[np.float64]
#: Point, lower and upper limit of the 80 % band: the last axis of every answer.
Answer = Floats
_Z80 = 1.2815515655446004
WEEKS = 6


def history(task: Task, origin: int) -> Floats:
    """Return what was recorded before an origin in open places, NaN elsewhere, shape (series, days, slots)."""
    return np.where(task.open[:, :origin], task.values[:, :origin], np.nan)


def _last(task: Task, origin: int, weekday: int, weeks: int) -> Floats:
    """Return the last days of a weekday that have data, shape (series, weeks, slots)."""
    past = history(task, origin)[:, task.weekday[:origin] == weekday]
    out = np.full((len(past), weeks, past.shape[2]), np.nan)
    for s, rows in enumerate(past):
        kept = rows[np.isfinite(rows).any(1)][-weeks:]
        if len(kept):
            out[s, -len(kept) :] = kept
    return out


def _weekly(task: Task, origin: int, days: int, say: Callable[[Floats], list[Floats]], weeks: int = WEEKS) -> Answer:
    out = np.zeros((len(task.keys), days, task.values.shape[2], 3))
    for h in range(days):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a weekday on which nobody works has no mean
            said = say(_last(task, origin, (int(task.weekday[0]) + origin + h) % 7, weeks))
        out[:, h] = np.nan_to_num(np.stack(said, axis=-1))
    return out


def weekday_mean(task: Task, origin: int, days: int) -> Answer:
    """Mean of the last six days of the weekday; normal band from their standard deviation."""

    def say(past: Floats) -> list[Floats]:
        mean, sd = np.nanmean(past, axis=1), np.nanstd(past, axis=1, ddof=1)
        return [mean, mean - _Z80 * sd, mean + _Z80 * sd]

    return _weekly(task, origin, days, say)


def weekday_median(task: Task, origin: int, days: int) -> Answer:
    """Median of the last six days of the weekday; their 10 % and 90 % quantiles as the band."""
    return _weekly(task, origin, days, lambda past: [np.nanquantile(past, q, axis=1) for q in (0.5, 0.1, 0.9)])


def seasonal_naive(task: Task, origin: int, days: int) -> Answer:
    """The last day of the weekday; the band from the differences between successive weeks."""

    def say(past: Floats) -> list[Floats]:
        last = past[:, -1]
        sd = np.sqrt(np.nanmean(np.diff(past, axis=1) ** 2, axis=1))
        return [last, last - _Z80 * sd, last + _Z80 * sd]

    return _weekly(task, origin, days, say)


def rectangle(
    task: Task, series: int, origin: int, days: int
) -> tuple[Floats, NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return a series without the places in which it is never open, closed days filled in.

    Returns
    -------
    The history (days in use, slots in use), the numbers of those days and of the days ahead in use, which slots are in use,
    and which weekdays.
    """
    past = history(task, origin)[series]
    slots = np.isfinite(past).any(0)
    weekday = (int(task.weekday[0]) + np.arange(origin + days)) % 7
    used = np.array([np.isfinite(past[weekday[:origin] == k]).any() for k in range(7)])
    kept = np.flatnonzero(used[weekday])
    rows = past[kept[kept < origin]][:, slots]
    for k in range(7):
        some = weekday[kept[kept < origin]] == k
        block = rows[some]
        for at in range(len(block)):
            hole = ~np.isfinite(block[at])
            if hole.any():
                near = np.concatenate([block[:at][-WEEKS:], block[at + 1 :][: max(0, WEEKS - at)]])
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # a place closed on this weekday has no mean: nobody comes
                    block[at, hole] = np.nan_to_num(np.nanmean(near, axis=0))[hole] if len(near) else 0.0
        rows[some] = block
    return rows, kept, slots, used


def _each(task: Task, origin: int, days: int, make: Callable[[int, int], Any]) -> Answer:
    """Run a statsforecast model on every series by itself."""
    out = np.zeros((len(task.keys), days, task.values.shape[2], 3))
    for s in range(len(task.keys)):
        rows, kept, slots, used = rectangle(task, s, origin, days)
        ahead = kept[kept >= origin]
        if not len(ahead):
            continue
        model = make(int(slots.sum()), int(used.sum()))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said = model.forecast(rows.ravel(), h=len(ahead) * int(slots.sum()), level=[80])
        place = np.ix_(ahead - origin, np.flatnonzero(slots))
        for c, name in enumerate(("mean", "lo-80", "hi-80")):
            out[s, :, :, c][place] = np.asarray(said[name]).reshape(len(ahead), -1)
    return out


def mstl(task: Task, origin: int, days: int) -> Answer:
    """MSTL with the day and the week as seasons, AutoETS for the trend."""

    return _each(task, origin, days, lambda day, week: MSTL([day, day * week], trend_forecaster=AutoETS(model="ZZN")))


def auto_ets(task: Task, origin: int, days: int) -> Answer:
    """AutoETS with the day as season."""

    return _each(task, origin, days, lambda day, _: AutoETS(day))


def auto_theta(task: Task, origin: int, days: int) -> Answer:
    """AutoTheta with the week as season: with the day it is twice as far off (tried)."""

    return _each(task, origin, days, lambda day, week: AutoTheta(day * week))


def mlforecast(task: Task, origin: int, days: int) -> Answer:
    """LightGBM on lags of an hour, a day and a week with slot and weekday, recursive, conformal band of two windows.

    Series of one shape (slots and weekdays in use) share a model.
    """
    shapes: dict[tuple[int, int], list[int]] = {}
    rectangles = [rectangle(task, s, origin, days) for s in range(len(task.keys))]
    for s, (_, _, slots, used) in enumerate(rectangles):
        shapes.setdefault((int(slots.sum()), int(used.sum())), []).append(s)
    out = np.zeros((len(task.keys), days, task.values.shape[2], 3))
    for (per_day, per_week), members in shapes.items():
        if any((rectangles[s][1] >= origin).any() for s in members):
            _learn(task, origin, per_day, per_week, {s: rectangles[s] for s in members}, out)
    return out


def _learn(task: Task, origin: int, per_day: int, per_week: int, some: dict[int, Any], out: Answer) -> None:

    parts, future = [], []
    for s, (rows, kept, _, _) in some.items():
        day = np.repeat(kept, per_day)
        frame = pd.DataFrame(
            {
                "unique_id": s, "ds": np.arange(len(day)), "slot": np.tile(np.arange(per_day), len(kept)),
                "weekday": (int(task.weekday[0]) + day) % 7,
            }
        )  # fmt: skip
        seen = len(rows) * per_day
        parts.append(frame[:seen].assign(y=rows.ravel()))
        future.append(frame[seen:])
    week = per_day * per_week
    # A lag costs as much of the history: those that would leave less than half are left out.
    shortest = min(len(one) for one in parts)
    lags = [lag for lag in (1, 2, per_day, 2 * per_day, week, 2 * week) if 2 * lag <= shortest]
    from mlforecast import MLForecast  # noqa: PLC0415 - a peer need not be there
    from mlforecast.lag_transforms import RollingMean  # noqa: PLC0415
    from mlforecast.utils import PredictionIntervals  # noqa: PLC0415

    model = MLForecast(
        models=[
            lgb.LGBMRegressor(
                n_estimators=200, num_leaves=31, learning_rate=0.05, verbosity=-1, n_jobs=1, random_state=1
            )
        ],
        freq=1,
        lags=lags,
        lag_transforms={lag: [RollingMean(per_day)] for lag in (per_day, week) if 2 * (lag + per_day) <= shortest},
    )
    ahead = min(len(one) for one in future)
    if not ahead:
        return
    history = pd.concat(parts, ignore_index=True)
    windows = 2 if history.groupby("unique_id").size().min() > 3 * week + 2 * ahead + 10 else 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(
            history,
            static_features=[],
            prediction_intervals=PredictionIntervals(n_windows=windows, h=ahead) if windows else None,
        )
        said = model.predict(ahead, X_df=pd.concat(future, ignore_index=True), level=[80] if windows else None)
    for s, (_, kept, slots, _) in some.items():
        mine = said[said["unique_id"] == s]
        point = mine["LGBMRegressor"].to_numpy()
        limits = [mine[f"LGBMRegressor-{side}-80"].to_numpy() if windows else point for side in ("lo", "hi")]
        coming = kept[kept >= origin][: ahead // per_day]
        place = np.ix_(coming - origin, np.flatnonzero(slots))
        for c, values in enumerate((point, *limits)):
            out[s, :, :, c][place] = values.reshape(len(coming), -1)


#: Single peers by name, the quick ones first.
PEERS: dict[str, Callable[[Task, int, int], Answer]] = {
    "seasonal naive": seasonal_naive,
    "weekday mean": weekday_mean,
    "weekday median": weekday_median,
    "mlforecast": mlforecast,
    "MSTL+AutoETS": mstl,
    "AutoETS": auto_ets,
    "AutoTheta": auto_theta,
}
#: Slow ones that are far behind run on a part of the origins only.
THINNED = {"AutoETS": 4, "AutoTheta": 4}
#: Simple ensembles: the mean of points and of limits.
ENSEMBLES = {
    "mean of median, MSTL, mlforecast": ("weekday median", "MSTL+AutoETS", "mlforecast"),
    "mean of mean, median, MSTL, mlforecast": ("weekday mean", "weekday median", "MSTL+AutoETS", "mlforecast"),
    "mean of mean, MSTL, mlforecast": ("weekday mean", "MSTL+AutoETS", "mlforecast"),
    "mean of mean and MSTL": ("weekday mean", "MSTL+AutoETS"),
    "mean of MSTL and mlforecast": ("MSTL+AutoETS", "mlforecast"),
}
