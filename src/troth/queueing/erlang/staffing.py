"""How many agents it takes: least staff for targets, with their absences on top."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.queueing.erlang.performance import FORMULAS, Formula, Performance, performance
from troth.queueing.erlang.traffic import Floats, Traffic, issue, spread


@dataclass(frozen=True, slots=True)
class Goal:
    """What staff must achieve; every target that is given holds. Numbers or arrays that fit the traffic.

    Parameters
    ----------
    level : service level to reach, 0 to below 1, by `formula` within the traffic's answer time.
    asa_s : mean wait of the answered that may not be exceeded, in seconds.
    abandoned : share that may give up.
    occupancy : cap on the share of agents with a contact.
    formula : of the service level; see `Performance.service_level`.

    Raises
    ------
    InputError
        With every fault: no target, a share out of range, a level of 100 % or other target no staff can meet.
    """

    level: ArrayLike | None = None
    asa_s: ArrayLike | None = None
    abandoned: ArrayLike | None = None
    occupancy: ArrayLike | None = None
    formula: Formula = "answered"

    def __post_init__(self) -> None:
        found = _wrong_goal(self)
        if found:
            raise InputError(found)


@dataclass(frozen=True, slots=True)
class Staffing:
    """The least staff for a goal.

    Parameters
    ----------
    traffic, goal : what was asked.
    staff : agents who must be at work; float, whole unless fractions were asked for.
    scheduled : agents to plan so that, less absences, `staff` are there.
    issues : what is doubtful.
    """

    traffic: Traffic
    goal: Goal
    staff: Floats
    scheduled: Floats
    issues: tuple[Issue, ...] = ()

    def performance(self) -> Performance:
        """Return how that staff fares."""
        return performance(self.staff, traffic=self.traffic)


def staff_for(
    traffic: Traffic, *, goal: Goal, shrinkage: ArrayLike = 0.0, fractions: bool = False, at_least: float = 0
) -> Staffing:
    """Return the least staff that meets a goal in each interval.

    Parameters
    ----------
    traffic : what arrives.
    goal : what must be achieved. With endless patience (Erlang C) staff always exceeds the load.
    shrinkage : share of planned time that agents are absent, 0 to below 1; read as the decimal it is written as, so
        that 14 agents at 0.3 make 20 and never 21.
    fractions : give staff with its fraction, by the analytic continuation of `performance`.
    at_least : agents who must be there in any case, also without contacts.

    Raises
    ------
    InputError
        If shrinkage or `at_least` is out of range, shapes differ, or `abandoned` is a goal while nobody gives up.

    Source
    ------
    As for `performance`.

    Examples
    --------
    >>> found = staff_for(Traffic([100, 0, 8], handle_s=180), goal=Goal(level=0.8), shrinkage=0.3)
    >>> found.staff, found.scheduled
    (array([14.,  0.,  3.]), array([20.,  0.,  5.]))
    """
    wrong = _wrong_rest(traffic, goal, shrinkage, at_least)
    if wrong:
        raise InputError(wrong)
    targets = [
        np.float64(-1.0) if one is None else one for one in (goal.level, goal.asa_s, goal.abandoned, goal.occupancy)
    ]
    try:
        shape, parts = spread(traffic, *targets)
    except ValueError:
        advice = "Maybe targets are of other intervals."
        raise InputError([Issue("shapes-differ", Severity.ERROR, "goal", str(traffic.erlangs.shape), advice)]) from None
    found = np.maximum(_least(parts, goal=goal, fractions=fractions), at_least).reshape(shape)
    planned = with_shrinkage(found, shrinkage=shrinkage)
    return Staffing(traffic, goal, found, planned, issues=tuple(traffic.doubts()))


def with_shrinkage(staff: ArrayLike, *, shrinkage: ArrayLike) -> Floats:
    """Return how many to plan so that `staff` are there: staff / (1 - shrinkage), whole staff rounded up exactly.

    Examples
    --------
    >>> with_shrinkage([14, 7, 2.5], shrinkage=0.3)
    array([20.        , 10.        ,  3.57142857])
    """
    agents, shares = np.broadcast_arrays(np.asarray(staff, float), np.asarray(shrinkage, float))
    if not shares.any():
        return np.array(agents)
    planned = np.empty(agents.shape)
    for share in np.unique(shares):
        here = shares == share
        planned[here] = _planned(agents[here], left=1 - Fraction(repr(float(share))))
    return planned


def _planned(staff: Floats, *, left: Fraction) -> Floats:
    """Return staff / left, rounded up exactly where staff is whole.

    `left` comes from the shrinkage as it is written: 0.3 means three tenths, though the float is a little less.
    """
    top, bottom = left.denominator, left.numerator
    if float(staff.max(initial=0)) * top < 2**62:
        exact = -(-staff.astype(np.int64) * top // bottom)
    else:
        exact = np.array([-(-int(one) * top // bottom) for one in staff])
    return np.where(staff == np.floor(staff), exact, staff / float(left))


def _least(parts: list[Floats], *, goal: Goal, fractions: bool) -> Floats:
    """Return the least staff, flat; plain Erlang C with a service level takes a quicker way to the same answer."""
    from troth.queueing.erlang._search import least, least_waiting

    a, r, within, at_once, slowing, handle, level, asa, left, cap = parts
    plain = goal.level is not None and goal.asa_s is None and not fractions
    if plain and not r.any() and (at_once == 1).all():
        return np.asarray(least_waiting(a, within, level, cap))
    formula = FORMULAS.index(goal.formula)
    asa = np.where(asa >= 0, asa / handle, -1.0)
    return np.asarray(least(a, r, within, at_once, slowing, formula, level, asa, left, cap, int(fractions)))


def _wrong_goal(goal: Goal) -> list[Issue]:
    found: list[Issue] = []
    given = [part.name for part in fields(goal) if part.name != "formula" and getattr(goal, part.name) is not None]
    if not given:
        found.append(Issue("no-goal", Severity.ERROR, "goal", "", "Maybe a service level of 0.8."))
    if goal.formula not in FORMULAS:
        found.append(
            Issue(
                "unknown-formula", Severity.ERROR, "formula", str(goal.formula), f"Maybe one of {', '.join(FORMULAS)}."
            )
        )
    for name in given:
        try:
            values = np.asarray(getattr(goal, name), float)
        except (TypeError, ValueError):
            found.append(
                Issue("not-a-number", Severity.ERROR, name, str(getattr(goal, name))[:80], "Maybe 0.8 for 80 %.")
            )
            continue
        for wrong, code, advice in _limits(name, values):
            if wrong.any():
                found.append(issue(code, where=name, wrong=wrong, values=values, advice=advice))
    return found


def _limits(name: str, v: Floats) -> list[tuple[NDArray[np.bool_], str, str]]:
    """Return what may be wrong with a target: where, the code, the advice."""
    out = ~((v >= 0) & (v <= 1)) if name != "asa_s" else ~((v >= 0) & np.isfinite(v))
    limits = [
        (
            out,
            "target-out-of-range",
            "Maybe a share such as 0.8 for 80 %." if name != "asa_s" else "Maybe 30 for half a minute.",
        )
    ]
    if name == "level":
        limits.append((v == 1, "target-impossible", "Maybe 0.999: with any staff somebody may have to wait."))
    else:
        limits.append((v == 0, "target-impossible", "Maybe a small number above 0: no staff makes it certain."))
    return limits


def _wrong_rest(traffic: Traffic, goal: Goal, shrinkage: ArrayLike, at_least: float) -> list[Issue]:
    found: list[Issue] = []
    share = np.asarray(shrinkage, float)
    wrong = ~((share >= 0) & (share < 1))
    if wrong.any():
        found.append(
            issue(
                "shrinkage-out-of-range", where="shrinkage", wrong=wrong, values=shrinkage, advice="Maybe 0.3 for 30 %."
            )
        )
    if not (at_least >= 0 and math.isfinite(at_least)):
        found.append(Issue("staff-not-a-number", Severity.ERROR, "at_least", str(at_least), "Maybe 1."))
    endless = np.isinf(np.asarray(traffic.patience_s, float))
    if goal.abandoned is not None and endless.any():
        advice = "Maybe give the mean patience: with endless patience nobody gives up and the target says nothing."
        found.append(
            issue("patience-needed", where="patience_s", wrong=endless, values=traffic.patience_s, advice=advice)
        )
    return found
