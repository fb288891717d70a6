"""The rules of a roster, and the judge: what of a roster breaks which rule, found without the solver."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from troth.capacity.roster._cover import cover_violations
from troth.capacity.roster.problem import OFF, Duty, Employee, RosterProblem, ShiftKind
from troth.core.decision import Rule

_QU = "Curtois and Qu 2014, section 2"

#: Every rule by its id.
RULES: Final[Mapping[str, Rule]] = {
    rule.id: rule
    for rule in (
        Rule("roster.one-shift", "A person has at most one shift on a day.", source=_QU),
        Rule("roster.known", "A shift is of a known kind, at a start and of a length the kind allows, for a known person and day."),
        Rule("roster.succession", "Some kinds of shift may not follow others on the next day.", source=_QU),
        Rule("roster.rest", "Between two shifts a person rests at least so long."),
        Rule("roster.most-of-kind", "A person has at most so many shifts of a kind.", source=_QU),
        Rule("roster.most-minutes", "A person works at most so many minutes over the horizon.", source=_QU),
        Rule("roster.least-minutes", "A person works at least so many minutes over the horizon.", source=_QU),
        Rule("roster.most-week", "A person works at most so many minutes or days in a calendar week."),
        Rule("roster.least-week", "A person works at least so many minutes in a calendar week."),
        Rule("roster.most-days", "A person works on at most so many days."),
        Rule("roster.longest-run", "A person works at most so many days in a row.", source=_QU),
        Rule("roster.shortest-run", "A person works at least so many days in a row.", source=_QU),
        Rule("roster.shortest-off", "A person is free at least so many days in a row.", source=_QU),
        Rule("roster.weekends", "A person works on at most so many weekends.", source=_QU),
        Rule("roster.away", "A person does not work while away.", source=_QU),
        Rule("roster.fixed", "What is settled stays."),
        Rule("roster.skill", "A person does only what they can."),
        Rule("roster.stretch", "A stretch of an activity lasts at least so long, and stretches fill the shift."),
        Rule("roster.pause", "Breaks lie in their windows."),
        Rule("roster.floor", "No slot has fewer people than its floor."),
        Rule("roster.under", "Fewer people than wanted cost.", hard=False, source=_QU),
        Rule("roster.over", "More people than wanted cost.", hard=False, source=_QU),
        Rule("roster.wish", "A request that is not honoured costs.", hard=False, source=_QU),
        Rule("roster.cost", "Worked hours cost.", hard=False),
        Rule("roster.weekend-spread", "Weekends that are shared unevenly cost.", hard=False),
        Rule("roster.change", "A day that differs from the published roster costs.", hard=False),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule.

    Parameters
    ----------
    rule : its id.
    agent_id : whose; empty where it is the cover's.
    day : number of the day it begins on, -1 for the whole horizon.
    amount : by how much, in the rule's own unit (minutes, days, shifts, people).
    cost : what it costs if the rule is soft, 0 if it is hard.
    what : the kind or activity, and the slot's minute of the day, where that tells more.
    """

    rule: str
    agent_id: str
    day: int
    amount: float
    cost: float = 0.0
    what: str = ""


def violations(problem: RosterProblem, duties: Sequence[Duty]) -> list[Violation]:
    """Return everything a roster breaks: hard rules, and soft rules with what each costs.

    The sum of the costs is the objective. Nothing here is shared with the solver.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.roster.problem import Employee, RosterProblem, ShiftKind, Terms
    >>> early = ShiftKind("early", (480,), (360,))
    >>> ada = Employee("ada", Terms(longest_run=1))
    >>> problem = RosterProblem(date(2026, 6, 1), 2, (early,), (ada,))
    >>> [v.rule for v in violations(problem, [Duty("ada", 0, "early", 360, 480), Duty("ada", 1, "early", 360, 480)])]
    ['roster.longest-run']
    """
    found = list(_unknown(problem, duties))
    if found:
        return found
    lines: dict[str, dict[int, Duty]] = defaultdict(dict)
    for duty in duties:
        if duty.day in lines[duty.agent_id]:
            found.append(Violation("roster.one-shift", duty.agent_id, duty.day, 1))
        lines[duty.agent_id][duty.day] = duty
    kinds = {kind.kind: kind for kind in problem.kinds}
    for one in problem.staff:
        line = lines.get(one.agent_id, {})
        for judge in _PERSONAL:
            found += judge(_Of(problem, kinds, one, line))
    found += [Violation(*row) for row in cover_violations(problem, duties)]
    return found


def hard(found: Sequence[Violation]) -> list[Violation]:
    """Return the violations of hard rules."""
    return [v for v in found if RULES[v.rule].hard]


def minutes_of(kind: ShiftKind, *, length: int) -> int:
    """Return the minutes of a shift that count as worked."""
    if not kind.counted:
        return 0
    unpaid = sum(p.minutes for p in kind.pauses if not p.paid) if length >= kind.pause_from else 0
    return length - unpaid


