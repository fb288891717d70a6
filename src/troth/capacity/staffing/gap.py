"""How many people of a team are needed and how many are rostered, by interval, as published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from troth.capacity.staffing.problem import Floats
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

Row = Mapping[str, Any]
_NEVER = datetime.min.replace(tzinfo=UTC)


def published_gap(
    tables: Mapping[str, Sequence[Row]], *, team: str, start: datetime, days: int, minutes: int = 30
) -> tuple[Floats, Floats]:
    """Return people needed and people rostered, both of shape (intervals,).

    Parameters
    ----------
    tables : rows of ``requirements``, ``schedules`` and ``memberships``, times aware. Of requirements of one time the newest counts;
        breaks, meetings, training and absences are taken off shifts.
    start, days : aware instant of the first interval, and how many times 24 hours.

    Raises
    ------
    InputError
        ``no-requirements``, ``no-roster`` and ``nobody`` for a team that is not known, all at once.
    """
    n = days * 1440 // minutes
    step = timedelta(minutes=minutes)
    need, have, said = np.zeros(n), np.zeros(n), np.zeros(n, bool)
    newest = sorted(tables["requirements"], key=lambda row: (row["issued_at"] or _NEVER, row["recorded_at"] or _NEVER))
    for row in newest:  # the newest comes last and stands
        if row["team"] == team and row["agents"] is not None and row["starts_at"] and row["ends_at"]:
            low, high = _places(row, start, step, n)
            need[low:high], said[low:high] = float(row["agents"]), True
    people = {row["agent_id"] for row in tables["memberships"] if row["team"] == team and _holds(row, start.date())}
    planned = [row for row in tables["schedules"] if row["agent_id"] in people and row["starts_at"] and row["ends_at"]]
    for row in planned:
        sign = 1.0 if row["state"] == "shift" else -1.0
        low, high = _places(row, start, step, n)
        for t in range(low, high):
            a, b = max(row["starts_at"], start + t * step), min(row["ends_at"], start + (t + 1) * step)
            have[t] += sign * max(0.0, (b - a) / step)
    issues = []
    if not people:
        known = sorted({str(row["team"]) for row in tables["memberships"] if row["team"]})
        issues.append(_error("nobody", "team", team, f"Maybe one of {', '.join(known[:8]) or 'none there is'}."))
    if not said.any():
        issues.append(_error("no-requirements", "requirements", team, "Maybe publish them: troth staff --publish."))
    if people and not have.any():
        issues.append(_error("no-roster", "schedules", team, "Maybe another week: nobody is rostered in this one."))
    if issues:
        raise InputError(issues)
    return need, np.maximum(have, 0.0).round(6)


def _places(row: Row, start: datetime, step: timedelta, n: int) -> tuple[int, int]:
    """Return which intervals a row touches, half open."""
    low, high = (row["starts_at"] - start) // step, -((start - row["ends_at"]) // step)
    return max(0, low), max(0, min(n, high))


def _holds(row: Row, day: date) -> bool:
    return (row["valid_from"] is None or row["valid_from"] <= day) and (
        row["valid_to"] is None or day < row["valid_to"]
    )


def _error(code: str, where: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, value, advice)
