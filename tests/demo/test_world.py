"""The demo's world: the same for a seed, however it is stepped; nothing gets lost in it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troth.core.terms import ACTIVITIES, COMMON_KEYS, Actor, AgentState, CaseStatus, Flow
from troth.demo import Booking, Controls, Shift, World, small_company
from troth.demo.clock import millis
from troth.log.schema import STORED

START = datetime(2026, 3, 2, tzinfo=UTC)
TRUTH = small_company(days=28, volume=0.1)


@pytest.fixture(scope="module")
def fortnight() -> World:
    """A world that has lived two weeks and ends on a Sunday night."""
    world = World(TRUTH, 5)
    world.log = world.step(START + timedelta(days=14))  # type: ignore[attr-defined]
    return world


@pytest.fixture(scope="module")
def log(fortnight: World) -> pa.Table:
    """The events of those two weeks."""
    return fortnight.log  # type: ignore[attr-defined]


def test_same_seed_gives_the_same_log_and_another_seed_another(log: pa.Table) -> None:
    """A world is fixed by truth and seed."""
    assert World(TRUTH, 5).step(START + timedelta(days=14)).equals(log)
    assert not World(TRUTH, 6).step(START + timedelta(days=14)).equals(log)


def test_a_log_of_a_known_seed_stays_what_it_was() -> None:
    """The course of a seed does not change unnoticed between platforms, versions and refactorings."""
    log = World(small_company(days=14), 5).step(datetime(2026, 3, 12, tzinfo=UTC))
    columns = [log["occurred_at"].cast("int64"), log["activity"], log["contact_id"], log["agent_id"], log["value"]]
    text = repr([column.to_pylist() for column in columns])
    assert (log.num_rows, hashlib.sha256(text.encode()).hexdigest()[:16]) == (28561, "8babf8db5ce53ed3")


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 3 * 24 * 3600 - 1), min_size=1, max_size=12, unique=True), st.integers(1, 3))
def test_many_small_steps_equal_one_large_step(cuts: list[int], seed: int) -> None:
    """However the way is cut, the events are the same."""
    whole = World(TRUTH, seed, sites=(0,)).step(START + timedelta(days=3))
    world = World(TRUTH, seed, sites=(0,))
    parts = [world.step(START + timedelta(seconds=cut)) for cut in [*sorted(cuts), 3 * 24 * 3600]]
    assert pa.concat_tables(parts).combine_chunks().equals(whole.combine_chunks())


def test_a_copy_lives_on_alone_and_alike(fortnight: World) -> None:
    """A copy gives the same events as its original, and neither disturbs the other."""
    original = World(TRUTH, 5)
    original.step(START + timedelta(days=2, hours=10))
    copied = original.copy()
    later = START + timedelta(days=4, hours=13)
    assert copied.step(later).equals(original.step(later))
    assert copied.sites[0].pool is not original.sites[0].pool


def test_running_without_events_lives_the_same_life(fortnight: World) -> None:
    """Leaving the events out changes nothing in the ledger."""
    silent = World(TRUTH, 5, emit=False)
    assert silent.step(START + timedelta(days=14)).num_rows == 0
    for k in range(len(TRUTH.sites)):
        assert silent.ledger(k) == fortnight.ledger(k)


def test_log_fits_the_schema_and_the_terms(log: pa.Table) -> None:
    """Every word of the log is in the vocabulary, and needed columns are full."""
    assert log.schema.equals(STORED)
    for field in STORED:
        assert field.nullable or log[field.name].null_count == 0
    steps = set(AgentState) | set(CaseStatus)
    for activity, step, actor, direction in {
        *zip(*(log[c].to_pylist() for c in ("activity", "step", "actor", "direction")), strict=True)
    }:
        assert activity in ACTIVITIES
        assert actor is None or actor in set(Actor)
        assert direction is None or direction in set(Flow)
        assert activity not in {"state_changed", "status_changed"} or step in steps
    for activity, text in zip(log["activity"].to_pylist(), log["attributes"].to_pylist(), strict=True):
        assert text is None or set(json.loads(text)) <= ACTIVITIES[activity].keys | COMMON_KEYS
    ids = log["source_id"].to_pylist()
    assert len(set(ids)) == len(ids)
    assert max(map(len, ids)) <= 12


def test_every_contact_ends_somehow(fortnight: World, log: pa.Table) -> None:
    """What came either was served, left, or is still there; never two of these."""
    ends = {"ended", "abandoned", "balked", "no_show", "transferred", "callback_requested"}
    rows = log.filter(pc.is_valid(log["contact_id"]))
    seen: dict[str, list[str]] = {}
    for contact, activity in zip(rows["contact_id"].to_pylist(), rows["activity"].to_pylist(), strict=True):
        seen.setdefault(contact, []).append(activity)
    open_ones = 0
    for activities in seen.values():
        if activities[0] == "message_received":
            open_ones += "message_sent" not in activities
            continue
        found = [a for a in activities if a in ends]
        assert len(found) == 1, activities
        assert ("answered" in activities) == (found[0] in {"ended", "transferred"})
    mails = sum(len(line.items) for site in fortnight.sites for line in site.lines if line.truth.kind == "mail")
    assert open_ones == mails


def test_a_handed_on_contact_goes_on_under_a_new_name(log: pa.Table) -> None:
    """A transfer names the next contact, which names the previous one, in the same case."""
    texts = [json.loads(t) if t else {} for t in log["attributes"].to_pylist()]
    rows = list(
        zip(log["activity"].to_pylist(), log["contact_id"].to_pylist(), log["case_id"].to_pylist(), texts, strict=True)
    )
    nexts = {(t["next_contact_id"], c, k) for a, c, k, t in rows if a == "transferred"}
    found = {(c, t["previous_contact_id"], k) for a, c, k, t in rows if a == "queued" and "previous_contact_id" in t}
    assert nexts
    assert nexts <= found


def test_states_of_people_fill_their_paid_time(log: pa.Table, fortnight: World) -> None:
    """Inside a shift the states follow each other without gaps, and their times add up to the paid time."""
    for k in range(len(TRUTH.sites)):
        for _, started, ended, spent in fortnight.ledger(k).shifts:
            assert sum(spent.values()) == ended - started
            assert all(x >= 0 for x in spent.values())
    count = Counter(log["activity"].to_pylist())
    assert count["shift_started"] == count["shift_ended"] > 50


def test_promises_are_settled_once(log: pa.Table) -> None:
    """Each promise is made once and then kept, broken or waived."""
    rows = log.filter(pc.equal(log["subject_kind"], "promise"))
    seen: dict[str, list[str]] = {}
    for subject, activity in zip(rows["subject_id"].to_pylist(), rows["activity"].to_pylist(), strict=True):
        seen.setdefault(subject, []).append(activity)
    assert len(seen) > 100
    assert all(len(x) == 2 and x[0] == "promised" for x in seen.values())


def test_volume_and_times_come_out_as_the_truth_says() -> None:
    """Over some seeds arrivals and handle times are what the parameters say."""
    site = TRUTH.sites[0]
    queue = site.queues[0]
    counts, times = [], []
    for seed in range(1, 7):
        world = World(TRUTH, seed, sites=(0,), emit=False)
        world.step(START + timedelta(days=7))
        own = [c for c in world.ledger(0).contacts if c.queue == 0 and c.direction == 0 and c.previous < 0 and c.first]
        counts.append(len(own))
        times += [(c.ended - c.answered) / 1000 for c in own if c.answered >= 0]
    expected = queue.per_day * (sum(queue.weekdays[:6]))
    assert np.mean(counts) == pytest.approx(expected, rel=0.25)
    factor = sum(t.share * t.factor for t in queue.topics) / sum(t.share for t in queue.topics)
    assert np.mean(times) == pytest.approx(queue.handle_s * factor, rel=0.25)


def test_opening_follows_the_wall_clock_across_daylight_saving() -> None:
    """After the change of clocks the doors open at the same local time, an hour earlier in UTC."""
    log = World(TRUTH, 3, sites=(1,)).step(datetime(2026, 4, 3, tzinfo=UTC))
    opened = log.filter(pc.equal(log["activity"], "counter_opened"))["occurred_at"].to_pylist()
    for at in opened:
        assert at.astimezone(ZoneInfo("Europe/Zagreb")).hour >= 8
    before = min(a for a in opened if a.date().isoformat() == "2026-03-27")
    after = min(a for a in opened if a.date().isoformat() == "2026-03-30")
    assert (before.hour, after.hour) == (7, 6)


def test_nothing_but_mail_happens_on_a_holiday() -> None:
    """On a public holiday nobody works and nobody is let in."""
    log = World(TRUTH, 3, sites=(0,)).step(datetime(2026, 3, 12, 12, 0, tzinfo=UTC))
    zone = ZoneInfo("Europe/Vilnius")
    days = [a.astimezone(zone).date().isoformat() for a in log["occurred_at"].to_pylist()]
    acts = {a for a, d in zip(log["activity"].to_pylist(), days, strict=True) if d == "2026-03-11"}
    assert "message_received" in acts
    assert not acts & {"queued", "answered", "shift_started"}


def test_discipline_decides_who_is_next() -> None:
    """With the newest first, those who wait long wait longer."""
    site = small_company(days=7)
    queues = [q.queue for q in site.sites[1].queues]
    waits = []
    for way in ("fifo", "lifo"):
        world = World(site, 2, sites=(1,))
        world.step(
            START + timedelta(days=1),
            controls=Controls(open_counters={site.sites[1].site: 2}, discipline=dict.fromkeys(queues, way)),
        )
        waits.append(np.var([c.answered - c.queued for c in world.ledger(0).contacts if c.answered >= 0]))
    assert waits[1] > waits[0]


def test_controls_change_what_happens() -> None:
    """Shifts, open counters and bookings given as plain data are obeyed."""
    end, code = START + timedelta(days=1), TRUTH.sites[1].site
    person = next(a.agent_id for a in TRUTH.sites[1].agents if a.queues)
    queue = TRUTH.sites[1].queues[1].queue
    shift = Shift(person, millis(START + timedelta(hours=8)), millis(START + timedelta(hours=15)))
    alone = World(TRUTH, 2, sites=(1,)).step(end, controls=Controls(shifts={(code, "2026-03-02"): (shift,)}))
    assert set(alone.filter(pc.equal(alone["activity"], "answered"))["agent_id"].to_pylist()) == {person}
    one = World(TRUTH, 2, sites=(1,)).step(end, controls=Controls(open_counters={code: 1}))
    assert pc.sum(pc.equal(one["activity"], "shift_started")).as_py() == 1
    at = millis(START + timedelta(hours=10))
    booked = World(TRUTH, 2, sites=(1,)).step(
        end, controls=Controls(bookings=tuple(Booking(code, queue, at) for _ in range(9)))
    )
    usual = World(TRUTH, 2, sites=(1,)).step(end)

    def count(log: pa.Table, word: str) -> int:
        return int(pc.sum(pc.equal(log["activity"], word)).as_py() or 0)

    assert count(booked, "booked") >= count(usual, "booked") + 9


def test_planned_shifts_are_told_once_and_begin_as_planned() -> None:
    """Each day's shifts are known when the day begins; a copy has its own; asking changes nothing of what happens."""
    world = World(small_company(days=7), seed=1, sites=(1,))
    noon = datetime(2026, 3, 3, 12, tzinfo=UTC)
    events = world.step(noon)
    copied = world.copy()
    shifts = world.planned(0)
    begun = [
        row
        for row in events.select(["occurred_at", "activity", "agent_id"]).to_pylist()
        if row["activity"] == "shift_started"
    ]
    planned = {(one.agent_id, one.starts) for one in shifts}
    assert begun and {(row["agent_id"], round(row["occurred_at"].timestamp() * 1000)) for row in begun} <= planned
    assert world.planned(0) == () and copied.planned(0) == shifts
    later = noon + timedelta(hours=30)
    assert world.step(later).equals(copied.step(later))
    assert len(world.planned(0)) > 0
