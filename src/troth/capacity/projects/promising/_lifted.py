"""Futures lived again without one project, so that it can be asked about as if it had no place in them yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from weakref import WeakKeyDictionary

from troth.capacity.projects.promising._draws import cut
from troth.capacity.projects.promising._jobs import NEVER
from troth.capacity.projects.promising._run import blank, in_groups, joined, live_group
from troth.capacity.projects.promising.prepare import PreparedFutures

#: Person-weeks that are lived again: some seconds on two cores; and how many futures that are at least.
_WORK: Final = 8_000_000
_FEWEST: Final = 200
#: Bytes that free hours of futures lived again may take together, but for those of the last question.
_BYTES: Final = 1_000_000_000

_KNOWN: WeakKeyDictionary[PreparedFutures, dict[int, PreparedFutures]] = WeakKeyDictionary()


def lifted(prepared: PreparedFutures, *, number: int) -> PreparedFutures:
    """Return the first futures with a job won and never begun, as many as there is time for; kept for the jobs asked about last.

    What it leaves cannot be had by giving its hours back: who stands behind it would have had them. Hours booked hard for it
    are held all the same: they are its own wherever it stands.
    """
    known = _KNOWN.setdefault(prepared, {})
    # What was asked about last stands last.
    found = known.pop(number, None) or _lived(prepared, number)
    while known and sum(one.lived.free.nbytes for one in known.values()) + found.lived.free.nbytes > _BYTES:
        known.pop(next(iter(known)))
    known[number] = found
    return found


def _lived(prepared: PreparedFutures, number: int) -> PreparedFutures:
    people, weeks = len(prepared.portfolio.people), prepared.weeks
    n = many(prepared)
    draws = cut(prepared.draws, futures=n)
    draws.won[:, number], draws.wanted[:, number] = prepared.lucks[number].day[:n], NEVER
    jobs = draws.won.shape[1]
    shared = blank(n, weeks=weeks, people=people, jobs=jobs, edges=len(prepared.edges), skills=len(prepared.skills))
    kept = prepared.started >= NEVER
    kept[len(prepared.jobs) :] = False

    def one(group: tuple[int, int]) -> Any:
        return live_group(prepared.world, draws, shared, prepared.edges, prepared.started, kept, group, weeks)

    own, own_at = joined([own for _, own in in_groups(one, futures=n)], jobs=jobs)
    return replace(prepared, futures=n, draws=draws, lived=shared._replace(own=own, own_at=own_at))


def many(prepared: PreparedFutures) -> int:
    """Return how many futures are lived again."""
    most = _WORK // max(len(prepared.portfolio.people) * prepared.weeks, 1)
    return min(prepared.futures, max(most, _FEWEST))
