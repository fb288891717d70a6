"""Random histories: events delivered in any order, again, newer or older, moved to another thing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.kpi import compare, logs
from tests.kpi.logs import Event
from tests.kpi.random_logs import random_log
from troth.kpi.query import Query, query
from troth.log.lake import Lake
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh
from troth.log.upkeep import compact

KPIS = ("speed.first_reply", "flow.backlog", "quality.score", "worst.wait")


def deliveries(rng: Random) -> list[Event]:
    """Return a random log with what sources do to it: events again, corrected, and moved to other things."""
    events = [event for site in ("a", "b", "c") for event in random_log(site, seed=rng.randrange(10**6))]
    others = {column: sorted({str(getattr(e, column)) for e in events if getattr(e, column)}) for column in _KEYS}
    found = list(events)
    for event in events:
        if rng.random() < 0.4:
            found.append(_changed(event, rng, others))
        if rng.random() < 0.1:
            found.append(event)
    return found


_KEYS = ("case_id", "contact_id", "subject_id", "agent_id", "site")


def _changed(event: Event, rng: Random, others: dict[str, list[str]]) -> Event:
    """Return another version of an event: newer, older or of the same number, at another time or of another thing."""
    version = event.version + rng.choice((1, 1, 2, -1, 0))
    how = rng.randrange(5)
    if how == 0:
        return replace(event, version=version, at=event.at + timedelta(seconds=rng.choice((-600, 60, 90_000))))
    if how == 1:
        return replace(event, version=version, queue=rng.choice(("q1", "q3", None)))
    column = rng.choice([c for c in _KEYS if getattr(event, c) is not None])
    moved: dict[str, Any] = {column: rng.choice(others[column])}
    return replace(event, version=version, **moved)


def _batches(found: Sequence[Event], rng: Random) -> list[list[Event]]:
    """Return deliveries in random batches and order."""
    order = list(found)
    rng.shuffle(order)
    cuts = sorted(rng.randrange(len(order) + 1) for _ in range(rng.randrange(2, 5)))
    return [order[a:b] for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True)]


def rows_of(lake: Lake) -> dict[str, list[str]]:
    """Return the rows of every timeline in no order."""
    with lake.session() as con:
        found = {}
        for name, timeline in TIMELINES.items():
            rows = con.sql(refresh(lake, con, timeline)).fetch_arrow_table().to_pylist()
            found[name] = sorted(str({k: None if _nothing(v) else v for k, v in sorted(r.items())}) for r in rows)
    return found


def _nothing(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def figures_of(lake: Lake) -> list[dict[str, Any]]:
    asked = Query(kpis=KPIS, by=("queue",), start=compare.FIRST, end=compare.LAST, params=compare.PARAMS)
    return [figure.as_dict() for figure in query(lake, asked)]


def lived(folder: Path, *, seed: int) -> tuple[Lake, Lake]:
    """Return a lake that lived through a random history, and one that was given all of it at once.

    Between its batches timelines are brought up to date and tables compacted, each now and then.
    """
    rng = Random(seed)
    found = deliveries(rng)
    piecemeal, whole = Lake(folder / "piecemeal"), Lake(folder / "whole")
    for batch in _batches(found, rng):
        logs.put(piecemeal, batch)
        with piecemeal.session() as con:
            for timeline in TIMELINES.values():
                if rng.random() < 0.5:
                    refresh(piecemeal, con, timeline)
        what = rng.random()
        if what < 0.1:
            piecemeal.compact()
        elif what < 0.25:
            compact(piecemeal)
    logs.put(whole, found)
    return piecemeal, whole
