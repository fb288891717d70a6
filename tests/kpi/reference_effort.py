"""Billable hours, calibration, errors for want of training, ideas done: from the words of the definitions, in plain loops."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import permutations
from random import Random
from typing import Any

from tests.kpi import reference_grading as grading
from tests.kpi.logs import Event
from tests.kpi.reference import Row, length
from tests.kpi.reference_work import given
from tests.kpi.reference_world import KPIS, Item, Items, World, kpi

_MONDAY = date(2026, 3, 30)

# ---- contracts and leave --------------------------------------------------------------------------------------------


def tables(sites: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return contracts and leave of sites."""
    return {name: [row for site in sites for row in _of(site)[name]] for name in ("contracts", "leave")}


@cache
def _of(site: str) -> dict[str, list[dict[str, Any]]]:
    """Return contracts of most members, some changed on a day, and leave that begins and ends at any hour."""
    rng = Random(f"effort {site}")
    contracts: list[dict[str, Any]] = []
    leave: list[dict[str, Any]] = []
    for agent in sorted({m["agent_id"] for m in given(site, "memberships")}):
        if rng.random() < 0.2:
            continue
        row = {"agent_id": agent, "hours_per_week": rng.choice((40.0, 20.0, None))}
        contracts.append({**row, "valid_to": rng.choice((None, date(2026, 4, 1)))})
        if rng.random() < 0.5:
            contracts.append({**row, "hours_per_week": 30.0, "valid_from": _MONDAY})
        for _ in range(rng.randrange(3)):
            start = datetime(2026, 3, 27, tzinfo=UTC) + timedelta(hours=rng.randrange(120))
            leave.append(
                {"agent_id": agent, "starts_at": start, "ends_at": start + timedelta(hours=rng.choice((3, 30)))}
            )
    return {"contracts": contracts, "leave": leave}


def booked(logs: Iterable[Sequence[Event]]) -> tuple[datetime, datetime]:
    """Return when the first and the last hours of all logs were booked."""
    at = [row.at for events in logs for row in grading.logged(events)]
    return min(at), max(at)


def _bookers(w: World) -> set[str]:
    return {h.agent_id for h in w.logged}


def _billed(w: World) -> Items:
    for h in w.logged:
        if h.billable and h.hours > 0:
            team = h.team or _team(h.site, h.agent_id)
            yield Item(h.at, h.hours, 0.0, Row(**{**vars(h), "team": team}), counts=False)


def _team(site: str, agent: str) -> str | None:
    teams = {m["team"] for m in given(site, "memberships") if m["agent_id"] == agent}
    return teams.pop() if len(teams) == 1 else None


def _days(w: World) -> Iterator[tuple[Row, datetime, float]]:
    """Yield person, noon and contract hours of every day from Monday to Friday."""
    site = next(e.site for e in w.events)
    if site is None or w.booked is None:
        return
    known = _of(site)["contracts"]
    for agent in {c["agent_id"] for c in known} & _bookers(w):
        row = Row(site=site, queue=None, agent_id=agent, team=_team(site, agent), approximate=False)
        day = w.booked[0].astimezone(UTC).date()
        while day <= w.booked[1].astimezone(UTC).date():
            valid = [
                (c.get("valid_from") or date.min, c["hours_per_week"])
                for c in known
                if c["agent_id"] == agent
                and c["hours_per_week"] is not None
                and (c.get("valid_from") or date.min) <= day
                and (c.get("valid_to") or date.max) > day
            ]
            if valid and day.weekday() < 5:
                yield row, datetime.combine(day, time(12), tzinfo=UTC), max(valid)[1] / 5
            day += timedelta(days=1)


@kpi("load.billable/gross")
def _gross(w: World) -> Items:
    yield from (Item(noon, 0.0, hours, row) for row, noon, hours in _days(w))
    yield from _billed(w)


