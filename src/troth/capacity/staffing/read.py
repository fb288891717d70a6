"""A staffing problem from a lake: demand forecast, handle times and patience fitted, who can do what as the log shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from troth.capacity.staffing.paces import paces
from troth.capacity.staffing.problem import Floats, LevelOver, SkillGroup, StaffedQueue, StaffingProblem
from troth.capacity.staffing.together import side_by_side
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.time import to_utc
from troth.demand import DemandForecast
from troth.log.lake import Lake
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh
from troth.queueing import fit_patience
from troth.queueing.fit import skills
from troth.queueing.read import RecordedContacts, recorded
from troth.queueing.twin import Times

_LEVELS = (np.arange(512) + 0.5) / 512


@dataclass(frozen=True, slots=True)
class StaffingAims:
    """What is aimed at, by queue where queues differ.

    Parameters
    ----------
    level, within_s, confidence, occupancy, over : as in `StaffedQueue` and `StaffingProblem`.
    levels, within : of queues with others.
    due : seconds until when work of a queue that can wait is due; these queues are deferred.
    at_once : contacts served at once, by queue.
    in_office, out_of_office, cents_per_hour, worth_cents, least : of all groups and queues.
    groups : queues by group; empty to take them from who served what in the log.
    """

    level: float = 0.8
    within_s: float = 20.0
    confidence: float = 0.9
    occupancy: float | None = None
    over: LevelOver = LevelOver.DAY
    levels: Mapping[str, float] = field(default_factory=dict)
    within: Mapping[str, float] = field(default_factory=dict)
    due: Mapping[str, float] = field(default_factory=dict)
    at_once: Mapping[str, int] = field(default_factory=dict)
    in_office: float = 0.0
    out_of_office: float = 0.0
    cents_per_hour: float = 2000.0
    worth_cents: float = 100.0
    least: int = 0
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def problem_of(
    lake: Lake, *, forecast: DemandForecast, aims: StaffingAims, weeks: int = 10, until: datetime | None = None
) -> tuple[StaffingProblem, list[Issue]]:
    """Return the problem of a forecast by queue, and doubts.

    Parameters
    ----------
    forecast : arrivals by queue, all on one grid of 15 or 30 minutes.
    weeks : how many before `until` handle times, patience and skills are learned from.
    until : when the past ends; the beginning of the forecast if left out.

    Raises
    ------
    InputError
        ``no-handle-times`` and others, all at once.
    """
    grid = forecast.series[0].grid
    start = grid.start
    zone_name = grid.time_zone
    end = until or start
    seen = recorded(lake, start=end - timedelta(weeks=weeks), end=end, time_zone=zone_name)
    issues: list[Issue] = []
    began = end - timedelta(weeks=weeks)
    named = [one.series.key.get("queue", "") for one in forecast.series]
    new = _new(lake, named, began, end)
    waiting = [name for name in named if name in aims.due]
    desk = _worked(lake, waiting, began, end)
    paths = side_by_side(forecast.series)
    queues = [
        _queue(one.series.key.get("queue", ""), one, own, seen, desk, new, aims, issues)
        for one, own in zip(forecast.series, paths, strict=True)
    ]
    if errors := [one for one in issues if one.severity is Severity.ERROR]:
        raise InputError(errors)
    names = [one.queue for one in queues]
    open_ = np.logical_or.reduce(
        [~one.closed for one in forecast.series if one.series.key.get("queue", "") not in aims.due]
        or [np.ones(len(grid.cells()), bool)]
    )
    groups = tuple(
        SkillGroup(
            group, mine, least=aims.least, cents_per_hour=aims.cents_per_hour + len(mine) / 100, in_office=aims.in_office,
            out_of_office=aims.out_of_office, open=open_, paces=_paces(seen, mine),
        )
        for group, mine in (aims.groups or _groups(seen, desk, names)).items()
    )  # fmt: skip
    edges = grid.edges()
    minutes = int((edges[1] - edges[0]).total_seconds() // 60)
    return StaffingProblem(start, tuple(queues), groups, minutes, aims.confidence, aims.occupancy, zone_name), issues


def _new(lake: Lake, names: Sequence[str], start: datetime, end: datetime) -> dict[str, int]:
    """Return how many contacts began in each queue, as a forecast of arrivals counts them."""
    with lake.session() as con:
        rows = refresh(lake, con, TIMELINES["contacts"])
        text = f"""
            SELECT queue, count(*) FROM ({rows})
            WHERE list_contains($names, queue) AND started_at >= $start AND started_at < $end
              AND (direction IS NULL OR direction = 'in') AND previous_contact_id IS NULL
            GROUP BY queue"""
        given = {"names": list(names), "start": to_utc(start), "end": to_utc(end)}
        return {str(queue): int(count) for queue, count in con.execute(text, given).fetchall()}


def owners(
    lake: Lake, *, problem: StaffingProblem, weeks: int = 10, until: datetime | None = None
) -> tuple[dict[str, str], str | None, list[Issue]]:
    """Return the team of each group and the site of all, as the log names them with contacts of their queues.

    Parameters
    ----------
    weeks, until : which part of the log; as in `problem_of`.

    Returns
    -------
    teams by group, those left out of whose queues several teams or none take most contacts; the site, None if there are
    several; and an issue ``several-teams`` for each group without a team.
    """
    end = until or problem.start
    names = [one.queue for one in problem.queues]
    with lake.session() as con:
        rows = refresh(lake, con, TIMELINES["contacts"])
        text = f"""
            SELECT queue, team, site, count(*) FROM ({rows})
            WHERE list_contains($names, queue) AND started_at >= $start AND started_at < $end GROUP BY ALL"""
        given = {"names": names, "start": to_utc(end - timedelta(weeks=weeks)), "end": to_utc(end)}
        found = con.execute(text, given).fetchall()
    sites = {site for _, _, site, _ in found}
    mostly: dict[str, str | None] = {}
    for name in names:
        counts = Counter[str | None]()
        for queue, team, _, count in found:
            counts[team] += count if queue == name else 0
        most = counts.most_common(1)
        mostly[name] = most[0][0] if most and most[0][1] >= 0.9 * counts.total() > 0 else None
    teams, issues = {}, []
    for group in problem.groups:
        mine = {mostly.get(name) for name in group.queues}
        team = mine.pop() if len(mine) == 1 else None
        if team is not None:
            teams[group.group] = team
        else:
            advice = "Maybe say which team these people are: KPIs and rosters look for them by it."
            issues.append(Issue("several-teams", Severity.WARNING, f"groups[{group.group}]", "", advice))
    return teams, sites.pop() if len(sites) == 1 else None, issues


def _worked(lake: Lake, names: Sequence[str], start: datetime, end: datetime) -> dict[str, tuple[list[str], Floats]]:
    """Return who worked how long on each piece of work that nobody waited for in a line, by queue."""
    if not names:
        return {}
    with lake.session() as con:
        rows = refresh(lake, con, TIMELINES["contacts"])
        text = f"""
            SELECT queue, coalesce(agent_id, '') AS agent, coalesce(touch_s, service_s + coalesce(wrap_s, 0)) AS handle_s
            FROM ({rows})
            WHERE list_contains($names, queue) AND started_at >= $start AND started_at < $end AND handle_s > 0
            ORDER BY started_at, contact_id"""
        found = con.execute(text, {"names": list(names), "start": to_utc(start), "end": to_utc(end)}).fetchall()
    return {
        name: (
            [row[1] for row in found if row[0] == name],
            np.array([row[2] for row in found if row[0] == name], float),
        )
        for name in names
    }


def _queue(
    name: str, ahead: Any, arrivals: Floats, seen: RecordedContacts, desk: Mapping[str, tuple[list[str], Floats]],
    new: Mapping[str, int], aims: StaffingAims, issues: list[Issue],
) -> StaffedQueue:  # fmt: skip
    mine = seen.take(seen.queue == name)
    handle = desk[name][1] if name in desk else mine.handle_s[np.isfinite(mine.handle_s) & (mine.handle_s > 0)]
    given: dict[str, Any] = {
        "level": aims.levels.get(name, aims.level), "within_s": aims.due.get(name, aims.within.get(name, aims.within_s)),
        "over": aims.over, "at_once": aims.at_once.get(name, 1), "worth_cents": aims.worth_cents,
    }  # fmt: skip
    if len(handle) < 30:
        advice = "Maybe look at more weeks, or name other queues: thirty services are needed."
        issues.append(Issue("no-handle-times", Severity.ERROR, f"queues[{name}]", str(len(handle)), advice))
        return StaffedQueue(name, arrivals, 1.0)
    if name not in aims.due and new.get(name, 0) and abs(share := len(mine) / new[name] - 1) > 0.01:
        # A forecast counts who is new; those handed on by other queues join this one as well, and some never join it.
        advice = "Maybe other queues hand customers on to it, or some leave before they join: arrivals are scaled so."
        issues.append(Issue("joined-otherwise", Severity.INFO, f"queues[{name}]", f"{share:+.1%}", advice))
        arrivals = arrivals * (1 + share)
    if name in aims.due:
        given |= {"deferred": True, "over": LevelOver.DAY}
        return StaffedQueue(name, arrivals, float(handle.mean()), handle=Times.seen(handle), **given)
    patience_s, patience = _patience(name, mine, issues)
    return StaffedQueue(
        name, arrivals, float(handle.mean()), handle=Times.seen(handle), patience_s=patience_s, patience=patience,
        open=~ahead.closed, **given,
    )  # fmt: skip


def _patience(name: str, mine: RecordedContacts, issues: list[Issue]) -> tuple[float | None, Times | None]:
    """Return mean and distribution of patience; none where nearly nobody gives up."""
    known = np.isfinite(mine.wait_s) & (mine.answered | mine.gave_up)
    gone = int(mine.gave_up[known].sum())
    if gone < 30:
        advice = "Maybe it is so; else look at more weeks."
        issues.append(Issue("nobody-gives-up", Severity.INFO, f"queues[{name}]", str(gone), advice))
        return None, None
    waits: Floats = mine.wait_s[known]
    fitted = fit_patience(waits, gave_up=mine.gave_up[known])
    return float(waits.sum() / gone), Times(np.asarray(fitted.best.lengths.quantile(_LEVELS)))


def _paces(seen: RecordedContacts, queues: Sequence[str]) -> tuple[float, ...]:
    """Return the paces of people who served these queues, each service against the mean of its queue."""
    ours = seen.take(seen.known & np.isin(seen.queue, list(queues)))
    relative = np.array(ours.handle_s)
    for name in queues:
        rows = ours.queue == name
        relative[rows] /= max(float(ours.handle_s[rows].mean()), 1e-9) if rows.any() else 1.0
    return tuple(paces(ours.agent.tolist(), handle_s=relative).values())


def _groups(
    seen: RecordedContacts, desk: Mapping[str, tuple[list[str], Floats]], names: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Return the sets of queues that people serve, each that at least one in twenty people has; others join a smaller one."""
    ours = seen.take(seen.answered & np.isin(seen.queue, list(names)))
    agents, kinds = ours.agent.tolist(), ours.queue.tolist()
    for name, (people, _) in desk.items():
        agents += people
        kinds += [name] * len(people)
    served = skills(agents, services=kinds, least=0.02)
    counts = Counter(served.values())
    kept = [one for one, n in counts.most_common() if n >= 0.05 * sum(counts.values()) and one]
    known = {queue for one in kept for queue in one}
    kept += [(name,) for name in names if name not in known and any(name in one for one in counts)]
    return {"+".join(one): one for one in sorted(kept)}
