"""The rest of a day, from the hours already seen: a busy morning makes a busy afternoon, as far as it does."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.random import stream
from troth.demand._carry import carried, tail
from troth.demand.plan import SeriesForecast
from troth.demand.problem import DemandKind, Floats

#: What was seen counts as at most so many standard deviations out: beyond lies an accident, not a busy day.
_FAR: Final = 4.0


def update(forecast: SeriesForecast, *, seen: Floats, seed: int = 0) -> SeriesForecast:
    """Return the forecast of the cells not yet seen, given those that are over.

    The possible futures belong together: across them, what the rest of the day (and each later day) brings is regressed
    on what the seen cells brought, both as logarithms of sums. Every path is then moved by that slope as far as it lies
    from what was really seen. A slope that chance alone could have made counts for little; where mornings say nothing
    of afternoons, nothing changes.

    Parameters
    ----------
    forecast : as it was made before the day.
    seen : what came in the first cells of its grid, shape (cells seen,); NaN where it is not known.
    seed : for the rounding of counts.

    Raises
    ------
    InputError
        ``too-many-seen`` if nothing is left to forecast, ``negative-seen``, ``not-finite``.

    Source
    ------
    Beaumont, Zhang & Balding (2002), Approximate Bayesian computation in population genetics, Genetics 162, 2025-2035:
    regression adjustment, p. 2027. That the level of a day carries over: Shen & Huang (2008), Interday forecasting and
    intraday updating of call center arrivals, M&SOM 10, 391-410.
    """
    seen = np.asarray(seen, dtype=np.float64)
    _refuse(forecast, seen)
    rest = tail(forecast, start=len(seen))
    use = np.isfinite(seen) & ~forecast.closed[: len(seen)]
    if not use.any() or len(forecast.paths) < 3:
        return rest
    floor = _floor(forecast, use)
    came, could = np.log(seen[use].sum() + floor), np.log(forecast.paths[:, : len(seen)][:, use].sum(1) + floor)
    spread = could.std()
    if spread < 1e-9:
        return rest
    came = np.clip(came, could.mean() - _FAR * spread, could.mean() + _FAR * spread)
    paths = rest.paths.copy()
    days = np.array([label.toordinal() for label in rest.grid.labels()])
    for day in np.unique(days):
        cells = days == day
        slope = _slope(could, np.log(rest.paths[:, cells].sum(1) + floor))
        paths[:, cells] *= np.exp(slope * (came - could))[:, None]
    return carried(rest, paths=_as_before(paths, rest, seed))


def surprise(forecast: SeriesForecast, *, seen: Floats) -> float:
    """Return the share of possible futures that brought less in the seen cells than really came, ties by half.

    Near 0 or 1 the day is none of those that were thought of: a fault, a fire, a letter to all customers.
    """
    seen = np.asarray(seen, dtype=np.float64)
    use = np.isfinite(seen) & ~forecast.closed[: len(seen)]
    came, could = seen[use].sum(), forecast.paths[:, : len(seen)][:, use].sum(1)
    return float((could < came - 1e-9).mean() + (np.abs(could - came) <= 1e-9).mean() / 2)


def _refuse(forecast: SeriesForecast, seen: Floats) -> None:
    where, cells = f"seen, series {forecast.series.name}", len(forecast.point)
    issues = []
    if seen.ndim != 1 or len(seen) >= cells:
        advice = f"Maybe the day is over: at most {cells - 1} cells leave something to forecast."
        issues.append(Issue("too-many-seen", Severity.ERROR, where, str(seen.shape), advice))
    if np.isinf(seen).any():
        issues.append(Issue("not-finite", Severity.ERROR, where, "inf", "Maybe a division by nought; NaN is unknown."))
    if (seen < 0).any():
        advice = "Maybe a correction was booked as a count."
        issues.append(Issue("negative-seen", Severity.ERROR, where, f"{np.nanmin(seen):g}", advice))
    if issues:
        raise InputError(issues)


def _floor(forecast: SeriesForecast, use: NDArray[np.bool_]) -> float:
    """Return what is added before taking logarithms: half a contact, or a hundredth of a mean."""
    if forecast.series.kind is DemandKind.ARRIVALS:
        return 0.5
    return max(0.01 * float(forecast.mean[: len(use)][use].sum()), 1e-9)


def _slope(x: Floats, y: Floats) -> float:
    """Return how the rest goes with what was seen, from 0 to 1, drawn towards 0 by its own uncertainty."""
    across, along = x - x.mean(), y - y.mean()
    slope = float(across @ along / (across @ across))
    error = float(((along - slope * across) ** 2).sum() / (len(x) - 2) / (across @ across))
    certain = slope**2 / (slope**2 + error) if slope > 0 else 0.0
    return min(max(slope * certain, 0.0), 1.0)


def _as_before(paths: Floats, rest: SeriesForecast, seed: int) -> Floats:
    """Return moved paths as what they were: counts stay whole, shares at most 1."""
    if rest.series.kind is DemandKind.NO_SHOW:
        return np.minimum(paths, 1.0)
    if rest.series.kind is DemandKind.ARRIVALS and (rest.paths == np.round(rest.paths)).all():
        # Up or down by chance, so that small counts keep their mean.
        return np.floor(paths + stream(seed, "intraday").random(paths.shape))
    return paths
