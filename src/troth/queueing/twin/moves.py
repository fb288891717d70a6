"""Ways to place a day: what may be moved where to, and a first guess by formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np

from troth.core.spans import Span
from troth.queueing.read import Floats
from troth.queueing.twin.day import UNNAMED, RecordedDay
from troth.queueing.twin.learn import Kind, LearnedFloor
from troth.queueing.twin.times import Times, levels

#: Stretches start on this grid from where they were.
STEP: Final = timedelta(minutes=15)
#: A server's day is no longer than this from first start to last end, unless it was.
LONGEST: Final = timedelta(hours=12)
#: How far head starts may be moved, in seconds.
HEADS: Final = (-120.0, -60.0, -30.0, 30.0, 60.0, 120.0)


@dataclass(frozen=True, slots=True)
class Placing:
    """A way to place a day.

    Parameters
    ----------
    steps : by server, by how many `STEP`s each stretch starts later than it did; negative for earlier.
    more_s : by queue, how much further ahead its customers stand in line.
    """

    steps: Mapping[str, tuple[int, ...]]
    more_s: Mapping[str, float]


def placed(day: RecordedDay, *, placing: Placing) -> dict[str, tuple[Span, ...]]:
    """Return presence as placed."""
    return {
        name: tuple(
            Span(span.start + k * STEP, span.end + k * STEP)
            for span, k in zip(spans, placing.steps.get(name, (0,) * len(spans)), strict=True)
        )
        for name, spans in day.working.items()
    }


class Moves:
    """What may be moved, and where to."""

    def __init__(self, day: RecordedDay, open_span: Span, gap_s: float) -> None:
        self.day, self.open, self.gap = day, open_span, gap_s
        self.stretches = [(n, k) for n, spans in sorted(day.working.items()) if n != UNNAMED for k in range(len(spans))]

    def fits(self, name: str, *, steps: tuple[int, ...]) -> bool:
        """Tell whether a server's stretches lie within the hours, in order and apart."""
        spans = self.day.working[name]
        moved = [(s.start + k * STEP, s.end + k * STEP) for s, k in zip(spans, steps, strict=True)]
        apart = [(later[0] - sooner[1]).total_seconds() for sooner, later in pairwise(moved)]
        inside = all(
            k == 0 or (self.open.start <= start and end <= self.open.end)
            for (start, end), k in zip(moved, steps, strict=True)
        )
        whole = moved[-1][1] - moved[0][0]
        short = whole <= max(LONGEST, spans[-1].end - spans[0].start)
        return inside and short and all(gap >= self.gap for gap in apart)

    def places(self, name: str, *, at: int, steps: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        """Yield every way to place one stretch while the others stay, and to move all of a server's alike."""
        for k in range(-64, 65):
            for told in ((*steps[:at], k, *steps[at + 1 :]), tuple(step + k for step in steps)):
                if self.fits(name, steps=told):
                    yield told

    def near(self, placing: Placing, *, queues: Sequence[str], rng: np.random.Generator) -> Placing:
        """Return a neighbour: one or two servers moved, or a head start changed."""
        if rng.random() < 0.3 and queues:
            queue = str(rng.choice(queues))
            more = float(np.clip(placing.more_s.get(queue, 0.0) + rng.choice(HEADS), -600, 600))
            return replace(placing, more_s={**placing.more_s, queue: more})
        steps = dict(placing.steps)
        for _ in range(int(rng.integers(1, 3))):
            name, at = self.stretches[int(rng.integers(len(self.stretches)))]
            by, alike = int(rng.choice((-6, -4, -2, -1, 1, 2, 4, 6))), rng.random() < 0.5
            told = tuple(step + by * (alike or k == at) for k, step in enumerate(steps[name]))
            if self.fits(name, steps=told):
                steps[name] = told
        return replace(placing, steps=steps)


def guess(
    day: RecordedDay,
    *,
    floor: LearnedFloor,
    arrivals: Mapping[Kind, Floats],
    moves: Moves,
    rng: np.random.Generator,
    wait_s: float,
) -> Placing:
    """Return a placing that a formula finds good: each quarter of an hour on its own, all kinds alike.

    Servers count for as much as makes the formula's mean wait of the day as it was `wait_s`, that of the twin.
    """
    cost = _cost_table(floor, arrivals)
    width, begin = STEP.total_seconds(), day.span.start
    edges = np.arange(cost.shape[0] + 1) * width

    @cache
    def there(name: str, at: int, k: int) -> Floats:
        span = day.working[name][at]
        start, end = ((one + k * STEP - begin).total_seconds() for one in (span.start, span.end))
        share = np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], start), 0, None) / width
        return np.asarray(share / floor.pace.get(name, 1.0), dtype=np.float64)

    def all_of(name: str, told: tuple[int, ...]) -> Floats:
        return np.asarray(sum(there(name, at, k) for at, k in enumerate(told)), dtype=np.float64)

    def total(staff: Floats) -> float:
        place = np.clip(staff * 4, 0, cost.shape[1] - 1.001)
        low = place.astype(int)
        row = np.arange(len(staff))
        return float((cost[row, low] + (place - low) * (cost[row, low + 1] - cost[row, low])).sum())

    steps = {name: (0,) * len(spans) for name, spans in day.working.items()}
    staff = np.sum([all_of(name, told) for name, told in steps.items()], axis=0)
    callers, low, high = float(sum(rate.sum() for rate in arrivals.values())), 0.3, 2.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if total(middle * staff) > wait_s * callers else (low, middle)
    best = total(low * staff)
    for _ in range(6):
        moved = False
        for k in rng.permutation(len(moves.stretches)):
            name, at = moves.stretches[int(k)]
            bare = staff - all_of(name, steps[name])
            ways = [
                (total(low * (bare + all_of(name, told))), told)
                for told in moves.places(name, at=at, steps=steps[name])
            ]
            if ways and min(ways)[0] < best - 1e-6:
                best, steps[name] = min(ways)
                staff, moved = bare + all_of(name, steps[name]), True
        if not moved:
            break
    return Placing(steps, {})


