"""What stated probabilities are worth, and how much deals of one month hang together, learned from deals that are over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from scipy.special import expit, log_ndtr, logit, ndtri

from troth.capacity.projects.promising.beliefs import WinBelief
from troth.capacity.projects.promising.history import DealPast

#: Standard deviations of what is not known before: slope, shift, that of a stage and of a seller.
_SLOPE, _SHIFT, _STAGE, _SELLER = 0.3, 0.8, 0.4, 0.6
#: A statement counts when so large a part of those of its stage that ended in a win had done so by its age.
_RIPE, _FEWEST = 0.9, 5
#: Grids of the correlation with its prior (Beta(1, 7), mean an eighth), of the memory, and of the market.
_RHO: Final = np.array([0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.75])
_PHI: Final = np.array([0.0, 0.2, 0.4, 0.6, 0.75, 0.9])
_M: Final = np.linspace(-4, 4, 41)
#: Deals and months without which the market stays as it was believed.
_DEALS, _MONTHS = 12, 3

Statement = tuple[date, str, float]


def statements(deal: DealPast) -> list[Statement]:
    """Return what was stated of a deal, of several on one day the last."""
    return list({day: (day, stage, p) for day, stage, p in deal.stages}.values())


def ripe_after(deals: Sequence[DealPast]) -> dict[str, int]:
    """Return by stage the days after which nearly all that will be won is.

    Deals are lost at once and won late: of the young ones only the losses are known yet, so young ones do not count at all.
    """
    ages: dict[str, list[int]] = defaultdict(list)
    for deal in deals:
        if deal.closed is not None and deal.won:
            for day, stage, _ in statements(deal):
                ages[stage].append((deal.closed - day).days)
    every = [age for some in ages.values() for age in some]
    rest = int(np.quantile(every, _RIPE)) if every else 0
    found = {stage: int(np.quantile(some, _RIPE)) if len(some) >= _FEWEST else rest for stage, some in ages.items()}
    return defaultdict(lambda: rest, found)


def learned(deals: Sequence[DealPast], *, day: date, neutral: WinBelief) -> tuple[WinBelief, tuple[int, int]]:
    """Learn from deals; return the belief, and how many deals and months it rests on.

    Calibration is a logistic regression of the outcome on the stated log odds with shifts by stage and seller, all with
    normal priors around neutral, each deal counted once. Market and memory: the latent normal market of a month follows
    itself; its likelihood is summed over a grid, forward in time.

    Source
    ------
    Recalibration of stated odds: D. R. Cox (1958), Two further applications of a model for binary regression, Biometrika
    45, 562-565; one factor for outcomes: O. Vasicek (2002), The distribution of loan portfolio value, Risk 15(12).
    """
    ripe, rows = ripe_after(deals), list[tuple[float, str, str, bool, float]]()
    for deal in deals:
        mine = [
            one for one in statements(deal)
            if deal.closed is not None and (day - one[0]).days > ripe[one[1]] and one[0] <= deal.closed
        ]  # fmt: skip
        rows += [(_odds(p), stage, deal.seller, deal.won, 1 / len(mine)) for _, stage, p in mine]
    if not rows:
        return neutral, (0, 0)
    found = _calibrated(rows, neutral)
    return _market(deals, found, day=day, ripe=ripe)


def _odds(p: float) -> float:
    return float(logit(min(max(p, 1e-6), 1 - 1e-6)))


def _calibrated(rows: Sequence[tuple[float, str, str, bool, float]], neutral: WinBelief) -> WinBelief:
    stages, sellers = sorted({row[1] for row in rows}), sorted({row[2] for row in rows})
    mean = [neutral.slope, neutral.shift, *(neutral.by_stage.get(name, 0.0) for name in stages)]
    mean += [neutral.by_seller.get(name, 0.0) for name in sellers]
    sd = np.array([_SLOPE, _SHIFT, *[_STAGE] * len(stages), *[_SELLER] * len(sellers)])
    x = np.zeros((len(rows), len(mean)))
    for k, (odds, stage, seller, _, _) in enumerate(rows):
        x[k, 0], x[k, 1] = odds, 1.0
        x[k, 2 + stages.index(stage)] = x[k, 2 + len(stages) + sellers.index(seller)] = 1.0
    won, weight = np.array([row[3] for row in rows], float), np.array([row[4] for row in rows])
    prior = np.array(mean)
    beta = prior.copy()
    for _ in range(30):
        p = expit(x @ beta)
        slope = x.T @ (weight * (won - p)) - (beta - prior) / sd**2
        bend = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(sd**-2)
        beta = beta + np.clip(np.linalg.solve(bend, slope), -1.0, 1.0)
    by_stage = {name: float(beta[2 + k]) for k, name in enumerate(stages)}
    by_seller = {name: float(beta[2 + len(stages) + k]) for k, name in enumerate(sellers)}
    middle = weight @ x / weight.sum()
    unsure = float((middle @ np.linalg.inv(bend) @ middle) ** 0.5)
    return replace(
        neutral, common_sd=unsure, slope=float(beta[0]), shift=float(beta[1]), by_stage=by_stage, by_seller=by_seller
    )


def _market(
    deals: Sequence[DealPast], wins: WinBelief, *, day: date, ripe: dict[str, int]
) -> tuple[WinBelief, tuple[int, int]]:
    by, usual = defaultdict[int, list[tuple[float, bool]]](list), _usual(deals)
    months, many = set[int](), 0
    for deal in deals:
        said = statements(deal)
        if not said or deal.closed is None or (day - said[0][0]).days <= ripe[said[0][1]]:
            continue
        first, stage, stated = said[0]
        odds = (
            wins.slope * logit(stated) + wins.shift + wins.by_stage.get(stage, 0) + wins.by_seller.get(deal.seller, 0)
        )
        # One that was lost early would have been decided later: in the market of that month.
        then = deal.closed if deal.won else max(deal.closed, first + timedelta(days=usual.get(stage, 0)))
        month = min(_month(then), _month(day))
        by[month].append((float(ndtri(np.clip(expit(odds), 1e-6, 1 - 1e-6))), deal.won))
        months.add(month)
        many += 1
    if many < _DEALS or len(months) < _MONTHS:
        return wins, (many, len(months))
    return replace(wins, **_filtered(by, upto=_month(day))), (many, len(months))


def _usual(deals: Sequence[DealPast]) -> dict[str, int]:
    days: dict[str, list[int]] = defaultdict(list)
    for deal in deals:
        if deal.won and deal.closed is not None and (said := statements(deal)):
            days[said[0][1]].append((deal.closed - said[0][0]).days)
    return {stage: int(np.median(some)) for stage, some in days.items()}


def _month(day: date) -> int:
    return 12 * day.year + day.month


def _filtered(by: dict[int, list[tuple[float, bool]]], *, upto: int) -> dict[str, Any]:
    """Return correlation, memory, and the market of the month `upto`, each with its mean over what is likely."""
    density = np.exp(-0.5 * _M**2)
    density /= density.sum()
    total, parts = list[float](), list[tuple[float, float, float, float]]()
    for rho in _RHO:
        tells = {month: _tells(some, rho) for month, some in by.items()}
        width = np.gradient(_RHO)[list(_RHO).index(rho)]
        for phi in _PHI:
            step = np.exp(-0.5 * (_M[None, :] - phi * _M[:, None]) ** 2 / (1 - phi**2))
            step /= step.sum(axis=1, keepdims=True)
            state, loglik = density.copy(), float(np.log(width * (1 - rho) ** 6))
            for month in range(min(by), upto + 1):
                state = state @ step if month > min(by) else state
                if month in tells:
                    top = tells[month].max()
                    state = state * np.exp(tells[month] - top)
                    loglik += float(top + np.log(state.sum()))
                    state = state / state.sum()
            mean = float(state @ _M)
            total.append(loglik)
            parts.append((float(rho), float(phi), mean, float(state @ _M**2)))
    weight = np.exp(np.array(total) - max(total))
    weight /= weight.sum()
    rho, phi, mood, square = (float(one) for one in weight @ np.array(parts))
    return {"market": rho, "memory": phi, "mood": mood, "mood_sd": max(square - mood**2, 0.0) ** 0.5}


def _tells(some: Sequence[tuple[float, bool]], rho: float) -> Any:
    """Return the log likelihood of a month's outcomes at each market."""
    z, won = np.array([one[0] for one in some]), np.array([one[1] for one in some])
    at = (z[:, None] + rho**0.5 * _M[None, :]) / (1 - rho) ** 0.5
    return np.where(won[:, None], log_ndtr(at), log_ndtr(-at)).sum(axis=0)
