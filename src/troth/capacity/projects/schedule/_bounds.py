"""What no schedule can beat, without any search."""

from __future__ import annotations

from collections.abc import Sequence

from troth.capacity.projects.schedule._compile import Compiled


def least(f: Compiled) -> int:
    """Return a bound on the makespan: chains of precedences, and the work in each set of skills between a head and a tail.

    Activities that start no earlier than h, and after whose end at least q more periods are needed, put their work into what
    lies between (Carlier 1982, European Journal of Operational Research 11, for one machine); a set of skills does as many
    person-periods of it in a period as people have one of them. Cliques are sets of one machine.
    """
    best = max((f.earliest[a] + f.tail[a] for a in f.order), default=0)
    for some in f.sets:
        work = [f.duration[a] * some.demand(needs) for a, needs in enumerate(f.needs)]
        best = max(best, _between(f, work, some.people))
    for clique in f.cliques:
        work = [f.duration[a] if a in clique else 0 for a in range(len(f.duration))]
        best = max(best, _between(f, work, 1))
    return best


def _between(f: Compiled, work: Sequence[int], people: int) -> int:
    """Return the greatest of h + q + work / people over all heads h and tails q."""
    some = [(f.earliest[a], f.tail[a] - f.duration[a], w) for a, w in enumerate(work) if w]
    best = 0
    for head in {h for h, _, _ in some}:
        done = 0
        for tail, w in sorted(((q, w) for h, q, w in some if h >= head), reverse=True):
            done += w
            best = max(best, head + tail - (-done // people))
    return best
