"""Whole minor units: how fractions of a cent are rounded so that parts always sum to their whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction


def exact(value: float) -> Fraction:
    """Return the decimal number a float is written as: 0.1 is a tenth, not the double next to it.

    Examples
    --------
    >>> exact(0.1) * 3 == exact(0.3)
    True
    """
    if isinstance(value, int) or value.is_integer():
        return Fraction(int(value))
    return Fraction(repr(float(value)))


def rounded(value: Fraction) -> int:
    """Return the nearest whole number, a half away from zero, as an invoice is rounded.

    Examples
    --------
    >>> [rounded(Fraction(n, 2)) for n in (1, 3, -1, 4)]
    [1, 2, -1, 2]
    """
    whole = math.floor(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def apportion(parts: Sequence[Fraction], *, whole: int | None = None) -> list[int]:
    """Return whole numbers next to the parts that sum to the whole: the method of largest remainders.

    Each part gets what is whole of it; what is then missing goes, one each, to the parts with the largest remainders, of
    equals to the earlier.

    Parameters
    ----------
    parts : shape (n,).
    whole : what they sum to; None for the parts' own sum, rounded.

    Returns
    -------
    n integers. If `whole` is the rounded sum, each is less than one away from its part.

    Raises
    ------
    ValueError
        For a whole without parts.

    Source
    ------
    The method of Hamilton (1792), as in M. L. Balinski and H. P. Young (1982), Fair Representation, chapter 3.

    Examples
    --------
    >>> apportion([Fraction(100, 3)] * 3)
    [34, 33, 33]
    """
    if whole is None:
        whole = rounded(sum(parts, Fraction(0)))
    if not parts:
        if whole:
            raise ValueError(f"A whole of {whole} needs a part to be in.")
        return []
    out = [math.floor(part) for part in parts]
    each, left = divmod(whole - sum(out), len(parts))
    order = sorted(range(len(parts)), key=lambda k: (out[k] - parts[k], k))
    lucky = set(order[:left])
    return [floor + each + (k in lucky) for k, floor in enumerate(out)]
