"""Cheapest flows by OR-tools: cost-scaling push-relabel (Goldberg 1997, Journal of Algorithms 22), whole numbers in and out."""

from __future__ import annotations

import numpy as np

from troth.capacity.projects.allocation.problem import Counts, Floats

#: Gains are whole numbers up to this in the solver: an hour's gain is off by at most a millionth of half the greatest.
_FINE = 1_000_000


def whole_gains(gain: Floats) -> tuple[Counts, float]:
    """Return gains as whole numbers, and how many of these a unit is."""
    scale = _FINE / max(float(np.abs(gain).max(initial=0.0)), 1e-9)
    return np.round(gain * scale).astype(np.int64), scale


def best_round(*, tail: Counts, head: Counts, room: Counts, gain: Counts) -> Counts:
    """Return the circulation of the greatest gain: what flows through each arc, in whole units.

    Parameters
    ----------
    tail, head : nodes of each arc.
    room : the most that can flow through it.
    gain : of each unit of flow.
    """
    from ortools.graph.python import min_cost_flow

    model = min_cost_flow.SimpleMinCostFlow()
    arcs = model.add_arcs_with_capacity_and_unit_cost(tail.astype(np.int32), head.astype(np.int32), room, -gain)
    if not len(tail):
        return np.zeros(0, np.int64)
    status = model.solve()
    if status != model.OPTIMAL:  # no flow at all is always one, so that only numbers beyond 64 bits can be the reason
        raise OverflowError(f"the flow could not be found: {status}")
    return np.asarray(model.flows(arcs), np.int64)
