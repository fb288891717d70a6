"""Scenarios side by side: the house as it is, and with each set of changes, planned the same way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from troth.capacity.projects.allocation import (
    AllocationPlan,
    AllocationPrices,
    AllocationScenario,
    compare,
    from_portfolio,
)
from troth.capacity.projects.outlook.change import WhatIf, changed_house
from troth.capacity.projects.outlook.outlook import ProjectsOutlook, outlook
from troth.capacity.projects.portfolio import Portfolio
from troth.core.decision import Stop

_FREE = AllocationPrices()
#: What the house without changes is called.
BASE = "as it is"


@dataclass(frozen=True, slots=True, eq=False)
class ComparedOutlook:
    """A scenario, its plan, and what it comes to.

    Parameters
    ----------
    what : the changes; none for the house as it is.
    row : figures of the allocation, with what it is worth above the house as it is.
    outlook : money, teams and promises of the plan.
    """

    what: WhatIf
    row: AllocationScenario
    outlook: ProjectsOutlook

    def as_dict(self) -> dict[str, Any]:
        """Return its figures as plain data, amounts in minor units: expected ones of what is to come in the weeks planned."""
        found, ahead = self.outlook, self.outlook.ahead()
        money = None if ahead is None else ahead.weighted
        return {
            "scenario": self.what.name, "status": str(self.row.status), "value": self.row.value, "bound": self.row.bound,
            "more": self.row.more, "wanted_hours": self.row.wanted_hours, "done_hours": self.row.done_hours,
            "undone_hours": found.undone, "currency": found.money.currency,
            "revenue_cents": money.revenue_cents if money else 0, "cost_cents": money.cost_cents if money else 0,
            "margin_cents": money.margin_cents if money else 0,
            "revenue_known_cents": money.revenue_known_cents if money else 0,
            "cost_known_cents": money.cost_known_cents if money else 0, "utilisation": self.row.utilisation,
            "teams": {one.name: one.value for one in found.teams},
            "missed": [
                {"project_id": one.work_id, "kind": one.kind, "promised": one.promised.isoformat(),
                 "planned": None if one.planned is None else one.planned.isoformat()}
                for one in found.missed
            ],
        }  # fmt: skip


def side_by_side(
    portfolio: Portfolio,
    *,
    scenarios: Sequence[WhatIf],
    weeks: int = 13,
    at_least: float = 1.0,
    pace: float = 40.0,
    prices: AllocationPrices = _FREE,
    stop: Stop = Stop(seconds=60),
    seed: int = 0,
    on_plan: Callable[[str, AllocationPlan], object] | None = None,
) -> tuple[ComparedOutlook, ...]:
    """Return the house as it is and with the changes of each scenario, planned with the same settings.

    Parameters
    ----------
    scenarios : sound ones (`check_changes`), each with a name of its own.
    weeks : from the portfolio's day on.
    at_least : projects and deals less probable are left out.
    pace, prices, seed : as for `from_portfolio` and `solve`.
    stop : of each plan.
    on_plan : given each plan when it is there.

    Raises
    ------
    InputError
        What is wrong with the portfolio, or with one that was changed.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.outlook import HiredPeople
    >>> from troth.capacity.projects.portfolio import *
    >>> ada = Consultant("ada", (ContractTerms(date(2026, 1, 1), cost_cents=6_000),), (HeldSkill("design"),))
    >>> bank = Project("bank", (ProjectPhase("draw", (SkillNeed("design", 60.0),), deadline=date(2026, 6, 5)),))
    >>> firm = Portfolio(date(2026, 6, 1), (ada,), (bank,), rates=(ChargeRate(10_000),))
    >>> more = WhatIf("one more", (HiredPeople((HeldSkill("design"),), cost_cents=5_000),))
    >>> found = side_by_side(firm, scenarios=[more], weeks=1)
    >>> [(one.what.name, one.outlook.undone, one.as_dict()["margin_cents"]) for one in found]
    [('as it is', 20.0, 160000), ('one more', 0.0, 260000)]
    """
    every = [WhatIf(BASE), *scenarios]
    houses = {one.name: changed_house(portfolio, changes=one.changes) for one in every}
    problems = {
        name: from_portfolio(
            house, first=house.day, until=house.day + timedelta(weeks=weeks), at_least=at_least, pace=pace,
            prices=prices,
        )
        for name, house in houses.items()
    }  # fmt: skip
    plans = dict[str, AllocationPlan]()

    def keep(name: str, plan: AllocationPlan) -> None:
        plans[name] = plan
        if on_plan is not None:
            on_plan(name, plan)

    rows = compare(problems, stop=stop, seed=seed, on_plan=keep)
    return tuple(
        ComparedOutlook(what, row, outlook(plans[what.name], portfolio=houses[what.name]))
        for what, row in zip(every, rows, strict=True)
    )
