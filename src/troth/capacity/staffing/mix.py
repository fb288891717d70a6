"""Too many or too few are rostered: the cheapest mix of overtime, voluntary time off and outsourcing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from troth.capacity.staffing._highspy import Linear
from troth.capacity.staffing.problem import Counts, Floats
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError


@dataclass(frozen=True, slots=True)
class MixPrices:
    """What closes a gap, per hour of a person in cents, and how much of it there is.

    Parameters
    ----------
    overtime, outsourced : price of an hour.
    time_off_saves : what an hour of voluntary time off saves.
    overtime_share, time_off_share : of the people rostered in an interval, how many can stay longer or go at most.
    overtime_hours, time_off_hours, outsourced_hours : in all, at most; None for no limit.
    outsourced_most : people a partner has at once; None for no limit.
    """

    overtime: float
    outsourced: float
    time_off_saves: float = 0.0
    overtime_share: float = 0.2
    time_off_share: float = 0.2
    overtime_hours: float | None = None
    time_off_hours: float | None = None
    outsourced_hours: float | None = None
    outsourced_most: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class StaffMix:
    """The cheapest mix; arrays of people by interval.

    Parameters
    ----------
    overtime, time_off, outsourced : people who stay longer, go, or are a partner's.
    missing : still missing; dearer to fill than to miss, or beyond the limits.
    cost_cents : of all, what is missed included, less what time off saves.
    """

    overtime: Counts
    time_off: Counts
    outsourced: Counts
    missing: Counts
    cost_cents: float


def cheapest_mix(
    needed: ArrayLike, *, rostered: ArrayLike, missing_cents: ArrayLike, prices: MixPrices, minutes: int = 30
) -> StaffMix:
    """Return the cheapest way from rostered to needed people, by a linear program in whole numbers.

    Parameters
    ----------
    needed, rostered : people by interval, shape (intervals,).
    missing_cents : what one person missing costs in an interval, such as `StaffingPlan.loss_cents`; a number or shape
        (intervals,).
    prices : of what closes gaps.
    minutes : length of an interval.

    Raises
    ------
    InputError
        With every fault: shapes, negative or no numbers.

    Examples
    --------
    >>> prices = MixPrices(overtime=3000, outsourced=4000, time_off_saves=1500, overtime_share=0.5)
    >>> found = cheapest_mix([4, 8, 2], rostered=[4, 4, 4], missing_cents=5000, prices=prices, minutes=60)
    >>> found.overtime.tolist(), found.outsourced.tolist(), found.time_off.tolist(), found.cost_cents
    ([0, 2, 0], [0, 2, 0], [0, 0, 0], 14000.0)
    """
    need, have = np.asarray(needed, float), np.asarray(rostered, float)
    _refuse(need, have, missing_cents, prices, minutes)
    n, hours = len(need), minutes / 60
    miss = np.broadcast_to(np.asarray(missing_cents, float), (n,))
    program = Linear()
    cap = np.inf if prices.outsourced_most is None else prices.outsourced_most
    over = program.variables(
        n, cost=prices.overtime * hours, upper=np.floor(prices.overtime_share * have + 1e-9), whole=True
    )
    off = program.variables(
        n,
        cost=-prices.time_off_saves * hours,
        upper=np.minimum(np.floor(prices.time_off_share * have + 1e-9), np.maximum(have - need, 0)),
        whole=True,
    )
    out = program.variables(n, cost=prices.outsourced * hours, upper=cap, whole=True)
    short = program.variables(n, cost=miss, whole=True)
    for t in range(n):
        terms = {int(over[t]): 1.0, int(off[t]): -1.0, int(out[t]): 1.0, int(short[t]): 1.0}
        program.row(terms, low=float(need[t] - have[t]))
    for which, limit in ((over, prices.overtime_hours), (off, prices.time_off_hours), (out, prices.outsourced_hours)):
        if limit is not None:
            program.row({int(v): hours for v in which}, high=limit)
    found = program.solve()
    if found is None:  # cannot be: to miss everybody is always allowed
        raise ArithmeticError("The mix has no answer.")
    extra, fewer, partner, missed = (np.rint(found[k]).astype(np.int64) for k in (over, off, out, short))
    cost = float(np.dot(np.asarray(program.cost), np.rint(found)))
    return StaffMix(extra, fewer, partner, missed, cost)


def _refuse(need: Floats, have: Floats, miss: ArrayLike, prices: MixPrices, minutes: int) -> None:
    issues = []
    if need.ndim != 1 or need.shape != have.shape or np.shape(miss) not in {(), need.shape}:
        told = f"{need.shape}, {have.shape}, {np.shape(miss)}"
        issues.append(
            Issue("shapes-differ", Severity.ERROR, "needed", told, "Maybe one of them is of other intervals.")
        )
    named = {"needed": need, "rostered": have, "missing_cents": np.asarray(miss, float)}
    named |= {
        name: np.asarray(value, float) for name in prices.__slots__ if (value := getattr(prices, name)) is not None
    }
    for name, values in named.items():
        wrong = ~(np.isfinite(values) & (values >= 0))
        if wrong.any():
            advice = "Maybe a hole, or a price with the wrong sign."
            issues.append(Issue("not-a-number", Severity.ERROR, name, str(values[wrong].ravel()[0]), advice))
    if minutes < 1:
        issues.append(Issue("bad-interval", Severity.ERROR, "minutes", str(minutes), "Maybe 15 or 30."))
    if issues:
        raise InputError(issues)
