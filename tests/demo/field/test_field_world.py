"""The field service: the same for a seed, however it is stepped; nothing is in two places; nothing gets lost."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troth.demo.field import FieldWorld, field_service
from troth.demo.field.ledger import OUTCOMES
from troth.log.check import check
from troth.log.schema import DRAFTS, STORED

START = datetime(2026, 1, 12, tzinfo=UTC)
TRUTH = field_service("f", start="2026-01-12", days=60, holidays=(("2026-02-16", "Public holiday"),))
SMALL = field_service("f", start="2026-01-12", days=14, size=0.3)


@pytest.fixture(scope="module")
def lived() -> tuple[FieldWorld, pa.Table]:
    """Seven weeks of a whole field service and its log."""
    world = FieldWorld(TRUTH, 3)
    return world, world.step(START + timedelta(days=49))


def by(log: pa.Table, column: str, *activities: str) -> dict[str, list[dict[str, object]]]:
    """Return the events of some activities by a column, in order."""
    found: dict[str, list[dict[str, object]]] = defaultdict(list)
    for row in log.filter(pc.is_in(log["activity"], pa.array(activities))).to_pylist():
        found[row[column]].append(row)
    return found


def test_a_field_log_of_a_known_seed_stays_what_it_was() -> None:
    """The course of a seed does not change unnoticed between platforms, versions and refactorings."""
    log = FieldWorld(SMALL, 5).step(START + timedelta(days=12))
    columns = [log["occurred_at"].cast("int64"), log["activity"], log["case_id"], log["agent_id"], log["value"]]
    text = repr([column.to_pylist() for column in columns])
    assert (log.num_rows, hashlib.sha256(text.encode()).hexdigest()[:16]) == (2523, "84ca46c11193c413")


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 5 * 24 * 3600 - 1), min_size=1, max_size=12, unique=True), st.integers(1, 3))
def test_many_small_steps_in_the_field_equal_one_large_step(cuts: list[int], seed: int) -> None:
    """However the way is cut, the events are the same, down to their numbers."""
    whole = FieldWorld(SMALL, seed).step(START + timedelta(days=5))
    world = FieldWorld(SMALL, seed)
    parts = [world.step(START + timedelta(seconds=cut)) for cut in [*sorted(cuts), 5 * 24 * 3600]]
    assert pa.concat_tables(parts).combine_chunks().equals(whole.combine_chunks())


def test_a_copied_field_service_lives_on_alone_and_alike() -> None:
    """A copy in the middle of a day gives the same events as its original, and neither disturbs the other."""
    original = FieldWorld(SMALL, 5)
    original.step(START + timedelta(days=2, hours=10))
    copied = original.copy()
    later = START + timedelta(days=6, hours=13)
    events = copied.step(later)
    assert events.num_rows > 100
    assert events.equals(original.step(later))
    assert not FieldWorld(SMALL, 6).step(later).equals(FieldWorld(SMALL, 5).step(later))


def test_field_events_pass_the_strict_check_in_order_of_time(lived: tuple[FieldWorld, pa.Table]) -> None:
    """Every event is a good one of the published schema, numbered in order of time."""
    _, log = lived
    assert log.schema.equals(STORED)
    _, bad = check(_drafts(log))
    assert bad["code"].to_pylist() == []
    at = log["occurred_at"].cast("int64").to_pylist()
    assert at == sorted(at)
    assert log["source_id"].to_pylist() == [f"ef{k}" for k in range(log.num_rows)]


def _drafts(log: pa.Table) -> pa.Table:
    """Return stored events as a reader hands them over."""
    empty = {f.name: pa.nulls(log.num_rows, f.type) for f in DRAFTS if f.name not in log.column_names}
    return pa.table([log[f.name] if f.name in log.column_names else empty[f.name] for f in DRAFTS], schema=DRAFTS)


def test_nobody_is_in_two_places(lived: tuple[FieldWorld, pa.Table]) -> None:
    """A technician's visits follow each other within their shifts; an early arrival waits for the window."""
    world, _ = lived
    trips: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for v in world.ledger.visits:
        if v.ended >= 0:
            assert v.left <= v.arrived < v.ended
            assert v.started < 0 or v.arrived < v.started < v.ended
            assert v.started < 0 or v.started >= v.window[0]
            assert any(a <= v.left and v.ended <= b for k, a, b in world.ledger.shifts if k == v.agent)
            trips[v.agent].append((v.left, v.ended))
    assert sum(map(len, trips.values())) > 1000
    for spans in trips.values():
        assert all(a[1] <= b[0] for a, b in pairwise(sorted(spans)))


def test_states_of_a_technician_follow_each_other(lived: tuple[FieldWorld, pa.Table]) -> None:
    """Of one person no two states fall on one instant, and each is a new one; the shift ends after the last."""
    _, log = lived
    for rows in by(log, "subject_id", "shift_started", "state_changed", "shift_ended").values():
        if rows[-1]["activity"] == "shift_ended":
            assert rows[0]["activity"] == "shift_started"
            states = [(row["occurred_at"], row["step"]) for row in rows[1:]]
            assert all(a[0] < b[0] and a[1] != b[1] for a, b in pairwise(states))  # type: ignore[operator]


