"""The best next step from where the day stands now: every step simulated under the same chance, or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Issue, Severity, Stop
from troth.core.errors import InputError
from troth.core.spans import to_micros
from troth.queueing.twin import _layout as layout
from troth.queueing.twin._layout import NEVER
from troth.queueing.twin.now import TwinNow
from troth.queueing.twin.problem import TwinProblem
from troth.queueing.twin.solve import run
from troth.queueing.twin.steps import Allowed, NextStep, StepKind, check_allowed, steps, taken
from troth.queueing.twin.trace import Trace

Floats = NDArray[np.float64]
#: The first look at every step takes so many courses; the best so many steps are looked at closely.
_FIRST, _CLOSE = 50, 5
#: The share of customers who are the worst-off.
WORST: Final = 0.05


@dataclass(frozen=True, slots=True)
class Worth:
    """When a step is worth its cost.

    Parameters
    ----------
    hours : a paid hour must save at least so many hours of waiting.
    left_s : who leaves unserved counts as so many seconds of waiting more.
    least_s : the mean wait must fall by at least so many seconds, also where a step is free.
    target_s : service level is the share answered within this.
    level : of all intervals of effects.
    """

    hours: float = 1.0
    left_s: float = 600.0
    least_s: float = 5.0
    target_s: float = 300.0
    level: float = 0.95


#: What is taken unless asked otherwise.
USUAL_STEPS: Final = Allowed()
USUAL_WORTH: Final = Worth()


@dataclass(frozen=True, slots=True, eq=False)
class HourFigures:
    """Figures of courses of the next hours, each of shape (courses,).

    Customers are those who wait at the start and those who come until the end; a wait that is not over at the end is
    counted as long as it is then.

    Parameters
    ----------
    came : how many customers.
    served : how many of them were answered.
    mean_wait_s : their mean wait; 0 where nobody is.
    worst_s : mean wait of the worst-off 5 %, at least of one.
    left : share who left unserved.
    within : share answered within the target.
    burden_s : all waits, and those who left at their price.
    """

    came: Floats
    served: Floats
    mean_wait_s: Floats
    worst_s: Floats
    left: Floats
    within: Floats
    burden_s: Floats


@dataclass(frozen=True, slots=True)
class Effect:
    """A mean difference from doing nothing and where it lies with a confidence."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class JudgedStep:
    """A step and what it would bring, on courses that were not used to choose.

    Parameters
    ----------
    step : what.
    figures : of each course.
    wait_s, worst_s, left, within : effects on the figures of `HourFigures`.
    net_h : hours of waiting saved less what the step costs by `Worth`.
    """

    step: NextStep
    figures: HourFigures
    wait_s: Effect
    worst_s: Effect
    left: Effect
    within: Effect
    net_h: Effect


@dataclass(frozen=True, slots=True, eq=False)
class Advice:
    """What to do next.

    Parameters
    ----------
    now : what was asked.
    nothing : figures if nothing is done.
    candidates : all that were looked at closely, the best first as they were chosen; NOTHING is not among them.
    best : the advised step; NOTHING if none is surely worth its cost.
    tried : how many steps were simulated, doing nothing included.
    """

    now: TwinNow
    nothing: HourFigures
    candidates: tuple[JudgedStep, ...]
    best: NextStep
    tried: int
    worth: Worth
    seed: int

    @property
    def chosen(self) -> JudgedStep | None:
        """The advised step with its effects; None if it is to do nothing."""
        return next((one for one in self.candidates if one.step == self.best), None)

    def band(self, figure: str, *, level: float = 0.8) -> tuple[float, float]:
        """Return between which values a figure of the next hours lies with a probability if nothing is done."""
        values = getattr(self.nothing, figure)
        low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)


def advise(
    now: TwinNow,
    *,
    allowed: Allowed = USUAL_STEPS,
    worth: Worth = USUAL_WORTH,
    replications: int = 250,
    seed: int = 0,
    stop: Stop = Stop(),
    on_progress: Callable[[int, int], None] | None = None,
) -> Advice:
    """Return the best next step.

    Every allowed step is simulated with the same customers, services and patience as doing nothing. The best by one set of
    courses is then judged on another, so that it is not the luckiest that is praised; what is told are figures of the second.

    Parameters
    ----------
    now : the next hours; see `twin_now`.
    replications : courses of each set.
    seed : another seed gives other courses.
    stop : when to look at no further step.
    on_progress : told how many steps are done, of how many.

    Raises
    ------
    InputError
        With every error of what is asked or of the problem.

    Source
    ------
    Common random numbers: A. M. Law (2015), Simulation Modeling and Analysis, 5th edition, section 11.2. The winner's curse:
    J. E. Smith and R. L. Winkler (2006), The Optimizer's Curse, Management Science 52, 311-322.
    """
    issues = [*check_allowed(allowed), *_check_worth(worth, replications)]
    if issues:
        raise InputError(issues)
    ways = steps(now, allowed=allowed)
    few = min(_FIRST, replications)
    first: dict[NextStep, HourFigures] = {}
    for number, step in enumerate(ways):
        if number and stop.reached():
            break
        first[step] = simulated(taken(now, step=step), replications=few, seed=seed, worth=worth)
        if on_progress is not None:
            on_progress(number + 1, len(ways))
    base = first[NextStep()]
    order = sorted(
        (one for one in first if one.kind is not StepKind.NOTHING),
        key=lambda one: -_net(one, first[one], base, worth).mean,
    )
    close = order[:_CLOSE]
    again = {
        one: simulated(taken(now, step=one), replications=replications, seed=seed, worth=worth)
        for one in (NextStep(), *close)
    }
    close.sort(key=lambda one: -_net(one, again[one], again[NextStep()], worth).mean)
    chosen = next((one for one in close if _worthy(one, again[one], again[NextStep()], worth)), None)
    # Other courses from here on: the figures that are told had no part in the choice.
    fresh = {
        one: simulated(taken(now, step=one), replications=replications, first=replications, seed=seed + 1, worth=worth)
        for one in (NextStep(), *close)
    }
    nothing = fresh[NextStep()]
    stands = chosen is not None and _worthy(chosen, fresh[chosen], nothing, worth)
    told = [_candidate(one, fresh[one], nothing, worth) for one in close]
    return Advice(now, nothing, tuple(told), chosen if stands and chosen else NextStep(), len(first), worth, seed)


