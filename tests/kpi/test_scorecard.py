"""Scorecards: how a figure stands against its target."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.core.terms import Direction, Role, Unit
from troth.kpi.catalogue import catalogue
from troth.kpi.definition import Figure
from troth.kpi.scorecard import (
    SCORECARDS,
    Standing,
    Target,
    changed,
    in_order,
    roles_of,
    scored,
    standing,
    target_for,
)

FIGURE = Figure(
    "speed.answer",
    "",
    "speed.answer@1",
    {},
    "2026-06-01",
    "2026-07-01",
    50.0,
    Unit.SECONDS,
    100,
    45.0,
    55.0,
    previous=50.0,
)


def _row(**other: Any) -> dict[str, Any]:
    row = {"kpi": "speed.answer", "variant": None, "dimension": None, "member": None, "target": 60.0, "amber": 120.0}
    return {**row, "valid_from": None, "valid_to": None, "version": 0, **other}


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (50.0, 45.0, 55.0, Standing.MET),
        (60.0, None, None, Standing.MET),
        (58.0, 50.0, 66.0, Standing.WATCH),  # meets it, but luck could have done it
        (63.0, 56.0, 70.0, Standing.WATCH),  # misses it, but luck could have done it
        (80.0, 75.0, 85.0, Standing.WATCH),  # surely misses it, but is short of amber
        (130.0, 125.0, 135.0, Standing.MISSED),
        (130.0, 50.0, 210.0, Standing.WATCH),  # far off, but so few that nobody can tell
        (130.0, None, None, Standing.MISSED),
    ],
)
def test_lower_is_better_with_its_interval(
    value: float, low: float | None, high: float | None, expected: Standing
) -> None:
    """Green when the whole interval meets the target, red when it all misses and the value is beyond amber, else amber."""
    figure = replace(FIGURE, value=value, low=low, high=high)
    assert standing(figure, target=Target(60.0, 120.0), direction=Direction.LOWER) is expected


@given(st.floats(0, 1), st.floats(0, 0.3), st.floats(0, 0.3), st.floats(0.01, 0.99), st.floats(0, 0.3))
def test_higher_is_better_is_the_mirror(value: float, below: float, above: float, target: float, worry: float) -> None:
    """Turning value, interval and target round turns nothing about how it stands."""
    up = standing(
        replace(FIGURE, value=value, low=value - below, high=value + above),
        target=Target(target, target - worry),
        direction=Direction.HIGHER,
    )
    down = standing(
        replace(FIGURE, value=-value, low=-value - above, high=-value + below),
        target=Target(-target, -target + worry),
        direction=Direction.LOWER,
    )
    assert up is down


def test_without_a_better_way_the_amber_says_which_side_is_bad() -> None:
    """Occupancy of 41 % against 80 % with amber at 88 % is fine; without another amber nobody can tell."""
    figure = replace(FIGURE, value=0.41, low=0.4, high=0.42)
    assert standing(figure, target=Target(0.8, 0.88), direction=Direction.NEITHER) is Standing.MET
    assert standing(figure, target=Target(0.8, 0.6), direction=Direction.NEITHER) is Standing.MISSED
    assert standing(figure, target=Target(0.8, 0.8), direction=Direction.NEITHER) is Standing.NONE


def test_no_target_or_no_value_is_no_standing() -> None:
    """Nothing is judged against nothing."""
    assert standing(FIGURE, target=None, direction=Direction.LOWER) is Standing.NONE
    assert standing(replace(FIGURE, value=None), target=Target(1, 1), direction=Direction.LOWER) is Standing.NONE


def test_the_target_of_the_period_holds() -> None:
    """Of several targets the one valid on the period's last day counts, the latest start and version first."""
    rows = [
        _row(target=90.0),
        _row(target=70.0, valid_from=date(2026, 1, 1)),
        _row(target=65.0, valid_from=date(2026, 1, 1), version=1),
        _row(target=10.0, valid_from=date(2026, 7, 1)),
        _row(target=20.0, valid_from=date(2026, 2, 1), valid_to=date(2026, 6, 30)),
    ]
    assert target_for(FIGURE, rows=rows) == Target(65.0, 120.0)


def test_a_member_has_its_own_target_and_never_anothers() -> None:
    """A target of a queue goes before the one for all, and holds for no other queue and not for the whole."""
    rows = [_row(), _row(dimension="queue", member="calls", target=20.0, amber=None)]
    calls, chat = (replace(FIGURE, by={"queue": q}) for q in ("calls", "chat"))
    assert target_for(calls, rows=rows) == Target(20.0, 20.0)
    assert target_for(chat, rows=rows) == Target(60.0, 120.0)
    assert target_for(FIGURE, rows=rows) == Target(60.0, 120.0)


def test_a_target_without_variant_means_one_variant() -> None:
    """It is the canonical variant, or the first of a KPI that has none: one target is one judgement."""
    row = _row(kpi="outcome.first_contact", target=0.75, amber=0.68)
    figures = [
        replace(FIGURE, id=k.id, variant=k.variant, value=0.9, low=None, high=None, unit=k.unit)
        for k in catalogue().values()
        if k.id in {"outcome.first_contact", "speed.answer"}
    ]
    judged = scored(figures, kpis=catalogue(), targets=[row, _row(target=60.0)])
    assert {(s.figure.id, s.figure.variant) for s in judged if s.target} == {
        ("outcome.first_contact", "survey"),
        ("speed.answer", ""),
    }


def test_a_variant_may_have_its_own_target() -> None:
    """A target that names a variant holds for that variant alone."""
    rows = [_row(variant="mean_wait", target=30.0)]
    assert target_for(FIGURE, rows=rows) is None
    assert target_for(replace(FIGURE, variant="mean_wait"), rows=rows, plain=False) == Target(30.0, 120.0)


@pytest.mark.parametrize(("previous", "expected"), [(50.0, 0), (56.0, 1), (44.0, -1), (None, 0)])
def test_better_and_worse_are_said_only_beyond_the_interval(previous: float | None, expected: int) -> None:
    """A change within the interval is none; a figure that can still change by itself has none yet."""
    figure = replace(FIGURE, previous=previous)
    assert changed(figure, direction=Direction.LOWER) == expected
    assert changed(figure, direction=Direction.NEITHER) == 0
    assert changed(replace(figure, mature=False), direction=Direction.LOWER) == 0


def test_scorecards_name_known_kpis() -> None:
    """Every KPI of a scorecard exists, and each role has its own; the operations lead sees all."""
    ids = {kpi.id for kpi in catalogue().values()}
    for role, listed in SCORECARDS.items():
        assert listed is None or set(listed) <= ids, role
    assert all(Role.OPERATIONS_LEAD in roles_of(kpi) for kpi in ids)
    assert {"load.throughput", "quality.score", "voice.csat"} <= {k for k in ids if Role.AGENT in roles_of(k)}
    assert {"speed.turnaround", "speed.resolution", "speed.handle"} <= {k for k in ids if Role.TEAM_LEAD in roles_of(k)}


def test_a_scorecard_is_in_the_order_of_its_role() -> None:
    """What a role looks at first stands first; what is none of its business is left out."""
    figures = [replace(FIGURE, id=name) for name in ("voice.csat", "customer.retention", "load.throughput")]
    assert [f.id for f in in_order(figures, role=Role.AGENT)] == ["load.throughput", "voice.csat"]
    assert len(in_order(figures, role=Role.OPERATIONS_LEAD)) == 3
