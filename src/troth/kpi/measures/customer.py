"""Whether customers stay."""

from __future__ import annotations

from typing import Final

from troth.core.terms import Direction, Unit
from troth.kpi.definition import Kpi, Part
from troth.kpi.measures._common import share
from troth.log.timelines import seconds

_RETENTION = Kpi(
    id="customer.retention",
    title="Customers who come back",
    question="Which share of a period's customers was active again within the horizon?",
    unit=Unit.SHARE,
    direction=Direction.HIGHER,
    numerator="customers with a further case within the horizon after their first one of the period",
    denominator="customers active in the period",
    population="known customers with a case in the period; each counts once, where its first case of the period was",
    cohort="the customer's first case of the period",
    parts=(
        Part(
            "customers_active",
            at=lambda c, _: c.opened_at,
            value=lambda c, p: share(seconds(c.opened_at, c.next_at) <= p.retention.total_seconds()),
        ),
    ),
    maturity=lambda p: p.retention,
    source="Founding text: retention",
)
KPIS: Final = (_RETENTION,)
