"""A day of the demo company's field service, read from its log."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from troth.core.errors import InputError
from troth.demo import Dirt, Truth, write
from troth.demo.field import FieldWorld, field_service
from troth.field.routing import Pin, RestBreak, RoutingProblem, Stop, breaches, check, solve
from troth.field.routing.read import DayPrices, FieldDay, VisitPrices, field_day, recorded_work
from troth.field.travel import GreatCircle, SpeedProfile, TravelPattern, TravelProvider
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.log.reference import TABLES
from troth.log.references import import_reference
from troth.log.schema import STORED

START, DAY = "2026-03-02", date(2026, 3, 12)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The log until a quarter to seven of a Thursday, a week and a half after the beginning."""
    folder = tmp_path_factory.mktemp("day")
    truth = field_service("f", start=START, days=14, size=0.3)
    write(
        folder,
        truth=Truth("Company", START, (), wings=(truth,)),
        seed=2,
        until=datetime(2026, 3, 12, 4, 30, tzinfo=UTC),
        workers=1,
        dirt=Dirt.none(),
    )
    found = Lake(folder / "lake")
    ingest(found, source="troth", paths=sorted(folder.glob("*.parquet")))
    for path in sorted((folder / "reference").glob("*.csv")):
        import_reference(found, path=path, stream=path.stem)
    return found


def test_the_day_is_what_a_dispatcher_of_the_world_knows(lake: Lake) -> None:
    """The day is what a dispatcher of the world knows."""
    world = FieldWorld(field_service("f", start=START, days=14, size=0.3), 2)
    world.step(datetime(2026, 3, 12, 4, 30, tzinfo=UTC))
    known = world.known()
    begins = datetime(2026, 3, 11, 22, tzinfo=UTC)
    until = begins.timestamp() * 1000 + 86_400_000
    promised = {row["visit"]: row for row in known["visits"] if row["state"] == "open" and row["window_start"] < until}
    found = field_day(lake, site="field-f", day=DAY, travel=GreatCircle())
    problem = found.problem
    assert problem.begins_at == begins
    assert {one.visit_id for one in problem.visits} == set(promised)
    assert promised
    for one in problem.visits:
        row = promised[one.visit_id]
        assert one.promised is not None
        assert begins.timestamp() + one.promised.start_s == row["window_start"] / 1000
        assert begins.timestamp() + one.promised.end_s == row["window_end"] / 1000
        assert problem.places[one.place][1:] == (row["latitude"], row["longitude"])
        assert dict(one.skills) == {row["skill"]: 1.0}
    on_duty = {world.truth.technicians[k].agent_id: (a, b) for k, a, b in world.duty(DAY)}
    assert {one.technician_id for one in problem.technicians} == set(on_duty)
    known_crew = {one["technician"]: one for one in known["technicians"]}
    for who in problem.technicians:
        shift = who.shifts[0]
        span = (begins.timestamp() + shift.start_s) * 1000, (begins.timestamp() + shift.end_s) * 1000
        assert span == on_duty[who.technician_id]
        assert {name: int(level) for name, level in who.skills.items()} == known_crew[who.technician_id]["skills"]
        assert dict(who.parts) == {part: n for part, n in known_crew[who.technician_id]["van"].items() if n}
        assert who.cost_per_hour_cents == 3150
    assert dict(problem.depots[0].parts or {}) == dict(known["depot"])
    assert not [one for one in check(problem) if one.severity == "error"]
    assert {one.rule for one in breaches(problem, tours=())} == {"routing.unserved"}


def test_work_is_learned_from_the_same_log(lake: Lake) -> None:
    """Work is learned from the same log."""
    start, end = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 12, tzinfo=UTC)
    work = recorded_work(lake, start=start, end=end, site="field-f")
    assert work.jobs > 40
    assert 0.6 < work.factor("repair") < 1.8
    assert recorded_work(lake, start=end, end=end).jobs == 0
    problem = field_day(lake, site="field-f", day=DAY, travel=GreatCircle(), work=work).problem
    plain = field_day(lake, site="field-f", day=DAY, travel=GreatCircle()).problem
    ratio = {round(a.service_s / b.service_s, 6) for a, b in zip(problem.visits, plain.visits, strict=True)}
    assert ratio <= {round(work.factor(name), 6) for name in ("repair", "emergency", "inspection", "installation")}
    assert all(0.6 < one.pace < 1.6 for one in problem.technicians)


