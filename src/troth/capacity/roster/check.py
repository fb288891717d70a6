"""Everything wrong with a roster problem, at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, time
from math import isfinite
from zoneinfo import ZoneInfo

from troth.capacity.roster.problem import OFF, Employee, RosterProblem, ShiftKind
from troth.core.decision import Issue, Severity

_DAY = 1440


def check(problem: RosterProblem) -> list[Issue]:
    """Return every issue of a problem; errors must be mended, warnings are doubtful.

    Examples
    --------
    >>> from datetime import date
    >>> [issue.code for issue in check(RosterProblem(date(2026, 6, 1), 7, (), ()))]
    ['no-shift-kinds', 'nobody']
    """
    return [
        *_whole(problem),
        *_kinds(problem),
        *(issue for one in problem.staff for issue in _employee(problem, one)),
        *_needs(problem),
        *_published(problem),
    ]


def _error(code: str, where: str, value: object = "", advice: str = "") -> Issue:
    return Issue(code, Severity.ERROR, where, str(value), advice)


def _warning(code: str, where: str, value: object = "", advice: str = "") -> Issue:
    return Issue(code, Severity.WARNING, where, str(value), advice)


def _twice(names: Iterable[str], code: str, where: str) -> Iterator[Issue]:
    for name, count in Counter(names).items():
        if count > 1:
            yield _error(code, f"{where}[{name}]", name, f"Maybe one of the {count} is to be left out or renamed.")


def _whole(problem: RosterProblem) -> Iterator[Issue]:
    if problem.days < 1:
        yield _error("no-days", "days", problem.days, "Maybe the horizon ends before it begins.")
    if problem.slot_minutes < 1 or _DAY % max(1, problem.slot_minutes):
        yield _error(
            "bad-slot", "slot_minutes", problem.slot_minutes, "Maybe 5, 10, 15 or 30: a day is a number of slots."
        )
    yield from _clock(problem)
    if not problem.kinds:
        yield _error("no-shift-kinds", "kinds", "", "Maybe the shifts there are were not read.")
    if not problem.staff:
        yield _error("nobody", "staff", "", "Maybe the people or their contracts were not read.")
    yield from _twice((one.agent_id for one in problem.staff), "person-twice", "staff")
    yield from _twice((kind.kind for kind in problem.kinds), "kind-twice", "kinds")
    yield from _twice((a.activity for a in problem.activities), "activity-twice", "activities")


def _clock(problem: RosterProblem) -> Iterator[Issue]:
    """Days of 23 and 25 hours, which are taken as of 24."""
    try:
        zone = ZoneInfo(problem.time_zone)
    except (ValueError, OSError, KeyError):
        yield _error("bad-time-zone", "time_zone", problem.time_zone, "Maybe a name such as Europe/Vilnius.")
        return
    if not any(kind.starts for kind in problem.kinds):
        return
    for day in range(min(problem.days, 1000)):
        first, then = (datetime.combine(problem.date_of(day + k), time(), zone) for k in (0, 1))
        if first.utcoffset() != then.utcoffset():
            advice = "Maybe look at that night's shifts by hand: they are an hour longer or shorter than planned."
            yield _warning("clock-change", f"days[{day}]", problem.date_of(day).isoformat(), advice)


def _kinds(problem: RosterProblem) -> Iterator[Issue]:
    known = {kind.kind for kind in problem.kinds}
    for kind in problem.kinds:
        where = f"kinds[{kind.kind}]"
        if not kind.kind:
            yield _error("bad-kind", where, kind.kind, "Maybe give it a name: the empty one means a free day.")
        if not kind.lengths or min(kind.lengths, default=0) < 1 or max(kind.lengths, default=0) > _DAY:
            yield _error("bad-length", where, kind.lengths, "Maybe a shift lasts from a minute to a day.")
        for start in kind.starts:
            if not 0 <= start < _DAY:
                yield _error("bad-start", where, start, "Maybe count minutes from the day's beginning.")
        for other in sorted(kind.not_before - known):
            yield _error("unknown-kind", f"{where}.not_before", other, "Maybe the kind was renamed.")
        if problem.activities:
            yield from _slotted(problem, kind, where)
        yield from _pauses(kind, where)


def _slotted(problem: RosterProblem, kind: ShiftKind, where: str) -> Iterator[Issue]:
    """Shifts with activities have a time of day, on whole slots."""
    if not kind.starts:
        yield _error("no-start", where, "", "Maybe say when it may start: activities need a time of day.")
    numbers = [*kind.starts, *kind.lengths, *(p.minutes for p in kind.pauses)]
    if problem.slot_minutes > 0 and any(n % problem.slot_minutes for n in numbers):
        yield _error("off-slot", where, numbers, f"Maybe use whole slots of {problem.slot_minutes} minutes.")


def _pauses(kind: ShiftKind, where: str) -> Iterator[Issue]:
    for k, pause in enumerate(kind.pauses):
        longest = max(kind.lengths, default=0)
        if (
            pause.minutes < 1
            or pause.earliest > pause.latest
            or pause.earliest < 0
            or pause.latest + pause.minutes > longest
        ):
            value = (pause.minutes, pause.earliest, pause.latest)
            yield _error("bad-pause", f"{where}.pauses[{k}]", value, "Maybe its window lies outside the shift.")


def _employee(problem: RosterProblem, one: Employee) -> Iterator[Issue]:
    where, terms = f"staff[{one.agent_id}]", one.terms
    known = {kind.kind for kind in problem.kinds}
    yield from _contract(problem, one, where)
    for kind, most in terms.most_of_kind:
        if kind not in known:
            yield _error("unknown-kind", f"{where}.most_of_kind", kind, "Maybe the kind was renamed.")
        if most < 0:
            yield _error("bad-limit", f"{where}.most_of_kind[{kind}]", most, "Maybe 0: none.")
    for wish in one.wishes:
        if wish.kind != OFF and wish.kind not in known:
            yield _error("unknown-kind", f"{where}.wishes", wish.kind, "Maybe the kind was renamed.")
        if not 0 <= wish.day < problem.days:
            yield _warning("outside", f"{where}.wishes", wish.day, "Maybe the request is for another month.")
        if not isfinite(wish.cost) or wish.cost < 0:
            yield _error("bad-price", f"{where}.wishes", wish.cost, "Maybe a price of 0 or more.")
    yield from _fixed(problem, one, where, known)
    if problem.activities and one.skills is not None and not one.skills & {a.activity for a in problem.activities}:
        yield _warning("no-skill", where, sorted(one.skills), "Maybe the person's skills are named otherwise here.")


def _fixed(problem: RosterProblem, one: Employee, where: str, known: set[str]) -> Iterator[Issue]:
    """Settled days that are unknown, twice or on leave."""
    days = Counter(day for day, _ in one.fixed)
    for day, kind in one.fixed:
        place = f"{where}.fixed[{day}]"
        if kind != OFF and kind not in known:
            yield _error("unknown-kind", place, kind, "Maybe the kind was renamed.")
        if not 0 <= day < problem.days:
            yield _warning("outside", place, day, "Maybe the day is of another month.")
        if kind != OFF and day in one.away:
            date = problem.date_of(day).isoformat() if 0 <= day < problem.days else str(day)
            yield _error("leave-over-fixed", place, date, "Maybe the leave or the settled shift is to be taken back.")
        if days[day] > 1:
            yield _error("fixed-twice", place, kind, "Maybe keep one of the two.")


def _contract(problem: RosterProblem, one: Employee, where: str) -> Iterator[Issue]:
    """Limits that contradict each other or the shifts there are."""
    terms = one.terms
    for name, (low, high) in (("minutes", terms.minutes), ("week_minutes", terms.week_minutes)):
        if low is not None and high is not None and low > high:
            yield _error("contradiction", f"{where}.terms.{name}", (low, high), "Maybe the two are to be swapped.")
        if (low or 0) < 0 or (high or 0) < 0:
            yield _error("bad-limit", f"{where}.terms.{name}", (low, high), "Maybe 0 or more.")
    if terms.longest_run is not None and terms.longest_run < terms.shortest_run:
        value = (terms.shortest_run, terms.longest_run)
        yield _error("contradiction", f"{where}.terms.run", value, "Maybe the two are to be swapped.")
    if terms.shortest_run < 1 or terms.shortest_off < 1 or (terms.longest_run or 1) < 1:
        yield _error("bad-limit", f"{where}.terms.run", "", "Maybe at least 1 day.")
    if terms.rest < 0 or terms.rest >= 2 * _DAY:
        yield _error("bad-rest", f"{where}.terms.rest", terms.rest, "Maybe 660 minutes: 11 hours.")
    elif terms.rest >= _DAY:
        advice = "Maybe 660 minutes: with a day or more nobody works two days in a row."
        yield _warning("long-rest", f"{where}.terms.rest", terms.rest, advice)
    high = terms.minutes[1]
    shortest = min((n for kind in problem.kinds for n in kind.lengths), default=0)
    if high is not None and 0 < high < shortest:
        yield _warning(
            "too-few-minutes", f"{where}.terms.minutes", high, f"Maybe the shortest shift, {shortest}, is too long."
        )


def _needs(problem: RosterProblem) -> Iterator[Issue]:
    known = {kind.kind for kind in problem.kinds}
    for k, need in enumerate(problem.kind_needs):
        where = f"kind_needs[{k}]"
        if need.kind not in known:
            yield _error("unknown-kind", where, need.kind, "Maybe the kind was renamed.")
        if not 0 <= need.day < problem.days:
            yield _error("outside", where, need.day, "Maybe days are counted from 0.")
        if need.wanted < 0 or not all(isfinite(x) and x >= 0 for x in (need.under, need.over)):
            yield _error("bad-price", where, (need.wanted, need.under, need.over), "Maybe numbers of 0 or more.")
    able = {a.activity for a in problem.activities}
    for of in problem.slot_needs:
        where = f"slot_needs[{of.activity}]"
        if of.activity not in able:
            yield _error("unknown-activity", where, of.activity, "Maybe it is missing among the activities.")
        lengths = {len(of.floor), len(of.wanted), len(of.most), len(of.under)}
        if lengths != {problem.slots}:
            yield _error("bad-size", where, sorted(lengths), f"Maybe {problem.slots} numbers: one a slot.")
            continue
        if any(m < f for m, f in zip(of.most, of.floor, strict=True)):
            yield _error("contradiction", where, "", "Maybe `most` and `floor` are swapped: somewhere it is below.")
        if not all(isfinite(x) and x >= 0 for x in (*of.under, of.over, of.over_square)):
            yield _error("bad-price", where, "", "Maybe prices of 0 or more.")
        yield from _able(problem, of.activity, of.wanted, of.floor)
    yield from _twice((of.activity for of in problem.slot_needs), "need-twice", "slot_needs")


def _able(problem: RosterProblem, activity: str, wanted: tuple[int, ...], floor: tuple[int, ...]) -> Iterator[Issue]:
    """Needs that nobody can meet: no such skill, no shift at that time."""
    where = f"slot_needs[{activity}]"
    if any(wanted) and not any(one.skills is None or activity in one.skills for one in problem.staff):
        yield _error(
            "skill-nobody-has", where, activity, "Maybe somebody is to be trained, or the skill is named otherwise."
        )
    reach = set[int]()
    for kind in problem.kinds:
        for start in kind.starts:
            reach.update(
                m // problem.slot_minutes for m in range(start, start + max(kind.lengths), problem.slot_minutes)
            )
    per_day = _DAY // problem.slot_minutes
    open_ = {s % per_day for s in reach}
    for s in range(len(wanted)):
        if (wanted[s] or floor[s]) and s % per_day not in open_:
            minute = s % per_day * problem.slot_minutes
            value = f"{problem.date_of(s // per_day)} {minute // 60:02d}:{minute % 60:02d}"
            yield _warning(
                "need-without-shift", where, value, "Maybe the site is closed then, or a kind of shift is missing."
            )
            return


def _published(problem: RosterProblem) -> Iterator[Issue]:
    known, kinds = {one.agent_id for one in problem.staff}, {kind.kind for kind in problem.kinds}
    for agent, day, kind in problem.published or ():
        if agent not in known or kind not in kinds | {OFF} or not 0 <= day < problem.days:
            yield _warning(
                "outside", "published", (agent, day, kind), "Maybe the person has left, or it is of another month."
            )
