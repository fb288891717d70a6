"""How many contacts people are given at once, from what happened when nobody was free."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from troth.capacity.month.prospect import Floats

#: So many times it must have been seen, and the share from which on it is the rule.
_ENOUGH, _RULE = 20, 0.5


def given_at_once(
    joined_s: Floats,
    *,
    answered: Floats,
    services: Mapping[str, tuple[Floats, Floats]],
    free: Mapping[str, tuple[Floats, Floats]],
    most: int,
) -> int:
    """Return how many contacts people are given at once, at most as many as were ever seen.

    Nobody free, and somebody in service with one contact: is the next given to them at once, or does it wait? That many contacts
    were seen side by side tells less: who is through with one may take two from the line.

    Parameters
    ----------
    joined_s : when contacts joined, shape (n,).
    answered : 1 where a contact was answered at once, else 0, same shape.
    services : by person, when services began and ended.
    free : by person, when stretches without any began and ended.
    most : seen side by side.

    Examples
    --------
    >>> at = np.arange(30) * 100.0
    >>> serving = {"ana": (at - 50, at + 40)}
    >>> [given_at_once(at, answered=np.full(30, x), services=serving, free={}, most=2) for x in (0.0, 1.0)]
    [1, 2]
    """
    idle = np.zeros(len(joined_s), bool)
    for starts, ends in free.values():
        idle |= _inside(joined_s, starts, ends, touching=True) > 0
    held = (
        np.stack([_inside(joined_s, *spans) for spans in services.values()])
        if services
        else np.zeros((1, len(joined_s)))
    )
    for level in range(1, most):
        asked = ~idle & (held == level).any(axis=0)
        if asked.sum() < _ENOUGH or answered[asked].mean() < _RULE:
            return level
    return most


def _inside(at: Floats, starts: Floats, ends: Floats, *, touching: bool = False) -> np.ndarray:
    """Return within how many stretches each instant is: begun before it, not ended (or just ending) at it."""
    begun = np.searchsorted(np.sort(starts), at, side="left")
    over = np.searchsorted(np.sort(ends), at, side="left" if touching else "right")
    return np.asarray(begun - over)


def in_line(joined_s: Floats, *, left_s: Floats, wait_s: float) -> np.ndarray:
    """Return who joined while somebody had waited so long, shape (n,), of contacts in order of joining.

    Examples
    --------
    >>> in_line(np.array([0.0, 10.0, 70.0]), left_s=np.array([100.0, 20.0, 90.0]), wait_s=60.0)
    array([False, False,  True])
    """
    latest = np.maximum.accumulate(left_s)
    before = np.searchsorted(joined_s, joined_s - wait_s, side="right")
    return np.asarray((before > 0) & (latest[np.maximum(before - 1, 0)] > joined_s))
