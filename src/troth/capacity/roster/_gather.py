"""What is known of a site's people when a roster is read: hours, absences, schedules, claims."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from troth.capacity.roster._opening import calendars_of, holidays, newest, open_minutes
from troth.capacity.roster._past import Stood, elsewhere, stood
from troth.capacity.roster._staff import Hours, Member, absences, employee, members, skills_of
from troth.capacity.roster._walls import DAY, Minutes, Walls, joined, overlap
from troth.capacity.roster.house import HouseRules, check_house
from troth.capacity.roster.problem import Employee
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.time import Calendar, zone
from troth.ledger import CapacityLedger, ClaimKind

Tables = Mapping[str, Sequence[Mapping[str, Any]]]
#: Claims of paid work; those that the site itself holds are what is planned.
_WORK: Final = frozenset({ClaimKind.SHIFT, ClaimKind.ON_CALL})
_OURS: Final = frozenset({"", "roster"})
#: What is held inside a shift that is planned anew, and has nowhere to go if the shift moves.
_INSIDE: Final = frozenset({ClaimKind.COUNTER, ClaimKind.VISIT, ClaimKind.TRAVEL, ClaimKind.PROJECT})
_MOST_DAYS: Final = 731


def walls_of(tables: Tables, *, site: str, first: date, days: int, house: HouseRules) -> Walls:
    """Return the wall clock of a site's roster.

    Raises
    ------
    InputError
        If there is no such site, its zone is none, there are no such days to plan, or rules of the house are none.
    """
    issues = check_house(house)
    row = newest((one for one in tables.get("sites", ()) if one["site"] == site), day=first)
    if row is None:
        known = ", ".join(sorted({str(one["site"]) for one in tables.get("sites", ())})[:8])
        advice = f"Maybe one of {known}." if known else "Maybe import the table of sites first."
        issues.append(Issue("unknown-site", Severity.ERROR, "site", site, advice))
    if not 1 <= days <= _MOST_DAYS:
        advice = f"Maybe 28; at most {_MOST_DAYS} are planned."
        issues.append(Issue("bad-days", Severity.ERROR, "days", str(days), advice))
    if issues or row is None:
        raise InputError(issues)
    return Walls(first, zone(row["time_zone"] or ""))


@dataclass(frozen=True, slots=True)
class Gathered:
    """What tables and a ledger say of a site's people over a roster's days.

    Parameters
    ----------
    walls, days, house : of the roster.
    people, skills : who is there, and what they can do on all days.
    hours, own : opening hours of the site, and of teams that have a calendar of their own.
    gone, past : minutes in which a person cannot come, and shifts of schedules.
    """

    walls: Walls
    days: int
    house: HouseRules
    people: tuple[Member, ...]
    skills: Mapping[str, frozenset[str]]
    hours: Hours
    own: Mapping[str, Hours]
    gone: Mapping[str, Minutes]
    past: Mapping[str, Sequence[Stood]]

    @property
    def teams(self) -> frozenset[str]:
        """All teams of the people."""
        return frozenset(name for one in self.people for name in one.teams)

    def hours_of(self, one: Member) -> Hours:
        """Return a person's hours: a calendar of a team goes before the site's."""
        return next((self.own[name] for name in sorted(one.teams) if name in self.own), self.hours)

    def able(
        self, one: Member, *, site: str, activities: Sequence[str], groups: Mapping[str, Collection[str]] | None
    ) -> frozenset[str]:
        """Return the activities that a person can do."""
        has = self.skills.get(one.agent_id, frozenset())
        if groups is not None:
            return frozenset(name for name in activities if name in groups and set(groups[name]) <= has)
        return frozenset(name for name in activities if name in has or name in one.teams or name == site)


def gathered(
    tables: Tables, *, site: str, team: str | None, walls: Walls, days: int, house: HouseRules, ledger: CapacityLedger | None,
    issues: list[Issue],
) -> Gathered:  # fmt: skip
    """Read everything of a site's people; doubts are added to `issues`."""
    people = members(tables, site=site, team=team, walls=walls, days=days, issues=issues)
    known = {one.agent_id for one in people}
    mine = [row for row in tables.get("skills", ()) if row["agent_id"] in known]
    of_site, own = calendars_of(
        tables, site=site, teams={name for one in people for name in one.teams}, first=walls.first, issues=issues
    )
    past = stood(tables.get("schedules", ()), known=known, walls=walls, days=days, house=house, issues=issues)
    gone = absences(tables, known=known, walls=walls, days=days, issues=issues)
    _over_shifts(gone, past, site=site, walls=walls, days=days, issues=issues)
    for who, some in past.items():
        gone[who] = [*gone.get(who, []), *elsewhere(some, site=site)]
    for who, span in _claimed(ledger, known=known, site=site, walls=walls, days=days, issues=issues):
        gone[who] = [*gone.get(who, []), span]
    return Gathered(
        walls, days, house, tuple(people), skills_of(mine, walls=walls, days=days, issues=issues),
        _hours(of_site, walls, days, house), {name: _hours(one, walls, days, None) for name, one in own.items()}, gone, past,
    )  # fmt: skip


