"""Questions about clocks: what is due next, what other rules would have said, what is doubtful about the policies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.core.spans import local_date, zone
from troth.kpi.sla.check import check_books
from troth.kpi.sla.holding import holding
from troth.kpi.sla.read import SlaRules, histories, sla_clocks
from troth.log.lake import Lake

if TYPE_CHECKING:
    import duckdb

#: Calendars a forecast reckons with, by what its clocks have left.
_SHOWN: Final = (
    "case_id",
    "metric",
    "policy",
    "priority",
    "team",
    "agent_id",
    "state",
    "due_at",
    "target_s",
    "counted_s",
    "share",
    "warn",
    "number",
)


def forecast(clocks: pa.Table, *, now: datetime, within: timedelta | None = None) -> list[dict[str, Any]]:
    """Return the clocks that nothing has ended yet, the first to break first, those paused last.

    Every row tells `due_at`, when the target is used up if nothing happens (by the hours of its calendar), `left_s`, the
    open seconds left (below 0 once it is broken), and `at_risk`, whether as much is used as the target warns from.

    Parameters
    ----------
    clocks : rows of `read.SLA_CLOCKS` looked at from `now`.
    now : the instant.
    within : how far ahead; None means all. What is paused is not due at all, and only told without a limit.
    """
    found = []
    for row in clocks.to_pylist():
        if row["ended_at"] is not None or row["state"] == "cancelled":
            continue
        due = row["due_at"]
        if within is not None and (due is None or due - now > within):
            continue
        told = {name: row[name] for name in _SHOWN}
        told |= {"left_s": row["target_s"] - row["counted_s"], "at_risk": row["share"] >= row["warn"]}
        found.append(told)
    return sorted(found, key=lambda r: (r["due_at"] is None, str(r["due_at"]), r["case_id"], r["metric"]))


def rerun(
    lake: Lake, con: duckdb.DuckDBPyConnection, *, rules: SlaRules, now: datetime, as_of: date
) -> list[dict[str, Any]]:
    """Judge all cases anew by the policies of one day; return what comes out otherwise, with its cause.

    Nothing is stored: clocks are always computed from events, so mending a table is all it takes to repair them.

    Returns
    -------
    One row a clock that differs, those that stand otherwise first: `case_id`, `metric`, `number`, what policy, target and state `before` and `after` are, and the
    `cause`: policy, target, calendar, or conditions.
    """
    before, after = (
        {
            (row["case_id"], row["metric"], row["number"]): row
            for row in sla_clocks(lake, con, rules=rules, now=now, as_of=day).to_pylist()
        }
        for day in (None, as_of)
    )
    keys = ("policy", "target_s", "calendar", "state", "started_at", "ended_at", "due_at")
    found = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        gone = all(one is None or one["state"] == "cancelled" for one in (old, new))
        if gone or (old and new and all(old[k] == new[k] for k in keys)):
            continue
        cause = next(
            (name for name, k in (("policy", "policy"), ("target", "target_s"), ("calendar", "calendar")) if _part(old, k) != _part(new, k)),
            "conditions",
        )  # fmt: skip
        row = dict(zip(("case_id", "metric", "number"), key, strict=True))
        for word, one in (("before", old), ("after", new)):
            row |= {f"{name}_{word}": _part(one, name) for name in ("policy", "target_s", "state", "due_at")}
        found.append({**row, "cause": cause})
    return sorted(found, key=lambda row: row["state_before"] == row["state_after"])


def _part(row: Mapping[str, Any] | None, name: str) -> Any:
    return None if row is None else row[name]


def audit(lake: Lake, con: duckdb.DuckDBPyConnection, *, rules: SlaRules, now: datetime) -> list[Issue]:
    """Return all that is wrong or doubtful about policies, their calendars, and how they meet the cases of a lake.

    Besides the issues of `calendars_from_tables`, `books_from_tables` and `check_books`: ``fits-two`` (cases that more
    than one policy fits, counted), and ``changed-since`` (ended clocks that the policies of the last day of the log would
    judge otherwise: a policy changed after their case was opened; the older version holds for them).
    """
    found = [*rules.issues, *check_books(rules.books)]
    if not rules.books:
        advice = "Maybe import sla_policies.csv and sla_targets.csv with `troth import troth FOLDER`."
        return [*found, Issue("no-policies", Severity.WARNING, "sla_policies", "", advice)]
    several: Counter[tuple[str, str]] = Counter()
    for history in histories(lake, con, now=now):
        several.update(holding(history, books=rules.books, time_zone=rules.time_zone).several)
    for (first, second), count in sorted(several.items()):
        advice = f"Maybe that is meant: {first} holds for them, as its position comes first."
        found.append(Issue("fits-two", Severity.INFO, f"policies {first}, {second}", f"{count} cases", advice, count))
    today = local_date(now, tz=zone(rules.time_zone))
    changed = Counter(
        row["policy_before"] or row["policy_after"]
        for row in (rerun(lake, con, rules=rules, now=now, as_of=today) if len(rules.books.books) > 1 else ())
        if row["state_before"] in {"met", "breached", None} and row["state_before"] != row["state_after"]
    )
    for policy, count in sorted(changed.items()):
        advice = f"Maybe that is meant: the version of the day a case was opened holds; `troth sla rerun --as-of {today}` lists what the newest would say."
        found.append(Issue("changed-since", Severity.INFO, f"policy {policy}", f"{count} clocks", advice, count))
    return found


def narrowed(clocks: pa.Table, *, where: Mapping[str, Sequence[str]]) -> pa.Table:
    """Return the clocks whose columns are one of the given words."""
    import pyarrow.compute as pc

    for column, words in where.items():
        clocks = clocks.filter(pc.is_in(clocks[column], value_set=pa.array(list(words), pa.string())))
    return clocks


def counted(issues: Sequence[Issue]) -> list[Issue]:
    """Return issues with equal ones once, counted."""
    totals: dict[tuple[str, str, str], Issue] = {}
    for one in issues:
        key = (one.code, one.where, one.value)
        totals[key] = replace(totals[key], count=totals[key].count + one.count) if key in totals else one
    return list(totals.values())
