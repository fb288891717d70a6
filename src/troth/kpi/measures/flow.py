"""How much comes, how much leaves, how much is left: volume, abandonment, escalation, backlog."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from troth.core.terms import Direction, Unit
from troth.kpi.definition import Fold, Kpi, Part
from troth.kpi.measures._common import THEIRS, THEIRS_SINCE, inbound, none, offered, one, queued_at, share
from troth.log.timelines import seconds

_VOLUME = Kpi(
    id="flow.volume",
    title="Contacts",
    question="How many times did customers come to us?",
    unit=Unit.COUNT,
    direction=Direction.NEITHER,
    numerator="inbound contacts",
    denominator="-",
    population="inbound contacts; the further parts of a transferred one are not counted again",
    cohort="when the contact began",
    parts=(
        Part(
            "contacts",
            at=lambda c, _: c.started_at,
            where=lambda c, _: inbound(c) & c.previous_contact_id.isnull(),
            value=one,
        ),
    ),
    fold=Fold.TOTAL,
    source="Troth",
)
_VOLUME_CASES = replace(
    _VOLUME,
    variant="cases",
    title="Cases opened",
    question="How many matters were opened?",
    numerator="cases opened, merged ones included",
    population="all cases",
    cohort="when the case was opened",
    parts=(Part("cases", at=lambda c, _: c.opened_at, value=one),),
)
_VOLUME_PARTS = replace(
    _VOLUME,
    variant="parts",
    title="Contact parts",
    numerator="inbound contacts, each part of a transferred one counted",
    population="inbound contacts with all their parts",
    parts=(replace(_VOLUME.parts[0], where=lambda c, _: inbound(c)),),
)

_ABANDONMENT = Kpi(
    id="flow.abandonment",
    title="Abandonment",
    question="Which share of waiting customers gave up?",
    unit=Unit.SHARE,
    direction=Direction.LOWER,
    numerator="contacts abandoned in the queue",
    denominator="contacts queued",
    population="contacts that joined a queue and are through with it; a callback is not abandoned",
    cohort="when the contact joined the queue",
    parts=(Part("contacts", at=queued_at, where=offered, value=lambda c, _: share(c.outcome == "abandoned")),),
    source="Amazon Connect, historical metrics: contacts abandoned over contacts queued",
)
_ABANDONMENT_OFFERED = replace(
    _ABANDONMENT,
    variant="of_answered_and_abandoned",
    title="Abandonment of answered and abandoned",
    denominator="contacts answered, abandoned or sent on unanswered",
    parts=(
        replace(
            _ABANDONMENT.parts[0],
            where=lambda c, p: offered(c, p) & c.outcome.isin(["answered", "abandoned", "flow_out"]),
        ),
    ),
    source="Genesys Cloud: abandoned over offered",
)
_ABANDONMENT_LONG = replace(
    _ABANDONMENT,
    variant="without_short",
    title="Abandonment without short abandons",
    numerator="contacts abandoned after the service-level time",
    denominator="contacts answered, or abandoned after the service-level time",
    parts=(
        replace(
            _ABANDONMENT.parts[0],
            where=lambda c, p: (
                offered(c, p)
                & ((c.outcome == "answered") | ((c.outcome == "abandoned") & (c.wait_s > p.service_level_s)))
            ),
        ),
    ),
    source="Google CCAI: abandons without short ones",
)

_ESCALATION = Kpi(
    id="flow.escalation",
    title="Escalation",
    question="Which share of cases went on to somebody else?",
    unit=Unit.SHARE,
    direction=Direction.LOWER,
    numerator="cases transferred, escalated or given to another team at least once",
    denominator="cases",
    population="cases, merged ones aside; each counts once however often it went on",
    cohort="when the case was opened",
    parts=(
        Part(
            "cases",
            at=lambda c, _: c.opened_at,
            where=lambda c, _: c.merged_into.isnull(),
            value=lambda c, _: share((c.transfers > 0) | c.escalated_at.notnull() | (c.teams > 1)),
        ),
    ),
    source="Founding text: escalation rate",
)
_TRANSFER = replace(
    _ESCALATION,
    variant="transfers",
    title="Transfers",
    numerator="cases transferred or given to another team at least once",
    parts=(replace(_ESCALATION.parts[0], value=lambda c, _: share((c.transfers > 0) | (c.teams > 1))),),
)
_HIERARCHICAL = replace(
    _ESCALATION,
    variant="hierarchical",
    title="Escalations to a higher level",
    numerator="cases escalated at least once, a bot's hand-over to people included",
    parts=(replace(_ESCALATION.parts[0], value=lambda c, _: share(c.escalated_at.notnull())),),
)

_BACKLOG = Kpi(
    id="flow.backlog",
    title="Backlog",
    question="How many cases were open at the end of the period?",
    unit=Unit.COUNT,
    direction=Direction.LOWER,
    numerator="cases open at the end of the period, pending ones included",
    denominator="-",
    population="all cases; merged and closed ones are not open",
    cohort="at the end of the period",
    parts=(
        Part("openings", at=lambda o, _: o.started_at, value=one),
        Part(
            "openings",
            at=lambda o, _: o.ended_at,
            where=lambda o, _: o.ended_at.notnull(),
            value=lambda o, p: -one(o, p),
            counts=False,
        ),
    ),
    fold=Fold.STOCK,
    source="Founding text: backlog; counted exactly at any instant",
)

_SERVED = Kpi(
    id="flow.served_per_hour",
    title="Served per counter hour",
    question="How many customers did an open counter serve in an hour?",
    unit=Unit.PER_HOUR,
    direction=Direction.HIGHER,
    numerator="contacts answered",
    denominator="hours counters were open",
    population="walk-in contacts answered",
    cohort="when the contact was answered; counter hours when the counter opened",
    parts=(
        Part(
            "contacts",
            at=lambda c, _: c.answered_at,
            where=lambda c, _: (c.outcome == "answered") & (c.channel == "walk_in"),
            value=one,
            weight=0.0,
        ),
        Part(
            "counters",
            at=lambda o, _: o.started_at,
            where=lambda o, _: o.ended_at.notnull(),
            value=none,
            weight=lambda o, _: seconds(o.started_at, o.ended_at) / 3600.0,
            counts=False,
        ),
    ),
    source="Founding text: customers served in a period",
)
_SERVED_STAFFED_1 = replace(
    _SERVED,
    variant="staffed",
    title="Served per staffed hour",
    question="How many customers did an hour of paid time serve?",
    denominator="paid hours of the people who serve them",
    population="contacts answered",
    cohort="when the contact was answered; paid hours when the shift began",
    parts=(
        replace(_SERVED.parts[0], where=lambda c, _: c.outcome == "answered"),
        Part(
            "paid",
            at=lambda s, _: s.started_at,
            where=lambda s, _: (s.kind == "shift") & s.ended_at.notnull(),
            value=none,
            weight=lambda s, _: seconds(s.started_at, s.ended_at) / 3600.0,
            counts=False,
        ),
    ),
)
_SERVED_STAFFED = replace(
    _SERVED_STAFFED_1,
    population=f"contacts answered; shifts of people who ever answered one ({THEIRS})",
    parts=(
        _SERVED_STAFFED_1.parts[0],
        Part(
            "paid_answering",
            at=lambda s, _: s.started_at,
            value=none,
            weight=lambda s, _: seconds(s.started_at, s.ended_at) * s.part / 3600.0,
            counts=False,
        ),
    ),
    version=2,
    effective_from=THEIRS_SINCE,
    earlier=(_SERVED_STAFFED_1,),
)

_FAILURE = Kpi(
    id="flow.failure_demand",
    title="Failure demand",
    question="Which share of contacts should not have been needed?",
    unit=Unit.SHARE,
    direction=Direction.LOWER,
    numerator="contacts on the same topic within the repeat window, or after a broken promise within it",
    denominator="inbound contacts of known customers",
    population="inbound contacts of known customers, first parts only",
    cohort="when the contact began",
    parts=(
        Part(
            "contacts_failed",
            at=lambda c, _: c.started_at,
            value=lambda c, p: share(
                (seconds(c.previous_at, c.started_at) <= p.repeat_window.total_seconds()).fill_null(False)
                | c.after_broken
            ),
        ),
    ),
    source="Seddon, J. (2003), Freedom from Command and Control: failure demand",
)
_FAILURE_REPEAT = replace(
    _FAILURE,
    variant="repeat",
    title="Repeat contacts",
    numerator="contacts on the same topic within the repeat window",
    parts=(
        Part(
            "contacts_repeat",
            at=lambda c, _: c.started_at,
            value=lambda c, p: share(seconds(c.previous_at, c.started_at) <= p.repeat_window.total_seconds()),
        ),
    ),
)

_ON_HOLD = Kpi(
    id="flow.on_hold",
    title="Time on hold",
    question="How long did a case rest before it was resolved?",
    unit=Unit.SECONDS,
    direction=Direction.LOWER,
    numerator="seconds in status pending or on hold between the opening and the last resolution",
    denominator="resolved cases whose statuses are known",
    population="resolved cases of which any status is known, merged ones aside; most of them may never rest",
    cohort="when the case was resolved last",
    parts=(
        Part(
            "cases_held",
            at=lambda c, _: c.last_resolved_at,
            where=lambda c, _: c.merged_into.isnull() & c.status_tracked & (c.last_resolved_at >= c.opened_at),
            value=lambda c, _: c.pending_s + c.on_hold_s,
        ),
    ),
    quantiles=True,
    source="Zendesk, ticket metrics: agent wait time and on hold time",
)
_ON_HOLD_CUSTOMER = replace(
    _ON_HOLD,
    variant="customer",
    title="Time waiting for the customer",
    numerator="seconds in status pending between the opening and the last resolution",
    parts=(replace(_ON_HOLD.parts[0], value=lambda c, _: c.pending_s),),
    source="Zendesk, ticket metrics: agent wait time",
)
_ON_HOLD_OTHERS = replace(
    _ON_HOLD,
    variant="others",
    title="Time waiting for others",
    numerator="seconds in status on hold between the opening and the last resolution",
    parts=(replace(_ON_HOLD.parts[0], value=lambda c, _: c.on_hold_s),),
    source="Zendesk, ticket metrics: on hold time",
)

_RETURNS = Kpi(
    id="flow.returns",
    title="Came back to a team",
    question="Which share of cases came back to a team that had passed them on?",
    unit=Unit.SHARE,
    direction=Direction.LOWER,
    numerator="cases given to a team they had left for another",
    denominator="cases a team had",
    population="cases given to a team at least once, merged ones aside; each counts once however often it came back",
    cohort="when the case was opened",
    parts=(
        Part(
            "cases_returned",
            at=lambda c, _: c.opened_at,
            where=lambda c, _: c.merged_into.isnull() & c.team_returns.notnull(),
            value=lambda c, _: share(c.team_returns > 0),
        ),
    ),
    source="BPI Challenge 2013: ping-pong between support teams",
)
_RETURNS_PERSON = replace(
    _RETURNS,
    variant="person",
    title="Came back to a person",
    question="Which share of cases came back to a person who had passed them on?",
    numerator="cases given to a person they had left for another",
    denominator="cases a person had",
    population="cases given to a person at least once, merged ones aside; each counts once however often it came back",
    parts=(
        replace(
            _RETURNS.parts[0],
            where=lambda c, _: c.merged_into.isnull() & c.person_returns.notnull(),
            value=lambda c, _: share(c.person_returns > 0),
        ),
    ),
)

KPIS: Final = (
    _VOLUME, _VOLUME_CASES, _VOLUME_PARTS, _ABANDONMENT, _ABANDONMENT_OFFERED, _ABANDONMENT_LONG, _ESCALATION,
    _TRANSFER, _HIERARCHICAL, _BACKLOG, _SERVED, _SERVED_STAFFED, _FAILURE, _FAILURE_REPEAT, _ON_HOLD, _ON_HOLD_CUSTOMER,
    _ON_HOLD_OTHERS, _RETURNS, _RETURNS_PERSON,
)  # fmt: skip
