"""Contacts: one row a contact, that is one customer in one queue until served, gone or handed on."""

from __future__ import annotations

from typing import Any, Final

from troth.log.timelines._base import Events, Rows, Timeline, among, attribute, inexact, is_human, micros, seconds

_STOPS: Final = ("ended", "transferred", "returned", "parked")
#: What most contacts consist of. The rest is collected apart, for each aggregate costs on every row it looks at.
_COMMON: Final = ("arrived", "queued", "called", "answered", "wrapped", "ended", "abandoned")
_RARE: Final = (
    "checked_in", "held", "resumed", "parked", "returned", "balked", "no_show", "transferred", "escalated",
    "callback_requested", "message_received", "message_sent", "focused", "unfocused", "opened",
)  # fmt: skip
#: What tells when a contact's service ended: waiting is known without it.
_SERVING: Final = ("ended", "wrapped")
_DIMS: Final = ("case_id", "customer_id", "team", "queue", "site", "channel", "service", "priority")


def _common(events: Events) -> Rows:
    """Collect the usual course of each contact without any sorting: minima, maxima and counts."""
    e = events.filter(among(events, _COMMON))
    at, answered = e.occurred_at, (e.activity == "answered") & is_human(e)
    return e.group_by("contact_id").aggregate(
        **{dim: e[dim].min() for dim in _DIMS},
        answering_id=e.agent_id.min(where=answered),
        direction=e.direction.min(where=e.activity != "ended"),
        attributes=e.attributes.min(where=among(e, ("arrived", "queued"))),
        started_at=at.min(),
        last_at=at.max(),
        arrived_at=at.min(where=e.activity == "arrived"),
        queued_at=at.min(where=e.activity == "queued"),
        called_at=at.min(where=e.activity == "called"),
        answered_at=at.min(where=answered),
        bot_answered_at=at.min(where=(e.activity == "answered") & (e.actor == "bot")),
        ended_at=at.max(where=e.activity == "ended"),
        wrapped_at=at.max(where=e.activity == "wrapped"),
        abandoned_at=at.min(where=e.activity == "abandoned"),
        inexact=(e.origin != "exact").any(where=~among(e, _SERVING)),
        service_inexact=(e.origin != "exact").any(where=among(e, _SERVING)),
    )


def _rare(events: Events) -> Rows:
    """Collect holds, breaks, hand-overs, messages and the other things few contacts have."""
    e = events.filter(among(events, _RARE))
    at, tick, human = e.occurred_at, micros(e.occurred_at), is_human(e)

    def first(activity: str) -> Any:
        return at.min(where=e.activity == activity)

    broke = among(e, ("returned", "parked"))
    return e.group_by("contact_id").aggregate(
        **{dim: e[dim].min() for dim in _DIMS},
        handling_id=e.agent_id.min(where=human),
        direction=e.direction.min(where=e.activity == "opened"),
        attributes=e.attributes.min(where=among(e, ("opened", "message_received", "checked_in"))),
        started_at=at.min(),
        last_at=at.max(),
        checked_in_at=first("checked_in"),
        balked_at=first("balked"),
        no_show_at=first("no_show"),
        callback_at=first("callback_requested"),
        transferred_at=first("transferred"),
        escalated_at=first("escalated"),
        stopped_at=at.max(where=among(e, _STOPS)),
        breaks=broke.sum(),
        break_ticks=tick.sum(where=broke),
        last_break_tick=tick.max(where=broke),
        holds=(e.activity == "held").sum(),
        resumes=(e.activity == "resumed").sum(),
        hold_ticks=tick.sum(where=e.activity == "held"),
        resume_ticks=tick.sum(where=e.activity == "resumed"),
        focuses=(e.activity == "focused").sum(),
        unfocuses=(e.activity == "unfocused").sum(),
        focus_ticks=tick.sum(where=e.activity == "focused"),
        unfocus_ticks=tick.sum(where=e.activity == "unfocused"),
        replies=((e.activity == "message_sent") & human & ~(e.direction == "internal").fill_null(False)).sum(),
        inexact=inexact(e),
    )


def _answers(events: Events) -> Rows:
    """Count the answers of contacts that went back to their queue: only those can be answered twice."""
    broken = events.filter(among(events, ("returned", "parked"))).select("contact_id").distinct()
    e = events.filter((events.activity == "answered") & is_human(events)).semi_join(broken, "contact_id")
    return e.group_by("contact_id").aggregate(answers=e.count(), answer_ticks=micros(e.occurred_at).sum())


