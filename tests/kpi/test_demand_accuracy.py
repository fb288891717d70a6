"""Published forecasts are scored as they stood when it mattered: so long before, and not a day later."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.kpi import logs
from tests.kpi.logs import Event
from troth.kpi.definition import Figure, Params
from troth.kpi.explain import explain_figure
from troth.kpi.query import Query, query
from troth.log.lake import Lake

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def at_utc(text: str) -> datetime:
    """Return an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NINE = at_utc("2026-03-10T09:00")


def contacts(number: int, hour: int, *, day: int = 10, queue: str = "calls", **more: Any) -> list[Event]:
    """Return contacts that came within an hour of a day of March."""
    start = at_utc(f"2026-03-{day:02}T{hour:02}:00")
    return [
        Event(start + timedelta(seconds=7 * k), "queued", f"{queue}-{day}-{hour}-{k}", contact_id=f"{queue}-{day}-{hour}-{k}",
              queue=queue, direction="in", **more)
        for k in range(number)
    ]  # fmt: skip


def cell(mean: float, hour: int = 9, *, before: timedelta = 2 * DAY, day: int = 10, **more: Any) -> dict[str, Any]:
    """Return a published hour of the calls."""
    start = at_utc(f"2026-03-{day:02}T{hour:02}:00")
    said = {
        "snapshot": f"s{before}", "issued_at": start - before, "recorded_at": start - before, "kind": "arrivals", "queue": "calls",
        "step": "hour", "local_date": date(2026, 3, day), "starts_at": start, "ends_at": start + HOUR, "mean": mean, "point": mean,
        "low_80": mean - 2, "high_80": mean + 2, "computed": mean,
    }  # fmt: skip
    return said | more


#: Something at the edges, so that the log is known to cover the tenth.
EDGES = [*contacts(1, 0, day=8, queue="mail"), *contacts(1, 23, day=12, queue="mail")]
LOG = [*EDGES, *contacts(10, 9), *contacts(20, 10), *contacts(4, 9, queue="cards")]


def asked(
    folder: Path, rows: list[dict[str, Any]], *, name: str = "demand.accuracy/", log: list[Event] = LOG, **more: Any
) -> list[Figure]:
    """Return the figures of a log with published forecasts."""
    lake = logs.lake_of(folder / "lake", log, forecasts=rows)
    return query(lake, Query(kpis=(name,), start=date(2026, 3, 10), end=date(2026, 3, 12), **more))


@pytest.mark.parametrize(
    ("name", "value", "n"),
    [
        ("demand.accuracy/", (3 + 4) / 30, 2),
        ("demand.accuracy/day", 1 / 30, 1),
        ("demand.accuracy/computed", (1 + 4) / 30, 2),
        ("demand.accuracy/expected_over_came", 29 / 30, 2),
        ("demand.accuracy/covered", 0.0, 2),
    ],
)
def test_each_variant_is_what_a_person_computes(tmp_path: Path, name: str, value: float, n: int) -> None:
    """13 for 10 and 16 for 20: 7 of 30 missed by the hour, 1 of 30 by the day."""
    (figure,) = asked(tmp_path, [cell(13.0, computed=11.0), cell(16.0, 10)], name=name)
    assert figure.value == pytest.approx(value) and figure.n == n
    assert not figure.approximate


def test_the_newest_forecast_that_was_early_enough_counts(tmp_path: Path) -> None:
    """Of four forecasts the one a day and an hour before is scored: the later one knew too much, the earlier are old."""
    rows = [
        cell(mean, before=before)
        for mean, before in ((40.0, 9 * DAY), (30.0, 2 * DAY), (12.0, DAY), (10.0, DAY - HOUR))
    ]
    (figure,) = asked(tmp_path, rows)
    assert figure.value == pytest.approx(0.2) and figure.n == 1
    (week,) = asked(tmp_path / "again", rows, name="demand.accuracy/week_ahead")
    assert week.value == pytest.approx(3.0)
    (hour,) = asked(tmp_path / "hour", rows, params=Params(forecast_lead=HOUR))
    assert hour.value == 0.0


def test_a_forecast_of_a_queue_is_scored_against_that_queue(tmp_path: Path) -> None:
    """Contacts of other queues, outbound ones and the further parts of a transferred one did not come to it."""
    out = contacts(3, 9, queue="out")
    more = [
        Event(
            NINE + HOUR / 2,
            "queued",
            "t",
            contact_id="t",
            queue="calls",
            attributes={"previous_contact_id": "calls-10-9-0"},
        )
    ]
    sent = [Event(e.at, e.activity, e.source_id, contact_id=e.contact_id, queue="calls", direction="out") for e in out]
    (figure,) = asked(tmp_path, [cell(10.0)], log=[*LOG, *more, *sent])
    assert figure.value == 0.0 and figure.n == 1


def test_sums_are_not_counted_beside_their_parts(tmp_path: Path) -> None:
    """Where queues are published and their total and their days too, the queues by the hour count."""
    total = cell(100.0, snapshot="total", queue=None)
    whole_day = cell(100.0, snapshot="days", hour=0, step="day", ends_at=at_utc("2026-03-11T00:00"))
    (figure,) = asked(tmp_path, [cell(13.0), cell(4.0, queue="cards", snapshot="b"), total, whole_day])
    assert figure.value == pytest.approx(3 / 14) and figure.n == 2


def test_a_total_alone_is_scored_against_all(tmp_path: Path) -> None:
    """A dimension left empty is summed over."""
    (figure,) = asked(tmp_path, [cell(14.0, queue=None)])
    assert figure.value == 0.0 and figure.n == 1


def test_what_is_not_over_is_not_scored(tmp_path: Path) -> None:
    """Of a cell that the log does not reach yet nobody knows what came."""
    (figure,) = asked(
        tmp_path, [cell(13.0), cell(50.0, 15)], log=[*contacts(1, 0, day=8), *contacts(10, 9), *contacts(1, 12)]
    )
    assert figure.value == pytest.approx(0.3) and figure.n == 1


def test_an_empty_cell_in_which_nothing_came_weighs_nothing(tmp_path: Path) -> None:
    """Expected something where nothing came is an error all the same."""
    (figure,) = asked(tmp_path, [cell(10.0), cell(5.0, 14)])
    assert figure.value == pytest.approx(0.5) and figure.n == 2


def test_what_was_written_down_afterwards_is_marked(tmp_path: Path) -> None:
    """A forecast recorded when the cell was over may have known; its figure is approximate."""
    (figure,) = asked(tmp_path, [cell(13.0, recorded_at=NINE + DAY)])
    assert figure.approximate


def test_figures_split_by_what_was_published(tmp_path: Path) -> None:
    """By queue each forecast is by itself, and its rows can be opened."""
    rows = [cell(13.0), cell(2.0, queue="cards", snapshot="b")]
    found = {f.by["queue"]: f.value for f in asked(tmp_path, rows, by=("queue",))}
    assert found == {"calls": pytest.approx(0.3), "cards": pytest.approx(0.5)}
    behind = explain_figure(Lake(tmp_path / "lake"), query=Query(kpis=("demand.accuracy/",), start=date(2026, 3, 10)))
    assert [(row["value"], row["queue"], row["snapshot"]) for row in behind.rows] == [
        (3.0, "calls", f"s{2 * DAY}"),
        (2.0, "cards", "b"),
    ]


def test_without_forecasts_there_is_no_figure(tmp_path: Path) -> None:
    """Nothing published, nothing to score, and the reason said."""
    (figure,) = asked(tmp_path, [])
    assert figure.value is None and figure.n == 0 and figure.reason
