"""What the desk knows of people under way, as the state of a day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from benchmarks.quality._dispatch_record import Record
from troth.field.routing import DayState, RoutingProblem, RunningJob

#: Between leaving one customer and being free for the next.
WRAP_S: Final = 240.0


def state_of(known: Mapping[str, Any], *, problem: RoutingProblem, record: Record) -> DayState:
    """Return who is where, as far as the desk knows; running jobs end when they are expected to."""
    begins = problem.begins_at.timestamp() * 1000
    now = (known["at"] - begins) / 1000
    rows = {row["visit"]: row for row in known["visits"]}
    place = {(round(a, 5), round(b, 5)): k for k, (_, a, b) in enumerate(problem.places)}
    running, places, rested = {}, {}, {}
    for k, one in enumerate(known["technicians"]):
        name, here = one["technician"], (round(one["latitude"], 5), round(one["longitude"], 5))
        if one["lunch"]:
            rested[name] = 1
        if one["visit"] is not None and one["visit"] in rows:
            row = rows[one["visit"]]
            at = place.get((round(row["latitude"], 5), round(row["longitude"], 5)), k)
            work = row["expected_s"] * record.work.factor(row["service"]) * record.work.pace.get(name, 1.0) + WRAP_S
            opens = (row["window_start"] - begins) / 1000
            if one["started"] is not None:
                begun = (one["started"] - begins) / 1000
                # Who has worked longer than usual is expected to need some time yet.
                ends = max(begun + work, now + 0.25 * work)
            elif one["arrived"] is not None:
                ends = max(now, opens) + work
            else:
                way = float(problem.seconds[place.get(here, k), at])
                ends = max((one["left"] - begins) / 1000 + way, now + 120, opens) + work
            running[name] = RunningJob(one["visit"], at, ends)
        elif one["state"] in ("free", "pause"):
            places[name] = place.get(here, k)
    known_ids = {one.visit_id for one in problem.visits}
    done = frozenset(name for name in known_ids if name not in rows or rows[name]["state"] == "away")
    return DayState(now, done, running, places, rested)
