"""Every KPI of the catalogue from the words of its definition, in plain Python, on the rows of `reference`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.kpi import reference as ref
from tests.kpi import reference_people as people
from tests.kpi.logs import Event
from tests.kpi.reference import DIMS, Row, length
from troth.core.time import Calendar
from troth.kpi.definition import Params


@dataclass(frozen=True, slots=True)
class Item:
    """What one thing adds to a figure: when, how much above and below the line, and whether it is one of the n."""

    at: datetime
    num: float
    den: float
    row: Row
    counts: bool = True
    doubt: bool = False


@dataclass(slots=True)
class World:
    """All rows of a log, and what else figures depend on."""

    events: Sequence[Event]
    params: Params
    period: Callable[[datetime], Any]
    by: tuple[str, ...]
    calendar: Callable[[Row], Calendar]
    standard: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        e = self.events
        self.contacts, self.cases = ref.contacts(e), ref.cases(e)
        self.assignments, self.openings = ref.assignments(e), ref.openings(e)
        self.ratings, self.reviews, self.promises = people.ratings(e), people.reviews(e), people.promises(e)
        self.shifts, self.states, self.counters = people.shifts(e), people.states(e), people.counters(e)
        ref.paused(e, self.cases)

    contacts: list[Row] = field(init=False)
    cases: list[Row] = field(init=False)
    assignments: list[Row] = field(init=False)
    openings: list[Row] = field(init=False)
    ratings: list[Row] = field(init=False)
    reviews: list[Row] = field(init=False)
    promises: list[Row] = field(init=False)
    shifts: list[Row] = field(init=False)
    states: list[Row] = field(init=False)
    counters: list[Row] = field(init=False)


Items = Iterator[Item]
KPIS: dict[str, Callable[[World], Items]] = {}


def kpi(name: str) -> Any:
    """Register a function as the reference of a KPI."""

    def keep(function: Callable[[World], Items]) -> Callable[[World], Items]:
        KPIS[name] = function
        return function

    return keep


# ---- waiting and service level --------------------------------------------------------------------------------------


def _offered(w: World) -> Iterator[Row]:
    """Contacts that joined a queue and are through with it."""
    return (c for c in w.contacts if c.queued and c.outcome != "open")


def _waits(name: str, outcomes: set[str], wait: str = "wait", date: str = "queued") -> None:
    def found(w: World) -> Items:
        for c in w.contacts:
            seconds = getattr(c, wait)
            if c.outcome in outcomes and seconds is not None and seconds >= 0:
                yield Item(getattr(c, date) or c.started, seconds, 1, c)

    KPIS[name] = found


_waits("speed.answer", {"answered"})
_waits("speed.answer/mean_wait", {"answered", "abandoned", "callback"})
_waits("speed.answer/from_entry", {"answered"}, "from_entry", "started")


def _level(
    name: str, hit: Callable[[Row, bool], bool], base: Callable[[Row, bool], bool] = lambda c, soon: True
) -> None:
    def found(w: World) -> Items:
        for c in _offered(w):
            soon = c.wait is not None and c.wait <= w.params.service_level_s
            if base(c, soon):
                yield Item(c.queued, float(hit(c, soon)), 1, c)

    KPIS[name] = found


def _late(c: Row, soon: bool) -> bool:
    return c.outcome == "abandoned" and c.wait is not None and not soon


_answered_soon = lambda c, soon: c.outcome == "answered" and soon  # noqa: E731
_level("sla.service_level", lambda c, soon: c.outcome in ("answered", "abandoned", "callback") and soon)
_level("sla.service_level/answered", _answered_soon)
_level(
    "sla.service_level/without_short_abandons", _answered_soon, lambda c, soon: not (c.outcome == "abandoned" and soon)
)
_level(
    "sla.service_level/answered_and_late_abandons",
    _answered_soon,
    lambda c, soon: c.outcome == "answered" or _late(c, soon),
)
_level("flow.abandonment", lambda c, soon: c.outcome == "abandoned")
_level(
    "flow.abandonment/of_answered_and_abandoned",
    lambda c, soon: c.outcome == "abandoned",
    lambda c, _: c.outcome in ("answered", "abandoned", "flow_out"),
)
_level(
    "flow.abandonment/without_short",
    lambda c, soon: c.outcome == "abandoned",
    lambda c, soon: c.outcome == "answered" or _late(c, soon),
)


# ---- times of cases and contacts ------------------------------------------------------------------------------------


def final(c: Row, p: Params) -> datetime | None:
    """Return when a case was resolved for good: its last resolution, unless reopened within the window."""
    if c.last_resolved is None or (c.reopened_after and c.reopened_after - c.last_resolved <= p.reopen_window):
        return None
    return c.last_resolved  # type: ignore[no-any-return]


def _unmerged(w: World) -> list[Row]:
    return [c for c in w.cases if not c.merged]


def _timed(
    name: str, rows: Callable[[World], list[Row]], start: str, end: str, at: str | None, *, settled: bool = False
) -> None:
    """Register seconds from one instant of a row to another, on the wall and in business hours."""

    def spans(w: World) -> Iterator[tuple[datetime, Row, datetime, datetime]]:
        for row in rows(w):
            row.final = final(row, w.params) if hasattr(row, "last_resolved") else None
            a, b = getattr(row, start), getattr(row, end)
            if a is None or b is None or b < a or (settled and row.final is None):
                continue
            dated = row.final if at is None else getattr(row, at)
            if dated is not None:
                yield dated, row, a, b

    def wall(w: World) -> Items:
        for dated, row, a, b in spans(w):
            yield Item(dated, (b - a).total_seconds(), 1, row)

    def business(w: World) -> Items:
        for dated, row, a, b in spans(w):
            yield Item(dated, w.calendar(row).open_seconds(a, b), 1, row)

    KPIS[name] = wall
    family, _, variant = name.partition("/")
    KPIS[f"{family}/{variant}_business" if variant else f"{family}/business"] = business


_timed("speed.first_reply", _unmerged, "clock", "replied", "opened")
_timed("speed.first_reply/from_assignment", _unmerged, "assigned", "replied", "opened")
_timed("speed.first_solution", _unmerged, "came", "solution", "opened")
_timed("speed.resolution", _unmerged, "came", "final", None)
_timed("speed.resolution/last_reply", _unmerged, "came", "last_reply", None, settled=True)
_timed("speed.resolution/closed", _unmerged, "opened", "closed", "closed")
_timed("speed.turnaround", lambda w: w.assignments, "started", "replied", "started")


@kpi("speed.first_reply/with_bot")
def _any_reply(w: World) -> Items:
    for c in _unmerged(w):
        if c.any_reply and c.any_reply >= c.opened:
            yield Item(c.opened, (c.any_reply - c.opened).total_seconds(), 1, c)


@kpi("speed.resolution/without_customer_wait")
def _our_time(w: World) -> Items:
    for c in _unmerged(w):
        end = final(c, w.params)
        if end and end >= c.came:
            yield Item(end, (end - c.came).total_seconds() - c.paused, 1, c)


@kpi("speed.same_day")
def _same_day(w: World) -> Items:
    for c in _unmerged(w):
        start = min(c.clock, c.replied or c.clock)
        close = w.calendar(c).close_of_business_day(start)
        yield Item(c.opened, float(bool(c.replied and close and c.replied <= close)), 1, c)


@kpi("speed.within_24h")
def _within_24h(w: World) -> Items:
    for c in _unmerged(w):
        yield Item(c.opened, float(bool(c.replied and c.replied - c.clock <= timedelta(hours=24))), 1, c)


def _served(c: Row) -> bool:
    return c.outcome == "answered" and c.served is not None


@kpi("speed.handle")
def _handle(w: World) -> Items:
    return (Item(c.answered, c.served + c.wrap, 1, c, doubt=c.doubtful) for c in w.contacts if _served(c))


@kpi("speed.handle/service")
def _service(w: World) -> Items:
    return (Item(c.answered, c.served, 1, c, doubt=c.doubtful) for c in w.contacts if _served(c))


@kpi("speed.handle/active")
def _active(w: World) -> Items:
    for c in w.contacts:
        if c.touch is not None or _served(c):
            yield Item(
                c.answered or c.started, c.touch if c.touch is not None else c.served + c.wrap, 1, c, doubt=c.doubtful
            )


# ---- volumes --------------------------------------------------------------------------------------------------------


def inbound(c: Row) -> bool:
    """Tell whether the customer began the contact, as far as is known."""
    return c.direction in (None, "in")


@kpi("flow.volume")
def _volume(w: World) -> Items:
    return (Item(c.started, 1, 1, c) for c in w.contacts if inbound(c) and c.previous is None)


@kpi("flow.volume/parts")
def _parts(w: World) -> Items:
    return (Item(c.started, 1, 1, c) for c in w.contacts if inbound(c))


@kpi("flow.volume/cases")
def _cases(w: World) -> Items:
    return (Item(c.opened, 1, 1, c) for c in w.cases)


def _escalated(name: str, hit: Callable[[Row], bool]) -> None:
    KPIS[name] = lambda w: (Item(c.opened, float(hit(c)), 1, c) for c in _unmerged(w))


_escalated("flow.escalation", lambda c: bool(c.transfers or c.escalated or c.teams > 1))
_escalated("flow.escalation/transfers", lambda c: bool(c.transfers or c.teams > 1))
_escalated("flow.escalation/hierarchical", lambda c: bool(c.escalated))


@kpi("flow.backlog")
def _backlog(w: World) -> Items:
    for o in w.openings:
        yield Item(o.started, 1, 1, o)
        if o.ended:
            yield Item(o.ended, -1, 1, o, counts=False)


# ---- repeats, retention ---------------------------------------------------------------------------------------------


def _matters(w: World) -> Iterator[tuple[Row, datetime | None, datetime | None]]:
    """Yield contacts of known customers with when the same customer came on the topic before and after."""
    groups: dict[Any, list[Row]] = defaultdict(list)
    for c in w.contacts:
        if inbound(c) and c.previous is None and c.customer_id:
            groups[c.customer_id, c.topic or c.service or ""].append(c)
    for found in groups.values():
        found.sort(key=lambda c: (c.started, c.contact_id))
        for i, c in enumerate(found):
            yield c, found[i - 1].started if i else None, found[i + 1].started if i + 1 < len(found) else None


def _within(start: datetime | None, end: datetime | None, window: timedelta) -> bool:
    return start is not None and end is not None and end - start <= window


@kpi("outcome.first_contact/repeat")
def _no_repeat(w: World) -> Items:
    window = w.params.repeat_window
    for c, before, after in _matters(w):
        if c.outcome in ("answered", "handled") and not _within(before, c.started, window):
            yield Item(c.started, float(not _within(c.started, after, window)), 1, c)


@kpi("flow.failure_demand/repeat")
def _repeat(w: World) -> Items:
    for c, before, _ in _matters(w):
        yield Item(c.started, float(_within(before, c.started, w.params.repeat_window)), 1, c)


@kpi("flow.failure_demand")
def _failure(w: World) -> Items:
    window = w.params.repeat_window
    for c, before, _ in _matters(w):
        broken = [p.broken for p in w.promises if p.broken and p.customer_id == c.customer_id]
        after = any(timedelta(0) < c.started - at <= window for at in broken)
        yield Item(c.started, float(after or _within(before, c.started, window)), 1, c)


def _last_of_period(
    w: World, rows: Sequence[Row], at: str, name: str, key: Callable[[Row], Any]
) -> Iterator[tuple[Row, list[Row], int]]:
    """Yield each customer's last row of every period, with all rows of the customer in order and its place."""
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    for found in groups.values():
        found.sort(key=lambda r: (getattr(r, at), getattr(r, name)))
        for i, row in enumerate(found):
            if i + 1 == len(found) or w.period(getattr(found[i + 1], at)) != w.period(getattr(row, at)):
                yield row, found, i


