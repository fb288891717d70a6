"""What if: two problems under the same chance, and what differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.queueing.twin.measure import Numbers, TwinFigures, measure
from troth.queueing.twin.problem import TwinProblem


@dataclass(frozen=True, slots=True, eq=False)
class TwinDifference:
    """Figures of two problems, and the differences of each pair of replications.

    Parameters
    ----------
    before, after : the figures of each, with the same members in the same order.
    """

    before: TwinFigures
    after: TwinFigures

    def figures(self) -> TwinFigures:
        """Return after less before as figures: their mean and its interval are those of paired differences."""
        values = {name: self.after.values[name] - values for name, values in self.before.values.items()}
        spread = {
            name: self.after.spread[name] - four
            for name, four in self.before.spread.items()
            if name in self.after.spread
        }
        return TwinFigures(
            self.before.by, self.before.members, self.before.edges, values, _both(self.before.n, self.after.n), spread
        )

    def mean(self, kpi: str) -> Numbers:
        """Return the mean difference, shape (members, periods)."""
        return self.figures().mean(kpi)

    def interval(self, kpi: str, *, level: float = 0.95) -> tuple[Numbers, Numbers]:
        """Return where the true mean difference lies with a confidence, shapes (members, periods)."""
        return self.figures().mean_interval(kpi, level=level)


def compare(before: TwinProblem, *, after: TwinProblem, **asked: Any) -> TwinDifference:
    """Simulate two problems with common random numbers.

    Customers of streams of the same name come at the same instants, need as long and are as patient in both, so that a
    difference shows with far fewer replications than two independent simulations would take.

    Parameters
    ----------
    before, after : what is, and what might be. They must cover the same time.
    asked : as of `measure`.

    Raises
    ------
    InputError
        With every error of either, or if their times differ.

    Source
    ------
    Common random numbers: A. M. Law (2015), Simulation Modeling and Analysis, 5th edition, section 11.2.
    """
    issues = other_time(before, after=after)
    if issues:
        raise InputError(issues)
    return paired(measure(before, **asked), after=measure(after, **asked))


def other_time(before: TwinProblem, *, after: TwinProblem) -> list[Issue]:
    """Return what is wrong if two problems do not cover the same time."""
    if (before.start, before.end, before.time_zone) == (after.start, after.end, after.time_zone):
        return []
    advice = "Maybe give both the same start, end and time zone."
    return [Issue("other-time", Severity.ERROR, "after", f"{after.start} {after.end}", advice)]


def paired(before: TwinFigures, *, after: TwinFigures) -> TwinDifference:
    """Return figures of two problems, measured alike with the same seed, as pairs of courses."""
    one, two = before, after
    members = tuple(sorted({*one.members, *two.members}, key=lambda member: tuple(map(str, member))))
    return TwinDifference(_widened(one, members), _widened(two, members))


def _widened(found: TwinFigures, members: tuple[tuple[Any, ...], ...]) -> TwinFigures:
    """Return figures with room for members they did not see."""
    if members == found.members:
        return found
    place = [members.index(member) for member in found.members]

    def wide(columns: Mapping[str, Numbers], empty: float) -> dict[str, Numbers]:
        made = {}
        for name, values in columns.items():
            made[name] = np.full((values.shape[0], len(members), *values.shape[2:]), empty)
            made[name][:, place] = values
        return made

    return TwinFigures(
        found.by, members, found.edges, wide(found.values, np.nan), wide(found.n, 0.0), wide(found.spread, np.nan)
    )


def _both(one: Mapping[str, Numbers], two: Mapping[str, Numbers]) -> dict[str, Numbers]:
    return {name: np.minimum(n, two[name]) for name, n in one.items()}
