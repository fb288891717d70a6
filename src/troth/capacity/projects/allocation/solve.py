"""From an allocation problem to a plan: one network for whose hours go where, then week by week for who does what."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from troth.capacity.projects.allocation._alone import groups
from troth.capacity.projects.allocation._branch import Branching
from troth.capacity.projects.allocation._flowed import Flowed, flowed
from troth.capacity.projects.allocation._network import Network, network
from troth.capacity.projects.allocation._opening import opening, rough
from troth.capacity.projects.allocation._prices import ShadowPrices, bound
from troth.capacity.projects.allocation._settle import settle
from troth.capacity.projects.allocation.check import check
from troth.capacity.projects.allocation.plan import AllocationPlan, judged
from troth.capacity.projects.allocation.problem import AllocatedWork, AllocationProblem
from troth.core.decision import Severity, Stop
from troth.core.errors import InputError


@dataclass(frozen=True, slots=True)
class AllocationParams:
    """How to go about it.

    Parameters
    ----------
    arc_s : seconds the network is thought to take for each of its arcs; it is not begun if less time is left.
    rounds : how often at most the network is solved again to save people from joining, if that has a price.
    tries : how often at most it is solved again with people settled for needs that cannot be shared.
    """

    arc_s: float = 1e-5
    rounds: int = 3
    tries: int = 30


def solve(
    problem: AllocationProblem,
    *,
    stop: Stop = Stop(seconds=60),
    seed: int = 0,
    params: AllocationParams = AllocationParams(),
    start: AllocationPlan | None = None,
    on_progress: Callable[[float, float | None], object] | None = None,
) -> AllocationPlan:
    """Return the plan that is worth most: hours done by their value, less what the soft rules take off.

    All but the price of joining a project is one network with skills of weeks as nodes; its best flow is whole and is best
    among fractions too. People are then put to needs week by week, so that they stay with projects they know, without
    loss. The bound is proved from the flow's prices by weak duality. Without a price of joining the plan is the best; with
    one the gap is what joining costs beyond its least share of an hour.

    Needs that cannot be shared go to one person each: chosen at the flow's prices, then tried person after person while there is time, each with
    a flow of the rest. The bound takes those that are not settled yet as shared, so that the plan is told to be the best only if nobody else could do better.

    Parameters
    ----------
    stop : seconds or asked; steps are three: a first plan, the network, people to needs. The network is not interrupted once
        it is begun; it is not begun if the time left is thought to be too short.
    seed : told in the plan; nothing here is left to chance.
    start : a plan there was before: it is the answer if nothing better is found, and people stay on its projects where that
        costs nothing.
    on_progress : told the best value and the bound after each step.

    Raises
    ------
    InputError : with every issue of `check`, if one of them is an error.

    Examples
    --------
    >>> import numpy as np
    >>> from datetime import date
    >>> from troth.capacity.projects.allocation import AllocationNeeds, AllocationProblem, solve
    >>> needs = AllocationNeeds(*np.array([[0, 1], [0, 0], [0, 0]]), np.array([30.0, 20.0]), np.array([1.0, 2.0]), np.zeros(2))
    >>> plan = solve(AllocationProblem(
    ...     people=("ada",), skills=("design",), projects=("bank", "mill"), weeks=(date(2026, 6, 1),),
    ...     free=np.array([[40.0]]), levels=np.array([[1.0]]), needs=needs))
    >>> plan.value, plan.bound, plan.served().tolist(), str(plan.status)
    (60.0, 60.0, [20.0, 20.0], 'optimal')
    """
    issues = check(problem)
    if any(issue.severity is Severity.ERROR for issue in issues):
        raise InputError(issues)
    began = time.monotonic()
    hunt = _Hunt(problem, stop, params, start, on_progress, began)
    hunt.run()
    return judged(
        problem, work=hunt.best, bound=hunt.bound, prices=hunt.prices, stopped=hunt.stopped, seed=seed,
        seconds=time.monotonic() - began, versions={name: version(name) for name in ("troth", "ortools")},
    )  # fmt: skip


class _Hunt:
    """A search: the best plan so far and its bound."""

    def __init__(
        self, problem: AllocationProblem, stop: Stop, params: AllocationParams, start: AllocationPlan | None,
        tell: Callable[[float, float | None], object] | None, began: float,
    ) -> None:  # fmt: skip
        self.problem, self.stop, self.params, self.tell, self.began = problem, stop, params, tell, began
        self.best, self.value, self.bound = problem.confirmed, -np.inf, np.inf
        self.prices: ShadowPrices | None = None
        self.stopped, self.start = True, start
        self.who = problem.familiar()
        self.near = self.who.copy()
        priced = problem.prices.join or problem.prices.stranger
        self.own = self.who if priced else np.zeros_like(self.who)
        self.steps, self.last = 0, 0.0

    def run(self) -> None:
        """Go through the steps until it is time to stop."""
        if self.start is not None:
            work = self.start.work
            if not judged(self.problem, work=work).broken:
                self._keep(work)
                self.near[work.person, self.problem.needs.project[work.need]] = True
        lone = self._branching() if groups(self.problem) else None
        self._better(opening(lone.first() if lone else self.problem))
        self.bound = bound(self.problem, prices=rough(self.problem, work=self.best), who=self.who)
        if self._over():
            return
        net = network(self.problem, who=self.own)
        if self._over(seconds=len(net.tail) * self.params.arc_s):
            return
        shared = self._flow(self.problem, net)
        self.bound, self.prices = min(self.bound, shared.bound), shared.prices
        if lone:
            self.bound = min(self.bound, lone.run(shared))
        else:
            self._better(shared.work)
        self._settle(lone)
        self.stopped = lone is not None and not lone.tried

    def _branching(self) -> Branching:
        def flow(problem: AllocationProblem) -> Flowed:
            return self._flow(problem, network(problem, who=self.own))

        return Branching(
            self.problem, flow=flow, better=self._better, over=lambda: self._over(seconds=self.last), tries=self.params.tries
        )  # fmt: skip

    def _flow(self, problem: AllocationProblem, net: Network) -> Flowed:
        began = time.monotonic()
        out = flowed(problem, net=net, own=self.own, who=self.who, near=self.near)
        self.last = time.monotonic() - began
        return out

    def _settle(self, lone: Branching | None) -> None:
        """Solve again with joining spread over hours, as long as that helps and there is time."""
        arcs = 0.0
        for _ in range(self.params.rounds if self.problem.prices.join else 0):
            before, began = self.value, time.monotonic()
            if self._over(seconds=arcs or len(self.best) * self.params.arc_s):
                return
            problem = lone.of(self.best) if lone else self.problem
            self._better(settle(problem, work=self.best, who=self.who))
            arcs = time.monotonic() - began
            if self.value <= before * (1 + 1e-6):
                return

    def _over(self, *, seconds: float = 0.0) -> bool:
        self.steps += not seconds
        return self.stop.reached(seconds=time.monotonic() - self.began + seconds, steps=self.steps)

    def _better(self, new: AllocatedWork) -> float:
        """Keep work beside what is confirmed if it is worth more, and return what the best is worth."""
        self._keep(_with(self.problem.confirmed, new))
        return self.value

    def _keep(self, work: AllocatedWork) -> None:
        plan = judged(self.problem, work=work)
        if not plan.broken and plan.value > self.value:
            self.best, self.value = work, plan.value
        if self.tell is not None:
            self.tell(self.value, self.bound if np.isfinite(self.bound) else None)


def _with(confirmed: AllocatedWork, new: AllocatedWork) -> AllocatedWork:
    """Return work with what is confirmed, each person and need once."""
    person, need = np.concatenate([confirmed.person, new.person]), np.concatenate([confirmed.need, new.need])
    pairs, which = np.unique(np.stack([person, need], axis=1), axis=0, return_inverse=True)
    hours = np.bincount(which.ravel(), np.concatenate([confirmed.hours, new.hours]), len(pairs))
    return AllocatedWork(pairs[:, 0], pairs[:, 1], hours.astype(float))