def test_each_promise_of_a_window_ends_once(lived: tuple[FieldWorld, pa.Table]) -> None:
    """A promise is made once, perhaps changed, and then kept, broken or waived once; it names its visit and window."""
    world, log = lived
    names = "promised promise_changed promise_kept promise_broken promise_waived".split()
    ends = Counter[str]()
    for rows in by(log, "subject_id", *names).values():
        acts = [str(row["activity"]) for row in rows]
        assert acts[0] == "promised" and rows[0]["value"] == TRUTH.stated
        settled = [a for a in acts[1:] if a != "promise_changed"]
        assert len(settled) <= 1 and acts[1:][-1:] in ([], settled, ["promise_changed"])
        ends.update(settled)
        said = json.loads(str(rows[0]["attributes"]))
        assert said["kind"] == "window" and said["due_at"] == said["window_end"] > said["window_start"]
        assert said["visit"].startswith("vf")
    assert ends["promise_kept"] + ends["promise_broken"] == len(world.ledger.promises)
    assert ends["promise_broken"] > 20 and ends["promise_waived"] > 5


def test_parts_neither_appear_nor_vanish(lived: tuple[FieldWorld, pa.Table]) -> None:
    """Opening stock, what moved and what was used give what depot and vans hold; never less than nothing."""
    world, log = lived
    has = Counter({("depot-f", part.part): part.depot for part in TRUTH.parts})
    has |= Counter({(f"van-{one.agent_id}", part.part): part.van for one in TRUTH.technicians for part in TRUTH.parts})
    rows = log.filter(pc.is_in(log["activity"], pa.array(["part_used", "part_moved"]))).to_pylist()
    for row in rows:
        said = json.loads(row["attributes"])
        if row["activity"] == "part_moved":
            if said["from"] != "supplier":
                has[said["from"], said["part"]] -= row["value"]
            has[said["to"], said["part"]] += row["value"]
        else:
            has[f"van-{row['agent_id']}", said["part"]] -= row["value"]
        assert min(has.values()) >= 0
    assert len(rows) > 300
    for part, count in world.depot.items():
        assert has["depot-f", part] == count
    for crew in world.crews:
        assert {part: has[world.van_id(crew), part] for part in crew.van} == crew.van


def test_matters_take_more_visits_for_every_reason(lived: tuple[FieldWorld, pa.Table]) -> None:
    """First visits fail for parts, skill, access and diagnosis; each has another visit after it; outcomes are as logged."""
    world, log = lived
    ended = Counter(v.outcome for v in world.ledger.visits if v.ended >= 0 or v.outcome == "cancelled")
    assert set(ended) == set(OUTCOMES)
    said = Counter(
        json.loads(str(r["attributes"]))["reason"] for g in by(log, "case_id", "work_ended").values() for r in g
    )
    assert said == {k: n for k, n in ended.items() if k not in ("not_home", "cancelled")}
    first = [v for v in world.ledger.visits if v.attempt == 1 and v.started >= 0]
    assert 0.7 < sum(v.outcome == "fixed" for v in first) / len(first) < 0.9
    again = {(v.job.no, v.attempt) for v in world.ledger.visits}
    failed = [v for v in world.ledger.visits if v.outcome in OUTCOMES[1:6]]
    assert len(failed) > 200
    assert all((v.job.no, v.attempt + 1) in again for v in failed)
    resolved = by(log, "case_id", "resolved")
    assert all(len(rows) == 1 for rows in resolved.values())
    assert len(resolved) == ended["fixed"]


def test_times_come_out_as_the_truth_says(lived: tuple[FieldWorld, pa.Table]) -> None:
    """Slow technicians take longer, trips take as long as town, rush and parking make them."""
    world, _ = lived
    pace: dict[int, list[float]] = defaultdict(list)
    for v in world.ledger.visits:
        if v.outcome == "fixed":
            pace[v.agent].append((v.ended - v.started) / world.work_ms(v))
    means = {k: sum(x) / len(x) for k, x in pace.items() if len(x) > 40}
    truth = {k: TRUTH.technicians[k].pace for k in means}
    order = sorted(means, key=means.__getitem__)
    half = len(order) // 2
    assert sum(truth[k] for k in order[:half]) / half < sum(truth[k] for k in order[half:]) / (len(order) - half)
    trips = [(v.arrived - v.left) / 60_000 for v in world.ledger.visits if v.arrived >= 0]
    assert min(trips) > TRUTH.parking_s / 60 - 0.1
    assert 12 < sum(trips) / len(trips) < 30


def test_nobody_drives_out_on_a_holiday_but_people_ask(lived: tuple[FieldWorld, pa.Table]) -> None:
    """On a public holiday matters are opened and nobody works."""
    _, log = lived
    day = log.filter(pc.equal(pc.strftime(log["occurred_at"], "%Y-%m-%d"), "2026-02-16"))
    acts = set(day["activity"].to_pylist())
    assert "opened" in acts
    assert not acts & {"shift_started", "travel_started", "work_started"}


def test_equipment_that_starts_more_often_is_about_to_fail() -> None:
    """Before a fault of connected equipment is reported it counts more starts than usual."""
    world = FieldWorld(TRUTH, 8)
    log = world.step(START + timedelta(days=56))
    starts: dict[str, dict[str, float]] = defaultdict(dict)
    for rows in by(log, "subject_id", "counted").values():
        for row in rows:
            if row["step"] == "starts":
                asset = json.loads(str(row["attributes"]))["asset"]
                starts[asset][str(row["occurred_at"])[:10]] = float(str(row["value"]))
    ratios = []
    for job in world.ledger.jobs:
        if "f" in job.key and not job.key.endswith("+"):
            before = datetime.fromtimestamp(job.opened / 1000, UTC) - timedelta(days=1)
            series = starts[f"af{job.place}"]
            usual = sorted(series.values())[len(series) // 2]
            if before.date().isoformat() in series:
                ratios.append(series[before.date().isoformat()] / max(usual, 1))
    assert len(ratios) >= 5
    assert sum(ratios) / len(ratios) > 1.5
    silent = max(len(s) for s in starts.values()) - min(len(s) for s in starts.values())
    assert silent >= 1
