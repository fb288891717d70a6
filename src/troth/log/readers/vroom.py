"""VROOM: what a route plan booked (its output) and what was promised to customers (its input), as JSON.

Written from the published definition of the format. A plan is no record of what happened: it gives bookings, and
promises of time windows. Times count from where the caller pleases: seconds since 1970, or since midnight of the day
in the file's name. See ``docs/guides/import-other-systems.md``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from troth.log.readers._declared import declared
from troth.log.readers._facts import Doubt, Fact, Kind, Source, moment

#: Fewer seconds than this do not count from 1970.
_RELATIVE: Final = 100_000_000
_VISITS: Final = {"job", "pickup", "delivery"}


def _flatten(value: Any, name: str) -> Iterator[dict[str, Any]]:
    """Yield the jobs, steps and unassigned jobs of a problem or solution as plain records."""
    if not isinstance(value, dict):
        yield {"value": value}
        return
    named = re.search(r"\d{4}-\d\d-\d\d", name)
    zero = f"{named.group()}T00:00:00" if named else None
    routes = _objects(value.get("routes"))
    starts = [_least(s.get("arrival") for s in _objects(route.get("steps"))) for route in routes]
    for route, start in zip(routes, starts, strict=True):
        for step in _objects(route.get("steps")):
            if str(step.get("type")) in _VISITS:
                job = step.get("id", step.get("job"))
                late = {str(v.get("cause")): v.get("duration", 0) for v in _objects(step.get("violations"))}
                more = {"vehicle": route.get("vehicle"), "route_start": start, "zero": zero}
                yield {**step, **more, "step_of": "route", "id": job, "late": json.dumps(late) if late else None}
    for job in _objects(value.get("unassigned")):
        yield {**job, "step_of": "unassigned", "route_start": _least(starts), "zero": zero}
    for job in _objects(value.get("jobs")):
        given = job.get("time_windows")
        windows = [w for w in given if isinstance(w, list) and len(w) == 2] if isinstance(given, list) else []
        ends = {"opens": _least(w[0] for w in windows), "closes": _greatest(w[1] for w in windows)}
        yield {**job, **ends, "windows": len(windows), "step_of": "problem", "zero": zero}
    if not {"routes", "unassigned", "jobs"} & set(value):
        yield value


def _objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, none if it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _numbers(values: Iterable[Any]) -> list[float]:
    return [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]


def _least(values: Iterable[Any]) -> float | None:
    return min(_numbers(values), default=None)


def _greatest(values: Iterable[Any]) -> float | None:
    return max(_numbers(values), default=None)


def _at(seconds: str) -> str:
    """Return SQL for the instant of a number of seconds."""
    micros = f"(({seconds}) * 1000000)::BIGINT"
    return f"CASE WHEN ({seconds}) >= {_RELATIVE} THEN make_timestamptz({micros}) ELSE zero + to_microseconds({micros}) END"


_DAY: Final = (
    "Maybe times count from midnight: put the day into the name of the file, as in routes-2026-03-02.json, and name its"
    " zone with --time-zone."
)
_BASE: Final = {"case_id": "id", "channel": "'visit'", "subject_kind": "'visit'", "subject_id": "id"}
_STEP: Final = Kind(
    name="step of a route",
    marks=("step_of", "vehicle"),
    texts={"id": "id", "vehicle": "vehicle", "kind": "type", "late": "late"},
    times={"zero": "zero"},
    numbers={
        "arrival": "arrival", "setup": "setup", "service": "service", "waiting": "waiting_time", "start": "route_start",
        "driven": "duration",
    },
    known="step_of violations location location_index load distance description job",
    needs=("id", "vehicle", "arrival"),
    wrong=(Doubt(f"arrival < {_RELATIVE} AND zero IS NULL", "relative-time", "arrival", _DAY),),
    base={**_BASE, "agent_id": "vehicle", "actor": "'system'", "origin": "'aggregate'"},
    figures={"setup": "setup", "service": "service", "waiting_time": "waiting"},
    foreign={"violations": "late", "type": "kind"},
    facts=(
        # When the plan was made is not told: it was at the latest when the route began.
        Fact(
            "booked",
            _at("start"),
            "id || '/' || kind || '/booked/' || epoch_us(" + _at("start") + ")",
            keys={
                "window_start": moment(_at("arrival + coalesce(waiting, 0)")),
                "window_end": moment(_at("arrival + coalesce(waiting, 0) + coalesce(setup, 0) + coalesce(service, 0)")),
            },
            foreign=True,
            figures=True,
        ),
    ),
)  # fmt: skip
_LEFT: Final = Kind(
    name="unassigned job",
    marks=("step_of", "route_start"),
    texts={"id": "id"},
    times={"zero": "zero"},
    numbers={"start": "route_start"},
    known="step_of location location_index description type job",
    needs=("id",),
    wrong=(Doubt(f"zero IS NULL AND (start IS NULL OR start < {_RELATIVE})", "relative-time", "start", _DAY),),
    base={**_BASE, "actor": "'system'", "origin": "'aggregate'", "step": "'unassigned'"},
    facts=(
        Fact(
            "stepped",
            f"coalesce({_at('start')}, zero)",
            f"id || '/unassigned/' || epoch_us(coalesce({_at('start')}, zero))",
            foreign=True,
        ),
    ),
)
_JOB: Final = Kind(
    name="job",
    marks=("step_of", "windows"),
    texts={"id": "id"},
    times={"zero": "zero"},
    numbers={"opens": "opens", "closes": "closes", "windows": "windows", "priority": "priority"},
    known="step_of location location_index setup service service_per_type setup_per_type delivery pickup skills time_windows description amount",
    needs=("id",),
    wrong=(Doubt(f"opens < {_RELATIVE} AND zero IS NULL", "relative-time", "opens", _DAY),),
    doubts=(
        Doubt(
            "windows > 1", "several-windows", "id",
            "Maybe one of the windows was promised: the whole from the first to the last was taken.",
        ),
    ),
    base={**_BASE, "priority": "priority::BIGINT", "subject_kind": "'promise'", "subject_id": "id || '/arrival'", "origin": "'aggregate'"},
    facts=(
        Fact(
            "promised",
            _at("opens"),
            "id || '/promised/' || epoch_us(" + _at("closes") + ")",
            where="closes IS NOT NULL",
            keys={
                "kind": "'\"arrival\"'", "window_start": moment(_at("opens")), "window_end": moment(_at("closes")),
                "due_at": moment(_at("closes")),
            },
        ),
    ),
)  # fmt: skip

SOURCE: Final = Source(name="vroom", kinds=(_STEP, _LEFT, _JOB), flatten=_flatten)
READER = declared(SOURCE, "VROOM route plans (output) and jobs with time windows (input), as JSON.")
