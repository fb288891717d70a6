"""A figure of every case or contact by one way, from what the log knows of them as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from troth.core.calendar import Calendar
from troth.core.terms import CaseStatus
from troth.kpi.calendar_use import RowCalendars
from troth.kpi.clocks import NAT, Clocks, Floats, Ints, Pauses
from troth.kpi.reconcile.ways import Way

Truths = NDArray[np.bool_]
_ALL_TIME: Final = Clocks({"24x7": Calendar.always()})


@dataclass(frozen=True, slots=True)
class Spells:
    """Stretches in which cases were in a status, in order; the last of a case may have no end.

    Parameters
    ----------
    row : int64, shape (spells,): the place of the case.
    status : shape (spells,): its status.
    start, end : int64 microseconds since 1970; `clocks.NAT` where it goes on.
    """

    row: Ints
    status: Sequence[str]
    start: Ints
    end: Ints


@dataclass(frozen=True, slots=True)
class Material:
    """What the log knows of cases or contacts.

    Parameters
    ----------
    names : their ids.
    instants : int64 microseconds, shape (rows,), by name: what a `Way` may start or end at; `NAT` where it is not known.
    coarse : by name of an instant, where it is known only from a figure of the source itself.
    counts : shape (rows,), by name.
    merged : which were joined into another.
    holds_s : seconds on hold within a contact.
    calendars : whose opening hours hold for each.
    spells : statuses.
    begun : shape (rows,): whether the opening was told; else the first event stands for it. Of contacts, whether any was.
    tracked : shape (rows,): whether any status was told; else there is no figure of statuses.
    """

    names: Sequence[str]
    instants: Mapping[str, Ints]
    coarse: Mapping[str, Truths]
    counts: Mapping[str, Floats]
    merged: Truths
    holds_s: Floats
    calendars: RowCalendars
    spells: Spells
    begun: Truths
    tracked: Truths


def measure(material: Material, *, way: Way) -> Floats:
    """Return the figure of every case or contact by a way: seconds, or a count; NaN where there is none.

    There is none where an instant is missing, the end is before the start, or a status asked for was never recorded.
    """
    left_out = material.merged & (not way.merged)
    if way.count:
        return np.where(left_out, np.nan, material.counts[way.count])
    start, end = material.instants[way.start], material.instants[way.end]
    pauses = _outside(material, way.within) if way.within else None
    if way.business:
        found = material.calendars.elapsed(start, end, rule=way.schedule, pauses=pauses)
    else:
        found = _ALL_TIME.elapsed(start, end, pauses=pauses)
    if not way.holds:
        found = found - material.holds_s
    # A case of which no status is told was never seen pending: ours counts it whole, but a sum of statuses is unknown.
    untold = ~material.tracked & (len(way.within) > 0) & (CaseStatus.CLOSED not in way.within)
    return np.where(left_out | untold, np.nan, found)


def _outside(material: Material, within: Sequence[str]) -> Pauses:
    """Return the time of each case in other statuses than those; before its first it is new."""
    spells = material.spells
    out = np.array([status not in within for status in spells.status], dtype=np.bool_)
    row, start, end = spells.row[out], spells.start[out], spells.end[out]
    if CaseStatus.NEW not in within and len(spells.row):
        first = np.concatenate([[True], spells.row[1:] != spells.row[:-1]])
        row = np.concatenate([row, spells.row[first]])
        start = np.concatenate([start, np.zeros(first.sum(), dtype=np.int64)])
        end = np.concatenate([end, spells.start[first]])
    return Pauses(row, start, end)


def unknown(material: Material, *, name: str) -> Truths:
    """Return where an instant is not told; that of a resolution which did not hold is known, and is none."""
    found: Truths = material.instants["last_resolution" if name == "final_resolution" else name] == NAT
    return found


def missing(material: Material, *, way: Way) -> dict[str, int]:
    """Return in how many rows each instant a way needs is not known, merged ones aside."""
    if way.count:
        return {}
    counted = ~material.merged | way.merged
    found = {name: int((counted & unknown(material, name=name)).sum()) for name in (way.start, way.end)}
    if way.within and CaseStatus.CLOSED not in way.within:
        found["statuses"] = int((counted & ~material.tracked).sum())
    return {name: count for name, count in found.items() if count}
