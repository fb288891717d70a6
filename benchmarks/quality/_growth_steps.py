"""Steps of the growth benchmark that are no command of their own, each run in a process of its own."""

from __future__ import annotations

import json
import sys

from troth.core.time import Step
from troth.kpi.query import Engine, Query
from troth.log.lake import Lake
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh


def timelines(lake: Lake) -> dict[str, int]:
    """Derive every timeline with all of its columns; return how many rows each has."""
    found = {}
    with lake.session() as con:
        for name, timeline in TIMELINES.items():
            (found[name],) = con.sql(f"SELECT count(*) FROM ({refresh(lake, con, timeline)})").fetchone() or (0,)
    return found


def catalogue(lake: Lake) -> dict[str, int]:
    """Compute one variant of every KPI by day and queue; return how many figures there are, and how many have a value."""
    with lake.session() as con:
        figures = Engine(lake, con).figures(Query(by=("queue",), every=Step.DAY))
    return {"figures": len(figures), "valued": sum(figure.value is not None for figure in figures)}


if __name__ == "__main__":
    step = {"timelines": timelines, "catalogue": catalogue}[sys.argv[1]]
    sys.stdout.write(json.dumps(step(Lake(sys.argv[2]))) + "\n")