@kpi("customer.retention")
def _retention(w: World) -> Items:
    known = [c for c in _unmerged(w) if c.customer_id]
    for c, found, i in _last_of_period(w, known, "opened", "case_id", lambda c: c.customer_id):
        again = i + 1 < len(found) and found[i + 1].opened - c.opened <= w.params.retention
        yield Item(c.opened, float(again), 1, c)


# ---- outcomes, voice, quality, promises -----------------------------------------------------------------------------


def _rated(w: World, item: str) -> Iterator[Row]:
    return (r for r in w.ratings if r.item == item and r.value is not None)


def _voice(
    name: str, num: Callable[[Row], float], item: str = "satisfaction", at: Callable[[Row], Any] = lambda r: r.answered
) -> None:
    KPIS[name] = lambda w: (Item(at(r), float(num(r)), 1, r) for r in _rated(w, item) if at(r))


_voice("voice.csat", lambda r: r.value >= r.high - 1)
_voice("voice.csat/by_service_date", lambda r: r.value >= r.high - 1, at=lambda r: r.served or r.sent)
_voice("voice.csat/mean", lambda r: 100 * (r.value - r.low) / (r.high - r.low))
_voice("voice.dsat", lambda r: r.value <= r.low + 1)
_voice("voice.resolved", lambda r: r.value > 0, "resolved")


