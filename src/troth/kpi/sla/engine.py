"""The clocks of agreements: every run of a clock cut by the targets that hold, measured on their calendars.

A clock is a pure function of the events of its case, the policies, the calendars and the instant up to which it is
looked at. So computing it again repairs whatever was computed before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from troth.core.calendar import Calendar
from troth.core.spans import to_micros
from troth.core.terms import ClockState
from troth.kpi.calendar_use import CalendarUse, Coded, composed
from troth.kpi.clocks import NAT, Clocks, micros
from troth.kpi.sla.history import History, Ints, Truths
from troth.kpi.sla.holding import Holding, holding
from troth.kpi.sla.machine import ENDS, OPEN, Runs, runs
from troth.kpi.sla.policy import ALL_TIME, BY_USE, SlaBooks, SlaTarget

#: What ended a clock, by number: as its run, or that another target took its place.
ENDED_BY: Final = (*ENDS, "replaced")
_REPLACED: Final = len(ENDS)
#: States of a clock by number.
STATES: Final = tuple(ClockState)
_MET, _BREACHED, _RUNNING, _PAUSED, _CANCELLED = range(len(STATES))


@dataclass(frozen=True, slots=True)
class SlaClocks:
    """Every clock of every case, sorted by case, metric and start.

    Instants are int64 microseconds since 1970 with `clocks.NAT` for none; lengths are int64 microseconds.

    Parameters
    ----------
    targets : the targets there are.
    target, case, start, end : shape (clocks,); `end` is missing while nothing has ended it.
    number : which clock of its case and metric it is, from 1.
    ended_by : the place in `ENDED_BY`.
    counted : what it has counted up to its end, or up to `now`.
    paused : how long it was there without counting although its calendar was open.
    due : when the target is or would be used up if nothing else happened; missing while it is paused, and of a clock
        that was stopped in a pause.
    state : the place in `STATES`.
    decided : when it was settled: its stop if it was met, the instant it was due if it is breached, else missing.
    clock, since, until : shape (stretches,): the stretches in which it counts while its calendar is open.
    calendar : shape (clocks,): the place of its calendar in `calendars`.
    calendars : calendars by name.
    now : up to when events were looked at.
    """

    targets: list[SlaTarget]
    target: Ints
    case: Ints
    start: Ints
    end: Ints
    number: Ints
    ended_by: Ints
    counted: Ints
    paused: Ints
    due: Ints
    state: Ints
    decided: Ints
    clock: Ints
    since: Ints
    until: Ints
    calendar: Ints
    calendars: Mapping[str, Calendar]
    now: int
    held: Holding
    names: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.target)


def clocks(
    history: History,
    *,
    books: SlaBooks,
    calendars: Mapping[str, Calendar],
    now: datetime,
    uses: Iterable[Mapping[str, Any]] = (),
    time_zone: str = "UTC",
    as_of: date | None = None,
) -> SlaClocks:
    """Compute the clocks of cases.

    Parameters
    ----------
    history, books : the events up to `now`, and the policies.
    calendars : the calendars that targets name.
    now : up to when the clocks are looked at.
    uses : rows of `calendar_use`, for targets that go by it.
    time_zone : whose days decide which version of a policy holds.
    as_of : the day whose policies rule all cases; None for the day each was opened.
    """
    held = holding(history, books=books, time_zone=time_zone, as_of=as_of)
    cut = _cut(history, held)
    book = CalendarUse({ALL_TIME: Calendar.always(), **calendars}, uses)
    measure, calendar = _calendars(history, held, cut, book)
    return _measured(held, cut, measure, calendar, to_micros(now))


@dataclass(frozen=True, slots=True)
class _Cut:
    """Clocks as they begin and end, and the stretches in which they count, before anything is measured."""

    target: Ints
    case: Ints
    start: Ints
    end: Ints
    ended_by: Ints
    clock: Ints
    since: Ints
    until: Ints


def _cut(history: History, held: Holding) -> _Cut:
    """Cut the runs of all clocks by the stretches in which their targets hold."""
    parts: list[_Cut] = []
    for movement in sorted({target.movement for target in held.targets}, key=str):
        mine = np.array([target.movement == movement for target in held.targets])
        rows = np.flatnonzero(mine[held.target])
        wanted = np.zeros(len(history.cases), dtype=np.bool_)
        wanted[held.case[rows]] = True
        parts.append(_crossed(held, rows, runs(history, movement=movement, of=wanted)))
    shift = np.cumsum([0, *(len(part.target) for part in parts)])
    names = ("target", "case", "start", "end", "ended_by", "since", "until")
    whole = {name: np.concatenate([_EMPTY, *(getattr(part, name) for part in parts)]) for name in names}
    clock = np.concatenate([_EMPTY, *(part.clock + shift[i] for i, part in enumerate(parts))])
    metric = np.array([target.metric for target in held.targets] or [""])[whole["target"]]
    order = np.lexsort((whole["start"], metric, whole["case"]))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    clock = rank[clock]
    inner = np.lexsort((whole["since"], clock))
    return _Cut(
        **{name: whole[name][order] for name in names[:5]},
        clock=clock[inner], since=whole["since"][inner], until=whole["until"][inner],
    )  # fmt: skip


_EMPTY: Final = np.zeros(0, dtype=np.int64)


def _crossed(held: Holding, rows: Ints, found: Runs) -> _Cut:
    """Return a clock for every run and every stretch of a target that meet."""
    left, right = _pairs(held.case[rows], found.case)
    hold, run = rows[left], right
    start, end = found.start[run], found.end[run]
    since, until = held.since[hold], held.until[hold]
    meets = (np.maximum(since, start) < np.minimum(until, end)) | ((start == end) & (since <= start) & (start < until))
    early = np.array([t.retroactive_start for t in held.targets], dtype=np.bool_)[held.target[hold]]
    # A target that came to hold again counts from the run's start again: one promise, of which the last stretch tells.
    meets &= ~early | _last(run, held.target[hold], since, among=meets)
    hold, run, start, end, since, until, early = (x[meets] for x in (hold, run, start, end, since, until, early))
    target = held.target[hold]
    carried = np.array([t.retroactive_pause for t in held.targets], dtype=np.bool_)[target]
    begin = np.where(early, start, np.maximum(start, since))
    by_run = end <= until
    finish = np.minimum(end, until)
    how = np.where(by_run, found.ended_by[run], _REPLACED)
    # Stretches of the run from where its pauses count on; before that, without retroactive pause, all time counts.
    low = np.where(early & carried, begin, np.maximum(begin, since))
    clock, place = _pairs(run, found.run)
    part_since = np.maximum(found.since[place], low[clock])
    part_until = np.minimum(found.until[place], finish[clock])
    some = part_since < part_until
    whole = np.flatnonzero(begin < low)
    return _Cut(
        target, held.case[hold], begin, finish, how,
        np.concatenate([clock[some], whole]),
        np.concatenate([part_since[some], begin[whole]]),
        np.concatenate([part_until[some], low[whole]]),
    )  # fmt: skip


def _last(run: Ints, target: Ints, since: Ints, *, among: Truths) -> Truths:
    """Return which stretches are the last in which their target holds in their run, of some of them."""
    found = np.zeros(len(run), dtype=np.bool_)
    rows = np.flatnonzero(among)
    rows = rows[np.lexsort((since[rows], target[rows], run[rows]))]
    same = (run[rows[1:]] == run[rows[:-1]]) & (target[rows[1:]] == target[rows[:-1]])
    found[rows] = np.append(~same, True)[: len(rows)]
    return found


def _pairs(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Return the places of all pairs of equal values; `right` is sorted."""
    low, high = (np.searchsorted(right, left, side=side) for side in ("left", "right"))
    count = high - low
    first = np.repeat(np.arange(len(left)), count)
    offset = np.arange(len(first)) - np.repeat(np.cumsum(count) - count, count)
    return first, np.repeat(low, count) + offset


