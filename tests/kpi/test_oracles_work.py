"""People's time against the plan, the requirement and its cost: cases reckoned by hand and published ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.kpi.logs import Event, lake_of, story
from troth.kpi.definition import Figure
from troth.kpi.query import Query, query
from troth.log.lake import Lake


def _at(hour: int, minute: int = 0, *, day: int = 4) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def _figure(lake: Lake, name: str, **asked: Any) -> Figure:
    return query(lake, Query(kpis=(name,), **asked))[0]


def _plan(state: str, start: datetime, end: datetime, *, agent: str = "ada") -> dict[str, Any]:
    return {"agent_id": agent, "site": "hall", "state": state, "starts_at": start, "ends_at": end}


def _day(*marks: tuple[datetime, str], agent: str = "ada", **common: Any) -> list[Event]:
    """Return a shift from the first mark to the last, with a state from each of the others on."""
    who = {"site": "hall", "agent_id": agent, **common}
    first, *states, last = marks
    found = [Event(first[0], "shift_started", f"{agent}-0", **who)]
    found += [Event(at, "state_changed", f"{agent}-{at}", step=step, **who) for at, step in (first, *states)]
    return [*found, Event(last[0], "shift_ended", f"{agent}-9", **who)]


def test_adherence_and_conformance_of_450_minutes_in_480_and_65_over(tmp_path: Path) -> None:
    """ServiceNow: 450 / (480 + 65) = 82.57 %, and (450 + 65) / 480 = 107.29 %."""
    worked = _day((_at(8, 30), "available"), (_at(17, 5), ""))
    lake = lake_of(tmp_path / "lake", worked, schedules=[_plan("shift", _at(8), _at(16))])
    assert _figure(lake, "load.adherence/in_shift").value == pytest.approx(450 / 545)
    assert _figure(lake, "load.conformance").value == pytest.approx(515 / 480)
    assert _figure(lake, "load.adherence").value == pytest.approx(450 / 480)


def test_a_break_at_another_time_is_missed_twice(tmp_path: Path) -> None:
    """Half an hour of break taken an hour late: planned as break and worked, planned as work and not worked."""
    worked = _day((_at(8), "available"), (_at(13), "break"), (_at(13, 30), "available"), (_at(16), ""))
    plan = [_plan("shift", _at(8), _at(16)), _plan("break", _at(12), _at(12, 30))]
    lake = lake_of(tmp_path / "lake", worked, schedules=plan)
    assert _figure(lake, "load.adherence").value == pytest.approx(7 / 8)
    assert _figure(lake, "load.conformance").value == 1.0


def test_work_without_any_plan_near_is_not_measured(tmp_path: Path) -> None:
    """Somebody without a published schedule neither keeps to one nor breaks it."""
    worked = _day((_at(8), "available"), (_at(16), "")) + _day((_at(8), "available"), (_at(16), ""), agent="bob")
    lake = lake_of(tmp_path / "lake", worked, schedules=[_plan("shift", _at(8), _at(16))])
    assert _figure(lake, "load.conformance").value == 1.0
    assert [one.by["agent"] for one in query(lake, Query(kpis=("load.conformance",), by=("agent",)))] == ["ada"]


def test_hours_to_come_and_days_without_a_log_are_not_judged(tmp_path: Path) -> None:
    """Four hours into a shift of eight, and with plans of other days: whoever kept to the plan so far, kept to all of it."""
    worked = _day((_at(8), "available"), (_at(12), ""))
    plan = [_plan("shift", _at(8, day=day), _at(16, day=day)) for day in (2, 4, 5)]
    plan += [_plan("break", _at(13, day=day), _at(14, day=day)) for day in (2, 4, 5)]
    lake = lake_of(tmp_path / "lake", worked, schedules=plan)
    for name in ("load.adherence", "load.adherence/in_shift", "load.conformance"):
        found = _figure(lake, name, start=date(2026, 3, 1), end=date(2026, 3, 31))
        assert (found.value, found.n) == (1.0, 1), name


def test_a_log_that_never_says_who_was_there_judges_nobody(tmp_path: Path) -> None:
    """Plans and requirements without any recorded state: nothing is known, which is no nought."""
    needed = {
        "snapshot": "a",
        "issued_at": _at(8, day=1),
        "site": "hall",
        "starts_at": _at(9),
        "ends_at": _at(10),
        "agents": 2.0,
    }
    events = story(("2026-03-04 07:00", "queued"), ("2026-03-04 17:00", "ended"), contact_id="k", site="hall")
    plan = [_plan("shift", _at(8), _at(16))]
    lake = lake_of(tmp_path / "lake", events, schedules=plan, requirements=[needed])
    names = ("load.adherence", "load.conformance", "load.staffing", "load.staffing/under")
    assert [(_figure(lake, name).value, _figure(lake, name).n) for name in names[:3]] == [(None, 0)] * 3
    assert not _figure(lake, names[3]).value


def test_a_break_within_an_absence_is_not_taken_off_twice(tmp_path: Path) -> None:
    """Ill all day, with the break still in the plan: one person of eight hours is left, who worked all of them."""
    plan = [_plan("shift", _at(8), _at(16), agent=agent) for agent in ("ada", "bob")]
    plan += [_plan("absent", _at(8), _at(16), agent="bob"), _plan("break", _at(12), _at(13), agent="bob")]
    plan += [_plan("absent", _at(17), _at(18))]
    lake = lake_of(tmp_path / "lake", _day((_at(8), "available"), (_at(16), "")), schedules=plan)
    for name in ("load.adherence", "load.adherence/in_shift", "load.conformance"):
        assert _figure(lake, name).value == 1.0, name


def test_nobody_is_missing_from_a_queue_that_no_state_names(tmp_path: Path) -> None:
    """A requirement of a queue is not judged where the log does not say who is there for it; a plan never says."""
    row = {
        "snapshot": "a",
        "issued_at": _at(8, day=1),
        "starts_at": _at(9),
        "ends_at": _at(10),
        "agents": 1.0,
        "site": "hall",
    }
    for queue in (None, "q"):
        worked = _day((_at(8), "available"), (_at(16), ""), queue=queue)
        lake = lake_of(
            tmp_path / str(queue),
            worked,
            requirements=[row, {**row, "queue": "q"}],
            schedules=[_plan("shift", _at(8), _at(16))],
        )
        staffed, rostered, short = (_figure(lake, f"load.staffing{variant}") for variant in ("", "/rostered", "/under"))
        assert (staffed.value, staffed.n, short.value) == (1.0, 1, 0.0)
        assert (rostered.value, rostered.n) == (1.0, 1)


def test_a_daily_mean_hides_both_sides(tmp_path: Path) -> None:
    """Two needed all day; one there in the morning, three in the afternoon: right on average and never right."""
    worked = _day((_at(8), "available"), (_at(16), ""))
    worked += _day((_at(12), "available"), (_at(16), ""), agent="bob")
    worked += _day((_at(12), "on_contact"), (_at(16), ""), agent="eve")
    needed = [
        {"snapshot": "a", "issued_at": _at(8, day=1), "site": "hall", "starts_at": _at(h), "ends_at": _at(h + 1), "agents": 2.0}
        for h in range(8, 16)
    ]  # fmt: skip
    lake = lake_of(tmp_path / "lake", worked, requirements=needed)
    assert _figure(lake, "load.staffing/ratio").value == 1.0
    assert _figure(lake, "load.staffing").value == 0.0
    assert _figure(lake, "load.staffing/under").value == 4 * 3600
    assert _figure(lake, "load.staffing/over").value == 4 * 3600


def test_a_requirement_found_afterwards_was_no_requirement(tmp_path: Path) -> None:
    """What is published once the interval has begun does not count; of two before it the newer does."""
    row = {"site": "hall", "starts_at": _at(9), "ends_at": _at(10)}
    needed = [
        {"snapshot": "a", "issued_at": _at(8, day=1), "agents": 3.0, **row},
        {"snapshot": "b", "issued_at": _at(8, day=2), "agents": 1.0, **row},
        {"snapshot": "c", "issued_at": _at(9, 30), "agents": 9.0, **row},
    ]
    lake = lake_of(tmp_path / "lake", _day((_at(8), "available"), (_at(16), "")), requirements=needed)
    found = _figure(lake, "load.staffing")
    assert (found.value, found.n) == (1.0, 1)


def _served(*, rates: list[dict[str, Any]], folder: Path, more: Iterable[Event] = ()) -> Lake:
    calls = [
        event
        for k, at in enumerate(("09:00", "10:00", "11:00", "12:00"))
        for event in story(
            (f"2026-03-04 {at}", "queued"), (f"2026-03-04 {at}", "answered", {"agent_id": "ada"}),
            (f"2026-03-04 {at[:3]}30", "ended", {"agent_id": "ada"}), contact_id=f"k{k}", site="hall",
        )
    ]  # fmt: skip
    return lake_of(folder, [*calls, *_day((_at(8), "available"), (_at(16), "")), *more], rates=rates)


def test_a_contact_costs_the_whole_day_or_its_own_time(tmp_path: Path) -> None:
    """Eight hours at 30.00 for four calls of half an hour: 60.00 each in all, 15.00 for the handling."""
    lake = _served(rates=[{"cents_per_hour": 3000, "currency": "EUR"}], folder=tmp_path / "lake")
    assert _figure(lake, "cost.per_unit").value == pytest.approx(6000)
    assert _figure(lake, "cost.per_unit/activity").value == pytest.approx(1500)


def test_the_nearest_rate_of_the_day_holds(tmp_path: Path) -> None:
    """A person's own rate goes before the site's, and the one in force on the day before an older one."""
    mine = {"dimension": "agent", "member": "ada", "currency": "EUR"}
    rates = [
        {"dimension": "site", "member": "hall", "cents_per_hour": 9900, "currency": "EUR"},
        {**mine, "cents_per_hour": 1000, "valid_to": date(2026, 3, 4)},
        {**mine, "cents_per_hour": 2000, "valid_from": date(2026, 3, 4)},
    ]
    assert _figure(_served(rates=rates, folder=tmp_path / "lake"), "cost.per_unit").value == pytest.approx(4000)


def test_two_currencies_are_not_added_up(tmp_path: Path) -> None:
    """Without a rate of exchange there is no figure, and it says that it cannot tell."""
    rates = [
        {"dimension": "agent", "member": "ada", "cents_per_hour": 2000, "currency": "EUR"},
        {"dimension": "site", "member": "hall", "cents_per_hour": 9900, "currency": "PLN"},
    ]
    found = _figure(_served(rates=rates, folder=tmp_path / "lake"), "cost.per_unit")
    assert found.value is None
    assert found.reason


def test_hours_without_a_rate_make_the_figure_approximate(tmp_path: Path) -> None:
    """A person whose hour has no price is not free of charge: the figure says that it is not exact."""
    bob = _day((_at(8), "available"), (_at(12), ""), agent="bob", site="yard")
    bob += story(
        ("2026-03-04 09:00", "answered", {"agent_id": "bob"}),
        ("2026-03-04 09:30", "ended"),
        contact_id="b",
        site="yard",
    )
    rates = [{"dimension": "agent", "member": "bob", "cents_per_hour": 2000, "currency": "EUR"}]
    lake = _served(rates=rates, folder=tmp_path / "lake", more=bob)
    found = _figure(lake, "cost.per_unit")
    assert found.value == pytest.approx(8000 / 5)
    assert found.approximate
    assert _figure(lake, "cost.per_unit", where={"site": ["hall"]}).value is None


def test_a_time_needs_people_once_whatever_was_published_of_it(tmp_path: Path) -> None:
    """Said by the hour, then by the half hour, then by the hour again: what was said last counts, and nothing beside it."""
    row = {"issued_at": _at(8, day=1), "starts_at": _at(9), "ends_at": _at(10), "site": "hall", "agents": 5.0}
    halves = ({"starts_at": _at(9), "ends_at": _at(9, 30)}, {"starts_at": _at(9, 30), "ends_at": _at(10)})
    older = [
        {**row, "snapshot": "a"},
        *({**row, **half, "snapshot": "b", "issued_at": _at(8, 5, day=1)} for half in halves),
    ]
    newer = {**row, "snapshot": "c", "issued_at": _at(9, day=1), "agents": 1.0}
    worked = _day((_at(8), "available"), (_at(16), ""))
    found = _figure(lake_of(tmp_path / "one", worked, requirements=[*older, newer]), "load.staffing")
    assert (found.value, found.n) == (1.0, 1)
    found = _figure(lake_of(tmp_path / "two", worked, requirements=older), "load.staffing")
    assert (found.value, found.n) == (0.0, 2)


def test_a_day_published_again_is_planned_once(tmp_path: Path) -> None:
    """The shift of nine to twelve was moved to ten: the old row is of the same day and of an older publication."""
    day = _at(9).date()
    early = {**_plan("shift", _at(9), _at(12)), "valid_from": day, "version": 1}
    late = {**_plan("shift", _at(10), _at(13)), "valid_from": day, "version": 2}
    worked = _day((_at(10), "available"), (_at(13), ""))
    for name, plans, kept in (("old", [early], 2 / 3), ("both", [early, late], 1.0), ("new", [late], 1.0)):
        found = _figure(lake_of(tmp_path / name, worked, schedules=plans), "load.adherence")
        assert found.value == pytest.approx(kept), name
    free = [{key: value for key, value in one.items() if key != "valid_from"} for one in (early, late)]
    found = _figure(lake_of(tmp_path / "free", worked, schedules=free), "load.adherence")
    assert found.value == pytest.approx(5 / 6)
