"""Control charts: is this a signal, or is it what the process always does?"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from troth.stats.signals import NELSON, Signal, SignalRule, find_signals

Floats = NDArray[np.float64]

#: Mean moving range of two normal values in standard deviations, and its upper limit in mean ranges.
D2, D4 = 1.128, 3.267


class ChartKind(StrEnum):
    """What is charted: single values, shares, rates, or counts; Laney's kinds allow for more than chance."""

    INDIVIDUALS = "individuals"
    P = "p"
    LANEY_P = "laney_p"
    U = "u"
    LANEY_U = "laney_u"
    C = "c"


@dataclass(frozen=True, slots=True)
class ControlChart:
    """A control chart as numbers: arrays of shape (points,), limits at three sigma.

    Parameters
    ----------
    kind : what is charted.
    values, centre, low, high, sigma : of each point.
    signals : what is out of control, by rule.
    spread : Laney's factor by which the points vary more than chance (1 elsewhere).
    moving_range, moving_range_high : of an individuals chart; the first range is NaN.
    """

    kind: ChartKind
    values: Floats
    centre: Floats
    low: Floats
    high: Floats
    sigma: Floats
    signals: tuple[Signal, ...]
    spread: float = 1.0
    moving_range: Floats = field(default_factory=lambda: np.zeros(0))
    moving_range_high: float = float("nan")


def individuals_chart(
    values: ArrayLike, *, baseline: slice | None = None, rules: tuple[SignalRule, ...] = NELSON
) -> ControlChart:
    """Return the chart of single values, limits from the mean moving range (XmR).

    Parameters
    ----------
    values : shape (points,); NaN is a gap.
    baseline : the points from which centre and limits are taken; all when None.
    rules : the signals looked for.

    Raises
    ------
    ValueError
        If the baseline has fewer than two values.

    Source
    ------
    W. A. Shewhart (1931); NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2.
    """
    data = np.asarray(values, dtype=np.float64)
    base = data[baseline or slice(None)]
    ranges = np.abs(np.diff(base))
    if not np.any(~np.isnan(ranges)):
        raise ValueError("A chart needs at least two values in a row in its baseline.")
    mean_range = float(np.nanmean(ranges))
    moving = np.concatenate([[np.nan], np.abs(np.diff(data))])
    sigma = np.full(data.shape, mean_range / D2)
    return _chart(
        ChartKind.INDIVIDUALS, data, float(np.nanmean(base)), sigma, rules, floor=-np.inf, ceiling=np.inf,
        moving_range=moving, moving_range_high=D4 * mean_range,
    )  # fmt: skip


def p_chart(
    hits: ArrayLike,
    *,
    sizes: ArrayLike,
    laney: bool = False,
    baseline: slice | None = None,
    rules: tuple[SignalRule, ...] = NELSON,
) -> ControlChart:
    """Return the chart of shares; with `laney` the limits allow for days that differ more than chance (p').

    Parameters
    ----------
    hits, sizes : shape (points,): so many of so many; a point of size 0 is a gap.

    Raises
    ------
    ValueError
        If the baseline is empty.

    Source
    ------
    NIST/SEMATECH e-Handbook, 6.3.3.2; D. B. Laney (2002), Improved Control Charts for Attributes, Quality
    Engineering 14, 531-537.
    """
    share, size, centre = _rates(hits, sizes, baseline)
    sigma = np.sqrt(centre * (1 - centre) / size)
    spread = _laney(share, centre, sigma, baseline) if laney else 1.0
    kind = ChartKind.LANEY_P if laney else ChartKind.P
    return _chart(kind, share, centre, sigma * spread, rules, floor=0.0, ceiling=1.0, spread=spread)


def u_chart(
    counts: ArrayLike,
    *,
    sizes: ArrayLike,
    laney: bool = False,
    baseline: slice | None = None,
    rules: tuple[SignalRule, ...] = NELSON,
) -> ControlChart:
    """Return the chart of rates per unit of size; with `laney` as u'. See `p_chart`."""
    rate, size, centre = _rates(counts, sizes, baseline)
    sigma = np.sqrt(centre / size)
    spread = _laney(rate, centre, sigma, baseline) if laney else 1.0
    kind = ChartKind.LANEY_U if laney else ChartKind.U
    return _chart(kind, rate, centre, sigma * spread, rules, floor=0.0, ceiling=np.inf, spread=spread)


def c_chart(
    counts: ArrayLike, *, baseline: slice | None = None, rules: tuple[SignalRule, ...] = NELSON
) -> ControlChart:
    """Return the chart of counts over equal stretches (NIST/SEMATECH e-Handbook, 6.3.3.1)."""
    data = np.asarray(counts, dtype=np.float64)
    base = data[baseline or slice(None)]
    if not np.any(~np.isnan(base)):
        raise ValueError("A chart needs at least one count in its baseline.")
    centre = float(np.nanmean(base))
    sigma = np.full(data.shape, np.sqrt(centre))
    return _chart(ChartKind.C, data, centre, sigma, rules, floor=0.0, ceiling=np.inf)


def _rates(hits: ArrayLike, sizes: ArrayLike, baseline: slice | None) -> tuple[Floats, Floats, float]:
    top, size = np.asarray(hits, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
    size = np.where(size > 0, size, np.nan)
    base = baseline or slice(None)
    weight = float(np.nansum(size[base]))
    if weight <= 0:
        raise ValueError("A chart needs at least one point with a size in its baseline.")
    centre = float(np.nansum(np.where(np.isnan(size), 0, top)[base])) / weight
    return np.where(np.isnan(size), np.nan, top) / size, size, centre


def _laney(values: Floats, centre: float, sigma: Floats, baseline: slice | None) -> float:
    """Return by how much standardised neighbours differ more than chance says."""
    if centre in {0.0, 1.0}:
        return 1.0
    scores = ((values - centre) / sigma)[baseline or slice(None)]
    ranges = np.abs(np.diff(scores[~np.isnan(scores)]))
    return float(ranges.mean()) / D2 if len(ranges) else 1.0


def _chart(
    kind: ChartKind,
    values: Floats,
    centre: float,
    sigma: Floats,
    rules: tuple[SignalRule, ...],
    *,
    floor: float,
    ceiling: float,
    spread: float = 1.0,
    moving_range: Floats | None = None,
    moving_range_high: float = float("nan"),
) -> ControlChart:
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = np.where(sigma > 0, (values - centre) / sigma, np.sign(values - centre) * np.inf)
        scores = np.where(values == centre, 0.0, np.where(np.isnan(values), np.nan, scores))
    return ControlChart(
        kind,
        values,
        np.full(values.shape, centre),
        np.maximum(centre - 3 * sigma, floor),
        np.minimum(centre + 3 * sigma, ceiling),
        sigma,
        find_signals(scores, rules=rules),
        spread,
        np.zeros(0) if moving_range is None else moving_range,
        moving_range_high,
    )
