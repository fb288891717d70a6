"""What brings money: projects and deals seen alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from troth.capacity.projects.portfolio import ContractKind, Portfolio, ProjectPhase


@dataclass(frozen=True, slots=True)
class PricedWork:
    """A project or a deal as far as money goes.

    Parameters
    ----------
    work_id : of the project or deal.
    probability : 1 if it is sold.
    price_cents, budget_cents, currency : as of the project; an empty currency is the house's own.
    first : the first day: when it was started, else may begin, else is wanted.
    until : the day after the deadline; None without one.
    deal : whether it is a deal.
    """

    work_id: str
    customer_id: str
    kind: ContractKind
    probability: float
    price_cents: int | None
    budget_cents: int | None
    currency: str
    phases: tuple[ProjectPhase, ...]
    first: date | None
    until: date | None
    deal: bool

    def role_of(self, phase_id: str, *, skill: str = "") -> str:
        """Return whose rate is charged for a phase's hours: the role its needs name, if it is one; else empty."""
        needs = [need for phase in self.phases if phase.phase_id == phase_id for need in phase.needs]
        mine = [need for need in needs if skill and need.skill == skill] or needs
        roles = {need.role for need in mine}
        return roles.pop() if len(roles) == 1 else ""


def works_of(portfolio: Portfolio) -> dict[str, PricedWork]:
    """Return projects and deals by their id; where both have one id the project stands."""
    out: dict[str, PricedWork] = {}
    for deal in portfolio.deals:
        ends = [phase.deadline for phase in deal.phases]
        last = max((day for day in ends if day is not None), default=None) if all(ends) else None
        out[deal.deal_id] = PricedWork(
            deal.deal_id, deal.customer_id, deal.kind, deal.probability, deal.price_cents, None, deal.currency,
            deal.phases, deal.wanted, _after(last), deal=True,
        )  # fmt: skip
    for one in portfolio.projects:
        out[one.project_id] = PricedWork(
            one.project_id, one.customer_id, one.kind, one.probability, one.price_cents, one.budget_cents, one.currency,
            one.phases, one.started or one.earliest, _after(one.deadline), deal=False,
        )  # fmt: skip
    return out


def _after(day: date | None) -> date | None:
    return None if day is None else date.fromordinal(day.toordinal() + 1)
