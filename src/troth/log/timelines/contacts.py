"""Contacts: one row a contact, that is one customer in one queue until served, gone or handed on."""

from __future__ import annotations

from typing import Any, Final

from troth.log.timelines._base import Events, Rows, Timeline, among, is_human, micros, seconds

#: Where a contact goes back to its queue, or aside, to be answered again.
_BREAKS: Final = ("returned", "parked")
#: What most contacts consist of. The rest is collected apart, for each aggregate costs on every row it looks at.
_COMMON: Final = ("arrived", "queued", "called", "answered", "wrapped", "ended", "abandoned")
_RARE: Final = (
    "checked_in", "held", "resumed", "parked", "returned", "balked", "no_show", "transferred", "escalated",
    "callback_requested", "message_received", "message_sent", "focused", "unfocused", "opened",
)  # fmt: skip
#: What tells when a contact came, waited and left; all else is about its service.
_WAITING: Final = (
    "arrived", "queued", "called", "answered", "abandoned", "checked_in", "balked", "no_show", "callback_requested",
)  # fmt: skip
_DIMS: Final = ("case_id", "customer_id", "team", "queue", "site", "channel", "service", "priority")


def _common(events: Events) -> Rows:
    """Collect the usual course of each contact without any sorting: minima, maxima and counts."""
    e = events.filter(among(events, _COMMON))
    at, human = e.occurred_at, is_human(e)
    answered = (e.activity == "answered") & human
    return e.group_by("contact_id").aggregate(
        **{dim: e[dim].min() for dim in _DIMS},
        answering_id=e.agent_id.min(where=answered),
        direction=e.direction.min(where=e.activity != "ended"),
        arrival=e.attributes.min(where=e.activity == "arrived"),
        attributes=e.attributes.min(where=e.activity == "queued"),
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
        ended_by_person=((e.activity == "ended") & human).any(),
        inexact=(e.origin != "exact").any(where=among(e, _WAITING)),
        service_inexact=(e.origin != "exact").any(where=~among(e, _WAITING)),
    )


def _rare(events: Events) -> Rows:
    """Collect holds, breaks, hand-overs, messages and the other things few contacts have."""
    e = events.filter(among(events, _RARE))
    at, tick, human = e.occurred_at, micros(e.occurred_at), is_human(e)

    def first(activity: str) -> Any:
        return at.min(where=e.activity == activity)

    sent = (e.activity == "message_sent") & ~(e.direction == "internal").fill_null(False)
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
        handed_at=at.max(where=e.activity == "transferred"),
        holds=(e.activity == "held").sum(),
        resumes=(e.activity == "resumed").sum(),
        hold_ticks=tick.sum(where=e.activity == "held"),
        resume_ticks=tick.sum(where=e.activity == "resumed"),
        focuses=(e.activity == "focused").sum(),
        unfocuses=(e.activity == "unfocused").sum(),
        focus_ticks=tick.sum(where=e.activity == "focused"),
        unfocus_ticks=tick.sum(where=e.activity == "unfocused"),
        sent=sent.sum(),
        received=(e.activity == "message_received").sum(),
        replies=(sent & human).sum(),
        inexact=(e.origin != "exact").any(where=among(e, _WAITING)),
        service_inexact=(e.origin != "exact").any(where=~among(e, _WAITING)),
    )


def _breaks(events: Events) -> Rows:
    """Add up the time between going back (or aside) and the next answer, of the few contacts that did.

    `gap_ticks` is what lies between answers, `gone_at` where a contact went back for good.
    """
    import ibis

    broken = events.filter(among(events, _BREAKS)).select("contact_id").distinct()
    answered = (events.activity == "answered") & is_human(events)
    marks = events.filter(among(events, _BREAKS) | answered).semi_join(broken, "contact_id")
    marks = marks.mutate(tick=micros(marks.occurred_at), serves=(marks.activity == "answered").cast("int8"))
    order = (marks.tick, marks.serves)
    before = ibis.window(group_by=marks.contact_id, order_by=order)
    onward = ibis.window(group_by=marks.contact_id, order_by=order, preceding=0, following=None)
    answer = (marks.serves == 1).ifelse(marks.tick, None)
    marks = marks.mutate(
        served=marks.serves.lag().over(before) == 1,
        next_tick=answer.min().over(onward),
        answer=answer,
    )
    first = (marks.serves == 0) & marks.served
    return marks.group_by("contact_id").aggregate(
        gap_ticks=(marks.next_tick - marks.tick).sum(where=first),
        gone_at=marks.occurred_at.min(where=first & marks.next_tick.isnull()),
        last_answer_tick=marks.answer.max(),
    )


