"""Figures, courses and differences of plans, and the pages that show them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.queueing.twin.worlds import SEVEN, agent, at, come, minutes, rich, small
from troth.core.errors import InputError
from troth.core.spans import Span
from troth.core.terms import AgentState
from troth.core.time import Step
from troth.kpi.catalogue import chosen
from troth.queueing.twin import TwinQueue, TwinStream, compare_page, run, run_page
from troth.queueing.twin.change import changed
from troth.queueing.twin.courses import WAIT_EDGES, courses, quantile_of_waits
from troth.queueing.twin.measure import TwinFigures
from troth.queueing.twin.plans import plans
from troth.queueing.twin.summary import ALL, TwinQuestion, measured, told
from troth.queueing.twin.tables import contacts

#: Three come at once at 7:00 and are served for ten minutes each: they wait 0, 10 and 20 minutes.
THREE = small(
    TwinQueue("a", minutes(10)), TwinQueue("b", minutes(10)),
    streams=[TwinStream("s", "a", come(0, 0, 0)), TwinStream("t", "b", come(60))],
    agents=[agent("x", "a", "b"), agent("y", "a", shifts=(Span(at(120), at(240)),), breaks=((Span(at(180), at(210)), AgentState.BREAK),))],
    until=240,
)  # fmt: skip


def test_courses_say_who_waits_when() -> None:
    """The number waiting is averaged within each cell, waits fall into classes, breaks are not on duty."""
    found = courses(THREE, replications=2)
    assert found.names == ("a", "b")
    cell = found.edges[1] - found.edges[0]
    assert cell == timedelta(minutes=5)
    assert found.waiting.shape == (2, 2, 48)
    assert found.waiting[1, 0, :5].tolist() == [2, 2, 1, 1, 0]
    assert found.waiting[:, 1].sum() == 0
    on_duty = found.on_duty.reshape(-1, 6)[:, 0]
    assert on_duty.tolist() == [1, 1, 1, 1, 2, 2, 1, 2]
    assert found.waits[0, 0] == 2
    assert found.waits.sum() == 8


def test_waiting_adds_up_to_all_waits() -> None:
    """On a day with everything, waiting integrated over time is the sum of waits of that course."""
    found = courses(rich(), replications=1, seed=4)
    table = contacts(run(rich(), seed=4).traces[0], problem=rich()).to_pydict()
    waits = []
    for start, *stops in zip(
        *(table[name] for name in ("queued_at", "answered_at", "left_at", "ended_at")), strict=True
    ):
        stop = next((one for one in stops if one is not None), rich().end)
        waits += [(stop - start).total_seconds()] if start is not None else []
    widths = np.diff([edge.timestamp() for edge in found.edges])
    assert float((found.waiting[0].sum(axis=0) * widths).sum()) == pytest.approx(sum(waits), rel=1e-6)


def test_quantiles_are_read_off_classes() -> None:
    """A quantile lies within its class; below the first class it is nought."""
    counts = [50, *[0] * 59]
    assert quantile_of_waits(counts, level=0.5) == 0
    counts[13] = 50
    assert WAIT_EDGES[12] < quantile_of_waits(counts, level=0.75) < WAIT_EDGES[13]


def test_figures_are_told_in_total_by_queue_and_by_interval() -> None:
    """All together come first; every value has its intervals; what is nobody's is left out."""
    found = told(measured(THREE, asked=TwinQuestion(by="queue", replications=2, every=Step.HOUR)))
    whole = [one for one in found if (one.start, one.end) == (SEVEN, at(240))]
    assert [one.member for one in whole] == sorted((one.member for one in whole), key=lambda name: (name != ALL, name))
    values = {(one.kpi, one.member): one.mean for one in whole}
    assert values["flow.volume", ALL] == 4
    assert values["flow.volume", "a"] == 3
    assert values["speed.answer", "a"] == 600
    assert ("load.occupancy", "a") not in values
    hours = [one for one in found if one.kpi == "speed.answer" and one.end - one.start == timedelta(hours=1)]
    assert {(one.member, one.start) for one in hours} == {(ALL, SEVEN), ("a", SEVEN), (ALL, at(60)), ("b", at(60))}


def test_plans_differ_by_pairs() -> None:
    """One agent more from the start saves waits; the same plan differs in nothing; each difference says which way is better."""
    more = replace(THREE, agents=(*THREE.agents, agent("z", "a")))
    found = plans(THREE, others={"more": more, "none": THREE}, asked=TwinQuestion(replications=3))
    waits = {one.plan: one for one in found.differences if (one.figure.kpi, one.figure.member) == ("speed.answer", ALL)}
    assert (waits["more"].before, waits["more"].after) == (450, 150)
    assert waits["more"].figure.mean == -300
    assert (waits["more"].verdict, waits["none"].verdict) == ("better", "the same")
    busy = next(one for one in found.differences if one.plan == "more" and one.figure.kpi == "load.occupancy")
    assert busy.verdict == "differs"
    assert found.courses("speed.answer")["more"].tolist() == [150] * 3
    with pytest.raises(InputError, match="other-time"):
        plans(THREE, others={"longer": replace(THREE, end=at(300))}, asked=TwinQuestion(replications=1))


def test_pages_say_the_answer_first() -> None:
    """The page of a run leads with its figures, that of plans with the difference and its interval; both are whole."""
    base = rich()
    asked = TwinQuestion(by="queue", replications=3, seed=2)
    one = run_page.page(
        base, figures=told(measured(base, asked=asked)), found=courses(base, replications=3, seed=2), seed=2
    )
    assert "answered in time" in one
    assert "Who waits when?" in one and "3 simulated courses" in one
    others = {
        "<b>more</b>": changed(base, changes=["staff:phone=+2"]),
        "fewer": changed(base, changes=["staff:phone=-1"]),
    }
    found = plans(base, others=others, asked=asked)
    over = {name: courses(problem, replications=3, seed=2) for name, problem in {"as it is": base, **others}.items()}
    two = compare_page.page(base, found=found, over=over, seed=2)
    assert "<b>more</b>" not in two and "&lt;b&gt;more&lt;/b&gt;" in two
    assert "Mean wait down by" in two and "3 pairs of courses" in two


def test_intervals_of_few_courses_end_where_figures_do() -> None:
    """Two courses make wide intervals: of a share they end at 0 and 1, of a time at 0, and of differences nowhere."""
    kinds = chosen(("sla.service_level/", "speed.answer/mean_wait", "load.utilisation/"))
    courses_ = dict(zip([kpi.name for kpi in kinds], ([0.4, 0.9], [5.0, 60.0], [0.7, 1.1]), strict=True))
    values = {name: np.array(two)[:, None, None] for name, two in courses_.items()}
    figures = TwinFigures((), ((),), (at(0), at(60)), values, values, {})
    level, wait, paid = told([(figures, kinds)])
    assert (level.low, level.mean, level.high) == pytest.approx((0, 0.65, 1))
    assert wait.low == 0
    assert wait.high == pytest.approx(32.5 + 12.706 * 27.5, abs=0.01)
    # Work outside paid time counts above the line only, so that this share may be more than one.
    assert paid.high == pytest.approx(0.9 + 12.706 * 0.2, abs=0.01)
    apart = {one.kpi: one for one in told([(figures, kinds)], differences=True)}
    assert apart[level.kpi].low == pytest.approx(0.65 - 12.706 * 0.25, abs=0.01)
    assert apart[level.kpi].high == pytest.approx(0.65 + 12.706 * 0.25, abs=0.01)
