"""Promises at risk: the chance that an open promise will be kept, from what is predicted now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import exp, log

import numpy as np

from troth.promise.states import Offer
from troth.queueing import WaitBand


@dataclass(frozen=True, slots=True)
class AtRisk:
    """A running promise with its chance.

    Parameters
    ----------
    id : whose it is.
    chance : probability that it will be kept, as seen now.
    left_s : seconds until it is due; negative when it is overdue.
    """

    id: str
    offer: Offer
    chance: float
    left_s: float


def chance(offer: Offer, *, band: WaitBand, now: datetime) -> float:
    """Return the probability that what is predicted to happen will be in time.

    Parameters
    ----------
    band : the time from now until it happens.

    Examples
    --------
    >>> from datetime import UTC, timedelta
    >>> now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> band = WaitBand((0.1, 0.5, 0.9), (60.0, 300.0, 900.0))
    >>> chance(Offer("wait", due_at=now + timedelta(seconds=300)), band=band, now=now)
    0.5
    """
    return _until(band, (offer.due_at - now).total_seconds())


def at_risk(
    offers: Mapping[str, Offer], *, bands: Mapping[str, WaitBand], now: datetime, below: float = 0.8
) -> tuple[AtRisk, ...]:
    """Return the running promises whose chance is below a line, or below what was stated if that is lower; worst first.

    Parameters
    ----------
    offers : by id what is promised, of running promises only.
    bands : by id the time from now until it happens; a promise without one counts only once it is overdue.
    below : the line.
    """
    found = []
    for id_, offer in offers.items():
        left = (offer.due_at - now).total_seconds()
        if id_ in bands:
            seen = chance(offer, band=bands[id_], now=now)
        elif left < 0:
            seen = 0.0
        else:
            continue
        if seen < min(below, 1.0 if offer.probability is None else offer.probability):
            found.append(AtRisk(id_, offer, seen, left))
    return tuple(sorted(found, key=lambda one: (one.chance, one.left_s, one.id)))


def _until(band: WaitBand, seconds: float) -> float:
    """Return the probability that it happens within `seconds`: a straight line between levels, exponential beyond."""
    if seconds < 0:
        return 0.0
    levels, ends = band.levels, band.seconds
    if seconds <= ends[-1]:
        return float(np.interp(seconds, (0.0, *ends), (0.0, *levels))) if ends[0] > 0 else _from_zero(band, seconds)
    middle = band.at(0.5)
    scale = max((ends[-1] - middle) / log(0.5 / (1 - levels[-1])), 1.0) if levels[-1] > 0.5 else 1.0
    return 1 - (1 - levels[-1]) * exp(-(seconds - ends[-1]) / scale)


def _from_zero(band: WaitBand, seconds: float) -> float:
    """Return the probability where a band begins at 0: at 0 it is the highest level that is 0."""
    start = max(level for level, end in zip(band.levels, band.seconds, strict=True) if end <= 0)
    known = [(end, level) for level, end in zip(band.levels, band.seconds, strict=True) if end > 0]
    return float(np.interp(seconds, [0.0, *(e for e, _ in known)], [start, *(p for _, p in known)]))
