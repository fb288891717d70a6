"""What reviewers say: scores, and how many people pass."""

from __future__ import annotations

from typing import Final

from troth.core.terms import Direction, Unit
from troth.kpi.definition import Chance, Kpi, Part
from troth.kpi.measures._common import share

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

KPIS: Final = (_SCORE, _PASSING)
