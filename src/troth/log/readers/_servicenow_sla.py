"""What the rows of ServiceNow's table `task_sla` become; written from the published definitions of its fields.

Each row is one agreement of one task: when its clock began and stopped, when it would be missed, and how long it ran
by all time and by its schedule, pauses left out.
"""

from __future__ import annotations

import csv as plain_csv
from typing import Final

from troth.log.readers._facts import Beside, Doubt, Fact, Kind, Source, moment, text, words

#: Stages by value and by label; `breached` is one of older instances, whose clocks ran on afterwards.
STAGES: Final = {
    "in_progress": "in progress|in_progress", "paused": "paused", "completed": "completed",
    "cancelled": "cancelled|canceled", "breached": "breached",
}  # fmt: skip
_TRUTHS: Final = {"1": "true|1|yes", "0": "false|0|no"}


def seconds(column: str) -> str:
    """Return SQL of a duration in seconds: a number, a time since 1970 or words of days, hours, minutes and seconds."""
    units = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}
    parts = [f"coalesce(try_cast(regexp_extract({column}, '(?i)(\\d+) {u}', 1) AS DOUBLE), 0) * {s}" for u, s in units.items()]  # fmt: skip
    spoken = "(?i)" + "".join(rf"(\d+ {unit}s? ?)?" for unit in units)
    return (
        f"CASE WHEN regexp_full_match({column}, '\\d+([.]\\d+)?') THEN try_cast({column} AS DOUBLE)"
        f" WHEN regexp_full_match({column}, '[12]\\d{{3}}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d') THEN epoch(try_cast({column} AS TIMESTAMP))"
        f" WHEN regexp_full_match({column}, '{spoken}') THEN {' + '.join(parts)} END"
    )


def _unread(column: str, found: str) -> Doubt:
    advice = (
        "Maybe the duration is in another language or grouped by thousands: export plain seconds. The text is kept, and"
        " nothing is compared with it."
    )
    return Doubt(f"{column} IS NOT NULL AND {found} IS NULL", "unknown-duration", column, advice)


_PROMISE: Final = {"subject_kind": "'promise'", "subject_id": "sla_id", "actor": "'system'"}
_NAMED: Final = {"kind": text("sla"), "label": text("sla")}