def _calendars(history: History, held: Holding, cut: _Cut, book: CalendarUse) -> tuple[Clocks, Ints]:
    """Return the calendars to measure on, and which one each clock goes by."""
    named = np.array([target.calendar for target in held.targets] or [""], dtype=object)[cut.target]
    known = dict(book.calendars)
    codes = np.full(len(named), -1, dtype=np.int64)
    rows = np.flatnonzero(named == BY_USE)
    if len(rows):
        at = history.place(cut.case[rows], at=cut.start[rows])
        columns = {d: history.known[d] for d in book.precedence}
        members = {d: Coded(one.codes[at], one.names) for d, one in columns.items()}
        by_use = book.apply(members, rows=len(rows))
        names = [f"{BY_USE}/{code}" for code in range(len(by_use.timelines))]
        for name, line in zip(names, by_use.timelines, strict=True):
            known[name] = composed(book.calendars, line=line)
    measure = Clocks(known)
    for name in set(named.tolist()) - {BY_USE}:
        codes[named == name] = measure.codes([name])[0]
    if len(rows):
        codes[rows] = measure.codes(names)[by_use.codes]
    return measure, codes


def _measured(held: Holding, cut: _Cut, measure: Clocks, calendar: Ints, now: int) -> SlaClocks:
    """Measure the clocks up to an instant."""
    count = len(cut.target)
    seconds = np.array([target.seconds for target in held.targets] or [0.0])
    allowed = np.rint(seconds * 1e6).astype(np.int64)[cut.target]
    limit = np.minimum(cut.end, now)
    until = np.minimum(cut.until, limit[cut.clock])
    low = np.minimum(cut.since, until)
    passed = _open(measure, low, until, calendar[cut.clock])
    counted = np.zeros(count, dtype=np.int64)
    np.add.at(counted, cut.clock, passed)
    whole = _open(measure, np.minimum(cut.start, limit), limit, calendar)
    due = _due(cut, measure, calendar, allowed)
    ended = cut.end != OPEN
    over = counted > allowed
    last_open = np.zeros(count, dtype=np.bool_)
    last_open[cut.clock[cut.until == OPEN]] = True
    state = np.where(last_open, _RUNNING, _PAUSED)
    state = np.where(ended, _MET, state)
    state = np.where(over, _BREACHED, state)
    # A promise that was broken stays broken, whatever is promised next.
    next_one = np.isin(cut.ended_by, (ENDS.index("reset"), _REPLACED))
    gone = (cut.ended_by == ENDS.index("cancel")) | (next_one & ~over)
    state = np.where(gone, _CANCELLED, state)
    end = np.where(ended, cut.end, NAT)
    decided = np.where(state == _MET, end, np.where(state == _BREACHED, due, NAT))
    return SlaClocks(
        held.targets, cut.target, cut.case, cut.start, end, _numbers(held, cut), cut.ended_by, counted,
        whole - counted, due, state, decided, cut.clock, cut.since, cut.until, calendar, measure.calendars, now, held,
        measure.names,
    )  # fmt: skip


