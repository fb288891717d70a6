"""Why a visit is left out: for each technician the first rule that stands in the way, counted."""

from __future__ import annotations

from collections.abc import Sequence

from troth.core.decision import Explanation
from troth.field.routing._barriers import case_of, why
from troth.field.routing._compile import Fields
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.tours import Tour


def reasons(
    problem: RoutingProblem, *, left: Sequence[str], tours: Sequence[Tour], fields: Fields | None = None
) -> tuple[tuple[Explanation, ...], ...]:
    """Return for each visit that is left out why nobody makes it, the commonest reason first.

    Codes are ``routing.no-`` and the rule that keeps technicians from it (``skill``, ``excluded``, ``territory``, ``pin``,
    ``equipment``, ``tools``, ``parts``), ``routing.no-way`` where no way leads there and on to where the shift ends,
    ``routing.no-time`` where the visit fits no tour even alone, ``routing.no-order`` where what it must come after is left out,
    ``routing.no-together`` where somebody else makes visits of its label, ``routing.no-vehicle`` and ``routing.no-free-equipment``
    where others have the van or the shared things, ``routing.no-room`` where it fits an empty tour but not the planned one, and
    ``routing.too-dear`` where it would fit and costs more than leaving it out. Parameters: how many technicians, who (at most
    five), what is missing or in use and by whom, where that has a name, and the least cost in cents where there is one.
    """
    if not left:
        return ()
    case = case_of(problem, tours=tours, fields=fields)
    return tuple(why(case, i=case.place[name]) for name in left)
