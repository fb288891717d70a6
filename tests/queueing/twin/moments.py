"""A made-up moment at a floor whose calls were recorded, for what looks ahead from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.queueing.twin.recordings import recorded_days
from troth.core.spans import Span
from troth.queueing.read import RecordedContacts
from troth.queueing.twin.read import AgentNow, Moment, OpenContact, PlannedStretch

#: A Friday, after four recorded days, two hours after opening.
AT = datetime(2026, 3, 6, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def busy_moment(*, servers: int = 3, waiting: int = 5, ends: datetime = AT + timedelta(hours=5)) -> Moment:
    """Return a moment at which so many servers are busy and so many customers wait; each has a break planned."""
    names = [f"s{k}" for k in range(servers)]
    since = AT - timedelta(hours=2)
    held = [OpenContact(f"h{k}", "a", 0, AT - 9 * MINUTE, name, AT - (k + 1) * MINUTE) for k, name in enumerate(names)]
    line = [OpenContact(f"w{k}", "ab"[k % 2], 0, AT - (waiting - k) * MINUTE) for k in range(waiting)]
    plan = [PlannedStretch(name, "shift", Span(since, ends)) for name in names]
    plan += [
        PlannedStretch(name, "break", Span(AT + (10 + 5 * k) * MINUTE, AT + (25 + 5 * k) * MINUTE))
        for k, name in enumerate(names)
    ]
    joined = tuple(("a", since + timedelta(seconds=120 * k)) for k in range(60))
    return Moment(
        "shop", AT, "UTC", tuple(sorted(held + line, key=lambda one: one.joined_at)),
        tuple(AgentNow(name, since, "on_contact", AT - MINUTE) for name in names), tuple(plan), joined, {}, (),
    )  # fmt: skip


def recorded_week(*, calls: int = 300) -> RecordedContacts:
    """Return the four days before."""
    return recorded_days(4, calls=calls)
