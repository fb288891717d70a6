"""Service level, and agreements kept, each in the formulas of several vendors, never under one name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from troth.core.terms import Direction, SlaMetric, Unit
from troth.kpi.definition import Kpi, Params, Part
from troth.kpi.measures._common import offered, queued_at, share

_LEVEL = Kpi(
    id="sla.service_level",
    title="Service level",
    question="Which share of customers was served in time?",
    unit=Unit.SHARE,
    direction=Direction.HIGHER,
    numerator="contacts answered, abandoned or taken for callback within the service-level time",
    denominator="contacts queued",
    population="contacts that joined a queue and are through with it",
    cohort="when the contact joined the queue",
    parts=(
        Part(
            "contacts",
            at=queued_at,
            where=offered,
            value=lambda c, p: share(
                c.outcome.isin(["answered", "abandoned", "callback"]) & (c.wait_s <= p.service_level_s)
            ),
        ),
    ),
    source="Amazon Connect, historical metrics: service level",
)
_LEVEL_ANSWERED = replace(
    _LEVEL,
    variant="answered",
    title="Service level, answered of queued",
    numerator="contacts answered within the service-level time",
    parts=(
        replace(
            _LEVEL.parts[0],
            value=lambda c, p: share((c.outcome == "answered") & (c.wait_s <= p.service_level_s)),
        ),
    ),
    source="Common definition: answered in time over offered",
)
_LEVEL_SHORT = replace(
    _LEVEL_ANSWERED,
    variant="without_short_abandons",
    title="Service level without short abandons",
    denominator="contacts queued, less those abandoned within the service-level time",
    parts=(
        replace(
            _LEVEL_ANSWERED.parts[0],
            where=lambda c, p: (
                offered(c, p) & ~((c.outcome == "abandoned") & (c.wait_s <= p.service_level_s)).fill_null(False)
            ),
        ),
    ),
    source="Google CCAI: short abandons leave the denominator",
)
_LEVEL_LATE = replace(
    _LEVEL_ANSWERED,
    variant="answered_and_late_abandons",
    title="Service level of answered and late abandons",
    denominator="contacts answered, and those abandoned after the service-level time",
    parts=(
        replace(
            _LEVEL_ANSWERED.parts[0],
            where=lambda c, p: (
                offered(c, p)
                & ((c.outcome == "answered") | ((c.outcome == "abandoned") & (c.wait_s > p.service_level_s)))
            ),
        ),
    ),
    source="Genesys Cloud, as third parties state it",
)


def _decided(c: Any, _: Params) -> Any:
    """Return when a clock was decided."""
    return c.decided_at


def _settled(c: Any, _: Params) -> Any:
    """Clocks that were met or breached; a cancelled one promised nothing in the end."""
    return c.state.isin(["met", "breached"])


_MET = Kpi(
    id="sla.met",
    title="Agreements kept",
    question="Which share of service level targets was met?",
    unit=Unit.SHARE,
    direction=Direction.HIGHER,
    numerator="clocks stopped before their target was used up, or just then",
    denominator="clocks met or breached",
    population="clocks of service level agreements that are decided; cancelled ones, and those another target replaced in time, aside",
    cohort="when the clock was decided: its stop if it was met, the instant its target was used up if not, stopped or not",
    parts=(Part("sla_clocks", at=_decided, where=_settled, value=lambda c, _: share(c.state == "met")),),
    source="Zendesk, SLA policies: targets achieved over achieved and breached",
    aliases=("SLA",),
)
_MET_STOPPED = replace(
    _MET,
    variant="stopped",
    title="Agreements kept, of stopped clocks",
    denominator="clocks stopped",
    population="clocks that were stopped; what is overdue and still runs is not counted yet",
    cohort="when the clock was stopped",
    parts=(
        replace(_MET.parts[0], at=lambda c, _: c.ended_at, where=lambda c, p: _settled(c, p) & (c.ended_by == "stop")),
    ),
    source="ServiceNow, task SLA: has_breached of the completed",
)
_MET_CASES = replace(
    _MET,
    variant="cases",
    title="Cases with every agreement kept",
    numerator="cases of which every clock was met",
    denominator="cases of which every clock is decided",
    population="cases with clocks, cancelled ones aside, none of which is still open",
    cohort="when the last clock of the case was decided",
    parts=(Part("sla_cases", at=_decided, value=lambda c, _: share(~c.missed)),),
    source="Frappe Helpdesk, agreement status of a ticket: fulfilled or failed as a whole; ServiceNow incident: made_sla",
)
_MET_ROUNDED = replace(
    _MET_STOPPED,
    variant="whole_percent",
    title="Agreements kept, by whole percents",
    numerator="clocks stopped with less than 100 % of their target used, rounded to whole percents",
    parts=(replace(_MET_STOPPED.parts[0], value=lambda c, _: share((c.share * 100 + 0.5).floor() < 100)),),
    source="ServiceNow, task SLA: a rounded percentage takes 99.951 % for a breach unless a property is changed",
)


def _of(metric: SlaMetric) -> Kpi:
    """Return the variant of one metric."""
    return replace(
        _MET,
        variant=str(metric),
        title=f"Agreements kept: {str(metric).replace('_', ' ')}",
        population=f"{_MET.population}; of {str(metric).replace('_', ' ')} only",
        parts=(replace(_MET.parts[0], where=lambda c, p: _settled(c, p) & (c.metric == str(metric))),),
    )


KPIS: Final = (
    _LEVEL, _LEVEL_ANSWERED, _LEVEL_SHORT, _LEVEL_LATE,
    _MET, _MET_STOPPED, _MET_CASES, _MET_ROUNDED, *(_of(metric) for metric in SlaMetric),
)  # fmt: skip
