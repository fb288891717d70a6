"""How a time is measured, and the single departures from one way that other products choose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from troth.core.terms import CaseStatus
from troth.kpi.calendar_use import SwitchRule


@dataclass(frozen=True, slots=True)
class Way:
    """How a figure of one case or contact is measured.

    Parameters
    ----------
    start, end : names of the instants between which time counts; see `measure.Material`.
    within : the statuses in which it counts; empty for all time.
    business : whether by opening hours, else all time.
    schedule : whose opening hours, where the calendar changes while time runs.
    holds : whether time on hold within a contact counts.
    merged : whether cases joined into another count.
    count : name of a count; the figure is then no time.
    """

    start: str = "opened"
    end: str = "last_resolution"
    within: tuple[CaseStatus, ...] = ()
    business: bool = False
    schedule: SwitchRule = SwitchRule.ACCUMULATE
    holds: bool = True
    merged: bool = False
    count: str = ""


@dataclass(frozen=True, slots=True)
class Departure:
    """One change to a way, by which another product may have come to its figure.

    Parameters
    ----------
    code : its name.
    axis, value : the part of a `Way` it changes, and to what.
    sentence : what it means.
    """

    code: str
    axis: str
    value: Any
    sentence: str

    def applied(self, way: Way) -> Way:
        """Return the way with this change."""
        changed: Way = replace(way, **{self.axis: self.value})
        return changed

    def matters(self, way: Way) -> bool:
        """Tell whether the change makes another way of it."""
        # Whose hours count is no question where all time counts.
        if self.axis == "schedule" and not way.business:
            return False
        return self.applied(way) != way


_S: Final = CaseStatus
#: Statuses in which a case is not over; `new` is also what a case is before its first status.
UNDONE: Final = (_S.NEW, _S.OPEN, _S.PENDING, _S.ON_HOLD)
NOT_PENDING: Final = tuple(status for status in _S if status is not _S.PENDING)

#: Every departure by its code, in the order in which equals are named.
DEPARTURES: Final[dict[str, Departure]] = {
    one.code: one
    for one in (
        Departure("calendar_time", "business", False, "all time counts, not opening hours"),
        Departure("business_time", "business", True, "opening hours count, not all time"),
        Departure("schedule_at_end", "schedule", SwitchRule.AT_END, "all of it by the calendar that holds at the end"),
        Departure("schedule_at_start", "schedule", SwitchRule.AT_START, "all of it by the calendar that held at the start"),
        Departure("schedules_added_up", "schedule", SwitchRule.ACCUMULATE, "each stretch by the calendar that held then"),
        Departure("from_opening", "start", "opened", "from the opening, whatever a bot or a reopening did since"),
        Departure("from_first_contact", "start", "first_contact", "from the customer's first word, the opening aside"),
        Departure("from_hand_over", "start", "reply_clock", "from the bot's hand-over or the reopening before the reply"),
        Departure("from_assignment", "start", "first_assignment", "from the first assignment"),
        Departure("from_reopening", "start", "last_reopening", "from the last reopening"),
        Departure("from_entry", "start", "entry", "from reaching us, the queue aside"),
        Departure("bot_reply", "end", "any_reply", "a bot's reply counts as a reply"),
        Departure("person_reply", "end", "first_reply", "only a person's reply counts"),
        Departure("first_resolution", "end", "first_resolution", "until the first resolution"),
        Departure("last_resolution", "end", "last_resolution", "until the last resolution, though reopened soon after"),
        Departure("closing", "end", "closing", "until the closing"),
        Departure("left_unanswered", "end", "answer_or_left", "until who waited was answered or left"),
        Departure("pending_counted", "within", (), "waiting for the customer counts as well"),
        Departure("pending_left_out", "within", NOT_PENDING, "waiting for the customer does not count"),
        Departure("undone_only", "within", UNDONE, "the time between a resolution and a reopening does not count"),
        Departure(
            "worked_on_only", "within", (_S.NEW, _S.OPEN, _S.ON_HOLD),
            "neither waiting for the customer nor the time between a resolution and a reopening counts",
        ),
        Departure("holds_left_out", "holds", False, "time on hold does not count"),
        Departure("merged_counted", "merged", True, "cases joined into another count"),
        Departure("bots_counted", "count", "replies_with_bots", "replies of bots count as well"),
        Departure("each_visit", "count", "visits", "each time a team had the case, not each team once"),
    )
}  # fmt: skip


def ways(way: Way, *, codes: tuple[str, ...]) -> dict[tuple[str, ...], Way]:
    """Return the ways that one change makes of a way, then those that two make, by the codes of the changes.

    Examples
    --------
    >>> list(ways(Way(), codes=("closing", "business_time", "schedule_at_end")))
    [('closing',), ('business_time',), ('closing', 'business_time'), ('business_time', 'schedule_at_end')]
    """
    found: dict[tuple[str, ...], Way] = {}
    chosen = [DEPARTURES[code] for code in codes]
    singles = [one for one in chosen if one.matters(way)]
    for one in singles:
        found[one.code,] = one.applied(way)
    for place, first in enumerate(chosen):
        for second in chosen[place + 1 :]:
            if first.axis == second.axis:
                continue
            # The second may matter only once the first is made, as whose hours do once hours count.
            for one, other in ((first, second), (second, first)):
                if one.matters(way) and other.matters(one.applied(way)):
                    found.setdefault((one.code, other.code), other.applied(one.applied(way)))
                    break
    return found
