"""What a unit of service costs: the paid time of those who serve it over units completed, or the handling alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from troth.core.terms import Direction, Unit
from troth.kpi.definition import Kpi, Params, Part
from troth.kpi.measures._common import THEIRS, THEIRS_SINCE, none
from troth.kpi.measures.speed import final_resolution


def _began(c: Any, _: Params) -> Any:
    return c.started_at


def _known(s: Any, _: Params) -> Any:
    return s.cents.notnull()


#: Time whose rate is not known costs nothing, which makes the figure approximate; with no rate at all there is none.
_PAID = Part("paid_cost", at=_began, value=lambda s, _: s.cents.fill_null(0.0), weight=0.0, counts=False, needs=_known)
_PER_CONTACT_1 = Kpi(
    id="cost.per_unit",
    title="Cost of a contact",
    question="What did a contact cost, all paid time shared among those that were served?",
    unit=Unit.MONEY,
    direction=Direction.LOWER,
    numerator="paid hours times the rate of an hour, which holds whatever else an hour of work costs",
    denominator="contacts served by a person",
    population=(
        "shifts whose end is known, at the person's own rate, else the team's, the site's, that of all; contacts a person"
        " served"
    ),
    cohort="when the shift, or the contact, began; a rate holds for days of UTC",
    parts=(
        _PAID,
        Part(
            "contacts",
            at=_began,
            where=lambda c, _: c.outcome.isin(["answered", "handled"]),
            value=none,
            weight=1.0,
        ),
    ),
    source="Founding text: total cost over an agreed unit; fully loaded",
    aliases=("CPU",),
)
_PER_CASE_1 = replace(
    _PER_CONTACT_1,
    variant="case",
    title="Cost of a resolution",
    question="What did a case cost that was resolved for good, all paid time shared among them?",
    denominator="cases resolved for good",
    population=_PER_CONTACT_1.population.replace(
        "contacts a person served", "cases resolved and not reopened within the window, merged ones aside"
    ),
    cohort="when the shift began, or the case was resolved; a rate holds for days of UTC",
    parts=(
        _PAID,
        Part(
            "cases",
            at=final_resolution,
            where=lambda c, p: c.merged_into.isnull() & final_resolution(c, p).notnull(),
            value=none,
            weight=1.0,
        ),
    ),
    maturity=lambda p: p.reopen_window,
    aliases=(),
)


def _theirs(first: Kpi, timeline: str, *, question: str, who: str) -> Kpi:
    """Return a definition over the time of those who serve the unit, in place of one over all paid time."""
    paid = replace(_PAID, timeline=timeline, value=lambda s, _: s.cents.fill_null(0.0) * s.part)
    return replace(
        first,
        question=question,
        population=first.population.replace(
            "shifts whose end is known", f"shifts of {who} whose end is known ({THEIRS})"
        ),
        parts=(paid, first.parts[1]),
        version=2,
        effective_from=THEIRS_SINCE,
        earlier=(first,),
    )


_PER_CONTACT = _theirs(
    _PER_CONTACT_1,
    "cost_serving",
    question="What did a contact cost, the paid time of those who serve contacts shared among them?",
    who="people who ever served a contact",
)
_PER_CASE = _theirs(
    _PER_CASE_1,
    "cost_resolving",
    question="What did a case cost that was resolved for good, the paid time of those who resolve cases shared among them?",
    who="people who ever resolved a case",
)
_BY_ACTIVITY = replace(
    _PER_CONTACT_1,
    variant="activity",
    title="Cost of handling a contact",
    question="What did the time spent on a contact cost?",
    numerator="hours of service and of the work after it, times the rate of an hour",
    population="contacts a person served whose service time and rate are known",
    cohort="when the contact began; a rate holds for days of UTC",
    parts=(Part("contact_cost", at=_began, where=_known, value=lambda c, _: c.cents, needs=_known),),
    quantiles=True,
    maturity=lambda _: timedelta(0),
    source="Kaplan & Anderson (2004), Time-driven activity-based costing, Harvard Business Review 82(11), 131-138",
    aliases=(),
)

KPIS: Final = (_PER_CONTACT, _PER_CASE, _BY_ACTIVITY)
