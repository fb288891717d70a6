"""What a roster has to decide: the days, the shifts there are, the people and their contracts, the cover that is needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

#: What a day without a shift is called in fixed days, requests and published rosters.
OFF: Final = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """A break inside a shift.

    Parameters
    ----------
    minutes : its length.
    earliest, latest : minutes after the shift's start between which it begins.
    paid : whether its minutes count as worked.
    """

    minutes: int
    earliest: int
    latest: int
    paid: bool = False


@dataclass(frozen=True, slots=True)
class ShiftKind:
    """A kind of shift: when it may start, how long it may be, what may not come after it.

    Parameters
    ----------
    kind : its name, unique.
    lengths : lengths in minutes from start to end; one for a fixed shift.
    starts : minutes after the day's beginning at which it may start; empty if the time of day is not known or of no
        matter, as in problems that need people by kind of shift only.
    not_before : kinds that may not follow on the next day.
    pauses : breaks, in order; taken only in shifts long enough for them.
    pause_from : breaks are taken in shifts of at least so many minutes.
    counted : False for on-call duty, whose minutes do not count as worked.
    """

    kind: str
    lengths: tuple[int, ...]
    starts: tuple[int, ...] = ()
    not_before: frozenset[str] = frozenset()
    pauses: tuple[Pause, ...] = ()
    pause_from: int = 0
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Activity:
    """What people do within a shift; a person needs it among their skills.

    Parameters
    ----------
    activity : its name, unique.
    shortest : minutes a stretch of it lasts at least; a shift's stretches follow each other without a gap.
    """

    activity: str
    shortest: int = 15


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a contract: limits on one person's work. None means no limit.

    Parameters
    ----------
    minutes : least and most worked minutes over the horizon.
    week_minutes, day_minutes : least and most in each calendar week (Monday first), most on a day.
    most_of_kind : most shifts of a kind over the horizon.
    most_days, most_week_days : most worked days over the horizon, and in each calendar week.
    longest_run, shortest_run : most and least worked days in a row.
    shortest_off : least free days in a row.
    most_weekends : most weekends with work on Saturday or Sunday.
    rest : least minutes between the end of a shift and the start of the next.
    cost_per_hour_cents : what a worked hour costs.

    Notes
    -----
    Runs that touch the first or the last day may be shorter than the least: what lies beyond is not known, unless a
    person's history tells it (Curtois and Qu 2014, section 2).
    """

    minutes: tuple[int | None, int | None] = (None, None)
    week_minutes: tuple[int | None, int | None] = (None, None)
    most_of_kind: tuple[tuple[str, int], ...] = ()
    most_days: int | None = None
    most_week_days: int | None = None
    longest_run: int | None = None
    shortest_run: int = 1
    shortest_off: int = 1
    most_weekends: int | None = None
    rest: int = 0
    cost_per_hour_cents: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """A request of a person: to have (`wanted`) or not to have a kind of shift on a day; `OFF` stands for any shift.

    `cost` is what it costs the objective not to honour it.
    """

    day: int
    kind: str
    wanted: bool
    cost: float


@dataclass(frozen=True, slots=True)
class Before:
    """What went before the first day, as far as it bears on it.

    Parameters
    ----------
    run : worked days in a row up to the eve (0: the eve was free).
    off : free days in a row up to the eve; 0 with no run: free, who knows how long.
    kind, ended : kind of the eve's shift, and its end in minutes relative to the horizon's beginning (negative: before).
    weekends : weekends worked in the period that fairness looks at.
    """

    run: int = 0
    off: int = 0
    kind: str = OFF
    ended: int | None = None
    weekends: int = 0


