"""How a number of agents fares: waits, abandonment, service level and occupancy in the steady state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.queueing.erlang.traffic import Floats, Traffic, issue, spread

Formula = Literal["answered", "all", "without_short_abandons"]
FORMULAS: tuple[Formula, ...] = ("answered", "all", "without_short_abandons")


@dataclass(frozen=True, slots=True)
class Performance:
    """The steady state of each interval; arrays of one shape. NaN where there is no such figure.

    Parameters
    ----------
    staff : agents at work.
    erlangs : load.
    waiting : probability that a contact has to wait.
    abandoned : share that gives up.
    answered_in_time, abandoned_in_time : shares of all contacts, within the answer time.
    mean_wait_s : mean wait of all, of those who gave up until they did.
    mean_answer_s : mean wait of the answered: ASA.
    occupancy : share of agents with a contact.
    issues : what is doubtful, such as an overloaded queue.
    """

    staff: Floats
    erlangs: Floats
    waiting: Floats
    abandoned: Floats
    answered_in_time: Floats
    abandoned_in_time: Floats
    mean_wait_s: Floats
    mean_answer_s: Floats
    occupancy: Floats
    issues: tuple[Issue, ...] = ()

    def service_level(self, formula: Formula = "answered") -> Floats:
        """Return the service level by one of the formulas of `sla.service_level`.

        Parameters
        ----------
        formula : ``"answered"``: answered in time over all; ``"all"``: answered or given up in time over all;
            ``"without_short_abandons"``: answered in time over all but those who gave up in time.
        """
        if formula == "answered":
            return self.answered_in_time
        if formula == "all":
            return self.answered_in_time + self.abandoned_in_time
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.answered_in_time / (1 - self.abandoned_in_time))


def performance(staff: ArrayLike, *, traffic: Traffic) -> Performance:
    """Return how `staff` agents fare under each interval's traffic.

    Arrivals are Poisson, handle times and patience exponential. Staff may be fractional: formulas are continued
    analytically, as if the last agent were there for a part of the time. An interval without contacts has no figures
    but occupancy 0. Endless patience with more load than staff has no steady state: waits are infinite, and an issue
    gives the answer were customers as patient as a contact lasts (Erlang A).

    Parameters
    ----------
    staff : agents at work, not negative; a number or an array that fits the traffic's.
    traffic : what arrives.

    Raises
    ------
    InputError
        If staff is negative or no number, or its shape does not fit.

    Source
    ------
    Erlang B and C: A. K. Erlang (1917); continued: A. A. Jagers and E. A. van Doorn (1986), Operations Research
    Letters 5, 43-46. Erlang A: C. Palm (1957), Tele 2; S. Zeltyn and A. Mandelbaum (2005), Queueing Systems 51,
    361-402, section 4. Several at once: birth and death with a rate that depends on the state; docs/background/erlang.md.

    Examples
    --------
    >>> found = performance(14, traffic=Traffic(100, handle_s=180))
    >>> round(float(found.answered_in_time), 4), round(float(found.mean_answer_s), 1)
    (0.8884, 7.8)
    """
    from troth.queueing.erlang._search import measures

    shape, parts = _with_staff(staff, traffic)
    n, a, r, within, at_once, slowing, handle = parts
    found = measures(n, a, r, within, at_once, slowing)
    found[4:6] *= handle
    found[:, a <= 0] = np.nan
    found[6, (a <= 0) & (n > 0)] = 0.0
    waiting, left, level, short, wait, answer, busy = (row.reshape(shape) for row in found)
    issues = (*traffic.doubts(), *_overloaded(parts, waits=found[4], many=bool(shape)))
    return Performance(n.reshape(shape), a.reshape(shape), waiting, left, level, short, wait, answer, busy, issues)


def wait_quantile(
    q: ArrayLike, *, staff: ArrayLike, traffic: Traffic, of: Literal["all", "answered"] = "all"
) -> Floats:
    """Return the wait in seconds that a share `q` does not exceed.

    Parameters
    ----------
    q : at least 0, below 1.
    staff, traffic : as for `performance`.
    of : ``"all"`` counts the waits of those who gave up until they did.

    Raises
    ------
    InputError
        If a share is not in [0, 1), or staff is not as `performance` needs it.

    Examples
    --------
    >>> round(float(wait_quantile(0.9, staff=14, traffic=Traffic(100, handle_s=180))), 1)
    25.0
    """
    from troth.queueing.erlang._search import quantiles

    level = np.asarray(q, float)
    wrong = ~((level >= 0) & (level < 1))
    if wrong.any():
        raise InputError(
            [
                issue(
                    "not-a-share",
                    where="q",
                    wrong=wrong,
                    values=q,
                    advice="Maybe 0.9; nobody knows the longest wait there can be.",
                )
            ]
        )
    shape, (n, a, r, _, at_once, slowing, handle, levels) = _with_staff(staff, traffic, level)
    waits = quantiles(levels, n, a, r, at_once, slowing, int(of == "answered")) * handle
    waits[a <= 0] = np.nan
    return np.asarray(waits.reshape(shape))


def _with_staff(staff: ArrayLike, traffic: Traffic, *more: ArrayLike) -> tuple[tuple[int, ...], list[Floats]]:
    """Return the common shape and flat arrays with staff first; raise if staff is wrong."""
    agents = np.asarray(staff, float)
    wrong = ~((agents >= 0) & np.isfinite(agents))
    if wrong.any():
        raise InputError(
            [issue("staff-not-a-number", where="staff", wrong=wrong, values=staff, advice="Maybe 0 for nobody.")]
        )
    try:
        shape, flat = spread(traffic, agents, *more)
    except ValueError:
        told = f"{agents.shape} and {traffic.erlangs.shape}"
        advice = "Maybe staff is of other intervals."
        raise InputError([Issue("shapes-differ", Severity.ERROR, "staff", told, advice)]) from None
    return shape, [flat[6], *flat[:6], *flat[7:]]


def _overloaded(parts: list[Floats], *, waits: Floats, many: bool) -> tuple[Issue, ...]:
    """Return an issue on queues without a steady state, with the answer of Erlang A for the first."""
    from troth.queueing.erlang._search import measures

    over = np.isinf(waits)
    if not over.any():
        return ()
    first = int(np.argmax(over))
    n, a, _, within, at_once, slowing, handle = (part[first : first + 1] for part in parts)
    found = measures(n, a, np.ones(1), within, at_once, slowing)[:, 0]
    answered = f", the answered would wait {found[5] * handle[0]:.0f} s" if n[0] > 0 else ""
    advice = (
        "Maybe give the customers' patience: if nobody gives up (Erlang C), the queue grows without end. "
        f"Were their mean patience {handle[0]:.0f} s, {found[1]:.1%} would give up{answered} (Erlang A)."
    )
    told = f"{a[0]:.4g} erlangs, {n[0]:g} agents"
    return (
        Issue("overloaded", Severity.WARNING, f"staff[{first}]" if many else "staff", told, advice, int(over.sum())),
    )
