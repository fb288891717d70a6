"""The benchmark of promised waits on a sample: nothing is known before its time, and eight of ten promises hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.quality import _wait_bank as bank
from benchmarks.quality import _wait_demo as demo
from benchmarks.quality import wait
from benchmarks.quality._wait_replay import Outcome, Step
from troth.queueing import Forecast, QueueLength, Simulation, Tournament, WaitBand


def _quick() -> Tournament:
    return Tournament(predictors=(Simulation(runs=60), QueueLength()))


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    return list(demo.steps(demo.company(), branch=2, seed=77, until=demo.FROM + timedelta(days=4)))


def _told(steps: list[Step]) -> list[Outcome]:
    return demo.replay(demo.company(), branch=2, make=_quick).run(steps)


def test_a_promise_does_not_know_the_future(steps: list[Step]) -> None:
    """With everything after an instant cut off, all promises settled by then are the same."""
    cut = demo.FROM - timedelta(days=8, hours=-3)
    short = _told([step for step in steps if step.at <= cut])
    whole = _told(steps)
    assert len(short) > 100
    assert whole[: len(short)] == short


def test_eight_of_ten_promises_of_the_demo_branch_hold(steps: list[Step]) -> None:
    """In days the predictors learn as they go; the promise beats queue length times mean service as textbooks have it."""
    judged = [one for one in _told(steps) if not one.waived and one.at > demo.FROM - timedelta(days=10)]
    found = {name: sides for cut, name, sides in wait.judge(judged) if cut == "load"}
    assert found["all"]["promise"].n > 500
    assert 0.75 <= found["all"]["promise"].kept <= 0.85
    for third in wait.THIRDS:
        assert 0.7 <= found[third]["promise"].kept <= 0.9
    assert found["all"]["promise"].score_s < 0.95 * found["all"]["textbook"].score_s


def test_eight_of_ten_promises_of_the_bank_hold(samples: Path) -> None:
    """On a real day, call by call, after one to learn in."""
    path = samples / "anonymous_bank" / "calls_august_1_21.csv.gz"
    told, roster = bank.replay(_quick)
    until = datetime(2010, 8, 3, tzinfo=UTC)
    found = told.run(bank.steps(path, roster=roster, until=until))
    judged = [one for one in found if not one.waived and one.at.day == 2]
    assert len(judged) > 1000
    promise = wait.part(judged, lambda one: one.forecast.band)
    assert 0.75 <= promise.kept <= 0.85
    assert promise.score_s < wait.part(judged, lambda one: one.forecast.raw["queue_length"]).score_s


def test_thirds_and_scores_are_what_they_say() -> None:
    """Thirds are equal in number and ordered by load; a part's figures are those of its promises."""

    def one(load: float, wait_s: float, *, served: bool = True) -> Outcome:
        band = WaitBand((0.1, 0.5, 0.9), (100.0, 150.0, 200.0))
        forecast = Forecast(load, {"queue_length": band}, {"queue_length": band}, "queue_length")
        return Outcome(datetime(2026, 3, 2, 9, tzinfo=UTC), "cash", 0, wait_s, forecast, waived=False, served=served)

    made = [one(float(load), 150.0) for load in (9, 1, 5, 3, 8, 2, 7)]
    cut = wait.thirds(made, lambda each: each.forecast.load_s)
    assert [[each.forecast.load_s for each in cut[name]] for name in wait.THIRDS] == [[1, 2], [3, 5], [7, 8, 9]]
    mixed = [one(1, 150.0), one(1, 150.0), one(1, 90.0), one(1, 220.0, served=False)]
    found = wait.part(mixed, lambda each: each.forecast.band)
    assert (found.n, found.kept, found.served_kept, found.width_s) == (4, 0.5, 2 / 3, 100.0)
    assert found.score_s == pytest.approx(100 + (10 * 10 + 20 * 10) / 4)
