"""The page and its pictures hold the numbers of the plan, and let nothing foreign in."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from tests.capacity.projects.outlook.test_outlook import DAY, firm, looked, person, work
from tests.capacity.projects.outlook.test_side_by_side import HIRE, LATER, WIN
from tests.capacity.projects.portfolio.house import house
from troth.capacity.projects.outlook import ProjectsOutlook, side_by_side
from troth.capacity.projects.outlook.page import render
from troth.capacity.projects.outlook.plots import money_running, scenario_bars
from troth.core.decision import Issue, Severity


@pytest.fixture(scope="module")
def found() -> ProjectsOutlook:
    """A house with a project of which half may come."""
    portfolio = firm(work("p", 60.0), work("q", 100.0, probability=0.5))
    return looked(portfolio, at_least=0.4)


def test_money_is_drawn_by_week(found: ProjectsOutlook) -> None:
    """Bars are revenue by probability, the line is cost, upright lines reach from sold to all."""
    bars, line = found.plot().data
    rows = [one for one in found.periods("week") if one.first is not None]
    assert list(bars.x) == [one.first.isoformat() for one in rows if one.first is not None]
    assert np.array(bars.y) * bars_unit(bars.y, rows[0].weighted.revenue_known_cents) == pytest.approx(
        [one.weighted.revenue_known_cents for one in rows]
    )
    by = rows[0].weighted.revenue_known_cents / bars.y[0]
    assert np.array(line.y) * by == pytest.approx([one.weighted.cost_known_cents for one in rows])
    top = np.array(bars.y) + np.array(bars.error_y.array)
    assert top * by == pytest.approx([one.everything.revenue_known_cents for one in rows])
    low = np.array(bars.y) - np.array(bars.error_y.arrayminus)
    assert low * by == pytest.approx([one.sold.revenue_known_cents for one in rows])


def bars_unit(values: object, first: int) -> float:
    """Return what one of the axis is worth."""
    return float(first / np.asarray(values)[0])


def test_money_runs_up_to_the_whole(found: ProjectsOutlook) -> None:
    """The last points are the sums of all weeks, on each basis."""
    low, high, mid, cost = money_running(found.periods("week"), currency="EUR").data
    ahead = found.ahead()
    assert ahead is not None
    by = ahead.weighted.revenue_known_cents / mid.y[-1]
    told = [one.y[-1] * by for one in (low, mid, high, cost)]
    sums = (ahead.sold.revenue_known_cents, ahead.weighted.revenue_known_cents, ahead.everything.revenue_known_cents)
    assert told == pytest.approx([*sums, ahead.weighted.cost_known_cents])


def test_bars_of_scenarios_have_their_values_and_words() -> None:
    """The house as it is in another colour, long names cut, negative margins to the left."""
    figure = scenario_bars({"as it is": 5.0, "x" * 60: -2.0}, words=["five", "minus two"])
    (bars,) = figure.data
    assert list(bars.x) == [5.0, -2.0] and bars.marker.color[0] != bars.marker.color[1]
    assert figure.layout.xaxis.range == (-2.0, 5.0)
    texts = [one.text for one in figure.layout.annotations]
    assert texts[1] == "five" and texts[3] == "minus two" and len(texts[2]) < 60


def test_the_page_has_every_part_and_its_numbers() -> None:
    """Scenarios beside each other, money, budgets, hours, doubts; sums in words and in tables."""
    compared = side_by_side(house(), scenarios=[HIRE, WIN, LATER], weeks=16, at_least=0.3)
    doubt = Issue("no-rate", Severity.WARNING, "rates[x]", "", "Maybe <b>.")
    page = render(
        compared[0].outlook,
        compared=compared,
        issues=[doubt, replace(doubt, severity=Severity.INFO, code="of-no-matter")],
    )
    ids = re.findall(r'<section id="(\w+)"', page)
    assert ids == ["scenarios", "money", "budgets", "hours", "issues"]
    assert all(f'href="#{one}"' in page for one in ids)
    assert "152 of 154 hours done" in page
    for one in compared:
        assert f'<th scope="row" data-label="scenario">{one.what.name}</th>' in page
    assert "Maybe &lt;b&gt;." in page and "of-no-matter" not in page


def test_a_page_of_hours_alone_has_no_money() -> None:
    """Nothing is said of what is not known, and names are escaped."""
    bare = firm(work("<script>", 100.0, deadline=DAY), people=(person("ada", cost=0),), rates=())
    page = render(looked(bare, weeks=1))
    assert re.findall(r'<section id="(\w+)"', page) == ["hours"]
    assert "&lt;script&gt;" in page and '"row"><script>' not in page
