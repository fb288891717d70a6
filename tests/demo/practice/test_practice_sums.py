"""What the practice writes down, and what the KPIs make of its log, are the same."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean

import pytest

from troth.demo import Dirt, Truth, write
from troth.demo.practice import PracticeWorld, practice
from troth.kpi.definition import Params
from troth.kpi.query import Query, query
from troth.log.ingest import ingest
from troth.log.lake import Lake

#: From a Monday to a Sunday evening, so that weeks are whole.
START, UNTIL = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 5, 24, 19, tzinfo=UTC)
WING = practice("p", start="2026-01-05", days=140, people=10)


@pytest.fixture(scope="module")
def world() -> PracticeWorld:
    """The true records of the course that was written."""
    lived = PracticeWorld(WING, 2, emit=False)
    lived.step(UNTIL)
    return lived


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The lake of a clean log of the practice alone."""
    folder: Path = tmp_path_factory.mktemp("practice")
    truth = Truth("Practice", WING.start, (), wings=(WING,))
    write(folder / "data", truth=truth, seed=2, until=UNTIL, workers=1, dirt=Dirt.none())
    found = Lake(folder / "lake")
    done = ingest(found, source="troth", paths=[folder / "data"], now=UNTIL)
    assert done.rejects == 0
    return found


@pytest.fixture(scope="module")
def figures(lake: Lake) -> dict[str, float | None]:
    """Figures of the whole time, by KPI."""
    names = (
        "load.utilisation", "load.occupancy", "promise.kept", "promise.kept/stated", "quality.score",
        "quality.agents_passing", "cost.per_unit", "flow.volume", "speed.first_reply",
    )  # fmt: skip
    params = Params(min_reviews=5)
    found = query(lake, Query(kpis=names, start=START, end=UNTIL, time_zone="UTC", params=params))
    return {f"{f.id}/{f.variant}" if f.variant else f.id: f.value for f in found}


def test_time_is_what_was_worked(world: PracticeWorld, figures: dict[str, float | None]) -> None:
    """Utilisation: projects and support over paid time; occupancy: the same over that and spare time."""
    paid, bench = (sum(of.values()) for of in (world.ledger.paid, world.ledger.bench))
    busy = sum(world.ledger.billable.values()) + sum(world.ledger.support.values())
    assert figures["load.utilisation"] == pytest.approx(busy / paid, rel=1e-4)
    # Who stays on for the last question is there for customers a little longer than the ledger's spare time says.
    assert figures["load.occupancy"] == pytest.approx(busy / (busy + bench), rel=0.01)


def test_promises_are_kept_as_the_ledger_says(world: PracticeWorld, figures: dict[str, float | None]) -> None:
    """Starts and ends together, waived ones aside."""
    settled = [p for p in world.settled if p.outcome in ("kept", "broken")]
    assert len(settled) > 20
    assert figures["promise.kept"] == pytest.approx(fmean(p.outcome == "kept" for p in settled))
    assert figures["promise.kept/stated"] == pytest.approx(fmean(p.probability for p in settled))


def test_quality_is_what_graders_gave(world: PracticeWorld, figures: dict[str, float | None]) -> None:
    """Calibration scores stay out of the score of quality and of who passes."""
    until = UNTIL.timestamp() * 1000
    done = [r for r in world.ledger.reviews if r.at < until]
    assert figures["quality.score"] == pytest.approx(fmean(r.score for r in done))
    by: dict[str, list[float]] = defaultdict(list)
    for r in done:
        by[r.agent_id].append(r.score)
    enough = [fmean(scores) for scores in by.values() if len(scores) >= 5]
    assert figures["quality.agents_passing"] == pytest.approx(fmean(x >= 80.0 for x in enough))
    assert len(world.ledger.calibrations) >= 18


def test_a_question_costs_what_was_paid(world: PracticeWorld, figures: dict[str, float | None]) -> None:
    """All paid time at each person's own rate, shared among the questions answered."""
    assert figures["flow.volume"] == pytest.approx(len(world.ledger.asked), abs=12)
    assert figures["cost.per_unit"] == pytest.approx(
        sum(world.ledger.cost.values()) / len(world.ledger.asked), rel=1e-3
    )


