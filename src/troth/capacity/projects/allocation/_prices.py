"""What one hour more is worth: shadow prices from a best flow, and the bound that any such prices prove."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from troth.capacity.projects.allocation._alone import beyond_one
from troth.capacity.projects.allocation._classes import classes, direct
from troth.capacity.projects.allocation._network import Network, segments
from troth.capacity.projects.allocation.problem import AllocationProblem, Bools, Counts, Floats

_FAR = np.int64(2) ** 60
#: A price at which nobody sells: for people of whom no hour is of use.
_NEVER = 1e9


@dataclass(frozen=True, slots=True, eq=False)
class ShadowPrices:
    """What one hour more is worth, in the unit of the needs' values.

    Parameters
    ----------
    skill : of a class of a skill in a week (how well it is held, and where), shape (S, W, C); -inf where nothing is needed.
    person : of a person, within their caps, shape (P,); -inf if no hour of theirs is of use.
    period : of their hours in a period, shape (P, T); -inf likewise.
    week : of an hour more that they have in a week, beside their caps, shape (P, W); -inf likewise.
    """

    skill: Floats
    person: Floats
    period: Floats
    week: Floats

    def of_skills(self) -> Floats:
        """Return what an hour of somebody who does all that is asked of a skill is worth, shape (S, W); nan if nothing is."""
        best = self.skill.max(axis=2, initial=-np.inf)
        return np.where(np.isfinite(best), np.maximum(best, 0.0), np.nan)

    def of_people(self) -> Floats:
        """Return what an hour more of each person in each week would bring, shape (P, W).

        It is an hour beside those they have: their cap, cost and target do not count for it. What one hour more within the caps is worth, see `person` and `period`.
        """
        return np.where(np.isfinite(self.week), np.maximum(self.week, 0.0), 0.0)


def shadow(
    problem: AllocationProblem, *, net: Network, flow: Counts, gain: Counts, scale: float, who: Bools
) -> ShadowPrices:
    """Return what one hour more at each node adds to a best flow: the best way from there to the root in the residual network.

    They are best prices of the linear program (Ahuja, Magnanti and Orlin 1993, Network Flows, section 9.3). Nodes from which
    nothing comes to the root are worth nothing to anybody.

    Parameters
    ----------
    flow : through each arc, best for `gain`.
    scale : units of `gain` a unit of value.
    who : (P, J) people who have arcs of their own to a project's needs.
    """
    onward, back = flow < net.room, flow > 0
    tail = np.concatenate([net.tail[onward], net.head[back]])
    head = np.concatenate([net.head[onward], net.tail[back]])
    cost = np.concatenate([-gain[onward], gain[back]])
    order = np.argsort(tail, kind="stable")
    tail, head, cost = tail[order], head[order], cost[order]
    starts = np.flatnonzero(np.r_[True, tail[1:] != tail[:-1]][: len(tail)])
    nodes = tail[starts]
    far = np.full(net.nodes, _FAR)
    far[0] = 0
    while len(starts):  # ends: no ring of the residual network of a best flow gains anything
        nearer = np.minimum(np.minimum.reduceat(far[head] + cost, starts), far[nodes])
        if (nearer == far[nodes]).all():
            break
        far[nodes] = nearer
    worth = np.where(far < _FAR // 2, -far / (scale * problem.grain), -np.inf)
    # A week without hours has no arcs: an hour more of it would bring what the person's skills do.
    brings = _best_weeks(problem, worth[net.skill], net.classes.of, worth[net.need], who)
    week = np.maximum(worth[net.week], brings)
    return ShadowPrices(worth[net.skill], worth[net.person], worth[net.period], week)


def bound(problem: AllocationProblem, *, prices: ShadowPrices, who: Bools) -> float:
    """Return what no plan is worth more than, whatever the prices are: weak duality, in hours and from the problem alone.

    If hours may be bought and sold at prices at every place, nobody can lose by it: each person takes the best of what an hour
    of theirs brings, each need what is cheapest, and the sum of all these gains is at least what any plan brings. Hours need
    not be whole, and joining is charged by its least share of an hour. A need that cannot be shared keeps what it would at best with one person.

    Parameters
    ----------
    who : (P, J) people who know a project; all who join it without cost must be among them.
    """
    n, k = problem.needs, classes(problem)
    project = n.project[problem.confirmed.need]
    hours, people = problem.confirmed.hours, problem.confirmed.person
    fixed = np.bincount(problem.confirmed.need, hours, len(n))
    gain = float(np.minimum(fixed, n.hours) @ n.value)
    gain -= float(hours @ (problem.prices.away * problem.elsewhere()[people, project]))
    gain -= float(hours @ (problem.prices.stranger * ~problem.preferred()[people, project]))
    if problem.cost is not None:
        gain -= problem.prices.cost * float(hours @ problem.cost[people])
    price = _everywhere(problem, prices.skill, k.count)
    # What a need keeps of its value, beyond the cheapest hour for it.
    offer = np.where(k.serves, price[n.skill, n.week] + k.toll, np.inf)
    keeps = np.maximum(n.value - offer.min(axis=1, initial=np.inf), 0.0)
    kept = np.maximum(n.hours - fixed, 0.0) * keeps
    best = _best_weeks(problem, price, k.of, n.value - keeps, who)
    gain += float(kept.sum()) - beyond_one(problem, gain=kept, price=np.where(np.isfinite(best), best, 0.0))
    own = np.where(np.isfinite(prices.person), prices.person, -_NEVER)
    period = np.where(np.isfinite(prices.period), prices.period, own[:, None])
    top = np.maximum(best.max(axis=1, initial=-np.inf), -_NEVER)
    tried = [(own, period), *((one, np.broadcast_to(one[:, None], period.shape)) for one in (np.zeros(len(own)), top))]
    return gain + float(np.min([_people(problem, best, one, of) for one, of in tried], axis=0).sum())


def _people(problem: AllocationProblem, best: Floats, own: Floats, period: Floats) -> Floats:
    """Return what each person gains at most, at a price of their hours and one of their hours in each period, shape (P,).

    Parameters
    ----------
    best : what an hour of each week brings, shape (P, W).
    """
    taken, limits, which = problem.taken(), problem.limits(), problem.periods()
    of_period = [which == t for t in range(limits.shape[1])]
    period = np.where(np.isfinite(limits), period, np.minimum(period, own[:, None]))
    free = np.maximum(problem.free - taken, 0.0)
    used = np.stack([taken[:, mine].sum(axis=1) for mine in of_period], axis=1)
    there = np.stack([free[:, mine].sum(axis=1) for mine in of_period], axis=1)
    room = np.minimum(np.maximum(np.where(np.isfinite(limits), limits - used, np.inf), 0.0), there)
    out = (free * np.maximum(best - period[:, which], 0.0)).sum(axis=1)
    out += (room * np.maximum(period - own[:, None], 0.0)).sum(axis=1)
    return np.asarray(out + _by_person(problem, own, room.sum(axis=1)), float)


def _everywhere(problem: AllocationProblem, price: Floats, count: int) -> Floats:
    """Return prices with 0 where there are none though something, perhaps less than a grain, is needed."""
    n = problem.needs
    wanted = np.zeros((len(problem.skills), len(problem.weeks), count), bool)
    wanted[n.skill, n.week] = True
    return np.where(wanted & ~np.isfinite(price), 0.0, price)


def _best_weeks(problem: AllocationProblem, price: Floats, of: Counts, pays: Floats, who: Bools) -> Floats:
    """Return what an hour of each person's week brings at best, shape (P, W).

    Parameters
    ----------
    of : the class of each person in each skill.
    pays : what each need pays for an hour.
    """
    best = np.full(problem.free.shape, -np.inf)
    p, s = np.nonzero(of >= 0)
    brings = price[s, :, of[p, s]]
    if problem.held is not None:
        brings = np.where(problem.held[p, s], brings, -np.inf)
    np.maximum.at(best, p, brings)
    p, m, toll = direct(problem, who=who)
    np.maximum.at(best, (p, problem.needs.week[m]), pays[m] - toll)
    return best


def _by_person(problem: AllocationProblem, price: Floats, most: Floats) -> Floats:
    """Return what people gain at best by the hours they work in all, at a price of an hour."""
    base = problem.taken().sum(axis=1)
    cost = np.zeros(len(base)) if problem.cost is None else problem.prices.cost * problem.cost
    falls = segments(problem)
    start = -problem.prices.uneven * np.maximum(base - problem.even_share * problem.free.sum(axis=1), 0.0)
    if problem.target is not None:
        aimed = np.where(np.isnan(problem.target), base, problem.target)
        start -= problem.prices.idle * np.maximum(aimed - base, 0.0)
    best = np.full(len(base), -np.inf)
    for x in [np.zeros(len(base)), most, *(np.minimum(at, most) for at, _, _ in falls)]:
        worth = x * (price - cost)
        for at, before, after in falls:
            worth = worth + np.minimum(x, at) * before + np.maximum(x - at, 0.0) * after
        best = np.maximum(best, worth)
    return np.asarray(start + best, float)
