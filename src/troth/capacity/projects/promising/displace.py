"""Who would move if a start were promised, by how long and how likely: some futures are lived again with the promise."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import numpy as np

from troth.capacity.projects.portfolio import Deal
from troth.capacity.projects.promising._again import Relived, lived_with
from troth.capacity.projects.promising._guest import asked
from troth.capacity.projects.promising._jobs import NEVER
from troth.capacity.projects.promising.answer import DisplacedJob
from troth.capacity.projects.promising.prepare import PreparedFutures

#: Person-weeks that are lived again: about a second on one core.
_WORK: Final = 600_000
_FEWEST, _MOST = 16, 500


def displaced(
    prepared: PreparedFutures,
    *,
    deal: str | Deal,
    start: date | None,
    futures: int | None = None,
    weeks: int | None = None,
) -> tuple[DisplacedJob, ...]:
    """Return the projects and deals that a start promised for a day would move, what is put at risk most first.

    What the win moves anyway is not the promise's: futures with the promise are compared with those in which the deal is won
    too and has its usual turn (the start promised before, else the wanted day or the win, and the house's usual days after).

    Parameters
    ----------
    deal : as in `promise`; in these futures it is won.
    start : the day promised; None tells what the win itself moves: won and at its usual turn, compared with lost.
    futures : so many of the prepared ones are lived again, twice; None takes as many as take about a second.
    weeks : that are lived; None half a year beyond the start (or the wanted day), at most those prepared.

    Raises
    ------
    InputError
        As `promise`.
    """
    question = asked(prepared, deal, lift=False)
    at = question.job.wanted if start is None else (start - prepared.origin).days
    weeks = min(prepared.weeks, max(at // 7 + 27, 1)) if weeks is None else min(weeks, prepared.weeks)
    if futures is None:
        futures = int(np.clip(_WORK // max(weeks * len(prepared.portfolio.people), 1), _FEWEST, _MOST))
    n = min(futures, prepared.futures)
    again = lived_with(prepared, question, start=None if start is None else float(at), futures=n, weeks=weeks)
    bare = lived_with(prepared, question, start=None, futures=n, weeks=weeks, won=start is not None)
    weight = question.chance[:n] / max(float(question.chance[:n].sum()), 1e-300)
    found = [
        _moved(prepared, k, bare, again, weight, 7 * weeks) for k in range(len(prepared.jobs)) if k != question.number
    ]
    moved = [one for one in found if one is not None and one.probability > 0]
    return tuple(sorted(moved, key=lambda one: (-one.at_risk_cents, -one.probability, one.job_id)))


def _moved(
    prepared: PreparedFutures, k: int, bare: Relived, again: Relived, weight: Any, end: int
) -> DisplacedJob | None:
    """Return by how much a job moves; None if it is not done in these futures."""
    job, won = prepared.specs[k], prepared.draws.won[: len(weight), k] < NEVER
    total = float(weight[won].sum())
    if total <= 0:
        return None
    start, finish = (np.minimum(b[:, k], end) - np.minimum(a[:, k], end) for a, b in _pairs(bare, again))
    later = won & ((start >= 1) | (finish >= 1))
    probability = float(weight[later].sum()) / total
    before = after = None
    risk = probability
    if job.promised is not None and job.started is None:
        due = job.promised + prepared.draws.slip[: len(weight), k]
        before, after = (float(weight[won & (one.start[:, k] <= due)].sum()) / total for one in (bare, again))
        risk = max(before - after, 0.0)
    return DisplacedJob(
        job.job_id, job.odds is None, float(prepared.lucks[k].chance.mean()), probability, _mean(start, weight, won),
        _mean(finish, weight, won), before, after, risk * job.price_cents * float(prepared.lucks[k].chance.mean()),
    )  # fmt: skip


def _pairs(bare: Relived, again: Relived) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    return (bare.start, again.start), (bare.finish, again.finish)


def _mean(days: Any, weight: Any, won: Any) -> float | None:
    moved = won & (days >= 1)
    total = float(weight[moved].sum())
    return float((weight * days)[moved].sum()) / total if total > 0 else None
