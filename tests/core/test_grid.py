"""Grids of local time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.core.time import Grid, Step

ZONES = ["Europe/Vilnius", "America/Chicago", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]


@pytest.mark.parametrize(
    ("time_zone", "day", "step", "cells", "hours"),
    [
        ("Europe/Vilnius", date(2026, 3, 29), Step.HOUR, 23, 23.0),
        ("Europe/Vilnius", date(2026, 10, 25), Step.HOUR, 25, 25.0),
        ("Europe/Vilnius", date(2026, 10, 25), Step.QUARTER_HOUR, 100, 25.0),
        ("Europe/Vilnius", date(2026, 10, 25), Step.DAY, 1, 25.0),
        ("Australia/Lord_Howe", date(2026, 4, 5), Step.HALF_HOUR, 49, 24.5),
        ("Australia/Lord_Howe", date(2026, 4, 5), Step.HOUR, 25, 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), Step.HOUR, 24, 23.5),
        ("Pacific/Apia", date(2011, 12, 30), Step.DAY, 0, 0.0),
    ],
)
def test_a_day_has_as_many_cells_as_its_clock_shows(
    time_zone: str, day: date, step: Step, cells: int, hours: float
) -> None:
    """Days of 23, 25, 23.5, 24.5 and 0 hours are cut where the wall clock is."""
    found = Grid.of_dates(day, last=day, step=step, time_zone=time_zone).cells()
    assert len(found) == cells
    assert sum(cell.seconds for cell in found) == hours * 3600


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001
    st.integers(1, 40 * 24 * 60),
    st.sampled_from(ZONES),
    st.sampled_from(list(Step)),
)
def test_cells_cover_the_stretch_and_begin_on_the_wall_clock(
    naive: datetime, minutes: int, time_zone: str, step: Step
) -> None:
    """Cells join without gaps, reach around the stretch by less than one cell, and begin at round local times."""
    start = naive.replace(tzinfo=UTC)
    end, tz = start + timedelta(minutes=minutes), ZoneInfo(time_zone)
    grid = Grid(start, end, step, time_zone)
    cells = grid.cells()
    assert cells[0].start <= start < cells[0].end
    assert cells[-1].start < end <= cells[-1].end
    assert all(one.end == other.start for one, other in pairwise(cells))
    for cell, label in zip(cells, grid.labels(), strict=True):
        changed = (cell.start - timedelta(seconds=1)).astimezone(tz).utcoffset() != label.utcoffset()
        width = {Step.QUARTER_HOUR: 15, Step.HALF_HOUR: 30, Step.HOUR: 60}.get(step, 1440)
        assert changed or (label.hour * 60 + label.minute) % width == 0
        assert label.second == label.microsecond == 0


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    """The outer cells are whole, though the stretch begins within one."""
    start, end = datetime(2026, 1, 14, 12, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
    assert [edge.date() for edge in Grid(start, end, Step.MONTH).edges()] == [
        date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1),
    ]  # fmt: skip
    assert {edge.weekday() for edge in Grid(start, end, Step.WEEK).edges()} == {0}


def test_an_empty_stretch_has_no_cells_and_a_reversed_one_is_refused() -> None:
    """Nothing to cover gives nothing."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert Grid(at, at).edges() == []
    with pytest.raises(ValueError, match="cannot end"):
        Grid(at, at - timedelta(1))
