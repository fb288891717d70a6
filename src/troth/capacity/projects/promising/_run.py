"""Groups of futures lived: room for what they leave."""

from __future__ import annotations

from typing import Any

import numpy as np

from troth.capacity.projects.promising._draws import Draws
from troth.capacity.projects.promising._kernel import live
from troth.capacity.projects.promising._state import Lived, room_for
from troth.capacity.projects.promising._world import World


def live_group(
    world: World, draws: Draws, shared: Lived, edges: Any, started: Any, deals: Any, group: tuple[int, int], weeks: int
) -> tuple[Any, Any]:
    """Live futures [a, b) into shared arrays; return the bookings of what is not begun and where those of each future end."""
    a, b = group
    most = 4096
    while True:
        mine = shared._replace(own=np.zeros((most, 4), np.uint16), own_at=np.zeros(shared.start.shape[0] + 1, np.int64))
        mine.wanting[a:b] = 0
        mine.helped[a:b] = 0
        end = live(world, draws, room_for(world, draws), mine, edges, started, deals, a, b, weeks, 0)
        if end < most:
            ends = mine.own_at[a : b + 1].copy()
            ends[0] = 0
            return mine.own[:end], ends
        most *= 4


def blank(futures: int, *, weeks: int, people: int, jobs: int, edges: int, skills: int) -> Lived:
    """Return room for what futures leave behind."""
    return Lived(
        np.zeros((futures, jobs), np.int64), np.zeros((futures, jobs), np.int64),
        np.zeros((futures, weeks, edges, people), np.uint8), np.zeros((futures, weeks, people), np.uint8),
        np.zeros((futures, weeks, people), np.uint8), np.zeros((futures, weeks, skills), np.float32),
        np.zeros((futures, weeks), np.float32), np.zeros((0, 4), np.uint16), np.zeros(futures + 1, np.int64),
    )  # fmt: skip
