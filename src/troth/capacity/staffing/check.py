"""Everything wrong with a staffing problem, at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import isfinite
from typing import Any

import numpy as np

from troth.capacity.staffing.impossible import impossible
from troth.capacity.staffing.problem import SkillGroup, StaffedQueue, StaffingProblem
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.time import zone


def check(problem: StaffingProblem) -> list[Issue]:
    """Return every issue of a problem; errors must be mended, warnings are doubtful.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> [one.code for one in check(StaffingProblem(datetime(2026, 3, 2, tzinfo=UTC), (), ()))]
    ['no-queues', 'no-groups']
    """
    found = [*_whole(problem), *_names(problem)]
    shaped = []
    for queue in problem.queues:
        issues = list(_shape(problem, queue))
        found += [*issues, *_queue(queue)]
        if not issues:
            shaped.append(queue)
    for group in problem.groups:
        found += _group(problem, group)
    if len(shaped) == len(problem.queues) and not any(one.code in _SHAPELESS for one in found):
        for queue in shaped:
            found += _hours(problem, queue)
    if not any(one.severity is Severity.ERROR for one in found):
        found += impossible(problem)
    return found


#: After these the arrays cannot be looked at together.
_SHAPELESS = {"shapes-differ", "bad-interval", "unknown-zone", "naive-time"}


def _error(code: str, where: str, value: object = "", advice: str = "") -> Issue:
    return Issue(code, Severity.ERROR, where, str(value)[:80], advice)


def _whole(problem: StaffingProblem) -> Iterator[Issue]:
    if problem.start.tzinfo is None:
        yield _error("naive-time", "start", problem.start, "Maybe a time with its offset: 2026-03-02T00:00+02:00.")
    if problem.minutes < 1 or 1440 % max(problem.minutes, 1):
        yield _error("bad-interval", "minutes", problem.minutes, "Maybe 15 or 30: a day is a number of intervals.")
    if not 0 < problem.confidence < 1:
        yield _error("bad-confidence", "confidence", problem.confidence, "Maybe 0.9; nobody can be certain.")
    if problem.occupancy is not None and not 0 < problem.occupancy <= 1:
        yield _error("bad-occupancy", "occupancy", problem.occupancy, "Maybe 0.85.")
    try:
        zone(problem.time_zone)
    except InputError as error:
        yield from error.issues
    if not problem.queues:
        yield _error("no-queues", "queues", "", "Maybe the forecast has no series for them.")
    if not problem.groups:
        yield _error("no-groups", "groups", "", "Maybe name who serves which queues.")


def _names(problem: StaffingProblem) -> Iterator[Issue]:
    for code, where, names in (
        ("queue-twice", "queues", [one.queue for one in problem.queues]),
        ("group-twice", "groups", [one.group for one in problem.groups]),
    ):
        for name, count in Counter(names).items():
            if count > 1:
                yield _error(code, f"{where}[{name}]", count, "Maybe one of them is to be renamed.")
    known = {one.queue for one in problem.queues}
    served = {name for one in problem.groups for name in one.queues}
    for one in problem.groups:
        for name in one.queues:
            if name not in known:
                yield _error("unknown-queue", f"groups[{one.group}]", name, "Maybe the queue was renamed.")
        if not one.queues:
            yield _error("idle-group", f"groups[{one.group}]", "", "Maybe name the queues they serve.")
    for name in sorted(known - served):
        yield _error("nobody-skilled", f"queues[{name}]", name, "Maybe a group can learn it, or it goes to a partner.")


def _shape(problem: StaffingProblem, queue: StaffedQueue) -> Iterator[Issue]:
    where = f"queues[{queue.queue}]"
    values = np.asarray(queue.arrivals)
    wanted = (problem.paths, problem.intervals)
    if values.ndim != 2 or values.shape != wanted or 0 in values.shape:
        yield _error(
            "shapes-differ", f"{where}.arrivals", values.shape, "Maybe all queues need the same paths and intervals."
        )
        return
    for code, wrong, advice in (
        ("not-a-number", ~np.isfinite(values), "Maybe a hole in the forecast: fill it, or 0 where closed."),
        ("negative-contacts", values < 0, "Maybe a correction was booked as a negative count: use 0."),
    ):
        if wrong.any():
            path, at = (int(k[0]) for k in np.nonzero(wrong))
            place = f"{where}.arrivals[{path}, {at}]"
            yield Issue(code, Severity.ERROR, place, f"{values[path, at]:g}", advice, int(wrong.sum()))
    if queue.open is not None and np.shape(queue.open) != (problem.intervals,):
        yield _error("shapes-differ", f"{where}.open", np.shape(queue.open), "Maybe it is of other intervals.")


def _queue(queue: StaffedQueue) -> Iterator[Issue]:
    where = f"queues[{queue.queue}]"
    if not (isfinite(queue.handle_s) and queue.handle_s > 0):
        yield _error(
            "handle-time-not-positive", f"{where}.handle_s", queue.handle_s, "Maybe the mean of a longer time."
        )
    if not 0 < queue.level < 1:
        advice = "Maybe 0.8; a level of 100 % takes endlessly many people."
        yield _error("level-out-of-range", f"{where}.level", queue.level, advice)
    if not (isfinite(queue.within_s) and queue.within_s >= 0):
        yield _error("negative-answer-time", f"{where}.within_s", queue.within_s, "Maybe 20 for twenty seconds.")
    if queue.patience_s is not None and not queue.patience_s > 0:
        yield _error(
            "negative-patience", f"{where}.patience_s", queue.patience_s, "Maybe leave it out if nobody gives up."
        )
    if queue.at_once < 1 or not 0 <= queue.slowing <= 1:
        told = f"{queue.at_once}, {queue.slowing}"
        yield _error("at-once-not-whole", f"{where}.at_once", told, "Maybe 2 at once, each 0.3 slower.")
    if not (isfinite(queue.worth_cents) and queue.worth_cents >= 0):
        yield _error("negative-worth", f"{where}.worth_cents", queue.worth_cents, "Maybe 0 where it is not known.")


def _group(problem: StaffingProblem, group: SkillGroup) -> Iterator[Issue]:
    where, n = f"groups[{group.group}]", problem.intervals
    for name in ("in_office", "out_of_office"):
        if not 0 <= getattr(group, name) < 1:
            yield _error("bad-shrinkage", f"{where}.{name}", getattr(group, name), "Maybe a share such as 0.1.")
    if not (isfinite(group.cents_per_hour) and group.cents_per_hour >= 0):
        yield _error("negative-cost", f"{where}.cents_per_hour", group.cents_per_hour, "Maybe 0 where it is not known.")
    if not all(isfinite(one) and one > 0 for one in group.paces):
        yield _error("bad-pace", f"{where}.paces", group.paces, "Maybe 1 for whoever takes as long as the mean.")
    parts: dict[str, Any] = {"least": group.least, "most": group.most, "open": group.open}
    fits = True
    for name, value in parts.items():
        if value is None:
            continue
        if np.shape(value) not in {(), (n,)}:
            fits = False
            yield _error("shapes-differ", f"{where}.{name}", np.shape(value), "Maybe it is of other intervals.")
        elif not np.all(np.isfinite(np.asarray(value, float)) & (np.asarray(value, float) >= 0)):
            fits = False
            yield _error("bad-limit", f"{where}.{name}", value, "Maybe 0 or a whole number of people.")
    if fits and group.most is not None and n:
        over = np.broadcast_to(np.asarray(group.least), (n,)) > np.broadcast_to(np.asarray(group.most), (n,))
        if over.any():
            at = int(np.argmax(over))
            told = f"at least {np.broadcast_to(group.least, (n,))[at]}, at most {np.broadcast_to(group.most, (n,))[at]}"
            advice = "Maybe the minimum is of another group, or more people can come."
            yield Issue("contradictory-limits", Severity.ERROR, f"{where}[{at}]", told, advice, int(over.sum()))


def _hours(problem: StaffingProblem, queue: StaffedQueue) -> Iterator[Issue]:
    """Complain about contacts when nothing is open for them."""
    where = f"queues[{queue.queue}]"
    mean = np.asarray(queue.arrivals, float).mean(axis=0)
    there = problem.queue_open(queue)
    groups = [problem.group_open(one) for one in problem.groups if queue.queue in one.queues]
    staffed = np.logical_or.reduce(groups) if groups else np.ones(problem.intervals, bool)
    closed = (mean > 0) & ~there if queue.deferred else (mean > 0) & ~(there & staffed)
    if closed.any():
        at = int(np.argmax(closed))
        when = problem.instants()[at].isoformat()
        advice = "Maybe the calendar is of another queue, or the forecast took no notice of a closed day."
        yield Issue(
            "demand-when-closed",
            Severity.ERROR,
            f"{where}[{at}] {when}",
            f"{mean[at]:.3g} contacts",
            advice,
            int(closed.sum()),
        )
    if not mean.any():
        yield Issue("no-demand", Severity.WARNING, where, "0", "Maybe the forecast is of another queue.")