def test_a_site_nobody_knows_is_refused(lake: Lake) -> None:
    """A site nobody knows is refused."""
    with pytest.raises(InputError, match="unknown-site"):
        field_day(lake, site="elsewhere", day=DAY, travel=GreatCircle())


MIDNIGHT = datetime(2026, 3, 12, tzinfo=UTC)
#: Rows of schedules or leave: who, state, first and last hour.
Hours = tuple[str, str, float, float]
Town = Callable[..., FieldDay]


def at(hour: float) -> str:
    """Return an hour of the day as tables have it."""
    return (MIDNIGHT + timedelta(hours=hour)).isoformat()


def event(activity: str, hour: float, **more: Any) -> dict[str, Any]:
    """Return an event about a visit of the day."""
    return {
        "occurred_at": MIDNIGHT + timedelta(hours=hour), "version": 0, "activity": activity, "subject_kind": "visit", "channel": "visit",
        "site": "s", "origin": "exact", "source": "test", **more,
    }  # fmt: skip


def visit(name: str, *, priority: str = "P2", customer: str = "c1") -> list[dict[str, Any]]:
    """Return the events of a visit promised between nine and five."""
    window = json.dumps({"visit": name, "window_start": at(9), "window_end": at(17)})
    its = {"case_id": f"case {name}", "customer_id": customer, "priority": priority, "service": "repair"}
    promise = {"subject_kind": "promise", "subject_id": f"promise {name}", "attributes": window}
    return [event("booked", -9, subject_id=name, **its), event("promised", -9, **its | promise)]


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """Return a maker of days: ada works from 8 to 16 with a break at noon, as far as nothing else is said."""

    def make(
        more: Sequence[Hours] = (), *, leave: Sequence[tuple[str, float, float]] = (), events: Sequence[dict[str, Any]] = (),
        travel: TravelProvider | None = None, **asked: Any,
    ) -> FieldDay:  # fmt: skip
        hours: list[Hours] = [("ada", "shift", 8, 16), ("ada", "break", 12, 12.5), *more]
        rows: dict[str, list[dict[str, Any]]] = {
            "sites": [{"site": "s", "time_zone": "UTC"}],
            "schedules": [
                {"agent_id": who, "site": "s", "state": state, "starts_at": at(a), "ends_at": at(b), "valid_from": str(DAY)}
                for who, state, a, b in hours
            ],
            "leave": [{"agent_id": who, "starts_at": at(a), "ends_at": at(b)} for who, a, b in leave],
            "locations": [
                {"location": "h", "kind": "home", "holder": "ada", "site": "s", "latitude": 54.7, "longitude": 25.2},
                *(
                    {"location": f"l{k}", "kind": "customer", "holder": f"c{k}", "site": "s", "latitude": 54.7, "longitude": 25.2 + k / 100}
                    for k in (1, 2)
                ),
            ],
            "services": [{"service": "repair", "standard_s": 3600}],
            "customers": [{"customer_id": "c1", "segment": "gold"}, {"customer_id": "c2", "segment": "gold"}],
        }  # fmt: skip
        made = [{"source_id": f"e{k}", **one} for k, one in enumerate(events)]
        folder = tmp_path / f"{len([*tmp_path.iterdir()])}"
        folder.mkdir()
        lake = Lake(folder / "lake", hot=pa.Table.from_pylist(made, schema=STORED))
        for table, some in rows.items():
            path = folder / f"{table}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, TABLES[table].schema.names)
                writer.writeheader()
                writer.writerows(some)
            import_reference(lake, path=path, stream=table)
        return field_day(lake, site="s", day=DAY, travel=travel or GreatCircle(), **asked)

    return make


