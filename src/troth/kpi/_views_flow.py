"""Rows about what takes the time of cases besides work: waiting on hold, and going away and back again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from troth.kpi.definition import Rows
from troth.log.timelines import seconds

_NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)


def cases_held(scope: Any) -> Rows:
    """Cases with `pending_s` and `on_hold_s`: seconds in these statuses between the opening and the last resolution."""
    import ibis

    cases, statuses = scope.table("cases"), scope.table("statuses")
    waiting = statuses.filter(statuses.status.isin(["pending", "on_hold"]))
    waiting = waiting.select("case_id", "status", "started_at", "ended_at")
    both = cases.select("case_id", "opened_at", "last_resolved_at").join(waiting, "case_id")
    since = ibis.greatest(both.started_at, both.opened_at)
    until = ibis.least(both.ended_at.fill_null(both.last_resolved_at), both.last_resolved_at)
    both = both.filter(both.last_resolved_at.notnull() & (since < until)).mutate(length=seconds(since, until))
    sums = both.group_by("case_id").aggregate(
        asking=both.length.sum(where=both.status == "pending"), resting=both.length.sum(where=both.status == "on_hold")
    )
    joined = cases.left_join(sums.rename(held_case="case_id"), cases.case_id == sums.case_id)
    return joined.mutate(pending_s=joined.asking.fill_null(0.0), on_hold_s=joined.resting.fill_null(0.0))


def cases_returned(scope: Any) -> Rows:
    """Cases that anybody had, with `team_returns` and `person_returns`: how often each came back to one it had left.

    What a case was given at one instant is taken by name.
    """
    import ibis

    cases, spells = scope.table("cases"), scope.table("assignments")
    spells = spells.mutate(until=spells.ended_at.fill_null(_NEVER))
    for column, name in (("team", "team_returns"), ("agent_id", "person_returns")):
        held = spells.filter(spells[column].notnull()).mutate(holder=spells[column])
        order = (held.started_at, held.until, held.holder)
        before = held.holder.lag().over(ibis.window(group_by=held.case_id, order_by=order))
        moves = held.mutate(before=before)
        moves = moves.filter(moves.before.isnull() | (moves.before != moves.holder))
        times = moves.group_by("case_id").aggregate(back=moves.count() - moves.holder.nunique())
        times = times.select(**{f"{name}_case": times.case_id, name: times.back})
        cases = cases.left_join(times, cases.case_id == times[f"{name}_case"]).drop(f"{name}_case")
    return cases


VIEWS: Final = (cases_held, cases_returned)
