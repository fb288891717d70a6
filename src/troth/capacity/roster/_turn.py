"""Between arrays of options and shifts of people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from troth.capacity.roster._arrays import Stacked
from troth.capacity.roster._compile import Compiled
from troth.capacity.roster._search import Board
from troth.capacity.roster.problem import Duty
from troth.capacity.roster.rules import hard, violations


def duties_of(whole: Compiled, lines: np.ndarray, acts: np.ndarray) -> tuple[Duty, ...]:
    """Return lines (P, D) of options and activities (P, S) of slots as shifts."""
    problem, slot = whole.problem, whole.problem.slot_minutes
    per_day = 1440 // slot
    out = []
    for p, one in enumerate(problem.staff):
        for day in range(problem.days):
            if lines[p, day] < 0:
                continue
            option = whole.options[lines[p, day]]
            stretches = list[tuple[str, int, int]]()
            if problem.activities:
                first, at = day * per_day + option.start // slot, 0
                for a, run in groupby(acts[p, first : first + option.length // slot].tolist()):
                    length = len(list(run)) * slot
                    stretches.append((problem.activities[a].activity if a >= 0 else "", at, at + length))
                    at += length
            kind = problem.kinds[option.kind].kind
            out.append(Duty(one.agent_id, day, kind, option.start, option.length, tuple(stretches)))
    return tuple(out)


def lines_of(whole: Compiled, arrays: Stacked, duties: Sequence[Duty], board: Board) -> np.ndarray:
    """Write shifts into an empty board; return the numbers of the people whose shifts cannot stand, who get none."""
    problem, slot = whole.problem, whole.problem.slot_minutes
    number = {(problem.kinds[o.kind].kind, o.start, o.length): k for k, o in enumerate(whole.options)}
    activity = {a.activity: k for k, a in enumerate(problem.activities)} | {"": -1}
    of: dict[str, list[Duty]] = defaultdict(list)
    for duty in duties:
        of[duty.agent_id].append(duty)
    bad = {v.agent_id for v in hard(violations(problem, duties))}
    missing = []
    for p, one in enumerate(problem.staff):
        mine = of[one.agent_id]
        options = [number.get((d.kind, d.start, d.length), -1) for d in mine]
        if (
            one.agent_id in bad
            or -1 in options
            or any(not np.isfinite(arrays.cost[p, d.day, o]) for d, o in zip(mine, options, strict=True))
        ):
            missing.append(p)
            continue
        for d, o in zip(mine, options, strict=True):
            board.lines[p, d.day] = o
            first = d.day * (1440 // slot) + d.start // slot
            for name, a, b in d.stretches:
                board.acts[p, first + a // slot : first + b // slot] = activity[name]
    return np.array(missing, np.int64)