@kpi("voice.response")
def _response(w: World) -> Items:
    for survey in {r.survey for r in w.ratings}:
        rows = [r for r in w.ratings if r.survey == survey]
        said = any(r.item == "satisfaction" and r.value is not None for r in rows)
        if rows[0].sent:
            yield Item(rows[0].sent, float(said), 1, rows[0])


@kpi("outcome.first_contact/survey")
def _first_contact(w: World) -> Items:
    cases = {c.case_id: c for c in w.cases}
    for r in _rated(w, "resolved"):
        case = cases.get(r.case_id)
        if case is not None:
            came = [c for c in w.contacts if c.case_id == r.case_id and c.previous is None and inbound(c)]
            yield Item(r.answered, float(r.value > 0 and len(came) <= 1 and case.reopens == 0), 1, r)


def _touch(name: str, hit: Callable[[Row], bool]) -> None:
    KPIS[name] = lambda w: (Item(c.last_resolved, float(hit(c)), 1, c) for c in _unmerged(w) if c.last_resolved)


_touch("outcome.first_contact/touch", lambda c: c.replies == 1)
_touch("outcome.first_contact/touch_zendesk", lambda c: c.replies < 2)


@kpi("outcome.reopened")
def _reopened(w: World) -> Items:
    for c in _unmerged(w):
        if c.first_resolved:
            yield Item(
                c.first_resolved, float(_within(c.first_resolved, c.first_reopened, w.params.reopen_window)), 1, c
            )


