"""Agreements and calendars as people really write them down: what is wrong is told with place, value and advice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.kpi.logs import hours, lake_of, put_reference, special, story
from tests.kpi.sla.test_agreements import clocks
from troth.core.decision import Issue
from troth.core.time import calendars_from_tables
from troth.kpi.sla import ask
from troth.kpi.sla.check import check_books
from troth.kpi.sla.policy import SlaBook
from troth.kpi.sla.read import rules
from troth.kpi.sla.tables import books_from_tables
from troth.log.lake import Lake

Row = dict[str, Any]
HOUR = 3600.0
ANA = {"agent_id": "ana"}
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def policies(*positions: int, names: str = "ab", **tables: list[Row]) -> tuple[SlaBook, list[Issue]]:
    """Return the policies of today, each with an hour until the first reply, and what is told of them."""
    rows: dict[str, list[Row]] = {
        "sla_policies": [{"policy": p, "position": n} for p, n in zip(names, positions, strict=False)],
        "sla_targets": [{"policy": p, "metric": "first_reply", "target_s": HOUR} for p in names[: len(positions)]],
        **tables,
    }
    books, issues = books_from_tables(rows, calendars=("office",))
    return books.books[-1], [*issues, *check_books(books)]


def told(issues: list[Issue]) -> list[tuple[str, str, str, str]]:
    """Return code, severity, place and value of each; every one must have advice."""
    assert all(one.advice.startswith("Maybe ") and one.advice.endswith(".") for one in issues)
    return [(one.code, str(one.severity), one.where, one.value) for one in issues]


def open_hours(rows: list[Row], days: list[Row]) -> tuple[float, list[tuple[str, str, str, str]]]:
    """Return how many hours the office is open on Tuesday, 3 March 2026, and what is told."""
    made, issues = calendars_from_tables(rows, calendar_days=days)
    start, end = datetime(2026, 3, 3, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)
    return made["office"].open_seconds(start, end) / HOUR, told(issues)


OFFICE = hours("office", ("09:00", "17:00"))


@pytest.mark.parametrize(
    ("days", "open_for", "issues"),
    [
        # Two people shortened the same day, each in a row of their own.
        (
            special("office", "2026-03-03", ("09:00", "12:00"), ("10:00", "14:00")),
            5.0,
            [("overlapping-hours", "warning", "calendar office, 2026-03-03", "10:00-14:00")],
        ),
        # One closed it, the other shortened it.
        (
            special("office", "2026-03-03") + special("office", "2026-03-03", ("09:00", "12:00")),
            3.0,
            [("closed-and-open", "warning", "calendar office, 2026-03-03", "Holiday")],
        ),
        # Both closed it.
        (
            special("office", "2026-03-03", title="Holiday") * 2,
            0.0,
            [("day-twice", "warning", "calendar office, 2026-03-03", "Holiday")],
        ),
        # The later edit is a version of its own: it holds whole, and nothing is wrong.
        (
            special("office", "2026-03-03", ("09:00", "12:00"), version=1)
            + special("office", "2026-03-03", ("10:00", "14:00"), version=2),
            4.0,
            [],
        ),
        # So it does where the rows come the other way round, and where it closes the day.
        (
            special("office", "2026-03-03", version=2) + special("office", "2026-03-03", ("09:00", "12:00"), version=1),
            0.0,
            [],
        ),
    ],
)
def test_a_holiday_edited_twice(days: list[Row], open_for: float, issues: list[tuple[str, str, str, str]]) -> None:
    """Of two versions the newest holds; two rows of one version are joined, and told with calendar and day."""
    titled = [{"title": "Holiday", **row} for row in days]
    assert open_hours(OFFICE, titled) == (open_for, issues)


@pytest.mark.parametrize("table", ["calendars", "calendar_days"])
def test_a_calendar_that_closes_before_it_opens(table: str) -> None:
    """The span is taken over midnight, as of a night shift, and told with its row; none at all cannot be used."""
    swapped = ("17:00", "09:00")
    rows = hours("office", swapped, days=[1]) if table == "calendars" else hours("office", ("09:00", "17:00"), days=[0])
    days = special("office", "2026-03-03", swapped) if table == "calendar_days" else []
    assert open_hours(rows, days) == (7.0, [("closes-before-opens", "warning", f"{table} row 1", "17:00-09:00")])
    empty = [{**row, "closes": "17:00"} for row in (days or rows)]
    found = open_hours(OFFICE, empty) if days else (0.0, told(calendars_from_tables(empty)[1]))
    assert found[1] == [("bad-span", "error", f"{table} row 1", "17:00-17:00")]


def test_a_policy_whose_clock_nothing_ends() -> None:
    """A metric of one's own without a stop is an error that names policy, metric and the table to mend."""
    start = {"policy": "a", "metric": "call_back", "hook": "start", "number": 1, "activity": "opened"}
    _, issues = policies(
        1, sla_targets=[{"policy": "a", "metric": "call_back", "target_s": HOUR}], sla_conditions=[start]
    )
    assert told(issues) == [("no-end", "error", "policy a, call_back", "")]
    assert "hook stop is missing in sla_conditions" in issues[0].advice
    _, issues = policies(
        1,
        sla_targets=[{"policy": "a", "metric": "call_back", "target_s": HOUR}],
        sla_conditions=[start, {**start, "hook": "stop", "activity": "closed"}],
    )
    assert issues == []


