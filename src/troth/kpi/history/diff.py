"""From one figure to another by what changed on the way, one thing at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from troth.core.terms import Unit
from troth.kpi.definition import Figure

#: Figures nearer than this are the same: a machine adds numbers up in whatever order they come.
_SAME: Final = 1e-9


class Cause(StrEnum):
    """Why a figure is another than it was, in the order in which causes are taken."""

    LOG = "log"  # events that came, were corrected or went since; schedules, forecasts and requirements as well
    DEFINITION = "definition"  # the KPI has a newer version
    TABLES = "tables"  # reference tables: calendars, agreements, rates and the like
    PARAMETERS = "parameters"  # the named defaults
    CALENDAR = "calendar"  # another calendar was asked for


@dataclass(frozen=True, slots=True)
class Course:
    """Figures after a cause has come to hold, those of all earlier causes included."""

    cause: Cause
    figures: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Change:
    """One figure before and after.

    Parameters
    ----------
    id, variant, by, start, end, unit : which figure.
    before, after : its value; None where there is none.
    causes : how much each cause added, in their order; they sum to the difference. None where a value is missing on
        either side of it. A cause that changed nothing is not there.
    """

    id: str
    variant: str
    by: Mapping[str, Any]
    start: str
    end: str
    unit: Unit
    before: float | None
    after: float | None
    causes: tuple[tuple[Cause, float | None], ...]

    @property
    def name(self) -> str:
        """The KPI's id, with the variant behind a slash if there is one."""
        return f"{self.id}/{self.variant}" if self.variant else self.id


def changes(before: Sequence[Figure], *, course: Sequence[Course]) -> list[Change]:
    """Return every figure that is before or after, with what each cause added.

    The share of a cause depends on the order in which they are taken, for causes act together; here the order is that
    of `Cause`.

    Parameters
    ----------
    before : the figures to start from.
    course : what they are after each cause, in order.
    """
    sides = [{_place(one): one for one in figures} for figures in (before, *(step.figures for step in course))]
    places = dict.fromkeys(place for side in sides for place in side)
    return [_change([side.get(place) for side in sides], course) for place in places]


def _place(one: Figure) -> tuple[Any, ...]:
    return one.id, one.variant, tuple(sorted((dim, str(member)) for dim, member in one.by.items())), one.start, one.end


def _change(sides: Sequence[Figure | None], course: Sequence[Course]) -> Change:
    known = next(one for one in sides if one is not None)
    values = [one.value if one is not None else None for one in sides]
    causes: list[tuple[Cause, float | None]] = []
    for step, low, high in zip(course, values, values[1:], strict=False):
        if low is None or high is None:
            causes += [(step.cause, None)] if low is not high else []
        elif not math.isclose(low, high, rel_tol=_SAME, abs_tol=_SAME):
            causes.append((step.cause, high - low))
    return Change(
        known.id, known.variant, known.by, known.start, known.end, known.unit, values[0], values[-1], tuple(causes)
    )
