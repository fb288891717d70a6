"""Money of futures: each future alone is the plan with its hours, and quantiles are those of sums."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capacity.projects.money.firms import DAY, MONDAY, firm, firms, phase, week
from troth.capacity.projects.money import (
    EVERYTHING,
    MoneyBasis,
    MoneySource,
    WorkHours,
    fan,
    futures_by_hours,
    futures_by_milestones,
    futures_by_retainers,
    hours_of,
    phased,
    priced_rows,
)
from troth.capacity.projects.portfolio import ChargeRate, ContractKind, ExchangeRate, Portfolio, Project
from troth.core.errors import InputError

_WEEKS = [week(k) for k in range(5)]


@settings(max_examples=30, deadline=None)
@given(firms(), st.integers(0, 2**32 - 1))
def test_each_future_is_the_plan_with_its_hours(drawn: tuple[Portfolio, list[WorkHours]], seed: int) -> None:
    """For random hours the array's revenue and cost by week are those of `phased`, which reckons line by line, to a cent a line."""
    known = drawn[0]
    rows = [
        WorkHours(work, MONDAY, 0.0, who, "p0", billable=pays)
        for work in "tfrd"
        for who, pays in (("ada", True), ("bob", False))
    ]
    hours = np.round(np.random.default_rng(seed).gamma(1.0, 10.0, (3, len(rows), len(_WEEKS))), 1)
    found = futures_by_hours(known, rows=rows, weeks=_WEEKS, hours=hours)
    for f, some in enumerate(hours):
        plan = phased(known, hours=hours_of(rows, hours=some, weeks=_WEEKS))
        for w, monday in enumerate(_WEEKS):
            lines = [
                one
                for one in plan.lines
                if (one.week, one.source, one.basis) == (monday, MoneySource.HOURS, MoneyBasis.FORECAST)
            ]
            assert found.revenue[f, w] == pytest.approx(
                sum(one.revenue_cents or 0 for one in lines), abs=len(lines) + 1
            )
            assert found.cost[f, w] == pytest.approx(sum(one.cost_cents or 0 for one in lines), abs=len(lines) + 1)


@settings(max_examples=30, deadline=None)
@given(firms(), st.lists(st.integers(0, 4), min_size=3, max_size=3))
def test_milestones_of_a_future_are_those_of_the_plan(
    drawn: tuple[Portfolio, list[WorkHours]], places: list[int]
) -> None:
    """With the same ends, on the Fridays of their weeks, a fixed price comes in the same weeks."""
    known = drawn[0]
    fixed = known.projects[1]
    phases = [("f", one.phase_id) for one in fixed.phases]
    ends = np.array([places[: len(phases)]])
    found = futures_by_milestones(known, phases=phases, weeks=_WEEKS, ends=ends)
    days = {key: date.fromordinal(week(k).toordinal() + 4) for key, k in zip(phases, ends[0].tolist(), strict=True)}
    plan = phased(known, ends=days)
    for w, monday in enumerate(_WEEKS):
        lines = [one for one in plan.lines if one.work_id == "f" and one.week == monday]
        assert found.revenue[0, w] == pytest.approx(sum(one.revenue_cents or 0 for one in lines), abs=len(lines) + 0.01)


def test_milestones_outside_the_weeks_earn_nothing_in_them() -> None:
    """Ended before, after, or never: nothing; in two weeks of different futures: each in its own."""
    known = firm(
        projects=(Project("apollo", (phase("a", 1), phase("b", 1)), kind=ContractKind.FIXED, price_cents=1_000),)
    )
    keys = [("apollo", "a"), ("apollo", "b")]
    found = futures_by_milestones(known, phases=keys, weeks=_WEEKS[:2], ends=np.array([[-1, 2], [0, 1], [1, 1]]))
    assert found.revenue.tolist() == [[0, 0], [500, 500], [0, 1_000]]


def test_a_retainer_earns_in_the_weeks_it_runs() -> None:
    """June at 3,000.00, weeks 1 and 2 of it: 700.00 each; a future in which it does not come: nothing."""
    kept = Project("apollo", (), kind=ContractKind.RETAINER, price_cents=300_000)
    found = futures_by_retainers(
        firm(projects=(kept,)), works=["apollo"], weeks=_WEEKS[:3], first=[[1], [0]], until=[[3], [0]]
    )
    assert found.revenue.tolist() == [[0, 70_000, 70_000], [0, 0, 0]]


