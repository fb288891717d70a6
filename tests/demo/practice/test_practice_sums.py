"""What the practice writes down, and what the KPIs make of its log, are the same."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import fmean

import pytest

from troth.core.time import Step
from troth.demo import Dirt, Truth, write
from troth.demo.practice import PracticeWorld, practice
from troth.kpi.definition import Params
from troth.kpi.query import Query, query
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.stats import Scale, krippendorff_alpha

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


def test_a_question_costs_what_was_paid(lake: Lake, world: PracticeWorld, figures: dict[str, float | None]) -> None:
    """The first definition shares all paid time among the questions answered; the second leaves out what clients paid for."""
    assert figures["flow.volume"] == pytest.approx(len(world.ledger.asked), abs=12)
    asked = Query(kpis=("cost.per_unit/",), start=START, end=UNTIL, time_zone="UTC", definitions={"cost.per_unit": 1})
    (whole,) = query(lake, asked)
    assert whole.value == pytest.approx(sum(world.ledger.cost.values()) / len(world.ledger.asked), rel=1e-3)
    # Reckoned from the log by person: hours at work, at the person's rate, in the share of hours booked that was no client's.
    with lake.session() as con:
        said = lake.settled()
        rows = con.execute(
            "WITH s AS (SELECT agent_id AS who, sum(CASE activity WHEN 'shift_ended' THEN 1 ELSE -1 END * epoch(occurred_at)) / 3600 AS paid "
            f"FROM ({said}) WHERE activity IN ('shift_started', 'shift_ended') GROUP BY 1), "
            "h AS (SELECT agent_id AS who, sum(value) AS booked, sum(value) FILTER ((attributes->>'billable') = 'false') AS own "
            f"FROM ({said}) WHERE activity = 'time_logged' GROUP BY 1), "
            f"q AS (SELECT DISTINCT agent_id AS who FROM ({said}) WHERE activity = 'message_sent'), "
            f"r AS (SELECT member AS who, cents_per_hour FROM ({lake.settled_reference('rates')})) "
            "SELECT sum(paid * cents_per_hour * coalesce(own, 0) / booked) "
            "FROM s JOIN h USING (who) JOIN q USING (who) JOIN r USING (who)"
        ).fetchall()
    assert figures["cost.per_unit"] == pytest.approx(rows[0][0] / len(world.ledger.asked), rel=0.01)
    assert (figures["cost.per_unit"] or 0) < 0.5 * (whole.value or 0)


def test_billable_hours_over_contract_hours_are_the_ledgers(lake: Lake, world: PracticeWorld) -> None:
    """By week: hours as logged, over contract hours net of leave and holidays as far as the tables tell them."""
    asked = Query(kpis=("load.billable/",), start=START, end=UNTIL, every=Step.WEEK, time_zone="UTC")
    found = {date.fromisoformat(f.start[:10]).toordinal(): f.value or 0.0 for f in query(lake, asked)}
    sold, capacity = world.ledger.billable, world.ledger.capacity
    weeks = [week for week, hours in sold.items() if hours > 0]
    assert len(weeks) >= 12
    # Hours of part-time people differ by weekday, and the tables give a week's alone.
    for week in weeks:
        assert found[week] == pytest.approx(sold[week] / capacity[week], rel=0.06), date.fromordinal(week)
    (whole,) = query(lake, Query(kpis=("load.billable/paid",), start=START, end=UNTIL, time_zone="UTC"))
    assert whole.value == pytest.approx(sum(sold.values()) / sum(world.ledger.paid.values()), rel=1e-3)


def _calibrated(world: PracticeWorld) -> list[tuple[float, tuple[float, ...]]]:
    """Return what was agreed and the graders' scores of each review, the last session of it."""
    return list({number: (agreed, scores) for number, agreed, scores in world.ledger.calibrations}.values())


def test_calibration_tells_each_graders_severity(lake: Lake, world: PracticeWorld) -> None:
    """Blind scores less the agreed one by grader, how many are near it, and agreement: those of the ledger."""
    names = ("quality.calibration/", "quality.calibration/bias", "quality.calibration/deviation")
    found = query(lake, Query(kpis=names, by=("agent",), start=START, end=UNTIL, time_zone="UTC"))
    known = {(f.variant, f.by["agent"]): f.value for f in found}
    done = _calibrated(world)
    assert len(done) >= 15
    for k, grader in enumerate(WING.graders):
        off = [scores[k] - agreed for agreed, scores in done]
        assert known["bias", grader.reviewer_id] == pytest.approx(fmean(off))
        assert known["deviation", grader.reviewer_id] == pytest.approx(fmean(map(abs, off)))
        assert known["", grader.reviewer_id] == pytest.approx(fmean(abs(x) <= 10 for x in off))
    (alike,) = query(lake, Query(kpis=("quality.calibration/agreement",), start=START, end=UNTIL, time_zone="UTC"))
    truth = krippendorff_alpha(list(zip(*(scores for _, scores in done), strict=True)), scale=Scale.INTERVAL)
    assert alike.value == pytest.approx(truth)


def test_errors_for_want_of_training_are_the_ledgers(lake: Lake, world: PracticeWorld) -> None:
    """Of the critical errors with a cause noted; those of which none was; and by review."""
    done = [r for r in world.ledger.reviews if r.at < UNTIL.timestamp() * 1000]
    errors = [r.cause for r in done if r.critical]
    caused = [cause for cause in errors if cause]
    found = query(lake, Query(kpis=("quality.training_errors",), start=START, end=UNTIL, time_zone="UTC"))
    known = {f.variant: f.value for f in found}
    taught = caused.count("training")
    assert known[""] == pytest.approx(taught / len(caused))
    assert known["no_cause"] == pytest.approx(1 - len(caused) / len(errors))
    assert known["per_review"] == pytest.approx(taught / len(done))


def test_ideas_done_are_the_ledgers(lake: Lake, world: PracticeWorld) -> None:
    """Actions and the trial, closed within 90 days, with an effect or without; and by the date that was agreed."""
    assert WING.trial is not None
    agreed = [a for a in world.actions if a.agreed < world.day]
    done = [a for a in agreed if 0 <= a.day < world.day]
    trial = date.fromisoformat(WING.trial.ended) - date.fromisoformat(WING.trial.days[0])
    closed = int(trial.days <= 90)
    found = query(lake, Query(kpis=("improve.ideas_done",), start=START, end=UNTIL, time_zone="UTC"))
    known = {f.variant: f for f in found}
    assert known[""].n == len(agreed) + 1
    assert known["done"].value == pytest.approx(
        (sum(a.day - a.agreed <= 90 for a in done) + closed) / (len(agreed) + 1)
    )
    measured = sum(a.effect is not None and a.day - a.agreed <= 90 for a in done) + closed
    assert known[""].value == pytest.approx(measured / (len(agreed) + 1))
    assert 0 < known["on_time"].n < len(agreed)


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
