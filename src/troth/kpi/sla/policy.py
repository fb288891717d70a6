"""What an agreement is: policies in their order, targets by metric and priority, and the events that move a clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from troth.core.terms import Hook

#: What a policy's filter may ask of a case. `team` is the one that has it; `segment` and `organisation` are the customer's.
FIELDS: Final = (
    "priority", "queue", "site", "channel", "service", "team", "customer", "topic", "segment", "organisation",
)  # fmt: skip
#: What a condition may ask of an event.
TESTS: Final = ("activity", "step", "actor", "direction", "reason", "changed", "after")
#: What an event may be asked to change.
CHANGES: Final = ("team", "agent", "priority", "status")
#: What an event may be asked to come after.
AFTER: Final = ("first_reply",)
#: The name that stands in `calendar` for whichever calendar holds for the case.
BY_USE: Final = "calendar_use"
#: The calendar of targets that count all time.
ALL_TIME: Final = "24x7"


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """A test of one value: one of `words`, or, negated, none of them. Nothing passes only a negated test.

    Examples
    --------
    >>> Match.parse("pending|on_hold").passes("pending"), Match.parse("!internal").passes(None)
    (True, True)
    """

    words: tuple[str, ...]
    negated: bool = False

    @classmethod
    def parse(cls, text: str) -> Match:
        """Return the test a cell of a table describes."""
        negated = text.startswith("!")
        words = (word.strip() for word in text.removeprefix("!").split("|"))
        return cls(tuple(sorted({word for word in words if word})), negated)

    def passes(self, value: str | None) -> bool:
        """Tell whether a value passes."""
        return (value in self.words) is not self.negated

    def __str__(self) -> str:
        return f"{'!' if self.negated else ''}{'|'.join(self.words)}"


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """One kind of event that moves a clock: it must pass every test.

    Parameters
    ----------
    hook : what such an event does.
    tests : columns of `TESTS` with what they must be.
    """

    hook: Hook
    tests: tuple[tuple[str, Match], ...]

    @property
    def activities(self) -> tuple[str, ...]:
        """The activities such an event may have; empty if they are not named."""
        return next((m.words for name, m in self.tests if name == "activity" and not m.negated), ())


@dataclass(frozen=True, slots=True)
class Movement:
    """All that moves one clock.

    Parameters
    ----------
    conditions : of all hooks, sorted; rows of one hook are alternatives.
    continues : whether a start after a stop takes the same clock up again; else it begins a new one.

    Without a condition to resume, a pause is over when its condition no longer holds: at the next event of the same
    activity that does not pause, and when the case is reopened.
    """

    conditions: tuple[Condition, ...]
    continues: bool = False

    def of(self, hook: Hook) -> Iterator[Condition]:
        """Yield the conditions of a hook."""
        return (one for one in self.conditions if one.hook is hook)


@dataclass(frozen=True, slots=True)
class SlaTarget:
    """How long a clock of a policy may count.

    Parameters
    ----------
    policy, metric : whose clock.
    priority : the one priority it is for; None for all others.
    seconds : the time allowed; a clock that has counted exactly so much is met.
    calendar : name of the calendar whose hours count; `ALL_TIME`, or `BY_USE`.
    retroactive_start : whether it counts from the event that would have started it, when it comes to hold later.
    retroactive_pause : whether pauses between that event and its coming to hold are taken over.
    warn : the share of the target from which it is at risk.
    movement : what moves its clock.
    """

    policy: str
    metric: str
    priority: str | None
    seconds: float
    calendar: str
    movement: Movement
    retroactive_start: bool = False
    retroactive_pause: bool = False
    warn: float = 0.8


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """One agreement: which cases it is for, and its targets by metric and priority."""

    name: str
    title: str
    position: int
    filters: tuple[tuple[str, Match], ...] = ()
    targets: Mapping[tuple[str, str | None], SlaTarget] = field(default_factory=dict)

    def fits(self, case: Mapping[str, str | None]) -> bool:
        """Tell whether a case is one of its cases."""
        return all(match.passes(case.get(name)) for name, match in self.filters)

    def target(self, metric: str, *, priority: str | None) -> SlaTarget | None:
        """Return the target of a metric: that of the priority, else the one for all."""
        return self.targets.get((metric, priority)) or self.targets.get((metric, None))


@dataclass(frozen=True, slots=True)
class SlaBook:
    """The policies that hold on one day, in their order."""

    policies: tuple[SlaPolicy, ...]

    def holding(self, case: Mapping[str, str | None]) -> SlaPolicy | None:
        """Return the policy that holds for a case: the first that fits."""
        return next((policy for policy in self.policies if policy.fits(case)), None)

    def fitting(self, case: Mapping[str, str | None]) -> list[SlaPolicy]:
        """Return all policies that fit a case, the one that holds first."""
        return [policy for policy in self.policies if policy.fits(case)]

    @property
    def metrics(self) -> tuple[str, ...]:
        """All metrics of its policies."""
        return tuple(sorted({metric for policy in self.policies for metric, _ in policy.targets}))


@dataclass(frozen=True, slots=True)
class SlaBooks:
    """The policies as they change: a book for every stretch of days.

    The book of the day on which a case was opened holds for the whole case, so that changing a policy changes no past
    case. To see the past by other rules, it is judged anew by the book of one day.

    Parameters
    ----------
    since : the first day of each book; the first book holds from ever.
    books : one for each.
    """

    since: tuple[date, ...]
    books: tuple[SlaBook, ...]

    def number(self, day: date) -> int:
        """Return the place of the book that holds on a day."""
        return max(sum(1 for first in self.since if first <= day) - 1, 0)

    def __bool__(self) -> bool:
        return any(book.policies for book in self.books)
