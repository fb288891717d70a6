"""From an allocation problem to a plan: one network for whose hours go where, then week by week for who does what."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from troth.capacity.projects.allocation._network import network
from troth.capacity.projects.allocation._opening import opening, rough
from troth.capacity.projects.allocation._ortools import best_round, whole_gains
from troth.capacity.projects.allocation._prices import ShadowPrices, bound, shadow
from troth.capacity.projects.allocation._settle import settle
from troth.capacity.projects.allocation._share import share
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
    """

    arc_s: float = 1e-5
    rounds: int = 3


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
        self.steps = 0

    def run(self) -> None:
        """Go through the steps until it is time to stop."""
        if self.start is not None:
            work = self.start.work
            if not judged(self.problem, work=work).broken:
                self._better(work)
                self.near[work.person, self.problem.needs.project[work.need]] = True
        first = opening(self.problem)
        self._better(_with(self.problem.confirmed, first))
        self.bound = bound(self.problem, prices=rough(self.problem, work=self.best), who=self.who)
        if self._over():
            return
        priced = self.problem.prices.join or self.problem.prices.stranger
        own = self.who if priced else np.zeros_like(self.who)
        net = network(self.problem, who=own)
        if self._over(seconds=len(net.tail) * self.params.arc_s):
            return
        gain, scale = whole_gains(net.gain)
        flow = best_round(tail=net.tail, head=net.head, room=net.room, gain=gain)
        prices = shadow(self.problem, net=net, flow=flow, gain=gain, scale=scale, who=own)
        self.bound = min(self.bound, bound(self.problem, prices=prices, who=self.who))
        self.prices = prices
        self._better(_with(self.problem.confirmed, share(self.problem, net=net, flow=flow, near=self.near)))
        self._settle()
        self.stopped = False

    def _settle(self) -> None:
        """Solve again with joining spread over hours, as long as that helps and there is time."""
        arcs = 0.0
        for _ in range(self.params.rounds if self.problem.prices.join else 0):
            before, began = self.value, time.monotonic()
            if self._over(seconds=arcs or len(self.best) * self.params.arc_s):
                return
            self._better(_with(self.problem.confirmed, settle(self.problem, work=self.best, who=self.who)))
            arcs = time.monotonic() - began
            if self.value <= before * (1 + 1e-6):
                return

    def _over(self, *, seconds: float = 0.0) -> bool:
        self.steps += not seconds
        return self.stop.reached(seconds=time.monotonic() - self.began + seconds, steps=self.steps)

    def _better(self, work: AllocatedWork) -> None:
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
