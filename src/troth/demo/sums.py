"""The true figures of a period: numerator and denominator of each KPI, added up from the world's own records.

Nothing here reads the log or the KPI room. Names are those of the KPI catalogue (`id`, or `id/variant`); what each
counts, and which instant dates it, is the definition in words, worked out once more on other data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from troth.demo.clock import DAY, HOUR, LocalDay, instant, local_day, millis, zone
from troth.demo.desk import Site
from troth.demo.ledger import Case, Contact
from troth.demo.record import STEP
from troth.demo.world import World

#: KPIs whose truth is the value of the very course of things; the others have a long-run average.
COUNTS: Final = frozenset({"flow.volume", "flow.volume/cases", "flow.volume/parts", "flow.backlog"})

_WEEK, _FORTNIGHT, _QUARTER = 7 * DAY, 14 * DAY, 90 * DAY
_ON_CONTACT, _WRAP, _AVAILABLE = STEP["on_contact"], STEP["wrap"], STEP["available"]


@dataclass(slots=True)
class Tally:
    """Sums of numerators and denominators by KPI, of what is dated within the period."""

    start: int
    end: int
    retention: int
    line_s: float
    sums: dict[str, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0, 0.0]))

    def holds(self, t: int) -> bool:
        """Tell whether an instant is in the period."""
        return self.start <= t < self.end

    def add(self, name: str, *, num: float, den: float = 1.0) -> None:
        """Add to a KPI."""
        both = self.sums[name]
        both[0] += num
        both[1] += den


def true_sums(
    world: World,
    *,
    start: datetime,
    end: datetime,
    retention: timedelta = timedelta(days=90),
    line_s: float = 600.0,
) -> dict[str, tuple[float, float]]:
    """Return numerator and denominator of every KPI with a truth, over all sites of a world.

    Parameters
    ----------
    world : one that kept its ledger and has lived well beyond `end` (two weeks, so that what may still change has).
    start, end : the period, aware; `end` is the first instant that no longer counts.
    retention : the horizon of `customer.retention`.
    line_s : the wait above which an experience is bad, for `worst.crossed` and `worst.twice`.

    Returns
    -------
    by KPI name (numerator, denominator); a count has denominator 1, and times are in seconds.
    """
    tally = Tally(millis(start), millis(end), round(retention / timedelta(milliseconds=1)), line_s)
    for name in COUNTS:
        tally.add(name, num=0.0)
    for site in world.sites:
        _contacts(tally, site)
        _repeats(tally, site)
        _cases(tally, site)
        _people(tally, site)
        _voices(tally, site)
        _customers(tally, site)
    return {name: (num, den) for name, (num, den) in tally.sums.items()}


# ---- contacts -------------------------------------------------------------------------------------------------------


def _kind(site: Site, c: Contact) -> str:
    return site.lines[c.queue].truth.kind


def _begins(c: Contact) -> int:
    return c.left if c.end == "no_show" and c.queued < 0 else c.arrived


def _wait(c: Contact) -> int:
    """Return how long a contact waited in ms; a silent leaver waits until found out; -1 if nobody waited."""
    if c.end in ("bot", "") or (c.queued < 0 and c.end != "balked"):
        return -1
    if c.end == "no_show":
        return c.called + 75_000 - c.queued
    begin = c.arrived if c.end == "balked" else c.queued
    return (c.answered if c.answered >= 0 else c.left) - begin


def _contacts(tally: Tally, site: Site) -> None:
    for c in site.ledger.contacts:
        kind = _kind(site, c)
        if tally.holds(_begins(c)) and c.direction == 0:
            tally.add("flow.volume/parts", num=1, den=0)
            if c.previous < 0:
                tally.add("flow.volume", num=1, den=0)
        if kind in ("bot", "mail"):
            if kind == "mail" and c.answered >= 0 and tally.holds(c.arrived):
                tally.add("speed.handle/active", num=c.touch_ms / 1000)
                tally.add("load.throughput/contacts", num=1, den=0)
            continue
        if c.queued >= 0 and c.end and tally.holds(c.queued):
            _offered(tally, c, _wait(c) / 1000)
        if c.answered >= 0 and c.end == "answered":
            if tally.holds(c.answered):
                tally.add("speed.handle", num=(c.wrapped - c.answered) / 1000)
                tally.add("speed.handle/active", num=(c.wrapped - c.answered) / 1000)
                tally.add("speed.handle/service", num=(c.ended - c.answered) / 1000)
                tally.add("flow.served_per_hour/staffed", num=1, den=0)
                if kind == "walkin":
                    tally.add("flow.served_per_hour", num=1, den=0)
            if tally.holds(c.arrived):
                tally.add("load.throughput/contacts", num=1, den=0)
                tally.add("speed.answer/from_entry", num=(c.answered - c.arrived) / 1000)


def _offered(tally: Tally, c: Contact, wait: float) -> None:
    """Account for a contact that joined a queue and is through with it."""
    answered, gone, soon = c.end == "answered", c.end == "abandoned", wait <= 20
    if answered:
        tally.add("speed.answer", num=wait)
    if answered or gone or c.end == "callback":
        tally.add("speed.answer/mean_wait", num=wait)
    tally.add("flow.abandonment", num=gone)
    if answered or gone:
        tally.add("flow.abandonment/of_answered_and_abandoned", num=gone)
    if answered or (gone and not soon):
        tally.add("flow.abandonment/without_short", num=gone)
        tally.add("sla.service_level/answered_and_late_abandons", num=answered and soon)
    tally.add("sla.service_level", num=soon and c.end in ("answered", "abandoned", "callback"))
    tally.add("sla.service_level/answered", num=soon and answered)
    if not (gone and soon):
        tally.add("sla.service_level/without_short_abandons", num=soon and answered)


def _repeats(tally: Tally, site: Site) -> None:
    """Account for contacts that follow one another on the same topic, or a broken promise."""
    by_matter: dict[tuple[int, str], list[Contact]] = defaultdict(list)
    broken: dict[int, list[int]] = defaultdict(list)
    for customer, t, how, _ in site.ledger.promises:
        if how == 0:
            broken[customer].append(t)
    for c in site.ledger.contacts:
        if c.direction == 0 and c.previous < 0:
            topic = site.lines[c.case.queue].truth.topics[c.case.topic].topic
            by_matter[c.case.customer, topic].append(c)
    for (customer, _), found in by_matter.items():
        found.sort(key=_begins)
        for k, c in enumerate(found):
            t = _begins(c)
            if not tally.holds(t):
                continue
            again = k > 0 and t - _begins(found[k - 1]) <= _WEEK
            late = any(0 < t - x <= _WEEK for x in broken[customer])
            tally.add("flow.failure_demand", num=again or late)
            tally.add("flow.failure_demand/repeat", num=again)
            if not again and c.answered >= 0 and c.end == "answered":
                soon = k + 1 < len(found) and _begins(found[k + 1]) - t <= _WEEK
                tally.add("outcome.first_contact/repeat", num=not soon)


# ---- cases ----------------------------------------------------------------------------------------------------------


def _final(case: Case) -> int:
    """Return when a case was resolved for good, -1 if it was not."""
    if not case.solved:
        return -1
    last = case.solved[-1]
    after = [t for t in case.reopened if t > last]
    return -1 if after and after[0] - last <= _FORTNIGHT else last


def _business_close(site: Site, days: dict[object, LocalDay], t: int) -> int:
    """Return the close of the business day of an instant; out of hours, of the next one."""
    day = instant(t).astimezone(zone(site.site.time_zone)).date()
    for k in range(40):
        here = day + timedelta(days=k)
        if here not in days:
            days[here] = local_day(site.site, day=here)
        if days[here].spans and t < days[here].closes:
            return days[here].closes
    return t


def _cases(tally: Tally, site: Site) -> None:
    days: dict[object, LocalDay] = {}
    for case in site.ledger.cases:
        if case.opened < 0:
            continue
        final = _final(case)
        if tally.holds(case.opened):
            _opened(tally, site, case, days)
        if final >= 0 and tally.holds(final):
            tally.add("speed.resolution", num=(final - case.came) / 1000)
            tally.add("load.throughput", num=1, den=0)
            tally.add("load.throughput/person_day", num=1, den=0)
        if case.closed >= 0 and tally.holds(case.closed):
            tally.add("speed.resolution/closed", num=(case.closed - case.opened) / 1000)
        if case.solved and tally.holds(case.solved[-1]):
            tally.add("outcome.first_contact/touch", num=case.replies == 1)
            tally.add("outcome.first_contact/touch_zendesk", num=case.replies < 2)
        if case.solved and tally.holds(case.solved[0]):
            first = case.solved[0]
            tally.add("outcome.reopened", num=bool(case.reopened) and case.reopened[0] - first <= _FORTNIGHT)
        ends = [*case.solved, *([case.closed] if case.closed >= 0 else [])]
        began = max((t for t in (case.opened, *case.reopened) if t < tally.end), default=-1)
        if began >= 0 and not any(began <= t < tally.end for t in ends):
            tally.add("flow.backlog", num=1, den=0)
    for _, _, assigned, replied in site.ledger.turns:
        if replied >= 0 and tally.holds(assigned):
            tally.add("speed.turnaround", num=(replied - assigned) / 1000)


def _opened(tally: Tally, site: Site, case: Case, days: dict[object, LocalDay]) -> None:
    """Account for a case opened in the period."""
    tally.add("flow.volume/cases", num=1, den=0)
    since = case.reply_from if case.replied >= 0 else case.from_
    took = case.replied - since if case.replied >= 0 else -1
    if took >= 0:
        tally.add("speed.first_reply", num=took / 1000)
    tally.add("speed.within_24h", num=0 <= took <= DAY)
    tally.add("speed.same_day", num=took >= 0 and case.replied <= _business_close(site, days, since))
    if case.proposed >= 0:
        tally.add("speed.first_solution", num=(case.proposed - case.came) / 1000)
    other_team = case.teams & (case.teams - 1) != 0
    tally.add("flow.escalation", num=case.raised or case.moved > 0 or other_team)
    tally.add("flow.escalation/transfers", num=case.moved > 0 or other_team)
    tally.add("flow.escalation/hierarchical", num=case.raised)


# ---- people, voices, customers --------------------------------------------------------------------------------------


def _servers(site: Site) -> dict[str, set[int]]:
    """Return whose paid time figures over it take, by KPI: who ever served what it counts."""
    served = [(_kind(site, c), c) for c in site.ledger.contacts if c.answered >= 0]
    answering = {c.agent for kind, c in served if kind not in ("bot", "mail") and c.end == "answered"}
    writing = {c.agent for kind, c in served if kind == "mail"}
    resolving = {case.agent for case in site.ledger.cases if case.solved}
    resolving |= {c.agent for kind, c in served if kind != "bot" and c.case.solved}
    return {
        "load.throughput": resolving,
        "load.throughput/person_day": resolving,
        "load.throughput/contacts": answering | writing,
        "flow.served_per_hour/staffed": answering,
    }


def _people(tally: Tally, site: Site) -> None:
    people = _servers(site)
    for agent, started, ended, spent in site.ledger.shifts:
        if not tally.holds(started):
            continue
        paid = (ended - started) / HOUR
        busy = (spent.get(_ON_CONTACT, 0) + spent.get(_WRAP, 0)) / HOUR
        tally.add("load.occupancy", num=busy, den=busy + spent.get(_AVAILABLE, 0) / HOUR)
        tally.add("load.utilisation", num=busy, den=paid)
        for name, those in people.items():
            if agent in those:
                tally.add(name, num=0, den=1 if name == "load.throughput/person_day" else paid)
    for _, opened, closed in site.ledger.counters:
        if tally.holds(opened):
            tally.add("flow.served_per_hour", num=0, den=(closed - opened) / HOUR)
    scores: dict[int, list[float]] = defaultdict(list)
    for agent, t, total in site.ledger.reviews:
        if tally.holds(t):
            tally.add("quality.score", num=total)
            scores[agent].append(total)
    for found in scores.values():
        if len(found) >= 10:
            tally.add("quality.agents_passing", num=sum(found) / len(found) >= 80)


def _voices(tally: Tally, site: Site) -> None:
    cases = {case.no: case for case in site.ledger.cases}
    visits: dict[int, int] = defaultdict(int)
    for c in site.ledger.contacts:
        visits[c.case.no] += c.previous < 0 and c.direction == 0
    for s in site.ledger.surveys:
        if tally.holds(s.sent):
            tally.add("voice.response", num=s.answered >= 0)
        if s.answered < 0 or not tally.holds(s.answered):
            continue
        tally.add("voice.csat", num=s.satisfaction >= 4)
        tally.add("voice.csat/mean", num=25.0 * (s.satisfaction - 1))
        tally.add("voice.dsat", num=s.satisfaction <= 2)
        if s.resolved >= 0:
            case = cases[s.case]
            once = (visits[s.case] or case.contacts) <= 1 and not case.reopened
            tally.add("voice.resolved", num=s.resolved)
            tally.add("outcome.first_contact/survey", num=s.resolved == 1 and once)
    for _, t, how, stated in site.ledger.promises:
        if how >= 0 and tally.holds(t):
            tally.add("promise.kept", num=how)
            tally.add("promise.kept/stated", num=stated)


def _worst(
    tally: Tally, name: str, rows: Iterable[tuple[int, int, float]], fold: Callable[[float, float], float]
) -> None:
    worst: dict[int, float] = {}
    for customer, t, value in rows:
        if tally.holds(t):
            worst[customer] = fold(worst[customer], value) if customer in worst else value
    for value in worst.values():
        tally.add(name, num=value)


def _crossed(tally: Tally, waits: Iterable[tuple[int, int, float]]) -> None:
    """Account for customers with a wait of the period beyond the line, and with two of them in a row."""
    bad: dict[int, list[bool]] = defaultdict(list)
    for customer, _, wait in sorted(row for row in waits if tally.holds(row[1])):
        bad[customer].append(wait > tally.line_s)
    for found in bad.values():
        tally.add("worst.crossed", num=any(found))
        tally.add("worst.twice", num=any(a and b for a, b in pairwise(found)))


def _customers(tally: Tally, site: Site) -> None:
    ledger = site.ledger
    waited = [c for c in ledger.contacts if _kind(site, c) != "mail" and _wait(c) >= 0]
    waits = [(c.case.customer, max(c.queued, c.arrived), _wait(c) / 1000) for c in waited]
    _worst(tally, "worst.wait", waits, max)
    _crossed(tally, waits)
    solved = (
        (c.customer, _final(c), (_final(c) - c.came) / 1000) for c in ledger.cases if c.opened >= 0 and _final(c) >= 0
    )
    _worst(tally, "worst.resolution", solved, max)
    by_customer: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for customer, t, how, _ in ledger.promises:
        if how >= 0 and t < tally.end:
            by_customer[customer].append((t, how))
    for found in by_customer.values():
        last = max(t for t, _ in found)
        if tally.holds(last):
            tally.add("worst.broken_promises", num=sum(how == 0 and t >= last - _QUARTER for t, how in found))
    opened: dict[int, list[int]] = defaultdict(list)
    for case in ledger.cases:
        if case.opened >= 0:
            opened[case.customer].append(case.opened)
    for times in opened.values():
        within = [t for t in times if tally.holds(t)]
        if within:
            first, *later = sorted(t for t in times if t >= min(within))
            tally.add("customer.retention", num=bool(later) and later[0] - first <= tally.retention)
