"""Sums of sums of money."""

from __future__ import annotations

from collections.abc import Sequence

from troth.capacity.projects.money import MoneySum


def total(some: Sequence[MoneySum]) -> MoneySum:
    """Return the sum of sums of one basis; an amount is not known if one of them is not."""
    earned = [one.revenue_cents for one in some if one.revenue_cents is not None]
    spent = [one.cost_cents for one in some if one.cost_cents is not None]
    return MoneySum(
        (), some[0].basis, sum(one.hours for one in some), sum(one.billable for one in some),
        sum(earned) if len(earned) == len(some) else None, sum(spent) if len(spent) == len(some) else None,
        sum(one.revenue_known_cents for one in some), sum(one.cost_known_cents for one in some),
        sum(one.unpriced for one in some),
    )  # fmt: skip
