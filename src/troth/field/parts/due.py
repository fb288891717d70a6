"""When recurring work is due: dates of the rhythm, moved to open days inside the tolerance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.time import Calendar, Span, start_of_day, zone
from troth.field.parts._issues import error
from troth.field.parts._rrule import Rhythm, rhythm
from troth.field.parts.recurring import RecurFrom, RecurringOrder, RecurringTerms, check_recurring

#: Longest stretch that is looked at, in days.
_LONGEST = 3660


@dataclass(frozen=True, slots=True)
class DueVisit:
    """One visit of a recurring order.

    Parameters
    ----------
    rhythm_date : the date by the rule.
    due_date : the open day nearest to it inside the tolerance, the earlier of two; None if there is none.
    earliest_date, latest_date : the tolerance, both included.
    projected : it is counted from visits that are not done yet, so that it will move with them.
    """

    order: str
    rhythm_date: date
    due_date: date | None
    earliest_date: date
    latest_date: date
    projected: bool = False

    def window(self, time_zone: str) -> Span:
        """Return the tolerance as instants: whole local days, of 23 to 25 hours when clocks change."""
        tz = zone(time_zone)
        return Span(start_of_day(self.earliest_date, tz=tz), start_of_day(self.latest_date + timedelta(days=1), tz=tz))


def due_visits(
    orders: Sequence[RecurringOrder],
    *,
    start: date,
    end: date,
    calendars: Mapping[str, Calendar] | None = None,
    done: Mapping[str, Sequence[date]] | None = None,
) -> tuple[tuple[DueVisit, ...], list[Issue]]:
    """Return the visits due in ``[start, end)`` by their rhythm, and doubts.

    Of a fixed rhythm a date is settled by a visit done inside its tolerance, each visit settling one date. Counted from the last
    visit done, the next one is a step after it (on the last day of a month that is too short), and those after it are
    projected; an overdue one is named on its own date.

    Parameters
    ----------
    calendars : by name, for holidays and weekdays that are closed.
    done : by order the local dates on which it was really done.

    Raises
    ------
    InputError
        All that is wrong with orders and period.

    Examples
    --------
    >>> office = Calendar.weekly("office", time_zone="Europe/Vilnius", hours="Mon-Fri 09:00-17:00")
    >>> order = RecurringOrder("filters", (RecurringTerms("FREQ=MONTHLY", date(2026, 1, 15), 2, 2),), "office")
    >>> visits, _ = due_visits([order], start=date(2026, 2, 1), end=date(2026, 4, 1), calendars={"office": office})
    >>> [(str(one.rhythm_date), str(one.due_date)) for one in visits]  # 15 February and March are Sundays
    [('2026-02-15', '2026-02-16'), ('2026-03-15', '2026-03-16')]
    """
    found = check_recurring(orders, calendars=tuple(calendars or ()))
    if not timedelta(0) <= end - start <= timedelta(days=_LONGEST):
        found.append(error("bad-period", "end", end, f"Maybe at most {_LONGEST} days after {start}."))
    unknown = sorted(set(done or ()) - {one.order for one in orders})
    found += [error("unknown-order", "done", name, "Maybe the order was renamed.") for name in unknown]
    if any(one.severity is Severity.ERROR for one in found):
        raise InputError([one for one in found if one.severity is Severity.ERROR])
    visits: list[DueVisit] = []
    for order in orders:
        past = sorted((done or {}).get(order.order, ()))
        dates, doubts = _dates(order, start, end, past)
        calendar = (calendars or {}).get(order.calendar)
        placed = [_placed(order, day, projected=projected, calendar=calendar) for day, projected in dates]
        found += [*doubts, *(_closed(one) for one in placed if one.due_date is None)]
        visits += placed
    return tuple(sorted(visits, key=lambda one: (one.rhythm_date, one.order))), found


def _warning(code: str, where: str, value: object, advice: str) -> Issue:
    return Issue(code, Severity.WARNING, where, str(value), advice)


def _closed(one: DueVisit) -> Issue:
    advice = "Maybe more tolerance, or open on one of its days."
    return _warning("no-open-day", one.order, f"{one.earliest_date} to {one.latest_date}", advice)


def _read(terms: RecurringTerms) -> Rhythm:
    found = rhythm(terms.rule, first=terms.first, where="rule")
    if isinstance(found, tuple):
        raise InputError(found)
    return found


def _dates(
    order: RecurringOrder, start: date, end: date, done: Sequence[date]
) -> tuple[list[tuple[date, bool]], list[Issue]]:
    """Return the dates of an order that are due in a period, each with whether it is projected, and doubts."""
    terms = order.on(start)
    issues = []
    last = order.on(end - timedelta(days=1)) if end > start else terms
    until = _read(last).until
    if until is not None and until < start:
        issues.append(_warning("ended", order.order, until, "Maybe the order is to go on: its rule ended before."))
    if terms.counted is RecurFrom.DONE:
        return _stepped(order, start, end, done, issues)
    dates = _rhythm_dates(order, start - timedelta(days=_LONGEST), end)  # earlier ones to say what is overdue
    open_ = _unsettled(order, dates, done)
    late = [day for day in open_ if day < start and day + timedelta(days=order.on(day).after) < start]
    if done and late and late[-1] > done[-1]:
        issues.append(_warning("overdue", order.order, late[-1], "Maybe it was done and not written down."))
    return [(day, False) for day in open_ if start <= day < end], issues


def _rhythm_dates(order: RecurringOrder, start: date, end: date) -> list[date]:
    """Return dates by the terms in force on each of them."""
    found = []
    for k, terms in enumerate(order.terms):
        low = start if k == 0 else max(start, terms.since)
        high = min(end, order.terms[k + 1].since) if k + 1 < len(order.terms) else end
        if low < high and terms.counted is RecurFrom.FIXED:
            found += _read(terms).between(low, high)
    return found


def _unsettled(order: RecurringOrder, dates: Sequence[date], done: Sequence[date]) -> list[date]:
    """Return the dates inside whose tolerance nothing was done; a visit done settles the first date it can."""
    free, left = list(done), []
    for day in dates:
        terms = order.on(day)
        low, high = day - timedelta(days=terms.before), day + timedelta(days=terms.after)
        mine = next((one for one in free if low <= one <= high), None)
        if mine is None:
            left.append(day)
        else:
            free.remove(mine)
    return left


def _stepped(
    order: RecurringOrder, start: date, end: date, done: Sequence[date], issues: list[Issue]
) -> tuple[list[tuple[date, bool]], list[Issue]]:
    """Return dates counted from the last visit done."""
    read = _read(order.on(start))
    left = None if read.count is None else read.count - len(done)
    day = read.after(done[-1]) if done else read.first
    found: list[tuple[date, bool]] = []
    first = True
    while day is not None and day < end and (left is None or left > 0):
        late = day + timedelta(days=order.on(day).after) < start
        if first and late:
            issues.append(_warning("overdue", order.order, day, "Maybe it was done and not written down."))
        if first or day >= start:
            found.append((day, not first))
        if first and day < start:
            day = start  # what follows an overdue visit is counted from when it can be done at the earliest
        day, first = _read(order.on(day)).after(day), False
        left = None if left is None else left - 1
    return found, issues


def _placed(order: RecurringOrder, day: date, *, projected: bool, calendar: Calendar | None) -> DueVisit:
    """Move a date to the nearest open day inside the tolerance."""
    terms = order.on(day)
    low, high = day - timedelta(days=terms.before), day + timedelta(days=terms.after)
    near: date | None = day
    if calendar is not None:
        tz = zone(calendar.time_zone)
        margin = timedelta(days=1)
        limits = start_of_day(low - margin, tz=tz), start_of_day(high + 2 * margin, tz=tz)
        opens = {one for one, _ in calendar.opening(*limits) if low <= one <= high}
        near = min(opens, key=lambda one: (abs((one - day).days), one), default=None)
    return DueVisit(order.order, day, near, low, high, projected)
