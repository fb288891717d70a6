"""Clocks of agreements equal a slow machine that looks at every minute, on random histories, policies and calendars."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kpi.logs import Event
from tests.kpi.sla import plain
from tests.kpi.sla.worlds import CHANGE, MINUTE, MINUTES, START, arrays, by_minutes, cases, computed, tables, told
from troth.core.terms import ClockState
from troth.kpi.clocks import NAT
from troth.kpi.sla.engine import STATES

Tables = dict[str, list[dict[str, Any]]]


def _plainly(events: list[Event], rows: Tables, as_of: date | None) -> list[tuple[Any, ...]]:
    rules, minutes = by_minutes(rows, as_of)
    found = plain.clocks(events, rules, instants=minutes)
    return sorted(
        (
            (c.case, c.metric, c.policy, *(str(at) if at else "" for at in (c.start, c.end, c.due, c.decided)), c.how or "", c.state, c.counted)
            for c in found
        ),
        key=str,
    )  # fmt: skip


@settings(max_examples=50)
@given(cases(), tables(), st.sampled_from([None, None, CHANGE]))
def test_clocks_equal_a_machine_that_looks_at_every_minute(
    events: list[Event], rows: Tables, as_of: date | None
) -> None:
    """Start, end, due instant, state and counted time, with targets, policies, teams and calendars changing under way."""
    found = arrays(events)
    assert told(found, computed(found, rows, as_of=as_of)) == _plainly(events, rows, as_of)


@settings(max_examples=12)
@given(cases(), tables(), st.integers(0, 2**32))
def test_the_order_of_evaluation_does_not_matter(events: list[Event], rows: Tables, seed: int) -> None:
    """Events and rows of tables in any order, cases together or each alone, give the same clocks; so does doing it twice."""
    found = arrays(events)
    once = told(found, computed(found, rows))
    rng = Random(seed)
    mixed = {name: rng.sample(given, len(given)) for name, given in rows.items()}
    again = arrays(rng.sample(events, len(events)))
    assert told(again, computed(again, mixed)) == once
    alone = [arrays([e for e in events if e.case_id == case]) for case in found.cases]
    assert sorted((row for one in alone for row in told(one, computed(one, rows))), key=str) == once


@settings(max_examples=20)
@given(cases(), st.data())
def test_pausing_never_shortens_a_met_clock(events: list[Event], data: st.DataObject) -> None:
    """With more pauses a clock ends when it ended, is due no sooner, counts no more, and what was met stays met."""
    target = {
        "policy": "p",
        "metric": "resolution",
        "target_s": 60.0 * data.draw(st.integers(1, 3000)),
        "calendar": data.draw(st.sampled_from([None, "office"])),
    }
    hooks = (("pause", "hold"), ("resume", "go"))
    rows: Tables = {
        "sla_policies": [{"policy": "p", "position": 1}], "sla_targets": [target],
        "sla_conditions": [{"policy": "p", "metric": "resolution", "hook": h, "number": 1, "activity": "stepped", "step": s} for h, s in hooks],
    }  # fmt: skip
    minutes = sorted(data.draw(st.lists(st.integers(0, MINUTES), min_size=2, max_size=6)))
    pauses = [
        Event(START + minute * MINUTE, "stepped", f"p{case}/{i}", case_id=case, step=("hold", "go")[i % 2])
        for case in {e.case_id for e in events}
        for i, minute in enumerate(minutes)
    ]
    # What comes before a case's first event would be its first event.
    first = {case: min(e.at for e in events if e.case_id == case) for case in {e.case_id for e in events}}
    pauses = [p for p in pauses if p.at >= first[p.case_id]]
    before, after = (computed(arrays(given), rows) for given in (events, [*events, *pauses]))
    assert np.array_equal(before.start, after.start)
    assert np.array_equal(before.end, after.end)
    assert (after.counted <= before.counted).all()
    known = (before.due != NAT) & (after.due != NAT)
    assert (after.due[known] >= before.due[known]).all()
    assert (after.state[before.state == STATES.index(ClockState.MET)] == STATES.index(ClockState.MET)).all()