def test_two_policies_that_fit_one_case(lake: Path) -> None:
    """The lowest position holds, whole; that both fit is told of the tables, and counted of the cases."""
    high = [{"policy": "b", "field": "priority", "value": "high"}]
    _, issues = policies(2, 1, sla_filters=high)
    assert told(issues) == [("two-policies", "info", "policy a", "b")]
    events = [
        *story(("2026-03-02 09:00", "opened", {"priority": "high"}), ("2026-03-02 10:30", "message_sent", ANA), case_id="both"),
        *story(("2026-03-02 09:00", "opened", {"priority": "low"}), ("2026-03-02 10:30", "message_sent", ANA), case_id="one"),
    ]  # fmt: skip
    found = lake_of(
        lake, events, sla_filters=high,
        sla_policies=[{"policy": "a", "position": 2}, {"policy": "b", "position": 1}],
        sla_targets=[{"policy": p, "metric": "first_reply", "target_s": n * HOUR} for p, n in (("a", 1), ("b", 2))],
    )  # fmt: skip
    assert {c["case_id"]: (c["policy"], c["state"]) for c in clocks(found)} == {
        "both": ("b", "met"), "one": ("a", "breached"),
    }  # fmt: skip
    with found.session() as con:
        issues = ask.audit(found, con, rules=rules(found), now=NOON)
    assert ("fits-two", "info", "policies b, a", "1 cases") in told(issues)


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_two_policies_of_one_position(order: str) -> None:
    """The name decides, in whatever order the rows come, and that it does is a warning."""
    book, issues = policies(1, 1, names=order, sla_filters=[{"policy": "a", "field": "team", "value": "desk"}])
    assert [policy.name for policy in book.policies] == ["a", "b"]
    assert told(issues) == [("same-position", "warning", "policy b", "1"), ("two-policies", "info", "policy b", "a")]


def _closed(lake: Path) -> Lake:
    """Return a lake with a case answered after three hours and closed, under a policy of four."""
    events = story(
        ("2026-03-02 09:00", "opened"), ("2026-03-02 12:00", "message_sent", ANA), ("2026-03-02 13:00", "closed", ANA), case_id="c",
    )  # fmt: skip
    target = {"policy": "p", "metric": "first_reply", "target_s": 4 * HOUR}
    return lake_of(lake, events, sla_policies=[{"policy": "p", "position": 1}], sla_targets=[target])


def test_a_policy_changed_after_a_case_was_closed(lake: Path) -> None:
    """The version in force holds: an edit with its day changes nothing, however often it comes; only a rerun says more."""
    found = _closed(lake)
    before = clocks(found)
    assert [c["state"] for c in before] == ["met"]
    for seconds in (2 * HOUR, HOUR):
        edit = {"policy": "p", "metric": "first_reply", "target_s": seconds, "valid_from": date(2026, 3, 3)}
        put_reference(found, "sla_targets", [{**edit, "version": int(3 * HOUR - seconds)}])
        assert clocks(found) == before
    with found.session() as con:
        (row,) = ask.rerun(found, con, rules=rules(found), now=NOON, as_of=date(2026, 3, 3))
        issues = ask.audit(found, con, rules=rules(found), now=NOON)
    assert (row["state_before"], row["state_after"], row["target_s_after"], row["cause"]) == (
        "met", "breached", HOUR, "target",
    )  # fmt: skip
    (one,) = (issue for issue in issues if issue.code == "changed-since")
    assert (one.where, one.value, one.count) == ("policy p", "1 clocks", 1)
    assert "troth sla rerun" in one.advice


def test_an_edit_without_a_day_is_told(lake: Path) -> None:
    """A row replaced without `valid_from` judges closed cases anew, so it is told with its row and what to add."""
    found = _closed(lake)
    edit = {"policy": "p", "metric": "first_reply", "target_s": HOUR, "version": 1}
    put_reference(found, "sla_targets", [edit])
    assert [c["state"] for c in clocks(found)] == ["breached"]
    (issue,) = rules(found).issues
    assert told([issue]) == [("edit-without-day", "info", "sla_targets row 1 (p, first_reply, -)", "version 1")]
    assert "`valid_from`" in issue.advice
    put_reference(found, "sla_targets", [{**edit, "target_s": 4 * HOUR, "version": 2}])
    assert [c["state"] for c in clocks(found)] == ["met"]
