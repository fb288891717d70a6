"""A month's roster of the demo company's contact centre: 28 days, about 120 people, quarters of an hour, four skills.

Ten weeks of the centre are lived through; arrivals are forecast, staffed by Erlang's formulas, and people come with contracts,
skills, leave and history from the tables of a lake (see `_roster_demo`). Cases of each seed: `first` (seconds until a roster
stands that keeps all hard rules, at most 20), `short` (value after the short time, reference the value after the long one of a
run of its own; at most 2 % above; `cover_gap` leaves out what only counts weekends), `repair` (absences of one day, people and days
drawn from the seed: value is the longest time, at most 3 seconds, `touched` the most people changed, at most three). Kernels are
compiled before the clock starts.

With --peers a plain CP-SAT model of the same problem has the short time as well; in it a shift is one activity, with its break in
the middle of the window, which the problem allows: its roster is judged like ours.

    python -m benchmarks.quality.roster [--set quick|issue|full] [--seeds N] [--peers] [--json]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.quality._common import case_set, line, parser
from benchmarks.quality._roster_demo import built
from benchmarks.quality._roster_whole import by_cpsat
from troth.capacity.roster import HouseRules, RosterPlan, RosterProblem, Stop, repair, solve

#: What is asked: seconds until a first roster, share above the long run's value, seconds and people of a repair.
FIRST_S, GAP, REPAIR_S, TOUCHED = 20.0, 0.02, 3.0, 3


@dataclass(frozen=True, slots=True)
class Absence:
    """What a repair came to: seconds, people touched, what is missing still, costs of before and after it."""

    seconds: float
    touched: int
    missing: float
    unrepaired: float
    value: float


def main(args: Sequence[str] | None = None) -> int:
    """Run the seeds of a set; the status is 1 if a figure is missed."""
    made = parser(__doc__)
    made.add_argument("--peers", action="store_true", help="a plain CP-SAT model beside")
    options = made.parse_args(args)
    asked = case_set("roster", options.set)
    good = True
    for seed in range(1, 1 + (options.seeds or asked["seeds"])):
        good &= _seed(seed, asked, json=options.json, peers=options.peers)
    return int(not good)


def _seed(seed: int, asked: dict[str, Any], *, json: bool, peers: bool) -> bool:
    began = time.perf_counter()
    problem, issues = built(seed=seed, house=HouseRules())
    print(
        f"seed {seed}: {len(problem.staff)} people, {problem.days} days, {len(problem.activities)} activities, "
        f"{len(issues)} doubts, made in {time.perf_counter() - began:.0f} s",
        file=sys.stderr,
    )
    solve(problem, stop=Stop(steps=1))  # compiles
    short, heard = _run(problem, seconds=asked["short"], seed=seed)
    long, _ = _run(problem, seconds=asked["long"], seed=seed)
    first = next(
        (at for at in (1.0, 2.0, 5.0, 10.0, FIRST_S) if not _run(problem, seconds=at, seed=seed)[0].broken), None
    )
    good = _tell("first", seed, asked["short"], first, FIRST_S, ok=first is not None and first <= FIRST_S, json=json)
    gap = short.value / long.value - 1
    parts: dict[str, Any] = {
        "cover_gap": round(_cover(short) / max(_cover(long), 1e-9) - 1, 4),
        "broken": len(short.broken) + len(long.broken),
        "objective": {name: round(cost) for name, cost in long.objective.items()},
        "by_time": [(at, round(min(value for when, value in heard if when <= at))) for at in (2, 5, 10, 20, 40) if heard[0][0] <= at],
    }  # fmt: skip
    ok = gap <= GAP and not parts["broken"]
    good &= _tell("short", seed, asked["short"], round(short.value), round(long.value), ok=ok, json=json, **parts)
    good &= _repairs(problem, long, seed=seed, times=asked["repairs"], json=json)
    if peers:
        peer = by_cpsat(problem, seconds=asked["short"])
        _tell("short", seed, peer.seconds, peer.value, round(long.value), ok=peer.feasible, json=json, solver="cp-sat")
    return good


def _run(problem: RosterProblem, *, seconds: float, seed: int) -> tuple[RosterPlan, list[tuple[float, float]]]:
    """Return a plan, and (seconds, value) of each better roster on the way."""
    heard: list[tuple[float, float]] = []
    began = time.perf_counter()
    plan = solve(
        problem, stop=Stop(seconds=seconds), seed=seed,
        on_progress=lambda value, _: heard.append((time.perf_counter() - began, value)),
    )  # fmt: skip
    return plan, heard


def _cover(plan: RosterPlan) -> float:
    return plan.value - plan.objective.get("roster.weekend-spread", 0.0)


def _repairs(problem: RosterProblem, plan: RosterPlan, *, seed: int, times: int, json: bool) -> bool:
    """Mend the roster after absences, each of another person and day."""
    rng = np.random.default_rng([seed, 3])
    found = []
    for k in rng.permutation(len(plan.duties))[:times]:
        duty = plan.duties[int(k)]
        began = time.perf_counter()
        mended = repair(problem, plan.duties, absent=duty.agent_id, first_day=duty.day, last_day=duty.day)
        took = time.perf_counter() - began
        missing = sum(v.cost for v in mended.left)
        found.append(
            Absence(took, len(mended.touched), missing, mended.unrepaired - plan.value, mended.plan.value - plan.value)
        )
    slowest, most = max(one.seconds for one in found), max(one.touched for one in found)
    more: dict[str, Any] = {
        "touched": most, "median_s": round(float(np.median([one.seconds for one in found])), 2),
        "helped": sum(one.touched > 0 for one in found), "n": len(found),
        "lost": round(sum(one.unrepaired for one in found)), "left": round(sum(one.value for one in found)),
    }  # fmt: skip
    ok = slowest <= REPAIR_S and most <= TOUCHED
    return _tell(
        "repair", seed, sum(one.seconds for one in found), round(slowest, 2), REPAIR_S, ok=ok, json=json, **more
    )


def _tell(
    case: str, seed: int, seconds: float, value: float | None, reference: float, *, ok: bool, json: bool,
    solver: str = "troth", **more: Any,
) -> bool:  # fmt: skip
    if json:
        print(line(bench="roster", case=case, seed=seed, seconds=seconds, value=value, reference=reference, feasible=ok, solver=solver, **more), flush=True)  # fmt: skip
    else:
        print(f"{case:7} seed {seed} {solver:7} value {value}  reference {reference}  good {ok}  {more}", flush=True)
    return ok


if __name__ == "__main__":
    sys.exit(main())
