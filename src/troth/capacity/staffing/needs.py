"""A plan as others take it: rows of the reference table `requirements`, and needs by slot of a roster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from troth.capacity.staffing.plan import StaffingPlan
from troth.core.time import to_micros, zone


@dataclass(frozen=True, slots=True)
class GroupNeed:
    """People of a group needed slot by slot of the local day, field by field as a roster's `SlotNeed` takes them.

    Parameters
    ----------
    activity : the group.
    floor : fewer are not allowed.
    wanted : as many are planned, absences included.
    most : more are of no use.
    under : what each missing person costs in a slot, in cents.
    """

    activity: str
    floor: tuple[int, ...]
    wanted: tuple[int, ...]
    most: tuple[int, ...]
    under: tuple[float, ...]


def slot_needs(
    plan: StaffingPlan, *, first: date, days: int, slot_minutes: int = 15, begins: int = 0, spare: int = 1
) -> tuple[GroupNeed, ...]:
    """Return what a roster of whole days needs, slot by slot of the wall clock.

    Slots that the plan does not cover need nobody. An hour that the clocks go over twice counts with its larger need, one
    they jump over with none: a roster's days have 24 hours.

    Parameters
    ----------
    first, days : the roster's days.
    slot_minutes, begins : length of a slot, and the minute at which days begin, as in `RosterProblem`.
    spare : so many more than wanted are still of use.

    Examples
    --------
    A roster's needs are these: ``[SlotNeed(**asdict(one)) for one in slot_needs(plan, first=day, days=7)]``.
    """
    problem = plan.problem
    tz = zone(problem.time_zone)
    origin = datetime.combine(first, datetime.min.time()) + timedelta(minutes=begins)
    slots = days * 1440 // slot_minutes
    span = max(1, problem.minutes // slot_minutes)
    placed: list[list[int]] = [[] for _ in range(slots)]
    for t, at in enumerate(problem.instants()[:-1]):
        for k in range(span):
            wall = (at + timedelta(minutes=k * slot_minutes)).astimezone(tz).replace(tzinfo=None)
            place = int((wall - origin).total_seconds() // (60 * slot_minutes))
            if 0 <= place < slots:
                placed[place].append(t)
    whole = np.ceil(plan.scheduled - 1e-9).astype(int)
    share = min(1.0, slot_minutes / problem.minutes)
    found = []
    for g, group in enumerate(problem.groups):
        least = problem.limits(group)[0]
        wanted = [max((int(whole[g, t]) for t in ts), default=0) for ts in placed]
        floor = [max((int(least[t]) for t in ts), default=0) for ts in placed]
        under = [max((float(plan.loss_cents[g, t]) * share for t in ts), default=0.0) for ts in placed]
        most = [n + spare if n else 0 for n in wanted]
        found.append(GroupNeed(group.group, tuple(floor), tuple(wanted), tuple(most), tuple(under)))
    return tuple(found)


def requirement_rows(
    plan: StaffingPlan, *, snapshot: str, issued_at: datetime, recorded_at: datetime, site: str | None = None,
    teams: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return rows of the reference table `requirements`: people at work by group and interval.

    Parameters
    ----------
    snapshot : name of the publication.
    issued_at, recorded_at : until when was known what it rests on, and when it is written down.
    site : of all groups.
    teams : the team each group is; groups of one team are added up, those not named are published under their own name.
    """
    at = plan.problem.instants()
    names = teams or {}
    people: dict[tuple[str, int], float] = {}
    for g, group in enumerate(plan.problem.groups):
        team = names.get(group.group, group.group)
        for t in np.flatnonzero(plan.problem.group_open(group)).tolist():
            people[team, t] = people.get((team, t), 0.0) + float(plan.staff[g, t])
    return [
        {
            "snapshot": snapshot, "issued_at": issued_at, "recorded_at": recorded_at, "queue": None, "site": site,
            "team": team, "starts_at": at[t], "ends_at": at[t + 1], "agents": count, "valid_from": None, "valid_to": None,
            "version": to_micros(recorded_at),
        }
        for (team, t), count in people.items()
    ]  # fmt: skip


def interval_rows(plan: StaffingPlan, *, groups: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Return one row an interval and group, with all that is known of it, for tables and files."""
    tz = zone(plan.problem.time_zone)
    at = [one.astimezone(tz).isoformat() for one in plan.problem.instants()]
    return [
        {
            "starts_at": at[t], "ends_at": at[t + 1], "group": group.group, "staff": int(plan.staff[g, t]),
            "present": float(plan.present[g, t]), "scheduled": float(plan.scheduled[g, t]),
            "gain_cents": round(float(plan.gain_cents[g, t]), 2), "loss_cents": round(float(plan.loss_cents[g, t]), 2),
        }
        for g, group in enumerate(plan.problem.groups)
        if groups is None or group.group in groups
        for t in np.flatnonzero(plan.problem.group_open(group)).tolist()
    ]  # fmt: skip