def staff_of(
    found: Gathered, *, tables: Tables, site: str, activities: Sequence[str], groups: Mapping[str, Collection[str]] | None,
    issues: list[Issue],
) -> tuple[Employee, ...]:  # fmt: skip
    """Return the people that a roster can plan; the others are told."""
    contracts: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in tables.get("contracts", ()):
        contracts[row["agent_id"]].append(row)
    staff, idle = [], []
    for one in found.people:
        skills = found.able(one, site=site, activities=activities, groups=groups) if activities else None
        if skills is not None and not skills:
            idle.append(one.agent_id)
            continue
        who = one.agent_id
        made = employee(
            one, contracts=contracts[who], skills=skills, gone=found.gone.get(who, ()), past=found.past.get(who, ()),
            hours=found.hours_of(one), cents=_cents(tables, one, site=site, day=found.walls.first), walls=found.walls,
            days=found.days, house=found.house, issues=issues,
        )  # fmt: skip
        if made is not None:
            staff.append(made)
    if idle:
        advice = "Maybe they have other work, or skills and activities are named otherwise; they are left out."
        issues.append(Issue("no-skill", Severity.INFO, f"skills {idle[0]}", ", ".join(idle), advice, len(idle)))
    return tuple(staff)


def _hours(calendar: Calendar, walls: Walls, days: int, house: HouseRules | None) -> Hours:
    doors = open_minutes(calendar, walls=walls, days=days)
    there = open_minutes(calendar, walls=walls, days=days, house=house)
    return Hours(there, doors, holidays(calendar, first=walls.first, days=days))


def _over_shifts(
    gone: Mapping[str, Minutes], past: Mapping[str, Sequence[Stood]], *, site: str, walls: Walls, days: int,
    issues: list[Issue],
) -> None:  # fmt: skip
    """Tell of leave that lies over shifts which people were told."""
    for who, some in sorted(past.items()):
        away = joined(gone.get(who, ()))
        for one in some:
            if 0 <= one.day < days and one.site in (site, "") and overlap(away, low=one.start, high=one.end):
                day = walls.first + timedelta(days=one.day)
                advice = "Maybe the schedule is older than the leave; the leave holds."
                issues.append(Issue("leave-over-shift", Severity.WARNING, f"schedules {who}", day.isoformat(), advice))


def _claimed(
    ledger: CapacityLedger | None, *, known: Collection[str], site: str, walls: Walls, days: int, issues: list[Issue]
) -> list[tuple[str, tuple[int, int]]]:
    """Return what hard claims of a ledger take from people, but for shifts that are planned anew."""
    found: list[tuple[str, tuple[int, int]]] = []
    if ledger is None:
        return found
    low, high = walls.at(-DAY), walls.at((days + 2) * DAY)
    anew = {one.claim_id for one in ledger.claims if one.kind in _WORK and one.holder in _OURS | {site}}
    for one in ledger.claims:
        if one.resource_id not in known or not one.hard or one.span.start >= high or one.span.end <= low:
            continue
        if one.inside in anew and one.kind in _INSIDE:
            advice = "Maybe plan it anew as well: the shift around it may come to lie elsewhere."
            where = f"ledger {one.resource_id}"
            issues.append(Issue("inside-shift", Severity.WARNING, where, f"{one.kind} {one.claim_id}", advice))
        elif not one.inside and one.claim_id not in anew and one.span.start < one.span.end:
            found.append((one.resource_id, walls.around(one.span)))
    return found


def _cents(tables: Tables, one: Member, *, site: str, day: date) -> int:
    """Return what an hour of a person costs: by person, team, site or for all; 0 if nothing says."""
    rates = tables.get("rates", ())
    wanted = [("agent", one.agent_id), *(("team", name) for name in sorted(one.teams)), ("site", site), ("", "")]
    for dimension, member in wanted:
        rows = (row for row in rates if ((row["dimension"] or ""), (row["member"] or "")) == (dimension, member))
        if (row := newest(rows, day=day)) is not None and row["cents_per_hour"] is not None:
            return int(row["cents_per_hour"])
    return 0
