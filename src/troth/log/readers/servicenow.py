"""ServiceNow incidents: the audit log of changes, or the list of incidents, and the table `task_sla`, as CSV.

Each audit row gives the status and the assignment it shows, so repeated values appear as repeated events and
whoever derives spans joins them. The summary columns give `opened`, `resolved`, `closed` and `reopened` once an
incident. Rows of `task_sla` give promises and the figures of their clocks. See ``docs/guides/import-servicenow.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.log.readers import _servicenow_sql as sql
from troth.log.readers._beside import files_beside
from troth.log.readers._declared import read_part
from troth.log.readers._open import Opened, head_of, parts, reject_table, zone_of
from troth.log.readers._records import Again
from troth.log.readers._rows import Header, Rows, first_line, read_rows
from troth.log.readers._servicenow_rows import NAMES, header_of
from troth.log.readers._servicenow_sla import SLAS, is_task_sla
from troth.log.readers.base import Batch, Reader, ReadOptions
from troth.log.schema import DRAFTS

SOURCE = "servicenow"
_HEAD = 64 * 1024
_LANGUAGE = (
    "Maybe the state is in another language or one of your own: export its value (1, 2, 3, 6, 7, 8) rather than its"
    " label. It is kept as a foreign step and the status before goes on."
)


def read(path: Path, options: ReadOptions) -> Iterator[Batch]:
    """Yield the events of a ServiceNow incident export, a batch of rows at a time.

    Parameters
    ----------
    path : CSV file, plain or packed with gzip or zip; incidents that rows of `task_sla` name are sought beside it.
    options : `time_zone` is the zone of times without an offset.

    Raises
    ------
    InputError
        If nothing of the file can be used: empty, another format, an unknown time zone.
    """
    known = zone_of(options.time_zone)
    zone = known.key if known else "UTC"
    for part in parts(path):
        start = head_of(part, _HEAD)
        whole = Again(part, start)
        if is_task_sla(start):
            yield from read_part(whole, path=path, source=SLAS, options=options)
        else:
            yield from _incidents(whole, zone, options)


def _incidents(part: Opened, zone: str, options: ReadOptions) -> Iterator[Batch]:
    line, head, encoding = first_line(part)
    header = header_of(line, part.name)
    first = _first_issues(part, header)
    for rows in read_rows(part, header, head, encoding, options.batch_rows):
        yield _batch(part, header, rows, zone=zone, zone_known=options.time_zone is not None, first=first)
        first = []


def _first_issues(part: Opened, header: Header) -> list[Issue]:
    found = []
    if "mods" not in header.ours or "updated" not in header.ours:
        advice = (
            "Maybe export the audit log (sys_mod_count and sys_updated_on of every change); figures are approximate."
        )
        found.append(Issue("end-states-only", Severity.WARNING, part.name, "", advice))
    for ours in ("opened", "state", "team"):
        if ours not in header.ours:
            advice = f"Maybe the column changed its name; it is one of: {NAMES[ours]}."
            found.append(Issue("missing-column", Severity.WARNING, part.name, ours, advice))
    return found


def _batch(part: Opened, header: Header, rows: Rows, *, zone: str, zone_known: bool, first: list[Issue]) -> Batch:
    import duckdb

    with duckdb.connect(":memory:") as db:
        db.execute("SET TimeZone = 'UTC'")
        db.register("rows", rows.text)
        chain = f"WITH text AS ({sql.text_sql(header)}), parsed AS ({sql.parsed_sql(zone)}) {sql.reject_sql(header)}"
        db.execute(f"CREATE TEMP TABLE judged AS {chain}")
        db.execute("CREATE TEMP VIEW good AS FROM judged WHERE problem IS NULL")
        events = db.execute(sql.events_sql(header, source=SOURCE, zone_known=zone_known)).fetch_arrow_table()
        rejects = db.execute(
            "SELECT row, problem.code, problem.col, problem.val, problem.advice, raw FROM judged "
            "WHERE problem IS NOT NULL ORDER BY row"
        ).fetchall()
        issues = [*first, *rows.issues, *_doubts(db, part, zone_known=zone_known)]
    names = {ours: header.columns[index] for ours, index in header.ours.items()}
    keys = ("row", "code", "column", "value", "advice", "raw")
    told = [dict(zip(keys, reject, strict=True)) for reject in rejects]
    told += [dict(zip(keys, (*bad[:2], None, *bad[2:]), strict=True)) for bad in rows.bad]
    for reject in told:
        reject |= {"file": part.name, "column": names.get(reject["column"], reject["column"])}
    return Batch(
        file=part.name,
        drafts=_drafts(events, part.name),
        rejects=reject_table(told),
        rows=rows.text.num_rows + len(rows.bad),
        issues=tuple(issues),
        done=part.done,
    )


def _drafts(events: pa.Table, file: str) -> pa.Table:
    columns = []
    for wanted in DRAFTS:
        if wanted.name == "_file":
            columns.append(pa.repeat(pa.scalar(file), events.num_rows))
        elif wanted.name in events.column_names:
            columns.append(events[wanted.name].cast(wanted.type))
        else:
            columns.append(pa.nulls(events.num_rows, wanted.type))
    return pa.table(columns, schema=DRAFTS)


def _doubts(db: Any, part: Opened, *, zone_known: bool) -> list[Issue]:
    """Return what is odd in the good rows but was used."""
    known = f"state IS NOT NULL AND ({sql.state_sql()}) IS NULL"
    checks = [
        (
            "unknown-state",
            known,
            "state",
            _LANGUAGE,
        ),
        (
            "change-before-opening",
            "updated_n < opened_n",
            "updated",
            "Maybe a clock was wrong; the change was used as it is.",
        ),
    ]
    if not zone_known:
        naive = "updated_n IS NOT NULL AND updated_z IS NULL OR opened_n IS NOT NULL AND opened_z IS NULL"
        checks.append(
            ("assumed-utc", naive, "coalesce(updated, opened)", "Maybe name the zone of the times with --time-zone.")
        )
    found = []
    for code, where, value, advice in checks:
        count, row, example = db.execute(
            f"SELECT count(*), min(row), arg_min({value}, row) FROM good WHERE {where}"
        ).fetchone()
        if count:
            found.append(Issue(code, Severity.WARNING, f"{part.name} row {row}", example, advice, count))
    return found


def _beside(path: Path) -> list[Path]:
    """Return the files in which incidents are sought: for `task_sla`; incidents speak for themselves."""
    try:
        found = any(is_task_sla(head_of(part, _HEAD)) for part in parts(path))
    except InputError:
        found = False
    return files_beside(path) if found else []


READER = Reader(
    SOURCE,
    "ServiceNow incidents as CSV: the audit log of changes, or the incident list; and the table `task_sla`.",
    read,
    beside=_beside,
)
