"""Two figures of the same cases: where they are equal, and which single change, or which two, would make them so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from troth.kpi.clocks import Floats, Ints
from troth.kpi.reconcile.measure import Truths

#: Lengths nearer than this, in seconds, are the same: sources write whole seconds, and the log keeps ticks below one.
_SAME_S: Final = 0.5
#: Ticks a log adds to tell the order of events within a second or minute.
_TICK_S: Final = 0.02


class Fit(StrEnum):
    """How one figure stands to another."""

    DIFFERS = "differs"
    EQUAL = "equal"
    DOWN = "down"  # rounded down to the step the product counts in
    NEAREST = "nearest"
    UP = "up"


FITS: Final = tuple(Fit)
Codes = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CauseTally:
    """What one change, or two, would make of the differences of a figure.

    Parameters
    ----------
    codes : the change, or the two.
    cases : how many differences it is given as the cause of.
    settles : how many differences it would settle.
    alone : those of them that no other would settle.
    breaks : how many equal figures it would make differ.
    """

    codes: Codes
    cases: int
    settles: int
    alone: int
    breaks: int


@dataclass(frozen=True, slots=True)
class Judged:
    """Where two figures are equal, and the cause where they are not.

    Parameters
    ----------
    fit : int64, shape (rows,): the place in `FITS`, by our way as it is.
    cause : int64, shape (rows,): the place in `tallies` of what the row is put down to; -1 for none.
    cause_fit : int64, shape (rows,): the place in `FITS` once that change is made.
    also : by row, the other changes that would settle it as well, for the rows that have any.
    tallies : every change that settles anything, singles first, those that settle most first.
    """

    fit: Ints
    cause: Ints
    cause_fit: Ints
    also: Mapping[int, tuple[Codes, ...]] = field(default_factory=dict)
    tallies: tuple[CauseTally, ...] = field(default=())


def fits(ours: Floats, *, theirs: Floats, unit_s: float) -> Ints:
    """Return how each of our figures stands to theirs, as places in `FITS`.

    Parameters
    ----------
    ours, theirs : shape (rows,); NaN fits nothing.
    unit_s : the step theirs are counted in; 0 for counts and verdicts, which are never rounded.

    Examples
    --------
    >>> [str(FITS[k]) for k in fits(np.array([125.0, 150.0, 125.0]), theirs=np.array([120.0, 180.0, 240.0]), unit_s=60.0)]
    ['down', 'nearest', 'differs']
    """
    found = np.zeros(len(ours), dtype=np.int64)
    if unit_s > 0:
        steps, shown = ours / unit_s, theirs / unit_s
        tick, near = _TICK_S / unit_s, 1e-6
        for fit, rounded in (
            (Fit.UP, np.ceil(steps - tick)),
            (Fit.DOWN, np.floor(steps + tick)),
            (Fit.NEAREST, np.floor(steps + 0.5)),
        ):
            found[np.abs(rounded - shown) <= near] = FITS.index(fit)
        # Rounded down and to the nearest may be the same; the plainer word is taken.
        found[np.abs(np.floor(steps + tick) - shown) <= near] = FITS.index(Fit.DOWN)
    same = np.abs(ours - theirs) <= (_SAME_S if unit_s > 0 else 1e-9)
    found[same] = FITS.index(Fit.EQUAL)
    return found


def judge(
    theirs: Floats, *, ours: Floats, others: Mapping[Codes, Floats], unit_s: float, cautious: bool = False
) -> Judged:
    """Find where figures are equal, and why not elsewhere, by making one change at a time, then two.

    Of several changes that would settle a row it is put down to the one that settles most rows of the figure; two changes
    are tried only where no single one does. Figures that are equal but for rounding are equal here, and told apart by
    `Judged.fit`.

    Parameters
    ----------
    theirs, ours : shape (rows,); NaN where there is none.
    others : our figures with one or two changes made, by their codes.
    unit_s : the step theirs are counted in; see `fits`.
    cautious : where agreeing by chance is easy, as with verdicts and small counts: a change is a cause only if it
        settles more than it breaks.
    """
    fit = fits(ours, theirs=theirs, unit_s=unit_s)
    cause = np.full(len(theirs), -1, dtype=np.int64)
    cause_fit = np.zeros(len(theirs), dtype=np.int64)
    differs, equal = (fit == 0) & ~np.isnan(theirs), fit > 0
    tallies: list[CauseTally] = []
    also: dict[int, tuple[Codes, ...]] = {}
    for size in (1, 2):
        made = {
            codes: fits(other, theirs=theirs, unit_s=unit_s) for codes, other in others.items() if len(codes) == size
        }
        left = differs & (cause < 0)
        settled = {codes: left & (one > 0) for codes, one in made.items()}
        breaks = {codes: int((equal & (one == 0)).sum()) for codes, one in made.items()}
        kept = {c: s for c, s in settled.items() if s.any() and not (cautious and s.sum() <= breaks[c])}
        ranked = sorted(kept, key=lambda codes: (-int(kept[codes].sum()), breaks[codes]))
        several = np.sum([kept[codes] for codes in ranked], axis=0) if ranked else np.zeros(len(theirs))
        for codes in ranked:
            mine = kept[codes] & (cause < 0)
            for row in np.flatnonzero(kept[codes] & (several > 1) & ~mine).tolist():
                also[row] = (*also.get(row, ()), codes)
            if size == 1 or mine.any():
                cause[mine], cause_fit[mine] = len(tallies), made[codes][mine]
                tallies.append(_tally(codes, mine, kept[codes], several, breaks[codes]))
        tallies += [
            _tally(codes, np.zeros(0), s, np.zeros(len(theirs)), breaks[codes])
            for codes, s in settled.items()
            if size == 1 and s.any() and codes not in kept
        ]
    return Judged(fit, cause, cause_fit, also, tuple(tallies))


def _tally(codes: Codes, mine: Truths | Floats, settles: Truths, several: Floats, breaks: int) -> CauseTally:
    return CauseTally(codes, int(mine.sum()), int(settles.sum()), int((settles & (several == 1)).sum()), breaks)
