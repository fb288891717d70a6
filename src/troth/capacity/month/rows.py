"""A month as rows for tables and files, and the whole as plain data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from troth.capacity.month.plan import MonthPlan
from troth.capacity.month.prospect import ForeseenFigure
from troth.capacity.staffing.needs import interval_rows
from troth.core.spans import instant_at, zone

Row = dict[str, Any]


def figure_rows(plan: MonthPlan, *, daily: bool = True) -> list[Row]:
    """Return one row a figure of the whole time, and of each day: median and ranges over futures."""
    return [row for one in plan.prospect.figures for row in _figure_rows(plan, one, daily=daily)]


def _figure_rows(plan: MonthPlan, one: ForeseenFigure, *, daily: bool) -> list[Row]:
    question = plan.question
    if not np.isfinite(one.whole).any():
        return []
    head = {"kpi": one.kpi, "title": one.title, "unit": str(one.unit), "of": one.member}
    (low, high), (from_, to) = one.band(), one.band(0.5)
    rows: list[Row] = [
        {
            **head, "from": question.first.isoformat(), "to": (question.last + timedelta(days=1)).isoformat(), "median": one.median,
            "low": low, "high": high, "low_half": from_, "high_half": to, "aim": one.aim, "reached": one.reached if one.aim is not None else None,
            "futures": plan.prospect.futures,
        }
    ]  # fmt: skip
    if not daily:
        return rows
    lows, mids, highs = one.days()
    froms, _, tos = one.days(0.5)
    for d, day in enumerate(plan.prospect.days):
        if np.isfinite(mids[d]):
            rows.append({
                **head, "from": day.isoformat(), "to": (day + timedelta(days=1)).isoformat(), "median": float(mids[d]),
                "low": float(lows[d]), "high": float(highs[d]), "low_half": float(froms[d]), "high_half": float(tos[d]), "aim": one.aim,
                "reached": None, "futures": plan.prospect.futures,
            })  # fmt: skip
    return rows


def forecast_rows(plan: MonthPlan) -> list[Row]:
    """Return one row a queue and interval of what may come, closed intervals left out."""
    rows = []
    for one in plan.forecast.series:
        edges = [at.isoformat() for at in one.grid.labels()]
        for k in np.flatnonzero(~one.closed).tolist():
            row: Row = {
                "queue": one.series.key.get("queue", ""),
                "starts_at": edges[k],
                "median": float(one.point[k]),
                "mean": round(float(one.mean[k]), 4),
            }
            for place, level in enumerate(one.levels):
                row |= {
                    f"low_{level * 100:g}": float(one.low[place, k]),
                    f"high_{level * 100:g}": float(one.high[place, k]),
                }
            rows.append(row)
    return rows


def needed_rows(plan: MonthPlan) -> list[Row]:
    """Return one row a group and interval of who is needed, with what one more or fewer is worth."""
    return interval_rows(plan.staffing)


def shift_rows(plan: MonthPlan) -> list[Row]:
    """Return one row a stretch of a shift: a person, what they do, from when to when."""
    problem = plan.roster.problem
    tz = zone(problem.time_zone)
    rows = []
    for duty in sorted(plan.roster.duties, key=lambda one: (one.day, one.agent_id)):
        day, first = problem.date_of(duty.day), problem.begins + duty.start
        for activity, a, b in duty.stretches or (("", 0, duty.length),):
            starts, ends = (instant_at(day, minute=first + at, tz=tz).astimezone(tz).isoformat() for at in (a, b))
            state = "break" if duty.stretches and not activity else "work"
            rows.append(
                {
                    "day": day.isoformat(),
                    "agent_id": duty.agent_id,
                    "kind": duty.kind,
                    "state": state,
                    "activity": activity,
                    "starts_at": starts,
                    "ends_at": ends,
                }
            )
    return rows


def everything(plan: MonthPlan) -> Row:
    """Return the whole plan as plain data: the question, what was learned, the answers of each step."""
    question, facts, staffing, roster = plan.question, plan.facts, plan.staffing, plan.roster
    aims = question.aims
    return {
        "site": question.site, "time_zone": facts.time_zone, "from": question.first, "to": question.last + timedelta(days=1), "days": question.days,
        "known_until": plan.until, "status": str(plan.status), "seed": question.seed, "seconds": dict(plan.seconds),
        "aims": {
            "level": aims.level, "within_s": aims.within_s, "confidence": aims.confidence, "occupancy": aims.occupancy,
            "in_office": aims.in_office, "out_of_office": aims.out_of_office,
        },
        "queues": [
            {
                "queue": one.queue, "deferred": one.deferred, "contacts": float(np.asarray(one.arrivals).sum(axis=1).mean()),
                "handle_s": one.handle_s, "patience_s": one.patience_s, "at_once": one.at_once, "level": one.level, "within_s": one.within_s,
            }
            for one in staffing.problem.queues
        ],
        "people": [
            {"agent_id": who, "team": facts.teams.get(who), "queues": sorted(queues), "pace": facts.paces.get(who)}
            for who, queues in sorted(facts.serves.items())
        ],
        "routing": str(facts.routing),
        "staffing": {
            "status": str(staffing.status), "planned_hours": float(staffing.scheduled.sum() * staffing.problem.minutes / 60),
            "groups": [{"group": one.group, "queues": list(one.queues)} for one in staffing.problem.groups],
            "chances": [
                {"queue": one.queue, "over": str(one.over), "probability": one.probability.tolist(), "futures": one.futures}
                for one in staffing.chances
            ],
        },
        "roster": {
            "status": str(roster.status), "value": roster.value, "bound": roster.bound, "gap": roster.gap, "cost_by_rule": dict(roster.objective),
            "shifts": len(roster.duties), "hard_rules_broken": len(roster.broken), "conflicts": [one.as_dict() for one in roster.conflicts],
        },
        "prospect": {"futures": plan.prospect.futures, "status": str(plan.prospect.status), "figures": figure_rows(plan)},
        "versions": {**staffing.versions, **roster.versions, **plan.prospect.versions},
        "issues": [one.as_dict() for one in plan.issues],
    }  # fmt: skip
