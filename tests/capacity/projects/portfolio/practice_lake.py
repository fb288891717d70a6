"""A practice of the demo company that has lived for some weeks, and the lake it left behind."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.kpi.logs import put_reference
from troth.demo.practice import PracticeWorld, practice
from troth.demo.practice.reference import rows_of
from troth.log.lake import Lake
from troth.log.reference import TABLES

START = "2026-03-02"


def lived(
    *, weeks: int, seed: int = 3, people: int = 12, time_zone: str = "Europe/Vilnius"
) -> tuple[PracticeWorld, datetime]:
    """Return a world of so many weeks that has not begun, and the Friday evening on which they end."""
    truth = practice(
        "p", start=START, days=200, people=people, holidays=(("2026-05-01", "Labour Day"), ("2026-06-24", "St John")),
        time_zone=time_zone,
    )  # fmt: skip
    until = datetime.fromisoformat(START).replace(tzinfo=UTC) + timedelta(weeks=weeks, days=-3, hours=18)
    return PracticeWorld(truth, seed), until


def lake_of_world(folder: Path, world: PracticeWorld, *, until: datetime) -> Lake:
    """Live on to an instant and return the lake of the events since and of all tables."""
    lake = Lake(folder)
    log = world.step(until)
    with lake.session() as con:
        con.register("log", log)
        lake.events.put(con, ["SELECT * FROM log"])
    for table, rows in rows_of(world).items():
        put_reference(lake, table, [_typed(table, row) for row in rows])
    return lake


def _typed(table: str, row: list[object]) -> dict[str, object]:
    """Return a row as columns, with days and instants as a lake has them."""
    return {field.name: _value(str(field.type), value) for field, value in zip(TABLES[table].schema, row, strict=True)}


def _value(kind: str, value: object) -> object:
    if value == "":
        return None
    if isinstance(value, str) and kind.startswith("date"):
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if isinstance(value, str) and kind.startswith("timestamp") else value
