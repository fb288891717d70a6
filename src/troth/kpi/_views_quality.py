"""Rows about how alike graders score."""

from __future__ import annotations

from typing import Any, Final

from troth.kpi.definition import COLUMNS, Rows


def scores_paired(scope: Any) -> Rows:
    """Blind scores of work that others scored too, with what each adds to Krippendorff's alpha of the period and split.

    With n such scores, of which m are about the same work, alpha for intervals is one less the sum of
    (n - 1) / n m / (m - 1) (score - mean of the work)^2 over that of (score - mean of all)^2. `total` is the second of these of a
    score, and `agreeing` that less the first.
    """
    import ibis

    c = scope.table("calibrations")
    for dim, members in scope.where.items():
        if dim in COLUMNS:
            known = COLUMNS[dim] in c.columns
            c = c.filter(c[COLUMNS[dim]].isin(list(members)) if known else ibis.literal(value=False))
    c = c.filter(c.score.notnull() & c.scored_at.notnull())
    c = scope.numbered(c, c.scored_at, "period_no")
    c = c.filter(c.period_no.notnull())
    keys = [c.period_no, *(c[d] for d in scope.dims if d in c.columns)]
    work = ibis.window(group_by=[*keys, c.subject_id])
    c = c.mutate(graders=c.score.count().over(work), middle=c.score.mean().over(work))
    c = c.filter(c.graders > 1)
    everything = ibis.window(group_by=[c.period_no, *(c[d] for d in scope.dims if d in c.columns)])
    c = c.mutate(scores=c.score.count().over(everything), overall=c.score.mean().over(everything))
    apart, total = c.score - c.middle, c.score - c.overall
    factor = (c.scores - 1) / c.scores * c.graders / (c.graders - 1)
    return c.mutate(total=total * total, agreeing=total * total - factor * apart * apart).drop(
        "period_no", "graders", "middle", "scores", "overall"
    )


VIEWS: Final = (scores_paired,)
