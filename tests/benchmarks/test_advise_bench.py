"""The benchmark of advice on a sample: states are fixed by the seed, steps are taken in copies, scores are right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from benchmarks.quality._advise_world import HOUR, JUDGED, SCOPES, company, lived, reseed, states, take
from benchmarks.quality.advise import NAMES, Found, crps, effects, predicted
from troth.core.spans import Span
from troth.demo import UNTIL, World, small_company
from troth.demo.clock import instant, local_day, millis
from troth.demo.ledger import Ledger
from troth.queueing.twin.read import Moment, OpenContact
from troth.queueing.twin.steps import NextStep, StepKind

AT = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def branch() -> World:
    """Return a branch in the middle of a morning."""
    world = World(small_company(days=7), 3, sites=(1,))
    world.step(AT)
    return world


def test_states_are_fixed_by_the_seed_and_lie_in_opening_hours() -> None:
    """The same seed gives the same states, more of them the same first ones; an hour after each the site is still open."""
    truth = company()
    first, more, other = (states(truth, count=n, seed=s) for n, s in ((30, 1), (60, 1), (30, 2)))
    assert first == states(truth, count=30, seed=1) and first != other
    assert {one for one in more if one.number < 30} == set(first)
    assert sorted(one.number for one in first) == list(range(30))
    for one in more:
        site = truth.sites[SCOPES[one.scope][0]]
        assert UNTIL - JUDGED - timedelta(days=1) < one.at < UNTIL
        days = [local_day(site, day=(one.at + timedelta(days=k)).date()) for k in (-1, 0, 1)]
        spans = [span for day in days for span in day.spans]
        assert any(a + 1_800_000 <= millis(one.at) <= b - 3_600_000 for a, b in spans)


def test_steps_are_taken_in_a_copy_and_nowhere_else(branch: World) -> None:
    """Somebody at home begins when called, a shift goes on, a break moves; the original does not notice."""
    site = branch.sites[0]
    home = next(p for p in site.people if p.state < 0 and p.lines)
    work = next(p for p in site.people if p.state >= 0 and len(p.lines) == 2)
    name = home.truth.agent_id

    called = branch.copy()
    take(called, NextStep(StepKind.CALL_IN, name, span=Span(AT + timedelta(minutes=5), AT + timedelta(minutes=45))))
    rows = called.step(AT + HOUR)
    begun = [r for r in rows.select(["occurred_at", "activity", "agent_id"]).to_pylist() if r["agent_id"] == name]
    assert begun[0]["activity"] == "shift_started" and begun[0]["occurred_at"] == AT + timedelta(minutes=5)

    longer = branch.copy()
    until = instant(work.ends) + HOUR
    take(longer, NextStep(StepKind.EXTEND, work.truth.agent_id, span=Span(instant(work.ends), until)))
    assert longer.sites[0].by_id[work.truth.agent_id].ends == work.ends + 3_600_000
    turned = branch.copy()
    take(turned, NextStep(StepKind.TURN, work.truth.agent_id, queue="cash-z", span=Span(AT, AT + HOUR)))
    assert [line.truth.queue for line in turned.sites[0].by_id[work.truth.agent_id].lines] == ["cash-z"]
    assert take(branch.copy(), NextStep(StepKind.ORDER, queue="cash-z")).discipline == {"cash-z": "fifo"}
    assert home.state < 0 and len(work.lines) == 2

    pause = next(item for item in site.heap if item[2] == 3 and item[3][0] is work)
    moved, was = branch.copy(), instant(pause[0])
    long = timedelta(seconds=pause[3][2])
    take(
        moved,
        NextStep(
            StepKind.MOVE_BREAK, work.truth.agent_id, span=Span(AT + HOUR, AT + HOUR + long), was=Span(was, was + long)
        ),
    )
    times = {item[0] for item in moved.sites[0].heap if item[2] == 3 and item[3][0].index == work.index}
    assert millis(AT + HOUR) in times and pause[0] not in times


def test_copies_have_futures_of_their_own(branch: World) -> None:
    """Copy 0 goes on as the company would have; another does not, and the same copy always the same way."""
    told = []
    for copy in (0, 0, 1, 1, 2):
        other = branch.copy()
        reseed(other, seed=3, copy=copy)
        told.append(other.step(AT + 4 * HOUR))
    assert told[0].equals(branch.copy().step(AT + 4 * HOUR)) and told[0].equals(told[1])
    assert told[2].equals(told[3]) and not told[2].equals(told[0]) and not told[4].equals(told[2])


def test_an_hour_is_read_from_events_as_from_the_twin(branch: World) -> None:
    """Who came and who was answered in an hour, from its events, are those in the world's own books."""
    fresh = World(small_company(days=7), 3, sites=(1,))
    fresh.step(AT)
    moment = Moment("branch-z", AT, "Europe/Zagreb", tuple(
        OpenContact(f"cz{c.no}", "cash-z", 0, instant(c.queued)) for c in fresh.ledger(0).contacts if c.queued > 0 and c.state == 0 and c.queue == 0
    ), (), (), (), {}, ())  # fmt: skip
    events = fresh.step(AT + HOUR)
    book: Ledger = fresh.ledger(0)
    a, b = millis(AT), millis(AT + HOUR)
    mine = [
        c
        for c in book.contacts
        if c.queue == 0
        and 0 < c.queued <= b
        and (c.queued > a or f"cz{c.no}" in {o.contact_id for o in moment.contacts})
    ]
    answered = [c for c in mine if 0 < c.answered <= b]
    figures = lived(moment, events=events, queues=["cash-z"], until=AT + HOUR)
    assert figures[:2] == (len(mine), len(answered))


def test_the_score_of_a_forecast_is_that_of_its_definition() -> None:
    """The CRPS is the integral of the squared distance of the distributions; of one value the absolute error."""
    sample, truth = np.array([1.0, 4.0, 4.5, 9.0]), 3.0
    grid = np.linspace(-5, 15, 200_001)
    steps = (sample[:, None] <= grid).mean(axis=0)
    assert crps(sample, truth) == pytest.approx(((steps - (grid >= truth)) ** 2).sum() * (grid[1] - grid[0]), abs=1e-3)
    assert crps(np.array([7.0]), 3.0) == 4.0


def test_figures_of_a_run_are_told_beside_what_they_are_held_against() -> None:
    """Doing nothing counts nought; an advice's effect is the mean over copies."""
    calm = [5.0, 5.0, 60.0, 100.0, 0.0, 1.0, 300.0]
    better = [5.0, 5.0, 30.0, 70.0, 0.0, 1.0, 150.0]
    samples = {name: [1.0, 2.0, 60.0, 5.0] for name in ("mean_wait_s", "served", "left")}

    def one(number: int, kind: str, after: list[float]) -> Found:
        said = {"wait_s": -20.0 if kind != "nothing" else 0.0, "worst_s": 0.0, "left": 0.0}
        return Found(number, 0, f"day {number}", kind, 0.0, said, samples, [calm, calm], [after, after], calm, [calm])

    found = [one(0, "nothing", calm), one(1, "call_in", better)]
    assert found[1].effect("mean_wait_s") == -30 and found[1].real("worst_s") == 100
    told = {row["case"]: row for row in effects(found)}
    assert told["all: mean_wait_s with less without"]["value"] == -15
    assert told["advised: mean_wait_s with less without"]["reference"] == -20
    assert told["call_in: helped"]["value"] == 1.0
    assert {row["case"] for row in predicted(found)} >= {"mean_wait_s: within 80%", "left: predicted less real"}
    assert NAMES.index("left") == 4
