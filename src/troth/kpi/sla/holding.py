"""Which target holds for which case, and when: the policy chosen at every change of what is known of a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np

from troth.core.spans import from_micros, local_date, zone
from troth.kpi.sla.history import History, Ints
from troth.kpi.sla.machine import OPEN
from troth.kpi.sla.policy import FIELDS, SlaBooks, SlaTarget

_DAY: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Holding:
    """Stretches of time in which one target holds for a case.

    Parameters
    ----------
    targets : the targets there are.
    case, target, since, until : int64, shape (stretches,); `target` is a place in `targets`, `until` may be `OPEN`.
        Sorted by case and beginning; stretches of one case and metric do not overlap.
    book : int64, shape (cases,): the place of the book that rules each case.
    several : how many cases more than one policy fits, by the names of the first two.
    """

    targets: list[SlaTarget]
    case: Ints
    target: Ints
    since: Ints
    until: Ints
    book: Ints
    several: dict[tuple[str, str], int] = field(default_factory=dict)


def holding(history: History, *, books: SlaBooks, time_zone: str, as_of: date | None = None) -> Holding:
    """Find which target of every metric holds for every case, and when.

    At every event the first policy that fits what is then known of the case holds, with its target for the priority.

    Parameters
    ----------
    history, books : the events and the policies.
    time_zone : whose days decide which book rules a case.
    as_of : the day whose book rules all cases; None for the day each was opened.
    """
    book = _books_of(history, books, time_zone, as_of)
    codes, kinds = _kinds(history, book, books)
    places: dict[SlaTarget, int] = {}
    metrics = sorted({metric for one in books.books for metric in one.metrics})
    chosen = np.full((len(kinds), len(metrics)), -1, dtype=np.int64)
    pairs: list[tuple[str, str] | None] = []
    for row, (number, known) in enumerate(kinds):
        fitting = books.books[number].fitting(known)
        pairs.append((fitting[0].name, fitting[1].name) if len(fitting) > 1 else None)
        for column, metric in enumerate(metrics):
            found = fitting[0].target(metric, priority=known.get("priority")) if fitting else None
            if found is not None:
                chosen[row, column] = places.setdefault(found, len(places))
    parts = [_stretches(history, chosen[codes, column]) for column in range(len(metrics))]
    case, target, since, until = (
        np.concatenate([part[i] for part in parts] or [np.zeros(0, dtype=np.int64)]) for i in range(4)
    )
    order = np.lexsort((target, since, case))
    return Holding(
        list(places), case[order], target[order], since[order], until[order], book, _several(history, codes, pairs)
    )


def _books_of(history: History, books: SlaBooks, time_zone: str, as_of: date | None) -> Ints:
    """Return the place of the book that rules each case."""
    if as_of is not None:
        return np.full(len(history.cases), books.number(as_of), dtype=np.int64)
    tz = zone(time_zone)
    # The local date takes a loop, so it is asked for once for every hour in which cases were opened.
    hours, place = np.unique(history.opened // (_DAY // 96), return_inverse=True)
    numbers = [books.number(local_date(from_micros(int(hour) * (_DAY // 96)), tz=tz)) for hour in hours]
    return np.array(numbers, dtype=np.int64)[place]


def _kinds(history: History, book: Ints, books: SlaBooks) -> tuple[Ints, list[tuple[int, dict[str, Any]]]]:
    """Return for every event the number of what is known of its case, and all that can be known."""
    asked = {name for one in books.books for policy in one.policies for name, _ in policy.filters} | {"priority"}
    names = [name for name in FIELDS if name in asked]
    key = book[history.case]
    for name in names:
        coded = history.known[name]
        key = key * (len(coded.names) + 1) + coded.codes + 1
    keys, codes = np.unique(key, return_inverse=True)
    kinds = []
    for one in keys.tolist():
        known: dict[str, Any] = {}
        left = one
        for name in reversed(names):
            words = history.known[name].names
            left, place = divmod(left, len(words) + 1)
            known[name] = words[place - 1] if place else None
        kinds.append((left, known))
    return codes.astype(np.int64), kinds


def _stretches(history: History, target: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Return the stretches in which one target of a metric holds: case, target, since, until."""
    # Of events at one instant the last says what holds.
    count = len(target)
    if not count:
        return (target,) * 4
    last = np.ones(count, dtype=np.bool_)
    last[:-1] = (history.case[1:] != history.case[:-1]) | (history.at[1:] != history.at[:-1])
    case, at, target = history.case[last], history.at[last], target[last]
    changed = np.ones(len(case), dtype=np.bool_)
    changed[1:] = (case[1:] != case[:-1]) | (target[1:] != target[:-1])
    case, at, target = case[changed], at[changed], target[changed]
    until = np.full(len(case), OPEN, dtype=np.int64)
    until[:-1] = np.where(case[1:] == case[:-1], at[1:], OPEN)
    kept = target >= 0
    return case[kept], target[kept], at[kept], until[kept]


def _several(history: History, codes: Ints, pairs: Sequence[tuple[str, str] | None]) -> dict[tuple[str, str], int]:
    """Return how many cases more than one policy fitted, by the first two."""
    names = sorted({pair for pair in pairs if pair is not None})
    found: dict[tuple[str, str], int] = {}
    for pair in names:
        hit = np.array([one == pair for one in pairs])[codes]
        found[pair] = len(np.unique(history.case[hit]))
    return found
