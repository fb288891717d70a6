"""Lanes of time: solid, hatched, shaded and due, on the wall clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from troth.charts.lanes import Lane, Stretch, lanes
from troth.charts.tokens import LIGHT

NINE = datetime(2026, 3, 29, 9, tzinfo=ZoneInfo("Europe/Vilnius"))
HOUR = timedelta(hours=1)


def test_what_counts_is_solid_what_pauses_is_hatched_and_the_rest_is_marked() -> None:
    """Bars by what they are, hours shaded behind them, a line at the due instant; texts cannot carry markup."""
    bars = [
        Stretch(NINE, NINE + HOUR, "open"),
        Stretch(NINE + HOUR, NINE + 3 * HOUR, "<b>", counted=False),
        Stretch(NINE + 3 * HOUR, NINE + 4 * HOUR, "open", late=True),
    ]
    figure = lanes([Lane("a<b", "2 h of 1 h", bars, [(NINE - HOUR, NINE + 8 * HOUR)], (NINE + 3 * HOUR, "due"))])
    solid, hatched, late = figure.data
    assert (solid.marker.color, late.marker.color) == (LIGHT["accent"], LIGHT["late"])
    assert hatched.marker.pattern.shape == "/"
    assert solid.base[0] == "2026-03-29 09:00:00.000"
    assert hatched.x[0] == 2 * 3_600_000
    assert "<b>" not in hatched.customdata[0]
    assert "a&lt;b" in figure.layout.yaxis.ticktext[0]
    assert [s.type for s in figure.layout.shapes] == ["rect", "line"]
    low, high = figure.layout.xaxis.range
    assert low < "2026-03-29 08:00"
    assert high > "2026-03-29 17:00"


def test_no_lanes_are_an_empty_picture() -> None:
    """Nothing to show is no error."""
    assert len(lanes([]).data) == 0
