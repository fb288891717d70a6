"""Staffing by Erlang formulas: how fast beside pyworkforce and beside a bare loop, and how exact.

    python -m benchmarks.quality.erlang [PATH ...] [--set quick|issue|full] [--seeds N] [--peers] [--json]

1. `staff`: least staff of mixed intervals (1 to 1,000 contacts in half an hour, 120 to 600 s each: about 0.1 to 333
   erlangs) for 80 % in 20 s and an occupancy of at most 85 %. PATHs are CSV files with columns `contacts`, `handle_s` and,
   if wanted, `interval_s`, in place of the made-up ones. Seconds of one call for all, inputs checked, machine code warm;
   beside it the bare Numba loop below, which checks nothing, and with ``--peers`` pyworkforce's ErlangC, interval by
   interval. Answers agree if every interval gets the same staff; for pyworkforce, known to give one too many on some
   loose targets, where ours meets the targets by ``mpmath`` and one agent fewer does not.
2. `inverse_a`: least staff under impatience at 100,000 erlangs, seconds; the limit is 0.05.
3. `exact`: greatest relative error of P(wait), abandonment and mean wait against sums over states in 40 digits, over
   random loads up to 100,000 erlangs; the limit is 1e-9.

`value` is ours, `reference` the other's figure in the same run, `gap` = value / reference - 1. Times are medians of
interleaved repeats.
"""

from __future__ import annotations

import csv
import importlib
import importlib.metadata
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mpmath as mp
import numba
import numpy as np

from benchmarks.quality._common import case_set, line, parser, versions
from troth.queueing import Goal, Traffic, performance, staff_for

LEVEL, WITHIN_S, CAP = 0.8, 20.0, 0.85
#: What the issue asks: times of a bare loop, of pyworkforce, seconds, relative error.
BARE, PEER, INVERSE_S, ERROR = 1.5, 200.0, 0.05, 1e-9


@numba.njit
def bare(a, within, level, cap):  # type: ignore[no-untyped-def]
    """Return the least staff as one would write it down: up from 1, each size judged once it can carry the load."""
    out = np.empty(a.size)
    for i in range(a.size):
        load, inverse, n = a[i], 1.0, 0
        while True:
            n += 1
            inverse = 1 + inverse * n / load
            if n > load and load / n <= cap:
                blocked = 1 / inverse
                waits = n * blocked / (n - load * (1 - blocked))
                if 1 - waits * math.exp(-(n - load) * within[i]) >= level:
                    break
        out[i] = n
    return out


@dataclass(frozen=True, slots=True)
class Intervals:
    """Contacts, handle times and lengths of intervals."""

    name: str
    seed: int | None
    contacts: np.ndarray
    handle_s: np.ndarray
    interval_s: np.ndarray

    @property
    def traffic(self) -> Traffic:
        return Traffic(self.contacts, handle_s=self.handle_s, interval_s=self.interval_s, within_s=WITHIN_S)


def made_up(seed: int, count: int) -> Intervals:
    """Return mixed intervals of half an hour."""
    rng = np.random.default_rng(seed)
    contacts = rng.integers(1, 1001, count).astype(float)
    return Intervals("mixed", seed, contacts, rng.uniform(120, 600, count), np.full(count, 1800.0))


