"""What other products say of a case or contact by their own figures: the figures known, and ours beside each.

Written from the published definitions of each product; none was compared with a product's own export yet. What a
figure's words leave open (whose opening hours, how it is rounded) is what the departures are for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from troth.core.terms import CaseStatus
from troth.kpi.reconcile.ways import NOT_PENDING, Way


class Sort(StrEnum):
    """What a figure is."""

    LENGTH = "length"
    COUNT = "count"
    VERDICT = "verdict"


@dataclass(frozen=True, slots=True)
class VendorFigure:
    """A figure of another product, and ours beside it.

    Parameters
    ----------
    vendor : the source it comes by, as its reader names it.
    name : what people call it; one of a kind for each vendor.
    kpi : the KPI whose definition is ours.
    way : that definition for one case or contact.
    departures : codes of the changes that make sense for it.
    key : its name in the event that carries it.
    event : the topic, step or activity of that event; empty for any.
    place : where it stands: the source's `figures` (seconds) or its own fields, `foreign`.
    sort, unit_s : what it is, and the smallest step the product counts in, in seconds.
    subject : `case` or `contact`.
    source : where its definition is published.
    agreement : the agreement it is said of, where a case has several; `*` in the catalogue: each has a figure of its own.
    """

    vendor: str
    name: str
    kpi: str
    way: Way
    departures: tuple[str, ...]
    key: str
    event: str = ""
    place: str = "figures"
    sort: Sort = Sort.LENGTH
    unit_s: float = 1.0
    subject: str = "case"
    source: str = ""
    agreement: str = ""


_FIRST_REPLY: Final = Way("reply_clock", "first_reply")
_SOLUTION: Final = Way("first_contact", "first_solution")
_RESOLUTION: Final = Way("first_contact", "final_resolution")
_CLOSED: Final = Way("opened", "closing")
_ON_HOLD: Final = Way("opened", "last_resolution")
#: Ours by the name of the KPI: each is what the catalogue computes for a single case or contact.
OURS: Final[dict[str, Way]] = {
    "speed.first_reply": _FIRST_REPLY,
    "speed.first_reply/business": replace(_FIRST_REPLY, business=True),
    "speed.first_solution": _SOLUTION,
    "speed.first_solution/business": replace(_SOLUTION, business=True),
    "speed.resolution": _RESOLUTION,
    "speed.resolution/business": replace(_RESOLUTION, business=True),
    "speed.resolution/without_customer_wait": replace(_RESOLUTION, within=NOT_PENDING),
    "speed.resolution/closed": _CLOSED,
    "speed.resolution/closed_business": replace(_CLOSED, business=True),
    "flow.on_hold/customer": replace(_ON_HOLD, within=(CaseStatus.PENDING,)),
    "flow.on_hold/others": replace(_ON_HOLD, within=(CaseStatus.ON_HOLD,)),
    "speed.answer": Way("queue", "answer"),
    "speed.handle/service": Way("answer", "end"),
    "speed.handle": Way("over", "wrapped"),
    "outcome.reopened": Way(count="reopenings"),
    "outcome.first_contact/touch_zendesk": Way(count="replies"),
    "flow.escalation/transfers": Way(count="teams"),
}

_HOURS: Final = ("calendar_time", "business_time", "schedule_at_end", "schedule_at_start", "schedules_added_up")
_REPLY: Final = (*_HOURS, "from_opening", "from_first_contact", "from_assignment", "bot_reply", "merged_counted")
_SOLVED: Final = (
    *_HOURS, "from_opening", "from_assignment", "from_reopening", "first_resolution", "last_resolution", "closing",
    "pending_left_out", "undone_only", "worked_on_only", "merged_counted",
)  # fmt: skip
_WAIT: Final = (
    *_HOURS, "from_opening", "last_resolution", "first_resolution", "closing", "pending_counted", "worked_on_only",
    "undone_only", "merged_counted",
)  # fmt: skip
_STATUS: Final = (*_HOURS, "from_first_contact", "first_resolution", "closing", "merged_counted")


def _figures(vendor: str, *rows: tuple[str, str, tuple[str, ...]], **common: object) -> tuple[VendorFigure, ...]:
    """Return figures that are alike but for name, KPI and departures; the name is the key."""
    return tuple(VendorFigure(vendor, name, kpi, OURS[kpi], codes, name, **common) for name, kpi, codes in rows)  # type: ignore[arg-type]


_METRICS: Final = "Zendesk, Support API: ticket metrics"
_ZENDESK: Final = (
    *_figures(
        "zendesk",
        ("reply_time_calendar", "speed.first_reply", _REPLY),
        ("reply_time_business", "speed.first_reply/business", _REPLY),
        ("first_resolution_time_calendar", "speed.first_solution", _SOLVED),
        ("first_resolution_time_business", "speed.first_solution/business", _SOLVED),
        ("full_resolution_time_calendar", "speed.resolution", _SOLVED),
        ("full_resolution_time_business", "speed.resolution/business", _SOLVED),
        ("requester_wait_time_calendar", "speed.resolution/without_customer_wait", _WAIT),
        ("requester_wait_time_business", "speed.resolution/without_customer_wait", _WAIT),
        ("agent_wait_time_calendar", "flow.on_hold/customer", _STATUS),
        ("agent_wait_time_business", "flow.on_hold/customer", _STATUS),
        ("on_hold_time_calendar", "flow.on_hold/others", _STATUS),
        ("on_hold_time_business", "flow.on_hold/others", _STATUS),
        event="figures", unit_s=60.0, source=_METRICS,
    ),
    *_figures("zendesk", ("reply_time_in_seconds", "speed.first_reply", _REPLY), event="figures", source=_METRICS),
    *_figures(
        "zendesk",
        ("reopens", "outcome.reopened", ("merged_counted",)),
        ("replies", "outcome.first_contact/touch_zendesk", ("bots_counted", "merged_counted")),
        ("group_stations", "flow.escalation/transfers", ("each_visit", "merged_counted")),
        event="figures", sort=Sort.COUNT, source=_METRICS,
    ),
)  # fmt: skip

_REPORTING: Final = "Chatwoot, reporting events"
_EVENTS: Final = (
    ("first_response", "first_reply", "speed.first_reply", _REPLY),
    ("conversation_resolved", "conversation_resolved", "speed.resolution", _SOLVED),
)
_CHATWOOT: Final = tuple(
    VendorFigure("chatwoot", f"{name}_{hours}", kpi + tail, OURS[kpi + tail], codes, hours, event, source=_REPORTING)
    for name, event, kpi, codes in _EVENTS
    for hours, tail in (("calendar", ""), ("business", "/business"))
)
_ZAMMAD: Final = _figures(
    "zammad",
    ("first_response_business", "speed.first_reply/business", _REPLY),
    ("close_business", "speed.first_solution/business", (*_SOLVED, "pending_counted")),
    event="opened", unit_s=60.0, source="Zammad, ticket: first_response_in_min, close_in_min (business minutes)",
)  # fmt: skip
_CONNECT: Final = _figures(
    "amazon-connect",
    ("QueueDuration", "speed.answer", ("from_entry", "left_unanswered")),
    ("AgentInteractionDuration", "speed.handle/service", ("holds_left_out",)),
    ("AfterContactWorkDuration", "speed.handle", ()),
    subject="contact", source="Amazon Connect, data model of contact records",
)  # fmt: skip
_STC: Final = (
    *_HOURS, "from_first_contact", "from_assignment", "first_resolution", "last_resolution", "pending_left_out", "worked_on_only",
    "merged_counted",
)  # fmt: skip
_SERVICENOW: Final = (
    *_figures(
        "servicenow",
        ("calendar_stc", "speed.resolution/closed", _STC),
        ("business_stc", "speed.resolution/closed_business", _STC),
        place="foreign", source="ServiceNow, incident: calendar_stc, business_stc (seconds to close)",
    ),
    VendorFigure(
        "servicenow", "made_sla", "sla.met", Way(), (), "made_sla", place="foreign", sort=Sort.VERDICT,
        source="ServiceNow, incident: made_sla",
    ),
    *(
        VendorFigure(
            "servicenow", f"task_sla_{key}", "sla.met", Way(business=key.startswith("business")), (), key, "task_sla", sort=sort,
            source="ServiceNow, task_sla: " + said, agreement="*",
        )
        for key, sort, said in (
            ("actual_elapsed", Sort.LENGTH, "duration (actual elapsed time)"),
            ("business_elapsed", Sort.LENGTH, "business_duration (business elapsed time)"),
            ("made_sla", Sort.VERDICT, "has_breached"),
        )
    ),
)  # fmt: skip

#: Every figure that is known and has one of ours beside it.
FIGURES: Final[tuple[VendorFigure, ...]] = (*_ZENDESK, *_CHATWOOT, *_ZAMMAD, *_CONNECT, *_SERVICENOW)
#: Figures that are known and cannot be compared, by vendor and name (of the event, and of its figure), with the reason.
ALONE: Final[dict[tuple[str, str], str]] = {
    ("zendesk", "assignee_stations"): "people who only had a case for a moment may be missing from a history",
    ("zendesk", "update_status"): "a running sum of one clock, not of a ticket",
    ("chatwoot", "conversation_opened"): "the time since a resolution; no figure of ours",
    ("chatwoot", "conversation_bot_handoff"): "the time until a bot handed over; no figure of ours",
    ("chatwoot", "conversation_bot_resolved"): "what a bot resolved by itself",
    ("chatwoot", "reply_time"): "one reply of many; ours is of the case",
    ("zammad", "update_business"): "the time between updates, of which only the last is kept",
    ("amazon-connect", "CustomerHoldDuration"): "our holds are made from it",
    ("amazon-connect", "LongestHoldDuration"): "single holds are not told",
    ("amazon-connect", "NumberOfHolds"): "single holds are not told",
    ("servicenow", "unfinished"): "the clock still ran, was cancelled, or its stage is in another language",
    ("salesforce-field", "*"): "planned and travelled time; no figure of ours yet",
    ("vroom", "*"): "what a plan foresees, not what came of it",
}


def vendors() -> tuple[str, ...]:
    """Return the vendors of which figures are known.

    Examples
    --------
    >>> vendors()[0]
    'zendesk'
    """
    return tuple(dict.fromkeys(one.vendor for one in FIGURES))
