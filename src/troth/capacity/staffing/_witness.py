"""The judge's own look at a plan: the whole centre at once in the twin, counted as the log's timelines count."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import numpy as np

from troth.capacity.staffing._lived import whole
from troth.capacity.staffing.plan import StaffingPlan
from troth.capacity.staffing.problem import Floats, StaffingProblem
from troth.core.random import stream
from troth.core.time import Span, to_micros
from troth.queueing.twin import Policy, Times, TwinAgent, TwinArrivals, TwinProblem, TwinQueue, TwinStream, run
from troth.queueing.twin.tables import contacts

#: So many crews are drawn where people differ in pace.
_CREWS: Final = 12


def day_levels(problem: StaffingProblem, *, plan: StaffingPlan, futures: int, seed: int) -> dict[str, Floats]:
    """Return the service level of each queue by future and day, shapes (futures, days); NaN where nobody came."""
    # Crews of people of different pace, a few futures each.
    lots = np.array_split(np.arange(futures), min(_CREWS, futures))
    twins = [_centre(problem, plan, stream(seed, "witness crew", k)) for k in range(len(lots))]
    twin = twins[0]
    days, day_of = problem.days()
    start, end = to_micros(twin.start), to_micros(twin.end)
    width = int(problem.interval_s * 1e6)
    found = {one.queue: np.full((futures, len(days)), np.nan) for one in problem.queues}
    traces = [
        trace
        for one, lot in zip(twins, lots, strict=True)
        for trace in run(one, replications=len(lot), first=int(lot[0]), seed=seed).traces
    ]
    for k, trace in enumerate(traces):
        table = contacts(trace, problem=twin, columns={"queue", "queued_at", "wait_s", "service_s", "outcome"})
        names = np.array(table["queue"].to_pylist(), dtype=object)
        queued = np.array([to_micros(at) if at else -1 for at in table["queued_at"].to_pylist()])
        answered = np.array([one == "answered" for one in table["outcome"].to_pylist()])
        wait, service = (
            np.array([np.nan if v is None else v for v in table[name].to_pylist()], float)
            for name in ("wait_s", "service_s")
        )
        for one in problem.queues:
            took = wait + service if one.deferred else wait
            mine = (names == one.queue) & (queued >= start)
            if one.deferred:
                mine &= queued + one.within_s * 1e6 <= end
            day = day_of[(queued[mine] - start) // width]
            come = np.bincount(day, minlength=len(days))
            good = np.bincount(day[answered[mine] & (took[mine] <= one.within_s)], minlength=len(days))
            with np.errstate(invalid="ignore"):
                found[one.queue][k] = good / come
    return found


def _centre(problem: StaffingProblem, plan: StaffingPlan, rng: np.random.Generator) -> TwinProblem:
    """Return the twin of all queues and groups together."""
    at = problem.instants()
    by_name = {one.queue: one for one in problem.queues}
    agents = []
    for g, group in enumerate(problem.groups):
        mine = [by_name[name] for name in group.queues]
        hands, slow = max(one.at_once for one in mine), max(one.slowing for one in mine)
        speeds = tuple(1 / (1 + slow * k) for k in range(hands)) if hands > 1 else ()
        for k in range(int(plan.staff[g].max(initial=0))):
            spans: list[Span] = []
            for t in np.flatnonzero(plan.staff[g] > k):
                if spans and spans[-1].end == at[t]:
                    spans[-1] = Span(spans[-1].start, at[t + 1])
                else:
                    spans.append(Span(at[t], at[t + 1]))
            serves = tuple((name, 0) for name in group.queues)
            pace = float(rng.choice(group.paces)) if group.paces else 1.0
            agents.append(TwinAgent(f"{group.group}/{k}", serves, tuple(spans), hands=hands, beside=speeds, pace=pace))
    queues = []
    for one in problem.queues:
        handle = one.handle or Times.lognormal(one.handle_s, spread=float(np.sqrt(np.log(2))))
        patience = one.patience or (Times.exponential(one.patience_s) if one.patience_s else None)
        queues.append(
            TwinQueue(
                one.queue, handle, patience=None if one.deferred else patience, hands=int(one.at_once > 1),
                deferred=one.deferred, interruptible=one.deferred and one.interruptible, target_s=one.within_s,
            )
        )  # fmt: skip
    streams = tuple(TwinStream(one.queue, one.queue, TwinArrivals(paths=whole(one))) for one in problem.queues)
    return TwinProblem(
        at[0], at[-1], tuple(queues), streams, tuple(agents), policy=Policy(routing=problem.routing),
        cell=timedelta(minutes=problem.minutes), time_zone=problem.time_zone,
    )  # fmt: skip
