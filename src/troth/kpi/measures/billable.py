"""Which share of people's time clients pay for: over contract hours net or gross of leave, or over paid time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from troth.core.terms import Direction, Unit
from troth.kpi.definition import Kpi, Params, Part
from troth.kpi.measures._common import none
from troth.log.timelines import seconds


def _noon(d: Any, _: Params) -> Any:
    return d["at"]


_HOURS = Part(
    "billable_hours",
    at=lambda h, _: h.logged_at,
    value=lambda h, _: h.hours,
    weight=0.0,
    counts=False,
)
_BILLABLE = Kpi(
    id="load.billable",
    title="Billable utilisation",
    question="Of the hours people are employed for and not away, how many do clients pay for?",
    unit=Unit.SHARE,
    direction=Direction.NEITHER,
    numerator="hours logged as billable",
    denominator="contract hours, a fifth of a week's on each day from Monday to Friday, but for days of leave and days the site's calendar closes",
    population=(
        "people who ever logged time; contract days from the first to the last day anybody logged any; a day is one of leave if"
        " its noon by UTC is"
    ),
    cohort="when the hours were logged; a contract day at its noon",
    parts=(
        Part("contract_days", at=_noon, where=lambda d, _: ~d.off, value=none, weight=lambda d, _: d.hours),
        _HOURS,
    ),
    source="Tools for professional services: billable hours over capacity; here net of leave",
    aliases=("BILLABLE",),
)
_GROSS = replace(
    _BILLABLE,
    variant="gross",
    title="Billable utilisation, gross",
    question="Of the hours people are employed for, how many do clients pay for?",
    denominator="contract hours, a fifth of a week's on each day from Monday to Friday, leave and closed days among them",
    population="people who ever logged time; contract days from the first to the last day anybody logged any",
    parts=(replace(_BILLABLE.parts[0], where=None), _HOURS),
    source="Tools for professional services: billable hours over capacity; here with leave in it",
    aliases=(),
)
_PAID = replace(
    _BILLABLE,
    variant="paid",
    title="Billable share of paid time",
    question="Of the hours people were at work, how many do clients pay for?",
    denominator="paid hours",
    population="people who ever logged time; shifts whose end is known",
    cohort="when the hours were logged; paid hours when the shift began",
    parts=(
        Part(
            "paid_logging",
            at=lambda s, _: s.started_at,
            value=none,
            weight=lambda s, _: seconds(s.started_at, s.ended_at) / 3600.0,
        ),
        _HOURS,
    ),
    source="Troth: what was there to be sold, illness and overtime as they were",
    aliases=(),
)

KPIS: Final = (_BILLABLE, _GROSS, _PAID)
