"""Series of a lake are what the figures of the lake count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.kpi.logs import Event, hours, lake_of
from troth.core import Step
from troth.core.errors import InputError
from troth.demand import DemandKind
from troth.demand.read import read
from troth.kpi.query import Query, query
from troth.log.lake import Lake

START = datetime(2026, 3, 2, 7, tzinfo=UTC)


@pytest.fixture
def log(lake: Path) -> Lake:
    """Return a lake with three days of calls and cards, served, gone, handed on and called back."""
    events = []
    for day in range(3):
        for k in range(24):
            at, name = START + timedelta(days=day, minutes=20 * k), f"{day}-{k}"
            common: dict[str, Any] = {"contact_id": name, "queue": "calls" if k % 3 else "cards", "site": "hq"}
            events.append(Event(at, "queued", f"{name}q", direction="out" if k == 5 else "in", **common))
            if k % 4:
                events.append(Event(at + timedelta(minutes=1), "answered", f"{name}a", agent_id="ana", **common))
                events.append(Event(at + timedelta(minutes=4), "ended", f"{name}e", agent_id="ana", **common))
            else:
                events.append(Event(at + timedelta(minutes=1), "no_show", f"{name}n", **common))
    return lake_of(
        lake, events, sites=[{"site": "hq", "time_zone": "Europe/Vilnius"}],
        calendars=hours("office", ("09:00", "18:00"), time_zone="Europe/Vilnius"),
        calendar_use=[{"dimension": "site", "member": "hq", "calendar": "office"}],
        queues=[{"queue": "calls", "site": "hq"}],
    )  # fmt: skip


def test_arrivals_are_the_contacts_of_the_kpi(log: Lake) -> None:
    """Hour by hour and queue by queue the series is what `flow.volume` says."""
    series, issues = read(log, by=("queue",))
    figures = query(log, Query(kpis=("flow.volume/",), by=("queue",), every=Step.HOUR, time_zone="Europe/Vilnius"))
    assert issues == [] and [one.key["queue"] for one in series] == ["calls", "cards"]
    for one in series:
        counted = {f.start: f.value for f in figures if f.by["queue"] == one.key["queue"] and f.value}
        found = {label.isoformat(): v for label, v in zip(one.grid.labels(), one.values, strict=True) if v > 0}
        assert found == counted


def test_handle_times_are_means_with_their_contacts(log: Lake) -> None:
    """Three minutes each; cells without a contact say nothing."""
    (one,), _ = read(log, kind=DemandKind.HANDLE_TIME)
    assert one.weights is not None and one.weights.sum() == 3 * 18
    assert set(one.values[one.weights > 0]) == {180.0} and np.isnan(one.values[one.weights == 0]).all()


def test_no_shows_are_shares(log: Lake) -> None:
    """A quarter of those called did not come."""
    (one,), _ = read(log, kind=DemandKind.NO_SHOW, every=Step.DAY)
    assert one.values.tolist() == [0.25] * 3


def test_the_calendar_of_its_site_is_that_of_a_queue(log: Lake) -> None:
    """What the lake says of opening hours need not be guessed from the counts."""
    calls, cards = read(log, by=("queue",))[0]
    assert calls.calendar is not None and calls.calendar.name == "office"
    assert cards.calendar is None


def test_filters_and_times(log: Lake) -> None:
    """Only some members, and nothing that came later."""
    (one,), _ = read(log, where={"queue": ["cards"]}, as_of=START + timedelta(days=1, hours=1))
    assert np.nansum(one.values) == 8 + 1
    assert one.grid.end == START + timedelta(days=1, hours=1)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"by": ("quue",)}, "unknown-dimension"),
        ({"where": {"agent": ["ana"]}}, "unknown-dimension"),
        ({"where": {"queue": ["mail"]}}, "no-data"),
        ({"as_of": START - timedelta(days=9)}, "no-data"),
        ({"time_zone": "Mars"}, "unknown-zone"),
    ],
)
def test_a_bad_selection_is_named(log: Lake, more: dict[str, object], code: str) -> None:
    """What matches nothing is not a series of noughts."""
    with pytest.raises(InputError) as caught:
        read(log, **more)  # type: ignore[arg-type]
    assert [issue.code for issue in caught.value.issues] == [code]
