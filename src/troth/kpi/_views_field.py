"""Rows about visits: which settled the matter, and the paid time of those who drive out."""

from __future__ import annotations

from typing import Any, Final

from troth.kpi.definition import Rows


def visits_first(scope: Any) -> Rows:
    """First visits of cases in which work began, with `next_at`: when work began on the next visit for the same matter.

    That is the next visit of the case, or one the customer asked for to the same equipment; `next_case_at` is of the case
    alone.
    """
    import ibis

    v = scope.table("visits")
    v = v.filter(v.started_at.notnull())
    v = v.mutate(thing=ibis.coalesce(v.asset, v.case_id))
    order = [v.started_at, v.subject_id]
    of_case = ibis.window(group_by=v.case_id, order_by=order)
    later = ibis.window(group_by=v.thing, order_by=order, rows=(1, None))
    asked = v.by_system.ifelse(None, v.started_at)
    v = v.mutate(
        place=ibis.row_number().over(of_case),
        next_case_at=v.started_at.lead().over(of_case),
        asked_at=asked.min().over(later),
    )
    # The lesser of two instants; a null gives way.
    next_at = ibis.least(ibis.coalesce(v.next_case_at, v.asked_at), ibis.coalesce(v.asked_at, v.next_case_at))
    return v.filter(v.place == 0).mutate(next_at=next_at).drop("place", "thing", "asked_at")


def paid_field(scope: Any) -> Rows:
    """Return stretches of paid time of people who drive out, whose end is known."""
    p, v = scope.table("paid"), scope.table("visits")
    who = v.filter(v.travel_started_at.notnull() & v.agent_id.notnull()).select(driver="agent_id").distinct()
    p = p.filter((p.kind == "shift") & p.ended_at.notnull())
    return p.semi_join(who, p.agent_id == who.driver)


VIEWS: Final = (visits_first, paid_field)
