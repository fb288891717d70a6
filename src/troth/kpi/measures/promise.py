"""Whether our word held."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from troth.core.terms import Direction, Unit
from troth.kpi.definition import Kpi, Part
from troth.kpi.measures._common import share

_PROMISE_KEPT = Kpi(
    id="promise.kept",
    title="Promises kept",
    question="Which share of our promises did we keep?",
    unit=Unit.SHARE,
    direction=Direction.HIGHER,
    numerator="promises kept",
    denominator="promises kept or broken",
    population="promises that came due; waived ones aside",
    cohort="when it was known whether the promise was kept",
    parts=(
        Part(
            "promises",
            at=lambda p, _: p.settled_at,
            where=lambda p, _: p.outcome.isin(["kept", "broken"]),
            value=lambda p, _: share(p.outcome == "kept"),
        ),
    ),
    source="Troth",
)
_PROMISE_STATED = replace(
    _PROMISE_KEPT,
    variant="stated",
    title="Promises kept, as stated",
    question="Which share of our promises did we say we would keep?",
    direction=Direction.NEITHER,
    numerator="sum of the stated probabilities",
    parts=(
        replace(
            _PROMISE_KEPT.parts[0],
            where=lambda p, _: p.outcome.isin(["kept", "broken"]) & p.probability.notnull(),
            value=lambda p, _: p.probability,
        ),
    ),
)

KPIS: Final = (_PROMISE_KEPT, _PROMISE_STATED)
