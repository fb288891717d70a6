"""Live: customer flow under load, beside a bare Django view, and what phones and displays see of it.

    python -m benchmarks.quality.live [--set quick|issue|full] [--part actions|rate|streams] [--seconds S] [--seeds N]
                                      [--peers http://127.0.0.1:PORT] [--json]

Two web processes and the worker on an embedded PostgreSQL, as `troth serve` runs them; the load generator is one more
process on the same cores, over loopback. Everything is bounded in count and time.

- ``actions``: at random moments, `rate` a second whatever the answers take, customers join and clerks call, answer,
  finish and transfer (one of ten) through the API, at four branches with ten counters each. A wait counts from the moment
  the action was due. Afterwards the database is asked for tickets double or lost.
- ``rate``: sixteen clients who carry customers through as fast as they are answered, at the site and at a bare Django
  application that leaves the same rows and facts, on the same PostgreSQL with the same uvicorn flags (`_live_bare.py`,
  which says why). The worker rests. A machine that others use, and the database's own housekeeping, are fast and slow by
  spells: many short turns in pairs, each pair with the other one first, and of each pair the ratio. Said is their median
  with its interval, and the spread.
- ``streams``: phones in one line and displays on it, all of one branch, while it changes ten times a second; the time
  from the commit until a screen shows it.

`value` is the figure of `case`, `reference` its target, or for ``rate`` the bare application's; `feasible` says that
nothing is double or lost. With ``--peers`` the queue manager FQM, running at that address, is carried through the part
of ``rate`` it has (join and call; it knows no end of service and no transfer), and no ratio is printed.
"""

from __future__ import annotations

import asyncio
import math
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality import _live_fqm as fqm
from benchmarks.quality import _live_runs as runs
from benchmarks.quality._common import case_set, line, parser
from benchmarks.quality._live_site import site

PARTS = ("actions", "rate", "streams")
#: What the issue asks for: seconds at the given share of waits.
CALL_P99_S = 0.150
SHOWN_P95_S = 1.5
SHARE_OF_BARE = 0.5


def main(args: Sequence[str] | None = None) -> int:
    """Run the benchmark; the status is 1 if anything was double or lost."""
    options = parser(__doc__)
    options.add_argument("--part", choices=PARTS, action="append", help="only this part")
    options.add_argument("--seconds", type=float, metavar="S", help="length of the part actions")
    options.add_argument("--peers", metavar="URL", help="where FQM runs, set up as its guide says")
    asked = options.parse_args(args)
    cases = case_set("live", asked.set)
    good = True
    for seed in range(1, (asked.seeds or cases["seeds"]) + 1):
        for part in asked.part or PARTS:
            with tempfile.TemporaryDirectory(prefix="troth-live-") as folder, site(Path(folder)) as here:
                if part == "actions":
                    seconds = asked.seconds or cases["seconds"]
                    found = runs.actions(here, rate=cases["rate"], seconds=seconds, seed=seed)
                    good &= _actions(found, seed=seed, seconds=seconds, json=asked.json)
                elif part == "rate":
                    turns = runs.rates(here, turns=cases["turns"], seconds=cases["turn_s"], seed=seed)
                    good &= _rates(turns, seed=seed, seconds=cases["turn_s"], json=asked.json)
                    if asked.peers:
                        peer = asyncio.run(fqm.rates(asked.peers, turns=cases["turns"], seconds=cases["turn_s"]))
                        _peer(peer, seed=seed, seconds=cases["turn_s"], json=asked.json)
                else:
                    shown = runs.streams(
                        here, seconds=cases["streams_s"], phones=cases["phones"], displays=cases["displays"]
                    )
                    good &= _streams(shown, seed=seed, seconds=cases["streams_s"], json=asked.json)
    return 0 if good else 1


def _actions(found: runs.Acted, *, seed: int, seconds: float, json: bool) -> bool:
    wrong = {what: n for what, n in found.faults.items() if n}
    for kind, waits in sorted(found.told.waits_s.items()):
        p50, p95, p99 = np.percentile(waits or [np.nan], [50, 95, 99])
        target = CALL_P99_S if kind == "call-next" else None
        _say(
            f"actions/{kind}/p99_s", p99, target, seed=seed, seconds=seconds, feasible=not wrong, json=json,
            n=len(waits), p50=round(p50, 4), p95=round(p95, 4), most=round(max(waits), 4),
        )  # fmt: skip
    actions = found.told.actions
    _say(
        "actions/rate", actions / seconds, None, seed=seed, seconds=seconds, feasible=not wrong, json=json, n=actions,
        unready=found.told.unready, wrong=wrong, tickets=len(found.told.joined),
        cpu_ms=round(1000 * found.cpu_s / actions, 2),
    )  # fmt: skip
    _memory("actions", found.memory_mb, seed=seed, seconds=seconds, feasible=not wrong, json=json)
    return not wrong


