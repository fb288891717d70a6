"""Figures of a problem for people: in total, by queue and by interval, each with its intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np

from troth.core.decision import Stop
from troth.core.terms import Direction, Unit
from troth.core.time import Step
from troth.kpi.catalogue import chosen
from troth.kpi.definition import Kpi, Params
from troth.queueing.twin.day import IDLE
from troth.queueing.twin.measure import KPIS, TwinFigures, measure
from troth.queueing.twin.problem import TwinProblem

#: Who is meant by a figure that is not of one queue.
ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class TwinFigure:
    """One figure of a simulation.

    Parameters
    ----------
    kpi, title, unit, direction : which figure, and which way is better.
    member : of which queue or service; `ALL` for all together.
    start, end : of which time.
    mean, low, high : the mean over all possible courses, and where it lies with 95 % confidence.
    from_, to : between which values one course lies with a probability of 90 %.
    p50, p90 : of figures that are times of contacts, the mean of each course's quantile; NaN of others.
    n : what a course counts on average.
    """

    kpi: str
    title: str
    unit: Unit
    direction: Direction
    member: str
    start: datetime
    end: datetime
    mean: float
    low: float
    high: float
    from_: float
    to: float
    p50: float
    p90: float
    n: float


@dataclass(frozen=True, slots=True)
class TwinQuestion:
    """What is asked of a simulation.

    Parameters
    ----------
    kpis : names, as in `kpi.query.Query`.
    by : queue, or service where the log's queues are one line; empty for figures in total only.
    every : the width of intervals; None for none.
    params : see `Params`.
    replications, seed, workers, stop : see `run`.
    """

    kpis: tuple[str, ...] = KPIS
    by: str = ""
    every: Step | None = None
    params: Params = field(default_factory=Params)
    replications: int = 100
    seed: int = 0
    workers: int | None = 1
    stop: Stop = Stop()


def parts_of(problem: TwinProblem) -> str:
    """Return what tells contacts of a problem apart: queues, or services where all of the log's queues are one line.

    Empty if nothing does.
    """
    queues = {queue.name for queue in problem.queues} - {IDLE}
    services = {stream.service or stream.name for stream in problem.streams} - {IDLE}
    if len(queues) > 1:
        return "queue"
    named = any(stream.service for stream in problem.streams if stream.service != IDLE)
    return "service" if named and len(services) > 1 else ""


def measured(
    problem: TwinProblem, *, asked: TwinQuestion, on_progress: Callable[[float], None] | None = None
) -> tuple[tuple[TwinFigures, tuple[Kpi, ...]], ...]:
    """Return the figures asked for: in total, by queue, and by interval, with the declarations of each lot.

    What servers do when nobody waits is work, so it counts in occupancy, but its pieces are no contacts.
    """
    kept = {"service": tuple(sorted({s.service or s.name for s in problem.streams} - {IDLE}))}
    idle = any(stream.service == IDLE for stream in problem.streams)
    kinds = chosen(asked.kpis)
    served = tuple(kpi for kpi in kinds if all(part.timeline.startswith("contacts") for part in kpi.parts))
    others = tuple(kpi for kpi in kinds if kpi not in served)
    splits: list[tuple[tuple[Kpi, ...], tuple[str, ...]]] = [(served, ()), (others, ())]
    splits += [(served, (asked.by,))] if asked.by else []
    steps = (None, asked.every) if asked.every else (None,)
    lots = [(some, by, every) for every in steps for some, by in splits if some]
    found = []
    for k, (some, by, every) in enumerate(lots):
        figures = measure(
            problem, kpis=[f"{kpi.id}/{kpi.variant}" for kpi in some], by=by, every=every, params=asked.params,
            where=kept if idle and some is served else None, replications=asked.replications, seed=asked.seed,
            workers=asked.workers, stop=asked.stop,
            on_progress=_part(on_progress, k, len(lots)),
        )  # fmt: skip
        found.append((figures, some))
    return tuple(found)


def _part(tell: Callable[[float], None] | None, k: int, of: int) -> Callable[[int, int], None] | None:
    """Return what tells of the k-th of some lots as a part of the whole."""
    return None if tell is None else lambda done, all_: tell((k + done / all_) / of)


def told(lots: Sequence[tuple[TwinFigures, Sequence[Kpi]]], *, differences: bool = False) -> tuple[TwinFigure, ...]:
    """Return figures one by one; members that are nobody, and those without a value, are left out.

    Parameters
    ----------
    differences : the figures are differences, which may lie below nought.
    """
    found = [one for figures, kinds in lots for kpi in kinds for one in _of(figures, kpi, differences=differences)]
    whole = max((one.end - one.start for one in found), default=None)
    # All together before each queue, the whole time before its intervals.
    return tuple(sorted(found, key=lambda one: (one.end - one.start != whole, one.member != ALL, one.member)))


def _of(figures: TwinFigures, kpi: Kpi, *, differences: bool) -> list[TwinFigure]:
    name = kpi.name
    mean, (low, high), (least, most) = figures.mean(name), figures.mean_interval(name), figures.band(name)
    if not differences:
        # With few courses Student's t reaches beyond what can be; a share whose sums are of the same rows ends at one.
        top = 1.0 if kpi.unit is Unit.SHARE and len(kpi.parts) == 1 else np.inf
        low, high = np.maximum(low, 0.0), np.minimum(high, top)
    n = figures.n[name].mean(axis=0)
    found = []
    for m, member in enumerate(figures.members):
        for p, (start, end) in enumerate(zip(figures.edges, figures.edges[1:], strict=False)):
            if (member and member[0] is None) or not np.isfinite(mean[m, p]):
                continue
            found.append(
                TwinFigure(
                    name, kpi.title, kpi.unit, kpi.direction, str(member[0]) if member else ALL, start, end, float(mean[m, p]),
                    float(low[m, p]), float(high[m, p]), float(least[m, p]), float(most[m, p]),
                    *_quantiles(figures.spread, name, m, p), float(n[m, p]),
                )
            )  # fmt: skip
    return found


def _quantiles(spread: Mapping[str, np.ndarray], name: str, m: int, p: int) -> tuple[float, float]:
    if name not in spread:
        return float("nan"), float("nan")
    four = spread[name][:, m, p]
    p50, p90 = (float(np.nanmean(four[:, k])) if np.isfinite(four[:, k]).any() else float("nan") for k in (0, 1))
    return p50, p90
