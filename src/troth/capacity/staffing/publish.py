"""A requirement made public: people needed by team and interval, frozen in the lake for rosters and KPIs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import pyarrow as pa

from troth.capacity.staffing.needs import requirement_rows
from troth.capacity.staffing.plan import StaffingPlan
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.time import to_utc
from troth.demand import Publication
from troth.log.lake import Lake
from troth.log.reference import TABLES

_TABLE: Final = "requirements"


def publish_requirements(
    lake: Lake, *, plan: StaffingPlan, issued_at: datetime, recorded_at: datetime, site: str | None = None,
    teams: Mapping[str, str] | None = None,
) -> tuple[Publication, list[Issue]]:  # fmt: skip
    """Write people at work by team and interval into the reference table `requirements` of a lake; nothing changes them any more.

    Done twice it writes once. A plan made anew is another publication with a later `issued_at`; both stay. ``load.staffing``
    takes of each interval the newest that was issued before it began, a roster the newest.

    Parameters
    ----------
    lake : where to.
    issued_at, recorded_at : until when was known what it rests on, and when it is written down.
    site : where people work; None for all sites together.
    teams : the team of each group; groups of one team are added up, others are published under their own name.

    Returns
    -------
    what was published, and doubts: ``begun-before`` for intervals that began before `issued_at`, which no KPI counts.

    Raises
    ------
    InputError
        ``issued-later`` than it is recorded, ``unknown-group`` in `teams`, ``already-published``: other numbers for the same
        team, site, interval and `issued_at`.
    """
    issued_at, recorded_at = to_utc(issued_at), to_utc(recorded_at)
    issues = _refused(plan, teams or {}, issued_at, recorded_at)
    if issues:
        raise InputError(issues)
    rows = requirement_rows(plan, snapshot="", issued_at=issued_at, recorded_at=recorded_at, site=site, teams=teams)
    name = _name(rows, issued_at)
    shelf = lake.reference(_TABLE)
    if shelf.last(name) >= 0:
        return Publication(name, 0), []
    if taken := _taken(lake, rows, issued_at):
        advice = f"Maybe issue it anew, later than {issued_at.isoformat()}: what is published is never changed."
        raise InputError([Issue("already-published", Severity.ERROR, f"team {one}", name, advice) for one in taken])
    table = pa.Table.from_pylist([row | {"snapshot": name} for row in rows], schema=TABLES[_TABLE].schema)
    shelf.append(table, batch=(name, 0))
    early = [row for row in rows if row["starts_at"] < issued_at]
    doubts = []
    if early:
        advice = "Maybe staff ahead of time: intervals that had begun count in no KPI."
        first = early[0]["starts_at"].isoformat()
        doubts.append(Issue("begun-before", Severity.WARNING, "requirements", first, advice, len(early)))
    return Publication(name, len(rows)), doubts


def _refused(plan: StaffingPlan, teams: Mapping[str, str], issued_at: datetime, recorded_at: datetime) -> list[Issue]:
    issues = []
    if issued_at > recorded_at:
        advice = "Maybe the two are swapped: nobody knew then what was not yet recorded."
        issues.append(Issue("issued-later", Severity.ERROR, "issued_at", f"{issued_at} > {recorded_at}", advice))
    known = [one.group for one in plan.problem.groups]
    for name in teams:
        if name not in known:
            advice = f"Maybe one of {', '.join(known)}."
            issues.append(Issue("unknown-group", Severity.ERROR, f"teams[{name}]", name, advice))
    return issues


def _name(rows: list[dict[str, Any]], issued_at: datetime) -> str:
    """Return a name that the same rows have again and no others, whenever they are written down."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr([row[k] for k in ("team", "site", "starts_at", "ends_at", "agents")]).encode())
    return f"{issued_at:%Y-%m-%dT%H:%MZ}-{digest.hexdigest()[:12]}"


def _taken(lake: Lake, rows: list[dict[str, Any]], issued_at: datetime) -> list[str]:
    """Return the teams of which a requirement with this `issued_at` is published for one of the intervals."""
    files = lake.reference(_TABLE).files()
    if not files["base"] and not files["tail"]:
        return []
    with lake.session() as con:
        found = con.execute(
            f"SELECT DISTINCT team, site, starts_at FROM ({lake.settled_reference(_TABLE)}) WHERE issued_at = ?",
            [issued_at],
        ).fetchall()
    known = {(team, site, to_utc(at)) for team, site, at in found}
    return sorted({row["team"] for row in rows if (row["team"], row["site"], to_utc(row["starts_at"])) in known})
