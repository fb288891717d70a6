"""A day of the demo company's field service, read from its log."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from troth.core.errors import InputError
from troth.demo import Dirt, Truth, write
from troth.demo.field import FieldWorld, field_service
from troth.field.routing import breaches, check
from troth.field.routing.read import field_day, recorded_work
from troth.field.travel import GreatCircle
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.log.references import import_reference

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
