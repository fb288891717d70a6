"""The rules by which a control chart speaks: Western Electric and Nelson, each with a stable code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]


class SignalRule(StrEnum):
    """What counts as more than chance."""

    BEYOND_3_SIGMA = "beyond-3-sigma"
    TWO_OF_THREE = "two-of-three-beyond-2-sigma"
    FOUR_OF_FIVE = "four-of-five-beyond-1-sigma"
    EIGHT_ON_ONE_SIDE = "eight-on-one-side"
    NINE_ON_ONE_SIDE = "nine-on-one-side"
    SIX_TREND = "six-rising-or-falling"
    FOURTEEN_ALTERNATING = "fourteen-alternating"
    FIFTEEN_WITHIN = "fifteen-within-1-sigma"
    EIGHT_OUTSIDE = "eight-outside-1-sigma"


_R = SignalRule

#: Western Electric Company (1956), Statistical Quality Control Handbook, pp. 25-28.
WESTERN_ELECTRIC: Final = (_R.BEYOND_3_SIGMA, _R.TWO_OF_THREE, _R.FOUR_OF_FIVE, _R.EIGHT_ON_ONE_SIDE)

#: L. S. Nelson (1984), The Shewhart Control Chart - Tests for Special Causes, J. Quality Technology 16, 237-239.
NELSON: Final = (
    _R.BEYOND_3_SIGMA, _R.NINE_ON_ONE_SIDE, _R.SIX_TREND, _R.FOURTEEN_ALTERNATING,
    _R.TWO_OF_THREE, _R.FOUR_OF_FIVE, _R.FIFTEEN_WITHIN, _R.EIGHT_OUTSIDE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signal:
    """A rule met at a point: `first` to `last` are the points that make it, `side` is 1, -1 or 0."""

    rule: SignalRule
    first: int
    last: int
    side: int = 0


def find_signals(scores: ArrayLike, *, rules: tuple[SignalRule, ...] = NELSON) -> tuple[Signal, ...]:
    """Return every signal in standardised values, by place and rule.

    A gap (NaN) breaks every pattern. A long run gives one signal for each point that completes the rule.

    Parameters
    ----------
    scores : distances from the centre in sigmas, shape (points,).
    rules : those looked for.
    """
    z = np.asarray(scores, dtype=np.float64)
    found = [signal for rule in rules for signal in _CHECKS[rule](z, rule)]
    order = {rule: place for place, rule in enumerate(rules)}
    return tuple(sorted(found, key=lambda signal: (signal.last, order[signal.rule], signal.side)))


def _windows(marks: Marks, width: int) -> NDArray[np.int64]:
    """Return how many of the last `width` points are marked, for each point that has as many before it."""
    if len(marks) < width:
        return np.zeros(0, dtype=np.int64)
    return np.convolve(marks.astype(np.int64), np.ones(width, dtype=np.int64), mode="valid")


def _enough(z: Floats, rule: SignalRule, marks: Marks, need: int, width: int, side: int = 0) -> list[Signal]:
    """Return a signal wherever `need` of `width` points without a gap are marked, the last one among them."""
    # Before the first point nothing speaks against a pattern: two of two are two of three.
    ahead = np.zeros(width - 1, dtype=np.bool_)
    count, known = (
        _windows(np.concatenate([ahead, marks]), width),
        _windows(np.concatenate([~ahead, ~np.isnan(z)]), width),
    )
    last = np.flatnonzero((count >= need) & (known == width) & marks)
    return [Signal(rule, max(int(place) - width + 1, 0), int(place), side) for place in last]


def _sides(z: Floats, rule: SignalRule, beyond: float, need: int, width: int) -> list[Signal]:
    with np.errstate(invalid="ignore"):
        return [found for side in (1, -1) for found in _enough(z, rule, side * z > beyond, need, width, side)]


def _beyond(z: Floats, rule: SignalRule) -> list[Signal]:
    return _sides(z, rule, 3.0, 1, 1)


def _two_of_three(z: Floats, rule: SignalRule) -> list[Signal]:
    return _sides(z, rule, 2.0, 2, 3)


def _four_of_five(z: Floats, rule: SignalRule) -> list[Signal]:
    return _sides(z, rule, 1.0, 4, 5)


def _eight(z: Floats, rule: SignalRule) -> list[Signal]:
    return _sides(z, rule, 0.0, 8, 8)


def _nine(z: Floats, rule: SignalRule) -> list[Signal]:
    return _sides(z, rule, 0.0, 9, 9)


def _trend(z: Floats, rule: SignalRule) -> list[Signal]:
    # Six points in a row, each above (or below) the one before: five steps of one sign.
    found: list[Signal] = []
    with np.errstate(invalid="ignore"):
        steps = np.diff(z)
        for side in (1, -1):
            marks = side * steps > 0
            found += [
                Signal(rule, int(place), int(place) + 5, side) for place in np.flatnonzero(_windows(marks, 5) == 5)
            ]
    return found


def _alternating(z: Floats, rule: SignalRule) -> list[Signal]:
    # Fourteen points going up and down in turn: twelve changes of sign between thirteen steps.
    with np.errstate(invalid="ignore"):
        steps = np.diff(z)
        marks = steps[1:] * steps[:-1] < 0
    return [Signal(rule, int(place), int(place) + 13) for place in np.flatnonzero(_windows(marks, 12) == 12)]


def _within(z: Floats, rule: SignalRule) -> list[Signal]:
    with np.errstate(invalid="ignore"):
        return _enough(z, rule, np.abs(z) < 1, 15, 15)


def _outside(z: Floats, rule: SignalRule) -> list[Signal]:
    with np.errstate(invalid="ignore"):
        return _enough(z, rule, np.abs(z) > 1, 8, 8)


_CHECKS = {
    _R.BEYOND_3_SIGMA: _beyond,
    _R.TWO_OF_THREE: _two_of_three,
    _R.FOUR_OF_FIVE: _four_of_five,
    _R.EIGHT_ON_ONE_SIDE: _eight,
    _R.NINE_ON_ONE_SIDE: _nine,
    _R.SIX_TREND: _trend,
    _R.FOURTEEN_ALTERNATING: _alternating,
    _R.FIFTEEN_WITHIN: _within,
    _R.EIGHT_OUTSIDE: _outside,
}
