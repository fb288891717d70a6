"""What truly happened in the practice, written down by its world while it runs."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, fields
from typing import NamedTuple, Self


class StartKept(NamedTuple):
    """A promised start: days are ordinals of local days, -1 while unknown; `outcome` kept, broken, waived or open."""

    deal: int
    project: int
    promised: int
    due: int
    probability: float
    started: int
    outcome: str


class TaskDone(NamedTuple):
    """A finished task: estimated and logged hours, and the true ratio of needed over estimated."""

    project: int
    task_type: str
    skill: str
    estimator: int
    estimate: float
    logged: float
    ratio: float


class Graded(NamedTuple):
    """A review: whose answer, its true quality in points of 100, who reviewed it (number), the score, instant in ms."""

    agent_id: str
    quality: float
    grader: int
    score: float
    at: int
    critical: bool
    cause: str


class ActionTaken(NamedTuple):
    """An action: about which KPI, whose, the days it was agreed and done on (-1: never), its effect if measured."""

    number: int
    kpi: str
    owner_id: str
    agreed: int
    day: int
    effect: float | None


@dataclass(slots=True)
class PracticeLedger:
    """All true records. Weeks are ordinals of their Mondays; hours and cents are sums.

    Parameters
    ----------
    revenue, cost : cents by week: what clients owe for the work of the week, what the paid hours of the week cost.
    paid, billable, support, bench : hours by week.
    capacity : contract hours by week of those employed, net of leave (and not of illness).
    deals : (deal, true probability from its first stage, stated probabilities by stage, won).
    asked : (question, team, came, begun, ended), milliseconds.
    """

    revenue: dict[int, float] = field(default_factory=dict)
    cost: dict[int, float] = field(default_factory=dict)
    paid: dict[int, float] = field(default_factory=dict)
    capacity: dict[int, float] = field(default_factory=dict)
    billable: dict[int, float] = field(default_factory=dict)
    support: dict[int, float] = field(default_factory=dict)
    bench: dict[int, float] = field(default_factory=dict)
    deals: list[tuple[int, float, tuple[float, ...], bool]] = field(default_factory=list)
    tasks: list[TaskDone] = field(default_factory=list)
    asked: list[tuple[int, str, int, int, int]] = field(default_factory=list)
    reviews: list[Graded] = field(default_factory=list)
    calibrations: list[tuple[int, float, tuple[float, ...]]] = field(default_factory=list)

    def copy(self) -> Self:
        """Return a copy to go on with; single records are shared."""
        return type(self)(**{f.name: copy(getattr(self, f.name)) for f in fields(self)})

    def add(self, what: dict[int, float], *, week: int, amount: float) -> None:
        """Add to one of the sums by week."""
        what[week] = what.get(week, 0.0) + amount
