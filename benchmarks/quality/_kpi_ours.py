"""Our side of the KPI benchmark: all timelines a question takes, then its figures by day and queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from benchmarks.quality._kpi_sides import FEW, NUMBERS, SHAPE, TABLED, Plan
from troth.core.time import Step
from troth.kpi.catalogue import canonical
from troth.kpi.query import Engine, Query
from troth.log.lake import Lake


def figures(plan: Plan, *, kpis: Sequence[str] = ()) -> pa.Table:
    """Bring the timelines these KPIs take up to date and ask for the figures; by default all that take events alone."""
    kpis = kpis or [f"{one.id}/{one.variant}" for one in canonical() if one.id not in TABLED]
    lake = Lake(plan.lake, memory=plan.memory)
    with lake.session(threads=plan.threads) as con:
        found = Engine(lake, con).figures(Query(kpis=tuple(kpis), by=("queue",), every=Step.DAY))
    epoch = date(1970, 1, 1)
    days = {start: (date.fromisoformat(start[:10]) - epoch).days for start in {f.start for f in found}}
    columns: dict[str, list[Any]] = {
        "kpi": [f"{f.id}/{f.variant}" if f.variant else f.id for f in found],
        "queue": [f.by["queue"] for f in found],
        "day": [days[f.start] for f in found],
    }
    for name in NUMBERS:
        columns[name] = [getattr(f, name) for f in found]
    return pa.table(columns, schema=SHAPE)


def few(plan: Plan) -> pa.Table:
    """Answer for the KPIs that pandas computes too."""
    return figures(plan, kpis=FEW)
