"""Scenarios of files: one or several in each, and every mistake of all of them at once."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capacity.projects.portfolio.house import house
from troth.capacity.projects.outlook import DecidedWork, DelayedWork, HiredPeople, TrainedPerson, WhatIf
from troth.capacity.projects.outlook.from_file import KINDS, what_ifs
from troth.capacity.projects.portfolio import HeldSkill
from troth.core.decision import Severity
from troth.core.errors import InputError

_LAW = {"skills": [{"skill": "law"}], "cost_cents": 4000}


def read(*data: Any) -> tuple[WhatIf, ...]:
    """Return the scenarios of files named a.json, b.json and so on."""
    texts = [(f"{name}.json", json.dumps(one)) for name, one in zip("abc", data, strict=False)]
    return what_ifs(texts, portfolio=house())[0]


def told(*data: Any) -> list[tuple[str, str]]:
    """Return code and place of the errors of files."""
    with pytest.raises(InputError) as wrong:
        read(*data)
    assert all(one.severity is Severity.ERROR and one.advice.startswith("Maybe ") for one in wrong.value.issues)
    return [(one.code, one.where) for one in wrong.value.issues]


def test_every_kind_of_change_is_read() -> None:
    """One of each, with days and what has a usual value left out."""
    changes = [
        {"hire": {**_LAW, "people": 2, "first": "2026-07-01"}}, {"subcontract": {**_LAW, "until": "2026-08-01"}},
        {"train": {"person_id": "ben", "skill": "law", "level": 2}}, {"delay": {"project_id": "p1", "weeks": 3}}, {"win": "d1"},
    ]  # fmt: skip
    (found,) = read({"name": "all", "changes": changes})
    law = (HeldSkill("law"),)
    assert found == WhatIf("all", (
        HiredPeople(law, date(2026, 7, 1), people=2, cost_cents=4000), HiredPeople(law, until=date(2026, 8, 1), cost_cents=4000),
        TrainedPerson("ben", "law", 2.0), DelayedWork("p1", 3), DecidedWork("d1", won=True),
    ))  # fmt: skip
    assert set(KINDS) == {"hire", "subcontract", "train", "delay", "win", "lose"}


def test_a_file_holds_one_or_several_and_names_them_if_they_have_none() -> None:
    """By the file, with a number where it holds several."""
    lose = {"changes": [{"lose": "d1"}]}
    assert [one.name for one in read(lose, {"scenarios": [lose, {**lose, "name": "x"}]}, [lose])] == [
        "a",
        "b 1",
        "x",
        "c",
    ]


def test_all_mistakes_of_all_files_are_told() -> None:
    """What is no JSON, keys that are none, changes that are none, and names of nobody: each with file and place."""
    first = {
        "scenarios": [
            {"nam": "x", "changes": [{"hyre": {}}, {"delay": {"project_id": "p1"}}, {"win": "d1", "lose": "d1"}]},
            {"name": "y", "changes": []}, 7, {"changes": [{"win": "d9"}, {"hire": {**_LAW, "until": "2026-08-01"}}]},
            {"changes": [{"subcontract": _LAW}, {"train": {"person_id": "zoe", "skill": "law", "first": "soon"}}]},
            {"changes": [{"lose": "d9"}]},
        ],
        "more": 1,
    }  # fmt: skip
    with pytest.raises(InputError) as wrong:
        what_ifs([("a.json", json.dumps(first)), ("b.json", "{"), ("c.json", '"x"')], portfolio=house())
    at = "a.json.scenarios"
    assert [(one.code, one.where.split(",")[0]) for one in wrong.value.issues] == [
        ("unknown-key", "a.json.more"), ("unknown-key", f"{at}[0].nam"), ("unknown-change", f"{at}[0].changes[0].hyre"),
        ("missing-key", f"{at}[0].changes[1].delay.weeks"), ("wrong-type", f"{at}[0].changes[2]"), ("missing-key", f"{at}[1].changes"),
        ("wrong-type", f"{at}[2]"), ("unknown-key", f"{at}[3].changes[1].hire.until"), ("missing-key", f"{at}[4].changes[0].subcontract.until"),
        ("bad-day", f"{at}[4].changes[1].train.first"), ("not-json", "b.json"), ("wrong-type", "c.json"),
        ("unknown-project", f"{at}[3].changes[0].win"), ("unknown-person", f"{at}[4].changes[1].train.person_id"),
        ("unknown-project", f"{at}[5].changes[0].lose"),
    ]  # fmt: skip
    assert {one.advice for one in wrong.value.issues if one.code == "unknown-change"} == {"Maybe hire is meant."}


def test_names_that_are_taken_are_told() -> None:
    """Twice, or that of the house without changes."""
    lose = {"changes": [{"lose": "d1"}]}
    assert told({**lose, "name": "x"}, {**lose, "name": "x"}, {**lose, "name": "as it is"}) == [
        ("twice", "a.json.name"), ("twice", "c.json.name"),
    ]  # fmt: skip
    assert told([]) == [("no-scenarios", "a.json")]
    assert told([lose] * 51) == [("too-many", "scenarios")]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.sampled_from(["d1", "p1", "ada", "law", "2026-07-01", "x"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["name", "changes", "scenarios", *KINDS, "skills", "skill", "person_id", "project_id", "weeks", "people", "first", "until", "hours"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(st.dictionaries(st.sampled_from(list(KINDS)), _JSON, min_size=1, max_size=1), max_size=3) | _JSON)
@settings(max_examples=150, deadline=None)
def test_whatever_is_in_a_file_is_read_or_told(changes: Any) -> None:
    """Nothing but an input error with advice comes of any data."""
    text = json.dumps({"changes": changes})
    found: Any = ()
    issues: Any
    try:
        found, issues = what_ifs([("x.json", text)], portfolio=house())
    except InputError as wrong:
        issues = wrong.issues
    assert all(one.advice.startswith("Maybe ") for one in issues)
    assert len(found) == (0 if any(one.severity is Severity.ERROR for one in issues) else 1)