@dataclass(frozen=True, slots=True)
class Employee:
    """A person of the roster.

    Parameters
    ----------
    agent_id : unique.
    terms : of the contract.
    skills : activities they can do; None means all.
    away : days on which they cannot work (leave, contract).
    unavailable : spans of minutes from the horizon's beginning in which they cannot work.
    wishes : requests, each with what it costs to disregard it.
    fixed : days that are settled, (day, kind) with `OFF` for a free day; None as kind is not used.
    before : what went before; None if it is not known.
    """

    agent_id: str
    terms: Terms
    skills: frozenset[str] | None = None
    away: frozenset[int] = frozenset()
    unavailable: tuple[tuple[int, int], ...] = ()
    wishes: tuple[Wish, ...] = ()
    fixed: tuple[tuple[int, str], ...] = ()
    before: Before | None = None


@dataclass(frozen=True, slots=True)
class KindNeed:
    """People needed on a day in a kind of shift: `under` and `over` are the prices of one too few and one too many."""

    day: int
    kind: str
    wanted: int
    under: float
    over: float


@dataclass(frozen=True, slots=True)
class SlotNeed:
    """People needed in an activity, slot by slot; every tuple has one number for each slot of the horizon.

    Parameters
    ----------
    activity : who counts.
    floor : fewer are not allowed.
    wanted : below it each missing person costs `under`.
    most : above it n people too many cost ``over * n + over_square * n**2``.
    """

    activity: str
    floor: tuple[int, ...]
    wanted: tuple[int, ...]
    most: tuple[int, ...]
    under: tuple[float, ...]
    over: float = 0.0
    over_square: float = 0.0


@dataclass(frozen=True, slots=True)
class Prices:
    """What the rules that are neither cover nor requests cost.

    Parameters
    ----------
    hour_cost : 1 to count what worked hours cost (in units of money as the other prices), 0 to leave it out.
    weekend_spread : for each person, the square of the weekends worked, those before the horizon included: the sum is
        least where they are shared evenly.
    change : for each person and day that differs from the published roster.
    """

    hour_cost: float = 0.0
    weekend_spread: float = 0.0
    change: float = 0.0


@dataclass(frozen=True, slots=True)
class RosterProblem:
    """Who works when, over a horizon of whole days.

    Parameters
    ----------
    first_date : the first day.
    days : how many.
    kinds, activities : what a shift can be, and what is done in it; without activities only kinds matter.
    staff : the people.
    kind_needs, slot_needs : the cover needed.
    slot_minutes : length of a slot; the horizon has ``days * 1440 / slot_minutes`` slots from its beginning, and a shift
        may end after the last.
    begins : minute of the local day at which days begin, as 360 for 06:00.
    time_zone : of the wall clock; days of 23 and 25 hours are told as issues, and taken as of 24.
    published : the roster that people know, (agent_id, day, kind); days that are not in it are free.
    prices : of the other soft rules.
    """

    first_date: date
    days: int
    kinds: tuple[ShiftKind, ...]
    staff: tuple[Employee, ...]
    activities: tuple[Activity, ...] = ()
    kind_needs: tuple[KindNeed, ...] = ()
    slot_needs: tuple[SlotNeed, ...] = ()
    slot_minutes: int = 15
    begins: int = 0
    time_zone: str = "UTC"
    published: tuple[tuple[str, int, str], ...] | None = None
    prices: Prices = field(default_factory=Prices)

    def date_of(self, day: int) -> date:
        """Return the date of a day's number."""
        return self.first_date + timedelta(days=day)

    @property
    def slots(self) -> int:
        """How many slots the horizon has."""
        return self.days * 1440 // self.slot_minutes


@dataclass(frozen=True, slots=True)
class Duty:
    """A shift of a person.

    Parameters
    ----------
    agent_id, day, kind : whose, on which day's number, of which kind.
    start : minutes after the day's beginning; 0 if the kind has no time of day.
    length : minutes from start to end.
    stretches : (activity, start, end) in minutes from the shift's start, in order; "" is a break. Empty where the
        problem has no activities.
    """

    agent_id: str
    day: int
    kind: str
    start: int
    length: int
    stretches: tuple[tuple[str, int, int], ...] = ()
