"""What a dispatcher may decide about the field service, as plain data. What is left out follows the company's own plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from troth.demo.truth import Shared


@dataclass(frozen=True, slots=True)
class RouteStop(Shared):
    """One visit of a route.

    Parameters
    ----------
    visit : its id.
    start : when work is to start, milliseconds since 1970 (UTC); the technician leaves in time for it, by the company's
        rule of travel times. None: as soon as the promised window lets them.
    """

    visit: str
    start: int | None = None


@dataclass(frozen=True, slots=True)
class WindowOffer(Shared):
    """A window promised to a customer: milliseconds since 1970 (UTC), and the stated probability of arriving by its end."""

    starts: int
    ends: int
    probability: float


@dataclass(frozen=True, slots=True)
class Dispatch(Shared):
    """Decisions in force while the field service steps.

    Parameters
    ----------
    routes : by (technician, ISO date) the visits of that day in order. Read whenever the technician is free, so that new
        controls are a new route. Visits that are done, cancelled, under way or not promised for that day are passed over.
        After the last one they go on with what the company's own plan gives them: only visits no route names.
    windows : by visit the window to offer. Read when the office answers the request, at least a quarter of an hour after
        it came.
    loads : by technician, part and how many their van is to hold; read in the morning, when vans are filled.
    """

    routes: Mapping[tuple[str, str], tuple[RouteStop, ...]] = field(default_factory=dict)
    windows: Mapping[str, WindowOffer] = field(default_factory=dict)
    loads: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
