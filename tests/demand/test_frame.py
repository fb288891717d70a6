"""Series from tables: what counts in which cell, what is unknown, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from troth.core import Step
from troth.core.errors import InputError
from troth.demand.frame import series_of

DAYS = pd.date_range("2026-03-02", "2026-03-15", freq="h")


def codes(rows: Any, **more: Any) -> set[str]:
    """Return the codes of the issues, whether refused or warned of."""
    try:
        _, issues = series_of(rows, **({"time": "at"} | more))
    except InputError as error:
        return {issue.code for issue in error.issues}
    return {issue.code for issue in issues}


def test_rows_without_a_value_are_counted() -> None:
    """Each row is one arrival; hours in which nobody came are 0, those before the first are unknown."""
    at = ["2026-03-02T09:10+02:00", "2026-03-02T09:50+02:00", "2026-03-02T12:00+02:00", "2026-03-03T23:30+02:00"]
    (one,), issues = series_of({"at": at}, time="at", time_zone="Europe/Vilnius")
    assert issues == []
    assert np.isnan(one.values[:9]).all()
    assert one.values[9:13].tolist() == [2, 0, 0, 1]
    assert (one.first.isoformat(), one.last.isoformat()) == ("2026-03-02", "2026-03-03")


def test_rows_with_a_value_are_added_up_and_holes_are_unknown() -> None:
    """Half hours become hours; an hour without a row is not an hour without calls."""
    rows = pd.DataFrame(
        {
            "at": ["2026-03-02 09:00", "2026-03-02 09:30", "2026-03-02 11:00", "2026-03-02 23:30"],
            "n": ["4", "3", "5", "1"],
        }
    )
    (one,), _ = series_of(rows, time="at", value="n", time_zone="Europe/Vilnius")
    assert one.values[9] == 7 and np.isnan(one.values[10]) and one.values[11] == 5


def test_a_row_without_a_number_says_nothing() -> None:
    """An empty value, or a text of blanks, is not nought: nothing is known of that hour."""
    rows = {
        "at": ["2026-03-02 09:00", "2026-03-02 10:00", "2026-03-02 11:00", "2026-03-02 11:30"],
        "n": ["4", "", None, "0"],
    }
    (one,), _ = series_of(rows, time="at", value="n", time_zone="Europe/Vilnius")
    np.testing.assert_array_equal(one.values[9:12], [4.0, np.nan, 0.0])


def test_the_hour_that_comes_twice_is_counted_twice() -> None:
    """Of a table on the wall clock the second 03:00 of 25 October is the second hour, not more calls in the first."""
    local = pd.date_range("2026-10-24", "2026-10-26", freq="h", tz="Europe/Vilnius", inclusive="left").tz_localize(None)
    rows = pd.DataFrame({"at": local.repeat(2), "queue": ["a", "b"] * len(local), "n": 20})
    for one in series_of(rows, time="at", value="n", by=["queue"], time_zone="Europe/Vilnius")[0]:
        assert one.values.tolist() == [20.0] * 49


def test_a_column_splits_and_arrow_tables_are_tables() -> None:
    """One series for each member, on one grid."""
    rows = pa.table({"at": ["2026-03-02T09:00Z", "2026-03-02T10:00Z", "2026-03-02T10:30Z"], "queue": ["a", "b", "b"]})
    first, second = series_of(rows, time="at", by=["queue"])[0]
    assert (first.key, second.key) == ({"queue": "a"}, {"queue": "b"})
    assert first.grid == second.grid and np.nansum(second.values) == 2


def test_a_day_that_is_not_over_ends_with_its_last_whole_cell() -> None:
    """When days usually end late and the last one ends at ten, it has begun and is not over."""
    times = pd.date_range("2026-03-02", "2026-03-12 10:20", freq="20min")
    (one,), _ = series_of({"at": times}, time="at", time_zone="UTC")
    assert one.grid.end == datetime(2026, 3, 12, 10, tzinfo=UTC)
    (whole,), _ = series_of({"at": times[times < pd.Timestamp("2026-03-12")]}, time="at", time_zone="UTC")
    assert whole.grid.end == datetime(2026, 3, 12, tzinfo=UTC)


def test_office_days_end_with_the_office() -> None:
    """A last day whose rows end as early as on other days is over."""
    times = DAYS[(DAYS.hour >= 8) & (DAYS.hour < 17)]
    (one,), _ = series_of({"at": times, "n": np.ones(len(times))}, time="at", value="n", time_zone="UTC")
    assert one.grid.end == datetime(2026, 3, 15, tzinfo=UTC)


def test_what_came_later_is_not_looked_at() -> None:
    """As of an instant the rest of the table is not there."""
    (one,), _ = series_of(
        {"at": DAYS, "n": np.ones(len(DAYS))},
        time="at",
        value="n",
        time_zone="UTC",
        as_of=datetime(2026, 3, 10, 12, 30, tzinfo=UTC),
    )
    assert one.grid.end == datetime(2026, 3, 10, 12, tzinfo=UTC)
    assert np.nansum(one.values) == 8 * 24 + 12


@pytest.mark.parametrize(("day", "cells"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_the_two_odd_days(day: str, cells: int) -> None:
    """On the wall clock an hour is jumped over or comes twice; nothing is lost or doubled."""
    times = pd.date_range(day, periods=cells * 2, freq="30min", tz="Europe/Vilnius")
    (one,), _ = series_of({"at": times}, time="at", time_zone="Europe/Vilnius")
    assert one.values.tolist() == [2.0] * cells


@pytest.mark.parametrize(
    ("rows", "more", "code"),
    [
        ({"when": ["2026-03-02T09:00Z"]}, {}, "missing-column"),
        ({"at": ["2026-03-02T09:00Z"]}, {"value": "calls"}, "missing-column"),
        ({"at": ["2026-03-02T09:00Z"]}, {"by": ["queue"]}, "missing-column"),
        ({"at": ["2026-03-02T09:00Z", "29/03/2026"]}, {}, "bad-time"),
        ({"at": ["2026-03-02T09:00Z", None]}, {}, "bad-time"),
        ({"at": ["2026-03-02T09:00Z", "2026-03-02T10:00"]}, {}, "mixed-zones"),
        ({"at": ["2026-03-02T09:00"]}, {}, "assumed-zone"),
        ({"at": ["2026-03-02T09:00Z"], "n": ["many"]}, {"value": "n"}, "bad-number"),
        ({"at": []}, {}, "no-data"),
        ({"at": ["2026-03-02T09:00Z"]}, {"as_of": datetime(2026, 3, 1, tzinfo=UTC)}, "no-data"),
        ({"at": ["2026-03-02T09:00Z"]}, {"time_zone": "Mars"}, "unknown-zone"),
    ],
)
def test_a_bad_table_is_named(rows: dict[str, Any], more: dict[str, Any], code: str) -> None:
    """Each way in which a table cannot be used, or only with doubt, has its code."""
    assert code in codes(rows, **more)


def test_the_row_of_a_fault_is_that_of_the_file() -> None:
    """The head is row 1; the first wrong row is named, the others counted."""
    with pytest.raises(InputError) as caught:
        series_of({"at": ["2026-03-02T09:00Z", "x", "y"]}, time="at")
    (issue,) = caught.value.issues
    assert (issue.where, issue.value, issue.count) == ("at, row 3", "x", 2)


def test_quarter_hours_and_days() -> None:
    """The width of cells is chosen, not found."""
    rows = {"at": ["2026-03-02T09:10Z", "2026-03-02T09:20Z"]}
    (quarters,), _ = series_of(rows, time="at", every=Step.QUARTER_HOUR)
    (days,), _ = series_of(rows, time="at", every=Step.DAY)
    assert quarters.values[36:38].tolist() == [1, 1] and days.values.tolist() == [2]


def test_before_a_rare_kind_first_came_it_came_not_at_all() -> None:
    """A common member that begins late was not there before; of a rare one the days before its first count as 0."""
    days = np.arange("2026-01-01", "2026-04-11", dtype="datetime64[D]")
    common = [("common", day) for day in days[50:] for _ in range(9)]
    rows = {
        "kind": [*(kind for kind, _ in common), "rare", "all"],
        "at": [*(day for _, day in common), days[60], days[0]],
    }
    found, _ = series_of(rows, time="at", by=["kind"], every=Step.DAY, time_zone="UTC")
    known = {one.name: int(np.isfinite(one.values).sum()) for one in found}
    assert (known["common"], known["rare"]) == (50, 100)
