"""What is published stays as it was, once, and is scored as it stood."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.demand import made
from tests.kpi import logs
from tests.kpi.logs import Event
from troth.core.decision import Status
from troth.core.errors import InputError
from troth.demand import ChangeKind, DemandChange, DemandForecast, change
from troth.demand.publish import publish
from troth.kpi.definition import Params
from troth.kpi.query import Query, query
from troth.log.lake import Lake
from troth.log.references import read_reference

CALLS = made.day_forecast(days=3, key={"queue": "calls"})
FORECAST = DemandForecast((CALLS,), Status.FEASIBLE)
MIDNIGHT = CALLS.grid.start


def published(lake: Lake, forecast: DemandForecast = FORECAST, *, later: timedelta = timedelta(0), **more: Any) -> Any:
    """Publish a forecast as the first day begins, or later."""
    at = MIDNIGHT + later
    return publish(lake, forecast=forecast, **({"issued_at": at, "recorded_at": at} | more))


def test_every_cell_is_kept_as_it_stands(lake: Path) -> None:
    """Means, points, bands and the local day of each cell come back as they were."""
    found = published(Lake(lake))
    rows = sorted(read_reference(Lake(lake), "forecasts"), key=lambda row: row["starts_at"])
    assert found.rows == len(rows) == 72
    assert [row["mean"] for row in rows] == CALLS.mean.tolist()
    assert [row["high_80"] for row in rows] == CALLS.band(0.8)[1].tolist()
    assert {row["local_date"] for row in rows} == {date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)}
    assert {(row["snapshot"], row["queue"], row["site"], row["kind"], row["step"]) for row in rows} == {
        (found.snapshot, "calls", None, "arrivals", "hour")
    }
    assert rows[0]["starts_at"] == MIDNIGHT and rows[-1]["ends_at"] == CALLS.grid.end


def test_the_same_twice_is_written_once(lake: Path) -> None:
    """Whoever publishes again what is published changes nothing, also if it is said to be written down later."""
    first, second = published(Lake(lake)), published(Lake(lake), recorded_at=MIDNIGHT + timedelta(hours=2))
    assert (second.snapshot, second.rows) == (first.snapshot, 0)
    assert len(read_reference(Lake(lake), "forecasts")) == 72


def test_other_numbers_need_another_time(lake: Path) -> None:
    """A published forecast is not changed; a newer one stands beside it."""
    published(Lake(lake))
    other = replace(FORECAST, series=(replace(CALLS, mean=CALLS.mean * 2),))
    with pytest.raises(InputError) as caught:
        published(Lake(lake), other)
    assert [(i.code, i.where) for i in caught.value.issues] == [("already-published", "series calls")]
    assert published(Lake(lake), other, later=timedelta(hours=1)).rows == 72
    rows = read_reference(Lake(lake), "forecasts")
    assert len(rows) == 144 and len({row["snapshot"] for row in rows}) == 2


def test_another_series_at_the_same_time_is_another_forecast(lake: Path) -> None:
    """Queues may be published one by one."""
    published(Lake(lake))
    cards = made.day_forecast(days=3, key={"queue": "cards"}, seed=2)
    assert published(Lake(lake), DemandForecast((cards,), Status.FEASIBLE)).rows == 72


def test_what_people_changed_is_kept_beside_what_was_computed(lake: Path) -> None:
    """So that it can be asked whether their changes helped."""
    double = DemandChange(
        "A",
        ChangeKind.MULTIPLY,
        2.0,
        MIDNIGHT,
        CALLS.grid.end,
        "Ana",
        datetime(2026, 3, 1, tzinfo=UTC),
        "Strike elsewhere",
    )
    changed = change(FORECAST, changes=[double]).forecast
    published(Lake(lake), changed, computed=FORECAST)
    rows = read_reference(Lake(lake), "forecasts")
    np.testing.assert_allclose([row["mean"] for row in rows], [2 * row["computed"] for row in rows])


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"issued_at": MIDNIGHT + timedelta(hours=1)}, "issued-later"),
        ({"issued_at": MIDNIGHT - timedelta(hours=1)}, "knew-later"),
        (
            {
                "forecast": DemandForecast(
                    (replace(CALLS, series=replace(CALLS.series, key={"agent": "ana"})),), Status.FEASIBLE
                )
            },
            "no-column",
        ),
    ],
)
def test_what_would_be_untrue_is_refused(lake: Path, more: dict[str, Any], code: str) -> None:
    """Nothing is dated before what it knew, or after it was written; no dimension is dropped in silence."""
    with pytest.raises(InputError) as caught:
        published(Lake(lake), **more)
    assert [issue.code for issue in caught.value.issues] == [code]
    assert not Lake(lake).exists()


def test_an_odd_day_keeps_its_cells(lake: Path) -> None:
    """On the day with 23 hours there are 23 rows, none twice."""
    futures = np.tile(made.profile(), (20, 1))[:, :23]
    spring = made.forecast_of(futures, first=date(2026, 3, 29), days=1, key={"queue": "calls"})
    at = spring.grid.start
    found = publish(Lake(lake), forecast=DemandForecast((spring,), Status.FEASIBLE), issued_at=at, recorded_at=at)
    rows = read_reference(Lake(lake), "forecasts")
    assert found.rows == len(rows) == len({row["starts_at"] for row in rows}) == 23


def test_the_kpi_scores_what_was_published_at_a_stated_lead(lake: Path) -> None:
    """From publication to the figure: the third day is known three days before, the first on the day itself only."""
    came = np.round(made.profile()).astype(int)
    events = [
        Event(
            start + timedelta(seconds=11 * k),
            "queued",
            f"{number}-{k}",
            contact_id=f"{number}-{k}",
            queue="calls",
            direction="in",
        )
        for number, (start, n) in enumerate(zip(CALLS.grid.edges()[:-1], np.tile(came, 3), strict=True))
        for k in range(n)
    ]
    edges = [Event(at, "queued", f"e{at}", contact_id=f"e{at}", queue="mail") for at in (MIDNIGHT, CALLS.grid.end)]
    found = logs.lake_of(lake, [*events, *edges])
    published(found)
    expected = np.abs(CALLS.mean[:24] - came).sum() / came.sum()
    for lead, days in ((timedelta(0), 3), (timedelta(days=1), 2), (timedelta(days=2), 1), (timedelta(days=3), 0)):
        (figure,) = query(
            found, Query(kpis=("demand.accuracy/",), params=Params(forecast_lead=lead), time_zone="Europe/Vilnius")
        )
        assert figure.n == 24 * days
        assert figure.value == (pytest.approx(expected) if days else None)
