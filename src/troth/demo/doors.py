"""People counters at the doors of branches: what they say of who came in, with what such a sensor gets wrong.

A counter looks at the door, not at the queue: it counts companions and people who turn round, misses some, and is silent
at times. It is made from the clean log by chance of its own, so that the course of the branch stays as it is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from troth.demo.clock import DAY, instant, local_day, zone
from troth.demo.truth import SiteTruth
from troth.log.schema import STORED

QUARTER: Final = 900_000
#: Share of customers with a companion; of passages missed; others through the door in a quarter of an hour of opening.
COMPANIONS, MISSED, OTHERS = 0.18, 0.04, 0.25
#: Probability that the counter falls silent on a day, until the next morning.
SILENT: Final = 0.015
_KEY: Final = 8001


class DoorCounter:
    """The counter at one branch's door, fed with the branch's clean log block by block."""

    def __init__(self, site: SiteTruth, *, seed: int, number: int) -> None:
        self.site, self.numbered = site, 0
        self._key = (seed, _KEY, number)
        self._held = np.empty(0, np.int64)
        self._from = -1

    def count(self, clean: pa.Table, *, until: int) -> pa.Table:
        """Return what was counted in the quarters of an hour that are over by an instant (ms since 1970).

        Parameters
        ----------
        clean : the next block of the branch's clean events.
        """
        came = clean.filter(pc.is_in(clean["activity"], pa.array(["arrived", "checked_in"])))
        ticks = came["occurred_at"].cast(pa.int64()).to_numpy() // 1000
        passed = np.concatenate([self._held, ticks])
        stop = until // QUARTER * QUARTER
        start = self._from if self._from >= 0 else (int(passed.min()) // QUARTER * QUARTER if len(passed) else stop)
        self._held, self._from = passed[passed >= stop], stop
        rows: list[tuple[int, float]] = []
        tz = zone(self.site.time_zone)
        day = instant(start).astimezone(tz).date()
        while start < stop:
            local = local_day(self.site, day=day)
            edge = min(local.ends, stop)
            if edge > start:
                rows += self._day(passed, start, edge, local.spans, day.toordinal())
                start = edge
            day += timedelta(days=1)
        return self._table(rows)

    def _day(
        self, passed: np.ndarray, start: int, end: int, spans: tuple[tuple[int, int], ...], ordinal: int
    ) -> list[tuple[int, float]]:
        """Count the quarters of a part of a local day that end within it; chance is the day's, however it is cut."""
        starts = [t for a, b in spans for t in range(a // QUARTER * QUARTER, b, QUARTER)]
        if not starts:
            return []
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((*self._key, ordinal))))
        silent = rng.random() < SILENT
        since = starts[int(rng.integers(len(starts)))] if silent else starts[-1] + DAY
        others = rng.poisson(OTHERS, len(starts))
        found = []
        for k, t in enumerate(starts):
            own = np.random.Generator(np.random.PCG64(np.random.SeedSequence((*self._key, ordinal, k))))
            if not start < t + QUARTER <= end or t >= since:
                continue
            customers = int(((passed >= t) & (passed < t + QUARTER)).sum())
            through = customers + int(own.binomial(customers, COMPANIONS)) + int(others[k])
            found.append((t + QUARTER, float(through - own.binomial(through, MISSED))))
        return found

    def _table(self, rows: list[tuple[int, float]]) -> pa.Table:
        size, first = len(rows), self.numbered
        self.numbered += size
        at = pa.array([t * 1000 for t, _ in rows], pa.int64()).cast(STORED.field("occurred_at").type)
        code = self.site.code
        data: dict[str, Any] = {name: pa.nulls(size, STORED.field(name).type) for name in STORED.names}
        data |= {
            "occurred_at": at,
            "recorded_at": at,
            "version": pa.array(np.zeros(size, np.int64)),
            "activity": pa.repeat("counted", size),
            "step": pa.repeat("in", size),
            "subject_kind": pa.repeat("sensor", size),
            "subject_id": pa.repeat(f"door-{code}", size),
            "actor": pa.repeat("system", size),
            "site": pa.repeat(self.site.site, size),
            "value": pa.array([value for _, value in rows], pa.float64()),
            "origin": pa.repeat("exact", size),
            "source": pa.repeat("demo", size),
            "source_id": pa.array([f"n{code}{k}" for k in range(first, first + size)], pa.string()),
        }
        return pa.table([data[name] for name in STORED.names], schema=STORED)
