"""Who comes to a branch on a day and who works there: the world's own draws, handed out one customer at a time.

The world serves its customers itself. Where somebody else does (the site's counters, a person at a screen), only what
customers and staff bring with them is needed: when they come, for what, how long they bear to wait, how long serving
them takes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from troth.demo.clock import next_open
from troth.demo.controls import Shift
from troth.demo.desk import Site
from troth.demo.draws import Draws
from troth.demo.engine import ON_BOOKED, ON_COME, ON_SHIFT, Line
from troth.demo.plan import level
from troth.demo.truth import Truth


@dataclass(frozen=True, slots=True)
class Visitor:
    """One customer on the way to a branch. Instants in milliseconds since 1970 (UTC).

    Parameters
    ----------
    number : of the visitor on this day, in order of coming.
    at : when the customer is at the door.
    queue, service, topic : what they come for.
    customer : number of the customer at the site.
    slot : the booked time, if any; `said` is when it was booked.
    comes : a customer with a booking may not come.
    wished, moves_at : the time booked first, and when it is moved to `slot`; None for who keeps to the first.
    cancels_at : when somebody who does not come says so; None for who just stays away.
    bears_s : how long they wait before they leave; `silent` ones walk out without a word.
    serve_s : seconds of service by a person of average pace.
    wrap_s : seconds of work after it, likewise.
    walk_s : seconds from the call to the counter.
    """

    number: int
    at: int
    queue: str
    service: str
    topic: str
    customer: int
    slot: int | None
    said: int | None
    comes: bool
    bears_s: float
    silent: bool
    serve_s: float
    wrap_s: float
    walk_s: float
    wished: int | None = None
    moves_at: int | None = None
    cancels_at: int | None = None


#: Of those with a booking, the share that moves it; of those who do not come, the share that says so before.
MOVES, CANCELS = 0.15, 0.4
_QUARTER, _HOUR = 900_000, 3_600_000


@dataclass(frozen=True, slots=True)
class BranchDay:
    """What a day brings to a branch: visitors in order of coming, and the shifts of the company's own plan."""

    visitors: tuple[Visitor, ...]
    shifts: tuple[Shift, ...]
    opens: int | None
    closes: int | None


def branch_day(truth: Truth, *, site: int, seed: int, day: date) -> BranchDay:
    """Return what a day brings to a branch.

    Parameters
    ----------
    truth : the company; `site` is the number of the branch in it.
    seed : the course of things; the same seed and day give the same visitors.
    day : the local day.

    Raises
    ------
    ValueError : the site is no branch: its customers do not come to a door.
    """
    told = truth.sites[site]
    if any(q.kind != "walkin" for q in told.queues):
        raise ValueError(f"{told.site} is no branch")
    engine = Site(truth, site, seed, emit=False, keep=False)
    engine.draws, engine.planning = Draws(seed, site, 4, day.toordinal()), Draws(seed, site, 5, day.toordinal())
    engine.heap.clear()
    local = engine.day_of(day)
    engine._on_day(local.starts, day)  # noqa: SLF001  the engine's own day, without living through it
    found: list[tuple[int, Visitor]] = []
    shifts: list[Shift] = []
    for t, _, kind, what in sorted(engine.heap, key=lambda item: item[:2]):
        if kind == ON_COME:
            case = engine._new_case(what, t, engine.customer())  # noqa: SLF001
            found.append((t, _visitor(engine, t, what, case.topic, case.customer, None, None, comes=True)))
        elif kind == ON_SHIFT:
            shifts.append(what)
    found.extend(_booked(engine, day))
    found.sort(key=lambda pair: pair[0])
    visitors = tuple(_numbered(visitor, number) for number, (_, visitor) in enumerate(found))
    opens, closes = (local.opens, local.closes) if local.spans else (None, None)
    return BranchDay(visitors, tuple(shifts), opens, closes)


def _booked(engine: Site, day: date) -> list[tuple[int, Visitor]]:
    """Return who has a booking for the day: made on the open day before, with that day's draws."""
    for k in range(1, 22):
        before = engine.day_of(day - timedelta(days=k))
        if before.spans:
            break
    else:
        return []
    following = next_open(engine.site, day=before.day)
    if following is None or following.day != day:
        return []
    opened, closed = before.opens, before.closes
    # What the world does not know of: a stream of its own leaves the world's draws as they are.
    mind = Draws(*engine.key, 6, day.toordinal())
    engine.heap.clear()
    engine._book(before, level(engine.site, day=before.day, start=engine.start))  # noqa: SLF001
    out = []
    for t, _, kind, what in sorted(engine.heap, key=lambda item: item[:2]):
        if kind == ON_BOOKED:
            line, case, _number, comes = what
            # The world lets them come up to 10 minutes early or 4 late, and counts who stays away 15 minutes after.
            slot = t - _QUARTER if not comes else round(t / _QUARTER) * _QUARTER
            said = opened + int(mind.random() * (closed - opened))
            visitor = _visitor(engine, t, line, case.topic, case.customer, slot, said, comes=comes)
            out.append((t, _minded(visitor, mind, slot=slot, said=said)))
    return out


def _minded(visitor: Visitor, mind: Draws, *, slot: int, said: int) -> Visitor:
    """Return a visitor who may change their mind: books another time first, or says that they will not come."""
    changes, when, later = mind.random(), mind.random(), 1 + int(mind.random() * 4)
    at = said + int(when * (slot - _HOUR - said))
    if not visitor.comes:
        return replace(visitor, cancels_at=at) if changes < CANCELS else visitor
    return replace(visitor, wished=slot + later * _QUARTER, moves_at=at) if changes < MOVES else visitor


def _visitor(
    engine: Site, t: int, line: Line, topic: int, customer: int, slot: int | None, said: int | None, *, comes: bool
) -> Visitor:
    q, draws = line.truth, engine.draws
    matter = q.topics[topic]
    short = draws.random() < 0.08
    bears = draws.exponential() * 0.15 * q.patience_s if short else draws.lognormal(1.12 * q.patience_s, 0.85)
    mean = q.handle_s * matter.factor / (1 + q.long_share * (q.long_factor - 1))
    if draws.random() < q.long_share:
        mean *= q.long_factor
    serve = 2.0 + draws.lognormal(mean, q.spread)
    wrap = draws.lognormal(q.wrap_s, 0.6) if q.wrap_s else 0.0
    return Visitor(
        0, t, q.queue, matter.service, matter.topic, customer, slot, said, comes, bears, draws.random() < 0.5, serve,
        wrap, 6.0 + 16.0 * draws.random(),
    )  # fmt: skip


def _numbered(visitor: Visitor, number: int) -> Visitor:
    return replace(visitor, number=number)
