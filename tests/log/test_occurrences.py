"""Numbering equal rows equals counting them, and clock times become the instants Python says."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.log.readers._clock import to_utc
from troth.log.readers._occurrences import Occurrences

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a clock without a zone
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Jerusalem",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
]


@given(st.lists(st.lists(st.integers(0, 6), max_size=8), max_size=8))
def test_numbers_are_counts_of_equal_ones_before(batches: list[list[int]]) -> None:
    """Whatever the batches, each key gets the number of equal keys before it."""
    seen, counted = Occurrences(), Counter[int]()
    for batch in batches:
        expected = []
        for key in batch:
            expected.append(counted[key])
            counted[key] += 1
        assert seen.number(np.array(batch, np.uint64)).tolist() == expected


@pytest.mark.parametrize("zone", ZONES)
def test_clock_times_become_the_instants_python_says(zone: str) -> None:
    """Every quarter of an hour around changes of the clock, and random ones, as `zoneinfo` with fold 0 has them."""
    tz = ZoneInfo(zone)
    days = ["2024-03-09", "2024-03-30", "2024-10-26", "2024-04-06", "2011-12-29"]
    starts = [datetime.fromisoformat(day) for day in days]
    times = [start + timedelta(minutes=15 * i) for start in starts for i in range(200)]
    times += [datetime(1999, 1, 1) + timedelta(minutes=9973 * i) for i in range(1400)]  # noqa: DTZ001
    micros = np.array([(t - EPOCH) // timedelta(microseconds=1) for t in times])
    utc, doubtful = to_utc(micros, zone)
    epoch = EPOCH.replace(tzinfo=UTC)
    assert utc.tolist() == [(t.replace(tzinfo=tz) - epoch) // timedelta(microseconds=1) for t in times]
    assert doubtful.tolist() == [
        t.replace(tzinfo=tz).utcoffset() != t.replace(tzinfo=tz, fold=1).utcoffset() for t in times
    ]