def _unknown(problem: RosterProblem, duties: Sequence[Duty]) -> Iterator[Violation]:
    kinds = {kind.kind: kind for kind in problem.kinds}
    people = {one.agent_id for one in problem.staff}
    for duty in duties:
        kind = kinds.get(duty.kind)
        fits = (
            kind is not None
            and duty.agent_id in people
            and 0 <= duty.day < problem.days
            and duty.length in kind.lengths
            and duty.start in (kind.starts or (0,))
        )
        if not fits:
            yield Violation("roster.known", duty.agent_id, duty.day, 1, what=duty.kind)


class _Of(NamedTuple):
    """A person's roster, with the problem and its kinds by name."""

    problem: RosterProblem
    kinds: Mapping[str, ShiftKind]
    one: Employee
    line: Mapping[int, Duty]


def _next_day(of: _Of) -> Iterator[Violation]:
    """Succession and rest, the eve included."""
    _, kinds, one, line = of
    before = one.before
    if before is not None and 0 in line and before.run:
        if before.kind in kinds and line[0].kind in kinds[before.kind].not_before:
            yield Violation("roster.succession", one.agent_id, 0, 1, what=line[0].kind)
        if before.ended is not None and kinds[line[0].kind].starts and line[0].start - before.ended < one.terms.rest:
            yield Violation("roster.rest", one.agent_id, 0, one.terms.rest - (line[0].start - before.ended))
    for day, duty in sorted(line.items()):
        after = line.get(day + 1)
        if after is None:
            continue
        if after.kind in kinds[duty.kind].not_before:
            yield Violation("roster.succession", one.agent_id, day + 1, 1, what=after.kind)
        if kinds[duty.kind].starts and kinds[after.kind].starts:
            rest = after.start + 1440 - duty.start - duty.length
            if rest < max(0, one.terms.rest):
                yield Violation("roster.rest", one.agent_id, day + 1, one.terms.rest - rest)


def _amounts(of: _Of) -> Iterator[Violation]:
    """Minutes, days and kinds over the horizon."""
    _, kinds, one, line = of
    terms = one.terms
    total = sum(minutes_of(kinds[d.kind], length=d.length) for d in line.values())
    low, high = terms.minutes
    if high is not None and total > high:
        yield Violation("roster.most-minutes", one.agent_id, -1, total - high)
    if low is not None and total < low:
        yield Violation("roster.least-minutes", one.agent_id, -1, low - total)
    if terms.most_days is not None and len(line) > terms.most_days:
        yield Violation("roster.most-days", one.agent_id, -1, len(line) - terms.most_days)
    had = Counter(d.kind for d in line.values())
    for kind, most in terms.most_of_kind:
        if had[kind] > most:
            yield Violation("roster.most-of-kind", one.agent_id, -1, had[kind] - most, what=kind)


def _weeks(of: _Of) -> Iterator[Violation]:
    """Minutes and days of each calendar week. A week that reaches over the horizon's edge is judged by its days in it."""
    problem, kinds, one, line = of
    terms = one.terms
    starts = [0, *(d for d in range(1, problem.days) if problem.date_of(d).weekday() == 0)]
    low, high = terms.week_minutes
    for a, b in zip(starts, [*starts[1:], problem.days], strict=True):
        duties = [line[d] for d in range(a, b) if d in line]
        total = sum(minutes_of(kinds[d.kind], length=d.length) for d in duties)
        if high is not None and total > high:
            yield Violation("roster.most-week", one.agent_id, a, total - high)
        if low is not None and total < low:
            yield Violation("roster.least-week", one.agent_id, a, low - total)
        if terms.most_week_days is not None and len(duties) > terms.most_week_days:
            yield Violation("roster.most-week", one.agent_id, a, len(duties) - terms.most_week_days, what="days")


def _runs(of: _Of) -> Iterator[Violation]:
    """Worked and free days in a row; runs at an edge are not too short unless what went before is known."""
    problem, _, one, line = of
    terms, before = one.terms, one.before
    day = 0
    while day < problem.days:
        works, first = day in line, day
        while day < problem.days and (day in line) == works:
            day += 1
        length = day - first
        known = first > 0
        if first == 0 and before is not None:
            known = works or before.off > 0  # how long the eve has been free may be unknown
            length += before.run if works else before.off
        if works and terms.longest_run is not None and length > terms.longest_run:
            yield Violation("roster.longest-run", one.agent_id, first, length - terms.longest_run)
        if known and day < problem.days:
            least, rule = (
                (terms.shortest_run, "roster.shortest-run") if works else (terms.shortest_off, "roster.shortest-off")
            )
            if length < least:
                yield Violation(rule, one.agent_id, first, least - length)
    if before is not None and problem.days and before.run and 0 not in line and before.run < terms.shortest_run:
        yield Violation("roster.shortest-run", one.agent_id, 0, terms.shortest_run - before.run)
    if before is not None and not before.run and before.off and 0 in line and before.off < terms.shortest_off:
        yield Violation("roster.shortest-off", one.agent_id, 0, terms.shortest_off - before.off)


