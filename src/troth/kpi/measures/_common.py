"""Small expressions that several families of KPIs share."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from troth.kpi.definition import Params

#: Since then figures over paid time take the time of those who serve what is counted; before, all there was.
THEIRS_SINCE: Final = date(2026, 11, 27)
#: The same in words.
THEIRS: Final = "of who also logs hours that clients pay for, the share of the hours logged that none pays for"


def share(condition: Any) -> Any:
    """Return 1.0 where a condition holds, else 0.0."""
    return condition.fill_null(False).cast("float64")


def one(_t: Any, _p: Params) -> Any:
    """Count each row once."""
    import ibis

    return ibis.literal(1.0)


def none(_t: Any, _p: Params) -> Any:
    """Add nothing, for a part that only adds to the denominator."""
    import ibis

    return ibis.literal(0.0)


def inbound(c: Any) -> Any:
    """Contacts that customers began, as far as is known."""
    return c.direction.isnull() | (c.direction == "in")


def queued_at(c: Any, _: Params) -> Any:
    """Return when a contact joined the queue."""
    return c.queued_at.fill_null(c.started_at)


def offered(c: Any, _: Params) -> Any:
    """Contacts that joined a queue and are through with it."""
    return c.queued_at.notnull() & (c.outcome != "open")