@kpi("quality.score")
def _score(w: World) -> Items:
    return (Item(r.at, r.score, 1, r) for r in w.reviews if r.score is not None)


@kpi("quality.agents_passing")
def _passing(w: World) -> Items:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for r in w.reviews:
        if r.agent_id and r.score is not None:
            groups[(r.agent_id, w.period(r.at), *(getattr(r, d) for d in w.by))].append(r)
    for found in groups.values():
        if len(found) >= w.params.min_reviews:
            mean = sum(r.score for r in found) / len(found)
            yield Item(max(r.at for r in found), float(mean >= w.params.pass_mark), 1, _merged(found))


@kpi("promise.kept")
def _kept(w: World) -> Items:
    return (Item(p.settled, float(p.outcome == "kept"), 1, p) for p in w.promises if p.outcome in ("kept", "broken"))


@kpi("promise.kept/stated")
def _stated(w: World) -> Items:
    for p in w.promises:
        if p.outcome in ("kept", "broken") and p.probability is not None:
            yield Item(p.settled, p.probability, 1, p)


# ---- load -----------------------------------------------------------------------------------------------------------

BUSY = ("on_contact", "wrap")


def _paid(rows: list[Row], weight: Callable[[Row], float], *, counts: bool = False) -> Items:
    return (Item(s.started, 0, weight(s), s, counts=counts) for s in rows)


def _hours(s: Row) -> float:
    return (length(s.started, s.ended) or 0.0) / 3600


def _over(name: str, top: Callable[[World], Items], rows: str, weight: Callable[[Row], float]) -> None:
    def found(w: World) -> Items:
        yield from top(w)
        yield from _paid(getattr(w, rows), weight)

    KPIS[name] = found


def _resolved(w: World) -> Items:
    for c in _unmerged(w):
        end = final(c, w.params)
        if end:
            yield Item(end, 1, 0, c)


def _handled(w: World) -> Items:
    return (Item(c.started, 1, 0, c) for c in w.contacts if c.outcome in ("answered", "handled"))