def test_a_retainer_earns_in_the_weeks_that_are_given() -> None:
    """Weeks between that are left out earn nothing, and the others what they earn without a gap."""
    kept = Project("apollo", (), kind=ContractKind.RETAINER, price_cents=300_000)
    some = [_WEEKS[0], _WEEKS[2]]
    found = futures_by_retainers(firm(projects=(kept,)), works=["apollo"], weeks=some, first=[[0]], until=[[2]])
    assert (found.weeks, found.revenue.tolist()) == (tuple(some), [[70_000, 70_000]])


def test_sizes_scale_what_a_future_earns() -> None:
    """A deal twice as large earns twice the share of a phase, or twice the fee, in that future alone."""
    fixed = Project("apollo", (phase("a", 1),), kind=ContractKind.FIXED, price_cents=1_000)
    kept = Project("gemini", (), kind=ContractKind.RETAINER, price_cents=300_000)
    known, keys, ends = firm(projects=(fixed, kept)), [("apollo", "a")], np.array([[0], [1]])
    found = futures_by_milestones(known, phases=keys, weeks=_WEEKS[:2], ends=ends, sizes=[[2.0], [0.5]])
    assert found.revenue.tolist() == [[2_000, 0], [0, 500]]
    fees = futures_by_retainers(
        known, works=["gemini"], weeks=_WEEKS[:2], first=[[0], [0]], until=[[1], [1]], sizes=[[2.0], [1.0]]
    )
    assert fees.revenue.tolist() == [[140_000, 0], [70_000, 0]]
    with pytest.raises(ValueError, match="Sizes"):
        futures_by_milestones(known, phases=keys, weeks=_WEEKS[:2], ends=ends, sizes=[[1.0]])


def test_parts_of_futures_add_up() -> None:
    """Hours and milestones fed one after the other are the futures' whole; of other weeks they cannot be added."""
    known = firm(projects=(Project("apollo", (phase("a", 1),), kind=ContractKind.FIXED, price_cents=1_000),))
    row = WorkHours("apollo", MONDAY, 0.0, "ada", "a")
    hours = futures_by_hours(known, rows=[row], weeks=_WEEKS[:1], hours=[[[2.0]]])
    ends = futures_by_milestones(known, phases=[("apollo", "a")], weeks=_WEEKS[:1], ends=np.array([[0]]))
    both = hours + ends
    assert (both.revenue.tolist(), both.cost.tolist(), both.margin.tolist()) == ([[1_000]], [[10_000]], [[-9_000]])
    with pytest.raises(ValueError, match="same weeks"):
        _ = both + futures_by_milestones(known, phases=[("apollo", "a")], weeks=_WEEKS[:2], ends=np.array([[0]]))


def test_a_missing_rate_is_a_gap_in_its_weeks_only() -> None:
    """Where hours have no rate the week is not a number; where no such hours are worked it is whole."""
    known = firm(rates=(ChargeRate(10_000, until=week(1)),))
    row = WorkHours("apollo", MONDAY, 0.0, "ada")
    found = futures_by_hours(known, rows=[row], weeks=_WEEKS[:2], hours=[[[1.0, 1.0]], [[1.0, 0.0]]])
    assert np.isnan(found.revenue).tolist() == [[False, True], [False, False]]
    assert found.revenue[1].tolist() == [10_000, 0]
    assert [one.code for one in found.issues] == ["no-rate"]
    assert np.isnan(found.fan().by_week[:, 1]).all()
    assert np.isnan(found.fan().total).all()


def test_prices_of_rows_are_for_who_sums_hours_first() -> None:
    """The table is per hour in the house's cents: 100.00 dollars at 0.9, nothing by the hour of a retainer."""
    known = firm(
        projects=(Project("apollo", ()), Project("gemini", (), kind=ContractKind.RETAINER, price_cents=1)),
        rates=(ChargeRate(10_000, "USD"),), exchange=(ExchangeRate("USD", 0.9),),
    )  # fmt: skip
    rows = [WorkHours("apollo", MONDAY, 0, "ada"), WorkHours("gemini", MONDAY, 0, "bob")]
    found = priced_rows(known, rows=rows, weeks=_WEEKS[:1])
    assert (found.charge.tolist(), found.cost.tolist()) == ([[9_000], [0]], [[5_000], [4_000]])


