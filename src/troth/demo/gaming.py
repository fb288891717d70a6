"""People who make their figures better than their service: planted over a finished log, for tests and for showing.

A layer of its own with chance of its own: the world below lives on as it did, and everybody else's rows are as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from numpy.random import Generator

from troth.core.random import stream
from troth.demo.truth import Truth
from troth.log.schema import STORED

#: What the tickets of the portal are promised: seconds to the first reply, and to the resolution. See `tables`.
FIRST_REPLY_S: Final = 3600
RESOLUTION_S: Final = 8 * 3600

Row = dict[str, Any]
#: Whose work a pattern is about.
_WHERE: Final = {
    "last-minutes": "case", "handed-on-before-breach": "case", "pending-without-a-word": "case", "cut-short": "call", "chosen-surveys": "call",
}  # fmt: skip
#: The rows of one case, in order of time.
Case = list[Row]


def gamers(truth: Truth) -> dict[str, tuple[str, ...]]:
    """Return who games what in a company: one person a pattern, the last of those who take the tickets or the calls."""
    kinds = {q.queue: q.kind for s in truth.sites for q in s.queues}
    people: dict[str, list[str]] = {"case": [], "call": []}
    for agent in (a for s in truth.sites for a in s.agents if a.kind == "human" and a.queues):
        if kinds[agent.queues[0]] in people:
            people[kinds[agent.queues[0]]].append(agent.agent_id)
    found: dict[str, tuple[str, ...]] = {}
    for pattern, kind in _WHERE.items():
        if people[kind]:
            found[pattern] = (people[kind].pop(),)
    return found


def plant(events: pa.Table, *, who: Mapping[str, Sequence[str]], seed: int) -> pa.Table:
    """Return the log as it would be had some people gamed their figures.

    Parameters
    ----------
    events : a clean log in `schema.STORED`.
    who : people by the id of the pattern, see `troth.kpi.gaming`.
    seed : which of their cases.
    """
    agents = sorted({agent for named in who.values() for agent in named})
    touched = events.filter(pc.is_in(events["agent_id"], pa.array(agents, pa.string())))
    cases = pc.unique(touched["case_id"].drop_null())
    mine = pc.fill_null(pc.is_in(events["case_id"], cases), False)
    named: dict[str, Case] = {}
    for row in events.filter(mine).sort_by("occurred_at").to_pylist():
        named.setdefault(row["case_id"], []).append(row)
    for pattern, people in who.items():
        for agent in people:
            dice = stream(seed, "gaming", pattern, agent)
            _WAYS[pattern](named, agent, dice)
    last = pc.max(events["occurred_at"]).as_py()
    rows = [row for case in named.values() for row in case if row["occurred_at"] <= last]
    changed = pa.Table.from_pylist(rows, schema=STORED)
    return pa.concat_tables([events.filter(pc.invert(mine)), changed]).sort_by("occurred_at")


def _of(case: Case, activity: str, agent: str | None = None) -> Iterator[Row]:
    return (r for r in case if r["activity"] == activity and agent in (None, r["agent_id"]))


def _opened(case: Case) -> datetime | None:
    return next((row["occurred_at"] for row in _of(case, "opened") if row["channel"] == "portal"), None)


def _again(row: Row, name: str, **changes: Any) -> Row:
    return {**row, "source_id": f"{row['source_id']}-{name}", **changes}


def _last_minutes(cases: dict[str, Case], agent: str, dice: Generator) -> None:
    """Answer what is late, or not yet urgent, a few minutes before the first reply is due."""
    for case in cases.values():
        opened = _opened(case)
        first = next((r for r in _of(case, "message_sent") if r["actor"] == "human"), None)
        if opened is None or first is None or first["agent_id"] != agent:
            continue
        share = (first["occurred_at"] - opened).total_seconds() / FIRST_REPLY_S
        new = opened + timedelta(seconds=FIRST_REPLY_S * dice.uniform(0.92, 0.99))
        later = [r["occurred_at"] for r in case if r["occurred_at"] > first["occurred_at"]]
        if 1.0 < share < 4.0:
            was = first["occurred_at"]
            for row in case:  # what was done before it is then done earlier as well, and what went with it goes along
                if new < row["occurred_at"] <= was and row["agent_id"] == agent:
                    row["occurred_at"] = new
                elif was < row["occurred_at"] <= was + timedelta(hours=1) and row["activity"] == "status_changed":
                    row["occurred_at"] -= was - new
        elif 0.2 < share <= 1.0 and (not later or min(later) > new):
            first["occurred_at"] = new


def _handed_on(cases: dict[str, Case], agent: str, dice: Generator) -> None:
    """Give a case that is nearly late to a colleague."""
    colleagues = sorted(
        {r["agent_id"] for c in cases.values() for r in _of(c, "assigned") if r["agent_id"] not in (None, agent)}
    )
    for case in cases.values():
        opened = _opened(case)
        held = next(_of(case, "assigned", agent), None)
        if opened is None or held is None:
            continue
        at = opened + timedelta(seconds=RESOLUTION_S * dice.uniform(0.92, 0.99))
        over = next((r["occurred_at"] for r in _of(case, "resolved")), None)
        moved = [
            r
            for r in case
            if r["activity"] in ("assigned", "unassigned") and held["occurred_at"] < r["occurred_at"] <= at
        ]
        if held["occurred_at"] < at and (over is None or over > at) and not moved:
            case.append(_again(held, "on", occurred_at=at, agent_id=colleagues[int(dice.integers(len(colleagues)))]))


def _silent_pending(cases: dict[str, Case], agent: str, dice: Generator) -> None:
    """Set cases to pending hours after the last word, to stop the clock."""
    for case in cases.values():
        said = list(_of(case, "message_sent", agent))
        if _opened(case) is None or not said or dice.random() < 0.4:
            continue
        at = said[0]["occurred_at"] + timedelta(hours=dice.uniform(1.5, 3.0))
        if all(
            abs(r["occurred_at"] - at) > timedelta(hours=1.2)
            for r in case
            if r["activity"] in ("message_sent", "solution_proposed")
        ):
            marks = {"activity": "status_changed", "direction": None, "attributes": None}
            case.append(_again(said[0], "wait", occurred_at=at, step="pending", **marks))
            back = {"actor": "system", "agent_id": None, "step": "open"}
            case.append(_again(said[0], "back", occurred_at=at + timedelta(hours=3), **marks, **back))


def _cut_short(cases: dict[str, Case], agent: str, dice: Generator) -> None:
    """End contacts early; their customers come again within days."""
    for key in list(cases):
        case = cases[key]
        answered = next(_of(case, "answered", agent), None)
        ended = next(_of(case, "ended", agent), None)
        if answered is None or ended is None or answered["customer_id"] is None or dice.random() < 0.7:
            continue
        length = ended["occurred_at"] - answered["occurred_at"]
        for row in case:
            if row["occurred_at"] >= ended["occurred_at"] and row["contact_id"] == ended["contact_id"]:
                row["occurred_at"] -= length * 0.8
        days = timedelta(days=int(dice.integers(1, 4)))
        contact = [r for r in case if r["contact_id"] == answered["contact_id"]]
        new = {"case_id": f"{key}-again", "contact_id": f"{answered['contact_id']}-again"}
        cases[new["case_id"]] = [_again(r, "again", occurred_at=r["occurred_at"] + days, **new) for r in contact]


def _chosen_surveys(cases: dict[str, Case], agent: str, dice: Generator) -> None:
    """Ask nobody whose case was taken up again, or took long."""
    took: dict[str, timedelta] = {}
    for key, case in cases.items():
        done, opened = list(_of(case, "resolved", agent)), list(_of(case, "opened"))
        if done and opened:
            took[key] = done[-1]["occurred_at"] - opened[0]["occurred_at"]
    if not took:
        return
    slow = sorted(took.values())[int(0.85 * len(took))]
    for key, length in took.items():
        bad = length >= slow or any(True for _ in _of(cases[key], "reopened"))
        if bad and dice.random() < 0.95:
            cases[key] = [r for r in cases[key] if not r["activity"].startswith("survey_")]


_WAYS: Final[dict[str, Callable[[dict[str, Case], str, Generator], None]]] = {
    "last-minutes": _last_minutes, "handed-on-before-breach": _handed_on, "pending-without-a-word": _silent_pending,
    "cut-short": _cut_short, "chosen-surveys": _chosen_surveys,
}  # fmt: skip
