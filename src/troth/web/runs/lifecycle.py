"""The life of a run: asked for, waiting, running with progress, then done, stopped or failed.

The queue is PostgreSQL (procrastinate): a run is asked for in the transaction of whoever asks. What was best so far is
kept with every sign of progress, so that a run that is stopped, or whose worker dies, has not been for nothing.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import logging
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from troth.core.decision import Issue, Severity, Stop
from troth.core.errors import InputError
from troth.web.people.models import Unit, User
from troth.web.runs.models import Run

WAITING: Final = "waiting"
RUNNING: Final = "running"
DONE: Final = "done"
STOPPED: Final = "stopped"
FAILED: Final = "failed"
#: The queue of long computations, and the name of the task that does one.
QUEUE: Final = "runs"
TASK: Final = "troth.runs.work"
#: States in which something may still come of a run.
OPEN: Final = (WAITING, RUNNING)
#: The database is asked at most so often whether to stop, and told how far a run is.
_PAUSE_S: Final = 0.5
_VERSIONS: Final = ("troth", "duckdb", "deltalake", "ibis-framework", "numpy", "scipy")

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Progress:
    """What a running computation tells and is told.

    Parameters
    ----------
    run : the row; its input is what was asked.
    clock : seconds, for the pause between two looks at the database.
    """

    run: Run
    clock: Callable[[], float] = time.monotonic
    _looked: float = field(default=float("-inf"))
    _stop: bool = False

    @property
    def stop(self) -> Stop:
        """When to stop: when somebody asked for it."""
        return Stop(asked=self.asked_to_stop)

    def asked_to_stop(self) -> bool:
        """Tell whether somebody asked to stop; the database is looked at twice a second at most."""
        if not self._stop and self.clock() - self._looked >= _PAUSE_S:
            self._looked = self.clock()
            self._stop = Run.objects.filter(pk=self.run.pk, stop_asked=True).exists()
        return self._stop

    def tell(self, share: float, *, best: Mapping[str, Any] | None = None) -> None:
        """Say how far the run is, from 0 to 1, and keep the best result so far."""
        told: dict[str, Any] = {"progress": min(max(share, 0.0), 1.0)}
        if best is not None:
            told["result"] = dict(best)
        Run.objects.filter(pk=self.run.pk).update(**told)


@dataclass(frozen=True, slots=True)
class RunKind:
    """A kind of run.

    Parameters
    ----------
    name : the word in `Run.kind`.
    title : what people call it; translated lazily.
    work : does it and returns the result as plain data.
    """

    name: str
    title: Any
    work: Callable[[Progress], Mapping[str, Any]]


#: Every kind by name.
KINDS: Final[dict[str, RunKind]] = {}


def register(kind: RunKind) -> RunKind:
    """Make a kind known and return it; an app does so when it is ready."""
    if KINDS.setdefault(kind.name, kind) is not kind:
        raise ValueError(f"two kinds of runs are called {kind.name!r}")
    return kind


def start(
    kind: str, *, asked: Mapping[str, Any], unit: Unit | None, user: User | None, now: datetime, seed: int = 0
) -> Run:
    """Ask for a run; return it, or the same one that is already waiting or running.

    Parameters
    ----------
    kind : one of `KINDS`.
    asked : the input as plain data.
    unit : whose it is, and who may see it.
    user : who asks.
    now : the present.
    seed : of its chance.

    Raises
    ------
    InputError : ``unknown-kind``.
    """
    if kind not in KINDS:
        advice = f"Maybe one of: {', '.join(KINDS)}."
        raise InputError([Issue("unknown-kind", Severity.ERROR, "kind", kind, advice)])
    plain = json.loads(json.dumps(dict(asked), sort_keys=True, default=str))
    digest = hashlib.sha256(json.dumps([kind, seed, plain], sort_keys=True).encode()).hexdigest()
    with transaction.atomic():
        # Two who ask at the same moment get one run: the unit is the lock.
        if unit is not None:
            Unit.objects.select_for_update().get(pk=unit.pk)
        same = Run.objects.filter(kind=kind, unit=unit, input_hash=digest, status__in=OPEN, stop_asked=False).first()
        if same is not None:
            return same
        run = Run.objects.create(
            kind=kind, unit=unit, asked_by=user, asked_at=now, input=plain, input_hash=digest, seed=seed,
            versions=versions(),
        )  # fmt: skip
        app.configure_task(TASK, queue=QUEUE).defer(run=run.pk)
    return run


def stop(run: Run, *, now: datetime) -> None:
    """Ask a run to stop. What it has by then is kept; one that has not begun never does."""
    Run.objects.filter(pk=run.pk, status__in=OPEN).update(stop_asked=True)
    Run.objects.filter(pk=run.pk, status=WAITING).update(status=STOPPED, ended_at=now)


def execute(pk: int, *, now: Callable[[], datetime] = timezone.now) -> Run | None:
    """Do a run, in a worker; return it, or None if there is nothing to do.

    A run whose worker died is done again from its input; what it had is kept until there is something newer.
    """
    taken = Run.objects.filter(pk=pk, status__in=OPEN, stop_asked=False)
    if not taken.update(status=RUNNING, started_at=now(), progress=0):
        Run.objects.filter(pk=pk, status__in=OPEN).update(status=STOPPED, ended_at=now())
        return None
    run = Run.objects.get(pk=pk)
    progress = Progress(run)
    issues: list[dict[str, Any]] = []
    result: Mapping[str, Any] | None = None
    try:
        result = KINDS[run.kind].work(progress)
        status = STOPPED if progress.asked_to_stop() else DONE
    except InputError as error:
        status, issues = FAILED, [issue.as_dict() for issue in error.issues]
    except Exception as error:  # a run that is left as running would be waited for for ever
        log.exception("Run %s (%s) failed", pk, run.kind)
        status = FAILED
        issues = [Issue("run-failed", Severity.ERROR, run.kind, type(error).__name__, "Maybe ask again.").as_dict()]
    told: dict[str, Any] = {"status": status, "ended_at": now(), "issues": issues}
    if result is not None:
        told["result"] = dict(result)
    if status == DONE:
        told["progress"] = 1.0
    Run.objects.filter(pk=pk).update(**told)
    run.refresh_from_db()
    return run


def versions() -> dict[str, str]:
    """Return the versions a result depends on."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in _VERSIONS}
