"""The time so far from a lake, and beliefs learned from it. The only file of this room that opens one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from troth.capacity.projects.portfolio import Consultant, Portfolio, Project, ProjectPhase, SkillNeed
from troth.capacity.projects.portfolio._lake_people import staff_of
from troth.capacity.projects.portfolio.read import portfolio_of
from troth.capacity.projects.promising._heard import ACTIVITIES, Heard, noted
from troth.capacity.projects.promising._places import settled
from troth.capacity.projects.promising.beliefs import Beliefs
from troth.capacity.projects.promising.history import ProjectHistory
from troth.capacity.projects.promising.learn import LearnedBeliefs, learn
from troth.core.decision import Issue, Severity
from troth.core.spans import start_of_day, zone
from troth.log.lake import Lake
from troth.log.references import read_reference

#: Tables that say who was there, and what was estimated.
_TABLES: Final = (
    "sites", "people", "memberships", "contracts", "skills", "leave", "rates", "targets", "calendars", "calendar_days", "calendar_use",
    "projects", "project_tasks",
)  # fmt: skip
#: Weeks in which shifts of somebody who left show on which weekdays they were there: their last ones.
_LAST: Final = 12
_ROWS: Final = """
    SELECT occurred_at, activity, step, subject_kind, subject_id, case_id, agent_id, team, value, attributes FROM ({rows})
    WHERE list_contains($activities, activity) AND occurred_at < $end AND list_contains($sites, site)
    ORDER BY occurred_at, recorded_at, length(source_id), source_id"""
_SITES: Final = "SELECT DISTINCT site FROM ({rows}) WHERE activity IN ('deal_changed', 'time_logged') AND site IS NOT NULL ORDER BY site"
_WORD: Final = """
    SELECT timezone('UTC', occurred_at), step, attributes, site FROM ({rows}) WHERE activity = 'deal_changed' AND subject_id = $deal
    ORDER BY occurred_at, recorded_at, length(source_id), source_id"""

Tables = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class DealWord:
    """What a log says of a deal on a day: the stage it came to, the project it became, the site."""

    day: date
    step: str
    project: str
    site: str


@dataclass(frozen=True, slots=True)
class LakeBeliefs:
    """What a lake gives to answer questions about starts.

    Parameters
    ----------
    portfolio : as it was given, with exactly those places to be filled that are empty or will be.
    learned : beliefs, and what they rest on.
    history : what they were learned from.
    issues : what is doubtful about putting the two together.
    """

    portfolio: Portfolio
    learned: LearnedBeliefs
    history: ProjectHistory
    issues: tuple[Issue, ...] = ()


def history_of(
    lake: Lake, *, day: date | None = None, site: str | None = None, reactive: Collection[str] | None = None
) -> tuple[ProjectHistory, list[Issue]]:
    """Return what a lake knows of the time before a day began, and what is doubtful about it.

    Parameters
    ----------
    day : the day after the last event if None.
    site : of all sites with deals or time sheets if None.
    reactive : types of task of time sheets that are work that comes by itself; None takes the hours that a portfolio takes: of
        no project, and nobody pays for them.

    Returns
    -------
    the history, and the issues of the portfolio of that day.

    Raises
    ------
    InputError
        ``unknown-site``, ``no-projects``.
    """
    now, issues = portfolio_of(lake, day=day, site=site)
    return _known(lake, now, site=site, reactive=reactive)[0], issues


def beliefs_of(
    lake: Lake, *, portfolio: Portfolio, site: str | None = None, given: Beliefs | None = None
) -> LakeBeliefs:
    """Return beliefs learned from all that a lake knows before a portfolio's day, and the portfolio they go with.

    Nothing is counted twice: reactive work that is learned takes the place of the portfolio's; breaks come off contract hours only
    as far as shifts are not longer by them; who is away by leave that is entered is not absent; a place that somebody has
    taken is not filled again; a client who has had a say is not late once more; deals to come are those after the day.

    Parameters
    ----------
    portfolio : of `portfolio_of`, of the same lake, day and site.
    given : beliefs to take instead of learning any; only who has had a say, and which places are empty, is as the lake has it.

    Raises
    ------
    InputError
        ``unknown-site``, ``no-projects``.
    """
    history, staff = _known(lake, portfolio, site=site, reactive=None)
    if given is None:
        found = learn(history)
    else:
        said = given.slips.told | {one.project_id for one in history.clients}
        found = LearnedBeliefs(replace(given, slips=replace(given.slips, told=said)), {})
    mine, issues = _of_house(found.beliefs, portfolio)
    ready, empty = settled(portfolio, staff=staff, since=history.since)
    mine = replace(mine, people=replace(mine.people, empty=empty))
    return LakeBeliefs(ready, replace(found, beliefs=mine), history, tuple(issues))


def last_word(lake: Lake, *, deal: str, day: date) -> DealWord | None:
    """Return what is known of a deal before a day: that it was won or lost, else its last stage; else when it came up later.

    Stages that are noted after the end do not open it again. Days are in UTC. None is returned if the log has no such deal.
    """
    with lake.session() as con:
        found = con.execute(_WORD.format(rows=lake.settled()), {"deal": deal}).fetchall()
    told = [
        DealWord(at.date(), step or "", str(noted({"attributes": note}).get("project") or ""), site or "")
        for at, step, note, site in found
    ]
    before = [one for one in told if one.day < day]
    over = [one for one in before if one.step in ("won", "lost")]
    return over[-1] if over else before[-1] if before else told[0] if told else None


def _of_house(beliefs: Beliefs, portfolio: Portfolio) -> tuple[Beliefs, list[Issue]]:
    """Return beliefs of what the house still has, and what had to be left out."""
    issues, coming = list[Issue](), beliefs.coming
    for name, rate in sorted(coming.per_week.items()):
        if name not in portfolio.templates:
            advice = "Maybe add the template to project_templates: until then such deals are not foreseen."
            issues.append(_doubt("unforeseen-deals", f"template {name}".strip(), f"{rate:.2g} a week", advice))
    kept = {name: rate for name, rate in coming.per_week.items() if name in portfolio.templates}
    teams = {one.team for one in portfolio.people if not one.placeholder}
    for load in beliefs.reactive.loads:
        if load.team and load.team not in teams:
            advice = "Maybe the team has another name in memberships: nobody is foreseen to do this work."
            issues.append(_doubt("work-of-nobody", f"team {load.team}", f"{sum(load.hours):.1f} hours a week", advice))
    return replace(beliefs, coming=replace(coming, per_week=kept)), issues


def _doubt(code: str, where: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.WARNING, where, value, advice)


def _known(
    lake: Lake, now: Portfolio, *, site: str | None, reactive: Collection[str] | None
) -> tuple[ProjectHistory, list[Consultant]]:
    """Return the time before a portfolio's day, and everybody who was there or is to come."""
    tables = {name: read_reference(lake, name) for name in _TABLES}
    with lake.session() as con:
        rows = lake.settled()
        sites = [site] if site else [one for (one,) in con.execute(_SITES.format(rows=rows)).fetchall()]
        tz = _zone(tables, sites)
        named = {"activities": list(ACTIVITIES), "end": start_of_day(now.day, tz=tz), "sites": sites}
        answer = con.execute(_ROWS.format(rows=rows), named)
        names = [one[0] for one in answer.description]
        found = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    ids = frozenset(str(row["project"]) for row in tables["projects"])
    heard = Heard(tz, reactive=frozenset(reactive or ()), projects=ids if reactive is None else None)
    heard.take(found)
    first = heard.first or now.day
    staff = _staff(tables, now, heard, first=first, sites=sites, tz=tz)
    # Who belongs to another site and works on projects here is heard too, but is no place of this house.
    mine = {one.person_id for one in staff}
    people = [*staff, *(one for one in now.people if one.person_id not in mine and one.contracts)]
    made = heard.history(
        day=now.day, people=[one for one in people if one.contracts[0].first <= now.day], projects=_projects(tables, now.day),
        templates=now.templates, house=now,
    )  # fmt: skip
    return made, staff


