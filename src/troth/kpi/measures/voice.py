"""What customers say: satisfied, dissatisfied, resolved, and how many answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from troth.core.terms import Direction, Unit
from troth.kpi.definition import Kpi, Params, Part
from troth.kpi.measures._common import share


def _rated(a: Any, _: Params) -> Any:
    return (a.item == "satisfaction") & a.value.notnull()


def _top_two(a: Any, _: Params) -> Any:
    return share(a.value >= a.high - 1)


_CSAT = Kpi(
    id="voice.csat",
    title="Satisfied customers",
    question="Which share of customers who answered is satisfied?",
    unit=Unit.SHARE,
    direction=Direction.HIGHER,
    numerator="answers in the two best boxes of the scale",
    denominator="answers to the satisfaction item",
    population="answers with a value",
    cohort="when the survey was answered",
    parts=(Part("answers", at=lambda a, _: a.answered_at, where=_rated, value=_top_two),),
    source="Founding text: extremely or moderately satisfied over respondents",
    aliases=("CSAT",),
)
_CSAT_BY_SERVICE = replace(
    _CSAT,
    variant="by_service_date",
    title="Satisfied customers, by service date",
    cohort="when the customer was served (else asked)",
    parts=(replace(_CSAT.parts[0], at=lambda a, _: a.served_at),),
)
_CSAT_MEAN = replace(
    _CSAT,
    variant="mean",
    title="Mean satisfaction",
    unit=Unit.SCORE,
    numerator="answers on the scale, from 0 (worst) to 100 (best)",
    parts=(replace(_CSAT.parts[0], value=lambda a, _: 100.0 * (a.value - a.low) / (a.high - a.low)),),
)
_DSAT = replace(
    _CSAT,
    id="voice.dsat",
    title="Dissatisfied customers",
    question="Which share of customers who answered is dissatisfied?",
    direction=Direction.LOWER,
    numerator="answers in the two worst boxes of the scale",
    parts=(replace(_CSAT.parts[0], value=lambda a, _: share(a.value <= a.low + 1)),),
    source="Founding text: dissatisfied; not 100 less the satisfied, for there is a middle",
    aliases=("DSAT",),
)
_RESOLVED = replace(
    _CSAT,
    id="voice.resolved",
    title="Resolved, say customers",
    question="Which share of customers says the matter is resolved?",
    numerator="answers yes",
    denominator="answers yes or no",
    population="answers to whether the matter is resolved; don't-know apart",
    parts=(
        replace(
            _CSAT.parts[0],
            where=lambda a, _: (a.item == "resolved") & a.value.notnull(),
            value=lambda a, _: share(a.value > 0),
        ),
    ),
    source="Founding text: resolution rate",
    aliases=("RR",),
)
_RESPONSE = replace(
    _CSAT,
    id="voice.response",
    title="Response rate",
    question="Which share of surveys was answered?",
    numerator="surveys with a satisfaction answer",
    denominator="surveys sent",
    population="surveys sent",
    cohort="when the survey was sent",
    parts=(
        Part(
            "surveys",
            at=lambda s, _: s.sent_at,
            value=lambda s, _: share(s.satisfaction.notnull()),
        ),
    ),
    source="Chatwoot: responses over surveys sent",
    aliases=(),
)
_SURVEYED = Kpi(
    id="voice.surveyed",
    title="Asked how it was",
    question="Which share of resolved cases was asked how it was?",
    unit=Unit.SHARE,
    direction=Direction.HIGHER,
    numerator="cases of which a survey was sent",
    denominator="resolved cases",
    population="resolved cases, merged ones aside",
    cohort="when the case was last resolved",
    parts=(
        Part(
            "cases_surveyed",
            at=lambda c, _: c.last_resolved_at,
            where=lambda c, _: c.merged_into.isnull() & c.last_resolved_at.notnull(),
            value=lambda c, _: share(c.asked),
            needs=lambda c, _: c.asked,
        ),
    ),
    maturity=lambda p: p.reopen_window,
    source="What a share of satisfied customers leaves open: who was asked",
)

KPIS: Final = (_CSAT, _CSAT_BY_SERVICE, _CSAT_MEAN, _DSAT, _RESOLVED, _RESPONSE, _SURVEYED)
