"""The check of the demo lets a sound one pass and no other."""

from __future__ import annotations

from typing import Any

from tools import check_demo

GOOD: list[dict[str, Any]] = [
    {"id": name, "n": 9, "value": 0.5, "unit": "share", "low": 0.4, "high": 0.6, "reason": None}
    for name in check_demo.NEEDED
]


def test_sound_figures_pass() -> None:
    """Every needed figure with a value inside its interval is sound."""
    assert check_demo.figures(GOOD) == []


def test_a_missing_impossible_or_mute_figure_is_told() -> None:
    """A needed figure without value, a share above one, a value outside its interval, nothing without a reason."""
    bad = [
        {**GOOD[0], "value": None, "n": 0},
        {**GOOD[1], "value": 1.5, "high": 2},
        {**GOOD[2], "value": 0.7},
        *GOOD[3:],
    ]
    assert len(check_demo.figures(bad)) == 4


def test_a_report_that_is_whole_and_its_own_passes() -> None:
    """Data addresses and links are fine; loading from elsewhere and a cut page are not."""
    whole = "<html><img src='data:image/png;base64,AA'><a href='https://example.org'>x</a></html>\n"
    assert check_demo.page(whole) == []
    assert check_demo.page(whole[:20])
    assert check_demo.page("<script src='https://example.org/x.js'></script></html>")
    assert check_demo.page("<link rel=stylesheet href=x.css></html>")
