"""The true parameters of a consulting practice: what a planner must find out, or never learns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from troth.demo.truth import Shared

#: How a customer pays.
TIME, FIXED, RETAINER = "time_and_materials", "fixed_price", "retainer"
#: Stages a deal passes before it is won, in order; it is lost from any of them.
STAGES: Final = ("lead", "qualified", "proposal", "negotiation")


@dataclass(frozen=True, slots=True)
class ConsultantTruth(Shared):
    """A position in the practice and who holds it at the start.

    Parameters
    ----------
    hours : paid hours of each weekday, Monday first.
    skills : (skill, level 1 to 3); work of a skill goes at the truth's speed of the level.
    pace : how fast the person works, relative to others of the level.
    leave : (first day, day after the last) of planned leave, ISO dates.
    """

    agent_id: str
    title: str
    team: str
    role: str
    hours: tuple[float, ...]
    skills: tuple[tuple[str, int], ...]
    cost_cents: int
    pace: float = 1.0
    quality: float = 0.78
    leave: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ClientTruth(Shared):
    """A client: whose support team serves it, how readily it buys (added to the log odds), how often it needs help."""

    customer_id: str
    team: str
    eager: float = 0.0
    support: float = 1.0


@dataclass(frozen=True, slots=True)
class PhaseTruth(Shared):
    """A phase of a template: (skill, hours) it needs at size one, the phases before it, its milestone."""

    phase: str
    task_type: str
    needs: tuple[tuple[str, float], ...]
    after: tuple[str, ...] = ()
    milestone: str = ""


@dataclass(frozen=True, slots=True)
class TemplateTruth(Shared):
    """A kind of project: its share of the deals, how it is paid, its phases.

    Parameters
    ----------
    won : probability that a deal of the kind is won in the end, from its first stage on, in an average market.
    """

    template: str
    share: float
    contract_kind: str
    won: float
    phases: tuple[PhaseTruth, ...]


@dataclass(frozen=True, slots=True)
class TaskTruth(Shared):
    """How work of a type turns out: actual over estimated hours is lognormal, and now and then much longer.

    Parameters
    ----------
    bias : mean of the logarithm of actual over estimate; `spread`: its standard deviation.
    long_share, long_factor : part of the tasks that take so much longer still.
    """

    task_type: str
    bias: float
    spread: float
    long_share: float = 0.06
    long_factor: float = 2.2


@dataclass(frozen=True, slots=True)
class GraderTruth(Shared):
    """Somebody who reviews answers: points of 100 taken off (severity), and the noise of one criterion's score."""

    reviewer_id: str
    title: str
    severity: float
    noise: float


@dataclass(frozen=True, slots=True)
class TrialTruth(Shared):
    """A change of how support is done, given to one team after the other.

    Parameters
    ----------
    teams : in the order in which they get it; `days`: ISO dates on which they do.
    ended : ISO date on which it is judged; the change stays.
    effect : handling time with the change, relative to before.
    """

    trial_id: str
    title: str
    teams: tuple[str, ...]
    days: tuple[str, ...]
    ended: str
    effect: float

    def factor(self, team: str, *, iso: str) -> float:
        """Return the handling time of a team on a day, relative to one without the change."""
        return self.effect if iso >= dict(zip(self.teams, self.days, strict=True)).get(team, "9999") else 1.0


@dataclass(frozen=True, slots=True)
class Practice(Shared):
    """A consulting practice as it truly is.

    Parameters
    ----------
    holidays : (ISO date, title) of the days it is closed.
    sellers, estimators : (person, bias): what a seller adds to the log odds of a deal, and what an estimator leaves out
        of the logarithm of the hours.
    deals_per_week : deals that come up on an average week of an average month.
    backlog, pipeline : projects won but not begun, and open deals, that are there on the first day.
    market : correlation of the outcomes of deals that are decided in the same month.
    market_memory : correlation of the market with that of the month before.
    stated_noise : standard deviation of a stated probability's log odds.
    project_spread : standard deviation of what all tasks of a project have in common, of the logarithm.
    slip_share, slip_days : clients that are not ready when they wanted to start, and by how many days on average.
    support_per_day : customers' questions on an average working day; `support_s`, `support_spread`: lognormal handling.
    support_cv : coefficient of variation of the effect of the day; `support_months`: volume by month, January first.
    absence : probability of being ill on a day.
    leaving : rate a year at which people leave; `notice_days` before they do it is known, `hiring_days` on average until
        somebody new begins.
    speed : progress in an hour by level, 1 to 3.
    rates : (role, cents an hour) customers pay; `special_rates`: (role, client, cents).
    promise_stated : probability the own planner states for every promise.
    """

    code: str
    site: str
    title: str
    time_zone: str
    queue: str
    teams: tuple[str, ...]
    consultants: tuple[ConsultantTruth, ...]
    clients: tuple[ClientTruth, ...]
    templates: tuple[TemplateTruth, ...]
    tasks: tuple[TaskTruth, ...]
    sellers: tuple[tuple[str, float], ...]
    estimators: tuple[tuple[str, float], ...]
    graders: tuple[GraderTruth, ...]
    rates: tuple[tuple[str, int], ...]
    special_rates: tuple[tuple[str, str, int], ...] = ()
    holidays: tuple[tuple[str, str], ...] = ()
    trial: TrialTruth | None = None
    start: str = "2026-01-05"
    deals_per_week: float = 2.4
    backlog: int = 12
    pipeline: int = 16
    market: float = 0.15
    market_memory: float = 0.7
    stated_noise: float = 0.35
    project_spread: float = 0.12
    slip_share: float = 0.35
    slip_days: float = 9.0
    support_per_day: float = 16.0
    support_s: float = 3300.0
    support_spread: float = 0.8
    support_cv: float = 0.3
    support_months: tuple[float, ...] = (1.15, 1.0, 1.05, 0.95, 0.95, 0.9, 0.75, 0.8, 1.15, 1.1, 1.1, 1.1)
    absence: float = 0.025
    leaving: float = 0.12
    notice_days: int = 30
    hiring_days: float = 45.0
    speed: tuple[float, ...] = (0.78, 1.0, 1.18)
    currency: str = "EUR"
    promise_stated: float = 0.8
    reviewed: float = 0.2
    critical_share: float = 0.03
    causes: tuple[tuple[str, float], ...] = field(
        default=(("training", 0.4), ("process", 0.3), ("product", 0.2), ("person", 0.1))
    )

    def is_open(self, day: date) -> bool:
        """Tell whether the practice works on a day."""
        return day.weekday() < 5 and day.isoformat() not in {iso for iso, _ in self.holidays}

    def charge(self, role: str, *, client: str) -> int:
        """Return the cents a client pays for an hour of a role."""
        special = {(r, c): cents for r, c, cents in self.special_rates}
        return special.get((role, client), dict(self.rates)[role])