def weekends_of(problem: RosterProblem, line: Mapping[int, object]) -> int:
    """Return on how many weekends a line has work."""
    return len({problem.date_of(d).isocalendar()[:2] for d in line if problem.date_of(d).weekday() >= 5})


def _weekends(of: _Of) -> Iterator[Violation]:
    problem, _, one, line = of
    worked, terms = weekends_of(problem, line), one.terms
    if terms.most_weekends is not None and worked > terms.most_weekends:
        yield Violation("roster.weekends", one.agent_id, -1, worked - terms.most_weekends)
    spread = problem.prices.weekend_spread
    if spread:
        past = one.before.weekends if one.before is not None else 0
        yield Violation("roster.weekend-spread", one.agent_id, -1, worked + past, spread * (worked + past) ** 2)


def _settled(of: _Of) -> Iterator[Violation]:
    """Leave, other spans in which a person cannot work, and settled days."""
    _, kinds, one, line = of
    for day, duty in line.items():
        if day in one.away:
            yield Violation("roster.away", one.agent_id, day, 1)
        first = day * 1440 + duty.start
        for a, b in one.unavailable:
            if kinds[duty.kind].starts and first < b and first + duty.length > a:
                yield Violation(
                    "roster.away", one.agent_id, day, min(b, first + duty.length) - max(a, first), what="span"
                )
    for day, kind in one.fixed:
        has = line[day].kind if day in line else OFF
        if has != kind:
            yield Violation("roster.fixed", one.agent_id, day, 1, what=kind)


def _within(of: _Of) -> Iterator[Violation]:
    """Skills, stretches and breaks inside shifts."""
    problem, kinds, one, line = of
    shortest = {a.activity: a.shortest for a in problem.activities}
    if not shortest:
        return
    for day, duty in line.items():
        at, rests = 0, list[tuple[int, int]]()
        for activity, a, b in duty.stretches:
            if a != at or b <= a:
                yield Violation("roster.stretch", one.agent_id, day, abs(a - at), what="gap")
            at = b
            if activity == "":
                rests.append((a, b - a))
                continue
            if activity not in shortest or (one.skills is not None and activity not in one.skills):
                yield Violation("roster.skill", one.agent_id, day, 1, what=activity)
            elif b - a < shortest[activity]:
                yield Violation("roster.stretch", one.agent_id, day, shortest[activity] - (b - a), what=activity)
        if at != duty.length:
            yield Violation("roster.stretch", one.agent_id, day, abs(duty.length - at), what="length")
        kind = kinds[duty.kind]
        wanted = kind.pauses if duty.length >= kind.pause_from else ()
        if len(rests) != len(wanted):
            yield Violation("roster.pause", one.agent_id, day, abs(len(rests) - len(wanted)), what="number")
        for (a, length), pause in zip(rests, wanted, strict=False):
            if length != pause.minutes or not pause.earliest <= a <= pause.latest:
                yield Violation("roster.pause", one.agent_id, day, max(pause.earliest - a, a - pause.latest, 1))


def _wishes(of: _Of) -> Iterator[Violation]:
    problem, _, one, line = of
    for wish in one.wishes:
        if not 0 <= wish.day < problem.days:
            continue
        has = line[wish.day].kind if wish.day in line else OFF
        meets = has != OFF if wish.kind == OFF else has == wish.kind
        if meets != wish.wanted:
            yield Violation("roster.wish", one.agent_id, wish.day, 1, wish.cost, wish.kind)


def _money(of: _Of) -> Iterator[Violation]:
    problem, kinds, one, line = of
    price = problem.prices.hour_cost * one.terms.cost_per_hour_cents
    if price and line:
        hours = sum(minutes_of(kinds[d.kind], length=d.length) for d in line.values()) / 60
        yield Violation("roster.cost", one.agent_id, -1, hours, price * hours)


def _changes(of: _Of) -> Iterator[Violation]:
    problem, _, one, line = of
    if problem.published is None or not problem.prices.change:
        return
    was = {d: k for a, d, k in problem.published if a == one.agent_id}
    for day in range(problem.days):
        has = line[day].kind if day in line else OFF
        if has != was.get(day, OFF):
            yield Violation("roster.change", one.agent_id, day, 1, problem.prices.change, has)


_PERSONAL: Final[tuple[Callable[[_Of], Iterator[Violation]], ...]] = (
    _next_day, _amounts, _weeks, _runs, _weekends, _settled, _within, _wishes, _money, _changes,
)  # fmt: skip
