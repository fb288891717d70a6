"""JSON texts are read whole or refused with a place, and near words are named."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.core import json_input
from troth.core.errors import InputError
from troth.core.json_input import FaultError, Faults, loaded, near

_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(_PLAIN)
def test_whatever_json_says_is_read(data: object) -> None:
    """The data that was written comes back."""
    assert loaded(json.dumps(data), name="x") == data


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", [("not-json", "day.json, line 1, column 2", "")]),
        ('{\n"a": 1\n"b": 2}', [("not-json", "day.json, line 3, column 1", "")]),
        ("[" * 100_000, [("not-json", "day.json", "")]),
        ("9" * 5000, [("not-json", "day.json", "")]),
        ('[{"a": 1, "b": {"c": 1, "c": 2}, "a": 3, "a": 4}]', [("key-twice", "day.json", "c"), ("key-twice", "day.json", "a")]),
    ],
)  # fmt: skip
def test_what_is_no_json_is_told_with_its_place(text: str, told: list[tuple[str, str, str]]) -> None:
    """Line and column where they are known; every key that is there twice, once each; advice always."""
    with pytest.raises(InputError) as caught:
        loaded(text, name="day.json")
    issues = caught.value.issues
    assert [(one.code, one.where) for one in issues] == [(code, where) for code, where, _ in told]
    assert [one.value for one in issues if one.code == "key-twice"] == [value for code, _, value in told if value]
    assert all(one.advice.startswith("Maybe") for one in issues)


def test_a_text_beyond_all_measure_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its length is told."""
    monkeypatch.setattr(json_input, "MOST_TEXT", 10)
    with pytest.raises(InputError, match="too-large"):
        loaded('"0123456789"', name="x")


def test_the_nearest_word_is_named() -> None:
    """In any case of letters; else the known ones or what is asked for, and a long list is cut."""
    assert near("Pmup", known=["pump", "fan"]) == "Maybe pump is meant."
    assert near("moon", known={"pump", "fan"}) == "Maybe one of fan, pump is meant."
    assert near("moon", known=["pump"], otherwise="Maybe not.") == "Maybe not."
    assert near("moon", known=[]) == "Maybe leave it out: there is none to name."
    long = near("moon", known=[f"w{k:02}" for k in range(25)])
    assert "w23 and others" in long and "w24" not in long


def test_all_faults_gather_and_long_values_are_cut() -> None:
    """A fault is told with its place; `wrong` tells it and gives the value up; data that cannot be written is named by its type."""
    faults, deep = Faults(), list[object]()
    deep.append(deep)
    faults.tell("odd", "a[0]", "x" * 200, "Maybe less.")
    with pytest.raises(FaultError):
        faults.wrong("bad", "a[1]", deep, "Maybe none.")
    assert [(one.code, one.where, len(one.value)) for one in faults.issues] == [("odd", "a[0]", 80), ("bad", "a[1]", 4)]
    assert faults.issues[0].value.endswith("...") and faults.issues[1].value == "list"
