"""However events come - in any order, again, newer or older, moved to another case - the figures are the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kpi import compare, logs
from tests.kpi.logs import Event
from tests.kpi.random_logs import random_log
from troth.kpi.query import Query, query
from troth.log.lake import Lake
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh
from troth.log.upkeep import compact

_KPIS = ("speed.first_reply", "flow.backlog", "quality.score", "worst.wait")


def _deliveries(rng: Random) -> list[Event]:
    """Return a random log with what sources do to it: events again, corrected, and moved to other things."""
    events = [event for site in ("a", "b") for event in random_log(site, seed=rng.randrange(10**6))]
    others = {column: sorted({str(getattr(e, column)) for e in events if getattr(e, column)}) for column in _KEYS}
    found = list(events)
    for event in events:
        if rng.random() < 0.25:
            found.append(_changed(event, rng, others))
        if rng.random() < 0.1:
            found.append(event)
    return found


_KEYS = ("case_id", "contact_id", "subject_id", "agent_id", "site")


def _changed(event: Event, rng: Random, others: dict[str, list[str]]) -> Event:
    """Return another version of an event: newer, older or of the same number, at another time or of another thing."""
    version = event.version + rng.choice((1, 1, 2, -1, 0))
    how = rng.randrange(4)
    if how == 0:
        return replace(event, version=version, at=event.at + timedelta(seconds=rng.choice((-600, 60, 90_000))))
    if how == 1:
        return replace(event, version=version, queue=rng.choice(("q1", "q3", None)))
    column = rng.choice([c for c in _KEYS if getattr(event, c) is not None])
    changed: dict[str, Any] = {column: rng.choice(others[column])}
    if how == 2 or event.activity.startswith(("shift", "state")) or column == "case_id":
        return replace(event, version=version, **changed)
    return replace(event, version=version, origin="repaired")


def _batches(found: Sequence[Event], rng: Random) -> list[list[Event]]:
    """Return deliveries in random batches and order."""
    order = list(found)
    rng.shuffle(order)
    cuts = sorted(rng.randrange(len(order) + 1) for _ in range(rng.randrange(1, 4)))
    return [order[a:b] for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True)]


def _rows(lake: Lake) -> dict[str, list[str]]:
    """Return the rows of every timeline in no order."""
    with lake.session() as con:
        found = {}
        for name, timeline in TIMELINES.items():
            rows = con.sql(refresh(lake, con, timeline)).fetch_arrow_table().to_pylist()
            found[name] = sorted(str({k: None if _nothing(v) else v for k, v in sorted(r.items())}) for r in rows)
    return found


def _nothing(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _figures(lake: Lake) -> list[dict[str, Any]]:
    asked = Query(kpis=_KPIS, by=("queue",), start=compare.FIRST, end=compare.LAST, params=compare.PARAMS)
    return [figure.as_dict() for figure in query(lake, asked)]


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32 - 1))
def test_incremental_equals_full_rebuild(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """Batches in any order, with timelines refreshed and tables compacted in between, against all at once."""
    rng = Random(seed)
    folder = tmp_path_factory.mktemp("incremental")
    found = _deliveries(rng)
    piecemeal, whole = Lake(folder / "piecemeal"), Lake(folder / "whole")
    for batch in _batches(found, rng):
        logs.put(piecemeal, batch)
        chosen = [t for t in TIMELINES.values() if rng.random() < 0.4]
        with piecemeal.session() as con:
            for timeline in chosen:
                refresh(piecemeal, con, timeline)
        what = rng.random()
        if what < 0.25:
            piecemeal.compact()
        elif what < 0.5:
            compact(piecemeal)
    logs.put(whole, found)
    one, other = _rows(piecemeal), _rows(whole)
    for name in TIMELINES:
        assert one[name] == other[name], name
    assert any(one.values())
    assert _figures(piecemeal) == _figures(whole)


def test_an_event_moved_to_another_case_leaves_the_first(lake: Path) -> None:
    """A newer version of the only reply names another case: the first one has no reply any more."""
    events = [
        *logs.story(
            ("2026-03-02 09:00", "opened"), ("2026-03-02 09:10", "message_sent", {"agent_id": "a"}), case_id="x"
        ),
        *logs.story(("2026-03-02 09:00", "opened"), case_id="y"),
    ]
    found = logs.lake_of(lake, events)
    asked = Query(kpis=("speed.first_reply/with_bot", "speed.within_24h"))
    assert [f.value for f in query(found, asked)] == [600.0, 0.5]
    logs.put(found, [replace(events[1], case_id="y", version=1)])
    with found.session() as con:
        rows = con.sql(refresh(found, con, TIMELINES["cases"])).fetch_arrow_table().to_pylist()
    assert {row["case_id"]: row["replies"] for row in rows} == {"x": 0, "y": 1}
    logs.put(found, [replace(events[1], case_id="z", version=0)])
    with found.session() as con:
        rows = con.sql(refresh(found, con, TIMELINES["cases"])).fetch_arrow_table().to_pylist()
    assert {row["case_id"] for row in rows} == {"x", "y"}, "an older copy that comes late is none"
