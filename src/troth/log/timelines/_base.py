"""What a timeline is, and the small expressions all of them are written with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

#: The expression of an events table, and what is derived from it.
Events = Any
Rows = Any


@dataclass(frozen=True, slots=True)
class Timeline:
    """Rows derived from events, one or more for each key, and from nothing but the events of that key.

    Because of that, new events re-derive only the keys they name, and the result equals a full rebuild.

    Parameters
    ----------
    name : table name in the lake.
    sentence : what a row is.
    key : event column whose value names the rows; it is also a column of the result.
    activities : the activities it reads; None means all.
    derive : events (an ibis table of `schema.STORED`, filtered to key and activities) to rows.
    selects : `derive` picks its activities itself, in several passes, so they need not be picked before.
    """

    name: str
    sentence: str
    key: str
    activities: tuple[str, ...] | None
    derive: Callable[[Events], Rows]
    selects: bool = False


def events_table() -> Events:
    """Return the unbound ibis table `events` in `schema.STORED`."""
    import ibis

    from troth.log.schema import STORED

    # All nullable: what is never null in the log may be after a join, and types must not tell rows apart.
    columns = {name: kind.copy(nullable=True) for name, kind in ibis.Schema.from_pyarrow(STORED).items()}
    return ibis.table(columns, name="events")


def chosen(timeline: Timeline, events: Events) -> Events:
    """Return the events a timeline reads."""
    rows = events.filter(events[timeline.key].notnull())
    if timeline.activities is not None and not timeline.selects:
        rows = rows.filter(rows.activity.isin(timeline.activities))
    return rows


@cache
def _micros() -> Any:
    import ibis
    from ibis.expr import datatypes as dt

    # A cast would go through the session's time zone, and ICU's date_diff is twenty times slower than this.
    @ibis.udf.scalar.builtin(name="epoch_us", signature=((dt.Timestamp(timezone="UTC"),), dt.int64))
    def epoch_us(instant):  # type: ignore[no-untyped-def]
        ...

    return epoch_us


def micros(instant: Any) -> Any:
    """Return an instant as microseconds since 1970."""
    return _micros()(instant)


def seconds(start: Any, end: Any) -> Any:
    """Return seconds from `start` to `end` as a float; null if either is null."""
    return (micros(end) - micros(start)).cast("float64") / 1e6


def attribute(events: Events, key: str) -> Any:
    """Return an attribute as text, or null."""
    return events.attributes.cast("json")[key].str


def is_human(events: Events) -> Any:
    """Tell whether a person did it: said so, or named and not said otherwise."""
    return (events.actor == "human") | (events.actor.isnull() & events.agent_id.notnull())


def among(events: Events, activities: Sequence[str]) -> Any:
    """Tell whether the activity is one of `activities`."""
    return events.activity == activities[0] if len(activities) == 1 else events.activity.isin(activities)


def inexact(events: Events) -> Any:
    """Tell whether any of the grouped events is not known exactly."""
    return (events.origin != "exact").any()
