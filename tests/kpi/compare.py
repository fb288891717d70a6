"""Figures of random logs beside their reference, and where the two differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from tests.kpi import (
    logs,
    reference_effort,
    reference_field,
    reference_forecasts,
    reference_kpis,
    reference_outcomes,
    reference_sla,
    reference_work,
)
from tests.kpi.random_logs import random_log, shown
from tests.kpi.reference import Row
from tests.kpi.reference_world import KPIS, Item, World
from tests.kpi.sla import plain
from troth.core.time import Calendar, Step, calendars_from_tables, start_of_day
from troth.kpi.catalogue import catalogue
from troth.kpi.definition import COLUMNS, Figure, Fold, Kpi, Params
from troth.kpi.query import Engine, Query
from troth.kpi.views import VIEWS
from troth.log.lake import Lake

#: Modules that fill the register of references when they are imported.
REFERENCES = (
    reference_kpis, reference_outcomes, reference_forecasts, reference_sla, reference_work, reference_field, reference_effort,
)  # fmt: skip
#: KPIs a filter may get wrong, as their rows are sums over customers, people or surveys; and one of the plain kind.
FILTERED = [
    kpi.name
    for kpi in catalogue().values()
    if (kpi.parts[0].timeline in VIEWS and "/" not in kpi.name) or kpi.name == "speed.answer/mean_wait"
]
PARAMS = Params(
    reopen_window=timedelta(hours=10),
    repeat_window=timedelta(hours=12),
    retention=timedelta(hours=24),
    promise_window=timedelta(hours=20),
    fix_window=timedelta(hours=9),
    action_window=timedelta(hours=30),
    line_s=20.0,
    min_reviews=2,
    pass_mark=50.0,
)
FIRST, LAST = date(2026, 3, 27), date(2026, 4, 2)
SPLITS: tuple[tuple[tuple[str, ...], Step | None], ...] = (
    (("site",), None),
    (("site", "queue", "agent", "team"), None),
    (("site",), Step.DAY),
)
SERVICES = {"s1": 120.0, "s2": 600.0}

CALENDARS = [
    *logs.hours("office", ("09:00", "12:30"), ("13:30", "18:00"), time_zone="Europe/Vilnius"),
    *logs.hours("nights", ("22:00", "30:00"), days=range(7), time_zone="Europe/Vilnius"),
    *logs.hours("weekend", ("00:00", "24:00"), days=range(7), time_zone="Europe/Vilnius"),
]
DAYS = logs.special("office", "2026-03-31", ("10:00", "12:00"))
USE: list[dict[str, Any]] = [
    {"dimension": "queue", "member": "q1", "calendar": "office"},
    {
        "dimension": "queue",
        "member": "q1",
        "calendar": "weekend",
        "valid_from": date(2026, 3, 28),
        "valid_to": date(2026, 3, 30),
    },
    {"dimension": "service", "member": "s2", "calendar": "nights", "valid_from": date(2026, 3, 29)},
]
REFERENCE: dict[str, list[dict[str, Any]]] = {
    "calendars": CALENDARS,
    "calendar_days": DAYS,
    "calendar_use": USE,
    "services": [{"service": s, "standard_s": seconds} for s, seconds in SERVICES.items()],
    "sites": [{"site": "x", "time_zone": "Europe/Vilnius"}],
    **reference_sla.TABLES,
}


def calendar(row: Row) -> Calendar:
    """Return the calendar of a row: that of its service from the 29th, else of its queue, else always."""
    named, _ = calendars_from_tables(CALENDARS, calendar_days=DAYS)
    midnight = {day: start_of_day(date(2026, 3, day), tz=logs.VILNIUS) for day in (28, 29, 30)}
    own = Calendar.always(time_zone="Europe/Vilnius")
    if row.queue == "q1":
        own = named["office"].then(midnight[28], calendar=named["weekend"]).then(midnight[30], calendar=named["office"])
    if row.service == "s2":
        early = Calendar.always(time_zone="Europe/Vilnius")
        if row.queue == "q1":
            early = named["office"].then(midnight[28], calendar=named["weekend"])
        own = early.then(midnight[29], calendar=named["nights"])
    return own


def agreements(now: datetime) -> plain.Rules:
    """Return the rules of agreements, looked at from an instant."""
    named, _ = calendars_from_tables(CALENDARS, calendar_days=DAYS)
    always = {"24x7": Calendar.always(time_zone="Europe/Vilnius")}
    return plain.Rules(
        reference_sla.TABLES, named | always, now, "Europe/Vilnius", by_use=lambda known: calendar(_member(known))
    )


def _member(known: Mapping[str, Any]) -> Row:
    return Row(queue=known.get("queue"), service=known.get("service"))


@dataclass(frozen=True, slots=True)
class Expected:
    """What a figure should be."""

    value: float | None
    n: int
    spread: tuple[float, ...] | None
    approximate: bool


@dataclass(slots=True)
class Compared:
    """Figures and reference by KPI, split, members and period."""

    sites: dict[str, list[logs.Event]]
    busiest: str = ""
    found: dict[str, dict[Any, Figure]] = field(default_factory=lambda: defaultdict(dict))
    expected: dict[str, dict[Any, Expected]] = field(default_factory=lambda: defaultdict(dict))
    filtered: dict[str, Figure] = field(default_factory=dict)

    def count(self, name: str) -> int:
        """Return how many figures of a KPI there are to compare."""
        return len(self.expected[name])

    def alone(self, name: str) -> tuple[Figure, Figure | None]:
        """Return the figure of the busiest site by a filter, and by a split."""
        filtered = self.filtered[catalogue()[name].definition]
        return filtered, self.found[name].get((0, (self.busiest,), FIRST.isoformat()))

    def differences(self, name: str) -> str:
        """Return the smallest site at which a KPI differs, with its events; empty if none does."""
        found, expected = self.found[name], self.expected[name]
        wrong = [key for key in found.keys() | expected.keys() if not _same(found.get(key), expected.get(key))]
        if not wrong:
            return ""
        key = min(wrong, key=lambda k: (len(self.sites.get(k[1][0], ())), str(k)))
        events = shown(self.sites.get(key[1][0], []))
        return f"{len(wrong)} of {len(expected)} differ, such as {key}\nfound {_told(found.get(key))}\nnot {expected.get(key)}\n{events}"


def random_lake(folder: Path, *, seeds: Iterable[int]) -> Lake:
    """Return a lake with one random log for each seed, each a site of its own."""
    events = [e for seed in seeds for e in random_log(f"site{seed}", seed=seed)]
    return logs.lake_of(folder, events, **_tables([f"site{s}" for s in seeds]))


def _tables(sites: list[str]) -> dict[str, list[dict[str, Any]]]:
    more = reference_work.tables(sites) | reference_effort.tables(sites)
    return REFERENCE | more | {"forecasts": reference_forecasts.published(sites)}


def compared(folder: Path, *, seeds: Iterable[int]) -> Compared:
    """Return figures and reference of one random log for each seed, all in one lake."""
    sites = {f"site{seed}": random_log(f"site{seed}", seed=seed) for seed in seeds}
    result = Compared(sites)
    lake = logs.lake_of(folder, [e for events in sites.values() for e in events], **_tables(list(sites)))
    names = tuple(catalogue())
    # The busiest site alone: a filter must give what the split gives.
    result.busiest = max(sites, key=lambda site: len(sites[site]))
    with lake.session() as con:
        engine = Engine(lake, con)
        for number, (by, every) in enumerate(SPLITS):
            asked = Query(
                kpis=names, by=by, every=every, start=FIRST, end=LAST, params=PARAMS, time_zone="Europe/Vilnius"
            )
            for figure in engine.figures(asked):
                name = f"{figure.id}/{figure.variant}" if figure.variant else figure.id
                if figure.value is not None:
                    result.found[name][number, tuple(figure.by.values()), figure.start[:10]] = figure
        alone = Query(
            kpis=tuple(FILTERED),
            where={"site": [result.busiest]},
            start=FIRST,
            end=LAST,
            params=PARAMS,
            time_zone="Europe/Vilnius",
        )
        result.filtered = {figure.definition: figure for figure in engine.figures(alone)}
    rules = agreements(max(e.at for events in sites.values() for e in events))
    spans = reference_work.recorded(sites.values()), reference_effort.booked(sites.values())
    for events in sites.values():
        clocks = plain.clocks(events, rules)
        for number, (by, every) in enumerate(SPLITS):
            _expect(result, events, clocks, spans, number, by, every)
    return result


def _expect(
    result: Compared,
    events: list[logs.Event],
    clocks: list[plain.Plain],
    spans: tuple[tuple[datetime, datetime], tuple[datetime, datetime]],
    number: int,
    by: tuple[str, ...],
    every: Step | None,
) -> None:
    columns = tuple(COLUMNS[d] for d in by)

    def period(at: datetime) -> date | None:
        day = at.astimezone(logs.VILNIUS).date()
        return day if every and FIRST <= day < LAST else FIRST if FIRST <= day < LAST else None if day < FIRST else LAST

    world = World(events, PARAMS, period, columns, calendar, SERVICES, clocks, *spans)
    for kpi in catalogue().values():
        groups: dict[Any, list[Item]] = defaultdict(list)
        for item in KPIS[kpi.name](world):
            groups[tuple(getattr(item.row, c) for c in columns), period(item.at)].append(item)
        if kpi.fold is Fold.STOCK:
            groups = _stock(groups, every)
        for (members, day), items in groups.items():
            if day is not None and day != LAST:
                expected = _fold(kpi, items)
                if expected.value is not None:
                    result.expected[kpi.name][number, members, day.isoformat()] = expected


def _stock(groups: dict[Any, list[Item]], every: Step | None) -> dict[Any, list[Item]]:
    """Return what was there at the end of each day: everything up to then."""
    days = [FIRST + timedelta(days=i) for i in range((LAST - FIRST).days)] if every else [FIRST]
    piled: dict[Any, list[Item]] = {}
    for members in {m for m, _ in groups}:
        for day in days:
            piled[members, day] = [
                i for (m, d), items in groups.items() if m == members and (d is None or d <= day) for i in items
            ]
    return piled


def _fold(kpi: Kpi, items: list[Item]) -> Expected:
    num, den = sum(i.num for i in items), sum(i.den for i in items)
    counted = [i for i in items if i.counts]
    value: float | None = num / den if kpi.fold is Fold.RATIO and den else num if kpi.fold is not Fold.RATIO else None
    if kpi.fold is Fold.STOCK:
        return Expected(value or None, round(num), None, False)
    if not counted:
        value = None
    spread = None
    if kpi.quantiles and counted:
        values = np.array([i.num for i in counted])
        spread = (*np.quantile(values, [0.5, 0.9, 0.95]).tolist(), values.max())
    return Expected(value, len(counted), spread, any(i.row.approximate or i.doubt for i in items))


def _same(found: Figure | None, expected: Expected | None) -> bool:
    if found is None or expected is None:
        # A stock of nothing is shown or left out; both say the same.
        return (found is None and expected is None) or (found is not None and found.value == 0 and not found.n)
    if (
        found.value is None
        or expected.value is None
        or abs(found.value - expected.value) > 1e-9 * max(abs(expected.value), 1)
    ):
        return False
    if expected.spread is None:
        return found.n == expected.n and (
            found.definition.startswith("flow.backlog") or found.approximate == expected.approximate
        )
    spread = (found.p50, found.p90, found.p95, found.max)
    close = all(
        a is not None and abs(a - b) < 1e-6 * max(abs(b), 1) for a, b in zip(spread, expected.spread, strict=True)
    )
    return close and found.n == expected.n and found.approximate == expected.approximate


def _told(figure: Figure | None) -> str:
    """Return what of a figure is compared."""
    if figure is None:
        return "none"
    return f"{figure.value} n={figure.n} ({figure.p50}, {figure.p90}, {figure.p95}, {figure.max}) {figure.approximate}"
