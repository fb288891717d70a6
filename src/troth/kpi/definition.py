"""What a KPI is: a declaration that code, screens, docs and tests all read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from troth.core.terms import Direction, Unit

#: An ibis table, column or expression. Declarations are plain functions from timelines to these.
Rows = Any
Expression = Any


class Fold(StrEnum):
    """How the rows of a group become one figure."""

    RATIO = "ratio"  # sum of numerators over sum of denominators: means, shares, rates
    TOTAL = "total"  # sum of numerators
    STOCK = "stock"  # what has come in and not gone out by the end of the period


class Chance(StrEnum):
    """What a figure's interval takes as the things that could have turned out otherwise."""

    DAYS = "days"
    ROWS = "rows"


class Clock(StrEnum):
    """Which time counts."""

    WALL = "wall"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True)
class Params:
    """The defaults a definition may leave open. A figure computed with others says so.

    Parameters
    ----------
    reopen_window : a resolution reopened within this is none.
    repeat_window : a further contact on the same topic within this is a repeat.
    service_level_s : the seconds within which an answer counts for the service level.
    pass_mark, min_reviews : the mean score that passes, and the reviews it takes to say so.
    retention : how long after being active a customer may take to come back.
    promise_window : how far back broken promises of a customer are looked for.
    forecast_lead : how long before a cell a forecast must have been issued to be scored.
    fix_window : a further visit for the same matter within this means that the first did not settle it.
    tolerance : points of 100 by which a grader may differ from the agreed score.
    action_window : within this an action or trial must be closed to count as closed.
    line_s : waits or resolutions above this are bad; None means the target, else the previous quarter's P95.
    """

    reopen_window: timedelta = timedelta(days=14)
    repeat_window: timedelta = timedelta(days=7)
    service_level_s: float = 20.0
    pass_mark: float = 80.0
    min_reviews: int = 10
    retention: timedelta = timedelta(days=90)
    promise_window: timedelta = timedelta(days=90)
    forecast_lead: timedelta = timedelta(days=1)
    fix_window: timedelta = timedelta(days=30)
    tolerance: float = 10.0
    action_window: timedelta = timedelta(days=90)
    line_s: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one timeline and what each adds to a figure.

    Every function takes the timeline's ibis table and the parameters.

    Parameters
    ----------
    timeline : name of a timeline, or of a view in `views.VIEWS`.
    at : the instant that dates a row, which decides the period it counts in.
    where : which rows count.
    value : what a row adds to the numerator; None if `start` and `end` are given.
    start, end : the numerator is the seconds between them, on the KPI's clock.
    weight : what a row adds to the denominator; 0 for a part that only adds to the numerator.
    counts : whether its rows are the n of the figure.
    needs : something that must hold for some row; a source that never says it (no replies, say) gives no figure
        rather than a misleading nought.
    doubt : the column that says whether what the part reads of a row is not known exactly.
    fell : the instant on whose day chance fell, if that is not `at`; for a KPI's `chance_parts`.
    """

    timeline: str
    at: Callable[[Rows, Params], Expression]
    where: Callable[[Rows, Params], Expression] | None = None
    value: Callable[[Rows, Params], Expression] | None = None
    start: Callable[[Rows, Params], Expression] | None = None
    end: Callable[[Rows, Params], Expression] | None = None
    weight: Callable[[Rows, Params], Expression] | float = 1.0
    counts: bool = True
    needs: Callable[[Rows, Params], Expression] | None = None
    doubt: str = "approximate"
    fell: Callable[[Rows, Params], Expression] | None = None

    def span(self, rows: Rows, params: Params) -> tuple[Expression, Expression]:
        """Return where the counted time starts and ends; `TypeError` for a part that counts no time."""
        if self.start is None or self.end is None:
            raise TypeError(f"A part of {self.timeline} counts no time.")
        return self.start(rows, params), self.end(rows, params)


@dataclass(frozen=True, slots=True)
class Kpi:
    """The declaration of one KPI in one variant.

    Parameters
    ----------
    id : `family.name`, the only way to name the figure anywhere.
    variant : name of the variant; empty for the canonical one.
    title, question : what people call it, and what it answers.
    unit, direction : the unit of the value, and which way is better.
    numerator, denominator, population, cohort : the definition in words: what is added up, over what, of whom, and
        which instant dates a row.
    parts : the definition in code.
    fold : how rows become a figure.
    clock : wall or business time.
    chance : what varies by chance: days, or rows on their own (each customer or person once, whatever the day).
    chance_parts : for the interval, the same sums laid out by the days on which chance fell, where `parts` date a row
        by something else; empty where the days of `parts` are those.
    quantiles : whether rows have a distribution worth showing (P50, P90, P95, max).
    signed : whether the figure can be below nought.
    maturity : how long after its end a period's figure can still change by itself.
    version, effective_from : of the definition.
    earlier : the definitions it replaced, whole, the newest first.
    source : where the definition comes from.
    aliases : other names people use.
    """

    id: str
    title: str
    question: str
    unit: Unit
    direction: Direction
    numerator: str
    denominator: str
    population: str
    cohort: str
    parts: tuple[Part, ...]
    variant: str = ""
    fold: Fold = Fold.RATIO
    clock: Clock = Clock.WALL
    quantiles: bool = False
    chance: Chance = Chance.DAYS
    chance_parts: tuple[Part, ...] = ()
    signed: bool = False
    maturity: Callable[[Params], timedelta] = lambda _: timedelta(0)
    version: int = 1
    effective_from: date = date(2026, 1, 1)
    source: str = ""
    aliases: tuple[str, ...] = ()
    earlier: tuple[Kpi, ...] = ()

    def in_force(self, day: date) -> Kpi:
        """Return the definition that held on a day; before all of them, the first there was."""
        versions = (self, *self.earlier)
        return next((one for one in versions if one.effective_from <= day), versions[-1])

    def at_version(self, number: int) -> Kpi:
        """Return the definition of a version; this one if that is no longer known."""
        return next((one for one in (self, *self.earlier) if one.version == number), self)

    @property
    def name(self) -> str:
        """The id, with the variant behind a slash if there is one."""
        return f"{self.id}/{self.variant}" if self.variant else self.id

    @property
    def definition(self) -> str:
        """The definition's name with its version, as every figure carries it."""
        return f"{self.name}@{self.version}"


