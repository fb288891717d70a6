"""Cases: one row a case, from its opening to its last resolution."""

from __future__ import annotations

from typing import Any, Final

from troth.log.timelines._base import Events, Rows, Timeline, among, attribute, inexact, is_human

_COMMON: Final = (
    "arrived", "queued", "answered", "message_received", "message_sent", "opened", "resolved", "closed",
)  # fmt: skip
_RARE: Final = ("transferred", "escalated", "assigned", "status_changed", "solution_proposed", "reopened", "merged")
_DIMS: Final = ("queue", "site", "channel", "service", "priority")


def _common(events: Events) -> Rows:
    """Collect the usual course of each case."""
    e = events.filter(among(events, _COMMON))
    at, human = e.occurred_at, is_human(e)
    opening, resolved = e.activity == "opened", e.activity == "resolved"
    reply = (e.activity == "answered") | (
        (e.activity == "message_sent") & ~(e.direction == "internal").fill_null(False)
    )
    return e.group_by("case_id").aggregate(
        customer_id=e.customer_id.min(),
        **{dim: e[dim].min(where=opening) for dim in _DIMS},
        **{f"any_{dim}": e[dim].min(where=~opening) for dim in _DIMS},
        attributes=e.attributes.min(where=opening),
        started_at=at.min(),
        opening_at=at.min(where=opening),
        first_in_at=at.min(where=among(e, ("opened", "message_received", "arrived", "queued"))),
        first_reply_at=at.min(where=reply & human),
        first_any_reply_at=at.min(where=reply),
        last_out_at=at.max(where=reply & human),
        first_resolved_at=at.min(where=resolved),
        last_resolved_at=at.max(where=resolved),
        closed_at=at.max(where=e.activity == "closed"),
        replies=(reply & human).sum(),
        bot_replies=(reply & (e.actor == "bot")).sum(),
        contacts=among(e, ("queued", "message_received")).sum(),
        resolver_id=e.agent_id.max(where=resolved),
        resolver_team=e.team.max(where=resolved),
        resolutions=resolved.sum(),
        answering_id=e.agent_id.min(where=(e.activity == "answered") & human),
        any_team=e.team.min(where=among(e, ("answered", "queued", "opened"))),
        inexact=inexact(e),
    )


def _rare(events: Events) -> Rows:
    """Collect assignments, hand-overs, reopenings and what else only worked-on cases have."""
    e = events.filter(among(events, _RARE))
    at = e.occurred_at
    handover = (e.activity == "reopened") | (among(e, ("escalated", "transferred")) & (e.actor == "bot"))
    return e.group_by("case_id").aggregate(
        customer_id=e.customer_id.min(),
        **{f"any_{dim}": e[dim].min() for dim in _DIMS},
        attributes=e.attributes.min(where=e.activity == "merged"),
        merged_at=at.min(where=e.activity == "merged"),
        started_at=at.min(),
        first_assigned_at=at.min(where=e.activity == "assigned"),
        proposed_at=at.min(where=e.activity == "solution_proposed"),
        first_reopened_at=at.min(where=e.activity == "reopened"),
        last_reopened_at=at.max(where=e.activity == "reopened"),
        escalated_at=at.min(where=e.activity == "escalated"),
        reopens=(e.activity == "reopened").sum(),
        transfers=(e.activity == "transferred").sum(),
        teams=e.team.nunique(where=e.activity == "assigned"),
        holder=_latest(e, e.activity == "assigned"),
        handovers=at.collect(where=handover),
        reopenings=at.collect(where=e.activity == "reopened"),
        status_tracked=(e.activity == "status_changed").any(),
        inexact=inexact(e),
    )


def _latest(e: Events, where: Any) -> Any:
    """Return the greatest of (instant, agent, team): the latest, and the same one whatever the order of the rows."""
    import ibis

    fields = {"at": e.occurred_at, "agent": ibis.coalesce(e.agent_id, ""), "team": ibis.coalesce(e.team, "")}
    return ibis.struct(fields).max(where=where)


def _resolvers(events: Events) -> Rows:
    """Return who resolved a case last, for the few resolved more than once."""
    e = events.filter(events.activity == "resolved")
    again = e.group_by("case_id").aggregate(times=e.count()).filter(lambda t: t.times > 1)
    e = e.semi_join(again, "case_id")
    return e.group_by("case_id").aggregate(last=_latest(e, e.activity == "resolved"))


def derive(events: Events) -> Rows:
    """Return one row a case.

    `reply_clock_at` is where the clock of the first human reply starts: the opening, or the last hand-over from a bot
    or reopening before that reply. `agent_id` and `team` are those of the last resolution, else of the last
    assignment. `reopened_after_at` is the first reopening after the last resolution.
    """
    import ibis

    a = _common(events)
    b = _rare(events).rename(lambda column: f"r_{column}")
    n = _resolvers(events).rename(lambda column: f"n_{column}")
    c = a.outer_join(b, a.case_id == b.r_case_id)
    c = c.mutate(case_id=ibis.coalesce(c.case_id, c.r_case_id))
    c = c.left_join(n, c.case_id == n.n_case_id)
    opened = ibis.coalesce(c.opening_at, ibis.least(c.started_at, c.r_started_at))
    before = c.r_handovers.filter(lambda t: t <= c.first_reply_at).maxs()
    after = c.r_reopenings.filter(lambda t: t > c.last_resolved_at).mins()
    return c.select(
        "case_id",
        **{dim: ibis.coalesce(c[dim], c[f"any_{dim}"], c[f"r_any_{dim}"]) for dim in _DIMS},
        customer_id=ibis.coalesce(c.customer_id, c.r_customer_id),
        agent_id=ibis.coalesce(
            c.n_last.notnull().ifelse(c.n_last.agent.nullif(""), c.resolver_id),
            c.r_holder.agent.nullif(""),
            c.answering_id,
        ),
        team=ibis.coalesce(
            c.n_last.notnull().ifelse(c.n_last.team.nullif(""), c.resolver_team), c.r_holder.team.nullif(""), c.any_team
        ),
        topic=attribute(c, "topic"),
        merged_into=c.r_merged_at.notnull().ifelse(
            ibis.coalesce(c.r_attributes.cast("json")["merged_into"].str, "?"), None
        ),
        opened_at=opened,
        first_in_at=c.first_in_at,
        first_reply_at=c.first_reply_at,
        first_any_reply_at=c.first_any_reply_at,
        last_out_at=c.last_out_at,
        first_assigned_at=c.r_first_assigned_at,
        first_solution_at=ibis.least(c.r_proposed_at, c.first_resolved_at),
        first_resolved_at=c.first_resolved_at,
        last_resolved_at=c.last_resolved_at,
        first_reopened_at=c.r_first_reopened_at,
        last_reopened_at=c.r_last_reopened_at,
        closed_at=c.closed_at,
        escalated_at=c.r_escalated_at,
        replies=c.replies.fill_null(0),
        bot_replies=c.bot_replies.fill_null(0),
        contacts=c.contacts.fill_null(0),
        reopens=c.r_reopens.fill_null(0),
        transfers=c.r_transfers.fill_null(0),
        teams=c.r_teams.fill_null(0),
        status_tracked=c.r_status_tracked.fill_null(False),
        reply_clock_at=ibis.greatest(opened, before),
        reopened_after_at=after,
        approximate=c.inexact.fill_null(False) | c.r_inexact.fill_null(False),
    )


TIMELINE = Timeline(
    name="cases",
    sentence="One case, from its opening to its last resolution.",
    key="case_id",
    activities=(*_COMMON, *_RARE),
    derive=derive,
    selects=True,
)
