"""The wait by simulation from what is visible now: the servers' remaining work, the queue, and who may pass it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.random import Generator

from troth.core.random import stream
from troth.core.time import to_micros
from troth.queueing.choose import Server, Waiting, can_serve, placed, rank
from troth.queueing.state import LEVELS, NO_SERVICE, UNKNOWN_S, Floats, QueueState, ServerNow, WaitBand, ahead_of

#: Lengths of one kind count fully from about this many on; below, lengths of all kinds fill up.
SHRINK: Final = 20
#: More newcomers than this do not pass one ticket within one run.
MOST_PASSING: Final = 40
#: At which parts of a typical wait newcomers are tried, latest first.
_PARTS: Final = (1.0, 0.75, 0.5, 0.35, 0.2, 0.1, 0.05)
#: Over how long `QueueState.joined` reaches back.
_REACH_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Simulation:
    """Draw the rest of each service, then serve the queue in its order, many times over.

    Lengths are drawn from those seen lately for the kind of service, shrunk towards all kinds where few were seen; what
    a server already spent is known, so the rest is drawn from lengths that exceed it. People ahead may give up at the
    rate seen. Newcomers whom the discipline puts first pass, at the rate of the last hour.

    Parameters
    ----------
    runs : how many futures.
    seed : the same seed, ticket and state give the same band.
    """

    runs: int = 200
    seed: int = 0

    name = "simulation"

    def predict(self, state: QueueState, *, quantiles: Sequence[float] = LEVELS) -> WaitBand:
        """Return the wait at the given levels."""
        waits = self.waits_s(state)
        levels = tuple(quantiles)
        return WaitBand(levels, tuple(float(value) for value in np.quantile(waits, levels)))

    def waits_s(self, state: QueueState) -> Floats:
        """Return the wait in each run in seconds, shape (runs,)."""
        rng = stream(self.seed, "wait", state.ticket.id)
        servers = state.servers or ()
        able = np.array([can_serve(one.server, ticket=state.ticket) for one in servers], dtype=bool)
        if not able.any():  # nobody here could serve it: as if one server came free after a service of its kind
            return _lengths(state, state.ticket.service, self.runs, rng)
        free = np.column_stack([_until_free(state, one, self.runs, rng) for one in servers])
        for other in ahead_of(state):
            fits = np.array([can_serve(one.server, ticket=other) for one in servers], dtype=bool)
            _serve(state, free, fits, other.service, rng)
        ready = placed(state.discipline, ticket=state.ticket).ready_us - to_micros(state.now)
        first = np.maximum(free[:, able].min(axis=1), ready / 1e6)
        return _let_pass(state, free, able, first, rng)


def _lengths(state: QueueState, kind: str, size: int, rng: Generator) -> Floats:
    """Draw lengths of a kind of service."""
    own = state.lasted_s.get(kind, np.empty(0))
    others = [
        values for name, values in state.lasted_s.items() if name != kind and name not in NO_SERVICE and len(values)
    ]
    if not len(own) and not others:
        return rng.exponential(UNKNOWN_S, size)
    if not len(own):
        return rng.choice(np.concatenate(others), size)
    drawn = own[rng.integers(0, len(own), size)]
    if others and kind not in NO_SERVICE:
        pool = np.concatenate(others)
        lent = rng.random(size) >= len(own) / (len(own) + SHRINK)
        drawn = np.where(lent, pool[rng.integers(0, len(pool), size)], drawn)
    return np.asarray(drawn, dtype=np.float64)


def _until_free(state: QueueState, one: ServerNow, size: int, rng: Generator) -> Floats:
    """Draw how long until a server is free."""
    if one.opens_at is not None:
        return np.full(size, max(0.0, (one.opens_at - state.now).total_seconds()))
    if not one.doing or one.since is None:
        return np.zeros(size)
    spent = (state.now - one.since).total_seconds()
    seen = state.lasted_s.get(one.doing, np.empty(0))
    longer = seen[seen > spent]
    if len(longer) >= 5:
        return np.asarray(longer[rng.integers(0, len(longer), size)] - spent, dtype=np.float64)
    # Longer than nearly all seen: what is left of such is long too. The tail is taken for that of its longest tenth.
    tail = np.sort(seen)[-max(5, len(seen) // 10) :] if len(seen) else np.array([UNKNOWN_S])
    excess = max(float(tail.mean() - tail.min()), spent if one.doing in NO_SERVICE else 0.5 * spent, 1.0)
    return rng.exponential(excess, size)


def _serve(state: QueueState, free: Floats, fits: np.ndarray, kind: str, rng: Generator) -> None:
    """Give the next ticket of the order to the first server that fits, in every run; it may have left by then."""
    if not fits.any():
        return
    runs = np.arange(len(free))
    columns = np.flatnonzero(fits)
    taken = columns[free[:, columns].argmin(axis=1)]
    start = free[runs, taken]
    length = _lengths(state, kind, len(free), rng)
    if state.leaving > 0:
        length = np.where(rng.exponential(1 / state.leaving, len(free)) < start, 0.0, length)
    free[runs, taken] = start + length


def _let_pass(state: QueueState, free: Floats, able: np.ndarray, first: Floats, rng: Generator) -> Floats:
    """Let newcomers pass whom the discipline puts before the ticket; return when it is called."""
    passing = _passing(state, float(np.median(first)))
    size = len(first)
    if not passing:
        return first
    columns, runs = np.flatnonzero(able), np.arange(size)
    coming = np.cumsum(rng.exponential(_REACH_S / len(passing), (size, MOST_PASSING)), axis=1)
    until = np.array([until_s for _, until_s in passing])
    kinds = rng.integers(0, len(passing), (size, MOST_PASSING))
    start = first
    for k in range(MOST_PASSING):
        passes = (coming[:, k] <= start) & (coming[:, k] <= until[kinds[:, k]])
        if not passes.any():
            if (coming[:, k] > start).all():
                break
            continue
        kind = passing[int(kinds[passes.argmax(), k])][0].service
        taken = columns[free[:, columns].argmin(axis=1)]
        longer = np.where(passes, _lengths(state, kind, size, rng), 0.0)
        begun = np.where(passes, np.maximum(free[runs, taken], coming[:, k]), free[runs, taken])
        free[runs, taken] = begun + longer
        start = np.maximum(first, free[:, columns].min(axis=1))
    return start


def _passing(state: QueueState, typical_s: float) -> list[tuple[Waiting, float]]:
    """Return those of the last hour whose like would be called before the ticket, and until when they may yet come.

    Tried at a few instants of a typical wait; who passes even at its end may always come.
    """
    if len(state.discipline.classes) == 1:
        return []
    able = [one.server for one in state.servers if can_serve(one.server, ticket=state.ticket)]
    until: dict[tuple[object, ...], float] = {}
    for other in state.joined:
        if _kind(other) not in until:
            until[_kind(other)] = _passes_until(state, other, typical_s, able)
    return [(other, until[_kind(other)]) for other in state.joined if until[_kind(other)] > 0]


def _passes_until(state: QueueState, other: Waiting, typical_s: float, able: Sequence[Server]) -> float:
    """Return until when one like `other` may come and still be called before the ticket, in seconds from now."""
    called = state.now + timedelta(seconds=typical_s)

    def passes(part: float) -> bool:
        joins = state.now + timedelta(seconds=typical_s * part)
        like = replace(
            other, id=state.ticket.id + 1, joined_at=joins, booked_at=None, returned_at=None, not_before=None
        )
        return rank(state.discipline, waiting=(state.ticket, like), now=called)[:1] == (like,)

    fits = any(can_serve(server, ticket=other) for server in able)
    if not fits or not passes(_PARTS[-1]):
        return 0.0
    if passes(1.0):
        return float("inf")
    # Who comes later passes less: halve the parts.
    place = bisect_left(_PARTS, True, key=passes)
    return typical_s * _PARTS[place]


def _kind(ticket: Waiting) -> tuple[object, ...]:
    return ticket.service, ticket.priority, ticket.labels, ticket.skills, ticket.reserved_for
