"""Revenue of the next weeks in each prepared future, by the price list of the demo's practice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from benchmarks.quality._projects_planner import Planner
from troth.capacity.projects.portfolio import ChargeRate, ContractKind, Deal, Portfolio, Project
from troth.capacity.projects.promising import PreparedFutures, TemplatePrice, money_futures

_Work = TypeVar("_Work", Project, Deal)


def priced(portfolio: Portfolio, *, planner: Planner) -> Portfolio:
    """Return a portfolio with the price list; what the practice calls a retainer it is paid for at the end of phases."""
    rates = [ChargeRate(cents, role=role) for role, cents in sorted(planner.rates.items())]
    rates += [ChargeRate(cents, role=role, customer_id=who) for role, who, cents in planner.special]
    return replace(
        portfolio, rates=tuple(rates), projects=tuple(map(_by_phase, portfolio.projects)),
        deals=tuple(map(_by_phase, portfolio.deals)),
    )  # fmt: skip


def revenue(ready: PreparedFutures, *, planner: Planner, bounds: Sequence[int]) -> Any:
    """Return (F, len(bounds) - 1) cents earned from one bound (days from the first Monday, each a Monday) to the next."""
    templates = {
        name: TemplatePrice(_kind(planner.kinds[name]), planner.price(hours, planner.kinds[name]))
        for name, phases in ready.portfolio.templates.items()
        for hours in [sum(need.hours for phase in phases for need in phase.needs)]
    }
    found = money_futures(ready, templates=templates).revenue
    return np.stack([found[:, a // 7 : b // 7].sum(axis=1) for a, b in pairwise(bounds)], axis=1)


def _by_phase(one: _Work) -> _Work:
    return replace(one, kind=_kind(one.kind))


def _kind(kind: ContractKind) -> ContractKind:
    return ContractKind.TIME if kind is ContractKind.TIME else ContractKind.FIXED
