"""What is to be done: projects of phases that need hours of skills, and deals that may become projects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class ContractKind(StrEnum):
    """How a customer pays."""

    TIME = "time_and_materials"
    FIXED = "fixed_price"
    RETAINER = "retainer"


@dataclass(frozen=True, slots=True)
class SkillNeed:
    """Hours of a skill that a phase needs.

    Parameters
    ----------
    hours : as estimated.
    level : the least level that will do.
    logged : hours worked on it so far.
    left : hours thought to be left; None is what is estimated less what is logged.
    role : whose rate is charged; empty for that of whoever does it.
    divisible : whether several people can share it; if not, one person does it all.
    """

    skill: str
    hours: float
    level: float = 0.0
    logged: float = 0.0
    left: float | None = None
    role: str = ""
    divisible: bool = True

    @property
    def remaining(self) -> float:
        """Hours still to be worked."""
        return max(self.hours - self.logged, 0.0) if self.left is None else self.left


@dataclass(frozen=True, slots=True)
class ProjectPhase:
    """A part of a project.

    Parameters
    ----------
    after : ids of phases of the same project that must be finished before.
    earliest, deadline : first day on which it may begin, last day on which it may end; None for any.
    task_type : what estimates of its kind are learned from.
    milestone, share : what its end is called, and the share of a fixed price that is earned with it.
    done : whether it is finished.
    """

    phase_id: str
    needs: tuple[SkillNeed, ...]
    after: tuple[str, ...] = ()
    earliest: date | None = None
    deadline: date | None = None
    task_type: str = ""
    milestone: str = ""
    share: float | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """A project that is sold, or is planned as if it were.

    Parameters
    ----------
    probability : 1 if it is sold, less while tentative.
    earliest, deadline : first day on which it may begin, last on which it must end.
    started : the first day somebody worked on it.
    promised_start, promised_finish : last days that were promised.
    price_cents : of a fixed price, or of a month of a retainer; `budget_cents` is what the customer will spend in all.
    estimator : who estimated it.
    weight : how much an hour of it is worth to the planner, relative to others.
    members : people preferred on it, as they know it.
    """

    project_id: str
    phases: tuple[ProjectPhase, ...]
    customer_id: str = ""
    template: str = ""
    kind: ContractKind = ContractKind.TIME
    probability: float = 1.0
    earliest: date | None = None
    deadline: date | None = None
    started: date | None = None
    promised_start: date | None = None
    promised_finish: date | None = None
    price_cents: int | None = None
    budget_cents: int | None = None
    currency: str = ""
    estimator: str = ""
    location: str = ""
    weight: float = 1.0
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deal:
    """What may be sold.

    Parameters
    ----------
    stage : as the seller calls it; `probability` is the seller's that it is won.
    phases : what it would need.
    wanted : the day on which the customer wants to begin; `closes`: on which it is expected to be decided.
    """

    deal_id: str
    phases: tuple[ProjectPhase, ...]
    probability: float
    wanted: date
    customer_id: str = ""
    template: str = ""
    kind: ContractKind = ContractKind.TIME
    stage: str = ""
    closes: date | None = None
    promised_start: date | None = None
    price_cents: int | None = None
    currency: str = ""
    seller: str = ""
    estimator: str = ""
    location: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """Hours somebody worked on a project on a day."""

    project_id: str
    person_id: str
    day: date
    hours: float
    phase_id: str = ""
    task_type: str = ""
    billable: bool = True
