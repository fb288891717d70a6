"""How alike graders score: against what was agreed, and with each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from troth.core.terms import Direction, Unit
from troth.kpi.definition import Kpi, Params, Part
from troth.kpi.measures._common import share


def _scored(c: Any, _: Params) -> Any:
    return c.scored_at


def _both(c: Any, _: Params) -> Any:
    return c.score.notnull() & c.agreed.notnull()


def _parts(value: Any) -> tuple[Part, ...]:
    return (Part("calibrations", at=_scored, where=_both, value=value),)


_CALIBRATION = Kpi(
    id="quality.calibration",
    title="Calibration of graders",
    question="How often did a grader's blind score come near the one that was agreed?",
    unit=Unit.SHARE,
    direction=Direction.HIGHER,
    numerator="blind scores at most 10 points (the tolerance) from the agreed score",
    denominator="blind scores of work for which a score was agreed",
    population="scores of calibrations, 0 to 100; of several of one grader for one piece of work the last; the agent is the grader",
    cohort="when the grader scored",
    parts=_parts(lambda c, p: share((c.score - c.agreed).abs() <= p.tolerance)),
    source="Common rule of vendors: within 10 points, 85 % and more is good",
    aliases=("CALIBRATION",),
)
_BIAS = replace(
    _CALIBRATION,
    variant="bias",
    title="Severity of graders",
    question="By how much do graders score above what was agreed, or below?",
    unit=Unit.SCORE,
    direction=Direction.NEITHER,
    numerator="blind scores less the agreed ones; below nought is severe",
    parts=_parts(lambda c, _: c.score - c.agreed),
    signed=True,
    source="Bland & Altman (1986), Statistical methods for assessing agreement, Lancet 327, 307-310: mean difference",
    aliases=(),
)
_DEVIATION = replace(
    _CALIBRATION,
    variant="deviation",
    title="Deviation of graders",
    question="By how many points is a grader's score off?",
    unit=Unit.SCORE,
    direction=Direction.LOWER,
    numerator="points between a blind score and the agreed one, either way",
    parts=_parts(lambda c, _: (c.score - c.agreed).abs()),
    source="Mean absolute error",
    aliases=(),
)
_AGREEMENT = replace(
    _CALIBRATION,
    variant="agreement",
    title="Agreement of graders",
    question="How alike do graders score the same work, beyond chance?",
    unit=Unit.SCORE,
    numerator="agreement beyond what scores dealt out at random would show",
    denominator="the most there could be: 1 is full agreement, 0 none beyond chance, and it can be below",
    population=(
        "blind scores of work that others of the same group scored in the same period, whatever was agreed; a group of one grader"
        " has none"
    ),
    parts=(Part("scores_paired", at=_scored, value=lambda c, _: c.agreeing, weight=lambda c, _: c.total),),
    signed=True,
    source="Krippendorff (2019), Content Analysis, 4th ed., chapter 12: alpha for intervals",
    aliases=(),
)

KPIS: Final = (_CALIBRATION, _BIAS, _DEVIATION, _AGREEMENT)
