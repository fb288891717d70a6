"""A month of a centre with five queues and three skill groups, for the clock."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from troth.capacity.staffing import SkillGroup, StaffedQueue, StaffingProblem

DAYS = 28


def month(*, seed: int, paths: int = 200) -> StaffingProblem:
    """Return calls in two languages and sales that share people, chat two at once, and mail due within two days.

    Weekdays differ, Sundays are closed, and days are busy in all queues at once.
    """
    rng = np.random.default_rng(seed)
    hour = np.arange(48) / 2
    shape = np.exp(-(((hour - 10.6) / 1.9) ** 2)) + 0.8 * np.exp(-(((hour - 14.8) / 2.2) ** 2)) + 0.12
    shape[(hour < 8) | (hour >= 19)] = 0.0
    shape /= shape.sum()
    week = np.array([1.2, 1.05, 1.0, 0.95, 0.9, 0.5, 0.0])
    open_ = np.concatenate([(shape > 0) & (week[d % 7] > 0) for d in range(DAYS)])
    busy = rng.gamma(60, 1 / 60, (paths, DAYS)) * week[np.arange(DAYS) % 7]

    def live(per_day: float) -> np.ndarray:
        return np.asarray(rng.poisson((busy[:, :, None] * per_day * shape).reshape(paths, -1)), float)

    mail = rng.poisson((busy[:, :, None] * 80 * np.full(48, 1 / 48)).reshape(paths, -1)).astype(float)
    queues = (
        StaffedQueue("calls", live(300), 275, patience_s=300, open=open_),
        StaffedQueue("calls-en", live(90), 300, patience_s=300, open=open_),
        StaffedQueue("sales", live(120), 350, within_s=30, patience_s=300, open=open_),
        StaffedQueue("chat", live(80), 440, within_s=40, patience_s=330, at_once=2, slowing=0.3, open=open_),
        StaffedQueue("mail", mail, 330, within_s=48 * 3600, level=0.9, deferred=True),
    )
    groups = (
        SkillGroup("local", ("calls", "sales"), least=1, out_of_office=0.1, open=open_),
        SkillGroup("both", ("calls", "calls-en", "sales"), cents_per_hour=2200, out_of_office=0.1, open=open_),
        SkillGroup("digital", ("chat", "mail"), out_of_office=0.1, open=open_),
    )
    return StaffingProblem(datetime(2026, 3, 2, tzinfo=UTC), queues, groups, confidence=0.9, occupancy=0.9)