TASK_SLA: Final = Kind(
    name="task SLA",
    marks=("task|Task", "sla|SLA|SLA definition|SLA Definition", "stage|Stage|start_time|Start time"),
    texts={
        "id": "sys_id|Sys ID",
        "task": "task|Task",
        "sla": "sla|SLA|SLA definition|SLA Definition",
        "stage_raw": "stage|Stage",
        "breached_raw": "has_breached|Has breached",
        "actual_raw": "duration|Actual elapsed time",
        "business_raw": "business_duration|Business elapsed time",
        "actual_share": "percentage|Actual elapsed percentage",
        "business_share": "business_percentage|Business elapsed percentage",
        "actual_left": "time_left|Actual time left",
        "business_left": "business_time_left|Business time left",
    },
    times={
        "started": "start_time|Start time",
        "stopped": "end_time|Stop time",
        "planned": "planned_end_time|Breach time",
        "first_planned": "original_breach_time|Original breach time",
        "updated": "sys_updated_on|Updated",
    },
    needs=("task", "sla", "started"),
    wrong=(
        Doubt("stopped < started", "end-before-start", "stopped", "Maybe two columns were swapped; export them again."),
    ),
    doubts=(
        Doubt(
            "NOT found AND (SELECT count(*) FROM incidents) > 0",
            "sla-without-incident",
            "task",
            "Maybe the incident was deleted, is another kind of task, or its page was not exported. The row is kept.",
        ),
        Doubt(
            "stage_raw IS NOT NULL AND stage IS NULL",
            "unknown-stage",
            "stage_raw",
            "Maybe the stage is in another language: export its values (in_progress, paused, completed, cancelled), or the"
            " list in English. It was kept as it is; its figures are not compared.",
        ),
        Doubt(
            "breached_raw IS NOT NULL AND made IS NULL",
            "unknown-verdict",
            "breached_raw",
            "Maybe has_breached is in another language: export true and false. It was kept as it is, without a verdict.",
        ),
        Doubt(
            "stage = 'completed' AND breached_raw IS NULL",
            "sla-without-verdict",
            "stage_raw",
            "Maybe add the column has_breached to the export: without it a row does not say whether it was kept.",
        ),
        _unread("actual_raw", "actual_s"),
        _unread("business_raw", "business_s"),
    ),
    version="coalesce(epoch_us(updated), 0)",
    joins="LEFT JOIN incidents AS i ON i.number = r.task LEFT JOIN incident_ids AS d ON d.sys_id = r.task",
    looked=(
        "coalesce(d.number, r.task) AS incident, i.number IS NOT NULL OR d.number IS NOT NULL AS found,"
        f" {words(STAGES, 'r.stage_raw')} AS stage,"
        f" CASE WHEN {words({'breached': STAGES['breached']}, 'r.stage_raw')} IS NOT NULL THEN 0"
        f" ELSE 1 - ({words(_TRUTHS, 'r.breached_raw')})::INT END AS made,"
        f" {seconds('r.actual_raw')} AS actual_s, {seconds('r.business_raw')} AS business_s,"
        " coalesce(r.id, r.task || '/' || r.sla || '/' || epoch(r.started)::BIGINT) AS sla_id"
    ),
    base={"case_id": "incident"},
    foreign={
        "sla": "sla", "stage": "stage_raw", "has_breached": "breached_raw", "duration": "actual_raw",
        "business_duration": "business_raw", "percentage": "actual_share", "business_percentage": "business_share",
        "time_left": "actual_left", "business_time_left": "business_left",
    },
    figures={"actual_elapsed": "actual_s", "business_elapsed": "business_s", "made_sla": "made"},
    facts=(
        Fact(
            "promised",
            "started",
            "'task_sla/' || sla_id || '/promised'",
            cells=_PROMISE,
            keys={**_NAMED, "due_at": moment("coalesce(planned, first_planned)")},
        ),
        Fact(
            "promise_broken",
            "planned",
            "'task_sla/' || sla_id || '/broken'",
            where="made = 0",
            cells=_PROMISE,
            keys=_NAMED,
        ),
        # Without the time of the breach only the stop is known.
        Fact(
            "promise_broken",
            "stopped",
            "'task_sla/' || sla_id || '/broken'",
            where="made = 0 AND planned IS NULL",
            cells=_PROMISE,
            keys=_NAMED,
        ),
        Fact(
            "promise_kept",
            "stopped",
            "'task_sla/' || sla_id || '/kept'",
            where="made = 1 AND stage = 'completed'",
            cells=_PROMISE,
            keys=_NAMED,
        ),
        # What a clock that still runs says is true only of the moment of the export.
        Fact(
            "stepped",
            "coalesce(stopped, updated, started)",
            "'task_sla/' || sla_id",
            cells={
                "step": "CASE WHEN stage = 'completed' THEN 'task_sla' ELSE 'task_sla unfinished' END",
                "actor": "'system'",
                "origin": "'aggregate'",
            },
            keys={"label": text("sla")},
            foreign=True,
            figures=True,
        ),
    ),
)  # fmt: skip

#: What is looked up of incidents: their numbers, and the ids that a raw export gives instead.
INCIDENT: Final = Kind(
    name="incident",
    marks=("number|Number", "opened_at|Opened|sys_updated_at|sys_updated_on|Updated"),
    texts={"number": "number|Number", "sys_id": "sys_id|Sys ID"},
)

SLAS: Final = Source(
    name="servicenow",
    kinds=(TASK_SLA, INCIDENT),
    main="incidents",
    beside={
        "incidents": Beside("incident", {"number": "number"}, key="number"),
        "incident_ids": Beside("incident", {"sys_id": "sys_id", "number": "number"}, key="sys_id"),
    },
)


def is_task_sla(head: bytes) -> bool:
    """Tell from the first bytes of a file whether it is an export of `task_sla`."""
    line = head.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].decode("utf-8", "replace").strip()
    delimiter = max(",;\t|", key=line.count)
    cells = {cell.strip() for cell in next(plain_csv.reader([line], delimiter=delimiter), [])}
    return all(cells & set(mark.split("|")) for mark in TASK_SLA.marks)
