"""Contacts: one row a contact, that is one customer in one queue until served, gone or handed on."""

from __future__ import annotations

from typing import Final

from troth.log.timelines._base import Events, Rows, Timeline, among, attribute, inexact, is_human, micros, seconds

_STOPS: Final = ("ended", "transferred", "returned", "parked")


def _grouped(e: Events) -> Rows:
    """Collect what each contact's events say, without any sorting: minima, maxima, counts and sums of instants."""
    at, human, tick = e.occurred_at, is_human(e), micros(e.occurred_at)
    answered = (e.activity == "answered") & human

    def first(*activities: str) -> object:
        return at.min(where=among(e, activities))

    def last(*activities: str) -> object:
        return at.max(where=among(e, activities))

    return e.group_by("contact_id").aggregate(
        case_id=e.case_id.min(),
        customer_id=e.customer_id.min(),
        answering_id=e.agent_id.min(where=answered),
        any_agent_id=e.agent_id.min(where=human),
        team=e.team.min(),
        queue=e.queue.min(),
        site=e.site.min(),
        channel=e.channel.min(),
        service=e.service.min(),
        priority=e.priority.min(),
        direction=e.direction.min(where=among(e, ("queued", "arrived", "answered", "opened"))),
        topic=attribute(e, "topic").min(where=e.attributes.notnull()),
        previous_contact_id=attribute(e, "previous_contact_id").min(where=e.attributes.notnull()),
        started_at=at.min(),
        last_at=at.max(),
        arrived_at=first("arrived", "checked_in"),
        queued_at=first("queued"),
        called_at=first("called"),
        answered_at=at.min(where=answered),
        bot_answered_at=at.min(where=(e.activity == "answered") & (e.actor == "bot")),
        stopped_at=last(*_STOPS),
        wrapped_at=last("wrapped"),
        abandoned_at=first("abandoned"),
        balked_at=first("balked"),
        no_show_at=first("no_show"),
        callback_at=first("callback_requested"),
        transferred_at=first("transferred"),
        escalated_at=first("escalated"),
        answers=answered.sum(),
        breaks=among(e, ("returned", "parked")).sum(),
        answer_ticks=tick.sum(where=answered),
        break_ticks=tick.sum(where=among(e, ("returned", "parked"))),
        first_answer_tick=tick.min(where=answered),
        last_break_tick=tick.max(where=among(e, ("returned", "parked"))),
        holds=(e.activity == "held").sum(),
        resumes=(e.activity == "resumed").sum(),
        hold_ticks=tick.sum(where=e.activity == "held"),
        resume_ticks=tick.sum(where=e.activity == "resumed"),
        stop_tick=tick.max(where=among(e, _STOPS)),
        focuses=(e.activity == "focused").sum(),
        unfocuses=(e.activity == "unfocused").sum(),
        focus_ticks=tick.sum(where=e.activity == "focused"),
        unfocus_ticks=tick.sum(where=e.activity == "unfocused"),
        replies=((e.activity == "message_sent") & human & ~(e.direction == "internal").fill_null(False)).sum(),
        inexact=inexact(e),
    )


def derive(events: Events) -> Rows:
    """Return one row a contact.

    Times of a contact are instants; lengths are seconds. Waiting runs from `queued` (else `arrived`) to the first
    human answer, or to where the customer left. Service runs from the first human answer to the last stop, less the
    time between going back to the queue (`returned`, `parked`) and being answered again. A missing end is taken from
    the contact's last event and makes the row approximate.
    """
    import ibis

    c = _grouped(events)
    queued = ibis.coalesce(c.queued_at, c.arrived_at)
    left = ibis.least(c.abandoned_at, c.balked_at, c.no_show_at, c.callback_at)
    # A missing end: the last thing known of the contact, if anything came after the answer.
    guessed = c.answered_at.notnull() & c.stopped_at.isnull()
    stop = ibis.coalesce(c.stopped_at, (c.last_at > c.answered_at).ifelse(c.last_at, None))
    again = (c.answers > 1) & (c.breaks == c.answers - 1)
    gap = (c.answer_ticks - c.first_answer_tick - c.break_ticks).cast("float64") / 1e6
    # A contact parked or returned to the end stops there, and that last break is no gap.
    gap_open = (c.answer_ticks - c.first_answer_tick - c.break_ticks + c.last_break_tick).cast("float64") / 1e6
    again_open = (c.answers > 1) & (c.breaks == c.answers)
    service = seconds(c.answered_at, stop) - again.ifelse(gap, again_open.ifelse(gap_open, 0.0))
    hold = (c.holds == c.resumes).ifelse(
        (c.resume_ticks - c.hold_ticks).cast("float64") / 1e6,
        (c.holds == c.resumes + 1).ifelse(
            (ibis.coalesce(c.resume_ticks, 0) + c.stop_tick - c.hold_ticks).cast("float64") / 1e6, None
        ),
    )
    touch = (c.focuses == c.unfocuses).ifelse((c.unfocus_ticks - c.focus_ticks).cast("float64") / 1e6, None)
    outcome = ibis.cases(
        (c.answered_at.notnull(), "answered"),
        (c.callback_at.notnull(), "callback"),
        (c.abandoned_at.notnull(), "abandoned"),
        (c.balked_at.notnull(), "balked"),
        (c.no_show_at.notnull(), "no_show"),
        (c.bot_answered_at.notnull() & c.queued_at.isnull(), "bot"),
        (c.transferred_at.notnull(), "flow_out"),
        ((c.replies > 0) | c.stopped_at.notnull(), "handled"),
        else_="open",
    )
    odd = (c.holds > 0) & hold.isnull()
    return c.select(
        "contact_id",
        "case_id",
        "customer_id",
        "team",
        "queue",
        "site",
        "channel",
        "service",
        "priority",
        "direction",
        "topic",
        "previous_contact_id",
        "started_at",
        "arrived_at",
        "queued_at",
        "called_at",
        "answered_at",
        "bot_answered_at",
        "abandoned_at",
        "wrapped_at",
        agent_id=ibis.coalesce(c.answering_id, c.any_agent_id),
        ended_at=stop,
        left_at=left,
        outcome=outcome,
        transferred=c.transferred_at.notnull(),
        escalated=c.escalated_at.notnull(),
        callback=c.callback_at.notnull(),
        replies=c.replies,
        wait_s=seconds(queued, ibis.coalesce(c.answered_at, left)),
        wait_arrival_s=seconds(ibis.coalesce(c.arrived_at, c.started_at), ibis.coalesce(c.answered_at, left)),
        service_s=service,
        hold_s=ibis.coalesce(hold, 0.0),
        wrap_s=ibis.coalesce(ibis.greatest(seconds(stop, c.wrapped_at), 0.0), 0.0),
        touch_s=touch,
        approximate=c.inexact | guessed | odd,
    )


TIMELINE = Timeline(
    name="contacts",
    sentence="One contact: a customer in one queue until served, gone or handed on.",
    key="contact_id",
    activities=(
        "arrived", "checked_in", "queued", "called", "answered", "held", "resumed", "parked", "returned", "wrapped",
        "ended", "abandoned", "balked", "no_show", "transferred", "escalated", "callback_requested", "message_received",
        "message_sent", "focused", "unfocused", "opened",
    ),
    derive=derive,
)  # fmt: skip
