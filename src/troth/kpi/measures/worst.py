"""The worst, customer by customer: means hide the people who leave."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from troth.core.terms import Direction, Unit
from troth.kpi.definition import Kpi, Part
from troth.kpi.measures._common import none, one, share

_WAIT = Kpi(
    id="worst.wait",
    title="Worst wait of a customer",
    question="How long was each customer's longest wait?",
    unit=Unit.SECONDS,
    direction=Direction.LOWER,
    numerator="each customer's longest wait of the period, answered or not",
    denominator="customers who waited",
    population="known customers who waited in the period",
    cohort="when the customer's longest wait of the period began",
    parts=(Part("worst_waits", at=lambda w, _: w.at, value=lambda w, _: w.value),),
    quantiles=True,
    source="Troth",
)
_RESOLUTION = replace(
    _WAIT,
    id="worst.resolution",
    title="Worst resolution of a customer",
    question="How long did each customer's slowest matter take?",
    numerator="each customer's longest time from first contact to resolution",
    denominator="customers with a resolved case",
    population="known customers with a case resolved in the period",
    cohort="when the customer's slowest matter of the period was resolved",
    parts=(Part("worst_resolutions", at=lambda w, _: w.at, value=lambda w, _: w.value),),
    maturity=lambda p: p.reopen_window,
)
_BROKEN = Kpi(
    id="worst.broken_promises",
    title="Broken promises per customer",
    question="How many promises to a customer were broken within the window?",
    unit=Unit.COUNT,
    direction=Direction.LOWER,
    numerator="promises broken within the window up to the customer's last one of the period",
    denominator="customers with a promise that came due in the period",
    population="known customers with a promise kept or broken in the period",
    cohort="the customer's last promise of the period",
    parts=(
        Part(
            "broken_by_customer",
            at=lambda p, _: p.settled_at,
            value=lambda p, _: p.broken_before.cast("float64"),
        ),
    ),
    # One bad day breaks promises to many customers, whose last promises lie weeks apart.
    chance_parts=(
        Part("broken_by_customer", at=lambda p, _: p.settled_at, value=none, counts=False),
        Part(
            "broken_behind",
            at=lambda p, _: p.settled_at,
            fell=lambda p, _: p.fell_at,
            value=one,
            weight=0.0,
            counts=False,
        ),
    ),
    quantiles=True,
    source="Troth",
)
_CROSSED = Kpi(
    id="worst.crossed",
    title="Customers whose worst wait crossed the line",
    question="Which share of customers had a wait beyond the line?",
    unit=Unit.SHARE,
    direction=Direction.LOWER,
    numerator="customers whose longest wait of the period was beyond the line",
    denominator="customers who waited",
    population="known customers who waited in the period",
    cohort="when the customer's longest wait of the period began",
    parts=(Part("worst_waits", at=lambda w, _: w.at, value=lambda w, _: share(w.crossed)),),
    source="Troth; the line is the target of worst.wait, else the previous quarter's P95 of waits",
)
_TWICE = replace(
    _CROSSED,
    id="worst.twice",
    title="Customers with two bad waits in a row",
    question="Which share of customers had two waits beyond the line in a row?",
    numerator="customers with two successive waits of the period beyond the line",
    parts=(Part("worst_waits", at=lambda w, _: w.at, value=lambda w, _: share(w.twice)),),
)

KPIS: Final = (_WAIT, _RESOLUTION, _BROKEN, _CROSSED, _TWICE)
