"""The rules of routing, each with an id, a sentence and its breaches in a plan: the judge that uses no solver.

A plan says when a technician leaves, arrives, starts and ends. The judge believes none of it: it asks whether travel and work fit
between these instants, and what they cost. How the instants were found is of no matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from troth.core.decision import Rule
from troth.field.routing import _judge
from troth.field.routing.breach import RouteBreach
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.tours import Tour

_HARD: Final = {
    "known": "Tours name visits, depots, technicians and shifts of the problem, and a shift has one tour.",
    "once": "A visit is made once.",
    "skill": "The technician has each skill a visit needs, at its level.",
    "excluded": "A technician does not go where they must not.",
    "territory": "A technician goes to visits of their territories.",
    "tools": "A tool is on the van, or was fetched at a depot before.",
    "parts": "A part is on the van and not yet used, or was fetched at a depot before.",
    "stock": "No more pieces are fetched than a depot has.",
    "equipment": "Shared things are held by no more tours of a day than there are.",
    "vehicle": "A vehicle has one tour at a time.",
    "window": "Work starts inside a window of the visit, a stop at a depot while it is open.",
    "promise-early": "Work does not start before the promised window.",
    "travel": "Between two stops there is time to travel, and a way.",
    "service": "Work takes as long as it takes.",
    "order": "What must come after other work starts when that has ended.",
    "together": "Visits that belong together go to one technician.",
    "pin": "What is settled stays.",
    "shift": "A tour lies inside its shift with its overtime.",
    "rest": "Breaks are taken in their windows, and a rest after so much driving.",
    "max-travel": "A shift has no more driving than the technician may do.",
    "longest-leg": "No drive is longer than the technician may do.",
    "must": "What must be served is served.",
    "changes": "No more published visits change than may.",
}
_SOFT: Final = {
    "unserved": "A visit that may be left out costs when it is.",
    "promise": "A start after the promised window breaks a promise.",
    "soft-early": "A start before the wished window costs by the minute.",
    "soft-late": "A start after the wished window costs by the minute.",
    "work": "Hours from leaving to being back cost.",
    "distance": "Kilometres cost.",
    "overtime": "Hours after the shift's end cost on top.",
    "used": "A shift with any visit costs.",
    "balance": "Long tours beside short ones cost.",
    "preference": "A technician other than the preferred costs.",
    "churn": "A published visit that changes costs.",
}

#: Every rule by its id. The weight is in the problem's prices.
ROUTING_RULES: Final = {
    f"routing.{name}": Rule(f"routing.{name}", sentence, hard=hard)
    for group, hard in ((_HARD, True), (_SOFT, False))
    for name, sentence in group.items()
}


def breaches(problem: RoutingProblem, *, tours: Sequence[Tour]) -> list[RouteBreach]:
    """Return every breach of every rule, hard and soft, of a plan given as tours.

    What lies outside a rule's reach is passed over: a visit nobody knows is told once and has no skills to lack.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import numpy as np
    >>> from troth.field.routing import FieldTechnician, RoutingProblem, TechnicianShift, VisitRequest
    >>> ada = FieldTechnician("ada", (TechnicianShift(0, 3600, 0, 0),))
    >>> problem = RoutingProblem(datetime(2026, 6, 1, tzinfo=UTC), (VisitRequest("v", 1, 600),), (ada,), np.zeros((2, 2)))
    >>> [one.rule for one in breaches(problem, tours=())]
    ['routing.must']
    """
    found = [one for tour in tours for one in _judge.of_tour(problem, tour=tour)]
    return [*found, *_judge.across(problem, tours=tours)]


def hard(found: Iterable[RouteBreach]) -> Iterator[RouteBreach]:
    """Yield breaches of hard rules."""
    return (one for one in found if ROUTING_RULES[one.rule].hard)