def _cost_table(floor: LearnedFloor, arrivals: Mapping[Kind, Floats]) -> Floats:
    """Return the total wait in each quarter of an hour by staff in quarters of a server, shape (104, 161)."""
    from troth.queueing.erlang import Traffic, performance

    rates = np.repeat(np.sum(list(arrivals.values()), axis=0) / 2, 2)
    calls = {kind: float(rate.sum()) for kind, rate in arrivals.items()}
    shares = np.array(list(calls.values())) / max(sum(calls.values()), 1e-9)
    handle = float(np.dot(shares, [floor.handle[queue].mean_s for queue, _ in calls]))
    away = floor.pause.mean_s + floor.rests[""] * floor.rest.mean_s
    staff = np.arange(161) / 4
    found = np.zeros((len(rates), len(staff)))
    busy = rates > 0
    traffic = Traffic(
        rates[busy, None],
        handle_s=handle + away,
        interval_s=STEP.total_seconds(),
        patience_s=floor.patience["", 0].mean_s,
    )
    wait = np.asarray(performance(staff[None, :], traffic=traffic).mean_wait_s)
    found[busy] = rates[busy, None] * np.nan_to_num(wait, nan=1e4, posinf=1e4)
    return np.asarray(found, dtype=np.float64)


def coarse(floor: LearnedFloor, *, steps: int = 128) -> LearnedFloor:
    """Return a floor with smaller tables of times, which is packed faster."""

    def small(times: Times) -> Times:
        return times if len(times.seconds) <= steps else Times(np.quantile(times.seconds, levels(steps)))

    return replace(
        floor,
        handle={queue: small(times) for queue, times in floor.handle.items()},
        pause=small(floor.pause),
        patience={kind: small(times) for kind, times in floor.patience.items()},
        idle_rest=small(floor.idle_rest),
    )
