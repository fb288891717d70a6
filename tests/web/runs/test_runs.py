"""Runs: asked for once, done by a worker with progress, stopped with what was best, taken up again when a worker dies."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.web import cast
from tests.web.cast import Company
from tests.web.outbox.days import visit, write
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.web.outbox import exporter
from troth.web.outbox.bridge import Lake
from troth.web.runs import lifecycle
from troth.web.runs.lifecycle import Progress, RunKind
from troth.web.runs.models import Run
from troth.web.runs.tasks import run_worker

pytestmark = pytest.mark.django_db(transaction=True)


class StrangeError(Exception):
    """What nobody has thought of, such as an error of a library."""


class Counting:
    """A kind that counts to what is asked, and can be made to wait or to fail."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        self.go.set()
        self.done = 0

    def work(self, progress: Progress) -> Mapping[str, Any]:
        self.begun.set()
        if progress.run.input.get("wrong"):
            raise InputError([Issue("too-much", Severity.ERROR, "to", "9", "Maybe less.")])
        if progress.run.input.get("broken"):
            raise [ValueError, StrangeError][progress.run.input["broken"] - 1]("a bug")
        for number in range(1, progress.run.input["to"] + 1):
            progress.tell(number / progress.run.input["to"], best={"reached": number})
            if number == 3:
                self.go.wait(30)
            time.sleep(0.02 if progress.run.input["to"] > 10 else 0)
            if progress.asked_to_stop():
                return {"reached": number}
        self.done += 1
        return {"reached": progress.run.input["to"]}


@pytest.fixture
def counting() -> Iterator[Counting]:
    made = Counting()
    lifecycle.register(RunKind("count", "Count", made.work))
    yield made
    lifecycle.KINDS.pop("count")


def start(company: Company, **asked: Any) -> Run:
    return lifecycle.start("count", asked=asked, unit=company.bank, user=company.alice, now=timezone.now())


def test_a_run_is_done_by_a_worker_and_tells_everything(company: Company, counting: Counting) -> None:
    """A run is done by a worker and tells everything."""
    run = start(company, to=5)
    assert (run.status, run.progress) == ("waiting", 0)
    run_worker(wait=False)
    run.refresh_from_db()
    assert (run.status, run.progress, run.result) == ("done", 1.0, {"reached": 5})
    assert run.started_at and run.ended_at and run.started_at <= run.ended_at
    assert run.versions["troth"] and len(run.input_hash) == 64
    assert not ProcrastinateJob.objects.filter(status="todo").exists()


def test_the_same_question_asked_twice_is_one_run(company: Company, counting: Counting) -> None:
    """The same question asked twice is one run."""
    assert start(company, to=5).pk == start(company, to=5).pk
    assert start(company, to=6).pk != start(company, to=5).pk
    run_worker(wait=False)
    assert counting.done == 2
    assert start(company, to=5).status == "waiting", "an answer that was given may be asked for again"


def test_what_was_best_is_kept_when_a_run_is_stopped(company: Company, counting: Counting) -> None:
    """What was best is kept when a run is stopped."""
    run = start(company, to=100)
    counting.go.clear()

    def work() -> None:
        run_worker(wait=False)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert counting.begun.wait(20)
    lifecycle.stop(run, now=timezone.now())
    counting.go.set()
    thread.join(30)
    run.refresh_from_db()
    assert run.status == "stopped" and run.result is not None
    assert 1 <= run.result["reached"] < 100 and 0 < run.progress < 1


def test_a_run_stopped_before_it_begins_never_does(company: Company, counting: Counting) -> None:
    """A run stopped before it begins never does."""
    run = start(company, to=5)
    lifecycle.stop(run, now=timezone.now())
    run_worker(wait=False)
    run.refresh_from_db()
    assert run.status == "stopped" and not counting.begun.is_set()


def test_what_is_wrong_is_said_and_a_bug_is_logged(
    company: Company, counting: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    """What is wrong is said and a bug is logged."""
    wrong = start(company, to=5, wrong=True)
    broken = [start(company, to=5, broken=1), start(company, to=5, broken=2)]
    run_worker(wait=False)
    wrong.refresh_from_db()
    assert (wrong.status, wrong.issues[0]["code"]) == ("failed", "too-much")
    for run in broken:
        run.refresh_from_db()
        assert (run.status, run.issues[0]["code"]) == ("failed", "run-failed")
    assert "a bug" in caplog.text
    with pytest.raises(InputError):
        lifecycle.start("nothing", asked={}, unit=None, user=None, now=timezone.now())


def test_a_run_whose_worker_died_is_done_by_the_next(company: Company, counting: Counting) -> None:
    """A run whose worker died is done by the next."""
    run = start(company, to=5)
    # A worker took it, told how far it was, and was killed.
    Run.objects.filter(pk=run.pk).update(status="running", progress=0.4, result={"reached": 2})
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
        )
        (worker,) = cursor.fetchone()
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [worker])
    run_worker(wait=False)
    run.refresh_from_db()
    assert (run.status, run.result) == ("done", {"reached": 5})


def test_the_report_is_made_of_what_one_sees_and_shown_with_its_own_policy(
    company: Company, settings: Any, tmp_path: Path
) -> None:
    """The report is made of what one sees and shown with its own policy."""
    settings.LAKE, settings.DATA = tmp_path / "lake", tmp_path
    chance, at = random.Random(1), timezone.now() - timedelta(days=2)
    for site in ("vilnius", "klaipeda"):
        for number in range(30):
            write(visit(chance, at=at - timedelta(hours=number), site=site))
    exporter.export_once(Lake(settings.LAKE), now=timezone.now())
    tom, carol = cast.signed_in(company.tom), cast.signed_in(company.carol)
    assert tom.post("/runs", {"days": "28"}).status_code == 302
    assert carol.post("/runs", {"days": "28"}).status_code == 403
    run_worker(wait=False)
    run = Run.objects.get()
    assert run.status == "done", run.issues
    assert (tmp_path / "runs").stat().st_mode & 0o077 == 0  # figures are not for others on the machine
    assert run.input["where"] == {"site": ["vilnius"]} and run.unit == company.vilnius
    page = tom.get(f"/runs/{run.pk}/result")
    text = page.content.decode()
    assert "vilnius-general" in text and "klaipeda" not in text
    assert "sandbox" in page["Content-Security-Policy"] and "script-src 'sha256-" in page["Content-Security-Policy"]
    assert tom.get("/runs").status_code == 200
    assert cast.signed_in(company.alice).get(f"/runs/{run.pk}/result").status_code == 200
    assert carol.get(f"/runs/{run.pk}/result").status_code == 404
