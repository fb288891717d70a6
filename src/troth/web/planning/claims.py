"""Booking and releasing hours of the capacity ledger: the one place through which roster, field and projects do it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q, QuerySet

from troth.core.time import Span
from troth.web.planning import bridge
from troth.web.planning.bridge import CapacityClaim, CapacityLedger
from troth.web.planning.models import LedgerClaim, LedgerResource
from troth.web.planning.rows import ledger_of


@transaction.atomic
def book(claims: Iterable[CapacityClaim], *, now: datetime) -> list[LedgerClaim]:
    """Write claims, all of them or none, and return their rows in the order given.

    Whether they fit is judged by the ledger's own `troth.ledger.book`, while the resources are kept from others who
    book. Whoever writes rows without asking here meets the same limits in the database.

    Parameters
    ----------
    claims : with ids no other claim has.
    now : the present.

    Raises
    ------
    InputError
        With every issue the claims would bring, as `troth.ledger.check` names them: ``used-twice``,
        ``outside-calendar``, ``claim-twice``, ``unknown-resource`` and more.
    """
    added = tuple(claims)
    if not added:
        return []
    bridge.book(_before(added), claims=added)
    try:
        with transaction.atomic():
            return _write(added, now)
    except IntegrityError:
        # A claim of the same name came to another resource meanwhile; now that it stands, the ledger says so.
        bridge.book(_before(added), claims=added)
        raise


@transaction.atomic
def release(claim_ids: Iterable[str]) -> int:
    """Remove claims and all that lies inside them; return how many.

    Raises
    ------
    KeyError : one is not there; then all stay.
    """
    wanted = set(claim_ids)
    _locked(Q(claims__claim_id__in=wanted))
    found = LedgerClaim.objects.filter(claim_id__in=wanted)
    if unknown := wanted - set(found.values_list("claim_id", flat=True)):
        raise KeyError(", ".join(sorted(unknown)))
    return found.delete()[0]


def ledger(*, start: datetime, end: datetime, resource_ids: Collection[str] | None = None) -> CapacityLedger:
    """Return the ledger of a time: the resources, and every claim that touches it.

    Parameters
    ----------
    start, end : half open.
    resource_ids : only these; None for all.
    """
    resources = LedgerResource.objects.select_related("calendar").order_by("code")
    if resource_ids is not None:
        resources = resources.filter(code__in=resource_ids)
    rows = list(resources)
    return ledger_of(rows, claims=_whole(Q(resource__in=rows, span__overlap=_range(Span(start, end)))))


def _before(added: Sequence[CapacityClaim]) -> CapacityLedger:
    """Return the part of the ledger that some claims meet, with its resources locked until the transaction ends."""
    resources = _locked(Q(code__in={one.resource_id for one in added}))
    named = {name for one in added for name in (one.claim_id, one.inside) if name}
    # What is around a claim is read whole, so that it can be told by how much it is left.
    around = list(LedgerClaim.objects.filter(claim_id__in=named, resource__in=resources).values_list("span", flat=True))
    start = min([one.span.start for one in added] + [one.lower for one in around])
    end = max([one.span.end for one in added] + [one.upper for one in around])
    near = Q(resource__in=resources, span__overlap=_range(Span(start, end)))
    return ledger_of(resources, claims=_whole(near | Q(claim_id__in=named)))


def _locked(wanted: Q) -> list[LedgerResource]:
    """Lock resources, always in the same order: two who book the same ones wait for each other and never in a circle."""
    found = LedgerResource.objects.filter(wanted).values("pk")
    rows = LedgerResource.objects.select_related("calendar").filter(pk__in=found).order_by("pk")
    return list(rows.select_for_update(no_key=True, of=("self",)))


def _whole(wanted: Q) -> QuerySet[LedgerClaim]:
    return LedgerClaim.objects.filter(wanted).select_related("resource", "inside").order_by("pk")


def _write(added: Sequence[CapacityClaim], now: datetime) -> list[LedgerClaim]:
    """Write claims that fit: those around others first, for their numbers are needed."""
    resources = dict(
        LedgerResource.objects.filter(code__in={one.resource_id for one in added}).values_list("code", "pk")
    )
    insides = {one.inside for one in added if one.inside}
    known = dict(LedgerClaim.objects.filter(claim_id__in=insides).values_list("claim_id", "pk"))
    rows: dict[str, LedgerClaim] = {}
    left = list(added)
    while left:
        ready = [one for one in left if not one.inside or one.inside in known]
        made = [
            LedgerClaim(
                claim_id=one.claim_id, resource_id=resources[one.resource_id], kind=str(one.kind),
                span=_range(one.span), probability=one.probability, units=one.units, holder=one.holder,
                inside_id=known[one.inside] if one.inside else None, booked_at=now,
            )
            for one in ready
        ]  # fmt: skip
        rows |= {row.claim_id: row for row in LedgerClaim.objects.bulk_create(made)}
        known |= {name: row.pk for name, row in rows.items()}
        left = [one for one in left if one.claim_id not in rows]
    return [rows[one.claim_id] for one in added]


def _range(span: Span) -> DateTimeTZRange:
    return DateTimeTZRange(span.start, span.end, "[)")
