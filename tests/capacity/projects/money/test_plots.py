"""Pictures of money hold the numbers they show."""

from __future__ import annotations

import numpy as np
import pytest

from tests.capacity.projects.money.firms import DAY, week
from tests.capacity.projects.money.test_budget import _budget, _project
from troth.capacity.projects.money import fan

_WEEKS = [week(k) for k in range(12)]


def _words(figure: object) -> str:
    return " ".join(one.text for one in figure.layout.annotations)  # type: ignore[attr-defined]


def test_the_fan_shows_its_quantiles() -> None:
    """The median is the line, the outer levels are the band, in thousands where sums are large; names stand apart."""
    values = np.random.default_rng(0).gamma(4.0, 1_000_000, (200, 12))
    found = fan(values, weeks=_WEEKS)
    for running, rows in ((False, found.by_week), (True, found.running)):
        low, high, mid = found.plot(running=running).data
        by = rows[1][0] / mid.y[0]
        assert np.asarray([low.y, mid.y, high.y]) * by == pytest.approx(rows)
    words = _words(found.plot())
    assert all(word in words for word in ("thousand EUR, a week", "P10", "P50", "P90"))
    names = sorted(one.y for one in found.plot().layout.annotations if one.text.startswith("P"))
    assert min(np.diff(names)) >= 0.069 * max(found.plot().data[1].y)


def test_a_gap_in_the_fan_is_drawn_as_one() -> None:
    """Where something has no rate there is no point, and the rest is drawn."""
    values = np.full((5, 12), 100.0)
    values[0, 3] = np.nan
    figure = fan(values, weeks=_WEEKS).plot()
    assert np.isnan(figure.data[2].y).tolist() == [k == 3 for k in range(12)]


def test_the_burn_up_shows_spent_expected_and_the_budget() -> None:
    """Spent ends today at what was spent, expected goes on from there to the end; where the budget is passed is marked."""
    found = _budget(_project(left=90.0), hours=(20.0,) * 5, baseline={week(k): 25.0 for k in range(-2, 2)})
    figure = found.plot()
    lines = {one.customdata[0].split(" by ")[0]: one for one in figure.data if one.mode == "lines"}
    assert set(lines) == {"planned", "expected", "spent"}
    assert lines["spent"].x[-1] == lines["expected"].x[0] == DAY.isoformat()
    assert lines["spent"].y[-1] * 100_000 == pytest.approx(found.value.ac)
    assert lines["expected"].y[-1] * 100_000 == pytest.approx(found.eac_cents)
    assert "passed in the week of 22 Jun" in _words(figure)
    assert "budget 10 thousand EUR" in _words(figure)


def test_a_budget_that_holds_has_no_mark() -> None:
    """Nothing is ringed where nothing is passed."""
    figure = _budget(_project(left=20.0), hours=(20.0,) * 5).plot()
    assert "passed" not in _words(figure)
    assert all(one.mode == "lines" for one in figure.data)
