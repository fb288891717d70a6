"""What the company's own planner publishes every week: expected arrivals, and the people needed for them.

The planner is crude: it knows the mean volume of a day, the wave within it and the holidays, but neither effects of the
day nor customers who come again. It looks at nothing that happens, so that no site's course depends on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa

from troth.demo.clock import HALF_HOUR, LocalDay, instant, local_day, millis
from troth.demo.plan import level, profile, required
from troth.demo.truth import QueueTruth, Shared, SiteTruth
from troth.log.schema import STORED

#: A week is published on the Friday ten days before it begins, at noon UTC.
LEAD: Final = timedelta(days=10)
_NOON: Final = time(12, 0, tzinfo=UTC)
#: Volume of queues around the clock on a day on which the site is closed, as the planner has it.
_CLOSED: Final = 0.35
#: Quantiles of the standard normal distribution for bands of 50, 80 and 95 %.
_BANDS: Final = (0.6745, 1.2816, 1.96)
_HOUR_SLOTS: Final = 2

Row = list[Any]


@dataclass(frozen=True, slots=True)
class ForesightTruth(Shared):
    """The planner of some sites, as a wing: it has no customers, only publications.

    Parameters
    ----------
    code : letters of its own.
    sites : whom it plans for.
    """

    code: str
    sites: tuple[SiteTruth, ...]

    def live(self, *, start: str, until: datetime, seed: int) -> pa.Table:  # noqa: ARG002  as every wing is asked
        """Return a planning review for each publication since the start; see `Wing.live`."""
        issued = [at for at, _ in _weeks(date.fromisoformat(start), until) if at.date().isoformat() >= start]
        rows = [
            {
                "occurred_at": at, "recorded_at": at, "version": 0, "activity": "review_held", "step": "planning",
                "actor": "human", "origin": "exact", "source": "demo", "source_id": f"e{self.code}{k}",
            }
            for k, at in enumerate(issued)
        ]  # fmt: skip
        return pa.Table.from_pylist(rows, schema=STORED)

    def tables(self, *, start: str, until: datetime, seed: int) -> Mapping[str, Sequence[Sequence[Any]]]:  # noqa: ARG002
        """Return the rows of `forecasts` and `requirements`; see `Wing.tables`."""
        forecasts: list[Row] = []
        needed: list[Row] = []
        since = date.fromisoformat(start)
        for site in self.sites:
            known: dict[tuple[Any, ...], np.ndarray] = {}
            for issued, monday in _weeks(since, until):
                head = [f"plan-{monday.isoformat()}", _text(millis(issued)), _text(millis(issued))]
                for k in range(7):
                    day = local_day(site, day=monday + timedelta(days=k))
                    volume = level(site, day=day.day, start=since)
                    forecasts += (row for q in site.queues for row in _expected(q, site, day, volume, head))
                    needed += _needed(site, day, volume, head, known)
        return {"forecasts": forecasts, "requirements": needed}

    def as_dict(self) -> dict[str, Any]:
        """Return how the planner plans, as plain data."""
        return {
            "sites": [site.site for site in self.sites],
            "rule": "mean volume of the day by drift and season, its wave by half-hour; Erlang C for who waits for calls",
            "days_ahead": LEAD.days,
            "closed": _CLOSED,
            "knows_not": ["effects of the day", "the rush after a holiday", "customers who come again"],
        }


def expected(queue: QueueTruth, *, site: SiteTruth, day: LocalDay, volume: float) -> list[tuple[int, int, float]]:
    """Return (starts, ends, mean) of each hour of a local day in which the planner expects contacts.

    A help desk's tickets are cases without contacts; people are planned for them, arrivals are not published.

    Parameters
    ----------
    volume : of the day, relative to the truth's start, as `level` gives it.
    """
    if queue.kind in ("case", "level2") or (not day.spans and not queue.around_the_clock):
        return []
    mean = queue.per_day * queue.weekdays[day.day.weekday()] * volume * (1.0 if day.spans else _CLOSED)
    hours: dict[int, float] = {}
    for starts, share in profile(queue, day=day, time_zone=site.time_zone):
        hour = (starts - day.starts) // (_HOUR_SLOTS * HALF_HOUR)
        hours[hour] = hours.get(hour, 0.0) + share * mean
    width = _HOUR_SLOTS * HALF_HOUR
    return [(day.starts + h * width, day.starts + (h + 1) * width, x) for h, x in hours.items()]


def _expected(queue: QueueTruth, site: SiteTruth, day: LocalDay, volume: float, head: Row) -> Iterator[Row]:
    cv2 = site.day_cv**2 + queue.day_cv**2
    iso = day.day.isoformat()
    for starts, ends, mean in expected(queue, site=site, day=day, volume=volume):
        spread = (mean + cv2 * mean * mean) ** 0.5
        bands = [
            limit for z in _BANDS for limit in (round(max(0.0, mean - z * spread), 3), round(mean + z * spread, 3))
        ]
        figure = round(mean, 3)
        yield [
            *head, "arrivals", queue.queue, "", "", "", "", "", "hour", iso, _text(starts), _text(ends), figure, figure,
            *bands, figure, "plan", iso, "", 0,
        ]  # fmt: skip


def _needed(
    site: SiteTruth, day: LocalDay, volume: float, head: Row, known: dict[tuple[Any, ...], np.ndarray]
) -> Iterator[Row]:
    """Yield the people each team needs in each open half-hour; days of one month, weekday and shape share the figures."""
    if not day.spans:
        return
    shape = tuple(x - day.starts for span in day.spans for x in span)
    for team in dict.fromkeys(q.team for q in site.queues if q.kind != "bot"):
        key = (team, day.day.year, day.day.month, day.day.weekday(), day.ends - day.starts, shape)
        if key not in known:
            known[key] = required(site, team=team, day=day, volume=volume)
        for k, people in enumerate(known[key]):
            starts = day.starts + k * HALF_HOUR
            if people > 0 and day.is_open(starts):
                times = [_text(starts), _text(starts + HALF_HOUR)]
                yield [*head, "", site.site, team, *times, round(float(people), 2), day.day.isoformat(), "", 0]


def _weeks(start: date, until: datetime) -> Iterator[tuple[datetime, date]]:
    """Yield when each week is published, and its Monday: from that of the start on, as far as published by then."""
    monday = start - timedelta(days=start.weekday())
    while True:
        issued = datetime.combine(monday - LEAD, _NOON)
        if issued > until:
            return
        yield issued, monday
        monday += timedelta(days=7)


def _text(t: int) -> str:
    return instant(t).isoformat().replace("+00:00", "Z")
