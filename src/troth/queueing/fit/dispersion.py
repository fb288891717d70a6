"""Are arrivals as random as the formulas take them to be? Tests of counts and of single arrivals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.random import stream
from troth.queueing.fit.lengths import Floats


@dataclass(frozen=True, slots=True)
class Dispersion:
    """How much more counts vary than Poisson counts of one profile would.

    Parameters
    ----------
    index : statistic over its degrees of freedom: 1 if Poisson, 2 if the variance is twice the mean.
    statistic, df : chi-square.
    p_value : chance of as much variation or more were they Poisson.
    """

    index: float
    statistic: float
    df: int
    p_value: float


@dataclass(frozen=True, slots=True)
class DayDispersion:
    """Counts of like days, taken apart: their totals, their shape given the totals, and both.

    Parameters
    ----------
    both : every interval against its mean over days.
    days : totals of days against each other.
    within : intervals against the common profile, given each day's total.
    by_interval : index of each interval, shape (intervals,); NaN where nothing ever came.
    day_spread : coefficient of variation of the days' own levels, over and above chance: what multiplies a forecast.
    """

    both: Dispersion
    days: Dispersion
    within: Dispersion
    by_interval: Floats
    day_spread: float


def dispersion(counts: ArrayLike) -> DayDispersion:
    """Return how over-dispersed counts of like days are, such as of Mondays.

    Parameters
    ----------
    counts : shape (days, intervals), at least 0; at least two days.

    Raises
    ------
    InputError
        If there are fewer than two days, a count is negative or no number, or nothing came at all.

    Source
    ------
    Poisson dispersion test: R. A. Fisher (1950), Biometrics 6, 17-24. Busy days as a common cause: Jongbloed and Koole
    (2001), Applied Stochastic Models in Business and Industry 17, 307-318; Avramidis, Deslauriers and L'Ecuyer (2004),
    Management Science 50, 896-908.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> found = dispersion(rng.poisson(20, (30, 24)) )
    >>> bool(0.8 < found.both.index < 1.2), found.both.df
    (True, 696)
    """
    table = np.asarray(counts, float)
    issue = _wrong(table)
    if issue is not None:
        raise InputError([issue])
    days = table.shape[0]
    used = table.sum(axis=0) > 0
    means, totals = table.mean(axis=0), table.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = ((table - means) ** 2).sum(axis=0) / means
        by_interval = np.where(used, each / (days - 1), np.nan)
    grand = float(totals.mean())
    between = float(((totals - grand) ** 2).sum() / grand)
    expected = totals[:, None] * (means / means.sum())
    seen = expected > 0
    inside = float((((table - expected) ** 2)[seen] / expected[seen]).sum())
    moving = int((totals > 0).sum())
    spread = max(0.0, float(totals.var(ddof=1)) - grand) ** 0.5 / grand
    return DayDispersion(
        _chi_square(float(each[used].sum()), (days - 1) * int(used.sum())),
        _chi_square(between, days - 1),
        _chi_square(inside, (moving - 1) * (int(used.sum()) - 1)),
        by_interval,
        spread,
    )


@dataclass(frozen=True, slots=True, eq=False)
class LogTest:
    """Whether arrivals are Poisson with a rate that is constant within each block.

    Parameters
    ----------
    spacings : transformed gaps, exponential of mean 1 if so, in rising order.
    distance : of their distribution function to the exponential's (Kolmogorov-Smirnov).
    p_value : chance of as great a distance or more.
    blocks : blocks with at least one arrival.
    """

    spacings: Floats
    distance: float
    p_value: float
    blocks: int


def log_test(times_s: ArrayLike, *, block_s: float, resolution_s: float = 1.0, seed: int = 0) -> LogTest:
    """Return the test of Brown et al. that arrivals are Poisson, whatever their rate from block to block.

    Parameters
    ----------
    times_s : arrivals in seconds from any origin, shape (n,).
    block_s : length of blocks in which the rate is taken as constant.
    resolution_s : what the log rounds to; arrivals are spread at random within it, or equal seconds would count as
        arrivals that come together. 0 leaves them as they are.
    seed : of that chance.

    Raises
    ------
    InputError
        If there are fewer than ten arrivals, one is no number, or the block is not above 0.

    Source
    ------
    L. Brown, N. Gans, A. Mandelbaum, A. Sakov, H. Shen, S. Zeltyn and L. Zhao (2005), J. American Statistical
    Association 100, 36-50, section 3; rounding: Kim and Whitt (2014), Manufacturing & Service Operations Management 16,
    464-480.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> bool(log_test(rng.uniform(0, 36000, 900), block_s=600, resolution_s=0).p_value > 0.01)
    True
    """
    from scipy.stats import kstwo

    times = np.ravel(np.asarray(times_s, float))
    found = [
        *([Issue("not-a-number", Severity.ERROR, "times_s", "nan", "Maybe an arrival without a time.")] if not np.isfinite(times).all() else []),
        *([Issue("too-few", Severity.ERROR, "times_s", str(len(times)), "Maybe take a longer period; ten are needed.")] if len(times) < 10 else []),
        *([Issue("block-not-positive", Severity.ERROR, "block_s", f"{block_s:g}", "Maybe 600 for ten minutes.")] if not block_s > 0 else []),
    ]  # fmt: skip
    if found:
        raise InputError(found)
    if resolution_s > 0:
        times = times + resolution_s * stream(seed, "log_test").random(len(times))
    times = np.sort(times)
    block = np.floor(times / block_s)
    inside = times - block * block_s
    starts = np.flatnonzero(np.diff(block, prepend=-np.inf) > 0)
    sizes = np.diff(np.append(starts, len(times)))
    rank = np.arange(len(times)) - np.repeat(starts, sizes)
    before = np.where(rank == 0, 0.0, np.concatenate([[0.0], inside[:-1]]))
    gaps = (np.repeat(sizes, sizes) - rank) * -np.log((block_s - inside) / (block_s - before))
    gaps = np.sort(np.asarray(gaps, float))
    n, below = len(gaps), -np.expm1(-gaps)
    places = np.arange(n)
    distance = float(np.max(np.maximum((places + 1) / n - below, below - places / n)))
    return LogTest(np.asarray(gaps, dtype=np.float64), distance, float(kstwo.sf(distance, n)), len(starts))


def _chi_square(statistic: float, df: int) -> Dispersion:
    from scipy.special import chdtrc

    return Dispersion(
        statistic / df if df else float("nan"), statistic, df, float(chdtrc(df, statistic)) if df else float("nan")
    )


def _wrong(table: Floats) -> Issue | None:
    if table.ndim != 2 or table.shape[0] < 2:
        return Issue("too-few-days", Severity.ERROR, "counts", str(table.shape), "Maybe one row a day; two are needed.")
    bad = ~(table >= 0) | np.isinf(table)
    if bad.any():
        first = np.argwhere(bad)[0]
        return Issue(
            "negative-contacts",
            Severity.ERROR,
            f"counts[{first[0]}, {first[1]}]",
            f"{table[tuple(first)]:g}",
            "Maybe a closed interval: leave it out for all days.",
            int(bad.sum()),
        )
    if table.sum() == 0:
        return Issue("all-zero", Severity.ERROR, "counts", "0", "Maybe the wrong queue or period.")
    return None