def _joined(events: Events) -> Rows:
    """Put what was collected of each contact into one row."""
    import ibis

    a = _common(events)
    b = _rare(events).rename(lambda column: f"r_{column}")
    n = _answers(events).rename(lambda column: f"n_{column}")
    c = a.outer_join(b, a.contact_id == b.r_contact_id)
    key = ibis.coalesce(c.contact_id, c.r_contact_id)
    both = {
        # The lesser of two texts; a null gives way.
        dim: ibis.least(ibis.coalesce(c[dim], c[f"r_{dim}"]), ibis.coalesce(c[f"r_{dim}"], c[dim]))
        for dim in (*_DIMS, "attributes")
    }
    c = c.mutate(
        contact_id=key,
        **both,
        direction=ibis.coalesce(c.direction, c.r_direction),
        started_at=ibis.least(c.started_at, c.r_started_at),
        last_at=ibis.greatest(c.last_at, c.r_last_at),
        arrived_at=ibis.least(c.arrived_at, c.r_checked_in_at),
        stopped_at=ibis.greatest(c.ended_at, c.r_stopped_at),
        left_at=ibis.least(c.abandoned_at, c.r_balked_at, c.r_no_show_at, c.r_callback_at),
        inexact=c.inexact.fill_null(False),
        service_inexact=c.service_inexact.fill_null(False) | c.r_inexact.fill_null(False),
        **{
            f"r_{k}": c[f"r_{k}"].fill_null(0)
            for k in ("breaks", "holds", "resumes", "focuses", "unfocuses", "replies")
        },
    )
    return c.left_join(n, c.contact_id == n.n_contact_id)


def _length(ticks: Any) -> Any:
    return ticks.cast("float64") / 1e6


def derive(events: Events) -> Rows:
    """Return one row a contact.

    Times of a contact are instants; lengths are seconds. Waiting runs from `queued` (else `arrived`) to the first
    human answer, or to where the customer left. Service runs from the first human answer to the last stop, less the
    time between going back to the queue (`returned`, `parked`) and being answered again. A missing end is taken from
    the contact's last event and makes `service_approximate`; `approximate` is about coming, waiting and leaving.
    """
    import ibis

    c = _joined(events)
    queued = ibis.coalesce(c.queued_at, c.arrived_at)
    # A missing end: the last thing known of the contact, if anything came after the answer.
    guessed = c.answered_at.notnull() & c.stopped_at.isnull()
    stop = ibis.coalesce(c.stopped_at, (c.last_at > c.answered_at).ifelse(c.last_at, None))
    answers = c.n_answers.fill_null(0)
    gap = c.n_answer_ticks - micros(c.answered_at) - c.r_break_ticks
    # A contact parked or returned to the end stops there, and that last break is no gap.
    last_break = (c.r_breaks == answers).ifelse(c.r_last_break_tick, 0)
    again = (answers > 1) & ((c.r_breaks == answers - 1) | (c.r_breaks == answers))
    service = seconds(c.answered_at, stop) - again.ifelse(_length(gap + last_break), 0.0)
    open_hold = (c.r_holds == c.r_resumes + 1).ifelse(micros(c.stopped_at), (c.r_holds == c.r_resumes).ifelse(0, None))
    hold = _length(c.r_resume_ticks.fill_null(0) + open_hold - c.r_hold_ticks)
    touch = (c.r_focuses == c.r_unfocuses).ifelse(_length(c.r_unfocus_ticks - c.r_focus_ticks), None)
    outcome = ibis.cases(
        (c.answered_at.notnull(), "answered"),
        (c.r_callback_at.notnull(), "callback"),
        (c.abandoned_at.notnull(), "abandoned"),
        (c.r_balked_at.notnull(), "balked"),
        (c.r_no_show_at.notnull(), "no_show"),
        (c.bot_answered_at.notnull() & c.queued_at.isnull(), "bot"),
        (c.r_transferred_at.notnull(), "flow_out"),
        ((c.r_replies > 0) | c.stopped_at.notnull(), "handled"),
        else_="open",
    )
    odd = (c.r_holds > 0) & hold.isnull()
    return c.select(
        "contact_id", *_DIMS, "direction", "started_at", "arrived_at", "queued_at", "called_at", "answered_at",
        "bot_answered_at", "abandoned_at", "wrapped_at", "left_at",
        topic=attribute(c, "topic"),
        previous_contact_id=attribute(c, "previous_contact_id"),
        agent_id=ibis.coalesce(c.answering_id, c.r_handling_id),
        ended_at=stop,
        outcome=outcome,
        transferred=c.r_transferred_at.notnull(),
        escalated=c.r_escalated_at.notnull(),
        callback=c.r_callback_at.notnull(),
        replies=c.r_replies,
        wait_s=seconds(queued, ibis.coalesce(c.answered_at, c.left_at)),
        wait_arrival_s=seconds(c.started_at, ibis.coalesce(c.answered_at, c.left_at)),
        service_s=service,
        hold_s=ibis.coalesce(hold, 0.0),
        wrap_s=ibis.coalesce(ibis.greatest(seconds(stop, c.wrapped_at), 0.0), 0.0),
        touch_s=touch,
        approximate=c.inexact,
        service_approximate=c.inexact | c.service_inexact | guessed | odd,
    )  # fmt: skip


TIMELINE = Timeline(
    name="contacts",
    sentence="One contact: a customer in one queue until served, gone or handed on.",
    key="contact_id",
    activities=(*_COMMON, *_RARE),
    derive=derive,
    selects=True,
)
