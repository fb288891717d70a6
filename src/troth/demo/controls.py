"""What a planner may decide about the world, as plain data. Leaving a field out means the company's own plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from troth.demo.truth import Shared


@dataclass(frozen=True, slots=True)
class Shift(Shared):
    """Paid time of one person on one day.

    Parameters
    ----------
    agent_id : the person.
    starts, ends : instants in milliseconds since 1970 (UTC).
    pauses : (instant, seconds, state) of breaks, meetings and training; taken as soon as the person is free.
    """

    agent_id: str
    starts: int
    ends: int
    pauses: tuple[tuple[int, float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Booking:
    """A time reserved for a customer at a walk-in queue; `at` in milliseconds since 1970 (UTC)."""

    site: str
    queue: str
    at: int
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Controls:
    """Decisions in force while the world steps.

    Parameters
    ----------
    shifts : by (site, ISO date) all shifts of that local day; read when the day begins.
    open_counters : by site the most people who may serve at the same time.
    discipline : by queue ``fifo`` (default), ``lifo`` or ``priority``.
    bookings : times reserved beyond the company's own; read when their local day begins.
    dispatch : by queue whom a contact goes to: ``longest_idle`` (default), ``fastest`` or ``first``.
    """

    shifts: Mapping[tuple[str, str], tuple[Shift, ...]] = field(default_factory=dict)
    open_counters: Mapping[str, int] = field(default_factory=dict)
    discipline: Mapping[str, str] = field(default_factory=dict)
    bookings: tuple[Booking, ...] = ()
    dispatch: Mapping[str, str] = field(default_factory=dict)
