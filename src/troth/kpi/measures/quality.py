"""What reviewers say: scores, how many people pass, and which errors training could have prevented."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from troth.core.terms import Direction, Unit
from troth.kpi.definition import Chance, Kpi, Params, Part
from troth.kpi.measures._common import none, one, share

#: The cause that stands for what somebody was not taught.
_TRAINING: Final = "training"

_SCORE = Kpi(
    id="quality.score",
    title="Quality score",
    question="How good was the work that was reviewed?",
    unit=Unit.SCORE,
    direction=Direction.HIGHER,
    numerator="scores of reviews, 0 to 100; a failed critical criterion makes a review 0",
    denominator="reviews",
    population="all reviews; criteria that do not apply leave the score",
    cohort="when the work was reviewed",
    parts=(
        Part(
            "reviews",
            at=lambda r, _: r.reviewed_at,
            where=lambda r, _: r.score.notnull(),
            value=lambda r, _: r.score,
        ),
    ),
    source="Amazon Connect, evaluation forms: weighted score",
)
_PASSING = Kpi(
    id="quality.agents_passing",
    title="People with passing quality",
    question="Which share of reviewed people reached the pass mark?",
    unit=Unit.SHARE,
    direction=Direction.HIGHER,
    numerator="people whose mean score reached the pass mark",
    denominator="people with enough reviews in the period",
    population="people with at least the minimum number of reviews in the period",
    cohort="the person's last review of the period",
    parts=(
        Part(
            "agents_reviewed",
            at=lambda r, _: r.at,
            where=lambda r, p: r.reviews >= p.min_reviews,
            value=lambda r, p: share(r["mean"] >= p.pass_mark),
        ),
    ),
    chance=Chance.ROWS,
    source="Founding text: agents with passing scores",
)


def _caused(e: Any, _: Params) -> Any:
    return e.cause.notnull()


def _dissatisfied(a: Any, _: Params) -> Any:
    return (a.item == "satisfaction") & (a.value <= a.low + 1)


def _by_training(e: Any, _: Params) -> Any:
    return share(e.cause == _TRAINING)


def _uncaused(e: Any, _: Params) -> Any:
    return share(e.cause.isnull())


_TRAINING_ERRORS = Kpi(
    id="quality.training_errors",
    title="Errors for want of training",
    question="Of the errors whose cause is known, which share would training have prevented?",
    unit=Unit.SHARE,
    direction=Direction.LOWER,
    numerator="errors whose recorded cause is training",
    denominator="errors with a recorded cause",
    population="critical criteria that failed in reviews, and answers of customers in the two worst boxes, each with a recorded cause",
    cohort="when the work was reviewed, or the customer answered",
    parts=(
        Part("critical_errors", at=lambda e, _: e.found_at, where=_caused, value=_by_training),
        Part(
            "answers",
            at=lambda a, _: a.answered_at,
            where=lambda a, p: _dissatisfied(a, p) & _caused(a, p),
            value=_by_training,
        ),
    ),
    source="Founding text: errors in quality and dissatisfaction that root-cause analysis traces to training",
    aliases=("TRAINING",),
)
_NO_CAUSE = replace(
    _TRAINING_ERRORS,
    variant="no_cause",
    title="Errors without a known cause",
    question="Of which share of errors did nobody record the cause?",
    numerator="errors without a recorded cause",
    denominator="errors",
    population="critical criteria that failed in reviews, and answers of customers in the two worst boxes",
    parts=(
        Part("critical_errors", at=lambda e, _: e.found_at, value=_uncaused),
        Part("answers", at=lambda a, _: a.answered_at, where=_dissatisfied, value=_uncaused),
    ),
    aliases=(),
)
_PER_REVIEW = replace(
    _TRAINING_ERRORS,
    variant="per_review",
    title="Errors for want of training, per review",
    question="How many critical errors for want of training does a review find?",
    unit=Unit.COUNT,
    numerator="critical criteria that failed, with training as the recorded cause",
    denominator="reviews",
    population="all reviews with a score",
    cohort="when the work was reviewed",
    parts=(
        Part("reviews", at=lambda r, _: r.reviewed_at, where=lambda r, _: r.score.notnull(), value=none),
        Part(
            "critical_errors",
            at=lambda e, _: e.found_at,
            where=lambda e, _: e.cause == _TRAINING,
            value=one,
            weight=0.0,
            counts=False,
        ),
    ),
    aliases=(),
)

KPIS: Final = (_SCORE, _PASSING, _TRAINING_ERRORS, _NO_CAUSE, _PER_REVIEW)
