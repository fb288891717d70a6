"""Cases: one row a case, from its opening to its last resolution."""

from __future__ import annotations

from typing import Any

from troth.log.timelines._base import Events, Rows, Timeline, among, attribute, inexact, is_human


def derive(events: Events) -> Rows:
    """Return one row a case.

    `reply_clock_at` is where the clock of the first human reply starts: the opening, or the last hand-over from a bot
    or reopening before that reply. `agent_id` and `team` are those of the last resolution, else of the last
    assignment. `reopened_after_at` is the first reopening after the last resolution.
    """
    import ibis

    e = events
    at, human = e.occurred_at, is_human(e)
    outward = ~(e.direction == "internal").fill_null(False)
    reply = ((e.activity == "message_sent") & outward) | (e.activity == "answered")
    opening = e.activity == "opened"
    inbound = among(e, ("opened", "message_received", "arrived", "queued"))
    handover = (e.activity == "reopened") | (among(e, ("escalated", "transferred")) & (e.actor == "bot"))

    def latest(where: Any) -> Any:
        # The greatest of (instant, agent, team): the latest, and the same one whatever the order of the rows.
        fields = {"at": at, "agent": ibis.coalesce(e.agent_id, ""), "team": ibis.coalesce(e.team, "")}
        return ibis.struct(fields).max(where=where)

    c = e.group_by("case_id").aggregate(
        customer_id=e.customer_id.min(),
        queue=ibis.coalesce(e.queue.min(where=opening), e.queue.min()),
        site=ibis.coalesce(e.site.min(where=opening), e.site.min()),
        channel=ibis.coalesce(e.channel.min(where=opening), e.channel.min()),
        service=ibis.coalesce(e.service.min(where=opening), e.service.min()),
        priority=ibis.coalesce(e.priority.min(where=opening), e.priority.min()),
        topic=attribute(e, "topic").min(where=opening),
        merged_into=attribute(e, "merged_into").min(where=e.activity == "merged"),
        opened_at=ibis.coalesce(at.min(where=opening), at.min()),
        first_in_at=at.min(where=inbound),
        first_reply_at=at.min(where=reply & human),
        first_any_reply_at=at.min(where=reply),
        last_out_at=at.max(where=reply & human),
        first_assigned_at=at.min(where=e.activity == "assigned"),
        first_solution_at=at.min(where=among(e, ("solution_proposed", "resolved"))),
        first_resolved_at=at.min(where=e.activity == "resolved"),
        last_resolved_at=at.max(where=e.activity == "resolved"),
        first_reopened_at=at.min(where=e.activity == "reopened"),
        last_reopened_at=at.max(where=e.activity == "reopened"),
        closed_at=at.max(where=e.activity == "closed"),
        escalated_at=at.min(where=e.activity == "escalated"),
        replies=(reply & human).sum(),
        bot_replies=(reply & (e.actor == "bot")).sum(),
        contacts=among(e, ("queued", "message_received")).sum(),
        reopens=(e.activity == "reopened").sum(),
        transfers=(e.activity == "transferred").sum(),
        teams=e.team.nunique(where=e.activity == "assigned"),
        resolver=latest(e.activity == "resolved"),
        holder=latest(e.activity == "assigned"),
        answerer=e.agent_id.min(where=(e.activity == "answered") & human),
        any_team=e.team.min(),
        handovers=at.collect(where=handover),
        reopenings=at.collect(where=e.activity == "reopened"),
        status_tracked=(e.activity == "status_changed").any(),
        approximate=inexact(e),
    )
    before = c.handovers.filter(lambda t: t <= c.first_reply_at).maxs()
    after = c.reopenings.filter(lambda t: t > c.last_resolved_at).mins()
    return c.select(
        "case_id", "customer_id", "queue", "site", "channel", "service", "priority", "topic", "merged_into", "opened_at",
        "first_in_at", "first_reply_at", "first_any_reply_at", "last_out_at", "first_assigned_at", "first_solution_at",
        "first_resolved_at", "last_resolved_at", "first_reopened_at", "last_reopened_at", "closed_at", "escalated_at", "replies",
        "bot_replies", "contacts", "reopens", "transfers", "teams", "status_tracked", "approximate",
        reply_clock_at=ibis.greatest(c.opened_at, before),
        reopened_after_at=after,
        agent_id=ibis.coalesce(c.resolver.agent.nullif(""), c.holder.agent.nullif(""), c.answerer),
        team=ibis.coalesce(c.resolver.team.nullif(""), c.holder.team.nullif(""), c.any_team),
    )  # fmt: skip


TIMELINE = Timeline(
    name="cases",
    sentence="One case, from its opening to its last resolution.",
    key="case_id",
    activities=(
        "arrived", "queued", "answered", "transferred", "escalated", "message_received", "message_sent", "opened",
        "assigned", "status_changed", "solution_proposed", "resolved", "reopened", "closed", "merged", "ended",
    ),
    derive=derive,
)  # fmt: skip
