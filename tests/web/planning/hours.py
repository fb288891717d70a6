"""Resources of the ledger as rows, claims on their hours, and many hands at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import DatabaseError, connection

from tests.ledger.worlds import T0, span
from troth.core.errors import InputError
from troth.ledger import CapacityClaim, ClaimKind
from troth.web.people.models import CalendarSpan, WorkCalendar
from troth.web.planning import claims
from troth.web.planning.models import LedgerClaim, LedgerResource


def resources() -> dict[str, LedgerResource]:
    """Make the resources of the ledger's own tests: Ada, Ben with office hours, a room for two."""
    office = WorkCalendar.objects.create(code="office", title="Office", time_zone="UTC")
    CalendarSpan.objects.bulk_create(
        CalendarSpan(calendar=office, weekday=day, opens="06:00", closes="22:00") for day in range(7)
    )
    rows = (
        LedgerResource(code="ada"),
        LedgerResource(code="ben", calendar=office),
        LedgerResource(code="room", kind="room", capacity=2),
    )
    for row in rows:
        row.save()
    return {row.code: row for row in rows}


def claim(name: str, first: int, last: int, *, who: str = "ada", **fields: Any) -> CapacityClaim:
    """Return a claim on some hours."""
    kind = fields.pop("kind", ClaimKind.VISIT)
    return CapacityClaim(name, who, span(first, last), kind, **fields)


def put(one: CapacityClaim) -> None:
    """Write a claim as a row, asking nobody."""
    LedgerClaim.objects.create(
        claim_id=one.claim_id, resource=LedgerResource.objects.get(code=one.resource_id), kind=str(one.kind),
        span=claims._range(one.span), probability=one.probability, units=one.units, holder=one.holder,
        inside=LedgerClaim.objects.get(claim_id=one.inside) if one.inside else None, booked_at=T0,
    )  # fmt: skip


def at_once(acts: Sequence[Sequence[Callable[[], object]]]) -> list[list[BaseException | None]]:
    """Do each row of acts at one moment, each act on a connection of its own; return what each ended with, by row."""
    hands = len(acts[0])
    found: list[list[BaseException | None]] = [[None] * hands for _ in acts]
    together = threading.Barrier(hands)

    def hand(k: int) -> None:
        try:
            for row, done in zip(acts, found, strict=True):
                together.wait(30)
                try:
                    row[k]()
                except (InputError, DatabaseError) as error:
                    done[k] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=hand, args=(k,)) for k in range(hands)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return found