def _answered(w: World) -> Items:
    return (Item(c.answered, 1, 0, c) for c in w.contacts if c.outcome == "answered")


def _walk_ins(w: World) -> Items:
    return (item for item in _answered(w) if item.row.channel == "walk_in")


def _busy(w: World) -> Items:
    return (Item(s.started, _hours(s) * 3600, 0, s) for s in w.states if s.state in BUSY)


_over("load.throughput", _resolved, "shifts", _hours)
_over("load.throughput/contacts", _handled, "shifts", _hours)
_over("load.throughput/person_day", _resolved, "shifts", lambda s: 1.0)
_over("load.utilisation", _busy, "shifts", lambda s: _hours(s) * 3600)
_over("flow.served_per_hour", _walk_ins, "counters", _hours)
_over("flow.served_per_hour/staffed", _answered, "shifts", _hours)


@kpi("load.throughput/standard_time")
def _mix(w: World) -> Items:
    for c in w.contacts:
        if c.outcome in ("answered", "handled") and c.service in w.standard:
            yield Item(c.started, w.standard[c.service], 0, c)
    yield from _paid(w.shifts, lambda s: _hours(s) * 3600)


@kpi("load.occupancy")
def _occupancy(w: World) -> Items:
    for s in w.states:
        if s.state in (*BUSY, "available"):
            yield Item(s.started, _hours(s) * 3600 if s.state in BUSY else 0.0, _hours(s) * 3600, s)


# ---- the worst ------------------------------------------------------------------------------------------------------


def _merged(rows: list[Row]) -> Row:
    """Return one row for several: the members they share, flagged if any is."""
    shared = {d: getattr(rows[0], d) if len({getattr(r, d) for r in rows}) == 1 else None for d in DIMS}
    return Row(**shared, approximate=any(r.approximate for r in rows))


def _worst(w: World, rows: list[tuple[datetime, float, str, Row]]) -> Iterator[tuple[datetime, list[float], Row]]:
    """Yield each customer's experiences of a period in order, with the date of the worst."""
    groups: dict[Any, list[tuple[datetime, float, str, Row]]] = defaultdict(list)
    for at, value, name, row in rows:
        if row.customer_id:
            groups[row.customer_id, w.period(at), *(getattr(row, d) for d in w.by)].append((at, value, name, row))
    for found in groups.values():
        found.sort(key=lambda one: (one[0], one[2]))
        worst = max(found, key=lambda one: (one[1], one[0]))
        yield worst[0], [one[1] for one in found], _merged([one[3] for one in found])


def _customer_waits(w: World) -> Any:
    rows = [(c.queued or c.started, c.wait, c.contact_id, c) for c in w.contacts if c.wait is not None and c.wait >= 0]
    return _worst(w, rows)


@kpi("worst.wait")
def _worst_wait(w: World) -> Items:
    return (Item(at, max(values), 1, row) for at, values, row in _customer_waits(w))


@kpi("worst.crossed")
def _crossed(w: World) -> Items:
    line = w.params.line_s
    return (Item(at, float(max(values) > line), 1, row) for at, values, row in _customer_waits(w))


@kpi("worst.twice")
def _twice(w: World) -> Items:
    line = w.params.line_s
    for at, values, row in _customer_waits(w):
        yield Item(at, float(any(a > line and b > line for a, b in pairwise(values))), 1, row)


@kpi("worst.resolution")
def _worst_resolution(w: World) -> Items:
    rows = [
        (end, length(c.came, end), c.case_id, c) for c in _unmerged(w) if (end := final(c, w.params)) and end >= c.came
    ]
    return (Item(at, max(values), 1, row) for at, values, row in _worst(w, rows))  # type: ignore[arg-type]


@kpi("worst.broken_promises")
def _broken(w: World) -> Items:
    settled = [p for p in w.promises if p.customer_id and p.outcome in ("kept", "broken")]
    for p, _, _ in _last_of_period(w, settled, "settled", "promise", lambda p: p.customer_id):
        window = p.settled - w.params.promise_window
        broken = sum(
            q.outcome == "broken" and q.customer_id == p.customer_id and window <= q.settled <= p.settled
            for q in settled
        )
        yield Item(p.settled, broken, 1, p)
