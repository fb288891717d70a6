"""A discipline: the rules of who is served next, as one record that a database, Python and a kernel read alike.

Every rule is brought down to a few whole numbers a ticket: its class, its *place* (the instant from which its waiting
counts) and the instant from which it may be called. From these the order at an instant `now` is

1. tickets past a cap of `Fairness`, by place;
2. the others by the level of their class (low first), then by points: head start + points per minute * (now - place);
3. among equals who joined first, then the lower id.

Numbers are whole, so that no two readers differ by a rounding. Points of classes with different ageing cross over as
time goes on, so `now` is always said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from troth.core.decision import Issue, Severity

#: Greatest size of a head start in points, and of points per minute: whole numbers then never overflow 64 bits.
MOST_POINTS: Final = 1_000_000.0
MOST_AGEING: Final = 1_000.0
#: Waiting counts for points up to this long, and a place this far in the future is the farthest.
LONGEST: Final = timedelta(days=7)
EARLIEST: Final = timedelta(days=1)


class Lateness(StrEnum):
    """What becomes of somebody who comes too late for the booked time."""

    KEEP = "keep"
    SHIFT = "shift"
    WALK_IN = "walk_in"


class Comeback(StrEnum):
    """Where somebody stands who went back to the queue: at the old place, or behind those who wait."""

    PLACE = "place"
    END = "end"


@dataclass(frozen=True, slots=True)
class CustomerClass:
    """Customers who are treated alike. The first class of a discipline that fits a ticket is its class.

    Parameters
    ----------
    name : unique within the discipline.
    services, priorities, labels : which tickets fit; empty means any. Of labels one is enough.
    booked : True for appointments that came in time, False for all others, None for any.
    level : classes of a lower level are served before all of a higher one, however long those wait.
    head_start : points a ticket has from the beginning.
    ageing : points a minute of waiting adds. Both are kept to a thousandth.
    """

    name: str
    services: tuple[str, ...] = ()
    priorities: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    booked: bool | None = None
    level: int = 0
    head_start: float = 0.0
    ageing: float = 1.0

    @property
    def open(self) -> bool:
        """Tell whether every ticket fits."""
        return not (self.services or self.priorities or self.labels) and self.booked is None


@dataclass(frozen=True, slots=True)
class Appointments:
    """How booked times mix with walk-ins.

    Parameters
    ----------
    early : how long before the booked time somebody who is here may be called; None for as soon as they are here.
    head_start : the waiting of an appointment counts from this long before its booked time.
    grace : who joins more than this after the booked time is late.
    late : what then: KEEP the booked time, SHIFT it to when they came, or treat them as WALK_IN.
    """

    early: timedelta | None = timedelta(minutes=10)
    head_start: timedelta = timedelta(0)
    grace: timedelta = timedelta(minutes=10)
    late: Lateness = Lateness.SHIFT


@dataclass(frozen=True, slots=True)
class Returning:
    """Where somebody stands who went back to the queue after a call, a pause or letting others first.

    Parameters
    ----------
    to : the old place, or the end of the queue.
    head_start : at the END, how long they count as having waited already, though never before the old place.
    """

    to: Comeback = Comeback.PLACE
    head_start: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Fairness:
    """Caps that no weight may override: tickets past one come first, those among them by place.

    Parameters
    ----------
    overtakes : how often others with a later place may be called first.
    behind : how long after the first such call, which is when they would have been served first come, first served.
    wait : how long a wait may be before it goes before all others.
    """

    overtakes: int | None = None
    behind: timedelta | None = None
    wait: timedelta | None = None

    @property
    def none(self) -> bool:
        """Tell whether there is no cap."""
        return self.overtakes is None and self.behind is None and self.wait is None


#: The class that takes everybody.
EVERYBODY: Final = CustomerClass("everybody")


@dataclass(frozen=True, slots=True)
class Discipline:
    """The rules of one queue. Without arguments: first come, first served.

    Parameters
    ----------
    classes : in order; a ticket is of the first that fits. The last takes all that are left, whatever it asks for.
    appointments, returning, fairness : see there.

    Examples
    --------
    >>> vip = CustomerClass("vip", priorities=(1,), head_start=10, ageing=2)
    >>> check(Discipline(classes=(vip, EVERYBODY)))
    []
    """

    classes: tuple[CustomerClass, ...] = (EVERYBODY,)
    appointments: Appointments = field(default_factory=Appointments)
    returning: Returning = field(default_factory=Returning)
    fairness: Fairness = field(default_factory=Fairness)


def check(discipline: Discipline) -> list[Issue]:
    """Return everything wrong or doubtful with a discipline.

    Returns
    -------
    issues; with an error among them the discipline must not be used.

    Examples
    --------
    >>> [issue.code for issue in check(Discipline(classes=()))]
    ['no-classes']
    """
    if not discipline.classes:
        return [_error("no-classes", "classes", "", "Maybe leave classes out: then everybody is alike.")]
    found = [issue for k, one in enumerate(discipline.classes) for issue in _check_class(one, f"classes[{k}]")]
    return [*found, *_check_order(discipline), *_check_durations(discipline), *_check_caps(discipline)]


def _check_class(one: CustomerClass, where: str) -> Iterator[Issue]:
    if not one.name.strip():
        yield _error("class-name", f"{where}.name", one.name, "Maybe give it a name.")
    for name, value, most in (("head_start", one.head_start, MOST_POINTS), ("ageing", one.ageing, MOST_AGEING)):
        if not abs(value) <= most:  # also true of what is not a number
            yield _error("out-of-range", f"{where}.{name}", str(value), f"Maybe stay within {most:g}.")
        elif abs(value * 1000 - round(value * 1000)) > 1e-6:
            yield _error("too-fine", f"{where}.{name}", str(value), "Maybe round it to a thousandth.")
    if one.ageing < 0:
        yield _error("negative-ageing", f"{where}.ageing", str(one.ageing), "Maybe use 0: waiting must not harm.")
    if abs(one.level) > 1000:
        yield _error("out-of-range", f"{where}.level", str(one.level), "Maybe number levels from 0.")


def _check_order(discipline: Discipline) -> Iterator[Issue]:
    classes = discipline.classes
    names = [one.name for one in classes]
    for k, name in enumerate(names):
        if name in names[:k]:
            yield _error("class-twice", f"classes[{k}].name", name, "Maybe give it a name of its own.")
    for k, one in enumerate(classes[:-1]):
        if one.open:
            advice = "Maybe move it to the end: no ticket reaches the classes after it."
            yield _error("class-unreachable", f"classes[{k + 1}]", names[k + 1], advice)
            return
    if not classes[-1].open:
        advice = "Maybe add a last class without conditions: somebody who fits no class could not be placed."
        yield _error("no-last-class", f"classes[{len(classes) - 1}]", names[-1], advice)
    lowest = min(one.level for one in classes)
    starving = [k for k, one in enumerate(classes) if one.level > lowest or (one.ageing == 0 and len(classes) > 1)]
    if starving and discipline.fairness.none:
        advice = "Maybe set a fairness cap: nothing limits how long this class waits."
        yield Issue("may-starve", Severity.WARNING, f"classes[{starving[0]}]", names[starving[0]], advice)


def _check_durations(discipline: Discipline) -> Iterator[Issue]:
    booked, back, fair = discipline.appointments, discipline.returning, discipline.fairness
    durations = {
        "appointments.early": booked.early,
        "appointments.head_start": booked.head_start,
        "appointments.grace": booked.grace,
        "returning.head_start": back.head_start,
        "fairness.behind": fair.behind,
        "fairness.wait": fair.wait,
    }
    for where, value in durations.items():
        if value is not None and not timedelta(0) <= value <= EARLIEST:
            yield _error("out-of-range", where, str(value), "Maybe use a time between 0 and a day.")
    if booked.early is not None and booked.head_start > booked.early:
        advice = "Maybe raise `early`: the head start counts only from when they may be called."
        yield Issue("idle-head-start", Severity.INFO, "appointments.head_start", str(booked.head_start), advice)


def _check_caps(discipline: Discipline) -> Iterator[Issue]:
    overtakes = discipline.fairness.overtakes
    if overtakes is not None and not 0 <= overtakes <= 30_000:
        yield _error("out-of-range", "fairness.overtakes", str(overtakes), "Maybe use 0 to forbid overtaking.")


def _error(code: str, where: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, value, advice)