#: Dimensions in the order of columns; each is a column of every timeline (or null); weekday and hour are of an instant.
COLUMNS: Final[Mapping[str, str]] = {
    "queue": "queue",
    "site": "site",
    "channel": "channel",
    "service": "service",
    "priority": "priority",
    "agent": "agent_id",
    "team": "team",
    "customer": "customer_id",
    "policy": "policy",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its truth: value, unit, how many, how sure, how spread, against what.

    `value`, `low`, `high`, the quantiles and `previous` are in `unit`. `reason` says why a value is missing or
    carries no interval. `mature` is False while the period's figure can still change by itself.
    """

    id: str
    variant: str
    definition: str
    by: Mapping[str, Any]
    start: str
    end: str
    value: float | None
    unit: Unit
    n: int
    low: float | None = None
    high: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    max: float | None = None
    previous: float | None = None
    mature: bool = True
    approximate: bool = False
    reason: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the figure with the keys of the published JSON."""
        return {
            "id": self.id,
            "variant": self.variant,
            "definition": self.definition,
            "by": dict(self.by),
            "from": self.start,
            "to": self.end,
            "value": self.value,
            "unit": str(self.unit),
            "n": self.n,
            "low": self.low,
            "high": self.high,
            "p50": self.p50,
            "p90": self.p90,
            "p95": self.p95,
            "max": self.max,
            "previous": self.previous,
            "mature": self.mature,
            "approximate": self.approximate,
            "reason": self.reason,
        }
