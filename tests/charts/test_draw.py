"""Figures: honest axes, one look, light and dark."""

from __future__ import annotations

import json
import re

import pytest

from troth.charts import draw
from troth.charts.template import CONFIG, swaps, template
from troth.charts.tokens import DARK, LIGHT, PALETTE, css, member_colours


def _trend(**other: object) -> draw.Trend:
    given: dict[str, object] = {
        "at": [f"2026-05-{day:02d}" for day in range(1, 11)],
        "values": [10.0, 11, 9, None, 12, 10, 11, 30, 10, 11],
        "unit": "s",
        "hover": ["<b>x</b>"] * 10,
        "firm": [True] * 9 + [False],
    }
    return draw.Trend(**(given | other))  # type: ignore[arg-type]


def test_bars_begin_at_zero() -> None:
    """A bar's length is its value."""
    for figure in (
        draw.bars(["a", "b"], values=[990.0, 1000.0]),
        draw.distribution([1.0, 10.0, 100.0], counts=[90, 100], marks=[("P50", 12.0)]),
    ):
        assert figure.layout.yaxis.range[0] == 0


def test_every_point_and_line_fits_on_the_axis() -> None:
    """The axis holds the points, the limits and the target."""
    figure = draw.trend(_trend(centre=[11.0] * 10, low=[5.0] * 10, high=[20.0] * 10, target=45.0))
    low, high = figure.layout.yaxis.range
    assert low <= 5
    assert high >= 45


def test_signals_are_ringed_and_the_first_of_a_run_is_named() -> None:
    """A ring for each point a rule is completed at, the rule's name beside the latest first ones."""
    figure = draw.trend(
        _trend(centre=[11.0] * 10, low=[5.0] * 10, high=[20.0] * 10, signals=[(7, "beyond <limits>")], ringed=[7, 8])
    )
    rings = [t for t in figure.data if t.marker.symbol == "circle-open"]
    assert [list(t.y) for t in rings] == [[30.0, 10.0]]
    assert "beyond &lt;limits&gt;" in [a.text for a in figure.layout.annotations]


def test_what_can_still_change_is_hollow() -> None:
    """A point of a period that is not over is drawn in the colour of the card."""
    figure = draw.trend(_trend())
    colours = figure.data[-1].marker.color
    assert colours[-1] == LIGHT["card"]
    assert set(colours[:-1]) == {LIGHT["accent"]}
    assert figure.data[-1].text[0] == "&lt;b&gt;x&lt;/b&gt;"


def test_the_marks_of_a_distribution_never_share_a_line() -> None:
    """P50, P90 and P95 that fall together are still read one by one."""
    figure = draw.distribution([1.0, 10.0, 100.0], counts=[9, 1], marks=[("P50", 9.0), ("P90", 9.1), ("P95", 9.2)])
    heights = [note.yshift for note in figure.layout.annotations]
    assert len(set(heights)) == 3


@pytest.mark.parametrize(
    ("low", "high", "unit"), [(0.0, 1.0, "share"), (0.61, 0.64, "share"), (3.0, 3.0, "count"), (0.0, 7.0, "s")]
)
def test_ticks_say_different_things(low: float, high: float, unit: str) -> None:
    """No two ticks carry the same words: rounding would move them."""
    axis = draw.value_axis(low, high, unit=unit)
    assert len(set(axis["ticktext"])) == len(axis["ticktext"]) > 0


def test_every_colour_of_a_chart_has_a_dark_twin() -> None:
    """In the dark no colour of the light page is left: each has one twin, and none two."""
    assert len(set(LIGHT.values())) == len(LIGHT)
    assert set(LIGHT) == set(DARK)
    figures = [
        draw.trend(
            _trend(centre=[11.0] * 10, low=[5.0] * 10, high=[20.0] * 10, ringed=[7], signals=[(7, "x")], target=9.0)
        ),
        draw.bars(["a"], values=[1.0]),
        draw.area(["2026-01-01", "2026-01-02"], values=[1.0, 2.0]),
        draw.heat_map([[1.0, None]], rows=["Mon"], columns=["00", "01"], what="contacts"),
        draw.distribution([1.0, 10.0], counts=[3], marks=[]),
    ]
    for figure in figures:
        used = set(re.findall(r"#[0-9a-f]{6}", json.dumps(json.loads(figure.to_json()))))
        assert used <= set(swaps()) | set(PALETTE)


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_words_can_be_read(scheme: dict[str, str]) -> None:
    """Text keeps a contrast of 4.5 to 1 on all it stands on (WCAG 2.2, 1.4.3)."""
    for name in ("ink", "soft", "accent", "ok", "watch", "late"):
        for ground in ("paper", "card"):
            assert _contrast(scheme[name], scheme[ground]) >= 4.5, (name, ground)
    for name in ("ok", "watch", "late"):
        assert _contrast(scheme[name], scheme[f"{name}-wash"]) >= 4.5, name


def test_a_member_keeps_its_colour() -> None:
    """The same members have the same colours whatever order they come in."""
    assert member_colours(["b", "a", "c"]) == member_colours(["c", "b", "a"])


def test_one_template_for_all() -> None:
    """The template has no buttons over the chart and follows light and dark by the same names."""
    assert CONFIG["displayModeBar"] is False
    assert template("dark").layout.font.color == DARK["ink"]
    assert template().layout.font.color == LIGHT["ink"]
    assert "color-scheme:light dark" in css()


def test_a_sparkline_needs_three_values_and_says_what_it_shows() -> None:
    """Two values are no course; gaps break the line; hostile words stay words."""
    assert draw.sparkline([1.0, None, 2.0], words="x") == ""
    made = draw.sparkline([1.0, 2.0, None, 3.0, 4.0], words='<"&')
    assert made.count("M") == 2
    assert 'aria-label="&lt;&quot;&amp;"' in made
