"""What sampled futures of a house earn and cost, as ranges: by week, by month, and in all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from troth.capacity.projects.money import MoneyFan, MoneyFutures, fan
from troth.capacity.projects.money.fan import by_month
from troth.capacity.projects.portfolio import ContractKind, Portfolio
from troth.core.decision import Issue, Severity

#: What futures are told of.
WHAT: Final = ("revenue", "cost", "margin")


@dataclass(frozen=True, eq=False)
class FuturesOutlook:
    """Sampled futures as people read them: P10, P50 and P90.

    Parameters
    ----------
    futures : what each brings in each week.
    left_out : projects and deals that could not be counted.
    coming : whether deals that nobody knows of yet are counted.
    """

    futures: MoneyFutures
    left_out: tuple[str, ...] = ()
    coming: bool = True

    @property
    def many(self) -> int:
        """How many futures there are."""
        return len(self.futures.revenue)

    @cached_property
    def weeks(self) -> dict[str, MoneyFan]:
        """Quantiles by week of revenue, cost and margin."""
        return {what: self.futures.fan(what) for what in WHAT}

    @cached_property
    def months(self) -> dict[str, MoneyFan]:
        """Quantiles by month, each of its own sums."""
        out = {}
        for what in WHAT:
            months, sums = by_month(getattr(self.futures, what), weeks=self.futures.weeks)
            out[what] = fan(sums, weeks=months, what=what, currency=self.futures.currency)
        return out

    def as_dict(self) -> dict[str, Any]:
        """Return levels and quantiles as plain data, in minor units; None where a rate is missing."""
        return {
            "futures": self.many, "levels": list(self.weeks["revenue"].levels), "currency": self.futures.currency,
            "left_out": list(self.left_out), "deals_to_come": self.coming,
            "total": {what: _plain(one.total) for what, one in self.weeks.items()},
            "weeks": _rows(self.weeks), "months": _rows(self.months),
        }  # fmt: skip


def _rows(fans: dict[str, MoneyFan]) -> list[dict[str, Any]]:
    return [
        {"first": first.isoformat(), **{what: _plain(one.by_week[:, k]) for what, one in fans.items()}}
        for k, first in enumerate(fans["revenue"].weeks)
    ]


def _plain(values: Any) -> list[int | None]:
    return [round(float(one)) if np.isfinite(one) else None for one in values]


def unpriced(portfolio: Portfolio) -> tuple[tuple[str, ...], tuple[Issue, ...]]:
    """Return projects and deals that are to be paid otherwise than by the hour and state no price, and an issue that says so."""
    works = [(one.project_id, one.kind, one.price_cents) for one in portfolio.projects]
    works += [(one.deal_id, one.kind, one.price_cents) for one in portfolio.deals]
    found = tuple(name for name, kind, cents in works if kind is not ContractKind.TIME and cents is None)
    if not found:
        return (), ()
    advice = "Maybe state the price, of a month for a retainer: futures leave them out, and deals that nobody knows of yet, too."
    shown = ", ".join(found[:8])
    return found, (Issue("futures-without-price", Severity.WARNING, "works", shown, advice, len(found)),)
