"""The three formulas by their names, for who looks for them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from troth.queueing.erlang.performance import performance
from troth.queueing.erlang.traffic import Floats, Traffic


def erlang_b(servers: ArrayLike, *, erlangs: ArrayLike) -> Floats:
    """Return the share of contacts lost where nobody can wait, servers fractional or whole.

    Source
    ------
    A. K. Erlang (1917); A. A. Jagers and E. A. van Doorn (1986), Operations Research Letters 5, 43-46.

    Examples
    --------
    >>> round(float(erlang_b(10, erlangs=10)), 6)
    0.214582
    """
    return performance(servers, traffic=_unit(erlangs, 0.0)).abandoned


def erlang_c(servers: ArrayLike, *, erlangs: ArrayLike) -> Floats:
    """Return the probability to wait where nobody gives up; 1 where the load is not below the servers.

    Examples
    --------
    >>> round(float(erlang_c(13, erlangs=10)), 4)
    0.2853
    """
    return performance(servers, traffic=_unit(erlangs, np.inf)).waiting


def erlang_a(servers: ArrayLike, *, erlangs: ArrayLike, patience: ArrayLike) -> Floats:
    """Return the share that gives up, with a mean patience of so many handle times.

    Examples
    --------
    >>> round(float(erlang_a(11, erlangs=10, patience=120 / 180)), 3)
    0.094
    """
    return performance(servers, traffic=_unit(erlangs, patience)).abandoned


def _unit(erlangs: ArrayLike, patience: ArrayLike) -> Traffic:
    return Traffic(erlangs, handle_s=1.0, interval_s=1.0, patience_s=patience, within_s=0.0)
