"""Visits: one row a visit of a technician to a customer's place, from being booked to the end of work."""

from __future__ import annotations

from typing import Any, Final

from troth.log.timelines._base import Events, Rows, Timeline, among, attribute, inexact

_THERE: Final = ("dispatched", "travel_started", "arrived_on_site", "work_started", "work_ended", "no_show")
_ABOUT: Final = ("booked", "rescheduled", "cancelled", "signed_off", *_THERE)
_PROMISED: Final = ("promised", "promise_changed", "promise_broken", "promise_waived")
_DIMS: Final = ("customer_id", "team", "queue", "site", "channel", "service", "priority")


def _visits(events: Events) -> Rows:
    """Collect what happened to each visit."""
    import ibis

    e = events.filter((events.subject_kind == "visit") & events.subject_id.notnull() & among(events, _ABOUT))
    at = e.occurred_at

    def first(activity: str) -> Any:
        return at.min(where=e.activity == activity)

    ended = e.activity == "work_ended"
    why = ibis.struct({"at": at, "reason": ibis.coalesce(attribute(e, "reason"), "")}).max(where=ended)
    who = ibis.struct({"at": at, "agent": e.agent_id}).max(where=among(e, _THERE) & e.agent_id.notnull())
    return e.group_by("case_id", "subject_id").aggregate(
        **{dim: e[dim].min() for dim in _DIMS},
        who=who,
        why=why,
        booked_at=first("booked"),
        travel_started_at=first("travel_started"),
        arrived_at=first("arrived_on_site"),
        started_at=first("work_started"),
        ended_at=at.max(where=ended),
        no_show_at=first("no_show"),
        signed_off_at=first("signed_off"),
        cancelled_at=at.max(where=e.activity == "cancelled"),
        inexact=inexact(e),
    )


def _windows(events: Events) -> Rows:
    """Collect what was promised about each visit: first (or last moved at the customer's wish), and last of all."""
    import ibis

    e = events.filter((events.subject_kind == "promise") & among(events, _PROMISED))
    e = e.mutate(visit=attribute(e, "visit"))
    e = e.filter(e.visit.notnull())
    window = ibis.struct(
        {
            "at": e.occurred_at,
            "starts": ibis.coalesce(attribute(e, "window_start"), ""),
            "ends": ibis.coalesce(attribute(e, "window_end"), attribute(e, "due_at"), ""),
        }
    )
    made = among(e, ("promised", "promise_changed"))
    wished = (e.activity == "promise_changed") & (attribute(e, "reason") == "customer").fill_null(False)
    p = e.group_by("case_id", "visit").aggregate(
        promised=window.min(where=e.activity == "promised"),
        wished=window.max(where=wished),
        last=window.max(where=made),
        broken_at=e.occurred_at.min(where=e.activity == "promise_broken"),
        waived_at=e.occurred_at.max(where=e.activity == "promise_waived"),
        promise_inexact=inexact(e),
    )

    def instant(*edges: Any) -> Any:
        return ibis.coalesce(*edges).nullif("").try_cast("timestamp('UTC')")

    return p.select(
        "broken_at",
        "waived_at",
        "promise_inexact",
        promise_case=p.case_id,
        promise_visit=p.visit,
        first_starts_at=instant(p.wished.starts, p.promised.starts),
        first_ends_at=instant(p.wished.ends, p.promised.ends),
        last_starts_at=instant(p.last.starts),
        last_ends_at=instant(p.last.ends),
    )


def visits(events: Events) -> Rows:
    """Return one row a visit.

    `outcome` is cancelled, not_home (nobody was there), open, or once work began: what `work_ended` gave as its reason
    (fixed, part, skill, access, diagnosis, ...), else done; under_way without an end. `first_starts_at` and
    `first_ends_at` are the window as first promised, or as last moved at the customer's own wish; `last_ends_at` ends
    the window as last promised. `by_system` tells cases that nobody asked for, such as a recurring inspection.
    """
    import ibis

    v, p = _visits(events), _windows(events)
    c = events.filter(events.activity == "opened")
    c = c.group_by("case_id").aggregate(
        asset=attribute(c, "asset").min(), by_system=(c.actor == "system").fill_null(False).any()
    )
    c = c.rename(opened_case="case_id")
    v = v.left_join(c, v.case_id == c.opened_case)
    v = v.left_join(p, [v.case_id == p.promise_case, v.subject_id == p.promise_visit])
    outcome = ibis.cases(
        (v.ended_at.notnull(), ibis.coalesce(v.why.reason.nullif(""), "done")),
        (v.started_at.notnull(), "under_way"),
        (v.cancelled_at.notnull(), "cancelled"),
        (v.no_show_at.notnull(), "not_home"),
        else_="open",
    )
    return v.select(
        "case_id", "subject_id", *_DIMS, "asset", "booked_at", "travel_started_at", "arrived_at", "started_at",
        "ended_at", "no_show_at", "signed_off_at", "cancelled_at", "first_starts_at", "first_ends_at",
        "last_starts_at", "last_ends_at", "broken_at", "waived_at",
        agent_id=v.who.agent,
        by_system=v.by_system.fill_null(False),
        outcome=outcome,
        approximate=v.inexact.fill_null(False) | v.promise_inexact.fill_null(False),
    )  # fmt: skip


VISITS = Timeline(
    name="visits",
    sentence="One visit to a customer's place, from being booked to the end of work.",
    key="case_id",
    activities=("opened", *_ABOUT, *_PROMISED),
    derive=visits,
)
