"""Whether it was settled: at first contact by three measures side by side, and whether it held."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from troth.core.terms import Direction, Unit
from troth.kpi.definition import Kpi, Params, Part
from troth.kpi.measures._common import share
from troth.log.timelines import seconds

_FIRST_CONTACT = Kpi(
    id="outcome.first_contact",
    variant="survey",
    title="Resolved at first contact, by survey",
    question="Which share of customers says that one contact settled it?",
    unit=Unit.SHARE,
    direction=Direction.HIGHER,
    numerator="answers that the matter is resolved, of cases with one contact of the customer (further parts aside), and no reopening",
    denominator="answers to whether the matter is resolved",
    population="survey answers yes or no about known cases; don't-know apart",
    cohort="when the survey was answered",
    parts=(
        Part(
            "answers",
            at=lambda a, _: a.answered_at,
            where=lambda a, _: (a.item == "resolved") & a.value.notnull() & a.contacts.notnull(),
            value=lambda a, _: share((a.value > 0) & (a.contacts <= 1) & (a.reopens == 0)),
        ),
    ),
    source="Founding text: first contact resolution",
    aliases=("FCR",),
)
_FIRST_CONTACT_REPEAT = replace(
    _FIRST_CONTACT,
    variant="repeat",
    title="Resolved at first contact, by no repeat",
    question="Which share of contacts was not followed by another on the same topic?",
    numerator="contacts without a further one of the customer on the topic within the repeat window",
    denominator="contacts answered, of known customers, that are no repeat themselves",
    population="inbound contacts of known customers served by a person; the same topic is the same service where none is given",
    cohort="when the contact began",
    parts=(
        Part(
            "contacts_repeat",
            at=lambda c, _: c.started_at,
            where=lambda c, p: (
                c.outcome.isin(["answered", "handled"])
                & ~(seconds(c.previous_at, c.started_at) <= p.repeat_window.total_seconds()).fill_null(False)
            ),
            value=lambda c, p: 1.0 - share(seconds(c.started_at, c.next_at) <= p.repeat_window.total_seconds()),
        ),
    ),
    maturity=lambda p: p.repeat_window,
    source="Common definition: no repeat contact within N days",
)


def _touch(*, zero: bool) -> Part:
    def value(c: Any, _: Params) -> Any:
        return share((c.replies < 2) if zero else (c.replies == 1))

    return Part(
        "cases",
        at=lambda c, _: c.last_resolved_at,
        where=lambda c, _: c.merged_into.isnull() & c.last_resolved_at.notnull(),
        value=value,
        needs=lambda c, _: (c.replies > 0) | (c.bot_replies > 0),
    )


_FIRST_CONTACT_TOUCH = replace(
    _FIRST_CONTACT,
    variant="touch",
    title="Resolved at one touch",
    question="Which share of resolved cases took exactly one reply?",
    numerator="resolved cases with exactly one reply of a person",
    denominator="resolved cases",
    population="resolved cases, merged ones aside",
    cohort="when the case was resolved",
    parts=(_touch(zero=False),),
    source="dbt_zendesk: one-touch resolution; Zendesk's German help page",
)
_FIRST_CONTACT_TOUCH_ZERO = replace(
    _FIRST_CONTACT_TOUCH,
    variant="touch_zendesk",
    title="Resolved at one touch or none",
    question="Which share of resolved cases took fewer than two replies?",
    numerator="resolved cases with fewer than two replies of a person",
    parts=(_touch(zero=True),),
    source="Zendesk Explore: one-touch tickets (replies < 2)",
)
_REOPENED = Kpi(
    id="outcome.reopened",
    title="Reopened",
    question="Which share of resolutions did not hold?",
    unit=Unit.SHARE,
    direction=Direction.LOWER,
    numerator="cases reopened within the window after their first resolution",
    denominator="resolved cases",
    population="resolved cases, merged ones aside",
    cohort="when the case was first resolved",
    parts=(
        Part(
            "cases",
            at=lambda c, _: c.first_resolved_at,
            where=lambda c, _: c.merged_into.isnull() & c.first_resolved_at.notnull(),
            value=lambda c, p: share(
                seconds(c.first_resolved_at, c.first_reopened_at) <= p.reopen_window.total_seconds()
            ),
        ),
    ),
    maturity=lambda p: p.reopen_window,
    source="Zendesk: reopened tickets",
)
KPIS: Final = (
    _FIRST_CONTACT, _FIRST_CONTACT_REPEAT, _FIRST_CONTACT_TOUCH, _FIRST_CONTACT_TOUCH_ZERO, _REOPENED,
)  # fmt: skip
