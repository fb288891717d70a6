"""The time so far from a lake, to learn beliefs from. The only file of this room that opens one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from troth.capacity.projects.portfolio import Consultant, Portfolio, Project, ProjectPhase, SkillNeed
from troth.capacity.projects.portfolio.read import portfolio_of
from troth.capacity.projects.promising._heard import ACTIVITIES, Heard
from troth.capacity.projects.promising.history import ProjectHistory
from troth.core.decision import Issue
from troth.core.spans import local_date, start_of_day, zone
from troth.log.lake import Lake
from troth.log.references import read_reference

_ROWS: Final = """
    SELECT occurred_at, activity, step, subject_kind, subject_id, case_id, agent_id, team, value, attributes FROM ({rows})
    WHERE list_contains($activities, activity) AND occurred_at < $end AND list_contains($sites, site)
    ORDER BY occurred_at, recorded_at, length(source_id), source_id"""
_SITES: Final = "SELECT DISTINCT site FROM ({rows}) WHERE activity IN ('deal_changed', 'time_logged') AND site IS NOT NULL ORDER BY site"


def history_of(
    lake: Lake, *, day: date | None = None, site: str | None = None, reactive: Collection[str] = ("support",)
) -> tuple[ProjectHistory, list[Issue]]:
    """Return what a lake knows of the time before a day began, and what is doubtful about it.

    Parameters
    ----------
    day : the day after the last event if None.
    site : of all sites with deals or time sheets if None.
    reactive : types of task of time sheets that are work that comes by itself.

    Returns
    -------
    the history, and the issues of the portfolio of that day.

    Raises
    ------
    InputError
        ``unknown-site``, ``no-projects``.
    """
    now, issues = portfolio_of(lake, day=day, site=site)
    with lake.session() as con:
        rows = lake.settled()
        sites = [site] if site else [one for (one,) in con.execute(_SITES.format(rows=rows)).fetchall()]
        tz = _zone(lake, sites)
        named = {"activities": list(ACTIVITIES), "end": start_of_day(now.day, tz=tz), "sites": sites}
        answer = con.execute(_ROWS.format(rows=rows), named)
        names = [one[0] for one in answer.description]
        found = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    heard = Heard(tz, reactive=frozenset(reactive))
    heard.take(found)
    # Who left is not in the portfolio of today, but in that of the day on which the log begins.
    first = local_date(found[0]["occurred_at"], tz=tz) if found else now.day
    before, _ = portfolio_of(lake, day=first, site=site) if first < now.day else (now, [])
    people = _people(before, now, first)
    made = heard.history(
        day=now.day, people=people, projects=_projects(lake, now.day), templates=now.templates, house=now
    )
    return made, issues


def _zone(lake: Lake, sites: list[str]) -> ZoneInfo:
    found = sorted({row["time_zone"] or "UTC" for row in read_reference(lake, "sites") if row["site"] in sites})
    return zone(found[0] if found else "UTC")


def _people(before: Portfolio, now: Portfolio, first: date) -> list[Consultant]:
    """Return everybody since a day, those still there as they are now."""
    here = {one.person_id: one for one in now.people}
    gone = [one for one in before.people if one.person_id not in here]
    every = [one for one in (*here.values(), *gone) if one.contracts and not one.placeholder]
    day = now.day + timedelta(days=1)
    return [
        one for one in sorted(every, key=lambda one: one.person_id)
        if one.contracts[0].first < day and (one.contracts[-1].until is None or one.contracts[-1].until > first)
    ]  # fmt: skip


def _projects(lake: Lake, day: date) -> dict[str, Project]:
    """Return projects as they were estimated, those that are over too."""
    by: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in read_reference(lake, "project_tasks"):
        if row["valid_from"] is None or row["valid_from"] < day:
            by[row["project"]][row["phase"] or ""].append(dict(row))
    return {name: _project(name, phases) for name, phases in by.items()}


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
