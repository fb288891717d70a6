"""The rules of a house: what a planner states and no table says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from troth.capacity.roster.problem import Pause, Prices
from troth.core.decision import Issue, Severity

_EARLY, _DAY, _LATE, _NIGHT = 4 * 60, 9 * 60, 12 * 60, 20 * 60
#: Kinds of shift by when they start: from which minute of the day on.
PARTS: Final = ((0, "night"), (_EARLY, "early"), (_DAY, "day"), (_LATE, "late"), (_NIGHT, "night"))


@dataclass(frozen=True, slots=True)
class HouseRules:
    """What holds for everybody of a site, beside contracts and tables.

    Parameters
    ----------
    rest : between two shifts; 11 hours in every 24.
    longest_run : worked days in a row; with 6 every seven days have a free one, which with the rest around it makes the
        35 hours of weekly rest.
    most_week : worked hours in a calendar week; stated to the search only where the other rules do not keep it already.
        The Directive means an average; a limit on each week is stricter.
    most_weekends : weekends with work in four weeks, for longer and shorter times in proportion; None for no limit.
    tolerance : hours worked over the horizon may be so many more or fewer than the contract says.
    lengths : of shifts, from start to end, unpaid breaks included.
    start_every : shifts start on multiples of it.
    pauses, pause_from : breaks, in order, of shifts at least so long: a break is due when the working day is longer than
        six hours.
    stretch : what is done in a shift changes no sooner than after so long.
    before_opening, after_closing : people may be there so much longer than a site is open.
    closing : a site that closes for no longer is not left in between, as over lunch.
    absence : share of planned people who will be missing; published requirements know people at work only.
    missing_cents, spare_cents : what a missing person costs an hour, and the first one too many; of more people too many
        each costs more. For published requirements: other needs have prices of their own.
    history : how long before the first day schedules are looked at, for runs, rest and weekends.
    slot_minutes : length of a slot.
    parts : kinds of shift as (minute of the day, kind): a start is of the last kind that begins no later.
    prices : of the other soft rules.

    Notes
    -----
    Directive 2003/88/EC of the European Parliament and of the Council: daily rest (article 3), breaks (4), weekly rest
    (5), maximum weekly working time (6). National law is often stricter, and collective agreements are: state them here.
    The break's window keeps five hours of work without one, as article 122 of the Lithuanian Labour Code does.

    Examples
    --------
    >>> from troth.capacity.roster import HouseRules
    >>> HouseRules().rest
    datetime.timedelta(seconds=39600)
    """

    rest: timedelta = timedelta(hours=11)
    longest_run: int = 6
    most_week: timedelta | None = timedelta(hours=48)
    most_weekends: int | None = 3
    tolerance: timedelta = timedelta(hours=8)
    lengths: tuple[timedelta, ...] = (timedelta(hours=4), timedelta(hours=6.5), timedelta(hours=8.5))
    start_every: timedelta = timedelta(minutes=30)
    pauses: tuple[Pause, ...] = (Pause(30, 150, 270),)
    pause_from: timedelta = timedelta(hours=6)
    stretch: timedelta = timedelta(hours=1)
    before_opening: timedelta = timedelta()
    after_closing: timedelta = timedelta()
    closing: timedelta = timedelta(hours=2)
    absence: float = 0.0
    missing_cents: float = 3000.0
    spare_cents: float = 100.0
    history: timedelta = timedelta(days=28)
    slot_minutes: int = 15
    parts: tuple[tuple[int, str], ...] = PARTS
    prices: Prices = field(default_factory=lambda: Prices(weekend_spread=100.0, change=500.0))

    def kind_at(self, minute: int) -> str:
        """Return the kind of a shift that starts at a minute of the day."""
        parts = sorted(self.parts)
        begun = [name for since, name in parts if since <= minute % 1440]
        return (begun or [parts[-1][1]])[-1]


def check_house(house: HouseRules) -> list[Issue]:
    """Return the rules of a house that are none, as errors; contracts and shifts are checked with the problem.

    Examples
    --------
    >>> [issue.where for issue in check_house(HouseRules(lengths=(), absence=1.5))]
    ['house.lengths', 'house.absence']
    """
    zero, day = timedelta(), timedelta(days=1)
    slot = timedelta(minutes=max(1, house.slot_minutes))
    wrong = (
        ("lengths", not house.lengths or not all(zero < n <= day for n in house.lengths), "lengths up to a day, at least one"),
        ("start_every", house.start_every < slot, "a slot or more, as 30 minutes"),
        ("slot_minutes", house.slot_minutes < 1 or 1440 % max(1, house.slot_minutes) > 0, "15: a day has whole slots"),
        ("longest_run", house.longest_run < 1, "6: at least a day"),
        ("absence", not 0 <= house.absence < 1, "a share below 1, as 0.05"),
        ("missing_cents", not 0 <= house.missing_cents < 1e9, "a price of 0 or more"),
        ("spare_cents", not 0 <= house.spare_cents < 1e9, "a price of 0 or more"),
        ("tolerance", house.tolerance < zero, "a time of 0 or more"),
        ("history", house.history < zero, "a time of 0 or more"),
        ("parts", not house.parts, "a kind of shift from minute 0 on"),
        ("most_weekends", (house.most_weekends or 0) < 0, "0: none"),
    )  # fmt: skip
    return [
        Issue("bad-house", Severity.ERROR, f"house.{name}", str(getattr(house, name)), f"Maybe {advice}.")
        for name, bad, advice in wrong
        if bad
    ]
