"""Random published forecasts, and how well they foresaw, in plain loops."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from tests.kpi.reference import Row
from tests.kpi.reference_world import Item, Items, World, inbound, kpi
from troth.core.time import Grid, Step

_FIRST, _LAST = date(2026, 3, 28), date(2026, 3, 30)
_LEADS = (timedelta(hours=5), timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=9))


def published(sites: Sequence[str]) -> list[dict[str, Any]]:
    """Return rows of `forecasts` for queues of sites, some issued late, some written down afterwards; and a total of all."""
    rows = [row for site in sites for queue in ("q1", "q2") for row in _series(site, queue)]
    return [*rows, *_series(None, None)]


@cache
def _series(site: str | None, queue: str | None) -> tuple[dict[str, Any], ...]:
    return tuple(_drawn(site, queue))


def _drawn(site: str | None, queue: str | None) -> Iterator[dict[str, Any]]:
    rng = Random(f"{site} {queue}")
    for step in (Step.HOUR, Step.DAY):
        grid = Grid.of_dates(_FIRST, last=_LAST, step=step, time_zone="Europe/Vilnius")
        for lead in _LEADS:
            for label, span in zip(grid.labels(), grid.cells(), strict=True):
                if rng.random() < 0.3:
                    continue
                mean = rng.choice((0.0, 0.4, 1.0, 2.5))
                issued = span.start - lead
                yield {
                    "snapshot": f"{step}-{lead}", "issued_at": issued, "kind": rng.choice(("arrivals",) * 9 + ("handle_time",)),
                    "recorded_at": rng.choice((issued, issued, issued, span.end)), "queue": queue, "site": site,
                    "step": str(step), "local_date": label.date(), "starts_at": span.start, "ends_at": span.end, "mean": mean,
                    "point": round(mean), "low_80": rng.choice((None, 0.0, 1.0)), "high_80": rng.choice((0.0, 2.0)),
                    "computed": rng.choice((None, 1.0)),
                }  # fmt: skip


def _cells(w: World, lead: timedelta) -> Iterator[tuple[Row, dict[str, Any], int]]:
    """Yield every hour of the site's queues with the newest forecast that was early enough, and what came."""
    site = next(e.site for e in w.events)
    newest: dict[tuple[str, datetime], dict[str, Any]] = {}
    for row in published([site] if site else []):
        early = row["starts_at"] - row["issued_at"] >= lead
        if row["queue"] and row["kind"] == "arrivals" and row["step"] == "hour" and early:
            place = (row["queue"], row["starts_at"])
            if place not in newest or row["issued_at"] > newest[place]["issued_at"]:
                newest[place] = row
    came: dict[tuple[str, datetime], list[Row]] = defaultdict(list)
    for c in w.contacts:
        if inbound(c) and c.previous is None and c.started is not None:
            for queue, start in newest:
                if c.queue == queue and start <= c.started < newest[queue, start]["ends_at"]:
                    came[queue, start].append(c)
    for place, row in newest.items():
        mine = came[place]
        late = row["recorded_at"] > row["starts_at"] or any(c.approximate for c in mine)
        shown = Row(site=site, queue=place[0], agent_id=None, team=None, approximate=late)
        yield shown, row, len(mine)


def _register(name: str, num: Callable[[dict[str, Any], int], float], *, lead: timedelta = timedelta(days=1)) -> None:
    @kpi(name)
    def found(w: World) -> Items:
        for shown, row, came in _cells(w, lead):
            yield Item(row["starts_at"].astimezone(UTC), num(row, came), came, shown)


_register("demand.accuracy", lambda row, came: abs(row["mean"] - came))
_register("demand.accuracy/week_ahead", lambda row, came: abs(row["mean"] - came), lead=timedelta(days=7))
_register("demand.accuracy/expected_over_came", lambda row, came: row["mean"])
_register(
    "demand.accuracy/computed",
    lambda row, came: abs((row["mean"] if row["computed"] is None else row["computed"]) - came),
)


@kpi("demand.accuracy/covered")
def _covered(w: World) -> Items:
    for shown, row, came in _cells(w, timedelta(days=1)):
        if row["low_80"] is not None and (row["high_80"] > 0 or came):
            yield Item(row["starts_at"], float(row["low_80"] <= came <= row["high_80"]), 1.0, shown)


@kpi("demand.accuracy/day")
def _day(w: World) -> Items:
    days: dict[tuple[str, date], list[tuple[Row, dict[str, Any], int]]] = defaultdict(list)
    for cell in _cells(w, timedelta(days=1)):
        days[cell[1]["queue"], cell[1]["local_date"]].append(cell)
    for cells in days.values():
        said, came = sum(row["mean"] for _, row, _ in cells), sum(n for _, _, n in cells)
        first = min(row["starts_at"] for _, row, _ in cells)
        doubt = any(shown.approximate for shown, _, _ in cells)
        yield Item(first, abs(said - came), came, cells[0][0], doubt=doubt)
