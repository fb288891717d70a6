"""Paid time of shifts whose end is missing: they end with what the person was last seen to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.kpi import logs
from troth.kpi.query import Query, query
from troth.log.lake import Lake
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh

START, END, STATE = "shift_started", "shift_ended", "state_changed"


def _rows(folder: Path, *lines: tuple[Any, ...]) -> dict[str, list[tuple[str, str | None, bool]]]:
    """Return begin, end and flag of every stretch of a person, by kind."""
    lake = logs.lake_of(folder, logs.story(*lines, agent_id="a"))
    return _found(lake)


def _found(lake: Lake) -> dict[str, list[tuple[str, str | None, bool]]]:
    with lake.session() as con:
        rows = con.sql(refresh(lake, con, TIMELINES["paid"])).fetch_arrow_table().to_pylist()
    found: dict[str, list[tuple[str, str | None, bool]]] = {"shift": [], "state": []}
    for row in sorted(rows, key=lambda row: row["started_at"]):
        begin, end = (at and f"{at:%d %H:%M}" for at in (row["started_at"], row["ended_at"]))
        found[row["kind"]].append((begin, end, row["approximate"]))
    return found


def _state(at: str, step: str = "available") -> tuple[str, str, dict[str, str]]:
    return at, STATE, {"step": step}


def test_a_shift_without_an_end_ends_with_the_last_state(lake: Path) -> None:
    """The first shift has no end, the second has: of the first the time up to the last state is paid, and flagged."""
    found = _rows(
        lake,
        ("2026-03-02 08:00", START),
        _state("2026-03-02 08:00"),
        _state("2026-03-02 09:00", "on_contact"),
        _state("2026-03-02 15:50"),
        ("2026-03-03 08:00", START),
        _state("2026-03-03 08:00"),
        ("2026-03-03 16:00", END),
    )
    assert found["shift"] == [("02 08:00", "02 15:50", True), ("03 08:00", "03 16:00", False)]
    assert found["state"] == [
        ("02 08:00", "02 09:00", False),
        ("02 09:00", "02 15:50", False),
        ("02 15:50", None, True),
        ("03 08:00", "03 16:00", False),
    ]


def test_the_next_shift_is_no_end(lake: Path) -> None:
    """A late shift without an end and an early one after it: the night between is neither paid nor spent in a state."""
    found = _rows(
        lake,
        ("2026-03-02 14:00", START),
        _state("2026-03-02 21:40", "wrap"),
        ("2026-03-03 06:00", START),
        _state("2026-03-03 06:00"),
        ("2026-03-03 14:00", END),
    )
    assert found["shift"] == [("02 14:00", "02 21:40", True), ("03 06:00", "03 14:00", False)]
    assert found["state"] == [("02 21:40", None, True), ("03 06:00", "03 14:00", False)]


def test_a_state_just_before_the_shift_goes_on(lake: Path) -> None:
    """Two clocks that differ by a second cut nothing: no shift was open that the start could have ended."""
    found = _rows(
        lake,
        _state("2026-03-02 07:59"),
        ("2026-03-02 08:00", START),
        _state("2026-03-02 09:00", "on_contact"),
        ("2026-03-02 10:00", END),
    )
    assert found["state"] == [("02 07:59", "02 09:00", False), ("02 09:00", "02 10:00", False)]


def test_the_last_shift_of_a_log_ends_so_far_with_the_last_state(lake: Path) -> None:
    """Nothing comes after it; and nobody works longer than sixteen hours at a stretch."""
    found = _rows(
        lake,
        ("2026-03-02 08:00", START),
        _state("2026-03-02 12:00"),
        _state("2026-03-02 23:59"),
        _state("2026-03-03 00:00"),
    )
    assert found["shift"] == [("02 08:00", "02 23:59", True)]


def test_without_a_state_a_shift_without_an_end_counts_nowhere(lake: Path) -> None:
    """Nobody can tell how long it was, whether or not another one follows within sixteen hours."""
    found = _rows(
        lake,
        ("2026-03-02 08:00", START),
        ("2026-03-02 20:00", START),
        ("2026-03-04 08:00", START),
        ("2026-03-04 08:00", START),
    )
    assert found["shift"] == [(at, None, True) for at in ("02 08:00", "02 20:00", "04 08:00", "04 08:00")]


def test_figures_over_paid_time_hold_such_shifts_and_say_so(lake: Path) -> None:
    """Two hours on contact of four that are known to be paid; when the end comes late it is eight, and exact."""
    events = logs.story(
        ("2026-03-02 08:00", START), _state("2026-03-02 10:00", "on_contact"), _state("2026-03-02 12:00"), agent_id="a"
    )
    found = logs.lake_of(lake, events)
    asked = Query(kpis=("load.utilisation",))
    assert [(f.value, f.approximate) for f in query(found, asked)] == [(0.5, True)]
    logs.put(found, logs.story(("2026-03-02 16:00", END, {"source_id": "late"}), agent_id="a"))
    assert [(f.value, f.approximate) for f in query(found, asked)] == [(0.25, False)]
    assert _found(found)["shift"] == [("02 08:00", "02 16:00", False)]
