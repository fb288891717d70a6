"""Days that happened, lived through again in the twin with the staff that was there: figure by figure against reality."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Stop
from troth.core.random import stream as random_stream
from troth.core.spans import to_micros
from troth.queueing.read import Floats, Marks, Names, RecordedContacts, day_number
from troth.queueing.twin import _layout as layout
from troth.queueing.twin.day import IDLE, UNNAMED, RecordedDay, problem_of, recorded_day
from troth.queueing.twin.learn import USUAL, Learning, learn
from troth.queueing.twin.problem import TwinProblem
from troth.queueing.twin.solve import run
from troth.queueing.twin.trace import Trace

#: The parts of a day by local hour.
PARTS: Final = (("before 12", 0, 12), ("12 to 17", 12, 17), ("from 17", 17, 24))
#: A kind or part of the day has figures of its own with at least so many contacts.
ENOUGH: Final = 30


@dataclass(frozen=True, slots=True, eq=False)
class LivedContacts:
    """Contacts as far as figures need them, recorded or simulated; arrays of shape (n,).

    `waits` are NaN for who neither was answered nor gave up, `handle_s` for who was not served to the end.
    """

    queue: Names
    hour: Floats
    wait_s: Floats
    answered: Marks
    gave_up: Marks
    handle_s: Floats
    named: Marks


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
    variants: int = 20,
    draw: int | None = None,
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
    replications, variants : of each day; each variant learns from its own bootstrap of the days to learn from, so that
        intervals hold what is not known of the floor, and lives through as many replications.
    draw : days in each bootstrap; fewer than there are make variants differ as single days do. All if left out.
    stop : ends after the day that is running.
    on_progress : told how many days are done, of how many.

    Raises
    ------
    InputError
        As for `learn` and `recorded_day`.
    """
    fitted = seen.on([day_number(day) for day in fit_days])
    rules = learn(fitted, how=how)
    rng = random_stream(seed, "validate")
    numbers = np.array([day_number(day) for day in fit_days])
    floors = [
        learn(seen.on(rng.choice(numbers, size=draw or len(numbers))), how=how, rules=rules) for _ in range(variants)
    ]
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


def recorded_figures(day: RecordedDay, *, how: Learning = USUAL) -> dict[str, float]:
    """Return the figures of a day as it was."""
    c = day.contacts
    handle = np.where(c.handle_s <= how.longest_s, c.handle_s, np.nan)
    lived = LivedContacts(c.queue, c.hour, c.wait_s, c.answered, c.gave_up, handle, c.agent != "")
    return figures(lived, present_s=day.present_s, given=lived)


def twin_figures(trace: Trace, *, problem: TwinProblem, present_s: float) -> dict[str, float]:
    """Return the figures of one course of a day."""
    return figures(lived_contacts(trace, problem=problem), present_s=present_s)


def lived_contacts(trace: Trace, *, problem: TwinProblem) -> LivedContacts:
    """Return the contacts of a trace."""
    idle = np.array([stream.service == IDLE for stream in problem.streams])
    c = trace.contacts[~idle[trace.contacts["stream"]]]
    served, gave_up = c["answered"] < layout.NEVER, c["outcome"] == layout.ABANDONED
    until = np.where(served, c["answered"], np.where(gave_up, c["left"], c["joined"]))
    wait = np.where(served | gave_up, (until - c["joined"]) / 1e6, np.nan)
    over = served & (c["ended"] < layout.NEVER)
    handle = np.where(over, (c["ended"] - np.where(over, c["answered"], 0)) / 1e6, np.nan)
    names = np.array([stream.service for stream in problem.streams])
    known = np.array([agent.name != UNNAMED for agent in problem.agents])
    hour = (c["joined"] - to_micros(problem.start)) / 3.6e9
    return LivedContacts(names[c["stream"]], hour, wait, served, gave_up, handle, known[np.maximum(c["agent"], 0)])


def figures(lived: LivedContacts, *, present_s: float, given: LivedContacts | None = None) -> dict[str, float]:
    """Return the figures of a day; the list in docs/background/replan.md says which.

    Parameters
    ----------
    present_s : time of presence of known servers.
    given : contacts that say which kinds and parts of the day have figures of their own; all of them if left out.
    """
    wait, served, gone = lived.wait_s, lived.answered, lived.gave_up
    over = wait[served | gone]
    found = {
        "volume": float(len(wait)), "answered": float(served.sum()), "share gave up": float(gone.mean()),
        "share answered at once": float((served & (wait <= 0)).mean()),
        "mean wait of answered": _mean(wait[served]), "mean wait of gave up": _mean(wait[gone]), "mean wait of all": _mean(over),
        "P50 wait": _quantile(over, 0.5), "P90 wait": _quantile(over, 0.9), "P95 wait": _quantile(over, 0.95),
        "longest wait": _quantile(over, 1.0),
        "in 20 s": float((served & (wait <= 20)).mean()), "in 60 s": float((served & (wait <= 60)).mean()),
        "mean handle": _mean(lived.handle_s[served]),
        "occupancy": float(np.nansum(lived.handle_s[served & lived.named])) / present_s,
        "mean waiting": float(np.nansum(over)) / max(float(np.ptp(lived.hour)) * 3600, 1.0),
    }  # fmt: skip
    for queue in np.unique(lived.queue):
        mine = lived.queue == queue
        if given is None or mine.sum() >= ENOUGH:
            found[f"share gave up, {queue}"] = float(gone[mine].mean())
            found[f"mean wait of answered, {queue}"] = _mean(wait[mine & served])
            found[f"mean handle, {queue}"] = _mean(lived.handle_s[mine & served])
    for name, first, last in PARTS:
        mine = (lived.hour >= first) & (lived.hour < last)
        if given is None or mine.sum() >= ENOUGH:
            found[f"mean wait of answered, {name}"] = _mean(wait[mine & served])
    return found


def _mean(values: Floats) -> float:
    known: NDArray[Any] = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _quantile(values: Floats, q: float) -> float:
    return float(np.quantile(values, q)) if len(values) else float("nan")
