"""Days that happened, lived through again in the twin with the staff that was there: figure by figure against reality."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from troth.core.decision import Stop
from troth.queueing.read import RecordedContacts
from troth.queueing.twin.day import problem_of, recorded_day
from troth.queueing.twin.figures import recorded_figures, twin_figures
from troth.queueing.twin.floors import learn_days
from troth.queueing.twin.learn import USUAL, Learning
from troth.queueing.twin.solve import run


@dataclass(frozen=True, slots=True)
class TwinCell:
    """One figure of one day: what really was, and between which values the twin has it with a probability of 90 %."""

    date: date
    figure: str
    real: float
    low: float
    mean: float
    high: float

    @property
    def holds(self) -> bool:
        """Tell whether reality lies within."""
        return self.low <= self.real <= self.high


@dataclass(frozen=True, slots=True)
class Validation:
    """Figures of days, real against simulated.

    Parameters
    ----------
    cells : by day and figure.
    spread : by figure, how wide a 90 % interval from the like days before alone would be; NaN of fewer than three.
    replications : of each day.
    """

    cells: tuple[TwinCell, ...]
    spread: Mapping[str, float]
    replications: int

    @property
    def held(self) -> float:
        """The share of cells in which reality lies within the interval; volume, which is given, does not count."""
        counted = [cell.holds for cell in self.cells if cell.figure != "volume"]
        return float(np.mean(counted)) if counted else float("nan")


def validate(
    seen: RecordedContacts,
    *,
    days: Sequence[date],
    fit_days: Sequence[date],
    spread_days: Sequence[date] = (),
    time_zone: str = "UTC",
    how: Learning = USUAL,
    replications: int = 200,
    variants: int = 40,
    seed: int = 1,
    stop: Stop = Stop(),
    on_progress: Callable[[int, int], None] | None = None,
) -> Validation:
    """Replay days with the customers who came and the staff who was there, and compare.

    Parameters
    ----------
    seen : contacts of all days named.
    days, fit_days : days to replay; days to learn the floor from.
    spread_days : days to tell the spread between days from; `fit_days` if none is given.
    replications, variants : of each day; each variant is a floor as one of the days to learn from may have been, so that
        intervals hold what differs from day to day, and lives through as many replications.
    stop : ends after the day that is running.
    on_progress : told how many days are done, of how many.

    Raises
    ------
    InputError
        As for `learn` and `recorded_day`.
    """
    floors = learn_days(seen, days=fit_days, time_zone=time_zone, how=how, seed=seed).drawn(variants, seed=seed)
    each, cells = -(-replications // variants), []
    for done, on in enumerate(days):
        if stop.reached(steps=done):
            break
        day = recorded_day(seen, on=on, time_zone=time_zone, how=how)
        real = recorded_figures(day, how=how)
        told = [
            twin_figures(trace, problem=problem, present_s=day.present_s)
            for k, floor in enumerate(floors)
            for problem in [problem_of(day, floor=floor, seed=seed, number=k)]
            for trace in run(problem, replications=each, first=k * each, seed=seed).traces
        ]
        cells += _cells(on, real, told)
        if on_progress is not None:
            on_progress(done + 1, len(days))
    return Validation(
        tuple(cells), _spread(seen, spread_days or fit_days, time_zone=time_zone, how=how), each * variants
    )


def _cells(on: date, real: Mapping[str, float], told: Sequence[Mapping[str, float]]) -> list[TwinCell]:
    found = []
    for figure, value in real.items():
        values = np.array([one.get(figure, np.nan) for one in told])
        low, high = np.nanquantile(values, (0.05, 0.95))
        found.append(TwinCell(on, figure, value, float(low), float(np.nanmean(values)), float(high)))
    return found


def _spread(seen: RecordedContacts, days: Sequence[date], *, time_zone: str, how: Learning) -> dict[str, float]:
    told = [recorded_figures(recorded_day(seen, on=on, time_zone=time_zone, how=how), how=how) for on in days]
    names = dict.fromkeys(name for one in told for name in one)
    values = {name: [one[name] for one in told if np.isfinite(one.get(name, np.nan))] for name in names}
    return {
        name: 3.29 * float(np.std(those, ddof=1)) if len(those) > 2 else float("nan") for name, those in values.items()
    }
