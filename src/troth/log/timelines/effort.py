"""Hours logged on projects, and what was agreed to become better: actions and trials, from opened to closed."""

from __future__ import annotations

from typing import Final

from troth.log.timelines._base import Events, Rows, Timeline, among, attribute, inexact

#: Stands for a missing value among numbers, below all of them.
_NOTHING: Final = float("-inf")
_DIMS: Final = ("team", "queue", "site", "channel", "service", "priority", "customer_id")
_OPENS: Final = ("action_agreed", "trial_started")
_CLOSES: Final = ("action_done", "trial_ended")


def logged(events: Events) -> Rows:
    """Return one row for each booking of hours on a project, and whether a client pays for them."""
    e = events.filter(events.activity == "time_logged")
    said = e.attributes.cast("json")["billable"]
    billable = said.bool.fill_null(False) | (said.str == "true").fill_null(False)
    return e.select(
        "agent_id", *_DIMS, logged_at=e.occurred_at, hours=e.value, billable=billable, project=e.subject_id,
        phase=attribute(e, "phase"), task_type=attribute(e, "task_type"), approximate=e.origin != "exact",
    )  # fmt: skip


def actions(events: Events) -> Rows:
    """Return one row an action agreed or trial begun: when it was opened and closed, and the effect measured by then.

    `agent_id` is the owner, else who opened it. Of several closings the last counts.
    """
    import ibis

    e = events
    at, opens, closes = e.occurred_at, among(e, _OPENS), among(e, _CLOSES)
    last = ibis.struct({"at": at, "value": e.value.fill_null(_NOTHING)}).max(where=closes)
    a = e.group_by("subject_id").aggregate(
        **{name: e[name].min() for name in _DIMS},
        owner_id=attribute(e, "owner_id").min(),
        opener_id=e.agent_id.min(where=opens),
        doer_id=e.agent_id.min(),
        kind=e.subject_kind.min(),
        kpi=e.step.min(),
        opened_at=at.min(where=opens),
        due=attribute(e, "due_at").min(where=opens),
        last=last,
        inexact=inexact(e),
    )
    return a.select(
        "subject_id", *_DIMS, "kind", "kpi", "opened_at", agent_id=ibis.coalesce(a.owner_id, a.opener_id, a.doer_id),
        due_at=a.due.try_cast("timestamp('UTC')"), closed_at=a["last"]["at"],
        effect=a["last"]["value"].nullif(_NOTHING), approximate=a.inexact,
    )  # fmt: skip


LOGGED = Timeline(
    name="logged",
    sentence="Hours that somebody booked on a project.",
    key="agent_id",
    activities=("time_logged",),
    derive=logged,
)
ACTIONS = Timeline(
    name="actions",
    sentence="One action agreed or trial begun, from opened to closed.",
    key="subject_id",
    activities=("action_agreed", "action_done", "trial_started", "trial_changed", "trial_ended"),
    derive=actions,
)
