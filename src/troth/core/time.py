"""All about time in one place: spans, grids, calendars, and the builder of calendars from table rows."""

from __future__ import annotations

from troth.core.calendar import Calendar, Hours, SpecialDay
from troth.core.calendar_tables import calendars_from_tables
from troth.core.grid import Grid, Step
from troth.core.spans import (
    Span,
    clock_changes,
    from_micros,
    instant_at,
    local_date,
    merge,
    start_of_day,
    to_micros,
    to_utc,
    zone,
)

__all__ = [
    "Calendar",
    "Grid",
    "Hours",
    "Span",
    "SpecialDay",
    "Step",
    "calendars_from_tables",
    "clock_changes",
    "from_micros",
    "instant_at",
    "local_date",
    "merge",
    "start_of_day",
    "to_micros",
    "to_utc",
    "zone",
]