def spans(problem: RoutingProblem) -> list[tuple[float, float, float]]:
    """Return start, end and overtime of the first technician's shifts in hours."""
    return [(one.start_s / 3600, one.end_s / 3600, one.overtime_s / 3600) for one in problem.technicians[0].shifts]


def test_leave_for_an_hour_costs_an_hour(town: Town) -> None:
    """A dentist from three to four ends the day at three, without overtime."""
    assert spans(town().problem) == [(8, 16, 1)]
    assert spans(town(leave=[("ada", 15, 16)]).problem) == [(8, 15, 0)]


@pytest.mark.parametrize(
    ("away", "left"),
    [
        ((10, 11), [(8, 10, 0), (11, 16, 1)]), ((7, 9), [(9, 16, 1)]), ((16.5, 18), [(8, 16, 0.5)]), ((18, 20), [(8, 16, 1)]),
        ((6, 7), [(8, 16, 1)]), ((-3, 8), [(8, 16, 1)]),
    ],
)  # fmt: skip
def test_what_is_left_of_a_shift_is_worked(
    town: Town, away: tuple[float, float], left: list[tuple[float, float, float]]
) -> None:
    """Leave in the middle, at the edge, and in the hour after the shift; beyond that it changes nothing."""
    assert spans(town(leave=[("ada", *away)]).problem) == left


@pytest.mark.parametrize("away", [(-24, 48), (0, 24), (8, 16)])
def test_who_is_away_for_the_whole_shift_is_not_there(town: Town, away: tuple[float, float]) -> None:
    """A holiday takes the technician out of the day, without a word."""
    found = town(leave=[("ada", *away)])
    assert (found.problem.technicians, found.issues) == ((), ())


def test_nobody_visits_during_a_training(town: Town) -> None:
    """Meetings, trainings and absences of the published day are kept free of visits, those that overlap as one."""
    told = [("ada", "training", 9, 11), ("ada", "meeting", 10.5, 11.5), ("ada", "absent", 14, 15)]
    found = town(told, events=[one for k in range(5) for one in visit(f"v{k}")])
    assert spans(found.problem) == [(8, 9, 0), (11.5, 14, 0), (15, 16, 1)]
    assert check(found.problem) == []
    plan = solve(found.problem, stop=Stop(steps=200), seed=1)
    assert plan.broken == ()
    made = [stop for tour in plan.tours for stop in tour.stops]
    assert {tour.shift for tour in plan.tours if tour.stops} == {1, 2}  # an hour is too short to go, work and be back
    busy = [(a * 3600, b * 3600) for _, _, a, b in told]
    assert all(stop.ends_s <= a or stop.starts_s >= b for stop in made for a, b in busy)


def test_a_break_lies_in_what_is_left_of_the_shift(town: Town) -> None:
    """It may begin two hours later, but is over when something else begins; during leave there is none."""
    half, noon = 1800.0, 12 * 3600.0
    rests = [one.breaks for one in town([("ada", "meeting", 13, 14)]).problem.technicians[0].shifts]
    assert rests == [(RestBreak(half, noon, noon + half),), ()]
    rests = [one.breaks for one in town(leave=[("ada", 11, 13)]).problem.technicians[0].shifts]
    assert rests == [(), ()]
    assert town().problem.technicians[0].shifts[0].breaks == (RestBreak(half, noon, noon + 7200),)


def test_a_stretch_without_an_end_is_told(town: Town) -> None:
    """Leave that ends before it begins is passed over with its place."""
    found = town(leave=[("ada", 15, 14), ("bob", 15, 14)])
    assert spans(found.problem) == [(8, 16, 1)]
    assert [(one.code, one.where) for one in found.issues] == [("bad-span", "leave ada")]
    assert all(one.advice.startswith("Maybe ") for one in found.issues)


