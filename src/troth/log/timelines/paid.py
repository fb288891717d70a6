"""Paid time and counter time: who was at work in which state, and which counter was open."""

from __future__ import annotations

from typing import Any, Final

from troth.log.timelines._base import Events, Rows, Timeline, attribute

#: A stretch whose next mark comes later has lost its end: nobody works longer.
LONGEST_S: Final = 16 * 3600


def _spells(marks: Events, *, by: tuple[str, ...], states: Any, begins: str | None = None) -> Rows:
    """Return stretches between successive marks of one person or counter; `states` names the state a mark begins.

    A mark with the activity `begins` begins something new, so that the end of what came before it is missing.
    """
    import ibis

    marks = marks.mutate(state=states)
    w = ibis.window(
        group_by=[marks[b] for b in by], order_by=(marks.occurred_at, marks.version, marks.activity, marks.source_id)
    )
    ends, then = marks.occurred_at.lead().over(w), marks.activity.lead().over(w)
    limit = marks.occurred_at + ibis.interval(seconds=LONGEST_S)
    spells = marks.mutate(next_at=ends, next_is=then, latest=limit)
    repaired = spells.next_at.isnull() | (spells.next_at > spells.latest)
    if begins is not None:
        repaired = repaired | (spells.next_is == begins)
    return spells.mutate(ended_at=repaired.ifelse(None, spells.next_at), repaired=repaired).filter(
        lambda t: t.state.notnull()
    )


def _shifts(marks: Events, states: Events) -> Rows:
    """Return stretches of paid time; one whose end is missing ends when the person was last seen to begin a state."""
    import ibis

    started = (marks.activity == "shift_started").ifelse("paid", None)
    shifts = _spells(marks, by=("agent_id",), states=started, begins="shift_started")
    shifts = shifts.mutate(until=ibis.least(shifts.next_at, shifts.latest))
    lost = shifts.filter(shifts.repaired).select(who="agent_id", since="occurred_at", till="until")
    during = (lost.who == states.agent_id, lost.since <= states.occurred_at, lost.till > states.occurred_at)
    seen = lost.join(states.select("agent_id", "occurred_at"), during)
    seen = seen.group_by("who", "since", "till").aggregate(seen_at=seen.occurred_at.max())
    same = (shifts.agent_id == seen.who, shifts.occurred_at == seen.since, shifts.until == seen.till)
    found = shifts.left_join(seen, same)
    return found.mutate(ended_at=found.ended_at.fill_null(found.seen_at))


def _states(marks: Events, states: Events) -> Rows:
    """Return stretches of states; the last one in a shift whose end is missing has none either."""
    import ibis

    w = ibis.window(
        group_by=marks.agent_id, order_by=(marks.occurred_at, marks.version, marks.activity, marks.source_id)
    )
    # A start cuts a state only where a shift was open: clocks may differ by a second.
    cuts = marks.mutate(last_is=marks.activity.lag().over(w))
    cuts = cuts.filter((cuts.activity == "shift_ended") | (cuts.last_is == "shift_started")).drop("last_is")
    both = states.union(cuts)
    named = (both.activity == "state_changed") & (both.step != "offline")
    return _spells(both, by=("agent_id",), states=named.ifelse(both.step, None), begins="shift_started")


def paid(events: Events) -> Rows:
    """Return one row for each stretch of a person's day: `kind` shift (paid from start to end) or state (within it).

    A shift without an end has that of the last state seen in it. Any other stretch without an end has none here
    either and counts nowhere. Both are marked approximate.
    """
    import ibis

    marks = events.filter(events.activity.isin(["shift_started", "shift_ended"]))
    states = events.filter(events.activity == "state_changed")

    def rows(spells: Rows, kind: str) -> Rows:
        return spells.select(
            "agent_id", "team", "queue", "site", "channel", "service", "priority", "state", "ended_at",
            kind=ibis.literal(kind), started_at=spells.occurred_at,
            approximate=spells.repaired | (spells.origin != "exact"),
        )  # fmt: skip

    return rows(_shifts(marks, states), "shift").union(rows(_states(marks, states), "state"))


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
