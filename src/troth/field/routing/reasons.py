"""Why a visit is left out: for each technician the first rule that stands in the way, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from troth.core.decision import Explanation
from troth.field.routing._compile import WHO, Fields, able, compiled
from troth.field.routing._hunt import state_of
from troth.field.routing._search import best_place, may_take
from troth.field.routing._state import State
from troth.field.routing._walk import INF
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.tours import Tour


def reasons(
    problem: RoutingProblem, *, left: Sequence[str], tours: Sequence[Tour], fields: Fields | None = None
) -> tuple[tuple[Explanation, ...], ...]:
    """Return for each visit that is left out why nobody makes it, the commonest reason first.

    Codes are ``routing.no-`` and the rule that keeps technicians from it (``skill``, ``excluded``, ``territory``, ``pin``,
    ``equipment``), ``routing.no-time`` where the visit fits no tour even alone, ``routing.no-room`` where it fits an empty tour but
    not the planned one, and ``routing.too-dear`` where it would fit and costs more than leaving it out. Parameters: how many
    technicians, who (at most five), and the least cost in cents where there is one.
    """
    if not left:
        return ()
    f = compiled(problem) if fields is None else fields
    planned, empty = state_of(problem, f=f, tours=tours), state_of(problem, f=f, tours=())
    place = {one.visit_id: i for i, one in enumerate(problem.visits)}
    return tuple(_why(problem, f, place[name], planned, empty) for name in left)


def _why(problem: RoutingProblem, f: Fields, i: int, planned: State, empty: State) -> tuple[Explanation, ...]:
    why: dict[str, list[str]] = {}
    least: dict[str, float] = {}
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