def simulated(
    problem: TwinProblem, *, replications: int, first: int = 0, seed: int, worth: Worth = USUAL_WORTH
) -> HourFigures:
    """Return figures of courses of a problem, each shape (replications,)."""
    result = run(problem, replications=replications, first=first, seed=seed)
    held = sum(one.agent is not None for one in problem.present)
    lines = np.array([not queue.deferred for queue in problem.queues])
    rows = [_figures(trace, held, lines, to_micros(problem.end), worth) for trace in result.traces]
    return HourFigures(*np.array(rows, dtype=np.float64).T)


def figures_of(
    waits_s: Floats, *, answered: NDArray[np.bool_], left: NDArray[np.bool_], worth: Worth = USUAL_WORTH
) -> tuple[float, ...]:
    """Return the figures of one course, in the order of `HourFigures`, from the waits of its customers, shape (n,)."""
    n = len(waits_s)
    if not n:
        return (0.0,) * len(fields(HourFigures))
    worst = np.sort(waits_s)[-max(1, int(np.ceil(WORST * n))) :]
    return (
        float(n), float(answered.sum()), float(waits_s.mean()), float(worst.mean()), float(left.mean()),
        float((answered & (waits_s <= worth.target_s)).mean()), float(waits_s.sum() + worth.left_s * left.sum()),
    )  # fmt: skip


def _figures(trace: Trace, held: int, lines: NDArray[np.bool_], end: int, worth: Worth) -> tuple[float, ...]:
    c = trace.contacts[held:]
    c = c[(c["joined"] < end) & (c["state"] != layout.COMING) & lines[c["queue"]]]
    answered = c["answered"] < end
    over = np.where(answered, c["answered"], np.where(c["left"] < NEVER, c["left"], end))
    waits = (np.minimum(over, end) - c["joined"]) / 1e6
    return figures_of(waits, answered=answered, left=(c["left"] < NEVER) & ~answered, worth=worth)


def _effect(after: Floats, before: Floats, level: float) -> Effect:
    """Return a mean difference of pairs with Student's interval."""
    from scipy.special import stdtrit

    apart = after - before
    half = (
        stdtrit(max(len(apart) - 1, 1), 0.5 + level / 2) * apart.std(ddof=min(1, len(apart) - 1)) / np.sqrt(len(apart))
    )
    return Effect(float(apart.mean()), float(apart.mean() - half), float(apart.mean() + half))


def _net(step: NextStep, after: HourFigures, before: HourFigures, worth: Worth) -> Effect:
    """Return the hours of waiting that are saved less the cost of the step in the same."""
    saved = _effect(before.burden_s / 3600, after.burden_s / 3600, worth.level)
    cost = worth.hours * step.cost_s / 3600
    return Effect(saved.mean - cost, saved.low - cost, saved.high - cost)


def _worthy(step: NextStep, after: HourFigures, before: HourFigures, worth: Worth) -> bool:
    """Tell whether a step is surely worth its cost, and neither the worst-off nor those who leave are surely worse for it."""
    wait = _effect(after.mean_wait_s, before.mean_wait_s, worth.level)
    surely = _net(step, after, before, worth).low > 0 and wait.high < 0 and wait.mean <= -worth.least_s
    return (
        surely
        and _effect(after.worst_s, before.worst_s, worth.level).low <= 0
        and _effect(after.left, before.left, worth.level).low <= 0
    )


def _candidate(step: NextStep, after: HourFigures, before: HourFigures, worth: Worth) -> JudgedStep:
    wait, worst, left, within = (
        _effect(getattr(after, name), getattr(before, name), worth.level)
        for name in ("mean_wait_s", "worst_s", "left", "within")
    )
    return JudgedStep(step, after, wait, worst, left, within, _net(step, after, before, worth))


def _check_worth(worth: Worth, replications: int) -> Sequence[Issue]:
    found = [
        Issue("out-of-range", Severity.ERROR, f"worth.{name}", f"{getattr(worth, name):g}", "Maybe 0 or more.")
        for name in ("hours", "left_s", "least_s", "target_s")
        if not 0 <= getattr(worth, name) < np.inf
    ]
    if not 0 < worth.level < 1:
        found.append(Issue("out-of-range", Severity.ERROR, "worth.level", f"{worth.level:g}", "Maybe 0.95."))
    if replications < 2:
        found.append(Issue("out-of-range", Severity.ERROR, "replications", str(replications), "Maybe 250."))
    return found
