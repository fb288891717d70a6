"""Paid time and counter time: who was at work in which state, and which counter was open."""

from __future__ import annotations

from typing import Any, Final

from troth.log.timelines._base import Events, Rows, Timeline, attribute

#: A spell whose end never came is cut here and flagged: nobody works longer at a stretch.
LONGEST_S: Final = 16 * 3600


def _spells(marks: Events, *, by: tuple[str, ...], states: Any) -> Rows:
    """Return stretches between successive marks of one person or counter; `states` names the state a mark begins."""
    import ibis

    marks = marks.mutate(state=states)
    w = ibis.window(
        group_by=[marks[b] for b in by], order_by=(marks.occurred_at, marks.version, marks.activity, marks.source_id)
    )
    ends = marks.occurred_at.lead().over(w)
    limit = marks.occurred_at + ibis.interval(seconds=LONGEST_S)
    spells = marks.mutate(next_at=ends, latest=limit)
    repaired = spells.next_at.isnull() | (spells.next_at > spells.latest)
    return spells.mutate(ended_at=repaired.ifelse(None, spells.next_at), repaired=repaired).filter(
        lambda t: t.state.notnull()
    )


def paid(events: Events) -> Rows:
    """Return one row for each stretch of a person's day: `kind` shift (paid from start to end) or state (within it).

    A stretch without an end has none here either and counts nowhere; it makes figures approximate.
    """
    import ibis

    e = events
    shifts = e.filter(e.activity.isin(["shift_started", "shift_ended"]))
    shift = _spells(shifts, by=("agent_id",), states=(shifts.activity == "shift_started").ifelse("paid", None))
    marks = e.filter(e.activity.isin(["state_changed", "shift_ended"]))
    state = _spells(
        marks,
        by=("agent_id",),
        states=((marks.activity == "state_changed") & (marks.step != "offline")).ifelse(marks.step, None),
    )

    def rows(spells: Rows, kind: str) -> Rows:
        return spells.select(
            "agent_id", "team", "queue", "site", "channel", "service", "priority", "state", "ended_at",
            kind=ibis.literal(kind), started_at=spells.occurred_at,
            approximate=spells.repaired | (spells.origin != "exact"),
        )  # fmt: skip

    return rows(shift, "shift").union(rows(state, "state"))


def counters(events: Events) -> Rows:
    """Return one row for each stretch in which a counter was open."""
    import ibis

    e = events.mutate(counter=ibis.coalesce(events.subject_id, attribute(events, "counter"), events.agent_id))
    open_ = _spells(e, by=("site", "counter"), states=(e.activity == "counter_opened").ifelse("open", None))
    return open_.select(
        "site", "counter", "agent_id", "team", "queue", "channel", "service", "priority", "ended_at",
        started_at=open_.occurred_at, approximate=open_.repaired | (open_.origin != "exact"),
    )  # fmt: skip


PAID = Timeline(
    name="paid",
    sentence="One stretch of a person's paid time, or of a state within it.",
    key="agent_id",
    activities=("shift_started", "shift_ended", "state_changed"),
    derive=paid,
)
COUNTERS = Timeline(
    name="counters",
    sentence="One stretch in which a counter was open.",
    key="site",
    activities=("counter_opened", "counter_closed"),
    derive=counters,
)