def _joined(events: Events) -> Rows:
    """Put what was collected of each contact into one row."""
    import ibis

    a = _common(events)
    b = _rare(events).rename(lambda column: f"r_{column}")
    n = _breaks(events).rename(lambda column: f"n_{column}")
    c = a.outer_join(b, a.contact_id == b.r_contact_id)
    key = ibis.coalesce(c.contact_id, c.r_contact_id)
    both = {
        # The lesser of two texts; a null gives way.
        dim: ibis.least(ibis.coalesce(c[dim], c[f"r_{dim}"]), ibis.coalesce(c[f"r_{dim}"], c[dim]))
        for dim in _DIMS
    }
    c = c.mutate(
        contact_id=key,
        **both,
        direction=ibis.coalesce(c.direction, c.r_direction, _written(c)),
        started_at=ibis.least(c.started_at, c.r_started_at),
        last_at=ibis.greatest(c.last_at, c.r_last_at),
        arrived_at=ibis.least(c.arrived_at, c.r_checked_in_at),
        over_at=ibis.greatest(c.ended_at, c.r_handed_at),
        left_at=ibis.least(c.abandoned_at, c.r_balked_at, c.r_no_show_at, c.r_callback_at),
        inexact=c.inexact.fill_null(False) | c.r_inexact.fill_null(False),
        service_inexact=c.service_inexact.fill_null(False) | c.r_service_inexact.fill_null(False),
        **{f"r_{k}": c[f"r_{k}"].fill_null(0) for k in ("holds", "resumes", "focuses", "unfocuses", "replies")},
    )
    return c.left_join(n, c.contact_id == n.n_contact_id)


def _written(c: Rows) -> Any:
    """Return "out" for a contact that is nothing but our writing, else null."""
    ours = (c.r_sent > 0) & (c.r_received == 0) & c.started_at.isnull() & c.r_checked_in_at.isnull()
    return ours.ifelse("out", None)


def _noted(c: Rows, key: str) -> Any:
    """Return an attribute as told on arrival, else on joining the queue, else by what else began the contact."""
    import ibis

    notes = (c.arrival, c.attributes, c.r_attributes)
    return ibis.coalesce(*(note.cast("json")[key].str for note in notes))


def _length(ticks: Any) -> Any:
    return ticks.cast("float64") / 1e6


def derive(events: Events) -> Rows:
    """Return one row a contact.

    Times of a contact are instants; lengths are seconds. Waiting runs from `queued` (else `arrived`) to the first
    human answer, or to where the customer left. Service runs from the first human answer to the end, less the time
    between going back to the queue (`returned`, `parked`) and being answered again; a contact not answered again ended
    where it went back. A missing end is taken from the contact's last event and makes `service_approximate`; `approximate` is about coming, waiting and leaving.
    """
    import ibis

    c = _joined(events)
    queued = ibis.coalesce(c.queued_at, c.arrived_at)
    # The end counts if it came after the (last) answer; what went back for good ended there.
    over = (micros(c.over_at) >= ibis.coalesce(c.n_last_answer_tick, micros(c.answered_at))).fill_null(True)
    known = ibis.coalesce(c.n_gone_at, over.ifelse(c.over_at, None))
    # A missing end: the last thing known of the contact, if anything came after the answer.
    guessed = c.answered_at.notnull() & known.isnull()
    stop = ibis.coalesce(known, (c.last_at > c.answered_at).ifelse(c.last_at, None))
    service = seconds(c.answered_at, stop) - _length(c.n_gap_ticks.fill_null(0))
    open_hold = (c.r_holds == c.r_resumes + 1).ifelse(micros(known), (c.r_holds == c.r_resumes).ifelse(0, None))
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
        ((c.r_replies > 0) | c.ended_by_person.fill_null(False), "handled"),
        (c.bot_answered_at.notnull() & c.over_at.notnull(), "bot"),
        (c.over_at.notnull(), "unserved"),
        else_="open",
    )
    odd = (c.r_holds > 0) & hold.isnull()
    return c.select(
        "contact_id", *_DIMS, "direction", "started_at", "arrived_at", "queued_at", "called_at", "answered_at",
        "bot_answered_at", "abandoned_at", "wrapped_at", "left_at",
        topic=_noted(c, "topic"),
        previous_contact_id=_noted(c, "previous_contact_id"),
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
