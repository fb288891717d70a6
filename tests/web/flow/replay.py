"""What the facts alone say of a branch: where every ticket and counter is. Knows the words of the log and no rows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

#: Where a contact is after a fact.
MOVES = {
    "queued": "waiting",
    "returned": "waiting",
    "called": "called",
    "answered": "serving",
    "parked": "parked",
    "ended": "served",
    "abandoned": "left",
    "no_show": "no_show",
    "transferred": "transferred",
}


@dataclass
class Contact:
    """A ticket as the log knows it."""

    state: str = ""
    label: str = ""
    queue: str = ""
    service: str = ""
    case: str = ""
    counter: str | None = None
    previous: str | None = None
    next: str | None = None
    calls: int = 0
    served: int = 0
    at: list[datetime] = field(default_factory=list)


@dataclass
class Story:
    """All that can be told from facts."""

    contacts: dict[str, Contact] = field(default_factory=dict)
    counters: dict[str, str | None] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)


def replay(facts: Iterable[tuple[str, datetime, dict[str, Any]]]) -> Story:
    """Return the story of facts (activity, when, event), in order of time."""
    story = Story()
    for activity, at, event in facts:
        noted = json.loads(event.get("attributes", "{}"))
        if "contact_id" in event:
            _contact(story.contacts.setdefault(event["contact_id"], Contact()), activity, at, event, noted)
        elif activity == "closed":
            story.closed.add(event["case_id"])
        elif activity == "state_changed":
            story.people[event["agent_id"]] = event["step"]
        elif activity == "shift_ended":
            story.people.pop(event["agent_id"])
        elif activity == "counter_opened":
            story.counters[noted["counter"]] = event["agent_id"]
        elif activity == "counter_closed":
            story.counters.pop(noted["counter"])
    return story


def _contact(one: Contact, activity: str, at: datetime, event: dict[str, Any], noted: dict[str, Any]) -> None:
    one.at.append(at)
    one.queue, one.service, one.case = event["queue"], event["service"], event["case_id"]
    one.state = MOVES.get(activity, one.state)
    one.calls += activity in {"called", "recalled"}
    one.served += activity == "ended"
    one.label = noted.get("ticket", one.label)
    one.previous = noted.get("previous_contact_id", one.previous)
    one.next = noted.get("next_contact_id", one.next)
    if activity in {"called", "answered"}:
        one.counter = noted["counter"]
