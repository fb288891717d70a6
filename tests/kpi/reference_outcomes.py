"""Repeats, outcomes, load and the worst, from the words of the definitions; see `reference_kpis`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.kpi.reference import DIMS, Row, length
from tests.kpi.reference_world import (
    KPIS,
    Item,
    Items,
    World,
    final,
    inbound,
    kpi,
    resolvers,
    servers,
    share_of,
    unmerged,
)  # fmt: skip

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
    known = [c for c in unmerged(w) if c.customer_id]
    groups: dict[Any, list[Row]] = defaultdict(list)
    for c in sorted(known, key=lambda c: (c.opened, c.case_id)):
        groups[c.customer_id].append(c)
    for found in groups.values():
        for i, c in enumerate(found):
            if not i or w.period(found[i - 1].opened) != w.period(c.opened):
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


@kpi("voice.surveyed")
def _surveyed(w: World) -> Items:
    asked = {r.case_id for r in w.ratings if r.sent}
    return (Item(c.last_resolved, float(c.case_id in asked), 1, c) for c in unmerged(w) if c.last_resolved)


@kpi("outcome.first_contact/survey")
def _first_contact(w: World) -> Items:
    cases = {c.case_id: c for c in w.cases}
    for r in _rated(w, "resolved"):
        case = cases.get(r.case_id)
        if case is not None:
            came = [c for c in w.contacts if c.case_id == r.case_id and c.previous is None and inbound(c)]
            visits = len(came) or case.contacts
            yield Item(r.answered, float(r.value > 0 and visits <= 1 and case.reopens == 0), 1, r)


def _touch(name: str, hit: Callable[[Row], bool]) -> None:
    KPIS[name] = lambda w: (Item(c.last_resolved, float(hit(c)), 1, c) for c in unmerged(w) if c.last_resolved)


_touch("outcome.first_contact/touch", lambda c: c.replies == 1)
_touch("outcome.first_contact/touch_zendesk", lambda c: c.replies < 2)


@kpi("outcome.reopened")
def _reopened(w: World) -> Items:
    for c in unmerged(w):
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
    for c in unmerged(w):
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


def _over_theirs(
    name: str, top: Callable[[World], Items], people: Callable[[World], set[str]], weight: Callable[[Row], float]
) -> None:
    """Register things over the paid time of those who serve them, less what clients pay for."""

    def found(w: World) -> Items:
        yield from top(w)
        theirs = people(w)
        for s in w.shifts:
            if s.agent_id in theirs:
                yield Item(s.started, 0, weight(s) * share_of(w, s.agent_id), s, counts=False)

    KPIS[name] = found


def _handlers(w: World) -> set[str]:
    return servers(w, "answered", "handled")


def _standard(w: World) -> Items:
    for c in w.contacts:
        if c.outcome in ("answered", "handled") and c.service in w.standard:
            yield Item(c.started, w.standard[c.service], 0, c)


_over_theirs("load.throughput", _resolved, resolvers, _hours)
_over_theirs("load.throughput/contacts", _handled, _handlers, _hours)
_over_theirs("load.throughput/person_day", _resolved, resolvers, lambda s: 1.0)
_over_theirs("load.throughput/standard_time", _standard, _handlers, lambda s: _hours(s) * 3600)
_over_theirs("flow.served_per_hour/staffed", _answered, lambda w: servers(w, "answered"), _hours)
_over("load.utilisation", _busy, "shifts", lambda s: _hours(s) * 3600)
_over("flow.served_per_hour", _walk_ins, "counters", _hours)


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
        (end, length(c.came, end), c.case_id, c) for c in unmerged(w) if (end := final(c, w.params)) and end >= c.came
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
