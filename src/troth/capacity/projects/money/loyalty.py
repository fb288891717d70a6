"""What keeping promises is worth: retention after kept and after broken ones, and what a customer is then worth."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from troth.capacity.projects.money._issues import error
from troth.core.errors import InputError
from troth.kpi import Params
from troth.stats import Interval, wilson

#: The horizon of the KPI `customer.retention`.
_HORIZON = Params().retention


@dataclass(frozen=True, slots=True)
class CustomerCase:
    """A case of a customer, and what became of the promises made in it.

    Parameters
    ----------
    kept : True if every promise that was settled was kept, False if one was broken, None without any.
    """

    customer_id: str
    opened_at: datetime
    kept: bool | None = None


@dataclass(frozen=True, slots=True)
class RetentionByPromise:
    """How many customers came back, by whether their promises were kept.

    Parameters
    ----------
    kept, kept_back : customers whose first case of the period had its promises kept, and those of them who came back.
    broken, broken_back : the same where one was broken.
    apart : customers whose first case had no promise.
    young : customers whose horizon had not passed; they are in none of the others.
    """

    kept: int
    kept_back: int
    broken: int
    broken_back: int
    apart: int = 0
    young: int = 0

    def difference(self, *, level: float = 0.95) -> Interval:
        """Return retention after kept promises less that after broken ones, with its interval.

        Raises
        ------
        InputError
            Without customers of both sorts, or if more came back than there were.

        Source
        ------
        R. G. Newcombe (1998), Interval Estimation for the Difference between Independent Proportions, Statistics in Medicine
        17, 873-890, method 10: Wilson's limits of each, squared and added.

        Examples
        --------
        >>> found = RetentionByPromise(70, 56, 80, 48).difference()
        >>> round(found.estimate, 4), round(found.low, 4), round(found.high, 4)
        (0.2, 0.0524, 0.3339)
        """
        return _apart(*self.rates(level=level))

    def rates(self, *, level: float = 0.95) -> tuple[Interval, Interval]:
        """Return both retentions with Wilson's intervals: after kept promises, and after broken ones."""
        issues = []
        for name, back, many in (("kept", self.kept_back, self.kept), ("broken", self.broken_back, self.broken)):
            if not 0 <= back <= many:
                issues.append(error("bad-count", f"{name}_back", back, f"Maybe at most the {many} there were."))
            elif not many:
                advice = "Maybe a longer period: a difference needs customers of both sorts."
                issues.append(error("no-customers", name, many, advice))
        if issues:
            raise InputError(issues)
        return wilson(self.kept_back, n=self.kept, level=level), wilson(self.broken_back, n=self.broken, level=level)


@dataclass(frozen=True, slots=True)
class LoyaltyAssumptions:
    """What must be assumed to give a difference in retention a price. None of it follows from the log.

    Parameters
    ----------
    margin_cents : what a customer who stays leaves in each period, in minor units.
    discount : rate of a period, 0.1 for 10 %.
    causal_share : how much of the difference is due to the promise, 0 to 1. Customers whose promises are broken differ in other
        ways, too (harder work, worse times): a log alone cannot tell; 0 says nothing of it is, 1 says all of it.
    periods : how many periods count after the first; None for all to come.
    """

    margin_cents: int
    discount: float
    causal_share: float
    periods: int | None = None


@dataclass(frozen=True, slots=True)
class PromiseValue:
    """What one more customer whose promises are kept, not broken, is worth, in minor units.

    Parameters
    ----------
    difference : of the two retentions.
    kept, broken : lifetime value after kept and after broken promises.
    value : the causal share of their difference.
    assumed : what that rests on.
    """

    difference: Interval
    kept: Interval
    broken: Interval
    value: Interval
    assumed: LoyaltyAssumptions


