"""Service level in the formulas of four vendors, never under one name."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from troth.core.terms import Direction, Unit
from troth.kpi.definition import Kpi, Part
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

KPIS: Final = (_LEVEL, _LEVEL_ANSWERED, _LEVEL_SHORT, _LEVEL_LATE)
