"""A customer's history on one line of time, across channels: visits, calls and letters, appointments, promises, notes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models.fields.json import KeyTextTransform

from troth.core.terms import ACTIVITIES
from troth.web.customers.models import Consent, Customer, Note
from troth.web.outbox.models import Fact

#: So many facts are read for a page.
MOST: Final = 400


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: a word of the log, with whatever tells more of it."""

    at: datetime
    activity: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """What belongs together: a visit, a call, an appointment, a promise, a note.

    Attributes
    ----------
    kind : ``case``, ``booking``, ``promise``, ``note`` or ``consent``.
    starts_at, ends_at : of its first and last step.
    channel, service, site : where the log says so.
    steps : in the order of time.
    text, author : of a note.
    """

    kind: str
    starts_at: datetime
    ends_at: datetime
    channel: str = ""
    service: str = ""
    site: str = ""
    steps: tuple[Happening, ...] = ()
    text: str = ""
    author: str = ""


def history(customers: Iterable[Customer], *, earlier: Iterable[Mapping[str, Any]] = ()) -> list[Passage]:
    """Return the passages of a customer, the newest first.

    Parameters
    ----------
    customers : the customer and those merged into them.
    earlier : further events, as the lake has them; what is among the facts here as well is told once.
    """
    people = list(customers)
    facts = facts_of([one.pseudonym for one in people])
    rows = [
        {**fact.event, "activity": fact.activity, "occurred_at": fact.occurred_at, "source_id": str(fact.source_id)}
        for fact in facts
    ]
    known = {row["source_id"] for row in rows}
    rows += [dict(row) for row in earlier if row.get("source_id") not in known]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(_group(row), []).append(row)
    found = [_passage(kind, rows) for (kind, _id), rows in groups.items()]
    found += [_note(one) for one in Note.objects.filter(customer__in=people).select_related("author")]
    for consent in Consent.objects.filter(customer__in=people):
        found += _consent(consent)
    return sorted(found, key=lambda one: one.ends_at, reverse=True)


def facts_of(pseudonyms: list[str], *, most: int | None = MOST) -> list[Fact]:
    """Return the facts of some pseudonyms, newest first."""
    named = Fact.objects.annotate(who=KeyTextTransform("customer_id", "event")).filter(who__in=pseudonyms)
    return list(named.order_by("-occurred_at", "-id")[:most])


def _group(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a row belongs to: a promise and a booking have their own line, else the case, else the contact."""
    kind = row.get("subject_kind")
    if kind in {"promise", "booking"} and row.get("subject_id"):
        return str(kind), str(row["subject_id"])
    return "case", str(row.get("case_id") or row.get("contact_id") or row.get("subject_id") or row["source_id"])


def _passage(kind: str, rows: list[dict[str, Any]]) -> Passage:
    rows.sort(key=lambda row: (row["occurred_at"], row.get("source_id") or ""))

    def last(column: str) -> str:
        return next((str(row[column]) for row in reversed(rows) if row.get(column)), "")

    return Passage(
        kind=kind,
        starts_at=rows[0]["occurred_at"],
        ends_at=rows[-1]["occurred_at"],
        channel=last("channel"),
        service=last("service"),
        site=last("site"),
        steps=tuple(Happening(row["occurred_at"], row["activity"], _detail(row)) for row in rows),
    )


def _detail(row: Mapping[str, Any]) -> str:
    told = json.loads(row["attributes"]) if row.get("attributes") else {}
    parts = [row.get("step") or "", *(str(told[name]) for name in ("counter", "ticket", "reason") if told.get(name))]
    return ", ".join(part for part in parts if part)


def sentence(activity: str) -> str:
    """Return what an activity means."""
    term = ACTIVITIES.get(activity)
    return term.sentence if term else activity


def _note(one: Note) -> Passage:
    return Passage("note", one.at, one.at, text=one.text, author=str(one.author or ""))


def _consent(one: Consent) -> list[Passage]:
    steps = [Passage("consent", one.given_at, one.given_at, text=f"+ {one.purpose}", author=one.how)]
    if one.withdrawn_at:
        steps.append(Passage("consent", one.withdrawn_at, one.withdrawn_at, text=f"- {one.purpose}"))
    return steps
