"""Predictors of the wait of somebody who joins now: from the queue's length, and from waits just seen.

A point predictor says one number. Its band takes the wait for the sum of one departure per person ahead and the own,
which has a gamma distribution; how wide it must really be is found by `conformal`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from troth.queueing.state import LEVELS, QueueState, WaitBand, able_servers, ahead_of, mean_service_s

#: No predicted wait is shorter, so that ratios of waits have a meaning.
LEAST_S = 1.0


class Predictor(Protocol):
    """Whatever predicts a wait from a state, and from nothing else."""

    @property
    def name(self) -> str:
        """A stable name, kept with every promise."""

    def predict(self, state: QueueState, *, quantiles: Sequence[float] = LEVELS) -> WaitBand:
        """Return the wait at the given levels."""


class QueueLength:
    """Queue length times mean service: those ahead and oneself, over the servers that are here.

    Source
    ------
    The estimate most queue systems print; QL in Ibrahim and Whitt (2009), Manufacturing & Service Operations
    Management 11, 397-415.
    """

    name = "queue_length"

    def point_s(self, state: QueueState) -> float:
        """Return the expected wait in seconds."""
        before = ahead_of(state)
        services = [other.service for other in before] or [state.ticket.service]
        here = sum(
            1 for one in able_servers(state, ticket=state.ticket) if one.opens_at is None and one.doing != "pause"
        )
        return max(LEAST_S, (len(before) + 1) * mean_service_s(state, services=services) / max(here, 1))

    def predict(self, state: QueueState, *, quantiles: Sequence[float] = LEVELS) -> WaitBand:
        """Return the wait at the given levels, were services exponential."""
        return gamma_band(self.point_s(state), shape=len(ahead_of(state)) + 1.0, quantiles=quantiles)


class LastEntered:
    """The wait of the last one who was called: LES, the delay of the last to enter service.

    Of the same service where there was one. With nobody called lately, queue length times mean service.

    Source
    ------
    R. Ibrahim and W. Whitt (2009), Real-time delay estimation based on delay history, Manufacturing & Service
    Operations Management 11, 397-415.
    """

    name = "last_entered"

    def point_s(self, state: QueueState) -> float:
        """Return the expected wait in seconds."""
        same = [one for one in state.entered if one.service == state.ticket.service]
        last = (same or state.entered)[-1:]
        return max(LEAST_S, last[0].wait_s) if last else QueueLength().point_s(state)

    def predict(self, state: QueueState, *, quantiles: Sequence[float] = LEVELS) -> WaitBand:
        """Return the wait at the given levels."""
        return _around(self.point_s(state), state=state, quantiles=quantiles)


class HeadOfLine:
    """How long the one at the head of the line has waited: HOL. With nobody ahead, the last to enter service.

    Source
    ------
    As `LastEntered`; the two are close, and HOL needs no history.
    """

    name = "head_of_line"

    def point_s(self, state: QueueState) -> float:
        """Return the expected wait in seconds."""
        before = ahead_of(state)
        same = [one for one in before if one.service == state.ticket.service] or before
        if not same:
            return LastEntered().point_s(state)
        return max(LEAST_S, (state.now - min(one.joined_at for one in same)).total_seconds())

    def predict(self, state: QueueState, *, quantiles: Sequence[float] = LEVELS) -> WaitBand:
        """Return the wait at the given levels."""
        return _around(self.point_s(state), state=state, quantiles=quantiles)


def _around(point_s: float, *, state: QueueState, quantiles: Sequence[float]) -> WaitBand:
    """Return a band around a point, as wide as the queue's length says: a wait just seen has no width of its own."""
    shape = len(ahead_of(state)) + 1.0
    wide = gamma_band(QueueLength().point_s(state), shape=shape, quantiles=(*quantiles, 0.5)).seconds
    return WaitBand(tuple(quantiles), tuple(max(0.0, point_s + value - wide[-1]) for value in wide[:-1]))


def gamma_band(mean_s: float, *, shape: float, quantiles: Sequence[float]) -> WaitBand:
    """Return the quantiles of a gamma distribution of a mean and shape: of a sum of `shape` exponential times.

    Examples
    --------
    >>> [round(s) for s in gamma_band(100, shape=1, quantiles=(0.1, 0.5, 0.9)).seconds]
    [11, 69, 230]
    """
    from scipy.special import gammaincinv

    levels = tuple(quantiles)
    values = gammaincinv(shape, np.asarray(levels)) * (mean_s / shape)
    return WaitBand(levels, tuple(float(value) for value in values))
