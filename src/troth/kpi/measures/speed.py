"""How fast: waiting, replying, handling, solving."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from troth.core.terms import Direction, Unit
from troth.kpi.definition import Clock, Kpi, Params, Part
from troth.log.timelines import seconds

_DAY_S: Final = 86_400


def _counted(c: Any, _: Params) -> Any:
    """Cases that are not merged away into another."""
    return c.merged_into.isnull()


def final_resolution(c: Any, p: Params) -> Any:
    """Return when a case was resolved for good: its last resolution, unless reopened within the window."""
    window = p.reopen_window.total_seconds()
    soon = c.reopened_after_at.notnull() & (seconds(c.last_resolved_at, c.reopened_after_at) <= window)
    return soon.fill_null(False).ifelse(None, c.last_resolved_at)


def first_contact(c: Any, _: Params) -> Any:
    """Return when the customer first came: the first inbound event, else the opening."""
    return c.first_in_at.fill_null(c.opened_at)


def _since(c: Any, _: Params) -> Any:
    """Return when the clock of the first reply started; a case opened after its answer was answered at once."""
    import ibis

    return ibis.least(c.reply_clock_at, c.first_reply_at)


_ANSWER = Kpi(
    id="speed.answer",
    title="Average speed of answer",
    question="How long did answered customers wait for a person?",
    unit=Unit.SECONDS,
    direction=Direction.LOWER,
    numerator="seconds from joining the queue to being answered by a person",
    denominator="answered contacts",
    population="contacts answered by a person",
    cohort="when the contact joined the queue",
    parts=(
        Part(
            "contacts",
            at=lambda c, _: c.queued_at.fill_null(c.started_at),
            where=lambda c, _: (c.outcome == "answered") & (c.wait_s >= 0),
            value=lambda c, _: c.wait_s,
        ),
    ),
    quantiles=True,
    source="Amazon Connect, historical metrics: average queue answer time",
    aliases=("ASA",),
)
_FROM_ENTRY = replace(
    _ANSWER,
    variant="from_entry",
    title="Average speed of answer from entry",
    numerator="seconds from reaching us (voice menu and bot included) to being answered by a person",
    cohort="when the customer reached us",
    parts=(
        Part(
            "contacts",
            at=lambda c, _: c.started_at,
            where=lambda c, _: (c.outcome == "answered") & (c.wait_arrival_s >= 0),
            value=lambda c, _: c.wait_arrival_s,
        ),
    ),
)
_MEAN_WAIT = replace(
    _ANSWER,
    variant="mean_wait",
    title="Mean wait",
    question="How long did customers wait, whether they were answered or left?",
    numerator="seconds from joining the queue to being answered or leaving",
    denominator="contacts answered or left",
    population="contacts answered, abandoned, or gone for a callback",
    parts=(
        Part(
            "contacts",
            at=lambda c, _: c.queued_at.fill_null(c.started_at),
            where=lambda c, _: c.outcome.isin(["answered", "abandoned", "callback"]) & (c.wait_s >= 0),
            value=lambda c, _: c.wait_s,
        ),
    ),
)

_FIRST_REPLY = Kpi(
    id="speed.first_reply",
    title="Time to first reply",
    question="How long until a person first answered the customer?",
    unit=Unit.SECONDS,
    direction=Direction.LOWER,
    numerator="seconds to the first reply of a person, from opening, or from the bot's hand-over or the reopening before it",
    denominator="cases a person replied to",
    population="cases a person replied to (not before they were opened), merged ones aside; cases never replied to are in the backlog's age",
    cohort="when the case was opened",
    parts=(
        Part(
            "cases",
            at=lambda c, _: c.opened_at,
            where=lambda c, p: _counted(c, p) & c.first_reply_at.notnull() & (c.first_reply_at >= c.reply_clock_at),
            start=lambda c, _: c.reply_clock_at,
            end=lambda c, _: c.first_reply_at,
        ),
    ),
    quantiles=True,
    source="Zendesk: first reply time; Chatwoot pull request 12058 for the restart after a bot",
    aliases=("TFR", "FRT"),
)
_ANY_REPLY = replace(
    _FIRST_REPLY,
    variant="with_bot",
    title="Time to first reply, bots included",
    numerator="seconds from opening to the first reply of a person or bot",
    denominator="cases replied to",
    population="cases replied to by a person or bot",
    parts=(
        Part(
            "cases",
            at=lambda c, _: c.opened_at,
            where=lambda c, p: _counted(c, p) & (c.first_any_reply_at >= c.opened_at),
            start=lambda c, _: c.opened_at,
            end=lambda c, _: c.first_any_reply_at,
        ),
    ),
)
_FROM_ASSIGNMENT = replace(
    _FIRST_REPLY,
    variant="from_assignment",
    title="Time to first reply from assignment",
    numerator="seconds from the first assignment to the first reply of a person after it",
    parts=(
        Part(
            "cases",
            at=lambda c, _: c.opened_at,
            where=lambda c, p: _counted(c, p) & (c.first_reply_at >= c.first_assigned_at),
            start=lambda c, _: c.first_assigned_at,
            end=lambda c, _: c.first_reply_at,
        ),
    ),
)

_HANDLE = Kpi(
    id="speed.handle",
    title="Average handle time",
    question="How much working time did one contact take?",
    unit=Unit.SECONDS,
    direction=Direction.NEITHER,
    numerator="seconds of talk, hold and work after the contact",
    denominator="contacts handled by a person and finished",
    population="contacts answered by a person and ended; each part of a transferred one counts by itself",
    cohort="when the contact was answered",
    parts=(
        Part(
            "contacts",
            at=lambda c, _: c.answered_at,
            where=lambda c, _: (c.outcome == "answered") & c.service_s.notnull(),
            value=lambda c, _: c.service_s + c.wrap_s,
            doubt="service_approximate",
        ),
    ),
    quantiles=True,
    source="Amazon Connect, historical metrics: average handle time",
    aliases=("AHT",),
)
_SERVICE = replace(
    _HANDLE,
    variant="service",
    title="Mean service time",
    numerator="seconds from the answer to the end of the contact, holds included, work afterwards not",
    parts=(replace(_HANDLE.parts[0], value=lambda c, _: c.service_s),),
)
_ACTIVE = replace(
    _HANDLE,
    variant="active",
    title="Average active handle time",
    numerator="seconds with the contact on the screen where that is known, else talk, hold and work afterwards",
    parts=(
        Part(
            "contacts",
            at=lambda c, _: c.answered_at.fill_null(c.started_at),
            where=lambda c, _: c.touch_s.notnull() | ((c.outcome == "answered") & c.service_s.notnull()),
            value=lambda c, _: c.touch_s.fill_null(c.service_s + c.wrap_s),
            doubt="service_approximate",
        ),
    ),
)

_TURNAROUND = Kpi(
    id="speed.turnaround",
    title="Turnaround time",
    question="How long did a person who was given a case take to answer the customer?",
    unit=Unit.SECONDS,
    direction=Direction.LOWER,
    numerator="seconds from assignment to the assignee's next reply or solution",
    denominator="assignments answered by their assignee",
    population="assignments answered by their assignee; those passed on or resolved without are not counted",
    cohort="when the case was assigned",
    parts=(
        Part(
            "assignments",
            at=lambda a, _: a.started_at,
            where=lambda a, _: a.replied_at.notnull(),
            start=lambda a, _: a.started_at,
            end=lambda a, _: a.replied_at,
        ),
    ),
    quantiles=True,
    source="Troth; nearest elsewhere: dbt_zendesk, first assignment to resolution",
    aliases=("TAT",),
)

_SOLUTION = Kpi(
    id="speed.first_solution",
    title="Time to first solution",
    question="How long until the customer was first offered a solution?",
    unit=Unit.SECONDS,
    direction=Direction.LOWER,
    numerator="seconds from the customer's first contact to the first proposed solution or resolution",
    denominator="cases with a solution",
    population="cases with a proposed solution or a resolution, merged ones aside",
    cohort="when the case was opened",
    parts=(
        Part(
            "cases",
            at=lambda c, _: c.opened_at,
            where=lambda c, p: _counted(c, p) & (c.first_solution_at >= first_contact(c, p)),
            start=first_contact,
            end=lambda c, _: c.first_solution_at,
        ),
    ),
    quantiles=True,
    source="Zendesk: first resolution time",
    aliases=("TFS", "FTR"),
)

_SAME_DAY = Kpi(
    id="speed.same_day",
    title="Answered the same business day",
    question="Which share of cases was answered before the business day was over?",
    unit=Unit.SHARE,
    direction=Direction.HIGHER,
    numerator="cases first answered by a person before the close of the business day they came in (out of hours: of the next)",
    denominator="cases",
    population="cases, merged ones aside; those not answered count as not, those opened after the answer as answered",
    cohort="when the case was opened",
    parts=(
        Part(
            "cases",
            at=lambda c, _: c.opened_at,
            where=_counted,
            start=_since,
            end=lambda c, _: c.first_reply_at,
        ),
    ),
    clock=Clock.BUSINESS,
    maturity=lambda _: timedelta(days=4),
    source="Founding text: same-day response",
    aliases=("SDR",),
)
_WITHIN_24H = Kpi(
    id="speed.within_24h",
    title="Answered within 24 hours",
    question="Which share of cases was answered within 24 hours?",
    unit=Unit.SHARE,
    direction=Direction.HIGHER,
    numerator="cases first answered by a person within 24 hours",
    denominator="cases",
    population="cases, merged ones aside; those not answered count as not, those opened after the answer as answered",
    cohort="when the case was opened",
    parts=(
        Part(
            "cases",
            at=lambda c, _: c.opened_at,
            where=_counted,
            value=lambda c, _: (seconds(c.reply_clock_at, c.first_reply_at) <= _DAY_S).fill_null(False).cast("float64"),
            needs=lambda c, _: c.first_reply_at.notnull(),
        ),
    ),
    maturity=lambda _: timedelta(days=1),
    source="Founding text: same-day response",
    aliases=("SDR",),
)

_RESOLUTION = Kpi(
    id="speed.resolution",
    title="Total resolution time",
    question="How long until the customer's matter was settled for good?",
    unit=Unit.SECONDS,
    direction=Direction.LOWER,
    numerator="seconds from the customer's first contact to the last resolution, unless that was reopened within the window",
    denominator="resolved cases",
    population="cases resolved and not reopened within the window, merged ones aside",
    cohort="when the case was resolved",
    parts=(
        Part(
            "cases",
            at=final_resolution,
            where=lambda c, p: _counted(c, p) & (final_resolution(c, p) >= first_contact(c, p)),
            start=first_contact,
            end=final_resolution,
        ),
    ),
    quantiles=True,
    maturity=lambda p: p.reopen_window,
    source="Zendesk: full resolution time",
    aliases=("TRT",),
)
_LAST_OUT = replace(
    _RESOLUTION,
    variant="last_reply",
    title="Time to last reply",
    numerator="seconds from the customer's first contact to our last reply",
    parts=(
        Part(
            "cases",
            at=final_resolution,
            where=lambda c, p: (
                _counted(c, p) & final_resolution(c, p).notnull() & (c.last_out_at >= first_contact(c, p))
            ),
            start=first_contact,
            end=lambda c, _: c.last_out_at,
        ),
    ),
)
_CLOSED = replace(
    _RESOLUTION,
    variant="closed",
    title="Time to close",
    question="How long until the case was closed for good?",
    numerator="seconds from opening to the last closing",
    denominator="closed cases",
    population="closed cases, merged ones aside",
    cohort="when the case was closed",
    maturity=lambda _: timedelta(0),
    parts=(
        Part(
            "cases",
            at=lambda c, _: c.closed_at,
            where=lambda c, p: _counted(c, p) & (c.closed_at >= c.opened_at),
            start=lambda c, _: c.opened_at,
            end=lambda c, _: c.closed_at,
        ),
    ),
    source="Founding text; ServiceNow calendar_stc for the nearest elsewhere",
)
_OUR_TIME = replace(
    _RESOLUTION,
    variant="without_customer_wait",
    title="Total resolution time less waiting for the customer",
    numerator="seconds from the customer's first contact to the last resolution, less the time in status pending",
    parts=(
        Part(
            "cases_paused",
            at=final_resolution,
            where=lambda c, p: _counted(c, p) & (final_resolution(c, p) >= first_contact(c, p)),
            value=lambda c, p: seconds(first_contact(c, p), final_resolution(c, p)) - c.paused_s,
        ),
    ),
)


def _business(kpi: Kpi) -> Kpi:
    """Return the variant of a time KPI that counts open hours only."""
    variant = f"{kpi.variant}_business" if kpi.variant else "business"
    return replace(kpi, variant=variant, title=f"{kpi.title}, business hours", clock=Clock.BUSINESS)


_TIMED = (_FIRST_REPLY, _FROM_ASSIGNMENT, _TURNAROUND, _SOLUTION, _RESOLUTION, _LAST_OUT, _CLOSED)

KPIS: Final = (
    _ANSWER, _FROM_ENTRY, _MEAN_WAIT, _FIRST_REPLY, _ANY_REPLY, _FROM_ASSIGNMENT, _HANDLE, _SERVICE, _ACTIVE,
    _TURNAROUND, _SOLUTION, _SAME_DAY, _WITHIN_24H, _RESOLUTION, _LAST_OUT, _CLOSED, _OUR_TIME,
    *(_business(kpi) for kpi in _TIMED),
)  # fmt: skip
