"""Money by week: lines of revenue and cost, what has been apart from what is to come, and their sums under a scenario."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final

from troth.capacity.projects.money._issues import error
from troth.capacity.projects.money.cents import apportion, exact
from troth.core.decision import Issue
from troth.core.errors import InputError


class MoneySource(StrEnum):
    """What money is for."""

    HOURS = "hours"
    """Hours worked: their cost, and what they are charged at if the customer pays by the hour."""
    MILESTONE = "milestone"
    """A share of a fixed price, earned at the end of a phase."""
    RETAINER = "retainer"
    """A week's part of a month's fee."""


class MoneyBasis(StrEnum):
    """Whether it has happened. The two are never summed without being told apart."""

    ACTUAL = "actual"
    """Logged, reached or due before the portfolio's day."""
    FORECAST = "forecast"
    """Planned from that day on."""


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """Revenue and cost of one thing in one week, as if it happened for sure, in the house's minor units.

    Parameters
    ----------
    week : its Monday; None for what has no date (a milestone whose phase has no end in the plan).
    month : its first day; of a week in two months each has a line of its own.
    hours, billable : hours worked, and those of them that the customer pays for.
    revenue_cents, cost_cents : None where a rate is missing.
    probability : that it happens if its project does.
    """

    work_id: str
    customer_id: str
    source: MoneySource
    basis: MoneyBasis
    week: date | None
    person_id: str = ""
    phase_id: str = ""
    role: str = ""
    hours: float = 0.0
    billable: float = 0.0
    revenue_cents: int | None = 0
    cost_cents: int | None = 0
    probability: float = 1.0
    month: date | None = None


@dataclass(frozen=True, slots=True)
class MoneyScenario:
    """Which projects and deals happen.

    Parameters
    ----------
    chances : probability of those named, 0 to 1.
    tentative : probability of all others that are not sold; None for their own. So 0 is "only what is sold", 1 is
        "everything comes", None weighs each by its own probability.
    """

    name: str = "weighted"
    chances: Mapping[str, float] = field(default_factory=dict)
    tentative: float | None = None


WEIGHTED: Final = MoneyScenario()
SOLD: Final = MoneyScenario("sold", tentative=0.0)
EVERYTHING: Final = MoneyScenario("everything", tentative=1.0)


@dataclass(frozen=True, slots=True)
class MoneySum:
    """A sum of lines that share a key, expected under a scenario, in the house's minor units.

    Parameters
    ----------
    key : values of what was asked for, in that order.
    hours, billable : expected.
    revenue_cents, cost_cents : None where something in it has no rate; what is known is beside.
    revenue_known_cents, cost_known_cents : without what has no rate.
    unpriced : hours or milestones without a rate or cost, how many lines.
    """

    key: tuple[object, ...]
    basis: MoneyBasis
    hours: float
    billable: float
    revenue_cents: int | None
    cost_cents: int | None
    revenue_known_cents: int
    cost_known_cents: int
    unpriced: int = 0

    @property
    def margin_cents(self) -> int | None:
        """Revenue less cost; None where one of them is not known."""
        if self.revenue_cents is None or self.cost_cents is None:
            return None
        return self.revenue_cents - self.cost_cents

    @property
    def margin(self) -> float | None:
        """The share of the revenue that is left after cost; None without revenue."""
        left = self.margin_cents
        return None if left is None or not self.revenue_cents else left / self.revenue_cents


#: What sums can be asked by.
KEYS: Final = ("work_id", "customer_id", "week", "month", "person_id", "phase_id", "role", "source")


