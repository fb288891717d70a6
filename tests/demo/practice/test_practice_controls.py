"""Decisions from outside: promises and bookings count, the rest follows the own plan; what is known hides the truth."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from troth.core.errors import InputError
from troth.demo.practice import PracticeControls, PracticeWorld, StartPromise, practice

START = datetime(2026, 3, 2, tzinfo=UTC)
TRUTH = practice("p", start="2026-03-02", days=140, people=10)


def _world(days: int, *, seed: int = 5) -> PracticeWorld:
    """Return a world that has lived some days and stands in the evening of the last."""
    world = PracticeWorld(TRUTH, seed)
    world.step(START + timedelta(days=days, hours=-4))
    return world


def _rows(log: pa.Table, activity: str) -> list[dict[str, Any]]:
    rows = log.filter(pa.compute.equal(log["activity"], activity)).to_pylist()
    return [{**row, **json.loads(row["attributes"] or "{}")} for row in rows]


def test_a_promised_start_is_made_changed_and_settled() -> None:
    """A promise of the controls is said once, changed once, and kept or broken by whether work began in time."""
    world = _world(7)
    deal = next(d for d in world.known().deals if d.stage == "negotiation")
    wish = PracticeControls(
        promises={deal.deal: StartPromise("2026-04-10", 0.9), "dp9999": StartPromise("2026-04-10", 0.9)}
    )
    log = world.step(START + timedelta(days=9), controls=wish)
    (made,) = [row for row in _rows(log, "promised") if row["deal"] == deal.deal]
    assert (made["kind"], made["value"], made["due_at"]) == ("start", 0.9, "2026-04-10T21:00:00Z")
    later = PracticeControls(promises={deal.deal: StartPromise("2026-04-17", 0.7)})
    log = world.step(START + timedelta(days=11), controls=later)
    (moved,) = [row for row in _rows(log, "promise_changed") if row["deal"] == deal.deal]
    assert (moved["value"], moved["due_at"]) == (0.7, "2026-04-17T21:00:00Z")
    world.step(START + timedelta(days=150), controls=later)
    found = next(one for one in world.starts() if world.deal_id(one.deal) == deal.deal)
    assert found.promised == datetime(2026, 4, 10).toordinal()  # noqa: DTZ001  a local day
    assert found.outcome in ("kept", "broken", "waived")


def test_every_promise_ends_as_the_days_say() -> None:
    """Kept: work began by the last promised day; broken: it did not; waived: the deal was lost."""
    world = _world(140)
    seen = set()
    for one in world.starts():
        seen.add(one.outcome)
        if one.outcome == "kept":
            assert 0 <= one.started <= one.due
        elif one.outcome == "broken":
            assert one.started < 0 or one.started > one.due
        elif one.outcome == "open":
            assert one.due >= world.day
    assert {"kept", "broken"} <= seen


def test_people_work_on_what_they_are_booked_on() -> None:
    """A given week is booked as given, hard; who is given nothing does nothing on projects, and others go on."""
    world = _world(21)
    known = world.known()
    running = next(p for p in known.projects if p.started and not all(t.done for t in p.tasks))
    skills = {t.skill for t in running.tasks if not t.done}
    person = next(p for p in known.people if {s for s, _ in p.skills} & skills and sum(p.hours) >= 25)
    idle = next(p for p in known.people if p.agent_id != person.agent_id)
    week = (START + timedelta(days=21)).date().isoformat()
    given = PracticeControls(bookings={(person.agent_id, week): ((running.project, 20.0),), (idle.agent_id, week): ()})
    log = world.step(START + timedelta(days=27), controls=given)
    now = [b for b in world.known().bookings if b[1] == week]
    assert [b for b in now if b[0] == person.agent_id] == [(person.agent_id, week, running.project, 20.0, True)]
    assert [b for b in now if b[0] == idle.agent_id] == []
    billed = [row for row in _rows(log, "time_logged") if row["billable"]]
    assert {row["subject_id"] for row in billed if row["agent_id"] == person.agent_id} <= {running.project}
    assert [row for row in billed if row["agent_id"] == idle.agent_id] == []
    assert {row["agent_id"] for row in billed} - {person.agent_id}


def test_bookings_of_the_log_add_up_to_what_is_known() -> None:
    """Booked, rescheduled and released, put together, are the bookings a planner sees."""
    world = PracticeWorld(TRUTH, 3)
    log = world.step(START + timedelta(days=35, hours=-4))
    left: dict[str, tuple[str, str, str, float, bool]] = {}
    for row in log.to_pylist():
        if row["activity"] in ("booked", "rescheduled", "released"):
            note = json.loads(row["attributes"])
            monday = datetime.fromisoformat(note["window_start"]) + timedelta(hours=3)
            said = (
                row["agent_id"], monday.date().isoformat(), note["project"], row["value"], note["booking_type"] == "hard"
            )  # fmt: skip
            left[row["subject_id"]] = said
            if row["activity"] == "released":
                del left[row["subject_id"]]
    known = world.known()
    first = min(b[1] for b in known.bookings)
    assert sorted(one for one in left.values() if one[1] >= first) == sorted(known.bookings)
    assert {b[4] for b in known.bookings} == {True, False}


def test_all_mistakes_of_controls_are_told_at_once() -> None:
    """Days that are none, weeks that begin on no Monday, probabilities and hours that cannot be."""
    wrong = PracticeControls(
        promises={"dp1": StartPromise("soon", 0.5), "dp2": StartPromise("2026-04-10", 80.0)},
        bookings={("p-01", "2026-03-03"): (), ("p-01", "2026-03-09"): (("jp1", 900.0),)},
    )
    with pytest.raises(InputError) as refused:
        PracticeWorld(TRUTH, 1).step(START, controls=wrong)
    assert [one.code for one in refused.value.issues] == ["bad-day", "bad-day", "bad-probability", "bad-hours"]
    assert all(one.advice.startswith("Maybe ") for one in refused.value.issues)


def test_what_is_known_says_nothing_of_the_hidden_truth() -> None:
    """Practices that differ only in what nobody can know yet look the same to a planner."""
    hidden = replace(
        TRUTH,
        tasks=tuple(replace(t, bias=0.9, spread=0.9) for t in TRUTH.tasks),
        slip_share=0.9,
        project_spread=0.8,
        leaving=0.5,
        absence=0.2,
    )
    one, other = (PracticeWorld(t, 4, emit=False) for t in (TRUTH, hidden))
    for world in (one, other):
        world.step(START + timedelta(hours=12))
    assert one.known() == other.known()
    assert one.known().projects
    fields = {name for part in one.known().deals for name in part.__slots__}
    assert not fields & {"won", "won_share", "latent", "slip"}


def test_remaining_work_is_what_people_think_is_left() -> None:
    """The estimate less the logged hours, never below a tenth of the estimate while the task goes on."""
    known = _world(56).known()
    tasks = [t for p in known.projects for t in p.tasks]
    assert any(t.logged > t.estimate and not t.done for t in tasks) or any(t.logged > 0 for t in tasks)
    for t in tasks:
        assert t.left == (0.0 if t.done else pytest.approx(max(t.estimate - t.logged, 0.1 * t.estimate)))
    assert known.day == "2026-04-27"