def _rates(turns: runs.Rates, *, seed: int, seconds: float, json: bool) -> bool:
    wrong = {what: n for what, n in turns.faults.items() if n}
    for what, ours, bare in (("actions", turns.ours, turns.bare), ("customers", turns.through, turns.bare_through)):
        shares = sorted(a / b for a, b in zip(ours, bare, strict=True) if b)
        low, high = median_between(shares)
        _say(
            f"rate/{what}_per_s", statistics.median(ours), statistics.median(bare), seed=seed, seconds=seconds,
            feasible=not wrong, json=json, share=round(statistics.median(shares), 3), low=round(low, 3),
            high=round(high, 3), least=round(shares[0], 3), most=round(shares[-1], 3), n=len(shares),
            target_share=SHARE_OF_BARE, ours=[round(one, 1) for one in ours], bare=[round(one, 1) for one in bare],
            wrong=wrong,
        )  # fmt: skip
    return not wrong


def median_between(ordered: Sequence[float], *, level: float = 0.95) -> tuple[float, float]:
    """Return between which of the ordered values the median lies with a probability of at least `level`.

    Nothing is assumed of how they are spread; with fewer than six values it is all of them, and the probability less.

    Source
    ------
    H. A. David and H. N. Nagaraja (2003), Order Statistics, 3rd ed., 159-161.
    """
    n, cut, tail = len(ordered), 0, 0.0
    while 2 * (tail + math.comb(n, cut) / 2**n) <= 1 - level:
        tail += math.comb(n, cut) / 2**n
        cut += 1
    cut = max(cut, 1)
    return ordered[cut - 1], ordered[n - cut]


def _peer(found: fqm.Peer, *, seed: int, seconds: float, json: bool) -> None:
    _say(
        "rate/customers_per_s", statistics.median(found.customers), None, seed=seed, seconds=seconds, json=json,
        feasible=not found.failed, solver="fqm", turns=[round(one, 1) for one in found.customers],
        failed=found.failed, n=found.calls,
    )  # fmt: skip


def _streams(found: runs.Shown, *, seed: int, seconds: float, json: bool) -> bool:
    good = not found.seen.unseen and not found.seen.lost
    for who, waits in (
        ("phones", found.seen.phones_s),
        ("own_phone", found.seen.own_s),
        ("displays", found.seen.displays_s),
    ):
        p50, p95, p99 = np.percentile(waits or [np.nan], [50, 95, 99])
        _say(
            f"streams/{who}/p95_s", p95, SHOWN_P95_S, seed=seed, seconds=seconds, feasible=good, json=json,
            n=len(waits), p50=round(p50, 3), p99=round(p99, 3), most=round(max(waits, default=np.nan), 3),
        )  # fmt: skip
    _say(
        "streams/most_messages", found.seen.most, 2 * seconds + 1, seed=seed, seconds=seconds, feasible=good, json=json,
        messages=found.seen.messages, closer_than_450ms=found.seen.close, shortest_s=round(found.seen.shortest_s, 3),
        nothing_new=found.seen.same, unseen=found.seen.unseen, lost=found.seen.lost,
        changes_per_s=round(found.changes / seconds, 2), connect_s=round(found.connect_s, 1),
        cpu_share=round(found.cpu_s / seconds, 2),
    )  # fmt: skip
    _memory("streams", found.memory_mb, seed=seed, seconds=seconds, feasible=good, json=json)
    return good


def _memory(part: str, taken: Sequence[float], *, seed: int, seconds: float, feasible: bool, json: bool) -> None:
    """Say the memory of all web processes at the end beside that after the first tenth of the run."""
    early = taken[len(taken) // 10]
    _say(
        f"{part}/memory_mb", taken[-1], early, seed=seed, seconds=seconds, feasible=feasible, json=json,
        start=round(taken[0], 1), middle=round(taken[len(taken) // 2], 1), most=round(max(taken), 1),
        tenths=[round(taken[k * (len(taken) - 1) // 10]) for k in range(11)],
    )  # fmt: skip


def _say(
    case: str, value: float, reference: float | None, *, seed: int, seconds: float, feasible: bool, json: bool,
    solver: str = "troth", **more: Any,
) -> None:  # fmt: skip
    if json:
        print(
            line(bench="live", case=case, seed=seed, seconds=seconds, value=round(float(value), 5),
                 reference=reference, feasible=feasible, solver=solver, **more), flush=True,
        )  # fmt: skip
        return
    beside = f" (beside {reference:.4g})" if reference else ""
    rest = ", ".join(f"{name} {said}" for name, said in more.items())
    print(f"{solver} {case} {value:.4g}{beside}; {rest}{'' if feasible else '; WRONG'}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
