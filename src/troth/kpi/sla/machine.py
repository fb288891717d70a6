"""One clock's machine run over the events of all cases at once.

A clock is idle, active or stopped, and by itself held or not. What an event does depends on the state before it, so
rows seem to need a loop; but what an event does is a function from six states to six, and functions can be composed in
any grouping: a prefix scan (Hillis and Steele, "Data parallel algorithms", CACM 29(12), 1986) runs all cases in as many
passes over arrays as the longest case has binary digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from troth.core.terms import Hook
from troth.kpi.sla.history import History, Ints, Truths
from troth.kpi.sla.policy import Match, Movement

#: Microseconds that stand for "not yet".
OPEN: Final = int(np.iinfo(np.int64).max)

_IDLE, _ACTIVE, _STOPPED = 0, 1, 2
_BITS: Final = {hook: 1 << place for place, hook in enumerate(Hook)}
#: How a run ended, by number.
ENDS: Final = ("", "stop", "cancel", "reset")
_NEW, _AGAIN = 1, 2


@dataclass(frozen=True, slots=True)
class Runs:
    """Every run of a clock: from the event that starts it to the one that ends it for good.

    Parameters
    ----------
    case, start, end : int64, shape (runs,); `end` is `OPEN` where nothing ended it yet. Sorted by case and start.
    ended_by : int64: the place in `ENDS`.
    run, since, until : int64, shape (stretches,): the stretches of each run in which it counts; the last may be `OPEN`.
    """

    case: Ints
    start: Ints
    end: Ints
    ended_by: Ints
    run: Ints
    since: Ints
    until: Ints


def step(state: tuple[int, bool], *, done: frozenset[Hook], continues: bool) -> tuple[tuple[int, bool], str, int]:
    """Return what an event does: the state after it, what it ends a run as, and whether one begins or is taken up again.

    Parameters
    ----------
    state : idle, active or stopped (0, 1, 2), and whether it is held.
    done : the hooks of the event.
    continues : see `Movement`.

    Of several hooks at once, holding goes before letting go, and ending before beginning: cancel, stop, reset, start.
    """
    phase, held = state
    held = Hook.PAUSE in done or (held and Hook.RESUME not in done)
    ended = ""
    if phase == _ACTIVE:
        ended = next((str(hook) for hook in (Hook.CANCEL, Hook.STOP, Hook.RESET) if hook in done), "")
        if ended == Hook.RESET:
            return (_ACTIVE, held), ended, _NEW
        if ended:
            phase = _STOPPED if ended == Hook.STOP else _IDLE
    if phase != _ACTIVE and Hook.START in done:
        return (_ACTIVE, held), ended, _AGAIN if phase == _STOPPED and continues else _NEW
    return (phase, held), ended, 0


def _tables(*, continues: bool) -> tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.int8]]:
    """Return for every set of hooks and state: the state after, how a run ended, how one began."""
    after, ended, begun = (np.zeros((64, 6), dtype=np.int8) for _ in range(3))
    for mask in range(64):
        done = frozenset(hook for hook, bit in _BITS.items() if mask & bit)
        for state in range(6):
            (phase, held), how, begins = step((state // 2, bool(state % 2)), done=done, continues=continues)
            after[mask, state] = phase * 2 + held
            ended[mask, state] = ENDS.index(how)
            begun[mask, state] = begins
    return after, ended, begun


def hooks(history: History, *, movement: Movement) -> NDArray[np.int8]:
    """Return for every event the set of hooks it fires, as bits in the order of `Hook`."""
    mask = np.zeros(len(history), dtype=np.int8)
    for condition in movement.conditions:
        hit = np.ones(len(history), dtype=np.bool_)
        for column, match in condition.tests:
            hit &= history.passing(column, match=match)
        mask[hit] |= _BITS[condition.hook]
    if not list(movement.of(Hook.RESUME)):
        mask[_no_longer_held(history, movement, mask)] |= _BITS[Hook.RESUME]
    return mask


def _no_longer_held(history: History, movement: Movement, mask: NDArray[np.int8]) -> Truths:
    """Return the events at which the condition of a pause no longer holds."""
    words = sorted({word for pause in movement.of(Hook.PAUSE) for word in pause.activities})
    if not words:
        return np.zeros(len(history), dtype=np.bool_)
    alike = history.passing("activity", match=Match((*words, "reopened")))
    found: Truths = alike & ((mask & _BITS[Hook.PAUSE]) == 0)
    return found


def runs(history: History, *, movement: Movement, of: Truths | None = None) -> Runs:
    """Run one clock over cases.

    Parameters
    ----------
    history : the events.
    movement : what moves the clock.
    of : shape (cases,): the cases whose clock is asked for; all if left out.
    """
    mask = hooks(history, movement=movement)
    marks = np.flatnonzero(mask if of is None else (mask != 0) & of[history.case])
    case, at, mask = history.case[marks], history.at[marks], mask[marks]
    after, ended, begun = _tables(continues=movement.continues)
    state, before = _states(case, after[mask])
    return _collect(case, at, state, ended[mask, before].astype(np.int64), begun[mask, before].astype(np.int64))


def _states(case: Ints, does: NDArray[np.int8]) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Return the state after and before each event, every case beginning idle."""
    count = len(case)
    first = np.concatenate([[True], case[1:] != case[:-1]]) if count else np.zeros(0, dtype=np.bool_)
    place = np.arange(count)
    since = place - np.maximum.accumulate(np.where(first, place, 0))  # how many events of the case came before
    whole = does.copy()
    whole[first] = does[first, :1]  # whatever was before, a case begins idle
    width = 1
    while width <= int(since.max(initial=0)):
        late = np.flatnonzero(since >= width)
        whole[late] = np.take_along_axis(whole[late], whole[late - width].astype(np.int64), axis=1)
        width *= 2
    state: NDArray[np.int8] = whole[:, 0]
    before = np.where(first, 0, np.concatenate([[0], state[:-1]])).astype(np.int8) if count else state
    return state, before


def _collect(case: Ints, at: Ints, state: NDArray[np.int8], ended: Ints, begun: Ints) -> Runs:
    """Gather runs and the stretches in which they count."""
    fresh = begun == _NEW
    starts = np.flatnonzero(fresh)
    run = np.cumsum(fresh) - 1  # the run an event belongs to once it has happened
    end = np.full(len(starts), OPEN, dtype=np.int64)
    how = np.zeros(len(starts), dtype=np.int64)
    # An event that ends a run and begins the next belongs to the next one by now.
    ending = np.flatnonzero(ended != 0)
    whose = run[ending] - fresh[ending]
    end[whose], how[whose] = at[ending], ended[ending]  # of several ends of one run the last stands
    again = np.flatnonzero(begun == _AGAIN)
    last_end = np.full(len(starts), -1, dtype=np.int64)
    last_end[whose] = ending
    reopened = run[again][last_end[run[again]] <= again]
    end[reopened], how[reopened] = OPEN, 0
    counting = np.flatnonzero(state == _ACTIVE * 2)
    following = np.minimum(counting + 1, max(len(case) - 1, 0))
    closed = (following > counting) & (case[following] == case[counting])
    until = np.where(closed, at[following], OPEN)
    return Runs(case[starts], at[starts], end, how, run[counting], at[counting], until)