@dataclass(frozen=True, slots=True)
class MoneyPlan:
    """Revenue, cost and margin of a portfolio by week.

    Parameters
    ----------
    day : before it is actual, from it on forecast.
    lines : whole minor units of `currency`; sums of lines are exact.
    chances : own probability of each project and deal.
    issues : what is missing, wrong, or taken for granted.
    """

    day: date
    currency: str
    lines: tuple[MoneyLine, ...]
    chances: Mapping[str, float]
    issues: tuple[Issue, ...] = ()

    def sums(self, by: Sequence[str] = (), *, scenario: MoneyScenario = WEIGHTED) -> list[MoneySum]:
        """Return expected sums by key and basis, in the order of first appearance; actual and forecast are never one sum.

        What has happened counts in full whatever the scenario. Each line of a forecast is weighted by its probability and
        that of its project, and rounded by largest remainder within its project, so that sums by any key add up to the
        same whole.

        Parameters
        ----------
        by : of `KEYS`.

        Raises
        ------
        InputError
            For a key that lines do not have, or a scenario with a probability outside 0 to 1 or of something unknown.
        """
        _check(by, scenario, self.chances)
        groups: dict[tuple[object, ...], list[_Weighed]] = {}
        for one in self._weighed(scenario):
            key = (*(getattr(one.line, name) for name in by), one.line.basis)
            groups.setdefault(key, []).append(one)
        return [_sum(key[:-1], key[-1], some) for key, some in groups.items()]

    def total(self, basis: MoneyBasis, *, scenario: MoneyScenario = WEIGHTED) -> MoneySum:
        """Return the sum of one basis."""
        found = [one for one in self.sums(scenario=scenario) if one.basis is basis]
        return found[0] if found else MoneySum((), basis, 0.0, 0.0, 0, 0, 0, 0)

    def _weighed(self, scenario: MoneyScenario) -> list[_Weighed]:
        by_work: dict[tuple[str, MoneyBasis], list[MoneyLine]] = {}
        for line in self.lines:
            by_work.setdefault((line.work_id, line.basis), []).append(line)
        out = []
        for (work, basis), lines in by_work.items():
            sure = basis is MoneyBasis.ACTUAL
            chance = Fraction(1) if sure else exact(chance_of(work, own=self.chances[work], scenario=scenario))
            weights = [chance * (1 if sure else exact(line.probability)) for line in lines]
            revenue = apportion([w * (line.revenue_cents or 0) for w, line in zip(weights, lines, strict=True)])
            cost = apportion([w * (line.cost_cents or 0) for w, line in zip(weights, lines, strict=True)])
            out += [_Weighed(*one) for one in zip(lines, map(float, weights), revenue, cost, strict=True)]
        return out


def chance_of(work_id: str, *, own: float, scenario: MoneyScenario) -> float:
    """Return the probability of a project or deal under a scenario."""
    if work_id in scenario.chances:
        return scenario.chances[work_id]
    return own if own >= 1 or scenario.tentative is None else scenario.tentative


@dataclass(frozen=True, slots=True)
class _Weighed:
    line: MoneyLine
    weight: float
    revenue: int
    cost: int


def _sum(key: tuple[object, ...], basis: object, some: Iterable[_Weighed]) -> MoneySum:
    hours = billable = 0.0
    revenue = cost = unpriced = 0
    dark = [False, False]
    for one in some:
        hours, billable = hours + one.weight * one.line.hours, billable + one.weight * one.line.billable
        revenue, cost = revenue + one.revenue, cost + one.cost
        if one.weight > 0 and (one.line.revenue_cents is None or one.line.cost_cents is None):
            unpriced += 1
            dark = [dark[0] or one.line.revenue_cents is None, dark[1] or one.line.cost_cents is None]
    return MoneySum(
        key, MoneyBasis(str(basis)), hours, billable, None if dark[0] else revenue, None if dark[1] else cost,
        revenue, cost, unpriced,
    )  # fmt: skip


def _check(by: Sequence[str], scenario: MoneyScenario, chances: Mapping[str, float]) -> None:
    issues = [error("unknown-key", "by", name, f"Maybe one of {', '.join(KEYS)}.") for name in by if name not in KEYS]
    told = {f"chances[{name}]": value for name, value in scenario.chances.items()}
    told |= {} if scenario.tentative is None else {"tentative": scenario.tentative}
    for where, value in told.items():
        if not 0 <= value <= 1:
            advice = "Maybe a share between 0 and 1: 60 % is 0.6."
            issues.append(error("bad-probability", f"scenario.{where}", value, advice))
    lost = [name for name in scenario.chances if name not in chances]
    advice = "Maybe it was renamed or is closed."
    issues += [error("unknown-work", f"scenario.chances[{name}]", name, advice) for name in lost]
    if issues:
        raise InputError(issues)
