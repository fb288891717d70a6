"""Decisions from outside: routes, windows and loads are obeyed, what is left out follows the company's own plan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st

from troth.demo.field import Dispatch, FieldWorld, RouteStop, WindowOffer, field_service
from troth.demo.field.known import parts_needed

START = datetime(2026, 3, 2, tzinfo=UTC)
TRUTH = field_service("f", start="2026-03-02", days=21, size=0.5)
TUESDAY = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)  # 07:00 in Vilnius, after the company's own plan of the day


def world() -> FieldWorld:
    """Return a field service on a Tuesday morning, planned by itself so far."""
    found = FieldWorld(TRUTH, 4)
    found.step(TUESDAY)
    return found


def of_today(known: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the open visits of the day."""
    until = known["at"] + 16 * 3_600_000
    return [v for v in known["visits"] if v["state"] == "open" and v["window_start"] < until]


def test_what_is_known_is_the_same_whatever_is_hidden() -> None:
    """Luck, true needs and true difficulty of what is open may be anything: a dispatcher sees no difference."""
    one = world()
    two = one.copy()
    for visit in two.open.values():
        visit.luck = tuple(0.5 for _ in visit.luck)
        visit.job.needs, visit.job.hard = ("compressor",), 3
    two.factor = 9.0
    known = one.known()
    assert known == two.known()
    assert len(known["visits"]) > 20 and len(known["technicians"]) == len(TRUTH.technicians)
    assert not {"pace", "insight", "luck", "needs", "hard"} & {key for c in known["technicians"] for key in c}


def test_what_is_known_agrees_with_the_log() -> None:
    """Open visits are those booked and neither ended nor cancelled; who is on a visit left for it last."""
    found = FieldWorld(TRUTH, 4)
    log = found.step(TUESDAY + timedelta(hours=4))
    acts = {a: set(log.filter(pc.equal(log["activity"], a))["subject_id"].to_pylist()) for a in
            ("booked", "work_ended", "no_show", "cancelled", "dispatched")}  # fmt: skip
    known = found.known()
    over = acts["work_ended"] | acts["no_show"] | acts["cancelled"]
    assert {v["visit"] for v in known["visits"] if v["state"] != "asked"} == acts["booked"] - over
    away = {v["visit"]: v["technician"] for v in known["visits"] if v["state"] == "away"}
    assert away == {c["visit"]: c["technician"] for c in known["technicians"] if c["visit"]}
    assert set(away) == acts["dispatched"] - over and away


def test_a_route_is_driven_in_its_order() -> None:
    """A technician goes to the visits given, in that order, not before the planned start; others have the rest."""
    found = world()
    known = found.known()
    who = next(
        c for c in known["technicians"] if c["shift"] and not c["ill"] and c["shift"][0] < known["at"] + 3_600_000
    )
    mine = [v for v in of_today(known) if v["skill"] in who["skills"]][::-1][:3]
    mine.sort(key=lambda v: v["window_start"])
    first = max(mine[0]["window_start"], known["at"] + 2 * 3_600_000)
    stops = (RouteStop(mine[0]["visit"], first), *(RouteStop(v["visit"]) for v in mine[1:]))
    controls = Dispatch(routes={(who["technician"], known["date"]): stops})
    log = found.step(TUESDAY + timedelta(hours=16), controls=controls)
    gone = log.filter(
        pc.and_(pc.equal(log["activity"], "travel_started"), pc.equal(log["agent_id"], who["technician"]))
    )
    assert gone["subject_id"].to_pylist()[:3] == [v["visit"] for v in mine]
    begun = log.filter(
        pc.and_(pc.equal(log["activity"], "arrived_on_site"), pc.equal(log["subject_id"], mine[0]["visit"]))
    )
    arrived = round(begun["occurred_at"][0].as_py().timestamp() * 1000)
    assert abs(arrived - first) < 30 * 60_000
    others = log.filter(
        pc.and_(pc.equal(log["activity"], "travel_started"), pc.not_equal(log["agent_id"], who["technician"]))
    )
    assert others.num_rows > 5
    assert not {v["visit"] for v in mine} & set(others["subject_id"].to_pylist())


def test_a_new_route_in_the_day_is_followed_from_the_next_visit_on() -> None:
    """Controls may change between steps: whoever waits looks at once, whoever works goes on with the new order."""
    found = world()
    usual = found.copy()
    noon = TUESDAY + timedelta(hours=4)
    for one in (found, usual):
        one.step(noon)
    known = found.known()
    busy = [c for c in known["technicians"] if c["shift"] and not c["ill"] and c["route"]]
    assert busy
    lender, taker = busy[0], next(c for c in known["technicians"] if c["shift"] and c is not busy[0] and not c["ill"])
    visit = lender["route"][-1]
    controls = Dispatch(routes={(taker["technician"], known["date"]): (RouteStop(visit),)})
    log = found.step(noon + timedelta(hours=9), controls=controls)
    went = log.filter(pc.and_(pc.equal(log["activity"], "travel_started"), pc.equal(log["subject_id"], visit)))
    assert went["agent_id"].to_pylist() == [taker["technician"]]
    assigned = log.filter(pc.and_(pc.equal(log["activity"], "assigned"), pc.equal(log["subject_id"], visit)))
    assert assigned["agent_id"].to_pylist() == [taker["technician"]]
    before = usual.step(noon + timedelta(hours=9))
    went = before.filter(pc.and_(pc.equal(before["activity"], "travel_started"), pc.equal(before["subject_id"], visit)))
    assert went["agent_id"].to_pylist() != [taker["technician"]]


