"""A trace as events of the log: what a lake would hold had it happened."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from troth.core.spans import from_micros, to_micros
from troth.log.schema import STORED
from troth.queueing.twin import _layout as layout
from troth.queueing.twin._layout import NEVER
from troth.queueing.twin.problem import TwinProblem
from troth.queueing.twin.tables import _Contacts, contact_ids
from troth.queueing.twin.trace import Trace

#: When, which activity, and the other columns.
Fact = tuple[int, str, dict[str, object]]


def events(trace: Trace, *, problem: TwinProblem, source: str = "twin") -> pa.Table:
    """Return what happened in one replication, in the stored schema of the log, in order of time.

    Parameters
    ----------
    source : under which source; ids are numbers within it, so that two replications need two names to lie in one lake.
    """
    found = sorted([*_of_contacts(trace, problem), *_of_agents(trace, problem)], key=lambda fact: fact[0])
    rows = [
        {"occurred_at": from_micros(at), "activity": activity, "version": 0, "origin": "exact", "source": source}
        | {"recorded_at": from_micros(at), "source_id": str(number)}
        | columns
        for number, (at, activity, columns) in enumerate(found)
    ]
    return pa.Table.from_pylist(rows, schema=STORED)


def _of_contacts(trace: Trace, problem: TwinProblem) -> Iterator[Fact]:
    view, names = _Contacts(trace, problem), [agent.name for agent in problem.agents]
    ids, customers, before = (
        contact_ids(trace, rows=rows).to_pylist() for rows in (view.row, view.c["root"], view.c["previous"])
    )
    following = {int(previous): row for row, previous in enumerate(trace.contacts["previous"]) if previous >= 0}
    marks: dict[int, list[tuple[int, str, str]]] = {}
    for mark in trace.marks:
        activity = "parked" if mark["what"] == layout.PARKED else "answered"
        marks.setdefault(int(mark["contact"]), []).append((int(mark["at"]), activity, names[mark["agent"]]))
    for k, row in enumerate(view.row.tolist()):
        one = trace.contacts[row]
        queue, stream = problem.queues[one["queue"]], problem.streams[one["stream"]]
        base: dict[str, object] = {
            "contact_id": ids[k], "customer_id": customers[k], "queue": queue.name, "team": queue.team,
            "site": queue.site, "channel": queue.channel, "service": stream.service or stream.name,
            "priority": str(stream.priority), "direction": "out" if one["out"] else "in",
        }  # fmt: skip
        agent = {"agent_id": names[one["agent"]], "actor": "human"} if one["agent"] >= 0 else {}
        linked = {"attributes": f'{{"previous_contact_id": "{before[k]}"}}'} if one["previous"] >= 0 else {}
        if one["previous"] < 0 and not one["out"]:
            yield int(one["joined"]), "arrived", base
        if view.queued[k]:
            yield int(one["joined"]), "queued", base | linked
        if view.shown[k]:
            yield int(one["called"]), "called", base | agent
        if view.served[k]:
            first = marks[row][0][2] if row in marks else agent["agent_id"]
            yield int(view.answered[k]), "answered", base | {"agent_id": first, "actor": "human"}
        for at, activity, who in marks.get(row, ()):
            yield at, activity, base | {"agent_id": who, "actor": "human"}
        if one["ended"] < NEVER and view.handed[k]:
            goes = following[row]
            to = problem.queues[trace.contacts["queue"][goes]].name
            said = f'{{"to_queue": "{to}", "next_contact_id": "r{trace.replication}-{goes}"}}'
            yield int(one["ended"]), "transferred", base | agent | {"attributes": said}
        elif one["ended"] < NEVER:
            yield int(one["ended"]), "ended", base | agent
        if one["wrapped"] < NEVER:
            yield int(one["wrapped"]), "wrapped", base | agent
        if one["left"] < NEVER:
            yield int(one["left"]), _LEAVING[int(one["outcome"])], base | (agent or {"actor": "system"})


_LEAVING = {
    layout.ABANDONED: "abandoned",
    layout.BALKED: "balked",
    layout.CALLED_BACK: "callback_requested",
    layout.NO_SHOW: "no_show",
    layout.UNSERVED: "ended",
}


def _of_agents(trace: Trace, problem: TwinProblem) -> Iterator[Fact]:
    ends = to_micros(problem.end)
    for spell in trace.spells:
        agent, state = problem.agents[spell["who"]], int(spell["state"])
        base: dict[str, object] = {
            "agent_id": agent.name, "actor": "human", "team": agent.team, "site": agent.site,
        }  # fmt: skip
        start, end = int(spell["started"]), int(min(spell["ended"], ends))
        if state in {layout.SHIFT, layout.COUNTER}:
            begun, over = (
                ("shift_started", "shift_ended") if state == layout.SHIFT else ("counter_opened", "counter_closed")
            )
            yield start, begun, base
            yield end, over, base
        else:
            yield start, "state_changed", base | {"step": layout.STATES[state]}