def test_who_was_sent_makes_the_visit(town: Town) -> None:
    """The last one sent that day is pinned; one who is not on duty is told, and one sent on another day is not asked for."""
    sent = [
        event("dispatched", 8.1, subject_id="v1", agent_id="bob"), event("dispatched", 8.2, subject_id="v1", agent_id="ada"),
        event("travel_started", 8.3, subject_id="v2", agent_id="bob"), event("dispatched", -10, subject_id="v3", agent_id="ada"),
    ]  # fmt: skip
    found = town(events=[*visit("v1"), *visit("v2"), *visit("v3"), *visit("v4"), *sent])
    assert [one.pin for one in found.problem.visits] == [Pin("ada"), None, None, None]
    assert [(one.code, one.where, one.value) for one in found.issues] == [("sent-but-off", "v2", "bob")]


def prices(found: FieldDay) -> dict[str, tuple[float, float, float | None]]:
    """Return the prices of visits: broken, late, left out."""
    return {
        one.visit_id: (one.promised.broken_cents, one.promised.late_cents_per_minute, one.unserved_cents)
        for one in found.problem.visits if one.promised is not None
    }  # fmt: skip


def test_prices_are_by_priority_and_customer(town: Town) -> None:
    """A customer's own factor goes before their segment's; a priority has prices of its own; without any they are as ever."""
    events = [
        *visit("v1"),
        *visit("v2", priority="P1"),
        *visit("v3", customer="c2"),
        *visit("v4", customer="c2", priority="P4"),
    ]
    assert prices(town(events=events)) == {
        "v1": (5000, 50, 30_000), "v2": (5000, 50, 60_000), "v3": (5000, 50, 30_000), "v4": (5000, 50, 30_000),
    }  # fmt: skip
    own = DayPrices(
        VisitPrices(100, 10, 1000), {"P1": VisitPrices(300, 30, 3000), "P4": VisitPrices(1, 0, 10)},
        segments={"gold": 2.0}, customers={"c2": 5.0},
    )  # fmt: skip
    assert prices(town(events=events, prices=own)) == {
        "v1": (200, 20, 2000), "v2": (600, 60, 6000), "v3": (500, 50, 5000), "v4": (5, 0, 50),
    }  # fmt: skip


@pytest.mark.parametrize(("factor", "more"), [(1.5, 90.0), (1.0, 0.0), (0.9, -18.0)])
def test_parking_is_bent_with_the_way(town: Town, factor: float, more: float) -> None:
    """A problem's clock bends the fixed part of a trip too: at a factor f a trip is fixed times (f - 1) longer than it should be."""
    profile = SpeedProfile(np.full((7, 24), factor))
    found = town(events=visit("v1"), travel=GreatCircle(pattern=TravelPattern(profile, fixed_s=180.0)))
    problem, at_eight = found.problem, MIDNIGHT + timedelta(hours=8)
    table = GreatCircle(pattern=TravelPattern(profile, fixed_s=180.0)).matrix([one[1:] for one in problem.places])
    assert problem.warp is not None
    home, there = problem.technicians[0].shifts[0].start_place, problem.visits[0].place
    planned = float(problem.warp.arrive_s(8 * 3600.0, drive_s=problem.seconds[home, there])) - 8 * 3600
    assert planned - table.at(home, there, departure_at=at_eight) == pytest.approx(more, abs=0.01)


def test_prices_that_reward_a_broken_promise_are_refused() -> None:
    """Negative, endless and missing numbers, all at once."""
    with pytest.raises(InputError) as caught:
        DayPrices(
            VisitPrices(broken_cents=-1),
            {"P1": VisitPrices(unserved_cents=float("inf"))},
            {"gold": float("nan")},
            {"c1": -2},
        )
    assert [(one.code, one.where) for one in caught.value.issues] == [
        ("bad-price", "usual.broken_cents"), ("bad-price", "by_priority[P1].unserved_cents"), ("bad-price", "segments[gold]"),
        ("bad-price", "customers[c1]"),
    ]  # fmt: skip