def test_windows_from_outside_are_promised() -> None:
    """A window given for a visit that is asked for is what the customer is promised, with its probability."""
    found = world()
    at = TUESDAY
    asked: list[dict[str, Any]] = []
    while not asked:
        at += timedelta(minutes=15)
        found.step(at)
        asked = [v for v in found.known()["visits"] if v["state"] == "asked"]
    visit = asked[0]
    starts = round(datetime(2026, 3, 12, 9, 30, tzinfo=ZoneInfo("Europe/Vilnius")).timestamp() * 1000)
    offer = WindowOffer(starts, starts + 2 * 3_600_000, 0.83)
    log = found.step(at + timedelta(hours=8), controls=Dispatch(windows={visit["visit"]: offer}))
    promised = log.filter(pc.and_(pc.equal(log["activity"], "promised"), pc.equal(log["case_id"], visit["case"])))
    assert promised["value"].to_pylist() == [0.83]
    assert "2026-03-12T07:30:00Z" in promised["attributes"][0].as_py()
    assert "2026-03-12T09:30:00Z" in promised["attributes"][0].as_py()


def test_loads_of_vans_are_obeyed() -> None:
    """A van that is to hold four boards holds four after the morning, if the depot has them; parts probably needed are told."""
    found = FieldWorld(TRUTH, 4)
    found.step(TUESDAY - timedelta(hours=3))
    who = TRUTH.technicians[0].agent_id
    found.step(TUESDAY, controls=Dispatch(loads={who: {"board": 4}}))
    van = next(c for c in found.known()["technicians"] if c["technician"] == who)["van"]
    assert van["board"] == 4
    repairs = [v for v in found.open.values() if TRUTH.services[v.job.service].service == "repair"]
    told = [parts_needed(found, visit=visit) for visit in repairs]
    assert any(told) and all(0 < p <= 1 for one in told for p in one.values())


def test_requests_do_not_depend_on_decisions() -> None:
    """Two plans meet the same customers at the same times with the same matters."""
    one, two = world(), world()
    nobody = Dispatch(routes={(t.agent_id, "2026-03-10"): () for t in TRUTH.technicians}, loads={"f-01": {"fan": 2}})
    later = TUESDAY + timedelta(days=3)
    logs = (one.step(later), two.step(later, controls=nobody))

    def asked(log: Any) -> list[Any]:
        rows = log.filter(pc.equal(log["activity"], "opened"))
        return sorted(zip(rows["occurred_at"].to_pylist(), rows["customer_id"].to_pylist(), strict=True))

    exogenous = [
        {(j.opened, j.key, j.place, j.needs, j.hard) for j in w.ledger.jobs if "+" not in j.key} for w in (one, two)
    ]
    assert exogenous[0] == exogenous[1]
    assert len(asked(logs[0])) > 20


def test_who_falls_ill_is_replaced() -> None:
    """When a technician falls ill on duty their other visits go to others or are moved, and they go home."""
    found = world()
    found.step(TUESDAY + timedelta(hours=3))
    crew = max(found.crews, key=lambda c: len([v for v in c.route if v.state == "open"]) if c.state != "off" else -1)
    theirs = [found.visit_id(v) for v in crew.route if v.state == "open"]
    assert theirs
    found.on_ill(found.now, crew)
    log = found.step(TUESDAY + timedelta(hours=16))
    gone = log.filter(
        pc.and_(pc.equal(log["activity"], "travel_started"), pc.is_in(log["subject_id"], pa.array(theirs)))
    )
    assert crew.truth.agent_id not in gone["agent_id"].to_pylist()
    ended = log.filter(
        pc.and_(pc.equal(log["activity"], "shift_ended"), pc.equal(log["agent_id"], crew.truth.agent_id))
    )
    assert ended.num_rows == 1


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32))
def test_any_routes_leave_a_sound_world(seed: int) -> None:
    """Whatever routes say, visits twice, of other days, of no one, nobody is in two places and no visit is done twice."""
    rng = Random(seed)
    found, at = FieldWorld(TRUTH, seed % 5), START
    parts, who = [], [t.agent_id for t in TRUTH.technicians]
    while at < START + timedelta(days=4):
        at += timedelta(minutes=rng.choice((20, 90, 400)))
        known = found.known()
        visits = [v["visit"] for v in known["visits"]] + ["vf999999"]
        stops = {
            (agent, known["date"]): tuple(
                RouteStop(rng.choice(visits), rng.choice((None, known["at"] + rng.randrange(-9, 30) * 1_000_000)))
                for _ in range(rng.randrange(5))
            )
            for agent in rng.sample(who, rng.randrange(len(who)))
        }
        loads = {rng.choice(who): {"fan": rng.randrange(3)}}
        parts.append(found.step(at, controls=Dispatch(routes=stops, loads=loads)))
    log = pa.concat_tables(parts)
    ticks = log["occurred_at"].cast("int64").to_pylist()
    assert ticks == sorted(ticks)
    begun = log.filter(pc.equal(log["activity"], "work_started"))["subject_id"].to_pylist()
    assert len(begun) > 10 and len(set(begun)) == len(begun)
    spans: dict[int, list[tuple[int, int]]] = {}
    for v in found.ledger.visits:
        if v.ended >= 0:
            spans.setdefault(v.agent, []).append((v.left, v.ended))
    for mine in spans.values():
        assert all(a[1] <= b[0] for a, b in pairwise(sorted(mine)))
    assert min(min(crew.van.values()) for crew in found.crews) >= 0 and min(found.depot.values()) >= 0
