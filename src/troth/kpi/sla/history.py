"""What happened to cases, as arrays: the only thing the clocks of agreements are computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from troth.kpi.calendar_use import Coded
from troth.kpi.sla.policy import Match

Ints = NDArray[np.int64]
Truths = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class History:
    """The events of cases, sorted by case and, within a case, as the log orders them.

    Parameters
    ----------
    cases : names of the cases.
    case : int64, shape (events,): the place of each event's case in `cases`.
    at : int64, shape (events,): microseconds since 1970.
    said : what conditions test, by column of `policy.TESTS` but `changed` and `after`: codes of words.
    known : what is known of the case once the event has happened, by field of `policy.FIELDS`, and `agent`: codes.
    changed : whether the event gives the case another team, agent, priority or status.
    replied : whether a person replied to the customer before the event.
    approximate : shape (cases,): whether any event of the case is not known exactly.
    opened : int64, shape (cases,): when each was opened, else its first event.
    """

    cases: list[str]
    case: Ints
    at: Ints
    said: Mapping[str, Coded]
    known: Mapping[str, Coded]
    changed: Mapping[str, Truths]
    replied: Truths
    approximate: Truths
    opened: Ints

    def __len__(self) -> int:
        return len(self.at)

    def passing(self, column: str, *, match: Match) -> Truths:
        """Return which events pass a test of a condition."""
        if column == "changed":
            hits = np.zeros(len(self), dtype=np.bool_)
            for word in match.words:
                hits |= self.changed[word]
            return ~hits if match.negated else hits
        if column == "after":
            return ~self.replied if match.negated else self.replied
        coded = self.said[column]
        table = np.array([match.passes(name) for name in coded.names] + [match.passes(None)])
        return table[coded.codes]  # code -1 takes the last entry, which is what nothing passes

    def place(self, case: Ints, *, at: Ints) -> Ints:
        """Return for each pair the place of the last event of the case not after the instant, else of its first event."""
        times = np.unique(self.at)
        width = len(times) + 1
        key = self.case * width + np.searchsorted(times, self.at) + 1
        found = np.searchsorted(key, case * width + np.searchsorted(times, at, side="right"), side="right") - 1
        first = np.searchsorted(self.case, case, side="left")
        result: Ints = np.maximum(found, first)
        return result

    def first_of(self) -> Ints:
        """Return the place of the first event of every case."""
        result: Ints = np.searchsorted(self.case, np.arange(len(self.cases)))
        return result
