"""What can be decided from outside, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StartPromise:
    """A start to promise: the last local day on which work may begin (ISO date), and the stated probability."""

    day: str
    probability: float


@dataclass(frozen=True, slots=True)
class PracticeControls:
    """Decisions in force; what is left out follows the practice's own simple plan. Read when a local day begins.

    Parameters
    ----------
    promises : by deal. A deal that is not open or running is passed over; another day or probability than was promised
        before changes the promise, as long as work has not begun.
    bookings : by (person, ISO date of the week's Monday) the (project, hours) to work on, in order. An empty tuple books
        nobody. What is named here counts from the day on which it is named.
    """

    promises: Mapping[str, StartPromise] = field(default_factory=dict)
    bookings: Mapping[tuple[str, str], tuple[tuple[str, float], ...]] = field(default_factory=dict)
