"""People of a site as a roster takes them: who is there, on which terms, with which skills, when they cannot come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil, floor
from typing import Any

from troth.capacity.roster._opening import holds, minutes_in, newest, paid
from troth.capacity.roster._past import Stood, before_of
from troth.capacity.roster._walls import DAY, Minutes, Walls, joined, overlap, without
from troth.capacity.roster.house import HouseRules
from troth.capacity.roster.problem import Employee, Terms
from troth.core.decision import Issue, Severity
from troth.core.time import Span

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours of people: when they may be there, when the doors are open, numbers of days that are holidays."""

    there: Minutes
    open: Minutes
    holidays: frozenset[int]


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the site.

    Parameters
    ----------
    days : on which days they are a member.
    teams : of the site, in the horizon.
    """

    agent_id: str
    days: frozenset[int]
    teams: frozenset[str]


def members(
    tables: Mapping[str, Sequence[Row]], *, site: str, team: str | None, walls: Walls, days: int, issues: list[Issue]
) -> list[Member]:
    """Return the people of a site (and team); bots are none. Whoever is of two sites is told."""
    kinds = {row["agent_id"]: row["kind"] for row in tables.get("people", ())}
    rows: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in tables.get("memberships", ()):
        if kinds.get(row["agent_id"]) != "bot":
            rows[row["agent_id"]][row["team"]].append(row)
    dates = [walls.first + timedelta(days=d) for d in range(days)]
    found = []
    for who, by_team in sorted(rows.items()):
        held = [(d, newest(some, day=day)) for some in by_team.values() for d, day in enumerate(dates)]
        mine = [(d, row["team"]) for d, row in held if row and row["site"] == site and team in (None, row["team"])]
        others = {row["site"] for _, row in held if row and row["site"] != site}
        if not mine:
            continue
        if others:
            advice = "Maybe one of the memberships has ended; the hours of the contract count for this site alone."
            issues.append(_warning("two-sites", f"memberships {who}", ", ".join(sorted(map(str, others))), advice))
        if who not in kinds:
            advice = "Maybe the table of people is older; taken as a person."
            issues.append(_warning("unknown-person", f"memberships {who}", who, advice))
        found.append(Member(who, frozenset(d for d, _ in mine), frozenset(name for _, name in mine)))
    spelt: dict[str, list[str]] = defaultdict(list)
    for one in found:
        spelt[one.agent_id.casefold().strip()].append(one.agent_id)
    for some in spelt.values():
        if len(some) > 1:
            advice = "Maybe one person under two spellings, who would be planned twice."
            issues.append(_warning("person-twice", "memberships", ", ".join(some), advice))
    return found


def absences(
    tables: Mapping[str, Sequence[Row]], *, known: Collection[str], walls: Walls, days: int, issues: list[Issue]
) -> dict[str, Minutes]:
    """Return leave by person, in minutes."""
    low, high = walls.at(-DAY), walls.at((days + 2) * DAY)
    found: dict[str, Minutes] = defaultdict(list)
    for row in tables.get("leave", ()):
        who, start, end = row["agent_id"], row["starts_at"], row["ends_at"]
        if who not in known:
            continue
        if start is None or end is None or not start < end:
            advice = "Maybe start and end were swapped, or the end was left out; the row is passed over."
            issues.append(_warning("bad-span", f"leave {who}", f"{start} {end}", advice))
        elif start < high and end > low:
            found[who].append(walls.around(Span(start, end)))
    return found


def skills_of(rows: Iterable[Row], *, walls: Walls, days: int, issues: list[Issue]) -> dict[str, frozenset[str]]:
    """Return what people can do on all days; a skill that they have on some only is told and not counted on."""
    by_skill: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row["level"] is None or row["level"] > 0:
            by_skill[row["agent_id"], row["skill"]].append(row)
    found: dict[str, set[str]] = defaultdict(set)
    for (who, skill), some in sorted(by_skill.items()):
        had = [any(holds(row, day=walls.first + timedelta(days=d)) for row in some) for d in range(days)]
        if all(had):
            found[who].add(skill)
        elif any(had):
            day = walls.first + timedelta(days=had.index(not had[0]))
            advice = "Maybe plan the days before and after apart: a roster takes a skill for all its days."
            issues.append(_warning("skill-in-part", f"skills {who}", f"{skill} {day}", advice))
    return {who: frozenset(some) for who, some in found.items()}


def employee(
    one: Member, *, contracts: Sequence[Row], skills: frozenset[str] | None, gone: Sequence[tuple[int, int]],
    past: Sequence[Stood], hours: Hours, cents: int, walls: Walls, days: int, house: HouseRules, issues: list[Issue],
) -> Employee | None:  # fmt: skip
    """Return a member as a roster takes them; None without a contract, which is told.

    Parameters
    ----------
    gone : minutes of leave and of what else claims the person.
    """
    weekly = _weekly(one, contracts, walls, issues)
    if not weekly:
        advice = "Maybe a row of contracts is missing or has ended; the person is left out."
        issues.append(_warning("no-contract", f"contracts {one.agent_id}", one.agent_id, advice))
        return None
    lost = joined(gone)
    away = frozenset(d for d in range(days) if d not in weekly or overlap(lost, low=d * DAY, high=d * DAY + DAY) == DAY)
    closed = without(hours.there, low=-DAY, high=(days + 2) * DAY)
    target = sum(h / 7 - _credit(d, h, lost, hours, walls) for d, h in weekly.items())
    barred = joined([*lost, *closed])
    terms = _terms(one, target, away, barred, cents, days=days, house=house, issues=issues)
    before = before_of(past, walls=walls, house=house)
    if before is not None and before.run and before.ended is not None:
        # The rest after the eve's shift, by the minute: the search knows predecessors by what may follow them only.
        barred = joined([*barred, (-DAY, max(-DAY, before.ended + minutes_in(house.rest)))])
    return Employee(one.agent_id, terms, skills=skills, away=away, unavailable=tuple(barred), before=before)


def _weekly(one: Member, contracts: Sequence[Row], walls: Walls, issues: list[Issue]) -> dict[int, float]:
    """Return the minutes a week of the contract on each day on which there is one."""
    found = {}
    for d in sorted(one.days):
        day = walls.first + timedelta(days=d)
        held = {row["hours_per_week"] for row in contracts if holds(row, day=day)} - {None}
        if len(held) > 1 and d == min(one.days):
            advice = "Maybe the older one lacks its valid_to; the one that began last holds."
            value = ", ".join(f"{x:g}" for x in sorted(held))
            issues.append(_warning("contract-twice", f"contracts {one.agent_id}", value, advice))
        row = newest((row for row in contracts if row["hours_per_week"] is not None), day=day)
        if row is not None and row["hours_per_week"] > 0:
            found[d] = row["hours_per_week"] * 60.0
    return found


def _credit(d: int, weekly: float, lost: Minutes, hours: Hours, walls: Walls) -> float:
    """Return what a day of leave or a holiday takes off the minutes owed: a fifth of a week, from Monday to Friday."""
    if (walls.first + timedelta(days=d)).weekday() >= 5:
        return 0.0
    day = (d * DAY, d * DAY + DAY)
    if d in hours.holidays or overlap(lost, low=day[0], high=day[1]) == DAY:
        return weekly / 5
    free = without(lost, low=day[0], high=day[1])
    missed = overlap(hours.open, low=day[0], high=day[1]) - sum(overlap(hours.open, low=a, high=b) for a, b in free)
    return min(weekly / 5, float(missed))


def _terms(
    one: Member, target: float, away: Collection[int], barred: Minutes, cents: int, *, days: int, house: HouseRules,
    issues: list[Issue],
) -> Terms:  # fmt: skip
    slack = minutes_in(house.tolerance)
    low, high = max(0, ceil(target - slack - 1e-6)), max(0, floor(target + slack + 1e-6))
    reach = _reach(away, barred, days=days, house=house)
    if low > reach:
        advice = "Maybe the site opens too little for this contract, or leave lacks hours; fewer hours are allowed."
        issues.append(_warning("contract-over", f"contracts {one.agent_id}", f"{target / 60:.1f} h", advice))
        low = 0
    longest = max((paid(house, length=minutes_in(n)) for n in house.lengths), default=0)
    most = None if house.most_week is None else minutes_in(house.most_week)
    tight = most is not None and min(7, house.longest_run) * longest > most
    weekends = None if house.most_weekends is None else ceil(house.most_weekends * days / 28)
    return Terms(
        minutes=(low, high), week_minutes=(None, most if tight else None), longest_run=house.longest_run,
        most_weekends=weekends, rest=minutes_in(house.rest), cost_per_hour_cents=cents,
    )  # fmt: skip


def _reach(away: Collection[int], barred: Minutes, *, days: int, house: HouseRules) -> int:
    """Return more minutes than which nobody can work: the longest shift that fits, on six days of seven."""
    lengths = sorted({minutes_in(one) for one in house.lengths}, reverse=True)
    best = []
    for d in range(days):
        free = [] if d in away else without(barred, low=d * DAY, high=d * DAY + 2 * DAY)
        widest = max((b - a for a, b in free if a < d * DAY + DAY), default=0)
        best.append(max((paid(house, length=n) for n in lengths if n <= widest), default=0))
    run = house.longest_run + 1
    return sum(sum(sorted(best[k : k + run], reverse=True)[: house.longest_run]) for k in range(0, days, run))


def _warning(code: str, where: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.WARNING, where, value, advice)
