"""What is known beforehand: who is on duty, which counters and queues are open, as changes in order of time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

import numpy as np

from troth.core.spans import merge, to_micros
from troth.queueing.twin._layout import AVAILABLE, CHANGE, COUNTERS, DUTY, HOURS, OFFLINE, STATES
from troth.queueing.twin.problem import TwinAgent, TwinProblem

#: One change: when, of what kind, of whom, to what.
Change = tuple[int, int, int, int]


def changes(problem: TwinProblem) -> np.ndarray:
    """Return all changes of a problem as `CHANGE` records by time; those before the start are of the start."""
    begins, ends = to_micros(problem.start), to_micros(problem.end)
    pools = {one.name: k for k, one in enumerate(problem.counters)}
    found: list[Change] = []
    for k, queue in enumerate(problem.queues):
        for span in merge(queue.open or ()):
            found += [(to_micros(span.start), HOURS, k, 1), (to_micros(span.end), HOURS, k, 0)]
    for counters in problem.counters:
        found += [(to_micros(at), COUNTERS, pools[counters.name], n) for at, n in counters.open]
    for k, agent in enumerate(problem.agents):
        found += [(at, DUTY, k, state) for at, state in duties(agent)]
    made = np.zeros(len(found), dtype=CHANGE)
    if found:
        for name, column in zip(("at", "what", "who", "value"), zip(*found, strict=True), strict=True):
            made[name] = column
        made["at"] = np.maximum(made["at"], begins)
        # Those who go make room for those who come.
        made = made[np.lexsort((np.arange(len(made)), made["at"]))]
    return made[made["at"] < ends]


def duties(agent: TwinAgent) -> Iterator[tuple[int, int]]:
    """Yield from when on an agent is in which state, in order of time."""
    breaks = sorted(
        (to_micros(span.start), to_micros(span.end), STATES.index(str(state))) for span, state in agent.breaks
    )
    starts = [start for start, _, _ in breaks]
    reach = max((end - start for start, end, _ in breaks), default=0)
    for shift in merge(agent.shifts):
        at, last = to_micros(shift.start), to_micros(shift.end)
        for start, end, state in breaks[bisect_left(starts, at - reach) : bisect_left(starts, last)]:
            if end <= at:
                continue
            if at < start:
                yield at, AVAILABLE
            yield max(start, at), state
            at = end
        if at < last:
            yield at, AVAILABLE
        yield last, OFFLINE