def retention_by_promise(
    cases: Iterable[CustomerCase],
    *,
    start: datetime,
    end: datetime,
    known_until: datetime,
    horizon: timedelta = _HORIZON,
) -> RetentionByPromise:
    """Return who came back, as the KPI `customer.retention` counts it, split by whether promises were kept.

    A customer counts once, by their first case opened in ``[start, end)``; they came back if a further case was opened within
    the horizon after it. Customers whose horizon ends after `known_until` are left out, whether they came back or not.

    Parameters
    ----------
    known_until : up to when cases are known.
    horizon : that of the KPI unless given.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> def day(n): return datetime(2026, 1, n, tzinfo=UTC)
    >>> cases = [CustomerCase("a", day(1), True), CustomerCase("a", day(20)), CustomerCase("b", day(2), False)]
    >>> retention_by_promise(cases, start=day(1), end=day(10), known_until=datetime(2026, 6, 1, tzinfo=UTC))
    RetentionByPromise(kept=1, kept_back=1, broken=1, broken_back=0, apart=0, young=0)
    """
    by_customer: dict[str, list[CustomerCase]] = {}
    for one in cases:
        by_customer.setdefault(one.customer_id, []).append(one)
    out = RetentionByPromise(0, 0, 0, 0)
    for some in by_customer.values():
        some.sort(key=lambda one: one.opened_at)
        place = next((k for k, one in enumerate(some) if start <= one.opened_at < end), None)
        if place is None:
            continue
        first, later = some[place], some[place + 1 :]
        back = bool(later) and later[0].opened_at - first.opened_at <= horizon
        if first.opened_at + horizon > known_until:
            out = replace(out, young=out.young + 1)
        elif first.kept is None:
            out = replace(out, apart=out.apart + 1)
        elif first.kept:
            out = replace(out, kept=out.kept + 1, kept_back=out.kept_back + back)
        else:
            out = replace(out, broken=out.broken + 1, broken_back=out.broken_back + back)
    return out


def lifetime_value(retention: float, *, margin_cents: int, discount: float, periods: int | None = None) -> float:
    """Return what a customer is worth from now on, in minor units: the margin of now, and of each period they stay.

    It is the sum over t = 0, 1, ... of margin * (retention / (1 + discount)) ** t.

    Raises
    ------
    InputError
        If the retention is no share, the discount not above -1, or the sum has no end (all stay, at no discount).

    Source
    ------
    S. Gupta, D. R. Lehmann and J. A. Stuart (2004), Valuing Customers, Journal of Marketing Research 41, 7-18; P. D. Berger
    and N. I. Nasr (1998), Customer Lifetime Value, Journal of Interactive Marketing 12, 17-30, case 1.

    Examples
    --------
    >>> round(lifetime_value(0.8, margin_cents=10_000, discount=0.1)), lifetime_value(0.5, margin_cents=100, discount=0, periods=2)
    (36667, 175.0)
    """
    factor = retention / (1 + discount) if discount > -1 else math.inf
    if not 0 <= retention <= 1 or not discount > -1 or (periods is None and factor >= 1) or (periods or 0) < 0:
        advice = "Maybe a share between 0 and 1, a discount above 0, or a number of periods."
        raise InputError(
            [error("bad-lifetime", "retention, discount, periods", (retention, discount, periods), advice)]
        )
    if periods is None:
        return margin_cents / (1 - factor)
    return float(sum(margin_cents * factor**t for t in range(periods + 1)))


def promise_value(found: RetentionByPromise, *, assumed: LoyaltyAssumptions, level: float = 0.95) -> PromiseValue:
    """Return what a customer whose promises are kept is worth more than one whose are broken, with its interval.

    Limits of each lifetime value are those at the limits of its retention, as it rises with it; those of the difference are
    squared and added as in `RetentionByPromise.difference`. They tell what chance does to the retentions, not how sure the
    assumptions are: try others.

    Raises
    ------
    InputError
        See `difference` and `lifetime_value`; for a causal share outside 0 to 1.

    Source
    ------
    G. Y. Zou and A. Donner (2008), Construction of Confidence Limits about Effect Measures: a General Approach, Statistics in
    Medicine 27, 1693-1702.
    """
    if not 0 <= assumed.causal_share <= 1:
        advice = "Maybe a share between 0 and 1: how much of the difference is due to the promise."
        raise InputError([error("bad-share", "assumed.causal_share", assumed.causal_share, advice)])
    rates = found.rates(level=level)
    kept, broken = (_valued(one, assumed) for one in rates)
    apart = _apart(kept, broken)
    share = assumed.causal_share
    value = Interval(share * apart.estimate, share * apart.low, share * apart.high)
    return PromiseValue(_apart(*rates), kept, broken, value, assumed)


def _valued(rate: Interval, assumed: LoyaltyAssumptions) -> Interval:
    ends = [
        lifetime_value(
            one, margin_cents=assumed.margin_cents, discount=assumed.discount, periods=assumed.periods
        )
        for one in (rate.estimate, rate.low, rate.high)
    ]  # fmt: skip
    return Interval(ends[0], min(ends), max(ends))


def _apart(one: Interval, other: Interval) -> Interval:
    """Return the difference of two independent estimates with limits from theirs."""
    apart = one.estimate - other.estimate
    low = apart - math.hypot(one.estimate - one.low, other.high - other.estimate)
    high = apart + math.hypot(one.high - one.estimate, other.estimate - other.low)
    return Interval(apart, low, high)
