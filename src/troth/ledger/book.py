"""The one place in which claims are added to a ledger."""

from __future__ import annotations

from collections.abc import Iterable

from troth.core.decision import Severity
from troth.core.errors import InputError
from troth.ledger.check import check
from troth.ledger.claim import CapacityClaim
from troth.ledger.value import CapacityLedger, with_claims


def book(ledger: CapacityLedger, *, claims: Iterable[CapacityClaim]) -> CapacityLedger:
    """Return the ledger with more claims, all of them or none.

    Roster, field and projects add their claims here and nowhere else.

    Raises
    ------
    InputError
        With every issue the new claims would bring: hours used twice, outside the calendar, unknown resources and more,
        see `check`. What was wrong before does not stand in the way.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from troth.core.time import Span
    >>> from troth.ledger import CapacityLedger, CapacityClaim, ClaimKind, Resource, book
    >>> def at(hour): return datetime(2026, 3, 2, hour, tzinfo=UTC)
    >>> ledger = CapacityLedger((Resource("ada"),))
    >>> ledger = book(ledger, claims=[CapacityClaim("s1", "ada", Span(at(8), at(16)), ClaimKind.SHIFT)])
    >>> ledger = book(ledger, claims=[CapacityClaim("v1", "ada", Span(at(9), at(10)), ClaimKind.VISIT, inside="s1")])
    >>> book(ledger, claims=[CapacityClaim("l1", "ada", Span(at(12), at(18)), ClaimKind.LEAVE)])
    Traceback (most recent call last):
    ...
    troth.core.errors.InputError: used-twice at ada 2026-03-02T12:00Z/2026-03-02T16:00Z: 'leave l1, shift s1'. Maybe move or release one of them.
    """
    added = tuple(claims)
    touched = {one.resource_id for one in added}
    before = set(check(ledger, resources=touched))
    made = with_claims(ledger, added=added)
    found = [one for one in check(made, resources=touched) if one.severity is Severity.ERROR and one not in before]
    if found:
        raise InputError(found)
    return made


def release(ledger: CapacityLedger, *, claim_ids: Iterable[str]) -> CapacityLedger:
    """Return the ledger without some claims and all that lies inside them.

    Raises
    ------
    KeyError
        If one is not there.
    """
    gone = set(claim_ids)
    unknown = gone - {one.claim_id for one in ledger.claims}
    if unknown:
        raise KeyError(", ".join(sorted(unknown)))
    while more := {one.claim_id for one in ledger.claims if one.inside in gone} - gone:
        gone |= more
    return CapacityLedger(ledger.resources, tuple(one for one in ledger.claims if one.claim_id not in gone))
