"""Four weeks of two people who take calls, one of them those in English as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from tests.kpi.logs import Event, lake_of, story


def phone(lake: Path, **reference: Sequence[Mapping[str, Any]]) -> None:
    """Write a lake of weekdays from eight to four, a call every ten minutes, and reference tables."""
    rng = np.random.default_rng(4)
    events: list[Event] = []
    for day in range(28):
        first = datetime(2026, 2, 2, 8, tzinfo=UTC) + timedelta(days=day)
        if first.weekday() > 4:
            continue
        for k in range(48):
            queue = "en" if k % 6 == 5 else "calls"
            joined = first + timedelta(minutes=10 * k + float(rng.uniform(0, 9)))
            name = {"contact_id": f"{day}-{k}", "queue": queue, "team": "voice", "site": "hall"}
            if k % 12 == 7:
                gone = joined + timedelta(seconds=float(rng.exponential(90)) + 5)
                steps: list[Any] = [
                    (joined.isoformat(), "arrived"),
                    (joined.isoformat(), "queued"),
                    (gone.isoformat(), "abandoned"),
                ]
            else:
                who = {"agent_id": "ben" if queue == "en" or k % 2 else "ada"}
                start = joined + timedelta(seconds=12)
                over = start + timedelta(seconds=float(rng.gamma(2, 120)) + 1)
                steps = [
                    (joined.isoformat(), "arrived"), (joined.isoformat(), "queued"), (start.isoformat(), "answered", who),
                    (over.isoformat(), "ended", who),
                ]  # fmt: skip
            events += story(*steps, **name)
    lake_of(lake, events, **reference)