def _open(measure: Clocks, low: Ints, high: Ints, codes: Ints) -> Ints:
    """Return open microseconds."""
    return np.rint(np.nan_to_num(measure.elapsed(low, high, codes=codes)) * 1e6).astype(np.int64)


def _due(cut: _Cut, measure: Clocks, calendar: Ints, allowed: Ints) -> Ints:
    """Return when each clock's target is used up, if it went on as it was when it ended or is now."""
    due = np.full(len(cut.target), NAT, dtype=np.int64)
    if not len(cut.clock):
        return due
    codes = calendar[cut.clock]
    # A clock that was stopped while it counted would have gone on counting.
    last = np.concatenate([cut.clock[1:] != cut.clock[:-1], [True]])
    until = np.where(last & (cut.until == cut.end[cut.clock]), OPEN, cut.until)
    endless = until == OPEN
    passed = _open(measure, cut.since, np.where(endless, cut.since, until), codes)
    total = np.cumsum(passed)
    first = np.concatenate([[True], cut.clock[1:] != cut.clock[:-1]])
    base = np.maximum.accumulate(np.where(first, total - passed, 0))
    before = total - passed - base
    left = allowed[cut.clock] - before
    hit = (left > 0) & (endless | (passed >= left))
    rows = np.flatnonzero(hit)
    # Of a clock's stretches the first that reaches the target counts.
    clock, place = np.unique(cut.clock[rows], return_index=True)
    rows = rows[place]
    due[clock] = micros(measure.due(cut.since[rows], seconds=left[rows] / 1e6, codes=codes[rows]))
    return due


def _numbers(held: Holding, cut: _Cut) -> Ints:
    """Return which clock of its case and metric each is."""
    metrics = sorted({target.metric for target in held.targets})
    metric = np.array([metrics.index(target.metric) for target in held.targets] or [0])[cut.target]
    count = len(metric)
    first = np.ones(count, dtype=np.bool_)
    first[1:] = (cut.case[1:] != cut.case[:-1]) | (metric[1:] != metric[:-1])
    place = np.arange(count)
    found: NDArray[np.int64] = place - np.maximum.accumulate(np.where(first, place, 0)) + 1
    return found
