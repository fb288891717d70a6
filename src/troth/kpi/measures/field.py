"""Visits to customers: settled the first time, on time, time on the road, visits a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from troth.core.terms import Direction, Unit
from troth.kpi.definition import Kpi, Params, Part
from troth.kpi.measures._common import none, one, share
from troth.log.timelines import seconds

#: Why a visit did not settle the matter, as `work_ended` says it.
_CAUSES: Final = {
    "part": "a part was missing",
    "skill": "it took more skill",
    "access": "the equipment could not be reached",
    "diagnosis": "the fault was not understood",
}


def _settled(v: Any) -> Any:
    """Visits not said to have left the matter unsettled."""
    return v.outcome.isin(["fixed", "done"])


def _fixed(column: str) -> Any:
    def value(v: Any, p: Params) -> Any:
        again = seconds(v.started_at, v[column]) <= p.fix_window.total_seconds()
        return share(_settled(v) & ~again.fill_null(False))

    return value


def _ended_by(cause: str) -> Any:
    return lambda v, _: share(v.outcome == cause)


def _began(s: Any, _: Params) -> Any:
    return s.started_at


def _first(value: Any) -> tuple[Part, ...]:
    return (Part("visits_first", at=lambda v, _: v.ended_at, where=lambda v, _: v.ended_at.notnull(), value=value),)


_FIRST_TIME_FIX = Kpi(
    id="field.first_time_fix",
    title="First-time fix",
    question="Which share of matters did the first visit settle?",
    unit=Unit.SHARE,
    direction=Direction.HIGHER,
    numerator=(
        "first visits not said to have left the matter unsettled, and not followed by another within 30 days: of the same case,"
        " or asked for by the customer for the same equipment"
    ),
    denominator="first visits of a case in which work began, and ended",
    population="visits in which work began; those that found nobody at home are no visits",
    cohort="when work ended",
    parts=_first(_fixed("next_at")),
    maturity=lambda p: p.fix_window,
    source="Common definition: first-visit resolved over all, with a window for returns to the same asset",
    aliases=("FTF", "FTFR"),
)
_OF_CASE = replace(
    _FIRST_TIME_FIX,
    variant="case",
    title="First-time fix, by case",
    numerator="first visits not said to have left the matter unsettled, without another of the same case within 30 days",
    parts=_first(_fixed("next_case_at")),
)
_NOT_FIXED = replace(
    _FIRST_TIME_FIX,
    id="field.not_fixed",
    title="Not settled by the first visit",
    question="Which share of first visits left the matter unsettled, as the technician said?",
    direction=Direction.LOWER,
    numerator="first visits whose work ended with a reason other than fixed",
    parts=(replace(_first(lambda v, _: share(~_settled(v)))[0], needs=lambda v, _: v.outcome != "done"),),
    maturity=lambda _: timedelta(0),
    source="Troth",
    aliases=(),
)
_CAUSED = tuple(
    replace(
        _NOT_FIXED,
        variant=cause,
        title=f"Not settled by the first visit: {cause}",
        question=f"In which share of first visits was the matter left unsettled because {why}?",
        numerator=f"first visits whose work ended with the reason {cause}: {why}",
        parts=(replace(_NOT_FIXED.parts[0], value=_ended_by(cause)),),
    )
    for cause, why in _CAUSES.items()
)


def _promised(value: Any, at: str) -> tuple[Part, ...]:
    """Visits with a promised window of which is known whether somebody came in it."""

    def where(v: Any, _: Params) -> Any:
        given_up = (v.waived_at.notnull() | v.cancelled_at.notnull()) & v.arrived_at.isnull()
        return v[at].notnull() & ~given_up & (v.arrived_at.notnull() | v.broken_at.notnull())

    return (Part("visits", at=lambda v, _: v[at], where=where, value=value),)


_ON_TIME = Kpi(
    id="field.on_time",
    title="On time",
    question="Which share of visits began by the end of the window that was promised first?",
    unit=Unit.SHARE,
    direction=Direction.HIGHER,
    numerator="visits whose technician arrived by the end of the window",
    denominator="visits with a promised window that somebody came to, or whose promise was broken",
    population="visits with a promised window, but those the customer gave up; a window moved at the customer's wish replaces the first",
    cohort="when the window ended",
    parts=_promised(lambda v, _: share(v.arrived_at <= v.first_ends_at), "first_ends_at"),
    source="Troth: arrival against the promised window, not the internal schedule",
)
_ON_TIME_LAST = replace(
    _ON_TIME,
    variant="last",
    title="On time, as last promised",
    question="Which share of visits began by the end of the window that was promised last?",
    parts=_promised(lambda v, _: share(v.arrived_at <= v.last_ends_at), "last_ends_at"),
)
_INSIDE = replace(
    _ON_TIME,
    variant="inside",
    title="Arrived inside the window",
    question="Which share of technicians arrived neither before nor after the window promised first?",
    numerator="visits whose technician arrived not before the window began, and by its end",
    parts=_promised(
        lambda v, _: share((v.arrived_at >= v.first_starts_at) & (v.arrived_at <= v.first_ends_at)), "first_ends_at"
    ),
)
_TRAVEL_SHARE = Kpi(
    id="field.travel_share",
    title="Time on the road",
    question="Of the paid time of those who drive out, how much went into driving?",
    unit=Unit.SHARE,
    direction=Direction.LOWER,
    numerator="seconds from leaving for a visit to arriving there",
    denominator="paid seconds of people who ever left for a visit",
    population="visits whose leaving and arrival are known; shifts whose end is known",
    cohort="when the way, or the shift, began",
    parts=(
        Part(
            "visits",
            at=lambda v, _: v.travel_started_at,
            where=lambda v, _: v.arrived_at >= v.travel_started_at,
            value=lambda v, _: seconds(v.travel_started_at, v.arrived_at),
            weight=0.0,
        ),
        Part("paid_field", at=_began, value=none, weight=lambda s, _: seconds(s.started_at, s.ended_at), counts=False),
    ),
    source="Common definition: drive time over paid time",
)
_PER_DAY = Kpi(
    id="field.visits_per_day",
    title="Visits a day",
    question="How many visits does a technician make in a day at work?",
    unit=Unit.COUNT,
    direction=Direction.HIGHER,
    numerator="visits that somebody came to",
    denominator="shifts of people who ever left for a visit",
    population="visits with an arrival; shifts whose end is known",
    cohort="when somebody arrived; shifts when they began",
    parts=(
        Part("visits", at=lambda v, _: v.arrived_at, where=lambda v, _: v.arrived_at.notnull(), value=one, weight=0.0),
        Part("paid_field", at=_began, value=none, weight=1.0, counts=False),
    ),
    source="Common definition: jobs a day",
)

KPIS: Final = (
    _FIRST_TIME_FIX, _OF_CASE, _NOT_FIXED, *_CAUSED, _ON_TIME, _ON_TIME_LAST, _INSIDE, _TRAVEL_SHARE, _PER_DAY,
)  # fmt: skip