def test_billable_hours_over_contract_hours_can_be_had_from_log_and_tables(lake: Lake, world: PracticeWorld) -> None:
    """Billable utilisation: billable hours logged over contract hours net of leave, by week as the ledger has it."""
    with lake.session() as con:
        rows = con.execute(
            "SELECT date_trunc('week', occurred_at), sum(value) FROM "
            f"({lake.settled()}) WHERE activity = 'time_logged' AND (attributes->>'billable') = 'true' GROUP BY 1"
        ).fetchall()
        contracts = dict(
            con.execute(f"SELECT agent_id, hours_per_week FROM ({lake.settled_reference('contracts')})").fetchall()
        )
    found = {week.toordinal(): hours for week, hours in rows}
    assert found.keys() == {week for week, hours in world.ledger.billable.items() if hours > 0}
    for week, hours in found.items():
        assert hours == pytest.approx(world.ledger.billable[week], abs=0.01)
    full = max(world.ledger.capacity.values())
    assert full <= sum(contracts.values())
    assert full > 0.9 * sum(contracts[who.agent_id] for who in WING.consultants)


def test_calibration_in_the_log_tells_each_graders_severity(lake: Lake, world: PracticeWorld) -> None:
    """Blind scores less the agreed one, by grader, are those of the ledger; so is the share of causes that are training."""
    with lake.session() as con:
        rows = con.execute(
            "WITH c AS (SELECT subject_id, value, attributes->>'reviewer_id' AS who FROM "
            f"({lake.settled()}) WHERE activity = 'quality_calibrated' AND step = 'total') "
            "SELECT a.who, avg(a.value - b.value) FROM c a JOIN c b USING (subject_id) "
            "WHERE a.who IS NOT NULL AND b.who IS NULL GROUP BY 1 ORDER BY 1"
        ).fetchall()
        causes = con.execute(
            f"SELECT attributes->>'cause', count(*) FROM ({lake.settled()}) WHERE activity = 'quality_reviewed' "
            "AND (attributes->>'critical') = 'true' AND step != 'total' GROUP BY 1"
        ).fetchall()
    graded = list(zip(*(scores for _, _, scores in world.ledger.calibrations), strict=True))
    agreed = [agreed for _, agreed, _ in world.ledger.calibrations]
    assert [who for who, _ in rows] == [g.reviewer_id for g in WING.graders]
    once = len({number for number, _, _ in world.ledger.calibrations}) == len(agreed)
    for (_, mean), scores in zip(rows, graded, strict=True):
        assert not once or mean == pytest.approx(fmean(a - b for a, b in zip(scores, agreed, strict=True)))
    counted: dict[str | None, int] = defaultdict(int)
    for r in world.ledger.reviews:
        if r.critical and r.at < UNTIL.timestamp() * 1000:
            counted[r.cause or None] += 1
    assert dict(causes) == dict(counted)


def test_improvement_stands_in_the_log(lake: Lake, world: PracticeWorld) -> None:
    """Actions agreed and done are the ledger's; the trial begins with one team, goes on to the other and is judged."""
    with lake.session() as con:
        rows = con.execute(
            f"SELECT activity, team, value FROM ({lake.settled()}) WHERE subject_kind IN ('action', 'trial') ORDER BY occurred_at"
        ).fetchall()
    agreed = [a for a in world.actions if a.agreed < world.day]
    assert sum(r[0] == "action_agreed" for r in rows) == len(agreed) > 4
    assert sum(r[0] == "action_done" for r in rows) == sum(0 <= a.day < world.day for a in agreed)
    trial = [r for r in rows if r[0].startswith("trial")]
    assert WING.trial is not None
    assert [r[:2] for r in trial] == [
        ("trial_started", WING.trial.teams[0]), ("trial_changed", WING.trial.teams[1]), ("trial_ended", None)
    ]  # fmt: skip
    assert trial[-1][2] == pytest.approx(WING.trial.effect - 1, abs=0.3)


def test_projects_of_the_tables_are_those_that_were_won(lake: Lake, world: PracticeWorld) -> None:
    """Each project with its budget and tasks as estimated; nothing that is not known, such as true hours."""
    with lake.session() as con:
        rows = con.execute(f"SELECT project, budget_cents FROM ({lake.settled_reference('projects')})").fetchall()
        hours = con.execute(
            f"SELECT project, sum(hours) FROM ({lake.settled_reference('project_tasks')}) GROUP BY 1"
        ).fetchall()
    assert dict(rows) == {world.project_id(p.number): p.budget_cents for p in world.projects.values()}
    assert dict(hours) == {
        world.project_id(p.number): sum(t.estimate for t in p.tasks) for p in world.projects.values()
    }