def read(path: Path) -> Intervals:
    """Return the intervals of a CSV file that have contacts."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if float(row["contacts"]) > 0]
    contacts, handle = (np.array([float(row[name]) for row in rows]) for name in ("contacts", "handle_s"))
    return Intervals(path.name, None, contacts, handle, np.array([float(r.get("interval_s") or 1800) for r in rows]))


def timed(sides: dict[str, Callable[[], Any]], repeats: int) -> dict[str, tuple[float, float, float]]:
    """Return median, least and greatest seconds of each side, taken in turns."""
    took: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, run in sides.items():
            began = time.perf_counter()
            run()
            took[name].append(time.perf_counter() - began)
    return {name: (statistics.median(times), min(times), max(times)) for name, times in took.items()}


def staff(some: Intervals, *, repeats: int, peers: bool) -> Iterator[dict[str, Any]]:
    """Yield ours beside the bare loop, and beside pyworkforce."""
    goal = Goal(level=LEVEL, occupancy=CAP)
    within = WITHIN_S / some.handle_s

    def ours() -> np.ndarray:
        return staff_for(some.traffic, goal=goal).staff

    def loop() -> np.ndarray:
        return np.asarray(bare(some.contacts * some.handle_s / some.interval_s, within, LEVEL, CAP))

    found, same = ours(), loop()
    times = timed({"ours": ours, "bare": loop}, repeats)
    case = f"staff/{some.name}/bare"
    yield _row(
        case, some.seed, times["ours"], times["bare"], agree=bool(np.array_equal(found, same)), n=len(found), limit=BARE
    )
    if peers:
        began = time.perf_counter()
        theirs = np.array(
            [_pyworkforce(*one) for one in zip(some.contacts, some.handle_s, some.interval_s, strict=True)]
        )
        took = time.perf_counter() - began
        differ = np.flatnonzero(theirs != found)
        right = all(_least(some, int(i), int(found[i])) for i in differ)
        case = f"staff/{some.name}/pyworkforce"
        yield _row(
            case,
            some.seed,
            times["ours"],
            (took, took, took),
            agree=right,
            n=len(found),
            differ=len(differ),
            limit=1 / PEER,
        )


def _row(
    case: str, seed: int | None, ours: Sequence[float], other: Sequence[float], *, agree: bool, **more: Any
) -> dict[str, Any]:
    spread = {"low": ours[1], "high": ours[2], "reference_low": other[1], "reference_high": other[2]}
    met = ours[0] / other[0] <= more["limit"]
    return {"case": case, "seed": seed, "seconds": ours[0], "value": ours[0], "reference": other[0], "feasible": agree, "met": met, **spread, **more}  # fmt: skip


def _pyworkforce(contacts: float, handle_s: float, interval_s: float) -> int:
    erlang_c = importlib.import_module("pyworkforce.queuing").ErlangC  # installed for --peers only
    made = erlang_c(transactions=contacts, aht=handle_s / 60, asa=WITHIN_S / 60, interval=interval_s / 60)
    return int(made.required_positions(service_level=LEVEL, max_occupancy=CAP)["raw_positions"])


def _least(some: Intervals, i: int, n: int) -> bool:
    """Tell by precise arithmetic whether n meets the targets of an interval and n - 1 does not."""
    a = mp.mpf(float(some.contacts[i])) * mp.mpf(float(some.handle_s[i])) / mp.mpf(float(some.interval_s[i]))

    def meets(k: int) -> bool:
        if k <= a or a / k > CAP:
            return False
        odds = mp.mpf(0)
        for j in range(1, k + 1):
            odds = j / a * (1 + odds)
        late = mp.exp(-(k - a) * WITHIN_S / mp.mpf(float(some.handle_s[i]))) / (1 + (1 - a / k) * odds)
        return bool(1 - late >= LEVEL)

    return meets(n) and not meets(n - 1)


def inverse_a(repeats: int) -> dict[str, Any]:
    """Return the time of least staff under impatience at 100,000 erlangs."""
    traffic, goal = Traffic(1e5, handle_s=1800, patience_s=300), Goal(level=LEVEL, abandoned=0.03)
    found = float(staff_for(traffic, goal=goal).staff)
    fewer, enough = (performance(n, traffic=traffic) for n in (found - 1, found))
    least = [float(p.answered_in_time) >= LEVEL and float(p.abandoned) <= 0.03 for p in (fewer, enough)] == [
        False,
        True,
    ]
    ours = timed({"ours": lambda: staff_for(traffic, goal=goal)}, repeats)["ours"]
    return _row("inverse_a/100000", None, ours, (INVERSE_S, INVERSE_S, INVERSE_S), agree=least, limit=1.0, staff=found)


def exact(seed: int, draws: int) -> dict[str, Any]:
    """Return the greatest relative error over random loads, patience and staff."""
    rng, worst, began = np.random.default_rng(seed), mp.mpf(0), time.perf_counter()
    for _ in range(draws):
        a, r = 10 ** rng.uniform(-2, 5), 10 ** rng.uniform(-2, 2)
        n = max(1, math.floor(a + rng.uniform(-4, 8) * math.sqrt(a)))
        found = performance(n, traffic=Traffic(a, handle_s=1, interval_s=1, patience_s=1 / r))
        for ours, true in zip((found.waiting, found.abandoned, found.mean_wait_s), precise(n, a, r), strict=True):
            worst = max(worst, abs(float(ours) / true - 1) if true > 1e-290 else mp.mpf(0))
    took = time.perf_counter() - began
    met = bool(worst <= ERROR)
    return {"case": "exact", "seed": seed, "seconds": took, "value": float(worst), "reference": ERROR, "feasible": met, "met": met, "n": draws}  # fmt: skip


def precise(n: int, a: float, r: float) -> tuple[mp.mpf, mp.mpf, mp.mpf]:
    """Return P(wait), the share that gives up and the mean wait by sums over all states that matter, in 40 digits."""
    with mp.workdps(40):
        load, leave, tiny = mp.mpf(a), mp.mpf(r), mp.mpf(10) ** -28
        below, term = mp.mpf(0), mp.mpf(1)
        for i in range(n, 0, -1):
            term = term * i / load
            below += term
            if i < load and term < tiny * (1 + below):
                break
        queue, length, term, j = mp.mpf(1), mp.mpf(0), mp.mpf(1), 0
        while True:
            j += 1
            ratio = load / (n + j * leave)
            term *= ratio
            queue, length = queue + term, length + j * term
            if ratio < 1 and j * term < tiny * (1 + length) * (1 - ratio):
                break
        total = below + queue
        return queue / total, leave * length / total / load, length / total / load


def main(argv: list[str] | None = None) -> int:
    """Run all cases; exit status 1 if answers disagree or a limit is missed."""
    made = parser(__doc__)
    made.add_argument("--peers", action="store_true", help="run pyworkforce, too")
    args = made.parse_args(argv)
    chosen = case_set("erlang", args.set)
    seeds = range(1, (args.seeds or chosen["seeds"]) + 1)
    sources = [read(path) for path in args.paths] or [made_up(seed, chosen["intervals"]) for seed in seeds]
    found: list[dict[str, Any]] = []
    for source in sources:
        found += _told(staff(source, repeats=chosen["repeats"], peers=args.peers), json=args.json)
    found += _told([inverse_a(chosen["repeats"])], json=args.json)
    found += _told((exact(seed, chosen["draws"]) for seed in seeds), json=args.json)
    return int(not all(row["feasible"] and row["met"] for row in found))


def _told(rows: Any, *, json: bool) -> list[dict[str, Any]]:
    """Say each row as it comes, and return them all."""
    kept = []
    for row in rows:
        kept.append(row)
        names = ("numba", "numpy", "mpmath", *(["pyworkforce"] if "pyworkforce" in sys.modules else []))
        used = versions() | {name: importlib.metadata.version(name) for name in names}
        if json:
            print(line(bench="erlang", **row, versions=used), flush=True)
        else:
            times = row["value"] / row["reference"]
            sys.stdout.write(
                f"{row['case']:28} seed {row['seed'] or '-'}: {row['value']:.3g} against {row['reference']:.3g} (x {times:.3g}), "
                f"{'met' if row['met'] else 'missed'}, {'agree' if row['feasible'] else 'DISAGREE'}\n"
            )
    return kept


if __name__ == "__main__":
    sys.exit(main())
