"""Numbers as people say them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.charts import numbers


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.42, "0.4 s"),
        (9.96, "10 s"),
        (119.4, "119 s"),
        (120, "2.0 min"),
        (652, "11 min"),
        (7_199, "120 min"),
        (7_200, "2.0 h"),
        (172_799, "48 h"),
        (172_800, "2.0 d"),
        (8_640_000, "100 d"),
        (-90, "-90 s"),
    ],
)
def test_lengths_of_time_take_the_unit_people_would_use(seconds: float, said: str) -> None:
    """Up to two of the next larger unit are counted in the smaller one, and never more than two figures' worth said."""
    assert numbers.duration(seconds) == said


@given(st.floats(min_value=0, max_value=1e9))
def test_a_length_of_time_said_is_near_what_it_is(seconds: float) -> None:
    """Rounding for people loses less than one part in ten of anything from a second on."""
    value, unit = numbers.duration(seconds).replace(",", "").split(" ")
    back = float(value) * {"s": 1, "min": 60, "h": 3600, "d": 86_400}[unit]
    assert back == pytest.approx(seconds, rel=0.1, abs=0.05)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.8342, "share", "83.4 %"),
        (1240.0, "count", "1,240"),
        (0.21, "count", "0.21"),
        (123_456.0, "money", "1,234.56"),
        (3.14159, "per_hour", "3.1"),
        (float("nan"), "s", "-"),
        (None, "share", "-"),
    ],
)
def test_a_figure_is_said_in_its_unit(value: float | None, unit: str, said: str) -> None:
    """Every unit has its own way of being said; what is not a number is a dash."""
    assert numbers.number(value, unit=unit) == said


def test_hovering_tells_all_digits() -> None:
    """What is rounded for people is exact on hover, and its unit stays."""
    assert numbers.exact(652.4213, unit="s") == "652.421 s"
    assert numbers.exact(0.834_219, unit="share") == "83.422 %"
    assert numbers.exact(12.0, unit="count") == "12"
    assert numbers.exact(None, unit="s") == "no value"


def test_an_interval_says_a_shared_unit_once() -> None:
    """Both ends in one unit share it; ends in different units keep theirs."""
    dash = "\u2013"
    assert numbers.between(41.0, 75.0, unit="s") == f"41{dash}75 s"
    assert numbers.between(50.0, 700.0, unit="s") == f"50 s {dash} 12 min"
    assert numbers.between(1.0, 2.0, unit="count") == f"1{dash}2"
    assert numbers.between(None, 2.0, unit="count") == "-"


@given(st.floats(min_value=0, max_value=1e8), st.floats(min_value=1, max_value=1e8))
def test_ticks_of_time_lie_on_the_axis_and_rise(low: float, span: float) -> None:
    """Every tick is inside the axis, each above the one before, and no two are said alike."""
    places, words = numbers.time_ticks(low, low + span)
    assert all(low - 1e-6 * span <= p <= (low + span) * 1.000001 for p in places)
    assert places == sorted(set(places))
    assert len(places) < 20


def test_days_and_counts_are_said_in_words() -> None:
    """A day has no leading zero, and one case is not cases."""
    assert numbers.day(date(2026, 6, 1)) == "1 June 2026"
    assert numbers.when(datetime(2026, 6, 1, 9, 5, tzinfo=UTC)) == "Mon 1 Jun 2026 09:05"
    assert numbers.plural(1, one="case") == "1 case"
    assert numbers.plural(2, one="query", many="queries") == "2 queries"
