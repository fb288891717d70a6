"""Days of the bank placed better: planned against a forecast, judged on the calls that came."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality._common import line
from troth.core.decision import Stop
from troth.core.random import stream
from troth.core.spans import Span
from troth.queueing.read import RecordedContacts
from troth.queueing.twin.arrivals import futures
from troth.queueing.twin.day import UNNAMED, RecordedDay, recorded_day
from troth.queueing.twin.floors import learn_days
from troth.queueing.twin.learn import LearnedFloor
from troth.queueing.twin.moves import Placing
from troth.queueing.twin.replan import PlacingScore, excesses, judged, replan

ZONE = "Asia/Jerusalem"
KNOWN = [date(1999, 8, day) for day in range(1, 16)]
TEST = [date(1999, 8, day) for day in range(16, 22)]
#: Floors to plan on, and others to judge on.
PLANNED, JUDGED = 12, 20


def replanned(seen: RecordedContacts, *, how: Mapping[str, Any], json: bool) -> None:
    """Plan and judge every test day, and print what came of it."""
    learned = learn_days(seen, days=KNOWN, time_zone=ZONE, seed=1)
    floors, others = learned.drawn(PLANNED, seed=7), learned.drawn(JUDGED, seed=99)
    pairs = []
    for on in TEST:
        began = time.perf_counter()
        pairs.append(one_day(seen, on, learned.usual, (floors, others), how))
        before, after = pairs[-1]
        value, told = after.mean_wait_s, excesses(after, before=before)
        if json:
            print(line(bench="replan", case=f"replan/{on}", seed=1, seconds=time.perf_counter() - began, value=value,
                       reference=before.mean_wait_s, feasible=max(told.values()) <= 0))  # fmt: skip
        else:
            print(f"{on}: mean wait {before.mean_wait_s:.1f} -> {value:.1f} s, gave up {before.share_gave_up:.3f} -> "
                  f"{after.share_gave_up:.3f}, P95 {before.p95_s.mean():.0f} -> {after.p95_s.mean():.0f} s; "
                  + ", ".join(f"{k} {100 * (v + 0.1):+.0f} %" for k, v in told.items() if k not in {"gave up", "P95"}),
                  flush=True)  # fmt: skip
    print(pooled(pairs))


def one_day(
    seen: RecordedContacts,
    on: date,
    usual: LearnedFloor,
    floors: tuple[list[LearnedFloor], list[LearnedFloor]],
    how: Mapping[str, Any],
) -> tuple[PlacingScore, PlacingScore]:
    """Return how a day fares as it was and as placed, on the calls that came."""
    day = recorded_day(seen, on=on, time_zone=ZONE)
    like = [recorded_day(seen, on=one, time_zone=ZONE) for one in KNOWN if kind(one) == kind(on)]
    same = [one for one in like if one.date.isoweekday() == on.isoweekday()] + [day]
    first, last = (fold(edge(one)[k] for one in same) for k, fold in ((0, min), (1, max)))
    made = replan(
        day, floors=floors[0], arrivals=futures(seen, day=day, like=like, floor=usual),
        open_span=Span(day.span.start + first, day.span.start + last), seed=7,
        replications=how["plan_replications"] // PLANNED, stop=Stop(seconds=how["seconds"]),
    )  # fmt: skip
    before, after = (
        judged(day, placing=placing, floors=floors[1], replications=max(1, how["replications"] // JUDGED), seed=99)
        for placing in (Placing({}, {}), made.placing)
    )
    print(f"{on}: planned {made.before.mean_wait_s:.1f} -> {made.after.mean_wait_s:.1f} s, "
          f"{made.tried} tried, {made.status}, head starts {made.placing.more_s}")  # fmt: skip
    return before, after


def kind(day: date) -> int:
    """Return what a day is like: Friday, Saturday, or another."""
    return day.isoweekday() if day.isoweekday() in (5, 6) else 0


def edge(day: RecordedDay) -> tuple[Any, Any]:
    """Return from when to when anybody was there, since the day's start."""
    spans = [span for name, spans in day.working.items() if name != UNNAMED for span in spans]
    return min(s.start for s in spans) - day.span.start, max(s.end for s in spans) - day.span.start


def pooled(pairs: list[tuple[PlacingScore, PlacingScore]], draws: int = 2000) -> str:
    """Return the cut in the mean wait of all callers of all days, with the interval of a bootstrap over days and courses."""
    rng = stream(1, "bootstrap")

    def cut(days: NDArray[Any], courses: NDArray[Any]) -> float:
        old, new, old_n, new_n = 0.0, 0.0, 0.0, 0.0
        for k in days:
            before, after = pairs[k]
            old, old_n = old + before.wait_sum[courses].sum(), old_n + before.callers[courses].sum()
            new, new_n = new + after.wait_sum[courses].sum(), new_n + after.callers[courses].sum()
        return float(1 - (new / new_n) / (old / old_n))

    n, runs = len(pairs), len(pairs[0][0].callers)
    found = [cut(rng.integers(n, size=n), rng.integers(runs, size=runs)) for _ in range(draws)]
    low, high = np.quantile(found, (0.025, 0.975))
    gave = [
        sum(float(one[k].gave_up.sum()) for one in pairs) / sum(float(one[k].callers.sum()) for one in pairs)
        for k in (0, 1)
    ]
    p95 = [float(np.mean([one[k].p95_s.mean() for one in pairs])) for k in (0, 1)]
    return (
        f"all days: mean wait cut {cut(np.arange(n), np.arange(runs)):.1%} ({low:.1%} to {high:.1%}), gave up {gave[0]:.3f} -> "
        f"{gave[1]:.3f}, P95 (mean of days) {p95[0]:.0f} -> {p95[1]:.0f} s"
    )
