"""Why a visit is left out: for each technician the first rule that stands in the way, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from troth.core.decision import Explanation
from troth.field.routing import _anneal
from troth.field.routing._compile import WHO, Fields, able, compiled
from troth.field.routing._search import best_place, may_take
from troth.field.routing._state import State, new_state
from troth.field.routing._walk import INF
from troth.field.routing.orders import sequences
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.tours import Tour


def reasons(
    problem: RoutingProblem, *, visit_id: str, tours: Sequence[Tour], fields: Fields | None = None
) -> tuple[Explanation, ...]:
    """Return why nobody makes a visit, the commonest reason first.

    Codes are ``routing.no-`` and the rule that keeps technicians from it (``skill``, ``excluded``, ``territory``, ``pin``,
    ``equipment``), ``routing.no-time`` where the visit fits no tour even alone, ``routing.no-room`` where it fits an empty tour but
    not the planned one, and ``routing.too-dear`` where it would fit and costs more than leaving it out. Parameters: how many
    technicians, who (at most five), and the least cost in cents where there is one.
    """
    f = compiled(problem) if fields is None else fields
    i = next(k for k, one in enumerate(problem.visits) if one.visit_id == visit_id)
    why: dict[str, list[str]] = {}
    least: dict[str, float] = {}
    planned, empty = _state(problem, f, tours), _state(problem, f, ())
    for t, row in enumerate(f.tour):
        j = int(row[WHO])
        name = problem.technicians[j].technician_id
        if rule := able(problem, i, j):
            code = f"routing.no-{rule}"
        else:
            cost = best_place(f, planned, i, t, INF, 0.0)[0] if may_take(f, planned, i, t) else INF
            code = "routing.too-dear" if cost < INF else "routing.no-room"
            if cost >= INF and best_place(f, empty, i, t, INF, 0.0)[0] >= INF:
                code = "routing.no-time"
            if cost < INF:
                least[code] = min(cost, least.get(code, INF))
        why.setdefault(code, []).append(name)
    counted = Counter({code: len(set(names)) for code, names in why.items()})
    return tuple(
        Explanation(
            code,
            {"technicians": n, "who": tuple(dict.fromkeys(why[code]))[:5]}
            | ({"least_cents": least[code]} if code in least else {}),
        )
        for code, n in counted.most_common()
    )


def _state(problem: RoutingProblem, f: Fields, tours: Sequence[Tour]) -> State:
    seq, size = sequences(problem, tours=tours)
    longest = int(max(size.max(initial=0), 1)) + 4
    s = new_state(f, longest=longest)
    wide = np.zeros((len(size), longest), np.int64)
    wide[:, : seq.shape[1]] = seq
    _anneal.load(f, s, wide, size)
    return s
