"""Who does which need: week by week, people stay with the projects they know, and nothing of a best flow is lost.

Hours of each person's week and hours of each need are kept as the flow has them; what is open is only who does what. In
each week that is a small network of its own: whoever knows a project is cheaper there than others are.
"""

from __future__ import annotations

import numpy as np

from troth.capacity.projects.allocation._network import Network
from troth.capacity.projects.allocation._ortools import best_round, whole_gains
from troth.capacity.projects.allocation.problem import AllocatedWork, AllocationProblem, Bools, Counts, Floats

#: What joining costs an hour if it has no price: too little to weigh against any price that there is.
_BREATH = 1e-4
#: So many hours somebody stays on a project, as a guess of what an hour of joining costs.
_STAY = 100.0


def share(problem: AllocationProblem, *, net: Network, flow: Counts, near: Bools) -> AllocatedWork:
    """Return the work of a flow.

    Parameters
    ----------
    near : people who know a project, or are on it in the plan there was before, shape (P, J).
    """
    n, near = problem.needs, near.copy()
    week, need = _sums(problem, net, flow)
    tall = problem.prices.join / _STAY + _BREATH * max(float(np.abs(n.value).max(initial=0.0)), 1e-9)
    away, stranger = problem.prices.away * problem.elsewhere(), problem.prices.stranger * ~problem.preferred()
    rows = list[Counts]()
    for w in range(len(problem.weeks)):
        people, needs = np.flatnonzero(week[:, w]), np.flatnonzero((need > 0) & (n.week == w))
        if len(people):
            one = _Week(problem, net, people, needs, week[people, w], need[needs], w)
            grid = np.ix_(people, n.project[needs])
            rows.append(
                one.solve(
                    near[grid],
                    (away + stranger)[grid] if problem.prices.away or problem.prices.stranger else None,
                    tall,
                )
            )
            near[rows[-1][:, 0], n.project[rows[-1][:, 1]]] = True
    table = np.concatenate(rows) if rows else np.zeros((0, 3), np.int64)
    return AllocatedWork(table[:, 0], table[:, 1], (table[:, 2] * problem.grain).astype(float))


def _sums(problem: AllocationProblem, net: Network, flow: Counts) -> tuple[Counts, Counts]:
    """Return units of each person's week, and of each need."""
    week, need = np.zeros(problem.free.shape, np.int64), np.zeros(len(problem.needs), np.int64)
    at, p, _, w = net.lent
    np.add.at(week, (p, w), flow[at])
    at, _, m = net.given
    np.add.at(need, m, flow[at])
    at, p, m = net.own
    np.add.at(week, (p, problem.needs.week[m]), flow[at])
    np.add.at(need, m, flow[at])
    return week, need


class _Week:
    """The people and needs of a week."""

    def __init__(
        self,
        problem: AllocationProblem,
        net: Network,
        people: Counts,
        needs: Counts,
        has: Counts,
        wants: Counts,
        w: int,
    ) -> None:
        self.problem, self.net, self.people, self.needs, self.has, self.wants, self.w = (
            problem,
            net,
            people,
            needs,
            has,
            wants,
            w,
        )

    def solve(self, near: Bools, tolls: Floats | None, tall: float) -> Counts:
        """Return rows of person, need and units, of which as few as can be are by somebody who is not near.

        Parameters
        ----------
        near : shape (people, needs) of this week.
        tolls : what an hour costs of each pair; None if nothing.
        tall : what an hour costs besides of somebody who is not near.
        """
        n, k = self.problem.needs, self.net.classes
        count = len(self.people), len(self.needs)
        kinds = len(self.problem.skills) * k.count
        row, s = np.nonzero(k.of[self.people] >= 0)
        kind = s * k.count + k.of[self.people[row], s]
        if self.problem.held is not None:
            good = self.problem.held[self.people[row], s, self.w]
            row, kind = row[good], kind[good]
        to, c = np.nonzero(k.serves[self.needs])
        i, m = np.nonzero(near & self._able())
        person, skill, need = (
            1 + np.arange(count[0]),
            1 + count[0] + np.arange(kinds),
            1 + count[0] + kinds + np.arange(count[1]),
        )
        full = 1.0 + 4.0 * (tall + float(np.abs(k.toll).max(initial=0.0)))  # beyond any toll: all hours are used
        gain = [
            np.full(count[0], full), np.zeros(len(row)), -k.toll[self.needs[to], c] - tall,
            np.zeros(len(i)) if tolls is None else -tolls[i, m], np.zeros(count[1]),
        ]  # fmt: skip
        tail = [
            np.zeros(count[0], np.int64),
            person[row],
            skill[n.skill[self.needs[to]] * k.count + c],
            person[i],
            need,
        ]
        head = [person, skill[kind], need[to], need[m], np.zeros(count[1], np.int64)]
        room = [self.has, self.has[row], self.wants[to], np.minimum(self.has[i], self.wants[m]), self.wants]
        flow = best_round(
            tail=np.concatenate(tail), head=np.concatenate(head), room=np.concatenate(room),
            gain=whole_gains(np.concatenate(gain))[0],
        )  # fmt: skip
        parts = np.split(flow, np.cumsum([len(one) for one in tail])[:-1])
        own = np.stack([self.people[i], self.needs[m], parts[3]], axis=1)[parts[3] > 0]
        lent = self._matched(row, kind, parts[1], to, n.skill[self.needs[to]] * k.count + c, parts[2])
        return _joined(np.concatenate([own, lent]))

    def _able(self) -> Bools:
        n, levels = self.problem.needs, self.problem.levels
        level = levels[np.ix_(self.people, n.skill[self.needs])]
        out = (level > 0) & (level >= n.level[self.needs])
        if self.problem.held is not None:
            out &= self.problem.held[:, :, self.w][np.ix_(self.people, n.skill[self.needs])]
        return np.asarray(out, bool)

    def _matched(self, row: Counts, kind: Counts, gives: Counts, to: Counts, of: Counts, takes: Counts) -> Counts:
        """Return who gives what of a skill to which need: the most hours to the greatest need, so that few share it."""
        out = list[tuple[int, int, int]]()
        for one in np.unique(kind[gives > 0]).tolist():
            mine, theirs = np.flatnonzero((kind == one) & (gives > 0)), np.flatnonzero((of == one) & (takes > 0))
            mine, theirs = (
                mine[np.argsort(-gives[mine], kind="stable")],
                theirs[np.argsort(-takes[theirs], kind="stable")],
            )
            cuts = np.union1d(np.cumsum(gives[mine]), np.cumsum(takes[theirs]))
            hours = np.diff(cuts, prepend=0)
            i = np.searchsorted(np.cumsum(gives[mine]), cuts, "left")
            j = np.searchsorted(np.cumsum(takes[theirs]), cuts, "left")
            out += zip(
                self.people[row[mine[i]]].tolist(), self.needs[to[theirs[j]]].tolist(), hours.tolist(), strict=True
            )
        return np.array(out, np.int64).reshape(-1, 3)


def _joined(rows: Counts) -> Counts:
    """Return rows with those of the same person and need as one."""
    pairs, which = np.unique(rows[:, :2], axis=0, return_inverse=True)
    return np.column_stack([pairs, np.bincount(which.ravel(), rows[:, 2], len(pairs)).astype(np.int64)])