def _staff(
    tables: Tables, now: Portfolio, heard: Heard, *, first: date, sites: Sequence[str], tz: ZoneInfo
) -> list[Consultant]:
    """Return everybody since a day, those still there as they are now."""
    shifts = dict[str, dict[int, int]]()
    for who, days in heard.there.items():
        since = max(days) - timedelta(weeks=_LAST)
        shifts[who] = Counter(at.weekday() for at in days if at > since)
    ever = staff_of(
        tables, sites=sites, day=first, tz=tz, shifts=shifts, others=(), currency=now.currency,
    ).people  # fmt: skip
    here = {one.person_id: one for one in now.people}
    every = [here.get(one.person_id, one) for one in ever]
    return [one for one in sorted(every, key=lambda one: one.person_id) if one.contracts and not one.placeholder]


def _zone(tables: Tables, sites: Sequence[str]) -> ZoneInfo:
    found = sorted({row["time_zone"] or "UTC" for row in tables["sites"] if row["site"] in sites})
    return zone(found[0] if found else "UTC")


def _projects(tables: Tables, day: date) -> dict[str, Project]:
    """Return projects as they were first estimated, those that are over too."""
    first: dict[str, dict[tuple[str, str], dict[str, Any]]] = defaultdict(dict)
    for row in sorted(tables["project_tasks"], key=lambda row: row["valid_from"] or date.min):
        if row["valid_from"] is None or row["valid_from"] < day:
            # What was estimated anew later tells nothing of how good estimates are.
            first[row["project"]].setdefault((row["phase"] or "", row["skill"] or ""), dict(row))
    found = dict[str, Project]()
    for name, tasks in first.items():
        phases: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for (phase, _), row in tasks.items():
            phases[phase].append(row)
        found[name] = _project(name, phases)
    return found


def _project(name: str, phases: dict[str, list[dict[str, Any]]]) -> Project:
    made = tuple(
        ProjectPhase(
            phase,
            tuple(SkillNeed(row["skill"] or "", float(row["hours"] or 0.0)) for row in rows),
            task_type=rows[0]["task_type"] or "",
        )
        for phase, rows in phases.items()
    )
    every = [row["estimator_id"] for rows in phases.values() for row in rows if row["estimator_id"]]
    return Project(name, made, estimator=every[0] if every else "")
