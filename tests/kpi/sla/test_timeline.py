"""The timeline of a clock on random histories: nothing missing, nothing twice, and the counted parts are the number."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from tests.kpi.logs import Event
from tests.kpi.sla.worlds import NOW, arrays, cases, computed, tables
from troth.core.spans import from_micros
from troth.kpi.clocks import NAT
from troth.kpi.sla.timeline import clock_line


@settings(max_examples=20)
@given(cases(), tables())
def test_counted_segments_add_up_and_fill_the_clock(events: list[Event], rows: dict[str, list[dict[str, Any]]]) -> None:
    """Segments are in order and apart, counted ones sum to the clock's number, pauses and stretches together reach from start to end."""
    found = arrays(events)
    made = computed(found, rows)
    for place in range(min(len(made), 8)):
        line = clock_line(found, made=made, place=place)
        assert sum(s.seconds for s in line.segments if s.counted) * 1e6 == made.counted[place]
        assert all(a.end <= b.start for a, b in zip(line.segments, line.segments[1:], strict=False))
        start, end = int(made.start[place]), int(made.end[place])
        limit = NOW if end == NAT else from_micros(end)
        inside = [s for s in line.segments if s.start >= from_micros(start) and s.end <= limit]
        assert len(inside) == len(line.segments)
        if not line.ruled:
            assert sum(s.seconds for s in line.segments) == (limit - from_micros(start)).total_seconds()
        words = [word for told in line.moments.values() for word in told]
        assert any("the start of" in word for word in words) or made.targets[made.target[place]].retroactive_start
