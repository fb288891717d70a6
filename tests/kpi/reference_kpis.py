"""How fast and how much, from the words of the definitions, in plain Python, on the rows of `reference`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from tests.kpi.reference import Row
from tests.kpi.reference_world import KPIS, Item, Items, World, final, inbound, kpi, unmerged

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


_timed("speed.first_reply", unmerged, "clock", "replied", "opened")
_timed("speed.first_reply/from_assignment", unmerged, "assigned", "replied", "opened")
_timed("speed.first_solution", unmerged, "came", "solution", "opened")
_timed("speed.resolution", unmerged, "came", "final", None)
_timed("speed.resolution/last_reply", unmerged, "came", "last_reply", None, settled=True)
_timed("speed.resolution/closed", unmerged, "opened", "closed", "closed")
_timed("speed.turnaround", lambda w: w.assignments, "started", "replied", "started")


@kpi("speed.first_reply/with_bot")
def _any_reply(w: World) -> Items:
    for c in unmerged(w):
        if c.any_reply and c.any_reply >= c.opened:
            yield Item(c.opened, (c.any_reply - c.opened).total_seconds(), 1, c)


@kpi("speed.resolution/without_customer_wait")
def _our_time(w: World) -> Items:
    for c in unmerged(w):
        end = final(c, w.params)
        if end and end >= c.came:
            yield Item(end, (end - c.came).total_seconds() - c.paused, 1, c)


@kpi("speed.same_day")
def _same_day(w: World) -> Items:
    for c in unmerged(w):
        start = min(c.clock, c.replied or c.clock)
        close = w.calendar(c).close_of_business_day(start)
        yield Item(c.opened, float(bool(c.replied and close and c.replied <= close)), 1, c)


@kpi("speed.within_24h")
def _within_24h(w: World) -> Items:
    for c in unmerged(w):
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
    KPIS[name] = lambda w: (Item(c.opened, float(hit(c)), 1, c) for c in unmerged(w))


_escalated("flow.escalation", lambda c: bool(c.transfers or c.escalated or c.teams > 1))
_escalated("flow.escalation/transfers", lambda c: bool(c.transfers or c.teams > 1))
_escalated("flow.escalation/hierarchical", lambda c: bool(c.escalated))


def _held(name: str, *statuses: str) -> None:
    """Register seconds in statuses between the opening and the last resolution."""

    def found(w: World) -> Items:
        for c in unmerged(w):
            if c.last_resolved and c.last_resolved >= c.opened and c.tracked:
                seconds = sum(
                    max((min(b or c.last_resolved, c.last_resolved) - max(a, c.opened)).total_seconds(), 0.0)
                    for status, a, b in c.statuses
                    if status in statuses
                )
                yield Item(c.last_resolved, seconds, 1, c)

    KPIS[name] = found


_held("flow.on_hold", "pending", "on_hold")
_held("flow.on_hold/customer", "pending")
_held("flow.on_hold/others", "on_hold")


def _came_back(name: str, holder: str) -> None:
    """Register whether a case came back to whom it had left; what it was given at one instant is taken by name."""

    def found(w: World) -> Items:
        never = datetime.max.replace(tzinfo=UTC)
        for c in unmerged(w):
            spells = [
                (a.started, a.ended or never, getattr(a, holder)) for a in w.assignments if a.case_id == c.case_id
            ]
            names = [who for _, _, who in sorted(spell for spell in spells if spell[2] is not None)]
            visits = [who for before, who in zip([None, *names], names, strict=False) if who != before]
            if visits:
                yield Item(c.opened, float(len(visits) > len(set(visits))), 1, c)

    KPIS[name] = found


_came_back("flow.returns", "team")
_came_back("flow.returns/person", "agent_id")


@kpi("flow.backlog")
def _backlog(w: World) -> Items:
    for o in w.openings:
        yield Item(o.started, 1, 1, o)
        if o.ended:
            yield Item(o.ended, -1, 1, o, counts=False)
