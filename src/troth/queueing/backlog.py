"""Deferred work, such as e-mail and back office: will it be done by when it is due, and how many does that take?

Time is cut into intervals. What arrives in one can be done from the next on, and counts as arrived at its start, so that
what is called in time is in time. Agents do what is due first first (no order does better at being in time), a
piece of work may be laid aside and taken up again, and late work is still done.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.random import stream

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DeferredWork:
    """One kind of work that can wait.

    Parameters
    ----------
    name : of the kind.
    items : expected to arrive in each interval, shape (intervals,).
    handle_s : mean time an item takes, in seconds.
    due_s : how long after it arrives an item is due, in seconds of the intervals given (closed ones count if they are
        among them); at least two intervals.
    handle_spread : coefficient of variation of the time an item takes.
    waiting : items there at the start, due at the end of each interval, shape (intervals,); none if empty.
    """

    name: str
    items: ArrayLike
    handle_s: float
    due_s: float
    handle_spread: float = 1.0
    waiting: ArrayLike = ()


@dataclass(frozen=True, slots=True, eq=False)
class DueForecast:
    """What becomes of deferred work with some staff, over many equally likely courses.

    Parameters
    ----------
    names : of the kinds.
    staff : agents in each interval, shape (intervals,).
    in_time : share of each kind's work that is done by when it is due, shape (kinds,); NaN where none is due within the
        intervals.
    in_time_at : the same for what is due at the end of each interval, shape (kinds, intervals).
    all_in_time : share of courses in which nothing is late.
    backlog_s : work there at the end of each interval in seconds of one agent: mean and the levels 0.1, 0.5, 0.9, shape (4,
        intervals).
    """

    names: tuple[str, ...]
    staff: Floats
    in_time: Floats
    in_time_at: Floats
    all_in_time: float
    backlog_s: Floats
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Chances:
    """How the courses are drawn.

    Parameters
    ----------
    paths : how many.
    seed : of chance; the same seed gives the same courses whatever the staff.
    day_spread : coefficient of variation of a course's level, for all kinds together; see `fit.dispersion`.
    """

    paths: int = 200
    seed: int = 0
    day_spread: float = 0.0


def done_by_due(
    work: Sequence[DeferredWork], *, staff: ArrayLike, interval_s: float = 1800.0, chances: Chances = Chances()
) -> DueForecast:
    """Return how much of deferred work is done by when it is due.

    Parameters
    ----------
    work : kinds, each with the same intervals.
    staff : agents for this work in each interval, shape (intervals,) or one number; fractions are a part of the
        time, 0 is closed. For agents who answer contacts first: those there less the erlangs of the contacts.
    interval_s : length of an interval in seconds.
    chances : how courses are drawn: Poisson arrivals, handle times gamma distributed, levels of courses gamma.

    Raises
    ------
    InputError
        With every fault: negative or no numbers, intervals that differ, due within less than two intervals.

    Source
    ------
    Earliest due first is best: J. R. Jackson (1955), Management Science Research Project 43, UCLA; preemptive and
    in time whenever any order is: Liu and Layland (1973), J. ACM 20, 46-61.

    Examples
    --------
    >>> mail = DeferredWork("mail", items=[10.0] * 40, handle_s=300, due_s=4 * 3600)
    >>> found = done_by_due([mail], staff=2)
    >>> bool(found.in_time[0] > 0.99), found.backlog_s.shape
    (True, (4, 40))
    """
    agents = _checked(work, staff, interval_s, chances)
    return _forecast(work, agents, interval_s, _drawn(work, chances))


def staff_for_due(
    work: Sequence[DeferredWork],
    *,
    target: float = 0.95,
    profile: ArrayLike = 1.0,
    interval_s: float = 1800.0,
    chances: Chances = Chances(),
) -> DueForecast:
    """Return the forecast of the least whole staff with which every kind is done by when it is due often enough.

    Over the whole time at least as much can be done as is expected to come in, so that the backlog does not grow
    without anything being late yet.

    Parameters
    ----------
    work, interval_s, chances : as for `done_by_due`.
    target : share of each kind's work that must be done in time, above 0 and at most 1 (1: in no course is anything late).
    profile : agents in each interval for each unit of staff: 0 where closed, 1 where open.

    Raises
    ------
    InputError
        As for `done_by_due`, and ``target-impossible`` where something is due before anybody is there.

    Examples
    --------
    >>> mail = DeferredWork("mail", items=[10.0] * 200, handle_s=600, due_s=4 * 3600)
    >>> float(staff_for_due([mail]).staff[0])
    4.0
    """
    shape = _checked(work, profile, interval_s, chances)
    if not 0 < target <= 1:
        raise InputError([Issue("target-out-of-range", Severity.ERROR, "target", f"{target:g}", "Maybe 0.95.")])
    courses = _drawn(work, chances)

    def enough(n: int) -> bool:
        if n * shape.sum() * interval_s < _expected(work) * (1 - 1e-12):
            return False
        share = _forecast(work, n * shape, interval_s, courses).in_time
        return bool(np.all((share >= target - 1e-12) | np.isnan(share)))

    high = 1
    # With this much everything is done in the first open interval after it came; more does not help.
    most = (
        2 * math.ceil(float(courses.sum(axis=1).max() + _waiting(work).sum()) / (interval_s * max(_least(shape), 1e-9)))
        + 2
    )
    while not enough(high):
        if high > most:
            advice = "Maybe open earlier, or give longer: some of it is due before anybody is there."
            raise InputError([Issue("target-impossible", Severity.ERROR, "target", f"{target:g}", advice)])
        high *= 2
    low = high // 2 if not enough(0) else -1
    high = 0 if low < 0 else high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return _forecast(work, high * shape, interval_s, courses)


def _least(shape: Floats) -> float:
    return float(shape[shape > 0].min()) if (shape > 0).any() else 1.0


def _intervals(one: DeferredWork) -> int:
    return int(np.size(np.asarray(one.items)))


def _waiting(work: Sequence[DeferredWork]) -> Floats:
    """Return the work there at the start in seconds by when it is due, shape (kinds, intervals)."""
    found = np.zeros((len(work), _intervals(work[0])))
    for k, one in enumerate(work):
        given = np.asarray(one.waiting, float)
        found[k, : len(given)] = given * one.handle_s
    return found


def _drawn(work: Sequence[DeferredWork], chances: Chances) -> Floats:
    """Return the seconds of work that arrive, shape (paths, kinds, intervals)."""
    draws = stream(chances.seed, "deferred")
    spread = chances.day_spread
    level = draws.gamma(spread**-2, spread**2, chances.paths) if spread > 0 else np.ones(chances.paths)
    out = np.empty((chances.paths, len(work), _intervals(work[0])))
    for k, one in enumerate(work):
        count = draws.poisson(level[:, None] * np.asarray(one.items, float))
        wide = one.handle_spread**2
        out[:, k] = (
            draws.gamma(np.maximum(count, 1) / wide, one.handle_s * wide) * (count > 0)
            if wide > 0
            else count * one.handle_s
        )
    return out


def _forecast(work: Sequence[DeferredWork], staff: Floats, interval_s: float, courses: Floats) -> DueForecast:
    from troth.queueing._edf import earliest_due

    # As if it had arrived at the start of its interval: due at the end of the last whole interval before it is due.
    after = np.array([_slots(one, interval_s) - 1 for one in work], dtype=np.int64)
    due, late, there = earliest_due(courses, after, _waiting(work), np.ascontiguousarray(staff * interval_s))
    late = np.where(late < 1e-9 * np.maximum(due, 1.0), 0.0, late)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = 1 - late.sum(axis=(0, 2)) / due.sum(axis=(0, 2))
        at = 1 - late.sum(axis=0) / due.sum(axis=0)
    stock = np.vstack([there.mean(axis=0), np.quantile(there, [0.1, 0.5, 0.9], axis=0)])
    none_late = float(np.mean(late.sum(axis=(1, 2)) == 0))
    issues = _doubts(work, done=float(staff.sum() * interval_s), left=float(stock[0, -1]), share=share)
    return DueForecast(tuple(one.name for one in work), staff, share, at, none_late, stock, issues)


def _expected(work: Sequence[DeferredWork]) -> float:
    """Return the seconds of work expected to come in, and there at the start."""
    return float(sum(np.sum(one.items) * one.handle_s for one in work) + _waiting(work).sum())


def _doubts(work: Sequence[DeferredWork], *, done: float, left: float, share: Floats) -> tuple[Issue, ...]:
    found: list[Issue] = []
    if done < _expected(work) * (1 - 1e-12):
        advice = "Maybe look at a longer time: less can be done than there is to do, and the rest falls due later."
        told = f"{done / 3600:.1f} h for {_expected(work) / 3600:.1f} h, {left / 3600:.1f} h left"
        found.append(Issue("backlog-grows", Severity.WARNING, "staff", told, advice))
    for one, value in zip(work, share, strict=True):
        if np.isnan(value):
            advice = "Maybe look at a longer time: nothing falls due in this one."
            found.append(Issue("nothing-due", Severity.WARNING, one.name, "", advice))
    return tuple(found)


def _slots(one: DeferredWork, interval_s: float) -> int:
    return math.floor(one.due_s / interval_s * (1 + 1e-12))


def _checked(work: Sequence[DeferredWork], staff: ArrayLike, interval_s: float, chances: Chances) -> Floats:
    """Return staff for each interval, or raise with all that is wrong."""
    found: list[Issue] = []
    if not (interval_s > 0 and math.isfinite(interval_s)):
        found.append(_wrong("interval-not-positive", "interval_s", interval_s, "Maybe 1800 for half an hour."))
        interval_s = math.nan
    if not (chances.paths >= 1 and 0 <= chances.day_spread < math.inf):
        found.append(_wrong("chances-out-of-range", "chances", chances, "Maybe 200 paths and a spread of 0.1."))
    if not work:
        found.append(_wrong("no-rows", "work", "", "Maybe name at least one kind of work."))
    for one in work:
        found += _wrong_kind(one, intervals=_intervals(work[0]), interval_s=interval_s)
    agents = np.asarray(staff, float)
    if not np.all((agents >= 0) & np.isfinite(agents)):
        found.append(_wrong("staff-not-a-number", "staff", agents.ravel()[:3], "Maybe 0 for closed intervals."))
    if work and agents.shape not in {(), (1,), (_intervals(work[0]),)}:
        found.append(_wrong("shapes-differ", "staff", agents.shape, "Maybe staff is of other intervals."))
    if found:
        raise InputError(found)
    return np.array(np.broadcast_to(agents, (_intervals(work[0]),)))


def _wrong_kind(one: DeferredWork, *, intervals: int, interval_s: float) -> list[Issue]:
    found: list[Issue] = []
    items, waiting = np.asarray(one.items, float), np.asarray(one.waiting, float)
    if items.ndim != 1 or len(items) == 0 or len(items) != intervals or waiting.ndim != 1 or len(waiting) > len(items):
        found.append(_wrong("shapes-differ", one.name, items.shape, "Maybe one kind is of other intervals."))
    for name, values in (("items", items), ("waiting", waiting)):
        bad = ~((values >= 0) & np.isfinite(values))
        if bad.any():
            found.append(_wrong("negative-contacts", f"{one.name}.{name}", values[bad][0], "Maybe a hole: use 0."))
    if not (0 < one.handle_s < math.inf and 0 <= one.handle_spread < math.inf):
        found.append(_wrong("handle-time-not-positive", one.name, one.handle_s, "Maybe the mean of another period."))
    if not one.due_s < math.inf or (interval_s > 0 and _slots(one, interval_s) < 2):
        advice = "Maybe shorter intervals: what is due within two of them is no deferred work."
        found.append(_wrong("due-too-short", one.name, one.due_s, advice))
    return found


def _wrong(code: str, where: str, value: object, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, str(value)[:80], advice)
