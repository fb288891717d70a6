"""Lengths of time are read as people write them, and written so that they read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.core.lengths import length_text, parse_length


@pytest.mark.parametrize(
    ("text", "seconds"), [("180", 180), (" 3 min ", 180), (".5h", 1800), ("2d", 172_800), ("-1.5min", -90)]
)
def test_lengths_have_units(text: str, seconds: float) -> None:
    """A number alone is seconds; s, min, h and d follow it."""
    assert parse_length(text) == seconds


@pytest.mark.parametrize("text", ["", "5m", "five", "1:30", "--3s", "nan", "1e3"])
def test_what_is_no_length_is_refused(text: str) -> None:
    """Whatever could mean something else is no length."""
    with pytest.raises(ValueError, match="not a time"):
        parse_length(text)


@given(st.floats(-1e9, 1e9, allow_nan=False) | st.integers(-10_000, 10_000).map(float))
def test_a_length_is_written_as_it_is(seconds: float) -> None:
    """What is written is exactly what was there, in the largest unit that divides it."""
    text = length_text(seconds)
    assert (parse_length(text) if isinstance(text, str) else text) == seconds