def test_the_fan_is_of_sums() -> None:
    """Two weeks that are never bad together: P10 of the total is above the sum of the weeks' P10; running ends at the total."""
    found = fan([[0.0, 100.0], [100.0, 0.0]] * 50, weeks=_WEEKS[:2])
    assert found.by_week[0].sum() == 0
    assert found.total.tolist() == [100, 100, 100]
    assert found.running[:, -1].tolist() == found.total.tolist()
    assert (found.mean, found.futures) == (100, 100)


def test_a_low_total_may_be_below_the_sum_of_low_weeks() -> None:
    """Where each week is bad in one future of twenty and never two at once, the weeks' P10 add up to more than the total's."""
    bad = 100.0 * (1 - np.eye(20)[:, :4])
    found = fan(bad, weeks=_WEEKS[:4])
    assert found.by_week[0].sum() == 400.0 > found.total[0] == 300.0


@given(st.integers(1, 40), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_quantiles_ascend_and_hold_their_share(futures: int, weeks: int, seed: int) -> None:
    """P10 is at most P50, that at most P90; at most a tenth of the futures are below P10."""
    values = np.random.default_rng(seed).normal(size=(futures, weeks))
    found = fan(values, weeks=[week(k) for k in range(weeks)])
    assert (np.diff(found.by_week, axis=0) >= 0).all()
    assert (np.diff(found.running, axis=0) >= 0).all()
    assert ((values < found.by_week[0]).mean(axis=0) <= 0.1 + 1 / futures).all()


def test_the_mean_of_futures_is_the_weighted_plan() -> None:
    """A deal won in 3 of 10 futures brings on average what a probability of 0.3 weighs it to."""
    known = firm(projects=(Project("apollo", (), probability=0.3),))
    row = WorkHours("apollo", MONDAY, 0.0, "ada")
    hours = np.zeros((10, 1, 1))
    hours[:3] = 8.0
    found = futures_by_hours(known, rows=[row], weeks=_WEEKS[:1], hours=hours).fan()
    plan = phased(known, hours=[replace(row, hours=8.0)])
    assert found.mean == pytest.approx(plan.total(MoneyBasis.FORECAST).revenue_cents)
    assert found.total[-1] == plan.total(MoneyBasis.FORECAST, scenario=EVERYTHING).revenue_cents


def test_shapes_and_names_that_do_not_fit_are_refused() -> None:
    """Arrays of another shape are an error of use; unknown names are issues, all of them."""
    known, row = firm(), WorkHours("apollo", MONDAY, 0.0, "ada")
    with pytest.raises(ValueError, match="shape"):
        futures_by_hours(known, rows=[row], weeks=_WEEKS, hours=np.zeros((2, 1, 3)))
    with pytest.raises(ValueError, match="whole numbers"):
        futures_by_milestones(known, phases=[("apollo", "build")], weeks=_WEEKS, ends=np.zeros((2, 1)))
    with pytest.raises(ValueError, match="shape"):
        futures_by_retainers(known, works=["apollo"], weeks=_WEEKS, first=[[0]], until=[[0, 1]])
    with pytest.raises(ValueError, match="shape"):
        hours_of([row], hours=np.zeros((2, 5)), weeks=_WEEKS)
    for bad in (
        {"values": np.zeros((0, 5))},
        {"values": np.zeros((1, 4))},
        {"values": np.zeros((1, 5)), "levels": (0.9, 0.1)},
    ):
        with pytest.raises(ValueError, match="must"):
            fan(weeks=_WEEKS, **bad)
    with pytest.raises(InputError) as caught:
        priced_rows(known, rows=[replace(row, work_id="x"), replace(row, work_id="y")], weeks=_WEEKS)
    assert [one.code for one in caught.value.issues] == ["unknown-work"] * 2
    with pytest.raises(InputError, match="unknown-phase"):
        futures_by_milestones(known, phases=[("apollo", "x")], weeks=_WEEKS, ends=np.zeros((1, 1), int))
    with pytest.raises(InputError, match="no-retainer"):
        futures_by_retainers(known, works=["apollo"], weeks=_WEEKS, first=[[0]], until=[[1]])
    unpriced = Portfolio(
        DAY,
        projects=(
            Project("f", (phase("a", 1),), kind=ContractKind.FIXED),
            Project("r", (), kind=ContractKind.RETAINER),
        ),
    )
    with pytest.raises(InputError, match="no-price"):
        futures_by_milestones(unpriced, phases=[("f", "a")], weeks=_WEEKS, ends=np.zeros((1, 1), int))
    with pytest.raises(InputError, match="no-price"):
        futures_by_retainers(unpriced, works=["r"], weeks=_WEEKS, first=[[0]], until=[[1]])
