"""Those who are there at the start: what is known of them is written down, the rest is drawn given what is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from troth.core.spans import to_micros
from troth.queueing.twin._groups import stand
from troth.queueing.twin._layout import COMING, NEVER, NOBODY
from troth.queueing.twin.problem import TwinProblem


def stage(
    contacts: np.ndarray,
    problem: TwinProblem,
    *,
    queue_of: Mapping[str, int],
    stream_of: Mapping[str, int],
    groups: np.ndarray,
) -> None:
    """Write the contacts of `problem.present`: those being served first, then those who wait by their ids."""
    agent_of = {one.name: k for k, one in enumerate(problem.agents)}
    for c, k in enumerate(served_first(problem)):
        there, one = problem.present[k], contacts[c]
        for name in ("leaves", "called", "answered", "ended", "wrapped", "left", "booked", "overtaken_at"):
            one[name] = NEVER
        for name in ("work", "gap", "leg", "overtaken", "step", "outcome", "phase", "out", "entered"):
            one[name] = 0
        one["state"], one["root"], one["previous"], one["agent"] = COMING, c, NOBODY, NOBODY
        one["queue"], one["stream"], one["number"] = queue_of[there.queue], stream_of[there.stream], -1 - k
        one["group"] = groups[k]
        stand(one, problem.queues[one["queue"]].discipline, there.ticket)
        if there.agent is not None:
            one["agent"] = agent_of[there.agent]
            one["called"] = one["answered"] = to_micros(there.since or problem.start)


def served_first(problem: TwinProblem) -> list[int]:
    """Return the order in which those present are written."""
    return sorted(
        range(len(problem.present)), key=lambda k: (problem.present[k].agent is None, problem.present[k].ticket.id)
    )
