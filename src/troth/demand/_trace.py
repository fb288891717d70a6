"""What was set aside or drawn in, as a list anybody can read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

import numpy as np

from troth.demand._fold import Layout
from troth.demand._open import CALENDAR, NO_DATA, OPEN, WEEKDAY, WHY, Opening
from troth.demand._past import Past
from troth.demand.plan import Repair, RepairKind
from troth.demand.problem import Bools, DemandKind, Series

#: A change smaller than this part of a value is not worth telling.
_WORTH: Final = 0.01


def repairs(series: Series, past: Past, found: Opening, s: int, cells: Layout) -> tuple[Repair, ...]:
    """Return the stretches of history that were not taken as they stand, in order of time.

    Days that are closed every week, or by a calendar, are no repair.
    """
    value = np.asarray(series.values, dtype=np.float64)
    why = np.where(cells.day >= 0, found.why[s][cells.day, cells.slot], OPEN)
    why = np.where(np.isin(why, (WEEKDAY, CALENDAR)), OPEN, why)
    # What lies between the open hours of days without data is part of the same gap.
    empty_day = np.isin(cells.day, cells.day[why == NO_DATA])
    why = np.where(empty_day & np.isnan(value) & (why == OPEN), NO_DATA, why)
    became = np.where(cells.day >= 0, past.values[s][cells.day, cells.slot], np.nan)
    used = (cells.day >= 0) & (past.weight[s][cells.day, cells.slot] > 0)
    moved = used & (np.abs(became - value) > _WORTH * np.abs(value) + 1e-9) & ~_twice(cells)
    code = np.where(value < 0, -2, np.where(moved, -1, why))
    return tuple(_stretches(series, code, value, became, cells, past))


def _twice(cells: Layout) -> Bools:
    """Return the cells that share their place with another one, the hour that comes twice: their mean is no outlier."""
    place = cells.day * cells.slots + cells.slot
    _, index, number = np.unique(place, return_inverse=True, return_counts=True)
    found: Bools = number[index] > 1
    return found


def _stretches(
    series: Series,
    code: np.ndarray,
    value: np.ndarray,
    became: np.ndarray,
    cells: Layout,
    past: Past,
) -> Iterator[Repair]:
    for (kind, day), run in groupby(
        range(len(code)), key=lambda k: (int(code[k]), int(cells.day[k]) if code[k] != NO_DATA else -1)
    ):
        if kind == OPEN:
            continue
        some = list(run)
        known = value[some][np.isfinite(value[some])]
        adds = series.kind is DemandKind.ARRIVALS
        before = (float(known.sum()) if adds else float(known.mean())) if len(known) else None
        after = None
        if kind == -1:
            after = float(became[some].sum() if adds else became[some].mean())
        name = past.days.names[day] if day >= 0 else ""
        what, why = {
            -2: (RepairKind.NEGATIVE, "below-zero"),
            -1: (RepairKind.OUTLIER, "far-from-alike"),
            NO_DATA: (RepairKind.GAP, WHY[NO_DATA]),
        }.get(kind, (RepairKind.CLOSED, WHY[max(kind, 0)]))
        yield Repair(what, cells.edges[some[0]], cells.edges[some[-1] + 1], before, after, why, name)
