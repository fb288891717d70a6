"""What a schedule has to decide: activities with precedences that need people of several skills, and the people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ProjectActivity:
    """A piece of work that is not interrupted.

    Parameters
    ----------
    activity_id : unique.
    duration : in whole periods; 0 is a milestone, which needs nobody.
    needs : how many people in each skill, all of them from its start to its end.
    release : it may not start before.
    deadline : it may not end after; None if there is none.
    start : it starts then, as it is settled or has begun; None if that is open.
    """

    activity_id: str
    duration: int
    needs: Mapping[str, int] = field(default_factory=dict)
    release: int = 0
    deadline: int | None = None
    start: int | None = None


@dataclass(frozen=True, slots=True)
class SkilledWorker:
    """A person who can do some skills, one at a time.

    Parameters
    ----------
    worker_id : unique.
    skills : what they can do.
    away : spans of periods, from and up to but not with the second, in which they cannot work.
    """

    worker_id: str
    skills: frozenset[str]
    away: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Precedence:
    """One activity starts at least `lag` periods after another has ended."""

    before: str
    after: str
    lag: int = 0


@dataclass(frozen=True, slots=True)
class ScheduleProblem:
    """Who does what when, so that the last activity ends as early as can be.

    Periods are counted from 0 in whole numbers: hours, days, whatever `period` says. The problem is the multi-skill
    project scheduling problem (MSPSP) of Montoya, Bellenguez-Morineau, Pinson and Rivreau (2014, International
    Transactions in Operational Research 21) and Correia, Lourenco and Saldanha-da-Gama (2012, European Journal of
    Operational Research 222), with releases, deadlines, absences and settled starts beside it.

    Parameters
    ----------
    activities, workers : ids are unique among each.
    precedences : which ends before which.
    period : what a period is called in pictures and sentences.

    Examples
    --------
    >>> dig, lay = ProjectActivity("dig", 2, {"digger": 1}), ProjectActivity("lay", 3, {"fitter": 1})
    >>> crew = (SkilledWorker("ada", frozenset({"digger", "fitter"})),)
    >>> ScheduleProblem((dig, lay), crew, (Precedence("dig", "lay"),)).period
    'day'
    """

    activities: tuple[ProjectActivity, ...]
    workers: tuple[SkilledWorker, ...]
    precedences: tuple[Precedence, ...] = ()
    period: str = "day"


@dataclass(frozen=True, slots=True)
class SkillAssignment:
    """A person does one skill of an activity, from its start to its end."""

    activity_id: str
    worker_id: str
    skill: str
