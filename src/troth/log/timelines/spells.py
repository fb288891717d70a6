"""Assignments and statuses: one row for each stretch in which a case was with somebody, or in a status."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from troth.log.timelines._base import Events, Rows, Timeline, among, is_human

_ENDINGS = ("resolved", "closed", "merged")
_NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)


_DIMS: Final = ("customer_id", "agent_id", "team", "queue", "site", "channel", "service", "priority")


def _ordered(events: Events) -> Any:
    """Order a case's events: by time, then by what the source said of their order, then by name."""
    import ibis

    keys = (events.occurred_at, events.version, events.activity, events.source_id)
    return ibis.window(group_by=events.case_id, order_by=keys)


def assignments(events: Events) -> Rows:
    """Return one row an assignment spell: from `assigned` until somebody else has the case, or it is resolved.

    `replied_at` is the assignee's first reply to the customer within the spell. Repeats of the same assignment, which
    audit logs are full of, are one spell.
    """
    import ibis

    # Only what belongs to a case that was ever assigned: in many a log that is one in ten.
    given = events.filter(events.activity == "assigned").select(given_case="case_id").distinct()
    events = events.semi_join(given, events.case_id == given.given_case)
    marks = events.filter(events.activity.isin(["assigned", "unassigned", *_ENDINGS]))
    held = marks.activity == "assigned"
    marks = marks.mutate(
        who=held.ifelse(ibis.coalesce(marks.agent_id, "") + ibis.literal("\x1f") + ibis.coalesce(marks.team, ""), None),
        holding=held,
    )
    w = _ordered(marks)
    marks = marks.mutate(previous=marks.who.lag().over(w))
    marks = marks.filter(~marks.holding | marks.previous.isnull() | (marks.previous != marks.who))
    w = _ordered(marks)
    spells = marks.mutate(ended_at=marks.occurred_at.lead().over(w), ended_by=marks.activity.lead().over(w))
    spells = spells.filter(spells.holding).select(
        "case_id", "customer_id", "agent_id", "team", "queue", "site", "channel", "service", "priority", "origin",
        "ended_at", "ended_by", started_at=spells.occurred_at,
    )  # fmt: skip
    # Plain comparisons let the engine join by hash; a condition with "or" would be tried on every pair of rows.
    spells = spells.mutate(until=spells.ended_at.fill_null(_NEVER))
    replies = events.filter(
        events.activity.isin(["message_sent", "solution_proposed", "resolved", "answered"])
        & is_human(events)
        & ~(events.direction == "internal").fill_null(False)
    ).select("case_id", "agent_id", "occurred_at")
    met = spells.join(
        replies,
        [
            spells.case_id == replies.case_id,
            spells.agent_id == replies.agent_id,
            replies.occurred_at >= spells.started_at,
            replies.occurred_at <= spells.until,
        ],
        how="left",
        rname="reply_{name}",
    )
    return met.group_by(
        ["case_id", "customer_id", "agent_id", "team", "queue", "site", "channel", "service", "priority",
         "started_at", "ended_at", "ended_by"]
    ).aggregate(replied_at=met.reply_occurred_at.min() if "reply_occurred_at" in met.columns else met.occurred_at.min(),
                approximate=(met.origin != "exact").any())  # fmt: skip


def statuses(events: Events) -> Rows:
    """Return one row a status spell of a case; repeats of the same status are one spell."""
    import ibis

    marks = events.filter(events.activity.isin(["status_changed", "closed"]))
    marks = marks.mutate(status=(marks.activity == "closed").ifelse("closed", marks.step))
    w = _ordered(marks)
    marks = marks.mutate(previous=marks.status.lag().over(w))
    marks = marks.filter(marks.previous.isnull() | (marks.previous != marks.status))
    w = _ordered(marks)
    return marks.select(
        "case_id", "status", started_at=marks.occurred_at, ended_at=marks.occurred_at.lead().over(w),
        approximate=ibis.coalesce(marks.origin != "exact", False),
    )  # fmt: skip


def openings(events: Events) -> Rows:
    """Return one row a stretch in which a case was open: from `opened` or `reopened` to resolved, closed or merged.

    A case opened once, ended afterwards and never taken up again needs no sorting, and nearly all are like that.
    """
    import ibis

    e = events
    opened = e.activity == "opened"
    sums = e.group_by("case_id").aggregate(
        **{dim: e[dim].min(where=opened) for dim in _DIMS},
        opened_at=e.occurred_at.min(where=opened),
        ended_at=e.occurred_at.min(where=among(e, _ENDINGS)),
        openings=opened.sum(),
        reopens=(e.activity == "reopened").sum(),
        approximate=(e.origin != "exact").any(where=opened),
    )
    plain = (sums.openings == 1) & (sums.reopens == 0) & ~(sums.ended_at <= sums.opened_at).fill_null(False)
    simple = sums.filter(plain).select("case_id", *_DIMS, "opened_at", "ended_at", "approximate")
    marks = e.semi_join(sums.filter(~plain), "case_id")
    marks = marks.mutate(open_=marks.activity.isin(["opened", "reopened"]))
    marks = marks.mutate(was=marks.open_.lag().over(_ordered(marks)))
    # Only a change matters: a case closed after being resolved was not open in between.
    marks = marks.filter((marks.open_ & ~marks.was.fill_null(False)) | (~marks.open_ & marks.was.fill_null(True)))
    spells = marks.mutate(ended_at=marks.occurred_at.lead().over(_ordered(marks)))
    spells = spells.filter(spells.open_).mutate(
        opened_at=spells.occurred_at, approximate=ibis.coalesce(spells.origin != "exact", False)
    )
    both = simple.union(spells.select("case_id", *_DIMS, "opened_at", "ended_at", "approximate"))
    return both.rename(started_at="opened_at")


ASSIGNMENTS = Timeline(
    name="assignments",
    sentence="One stretch in which a case was with one person or team.",
    key="case_id",
    activities=(
        "assigned", "unassigned", *_ENDINGS, "message_sent", "solution_proposed", "answered",
    ),
    derive=assignments,
)  # fmt: skip

OPENINGS = Timeline(
    name="openings",
    sentence="One stretch in which a case was open.",
    key="case_id",
    activities=("opened", "reopened", *_ENDINGS),
    derive=openings,
)

STATUSES = Timeline(
    name="statuses",
    sentence="One stretch in which a case was in one status.",
    key="case_id",
    activities=("status_changed", "closed"),
    derive=statuses,
)
