"""The twin: customers simulated in a second beside SimPy and Ciw, and a month with its KPIs.

    python -m benchmarks.quality.twin [--set quick|issue|full] [--seeds N] [--case CASE ...] [--no-peers] [--json]

multi_skill  two queues with 8 and 6 specialists, 6 generalists, exponential patience; from arrays ready to run to a
             trace whose books are checked, on one core, all that the loop can do compiled in, beside SimPy:
             written for speed (a process a customer, agents as counters), and as its manual would have it
one_pool     20 servers, the first of two classes before the second, beside SimPy and Ciw
month        five queues and a hundred agents in March 2026 by half hours and queue, many replications, measured by the
             KPI engine, with intervals, on two cores

`value` and `reference` are customers a second of the processor (user and system), medians of the seeds; of `month` the seconds and the two minutes they may
take. Each case is feasible if the shares that abandon agree within what chance allows (five standard errors).
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np

from benchmarks.quality import _common
from benchmarks.quality._twin_cases import month, multi_skill, one_pool
from benchmarks.quality._twin_peers import ciw_one_pool, simpy_agents, simpy_multi_skill, simpy_one_pool
from troth.core.time import Step
from troth.queueing.twin import TwinProblem, run
from troth.queueing.twin._pack import Packed
from troth.queueing.twin.measure import KPIS, measure
from troth.queueing.twin.solve import lived

CASES = ("multi_skill", "one_pool", "month")
#: What the issue asks for.
LEAST_RATE, LEAST_RATIO, MOST_S = 3_000_000, 60.0, 120.0
Peer = Callable[[int, int], tuple[int, int, float]]


@dataclass(frozen=True, slots=True)
class Side:
    """What runs of one side gave: customers a second, the share that abandoned with its error, the mean wait."""

    rates: tuple[float, ...]
    shares: tuple[float, ...]
    waits: tuple[float, ...]

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    def differs(self, other: Side) -> bool:
        """Tell whether the abandonment of two sides differs by more than chance allows."""
        error = sqrt(sum(_error(side.shares) ** 2 for side in (self, other)))
        return abs(statistics.mean(self.shares) - statistics.mean(other.shares)) > 5 * max(error, 1e-4)


def _error(values: tuple[float, ...]) -> float:
    return statistics.stdev(values) / sqrt(len(values)) if len(values) > 1 else 0.004


def ours(problem: TwinProblem, seeds: int) -> Side:
    """Run the twin on ready arrays; the first run, which loads the compiled loop, is told apart."""
    packed = Packed(problem)
    lived(packed, seed=0, replication=0)
    rates, shares, waits = [], [], []
    for seed in range(1, seeds + 1):
        began = time.process_time()
        trace = lived(packed, seed=seed, replication=0)
        seconds = time.process_time() - began
        c, outcomes = trace.contacts, trace.outcomes()
        until = np.minimum(c["called"], c["left"])
        through = until < 1 << 61
        rates.append(len(c) / seconds)
        shares.append(outcomes["abandoned"] / (outcomes["abandoned"] + outcomes["answered"]))
        waits.append(float((until[through] - c["joined"][through]).mean() / 1e6))
    return Side(tuple(rates), tuple(shares), tuple(waits))


def theirs(peer: Peer, customers: int, seeds: int) -> Side:
    """Run a peer."""
    rates, shares, waits = [], [], []
    for seed in range(1, seeds + 1):
        began = time.process_time()
        answered, abandoned, wait = peer(customers, seed)
        rates.append((answered + abandoned) / (time.process_time() - began))
        shares.append(abandoned / (answered + abandoned))
        waits.append(wait)
    return Side(tuple(rates), tuple(shares), tuple(waits))


def compiling() -> float:
    """Return the seconds until the first trace in this process: loading or compiling the loop."""
    began = time.perf_counter()
    run(multi_skill(100))
    return time.perf_counter() - began


def duel(case: str, customers: int, *, seeds: int, peer_seeds: int) -> list[dict[str, object]]:
    """Return the lines of a case against its peers."""
    problem = multi_skill(customers) if case == "multi_skill" else one_pool(customers)
    peers: dict[str, Peer] = (
        {"simpy": simpy_multi_skill, "simpy, agents as processes": simpy_agents}
        if case == "multi_skill"
        else {"simpy": simpy_one_pool, "ciw": ciw_one_pool}
    )
    mine = ours(problem, seeds)
    lines = []
    for name, peer in peers.items() if peer_seeds else ():
        other = theirs(peer, customers, peer_seeds)
        ratio = mine.rate / other.rate
        lines.append({
            "case": f"{case} vs {name}", "value": round(mine.rate), "reference": round(other.rate),
            "feasible": not mine.differs(other), "ratio": round(ratio, 1),
            "met": case != "multi_skill" or (mine.rate >= LEAST_RATE and ratio >= LEAST_RATIO),
            "spread": [round(min(mine.rates)), round(max(mine.rates))],
            "abandoned": [round(statistics.mean(side.shares), 4) for side in (mine, other)],
            "wait_s": [round(statistics.mean(side.waits), 2) for side in (mine, other)],
        })  # fmt: skip
    if not lines:
        lines.append({
            "case": case, "value": round(mine.rate), "reference": None, "feasible": True,
            "met": mine.rate >= LEAST_RATE, "spread": [round(min(mine.rates)), round(max(mine.rates))],
        })  # fmt: skip
    return lines


def timed_month(replications: int) -> dict[str, object]:
    """Return the line of the month: until every figure and its interval is there."""
    problem = month()
    began = time.perf_counter()
    found = measure(problem, by=("queue",), every=Step.HALF_HOUR, replications=replications, workers=2, seed=1)
    intervals = {name: (found.mean(name), found.mean_interval(name), found.band(name)) for name in found.values}
    seconds = time.perf_counter() - began
    contacts = float(np.nansum(found.n["flow.volume"]) / replications)
    return {
        "case": f"month x {replications}", "value": round(seconds, 1), "reference": MOST_S,
        "feasible": len(intervals) == len(KPIS) and found.replications == replications, "met": seconds <= MOST_S,
        "contacts": round(contacts), "cells": int(np.prod(found.values["flow.volume"].shape[1:])),
    }  # fmt: skip


def main() -> None:
    parser = _common.parser(__doc__)
    parser.add_argument("--case", choices=CASES, action="append", help="only these")
    parser.add_argument("--no-peers", action="store_true", help="ours alone")
    told = parser.parse_args()
    chosen = _common.case_set("twin", told.set)
    seeds = told.seeds or chosen["seeds"]
    first = compiling()
    lines = []
    for case in told.case or CASES:
        if case == "month":
            lines.append(timed_month(chosen["replications"]))
        else:
            peer_seeds = 0 if told.no_peers else chosen["peer_seeds"]
            lines += duel(case, chosen["customers"], seeds=seeds, peer_seeds=peer_seeds)
    for line in lines:
        if told.json:
            more = {k: v for k, v in line.items() if k not in {"case", "value", "reference", "feasible"}}
            print(_common.line(
                bench="twin", case=str(line["case"]), seed=None, seconds=0.0, value=line["value"],  # type: ignore[arg-type]
                reference=line["reference"], feasible=bool(line["feasible"]), **more,  # type: ignore[arg-type]
            ))  # fmt: skip
        else:
            print(json.dumps(line))
    if not told.json:
        print(json.dumps({"first trace of the process, seconds": round(first, 2), "cores": os.cpu_count()}))


if __name__ == "__main__":
    main()
