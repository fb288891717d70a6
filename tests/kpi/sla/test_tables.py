"""Tables of policies: everything wrong is told at once, and what is doubtful too."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from troth.kpi.sla.check import check_books
from troth.kpi.sla.policy import SlaBooks
from troth.kpi.sla.tables import books_from_tables

Row = dict[str, Any]
P: Row = {"policy": "p", "position": 1}
T: Row = {"policy": "p", "metric": "first_reply", "target_s": 60.0}


def _read(**tables: list[Row]) -> tuple[SlaBooks, list[tuple[str, str]]]:
    books, issues = books_from_tables({"sla_policies": [P], "sla_targets": [T], **tables}, calendars=("office",))
    return books, [(one.code, one.value) for one in [*issues, *check_books(books)]]


def test_good_tables_have_no_issues() -> None:
    """A policy with a target of a usual metric needs nothing else."""
    books, issues = _read()
    assert issues == []
    assert [t.seconds for policy in books.books[0].policies for t in policy.targets.values()] == [60.0]


def test_everything_wrong_is_told_at_once() -> None:
    """Every bad row of every table, each with place, value and advice; the good rows stay."""
    tables: dict[str, list[Row]] = {
        "sla_policies": [P, {"policy": "q"}],
        "sla_filters": [{"policy": "p", "field": "prioritty", "value": "x"}, {"policy": "p", "field": "team", "value": ""}, {"policy": "pp", "field": "team", "value": "x"}],
        "sla_targets": [
            T, {**T, "priority": "a", "target_s": -1.0}, {**T, "priority": "b", "calendar": "ofice"}, {**T, "metric": "first_replies"},
            {**T, "priority": "c", "again": "maybe"}, {**T, "priority": "d", "warn": 80.0}, {**T, "priority": "e", "valid_from": date(2026, 4, 1), "valid_to": date(2026, 3, 1)},
            {**T, "priority": "f", "retroactive_pause": True}, {**T, "metric": None},
        ],
        "sla_conditions": [
            {"policy": "p", "metric": "first_reply", "hook": "halt", "number": 1, "activity": "opened"},
            {"policy": "p", "metric": "first_reply", "hook": "pause", "number": 1, "activity": "status_change"},
            {"policy": "p", "metric": "first_reply", "hook": "pause", "number": 2, "activity": "status_changed", "step": "pendding"},
            {"policy": "p", "metric": "first_reply", "hook": "stop", "number": 1},
            {"policy": "p", "metric": "first_reply", "hook": "stop", "number": 2, "changed": "teams", "after": "x", "actor": "man", "direction": "up"},
        ],
    }  # fmt: skip
    books, issues = books_from_tables(tables, calendars=("office",))
    assert {(one.code, one.value) for one in issues} == {
        ("no-position", ""), ("unknown-field", "prioritty"), ("no-value", ""), ("unknown-policy", "pp"), ("bad-target", "-1.0"),
        ("unknown-calendar", "ofice"), ("unknown-metric", "first_replies"), ("bad-again", "maybe"), ("bad-share", "80.0"),
        ("ends-before-start", "2026-04-01 to 2026-03-01"), ("pause-without-start", ""), ("no-metric", ""), ("unknown-hook", "halt"),
        ("unknown-activity", "status_change"), ("unknown-step", "pendding"), ("empty-condition", ""), ("unknown-changed", "teams"),
        ("unknown-after", "x"), ("unknown-actor", "man"), ("unknown-direction", "up"),
    }  # fmt: skip
    assert all(one.advice.startswith("Maybe") and one.where for one in issues)
    assert [policy.name for policy in books.books[0].policies] == ["p"]


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ([], [], "never-holds"),
        ([("priority", "high")], [("priority", "high")], "never-holds"),
        ([("priority", "high")], [], "two-policies"),
        ([("priority", "high")], [("team", "desk")], "two-policies"),
        ([("priority", "!low")], [("priority", "high")], "never-holds"),
        ([("priority", "high")], [("priority", "low")], ""),
        ([("priority", "high")], [("priority", "!high")], ""),
        ([("priority", "high"), ("priority", "mid")], [("priority", "mid"), ("team", "desk")], "never-holds"),
    ],
)
def test_policies_that_fit_the_same_cases_are_told(
    first: list[tuple[str, str]], second: list[tuple[str, str]], code: str
) -> None:
    """The first by order holds: where a later one can never hold that is a warning, else a note; those apart are fine."""
    filters = [{"policy": p, "field": f, "value": v} for p, given in (("a", first), ("b", second)) for f, v in given]
    policies = [{"policy": "a", "position": 1}, {"policy": "b", "position": 2}]
    targets = [{**T, "policy": "a"}, {**T, "policy": "b"}]
    _, issues = _read(sla_policies=policies, sla_filters=filters, sla_targets=targets)
    assert [c for c, _ in issues] == ([code] if code else [])


def test_a_metric_of_ones_own_needs_a_beginning_and_an_end() -> None:
    """A clock that nothing starts or stops is an error, told with the hook that is missing; resuming what never pauses is odd."""
    own = {"policy": "p", "metric": "own"}
    _, issues = _read(
        sla_targets=[{**T, "metric": "own"}],
        sla_conditions=[{**own, "hook": "resume", "number": 1, "activity": "opened"}],
    )
    assert [code for code, _ in issues] == ["no-start", "no-end", "never-pauses"]


def test_a_policy_without_targets_and_two_of_one_position_are_told() -> None:
    """Nothing is promised to the cases of the first; of two equals the name decides."""
    _, issues = _read(
        sla_policies=[P, {"policy": "o", "position": 1}], sla_filters=[{"policy": "o", "field": "team", "value": "x"}]
    )
    assert [code for code, _ in issues] == ["no-target", "same-position", "two-policies"]


def test_versions_that_overlap_are_told_and_the_later_beginning_holds() -> None:
    """A target edited without ending the older row: from its own beginning on the newer one holds."""
    books, issues = _read(sla_targets=[T, {**T, "target_s": 30.0, "valid_from": date(2026, 4, 1)}])
    assert [code for code, _ in issues] == ["overlapping-versions"]
    days = (date(2026, 3, 31), date(2026, 4, 1))
    held = [books.books[books.number(day)].policies[0].targets["first_reply", None].seconds for day in days]
    assert held == [60.0, 30.0]
    _, issues = _read(
        sla_targets=[{**T, "valid_to": date(2026, 4, 1)}, {**T, "target_s": 30.0, "valid_from": date(2026, 4, 1)}]
    )
    assert issues == []


def test_own_conditions_replace_the_usual_ones_hook_by_hook() -> None:
    """A policy's own rows of a hook hold; those of `*` hold for policies without; other hooks stay as usual."""
    rows = [
        {"policy": "*", "metric": "first_reply", "hook": "stop", "number": 1, "activity": "resolved"},
        {"policy": "q", "metric": "first_reply", "hook": "stop", "number": 1, "activity": "closed"},
    ]
    policies = [{**P, "policy": name, "position": i} for i, name in enumerate(("p", "q"))]
    targets = [{**T, "policy": name} for name in ("p", "q")]
    books, _ = _read(sla_policies=policies, sla_targets=targets, sla_conditions=rows)
    stops = {
        p.name: [str(m) for c in t.movement.conditions if c.hook == "stop" for _, m in c.tests]
        for p in books.books[0].policies
        for t in p.targets.values()
    }
    assert stops == {"p": ["resolved"], "q": ["closed"]}
    assert all(
        any(c.hook == "start" for c in t.movement.conditions)
        for p in books.books[0].policies
        for t in p.targets.values()
    )
