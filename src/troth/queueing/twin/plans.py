"""Several plans against one, under the same chance: figures of each and what differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from troth.core.errors import InputError
from troth.core.terms import Direction
from troth.kpi.definition import Kpi
from troth.queueing.twin.compare import other_time, paired
from troth.queueing.twin.measure import Numbers, TwinFigures
from troth.queueing.twin.problem import TwinProblem
from troth.queueing.twin.summary import ALL, TwinFigure, TwinQuestion, measured, told

Lots = tuple[tuple[TwinFigures, tuple[Kpi, ...]], ...]


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """One figure of a plan beside that of the base.

    Parameters
    ----------
    plan : its name.
    before, after : the means of both; NaN where one has none.
    figure : the difference, plan less base, with the interval of paired differences.
    """

    plan: str
    before: float
    after: float
    figure: TwinFigure

    @property
    def verdict(self) -> str:
        """What the interval tells: better, worse, or that it differs where neither way is better; open if nought is in it."""
        low, high, direction = self.figure.low, self.figure.high, self.figure.direction
        if low == high == 0:
            return "the same"
        if low <= 0 <= high or not np.isfinite(low + high):
            return "open"
        if direction is Direction.NEITHER:
            return "differs"
        return "better" if (self.figure.mean > 0) == (direction is Direction.HIGHER) else "worse"


@dataclass(frozen=True, slots=True, eq=False)
class Plans:
    """Plans compared.

    Parameters
    ----------
    lots : by plan, the base first, the figures as measured.
    differences : of each plan but the base.
    """

    lots: Mapping[str, Lots]
    differences: tuple[PlanDifference, ...]

    def courses(self, kpi: str) -> dict[str, Numbers]:
        """Return by plan a figure of each course for all together, shape (replications,)."""
        found = {}
        for name, lots in self.lots.items():
            figures = next(figures for figures, _ in lots if not figures.by and kpi in figures.values)
            found[name] = figures.values[kpi][:, 0, 0] if figures.members else np.full(figures.replications, np.nan)
        return found

    def kinds(self) -> dict[str, Kpi]:
        """Return the declarations of the figures by name."""
        return {kpi.name: kpi for _, kinds in next(iter(self.lots.values())) for kpi in kinds}


def plans(
    base: TwinProblem,
    *,
    others: Mapping[str, TwinProblem],
    asked: TwinQuestion,
    name: str = "as it is",
    on_progress: Callable[[float], None] | None = None,
) -> Plans:
    """Measure plans with common random numbers and take differences by pairs of courses.

    Parameters
    ----------
    others : plans by name.
    name : of the base.

    Raises
    ------
    InputError
        With every error of any, or if one covers another time than the base.
    """
    issues = [
        replace(issue, where=plan) for plan, other in others.items() for issue in other_time(base, after=other)
    ]  # fmt: skip
    if issues:
        raise InputError(issues)
    every = {name: base, **others}
    lots: dict[str, Lots] = {}
    for k, (plan, problem) in enumerate(every.items()):
        lots[plan] = measured(problem, asked=asked, on_progress=_part(on_progress, k, len(every)))
    found = tuple(one for plan in others for one in _differences(plan, lots[name], lots[plan]))
    return Plans(lots, found)


def _part(tell: Callable[[float], None] | None, k: int, of: int) -> Callable[[float], None] | None:
    return None if tell is None else lambda done: tell((k + done) / of)


def _differences(plan: str, before: Lots, after: Lots) -> list[PlanDifference]:
    pairs = [(paired(one, after=two), kinds) for (one, kinds), (two, _) in zip(before, after, strict=True)]
    sides = [
        {(one.kpi, one.member, one.start, one.end): one.mean for one in told(lots)} for lots in (before, after)
    ]  # fmt: skip
    found = []
    for one in told([(pair.figures(), kinds) for pair, kinds in pairs], differences=True):
        was, became = (side.get((one.kpi, one.member, one.start, one.end), float("nan")) for side in sides)
        found.append(PlanDifference(plan, was, became, one))
    return found


def of_all(found: Plans) -> list[PlanDifference]:
    """Return the differences for all together."""
    return [one for one in found.differences if one.figure.member == ALL]
