"""The practice's world: the same for a seed, however it is stepped; chance belongs to things, not to what was decided."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troth.core.terms import ACTIVITIES, COMMON_KEYS, AgentState
from troth.demo.practice import PracticeWorld, practice
from troth.log.check import check
from troth.log.schema import DRAFTS, STORED

START = datetime(2026, 3, 2, tzinfo=UTC)
#: An evening, so that the days that began are in the log wholly.
UNTIL = START + timedelta(weeks=20, hours=-4)
TRUTH = practice("p", start="2026-03-02", days=140, people=10, holidays=(("2026-04-06", "Easter Monday"),))


@pytest.fixture(scope="module")
def lived() -> PracticeWorld:
    """A world that has lived twenty weeks."""
    world = PracticeWorld(TRUTH, 5)
    world.log = world.step(UNTIL)  # type: ignore[attr-defined]
    return world


@pytest.fixture(scope="module")
def log(lived: PracticeWorld) -> pa.Table:
    """The events of those weeks."""
    return lived.log  # type: ignore[attr-defined]


def test_same_seed_gives_the_same_log_and_another_seed_another(log: pa.Table) -> None:
    """A world is fixed by truth and seed."""
    assert PracticeWorld(TRUTH, 5).step(UNTIL).equals(log)
    assert not PracticeWorld(TRUTH, 6).step(UNTIL).equals(log)


@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(1, 21 * 24 * 3600 - 1), min_size=1, max_size=9, unique=True), st.integers(1, 3))
def test_many_small_steps_equal_one_large_step(cuts: list[int], seed: int) -> None:
    """However the way is cut, the events are the same."""
    end = 21 * 24 * 3600
    whole = PracticeWorld(TRUTH, seed).step(START + timedelta(seconds=end))
    world = PracticeWorld(TRUTH, seed)
    parts = [world.step(START + timedelta(seconds=cut)) for cut in [*sorted(cuts), end]]
    assert pa.concat_tables(parts).combine_chunks().equals(whole.combine_chunks())


def test_a_copy_lives_on_alone_and_alike() -> None:
    """A copy gives the same events as its original, and neither disturbs the other."""
    original = PracticeWorld(TRUTH, 5)
    original.step(START + timedelta(days=40, hours=10))
    copied, later = original.copy(), START + timedelta(days=75, hours=13)
    before = original.known()
    log = copied.step(later)
    assert original.known() == before != copied.known()
    assert log.equals(original.step(later))
    assert copied.ledger == original.ledger
    assert copied.starts() == original.starts()
    assert copied.ledger.tasks is not original.ledger.tasks


def test_running_without_events_lives_the_same_life(lived: PracticeWorld) -> None:
    """Leaving the events out changes nothing in the ledger, in what is known and in what was promised."""
    silent = PracticeWorld(TRUTH, 5, emit=False)
    assert silent.step(UNTIL).num_rows == 0
    assert silent.ledger == lived.ledger
    assert silent.known() == lived.known()
    assert silent.starts() == lived.starts()


def test_a_silent_year_of_24_people_takes_little_time() -> None:
    """A planner can be tried on hundreds of years: one takes well below a second and a half."""
    world = PracticeWorld(practice("p", start="2025-06-30"), 3, emit=False)
    begun = time.process_time()
    world.step(datetime(2026, 6, 30, tzinfo=UTC))
    assert time.process_time() - begun < 1.5
    assert len(world.ledger.tasks) > 100


def test_log_passes_the_strict_check_and_keeps_to_the_terms(log: pa.Table) -> None:
    """Nothing is rejected, every key of attributes is declared, ids are unique and rows in order of time."""
    assert log.schema.equals(STORED)
    drafts = log.select([n for n in DRAFTS.names if n in log.column_names])
    for name in DRAFTS.names:
        if name not in drafts.column_names:
            drafts = drafts.append_column(name, pa.nulls(len(log), DRAFTS.field(name).type))
    good, bad = check(drafts.select(DRAFTS.names).cast(DRAFTS))
    assert bad.to_pylist()[:3] == []
    assert len(good) == len(log)
    for activity, text in zip(log["activity"].to_pylist(), log["attributes"].to_pylist(), strict=True):
        assert text is None or set(json.loads(text)) <= ACTIVITIES[activity].keys | COMMON_KEYS
    times, ids = log["occurred_at"].to_pylist(), log["source_id"].to_pylist()
    assert times == sorted(times)
    assert len(set(ids)) == len(ids)


def test_every_shift_is_whole(log: pa.Table) -> None:
    """Each shift begins, has states of people at work one after the other, and ends; nobody has two at once."""
    rows = log.filter(pa.compute.equal(log["subject_kind"], "shift"))
    open_now: dict[str, str] = {}
    last: dict[str, str | None] = {}
    for activity, step, agent, shift in zip(
        *(rows[c].to_pylist() for c in ("activity", "step", "agent_id", "subject_id")), strict=True
    ):
        if activity == "shift_started":
            assert agent not in open_now
            open_now[agent], last[agent] = shift, None
        else:
            assert open_now[agent] == shift
            if activity == "shift_ended":
                del open_now[agent]
            else:
                assert step in set(AgentState)
                assert step != last[agent]
                last[agent] = step
    assert len(set(rows["subject_id"].to_pylist())) > 500


def test_logged_hours_are_the_hours_worked(lived: PracticeWorld, log: pa.Table) -> None:
    """Billable and support hours of the log are those of the ledger, and nobody logs more than was paid."""
    hours = {True: 0.0, False: 0.0}
    rows = log.filter(pa.compute.equal(log["activity"], "time_logged"))
    for value, text in zip(rows["value"].to_pylist(), rows["attributes"].to_pylist(), strict=True):
        hours[json.loads(text)["billable"]] += value
    assert hours[True] == pytest.approx(sum(lived.ledger.billable.values()), rel=1e-4)
    assert hours[False] == pytest.approx(sum(lived.ledger.support.values()), rel=1e-4)
    assert sum(hours.values()) < sum(lived.ledger.paid.values())


def test_what_is_decided_elsewhere_leaves_deals_and_questions_alone() -> None:
    """Two practices that differ in how long work takes meet the same deals, market and questions."""
    until = START + timedelta(weeks=12)
    slower = replace(TRUTH, tasks=tuple(replace(t, bias=t.bias + 0.4) for t in TRUTH.tasks))
    one, other = (PracticeWorld(t, 9, emit=False) for t in (TRUTH, slower))
    for world in (one, other):
        world.step(until)
    assert one.ledger.deals == other.ledger.deals
    assert one.ledger.asked == other.ledger.asked
    assert sum(p.finished >= 0 for p in one.projects.values()) > sum(p.finished >= 0 for p in other.projects.values())
