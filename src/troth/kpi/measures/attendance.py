"""Whether people were there as planned, and whether enough were planned: adherence, conformance, staffing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from troth.core.terms import Direction, Unit
from troth.kpi._views_work import OFF, WORK
from troth.kpi.definition import Fold, Kpi, Params, Part
from troth.kpi.measures._common import none, share

#: An interval counts as staffed right up to this share above or below the requirement.
_WITHIN: Final = 0.05


def _starts(s: Any, _: Params) -> Any:
    return s.starts_at


def _length(s: Any, _: Params) -> Any:
    return s.length_s


def _signed(s: Any, off: tuple[str, ...]) -> Any:
    """Return seconds of a planned shift, less those of its parts that are to be left out."""
    return (s.state == "shift").ifelse(s.length_s, s.state.isin(off).ifelse(-s.length_s, 0.0))


def _kept_to(s: Any, _: Params) -> Any:
    """Return the seconds in which somebody did what was planned; the parts of a shift take their place in it."""
    working, alike = s.did.isin(WORK), s.did == s.state
    part = alike.ifelse(s.overlap_s, 0.0) - working.ifelse(s.overlap_s, 0.0)
    return (s.state == "shift").ifelse(working.ifelse(s.overlap_s, 0.0), part)


def _in_shift(s: Any, _: Params) -> Any:
    return (s.did.isin(WORK) & (s.state == "shift")).ifelse(s.overlap_s, 0.0)


def _planned(off: tuple[str, ...], *, counts: bool = True) -> Part:
    return Part("planned", at=_starts, value=none, weight=lambda s, _: _signed(s, off), counts=counts)


_ADHERENCE = Kpi(
    id="load.adherence",
    title="Schedule adherence",
    question="Of the time that was planned, in how much did people do what was planned then?",
    unit=Unit.SHARE,
    direction=Direction.HIGHER,
    numerator="seconds in which work, a break, a meeting or training was planned and was what the person did",
    denominator="planned seconds, absence aside",
    population="published schedules as far as the log reaches; work is being with a customer, in the work after, available, in a meeting or training",
    cohort="when the planned stretch begins",
    parts=(_planned(("absent",)), Part("attended", at=_starts, value=_kept_to, weight=0.0, counts=False)),
    source="Amazon Connect, scheduling: adherence",
    aliases=("ADHERENCE",),
)
_IN_SHIFT = replace(
    _ADHERENCE,
    variant="in_shift",
    title="Schedule adherence, overtime in the denominator",
    question="Of the time planned and the overtime, how much was worked within the planned shift?",
    numerator="seconds worked within planned shifts",
    denominator="planned seconds of work, and seconds worked outside of planned shifts",
    cohort="when the planned stretch, or the work, begins",
    parts=(
        _planned(OFF),
        Part("attended", at=_starts, value=_in_shift, weight=lambda s, p: -_in_shift(s, p), counts=False),
        Part("worked", at=_starts, value=none, weight=_length, counts=False),
    ),
    source="ServiceNow, workforce optimization: adherence = in-shift worked / (scheduled + overtime)",
)
_CONFORMANCE = Kpi(
    id="load.conformance",
    title="Schedule conformance",
    question="How much was worked for each hour that was planned, whenever it was?",
    unit=Unit.SHARE,
    direction=Direction.NEITHER,
    numerator="seconds worked at most sixteen hours from a planned shift",
    denominator="planned seconds of work: breaks and absence aside",
    population="people with published schedules, as far as the log reaches",
    cohort="when the planned stretch, or the work, begins",
    parts=(_planned(OFF), Part("worked", at=_starts, value=_length, weight=0.0, counts=False)),
    source="ServiceNow, workforce optimization: conformance = (worked + overtime) / scheduled",
    aliases=("CONFORMANCE",),
)


def _cells(value: Any, weight: Any = 1.0) -> tuple[Part, ...]:
    return (Part("staffed_cells", at=_starts, value=value, weight=weight),)


def _right(there: str) -> Any:
    return lambda s, _: s[there].notnull().ifelse(share((s[there] - s.needed).abs() <= _WITHIN * s.needed), None)


_STAFFING = Kpi(
    id="load.staffing",
    title="Intervals staffed right",
    question="In how many intervals were as many people there as were needed?",
    unit=Unit.SHARE,
    direction=Direction.HIGHER,
    numerator="intervals in which the people on duty were within 5 % of the requirement",
    denominator="intervals of the published requirement that are over",
    population=(
        "intervals of requirements published before they began, those of a queue where states name queues; on duty is being"
        " with a customer, in the work after, or available"
    ),
    cohort="when the interval begins",
    parts=_cells(_right("there")),
    source="Amazon Connect, scheduling: gap between required and available; by interval, for a daily mean hides both sides",
    aliases=("STAFFING",),
)
_ROSTERED = replace(
    _STAFFING,
    variant="rostered",
    title="Intervals planned right",
    question="In how many intervals were as many people planned as were needed?",
    numerator="intervals in which the people planned, breaks and the like aside, were within 5 % of the requirement",
    population="intervals of requirements published before they began, those of a queue aside: plans name none",
    parts=(replace(_cells(_right("rostered"))[0], timeline="rostered_cells"),),
)
_RATIO = replace(
    _STAFFING,
    variant="ratio",
    title="There over needed",
    question="How many people were there for each who was needed?",
    direction=Direction.NEITHER,
    numerator="people on duty, over all intervals",
    denominator="people needed, over all intervals",
    parts=_cells(lambda s, _: s.there * s.length_s, lambda s, _: s.needed * s.length_s),
    source="Founding text: actual over required headcount",
)
_UNDER = replace(
    _STAFFING,
    variant="under",
    title="Time short of people",
    question="How much working time was missing where too few were there?",
    unit=Unit.SECONDS,
    direction=Direction.LOWER,
    numerator="seconds of people missing in intervals with fewer than needed",
    denominator="",
    fold=Fold.TOTAL,
    parts=_cells(lambda s, _: (s.needed - s.there).clip(lower=0.0) * s.length_s),
)
_OVER = replace(
    _UNDER,
    variant="over",
    title="Time with people to spare",
    question="How much working time was to spare where more than needed were there?",
    numerator="seconds of people to spare in intervals with more than needed",
    parts=_cells(lambda s, _: (s.there - s.needed).clip(lower=0.0) * s.length_s),
)

KPIS: Final = (_ADHERENCE, _IN_SHIFT, _CONFORMANCE, _STAFFING, _ROSTERED, _RATIO, _UNDER, _OVER)
