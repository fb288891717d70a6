"""Limits that are counted along a line: the tightest exactly, the others packed into two words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import numpy as np

from troth.capacity.roster.problem import RosterProblem, Terms

#: Bits of a word that counters along a line share, and how many words there are.
_WORD: Final = 62
_WORDS: Final = 2
#: States that exact counters of kinds with a limit may add to each other state.
_DENSE: Final = 12


class Shifted(Protocol):
    """An option as far as limits look at it."""

    @property
    def kind(self) -> int:
        """Number of its kind."""

    @property
    def worked(self) -> int:
        """Worked minutes."""


def tightest(problem: RosterProblem, options: Sequence[Shifted], terms: Terms) -> tuple[np.ndarray, Mapping[str, int]]:
    """Return (2, O) steps of at most two kinds with the tightest limits, and these kinds with their limits."""
    extra = np.zeros((2, len(options)), np.int64)
    kept, states = dict[str, int](), 1
    for most, kind in sorted((most, kind) for kind, most in terms.most_of_kind if 0 < most < problem.days)[:2]:
        if states * (most + 1) <= _DENSE:
            extra[len(kept)] = [int(problem.kinds[o.kind].kind == kind) for o in options]
            states *= most + 1
            kept[kind] = most
    return extra, kept


def counted(
    problem: RosterProblem, options: Sequence[Shifted], terms: Terms, *, without: Mapping[str, int], unit: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what is counted along: (F, 4) word, shift, mask, limit; (F, O) steps; (F,) whether weekly."""
    days = problem.days
    wanted: list[tuple[int, list[int], bool]] = [
        (most, [int(problem.kinds[o.kind].kind == kind) for o in options], False)
        for kind, most in terms.most_of_kind
        if 0 < most < days and kind not in without
    ]
    if terms.most_days is not None and terms.most_days < days:
        wanted.append((terms.most_days, [1] * len(options), False))
    if terms.most_week_days is not None and terms.most_week_days < 7:
        wanted.append((terms.most_week_days, [1] * len(options), True))
    if terms.week_minutes != (None, None) and terms.minutes[1] is not None:
        wanted.append((terms.minutes[1] // unit, [-(-o.worked // unit) for o in options], False))
    rows, word, shift = list[list[int]](), 0, 0
    for most, _, _ in wanted:
        bits = int(most).bit_length()
        if shift + bits > _WORD:
            word, shift = word + 1, 0
        rows.append([word, shift, (1 << bits) - 1, most])
        shift += bits
    if word >= _WORDS:
        raise ValueError(f"{len(wanted)} limits of kinds do not fit; maybe some can be left out.")
    return (
        np.array(rows, np.int64).reshape(len(rows), 4),
        np.array([step for _, step, _ in wanted], np.int64).reshape(len(rows), len(options)),
        np.array([week for _, _, week in wanted], np.bool_),
    )