@kpi("load.billable")
def _net(w: World) -> Items:
    for row, noon, hours in _days(w):
        away = [
            x for x in _of(row.site)["leave"] if x["agent_id"] == row.agent_id and x["starts_at"] <= noon < x["ends_at"]
        ]
        if not away:
            yield Item(noon, 0.0, hours, row)
    yield from _billed(w)


@kpi("load.billable/paid")
def _of_paid(w: World) -> Items:
    bookers = _bookers(w)
    for s in w.shifts:
        if s.agent_id in bookers:
            yield Item(s.started, 0.0, (length(s.started, s.ended) or 0.0) / 3600, s)
    yield from _billed(w)


# ---- calibration ----------------------------------------------------------------------------------------------------


def _against(name: str, value: Callable[[World, float], float]) -> None:
    KPIS[name] = lambda w: (
        Item(c.at, value(w, c.score - c.agreed), 1.0, c)
        for c in w.calibrations
        if c.score is not None and c.agreed is not None
    )


_against("quality.calibration", lambda w, off: float(abs(off) <= w.params.tolerance))
_against("quality.calibration/bias", lambda _, off: off)
_against("quality.calibration/deviation", lambda _, off: abs(off))


@kpi("quality.calibration/agreement")
def _alpha(w: World) -> Items:
    """Krippendorff's alpha by its definition: the pairs of scores about the same work, and all pairs of scores."""
    groups: dict[Any, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for c in w.calibrations:
        if c.score is not None:
            groups[w.period(c.at), *(getattr(c, d) for d in w.by)][c.work].append(c)
    for works in groups.values():
        alike = [rows for rows in works.values() if len(rows) > 1]
        scores = [c.score for rows in alike for c in rows]
        expected = sum((a - b) ** 2 for a, b in permutations(scores, 2)) / (len(scores) - 1) if scores else 0.0
        seen = sum((a.score - b.score) ** 2 / (len(rows) - 1) for rows in alike for a, b in permutations(rows, 2))
        for rows in alike:
            for c in rows:
                alpha = 1 - seen / expected if expected else 0.0
                yield Item(c.at, alpha, float(expected > 0), c)


# ---- errors and ideas -----------------------------------------------------------------------------------------------


def _all_errors(w: World) -> Iterator[Row]:
    yield from w.errors
    for r in w.ratings:
        if r.item == "satisfaction" and r.value is not None and r.value <= r.low + 1:
            yield Row(**{**vars(r), "at": r.answered})


@kpi("quality.training_errors")
def _training(w: World) -> Items:
    return (Item(e.at, float(e.cause == "training"), 1.0, e) for e in _all_errors(w) if e.cause)


@kpi("quality.training_errors/no_cause")
def _no_cause(w: World) -> Items:
    return (Item(e.at, float(e.cause is None), 1.0, e) for e in _all_errors(w))


@kpi("quality.training_errors/per_review")
def _per_review(w: World) -> Items:
    yield from (Item(r.at, 0.0, 1.0, r) for r in w.reviews if r.score is not None)
    yield from (Item(e.at, 1.0, 0.0, e, counts=False) for e in w.errors if e.cause == "training")


def _in_time(w: World, a: Row) -> bool:
    return a.closed is not None and a.closed - a.opened <= w.params.action_window


@kpi("improve.ideas_done")
def _ideas(w: World) -> Items:
    for a in w.actions:
        if a.opened:
            yield Item(a.opened, float(_in_time(w, a) and a.effect is not None), 1.0, a)


@kpi("improve.ideas_done/done")
def _done(w: World) -> Items:
    return (Item(a.opened, float(_in_time(w, a)), 1.0, a) for a in w.actions if a.opened)


@kpi("improve.ideas_done/on_time")
def _on_time(w: World) -> Items:
    for a in w.actions:
        if a.opened and a.due:
            yield Item(a.due, float(a.closed is not None and a.closed <= a.due), 1.0, a)
