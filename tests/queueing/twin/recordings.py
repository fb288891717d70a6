"""A made-up floor whose calls were recorded, for what learns from them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from troth.queueing.read import RecordedContacts, day_number

DAY = date(2026, 3, 2)
OPEN_S = 8 * 3600.0


def recorded_days(
    days: int = 4, *, servers: int = 3, calls: int = 300, seed: int = 3, pause_s: float = 5.0
) -> RecordedContacts:
    """Return the calls of a made-up floor: two kinds in one line, of which the second has a head start of 60 s."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, int, int, float, float, float, bool, str, float]] = []
    for k in range(days):
        number = day_number(DAY + timedelta(days=k))
        start = number * 86_400 + OPEN_S
        at = np.sort(rng.uniform(0, 8 * 3600, calls))
        kind, patience = rng.random(calls) < 0.3, rng.exponential(400, calls)
        handle = rng.exponential(240, calls)
        free = np.zeros(servers)
        waiting: list[int] = []
        come = 0
        while come < calls or waiting:
            who = int(np.argmin(free))
            t = max(free[who], at[come] if not waiting else 0.0)
            while come < calls and at[come] <= t:
                waiting.append(come)
                come += 1
            for c in [c for c in waiting if at[c] + patience[c] < t]:
                rows.append(
                    (
                        ("b" if kind[c] else "a"),
                        0,
                        number,
                        8 + at[c] / 3600,
                        start + at[c],
                        patience[c],
                        False,
                        "",
                        np.nan,
                    )
                )
                waiting.remove(c)
            if not waiting:
                continue
            c = min(waiting, key=lambda c: at[c] - 60 * kind[c])
            waiting.remove(c)
            rows.append(
                (
                    ("b" if kind[c] else "a"),
                    0,
                    number,
                    8 + at[c] / 3600,
                    start + at[c],
                    t - at[c],
                    True,
                    f"s{who}",
                    handle[c],
                )
            )
            free[who] = t + handle[c] + pause_s
    rows.sort(key=lambda row: row[4])
    queue, level, day, hour, queued, wait, served, agent, handle_s = map(np.array, zip(*rows, strict=True))
    return RecordedContacts(queue, queue, agent, level, day, hour, queued, wait, served, ~served, handle_s)
