"""A smallest contradiction: QuickXplain (Junker 2004, AAAI)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

_Part = TypeVar("_Part")


def smallest(parts: Sequence[_Part], *, broken: Callable[[list[_Part]], bool]) -> list[_Part]:
    """Return parts that cannot all hold, none of which can be left out, of parts that together cannot hold.

    Halves are left out as long as the others contradict each other: for k parts of n about 2 k log(n / k) questions.

    Parameters
    ----------
    broken : tells whether some parts cannot hold; with more parts it is never less true.

    Examples
    --------
    >>> sorted(smallest(range(20), broken=lambda some: {3, 17} <= set(some)))
    [3, 17]
    """
    return _within([], [], list(parts), broken)


def _within(
    sure: list[_Part], new: list[_Part], parts: list[_Part], broken: Callable[[list[_Part]], bool]
) -> list[_Part]:
    """Return the parts that together with the sure ones are a smallest contradiction; `new` are those just made sure."""
    if new and broken(sure):
        return []
    if len(parts) == 1:
        return parts
    half = len(parts) // 2
    first, second = parts[:half], parts[half:]
    of_second = _within(sure + first, first, second, broken)
    return _within(sure + of_second, of_second, first, broken) + of_second
