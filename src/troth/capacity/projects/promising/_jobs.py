"""What may have to be done: projects, deals and templates as jobs of one kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import log

from troth.capacity.projects.portfolio import Deal, Portfolio, Project, ProjectPhase
from troth.capacity.projects.promising.beliefs import Beliefs

#: A day beyond every plan, as an index.
NEVER = 1 << 20


@dataclass(frozen=True, slots=True)
class Job:
    """A project, or a deal that may become one, as the futures need it. Days are indices from the first Monday.

    Parameters
    ----------
    odds : log odds of the win; None if it is sold.
    promised : day promised as the start; None if none is.
    """

    job_id: str
    phases: tuple[ProjectPhase, ...]
    wanted: int
    odds: float | None = None
    promised: int | None = None
    started: int | None = None
    stage: str = ""
    closes: int | None = None
    estimator: str = ""
    template: str = ""
    price_cents: int = 0
    probability: float = 1.0


def jobs_of(portfolio: Portfolio, *, beliefs: Beliefs, origin: date) -> list[Job]:
    """Return the open projects, then the deals, as jobs."""
    open_ = [one for one in portfolio.projects if not all(phase.done for phase in one.phases) and one.probability > 0]
    found = [_of_project(one, beliefs, portfolio.day, origin) for one in open_]
    return found + [of_deal(one, beliefs=beliefs, origin=origin) for one in portfolio.deals if one.probability > 0]


def of_deal(deal: Deal, *, beliefs: Beliefs, origin: date) -> Job:
    """Return a deal as a job."""
    wins = beliefs.wins
    odds = wins.slope * logit(deal.probability) + wins.shift
    odds += wins.by_stage.get(deal.stage, 0.0) + wins.by_seller.get(deal.seller, 0.0)
    return Job(
        deal.deal_id, deal.phases, (deal.wanted - origin).days, None if deal.probability >= 1 else odds,
        _index(deal.promised_start, origin), None, deal.stage, _index(deal.closes, origin), deal.estimator, deal.template,
        deal.price_cents or 0, deal.probability,
    )  # fmt: skip


def _of_project(one: Project, beliefs: Beliefs, day: date, origin: date) -> Job:
    sold = one.probability >= 1
    odds = None if sold else beliefs.wins.slope * logit(one.probability) + beliefs.wins.shift
    return Job(
        one.project_id, one.phases, ((one.earliest or day) - origin).days, odds, _index(one.promised_start, origin),
        _index(one.started, origin), "", None, one.estimator, one.template, one.price_cents or 0, one.probability,
    )  # fmt: skip


def logit(p: float) -> float:
    """Return the log odds of a probability, of one at the ends a large number."""
    p = min(max(p, 1e-6), 1 - 1e-6)
    return log(p / (1 - p))


def skills_of(phases: Iterable[ProjectPhase]) -> set[str]:
    """Return the skills that phases need."""
    return {need.skill for phase in phases for need in phase.needs}


def _index(day: date | None, origin: date) -> int | None:
    return None if day is None else (day - origin).days
