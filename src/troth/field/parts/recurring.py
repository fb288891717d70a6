"""Recurring orders: a rhythm with tolerance, changed in the open, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.field.parts._issues import error, twice
from troth.field.parts._rrule import rhythm

#: Longest tolerance to either side, in days.
WIDEST: Final = 366


class RecurFrom(StrEnum):
    """What the next date is counted from."""

    FIXED = "fixed"
    """The rhythm stands, whenever the visits were done."""
    DONE = "done"
    """The next one is a step of the rhythm after the last was really done."""


@dataclass(frozen=True, slots=True)
class RecurringTerms:
    """What holds of a recurring order from a day on.

    Parameters
    ----------
    rule : an RRULE of RFC 5545 whose steps are days or longer, such as ``FREQ=MONTHLY;BYMONTHDAY=-1``.
    first : local date it begins with, the RRULE's start.
    before, after : days by which a visit may be early or late.
    counted : from the fixed rhythm, or from when the last visit was done.
    since : local date from which these terms hold.
    reason : why they were changed.
    """

    rule: str
    first: date
    before: int = 0
    after: int = 0
    counted: RecurFrom = RecurFrom.FIXED
    since: date = date.min
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RecurringOrder:
    """Work that comes again. Terms are never overwritten: the newest that has begun holds.

    Parameters
    ----------
    order : its id.
    terms : by `since`, the oldest first.
    calendar : name of the calendar whose open days count; empty for all days.
    """

    order: str
    terms: tuple[RecurringTerms, ...]
    calendar: str = ""

    def on(self, day: date) -> RecurringTerms:
        """Return the terms in force on a day: the first ones before all others."""
        begun = [one for one in self.terms if one.since <= day]
        return begun[-1] if begun else self.terms[0]


def change_orders(
    orders: Sequence[RecurringOrder],
    *,
    since: date,
    terms: Callable[[RecurringOrder, RecurringTerms], RecurringTerms],
    reason: str = "",
) -> tuple[RecurringOrder, ...]:
    """Return orders of which all have new terms from a day on, their past kept; all or none are changed.

    Parameters
    ----------
    since : from when; terms that were to begin later are replaced by the new ones.
    terms : gives an order's new terms from the order and its terms of that day; equal terms change nothing.

    Raises
    ------
    InputError
        All that would be wrong with the changed orders.

    Examples
    --------
    >>> from dataclasses import replace
    >>> order = RecurringOrder("filters", (RecurringTerms("FREQ=MONTHLY", date(2026, 1, 15), after=2),))
    >>> (changed,) = change_orders([order], since=date(2026, 7, 1), terms=lambda _, old: replace(old, after=5))
    >>> changed.on(date(2026, 6, 30)).after, changed.on(date(2026, 7, 1)).after
    (2, 5)
    """
    changed = []
    for order in orders:
        old = order.on(since)
        new = terms(order, old)
        if new == old:
            changed.append(order)
            continue
        kept = tuple(one for one in order.terms if one.since < since)
        changed.append(replace(order, terms=(*kept, replace(new, since=since, reason=reason))))
    issues = [one for one in check_recurring(changed) if one.severity is Severity.ERROR]
    if issues:
        raise InputError(issues)
    return tuple(changed)


def check_recurring(orders: Sequence[RecurringOrder], *, calendars: Sequence[str] | None = None) -> list[Issue]:
    """Return every issue of orders: errors cannot be used; warnings say what a rule will not do.

    Parameters
    ----------
    calendars : names there are; None does not look.
    """
    found = list(twice("order", [one.order for one in orders]))
    for order in orders:
        if not order.terms:
            found.append(error("no-terms", order.order, "", "Maybe a rule and the date it begins with."))
        dates = [one.since for one in order.terms]
        if dates != sorted(set(dates)):
            found.append(error("terms-out-of-order", order.order, dates, "Maybe two terms begin on one day."))
        if calendars is not None and order.calendar and order.calendar not in calendars:
            advice = f"Maybe one of {', '.join(sorted(calendars)[:8]) or 'none known'}."
            found.append(error("unknown-calendar", order.order, order.calendar, advice))
        for k, terms in enumerate(order.terms):
            found += _terms(f"{order.order}.terms[{k}]", terms)
    return found


def _terms(where: str, terms: RecurringTerms) -> Iterator[Issue]:
    for name, days in (("before", terms.before), ("after", terms.after)):
        if not 0 <= days <= WIDEST:
            yield error("bad-tolerance", f"{where}.{name}", days, f"Maybe whole days from 0 to {WIDEST}.")
    found = rhythm(terms.rule, first=terms.first, where=f"{where}.rule")
    if isinstance(found, tuple):
        yield from found
        return
    if terms.counted is RecurFrom.FIXED:
        yield from found.doubts  # counted from when it was done, a month that is too short ends on its last day
    if terms.counted is RecurFrom.DONE and not found.plain:
        advice = "Maybe only FREQ and INTERVAL: counted from when it was done, a rule cannot name days."
        yield error("days-named", f"{where}.rule", terms.rule, advice)
    elif terms.counted is RecurFrom.FIXED and 0 < found.shortest <= terms.before + terms.after:
        advice = f"Maybe less tolerance: dates are {found.shortest} days apart, so that two visits may fall on one day."
        yield Issue("tolerance-overlaps", Severity.WARNING, where, f"{terms.before}+{terms.after}", advice)
