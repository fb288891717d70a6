"""The largest flow, and its least cut, by OR-tools: push-relabel (A. V. Goldberg and R. E. Tarjan 1988, Journal of the ACM 35, 921-940)."""

from __future__ import annotations

from typing import Any

import numpy as np


def behind_the_cut(*, tail: Any, head: Any, room: Any, source: int, sink: int, nodes: int) -> Any:
    """Return which nodes are on the source's side of the least cut that has the fewest of them there, shape (nodes,).

    They are those that more could flow to beside a largest flow, so that they are the same whichever that is (L. R. Ford and D. R. Fulkerson,
    1956, Maximal flow through a network, Canadian Journal of Mathematics 8, 399-404).

    Parameters
    ----------
    tail, head : nodes of each arc.
    room : the most that can flow through it, in whole units.
    """
    from ortools.graph.python import max_flow

    out = np.zeros(nodes, bool)
    if not len(tail):
        return out
    model = max_flow.SimpleMaxFlow()
    model.add_arcs_with_capacity(tail.astype(np.int32), head.astype(np.int32), room)
    status = model.solve(source, sink)
    if status != model.OPTIMAL:  # no flow at all is always one, so that only numbers beyond 64 bits can be the reason
        raise OverflowError(f"the flow could not be found: {status}")
    out[model.get_source_side_min_cut()] = True
    return out
