"""Recurring work is due when its rhythm says, on an open day inside the tolerance."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troth.core.errors import InputError
from troth.core.time import Calendar
from troth.field.parts import (
    DueVisit,
    RecurFrom,
    RecurringOrder,
    RecurringTerms,
    change_orders,
    check_recurring,
    due_visits,
)

OFFICE = Calendar.weekly(
    "office", time_zone="Europe/Vilnius", hours="Mon-Fri 09:00-17:00", closed=(date(2026, 12, 24), date(2026, 12, 25))
)
JAN = date(2026, 1, 1)


def _order(rule: str, first: date = JAN, **more: object) -> RecurringOrder:
    calendar = str(more.pop("calendar", ""))
    return RecurringOrder("o", (RecurringTerms(rule, first, **more),), calendar)  # type: ignore[arg-type]


def _dates(order: RecurringOrder, start: date, end: date, *done: date) -> list[str]:
    visits, _ = due_visits([order], start=start, end=end, calendars={"office": OFFICE}, done={"o": done})
    return [str(one.rhythm_date) for one in visits]


@pytest.mark.parametrize(
    ("rule", "first", "expected"),
    [
        ("FREQ=MONTHLY", date(2026, 1, 31), ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", date(2026, 1, 31), ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ("FREQ=YEARLY", date(2024, 2, 29), []),
        ("FREQ=MONTHLY;BYDAY=1MO;INTERVAL=2", JAN, ["2026-01-05", "2026-03-02", "2026-05-04"]),
        ("FREQ=WEEKLY;INTERVAL=8;BYDAY=TU;WKST=SU", JAN, ["2026-02-24", "2026-04-21"]),
        ("FREQ=MONTHLY;COUNT=2", JAN, ["2026-01-01", "2026-02-01"]),
        ("FREQ=MONTHLY;UNTIL=20260301T235959Z", JAN, ["2026-01-01", "2026-02-01", "2026-03-01"]),
    ],
)  # fmt: skip
def test_dates_are_those_of_rfc_5545(rule: str, first: date, expected: list[str]) -> None:
    """The 31st, leap days, first Mondays, ends by count and by day."""
    assert _dates(_order(rule, first), JAN, date(2026, 6, 1)) == expected


def test_leap_days_and_short_months_are_told() -> None:
    """What a rule passes over is a warning with advice; the last day of the month is the way out."""
    codes = [[one.code for one in check_recurring([_order(rule, first)])] for rule, first in (
        ("FREQ=MONTHLY", date(2026, 1, 31)), ("FREQ=YEARLY", date(2024, 2, 29)), ("FREQ=MONTHLY;BYMONTHDAY=-1", JAN),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", JAN), ("FREQ=MONTHLY", JAN),
    )]  # fmt: skip
    assert codes == [["skips-months"], ["skips-years"], [], ["skips-years"], []]
    assert _dates(_order("FREQ=YEARLY", date(2024, 2, 29)), date(2024, 1, 1), date(2033, 1, 1)) == [
        "2024-02-29", "2028-02-29", "2032-02-29",
    ]  # fmt: skip


def test_a_closed_day_moves_to_the_nearest_open_one() -> None:
    """Inside the tolerance, the earlier of two; outside of it there is none, which is told."""
    order = _order("FREQ=MONTHLY;BYMONTHDAY=25", JAN, before=2, after=3, calendar="office")
    visits, issues = due_visits([order], start=date(2026, 10, 1), end=date(2027, 1, 1), calendars={"office": OFFICE})
    assert [str(one.due_date) for one in visits] == ["2026-10-26", "2026-11-25", "2026-12-23"]
    assert issues == []
    strict = replace(order, terms=(replace(order.terms[0], before=1, after=0),))
    visits, issues = due_visits([strict], start=date(2026, 12, 1), end=date(2027, 1, 1), calendars={"office": OFFICE})
    assert [one.due_date for one in visits] == [None]
    assert [(one.code, one.value) for one in issues] == [("no-open-day", "2026-12-24 to 2026-12-25")]


def test_a_fixed_rhythm_stands_and_one_from_when_it_was_done_moves() -> None:
    """Done late, the fixed date stays; counted from then it moves, on short months to their last day."""
    fixed = _order("FREQ=MONTHLY;INTERVAL=3", date(2026, 1, 31), before=3, after=20)
    done = date(2026, 2, 10)
    assert _dates(fixed, JAN, date(2026, 9, 1), done) == ["2026-07-31"]  # 30 April has no 31st
    moving = _order("FREQ=MONTHLY;INTERVAL=3", date(2026, 1, 31), after=5, counted=RecurFrom.DONE)
    visits, _ = due_visits([moving], start=JAN, end=date(2026, 12, 1), done={"o": [done]})
    assert [(str(one.rhythm_date), one.projected) for one in visits] == [
        ("2026-05-10", False), ("2026-08-10", True), ("2026-11-10", True),
    ]  # fmt: skip
    assert _dates(moving, JAN, date(2026, 6, 1), date(2026, 1, 31))[0] == "2026-04-30"
    assert _dates(_order("FREQ=MONTHLY;COUNT=2", counted=RecurFrom.DONE), JAN, date(2026, 9, 1), JAN) == ["2026-02-01"]
    visits, issues = due_visits([moving], start=date(2026, 6, 1), end=date(2026, 10, 1), done={"o": [done]})
    assert [one.code for one in issues] == ["overdue"]
    assert [str(one.rhythm_date) for one in visits] == ["2026-05-10", "2026-09-01"]


def test_one_visit_done_settles_one_date() -> None:
    """Of two dates inside whose tolerance it was done, the first is settled; a forgotten one is overdue."""
    weekly = _order("FREQ=WEEKLY", date(2026, 3, 2), before=3, after=3)
    assert _dates(weekly, date(2026, 3, 1), date(2026, 3, 20), date(2026, 3, 5), date(2026, 3, 6)) == ["2026-03-16"]
    _, issues = due_visits([weekly], start=date(2026, 3, 26), end=date(2026, 4, 1), done={"o": [date(2026, 3, 9)]})
    assert ("overdue", "2026-03-23") not in [(one.code, one.value) for one in issues]  # may still be done
    assert [(one.code, one.value) for one in issues] == [("overdue", "2026-03-16")]


def test_many_orders_are_changed_at_once_with_their_past_kept() -> None:
    """Terms before the day hold for dates before it; nothing is changed if one of the changes is wrong."""
    orders = [replace(_order("FREQ=MONTHLY;BYMONTHDAY=10"), order=name) for name in ("a", "b")]

    def later(order: RecurringOrder, terms: RecurringTerms) -> RecurringTerms:
        return replace(terms, rule="FREQ=MONTHLY;BYMONTHDAY=20") if order.order == "a" else terms

    changed = change_orders(orders, since=date(2026, 3, 1), terms=later, reason="new contract")
    visits, _ = due_visits(changed, start=JAN, end=date(2026, 5, 1))
    mine = [str(one.rhythm_date) for one in visits if one.order == "a"]
    assert mine == ["2026-01-10", "2026-02-10", "2026-03-20", "2026-04-20"]
    assert [one.reason for one in changed[0].terms] == ["", "new contract"]
    assert changed[1] == orders[1]
    with pytest.raises(InputError, match="bad-step"):
        change_orders(orders, since=date(2026, 3, 1), terms=lambda _, terms: replace(terms, rule="FREQ=SOMETIMES"))


def test_windows_are_whole_local_days() -> None:
    """Over the change of clocks a day has 23 or 25 hours."""
    lengths = [
        DueVisit("o", day, day, day, day).window("Europe/Vilnius").seconds / 3600
        for day in (date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 25))
    ]
    assert lengths == [24, 23, 25]


@pytest.mark.parametrize(
    ("rule", "codes"),
    [
        ("FREQ=SECONDLY", ["too-often"]), ("FREQ=HOURLY;INTERVAL=1", ["too-often"]), ("FREQ=DAILY;BYHOUR=9", ["too-often"]),
        ("", ["bad-rule", "bad-step"]), ("FREQ=DAILY;FREQ=DAILY", ["bad-rule"]), ("INTERVAL=0;FREQ=DAILY", ["bad-rule"]),
        ("FREQ=DAILY;COUNT=99999999999", ["bad-rule"]), ("FREQ=DAILY;UNTIL=20251231", ["until-before-first"]),
        ("FREQ=DAILY;UNTIL=20261301", ["bad-rule"]), ("FREQ=DAILY;COUNT=2;UNTIL=20270101", ["two-ends"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", ["no-dates"]), ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", ["no-dates"]),
        ("FREQ=MONTHLY;BYDAY=XX", ["bad-rule"]), ("FREQ=WEEKLY;BYDAY=1MO", ["bad-rule"]), ("FREQ=DAILY;X-EVIL=1", ["bad-rule"]),
        ("FREQ=DAILY;BYSETPOS=" + "1," * 150 + "1", ["rule-too-long"]), ("FREQ=MONTHLY;BYMONTHDAY=0", ["bad-rule"]),
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31", ["no-dates"]), ("FREQ=DAILY;BYMONTHDAY=31", ["bad-rule"]),
    ],
)  # fmt: skip
def test_bad_and_hostile_rules_are_told_at_once(rule: str, codes: list[str]) -> None:
    """Rules that never end, never come or come every second cost no time."""
    began = time.process_time()
    found = check_recurring([_order(rule)])
    assert [one.code for one in found] == codes
    assert all(one.advice.startswith("Maybe ") for one in found)
    assert time.process_time() - began < 2.0


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")), st.integers(1, 40), st.dates(JAN, date(2030, 1, 1)),
    st.integers(0, 20), st.integers(0, 20), st.sampled_from(RecurFrom),
)  # fmt: skip
def test_due_days_lie_in_their_tolerance_and_are_open(
    step: str, interval: int, first: date, before: int, after: int, counted: RecurFrom
) -> None:
    """Whatever the rule: dates in order, each due on an open day of its tolerance, nearer than any other open day."""
    order = _order(
        f"FREQ={step};INTERVAL={interval}", first, before=before, after=after, counted=counted, calendar="office"
    )
    visits, _ = due_visits([order], start=first, end=first + timedelta(days=400), calendars={"office": OFFICE})
    dates = [one.rhythm_date for one in visits]
    assert dates == sorted(set(dates))
    for one in visits[:20]:
        days = [one.earliest_date + timedelta(days=k) for k in range(before + after + 1)]
        opens = [day for day in days if day.weekday() < 5 and day not in {special.day for special in OFFICE.days}]
        nearest = min((abs((day - one.rhythm_date).days) for day in opens), default=None)
        assert (None if one.due_date is None else abs((one.due_date - one.rhythm_date).days)) == nearest
        assert one.due_date is None or one.due_date in opens


def test_all_that_is_wrong_with_orders_is_told_at_once() -> None:
    """Names twice, tolerances and calendars that are none, days named where they cannot be, periods without end."""
    orders = [
        replace(_order("FREQ=DAILY", before=-1, after=9999), calendar="moon"),
        _order("FREQ=MONTHLY;BYDAY=MO", counted=RecurFrom.DONE), RecurringOrder("p", ()), _order("FREQ=DAILY", date(1066, 10, 14)),
    ]  # fmt: skip
    with pytest.raises(InputError) as caught:
        due_visits(orders, start=JAN, end=date(2099, 1, 1), done={"q": []})
    assert [one.code for one in caught.value.issues] == [
        "order-twice", "unknown-calendar", "bad-tolerance", "bad-tolerance", "days-named", "no-terms", "bad-first",
        "bad-period", "unknown-order",
    ]  # fmt: skip
    codes = [one.code for one in check_recurring([_order("FREQ=WEEKLY", before=4, after=4)])]
    assert codes == ["tolerance-overlaps"]
    _, issues = due_visits([_order("FREQ=DAILY;UNTIL=20260105")], start=date(2026, 2, 1), end=date(2026, 3, 1))
    assert [one.code for one in issues] == ["ended"]
