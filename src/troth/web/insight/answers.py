"""Answers that take long: each is worked out once for all who ask, a few at a time, and kept for a little while.

An answer that is no longer fresh is given all the same while it is worked out anew ("stale while revalidate", RFC 5861),
up to an age at which whoever asks waits. What nobody asks for any more when its turn comes is dropped.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor, Future
from concurrent.futures import TimeoutError as OutOfTimeError
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import Any

from troth.core.errors import TrothError


class Delay(StrEnum):
    """Why there is no answer yet."""

    WORKING = "working"
    CROWDED = "crowded"
    TOO_LONG = "too_long"


class NotYetError(TrothError):
    """There is no answer now: it is being worked out, too much else is, or it took too long and was given up."""

    def __init__(self, why: Delay) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True, slots=True)
class Limits:
    """How long answers hold and how much may wait.

    Parameters
    ----------
    fresh_s : an answer is not worked out anew before this age,
    rest : nor before so many times the time it took have gone by since: with 1, half the time goes into it at most.
    stale_s : an older answer is not given any more.
    failed_s : so long a failure is the answer.
    gone_s : whoever has not asked again for so long is taken to have left.
    most : questions that wait or are worked out at once.
    kept : answers kept.
    """

    fresh_s: float = 5.0
    rest: float = 1.0
    stale_s: float = 120.0
    failed_s: float = 10.0
    gone_s: float = 20.0
    most: int = 16
    kept: int = 128


@dataclass(slots=True)
class _Line:
    """What is known of one question: its answer or failure, as of when and for how long, and who works on it."""

    value: Any = None
    error: Exception | None = None
    looked: float = float("-inf")
    fresh_until: float = float("-inf")
    asked: float = float("-inf")
    job: Future[Any] | None = None


class Answers:
    """Answers by question.

    Parameters
    ----------
    executor : where answers are worked out; as many at once as it has threads.
    limits, clock : see `Limits`; seconds that only grow.
    """

    def __init__(
        self, executor: Executor, *, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._executor, self._clock = executor, clock
        self.limits = limits or Limits()
        self._lines: OrderedDict[Any, _Line] = OrderedDict()
        self._guard = Lock()
        self._waiting = 0

    def ask(self, key: Any, work: Callable[[], Any], *, wait_s: float, stale: bool = True) -> tuple[Any, bool]:
        """Return an answer, and whether a fresher one is being worked out.

        Parameters
        ----------
        key : the question; who asks the same shares the work.
        work : works the answer out.
        wait_s : how long to wait if there is none.
        stale : whether an answer that is no longer fresh will do.

        Raises
        ------
        NotYetError : there is none yet. Whatever `work` raises is raised to all who ask.
        """
        with self._guard:
            now = self._clock()
            line = self._line(key)
            line.asked = now
            new = None
            if now >= line.fresh_until and line.job is None and self._waiting < self.limits.most:
                new = line.job = Future()
                self._waiting += 1
            job = line.job
        if new is not None:
            self._executor.submit(self._work, line, new, work)
        if now < line.fresh_until:
            return _told(line), False
        if stale and line.error is None and now - line.looked <= self.limits.stale_s and not (job and job.done()):
            return line.value, True
        if job is None:
            raise NotYetError(Delay.CROWDED)
        try:
            return job.result(wait_s), False
        except OutOfTimeError as error:
            raise NotYetError(Delay.WORKING) from error

    def _line(self, key: Any) -> _Line:
        line = self._lines.setdefault(key, _Line())
        self._lines.move_to_end(key)
        for other in list(self._lines)[: len(self._lines) - self.limits.kept]:
            del self._lines[other]
        return line

    def _work(self, line: _Line, job: Future[Any], work: Callable[[], Any]) -> None:
        began = self._clock()
        if began - line.asked > self.limits.gone_s:
            self._over(line)
            job.set_exception(NotYetError(Delay.WORKING))
            return
        try:
            value, failed = work(), None
        except Exception as error:  # noqa: BLE001  whoever asked is told
            value, failed = None, error
        with self._guard:
            now = self._clock()
            if failed is None:
                line.value, line.looked = value, began
            line.error = failed
            calm = max(began + self.limits.fresh_s, now + self.limits.rest * (now - began))
            line.fresh_until = calm if failed is None else now + self.limits.failed_s
        self._over(line)
        if failed is not None:
            job.set_exception(failed)
        else:
            job.set_result(value)

    def _over(self, line: _Line) -> None:
        with self._guard:
            self._waiting -= 1
            line.job = None


def _told(line: _Line) -> Any:
    if line.error is not None:
        raise line.error
    return line.value
