"""Whether every hour has one use: all conflicts of a ledger at once. The only place where this is decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from math import isfinite

import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.time import Span, from_micros, to_micros
from troth.ledger._columns import levels
from troth.ledger.claim import AWAY, CapacityClaim, Resource
from troth.ledger.value import CapacityLedger


def check(ledger: CapacityLedger, *, resources: Collection[str] | None = None) -> list[Issue]:
    """Return everything that contradicts itself, with who, when and what; in an order that does not depend on the booking's.

    Parameters
    ----------
    resources : only claims on these; None for all.

    Notes
    -----
    ``used-twice``: hard claims take more than the capacity, one issue a stretch. ``outside-calendar``: a hard claim other
    than leave, absence or maintenance lies where the calendar is closed. ``outside-claim``: it leaves the claim it is inside
    of. ``expected-over`` (a warning): tentative and hard claims together are expected to take more than there is.
    """
    known = {one.resource_id: one for one in reversed(ledger.resources)}
    rows = [k for k, one in enumerate(ledger.claims) if resources is None or one.resource_id in resources]
    claims = [ledger.claims[k] for k in rows]
    by_id = {one.claim_id: one for one in ledger.claims}
    found = [
        *_resources(ledger.resources),
        *_alone(claims, known),
        *_ids(ledger.claims, claims),
        *_around(claims, by_id),
    ]
    usable = [k for k in rows if _usable(ledger.claims[k], known, by_id)]
    found += _closed([ledger.claims[k] for k in usable], known)
    found += _over(ledger, usable, known, by_id)
    return sorted(found, key=lambda one: (one.severity is not Severity.ERROR, one.where, one.code, one.value))


def _issue(code: str, where: str, value: object, advice: str, severity: Severity = Severity.ERROR) -> Issue:
    return Issue(code, severity, where, str(value), advice)


def _resources(given: Sequence[Resource]) -> Iterator[Issue]:
    for name, count in Counter(one.resource_id for one in given).items():
        if count > 1:
            yield _issue("resource-twice", name, count, "Maybe one of them is another resource and needs its own id.")
    for one in given:
        if one.capacity < 0:
            yield _issue("bad-capacity", one.resource_id, one.capacity, "Maybe 0 for what cannot be used at all.")


def _alone(claims: Sequence[CapacityClaim], known: dict[str, Resource]) -> Iterator[Issue]:
    for one in claims:
        if one.resource_id not in known:
            yield _issue(
                "unknown-resource", one.claim_id, one.resource_id, "Maybe the resource was renamed or not read."
            )
        if one.span.start == one.span.end:
            yield _issue("empty-claim", one.claim_id, _when(one.span), "Maybe its end was not filled in.")
        if not (isfinite(one.probability) and 0 < one.probability <= 1):
            yield _issue("bad-probability", one.claim_id, one.probability, "Maybe a share such as 0.6; 1 is certain.")
        if one.units < 1:
            yield _issue("bad-units", one.claim_id, one.units, "Maybe 1: a claim takes at least one unit.")


def _ids(every: Sequence[CapacityClaim], claims: Sequence[CapacityClaim]) -> Iterator[Issue]:
    mine = {one.claim_id for one in claims}
    for name, count in Counter(one.claim_id for one in every if one.claim_id in mine).items():
        if count > 1:
            yield _issue("claim-twice", name, count, "Maybe it was booked before: release it first.")


def _around(claims: Sequence[CapacityClaim], by_id: dict[str, CapacityClaim]) -> Iterator[Issue]:
    for one in claims:
        if not one.inside:
            continue
        outer = by_id.get(one.inside)
        if outer is None or outer.resource_id != one.resource_id or _circular(one, by_id):
            advice = "Maybe that claim was released, or is on another resource."
            yield _issue("unknown-inside", one.claim_id, one.inside, advice)
        elif one.span.start < outer.span.start or one.span.end > outer.span.end:
            advice = f"Maybe shorten it to {_when(outer.span)}, or make {outer.kind} {outer.claim_id} longer."
            yield _issue("outside-claim", one.claim_id, _when(one.span), advice)


def _circular(one: CapacityClaim, by_id: dict[str, CapacityClaim]) -> bool:
    seen = {one.claim_id}
    while one.inside:
        if one.inside in seen or one.inside not in by_id:
            return True
        seen.add(one.inside)
        one = by_id[one.inside]
    return False


def _usable(one: CapacityClaim, known: dict[str, Resource], by_id: dict[str, CapacityClaim]) -> bool:
    return (
        one.resource_id in known
        and one.span.start < one.span.end
        and isfinite(one.probability)
        and (not one.inside or one.inside in by_id)
    )


def _closed(claims: Sequence[CapacityClaim], known: dict[str, Resource]) -> Iterator[Issue]:
    """Complain about claims where the calendar is closed; each calendar is opened once for all its claims."""
    mine: dict[int, list[CapacityClaim]] = {}
    for one in claims:
        calendar = known[one.resource_id].calendar
        if calendar is not None and one.hard and not one.inside and one.kind not in AWAY:
            mine.setdefault(id(calendar), []).append(one)
    for some in mine.values():
        calendar = known[some[0].resource_id].calendar
        assert calendar is not None
        spans = calendar.spans(min(one.span.start for one in some), max(one.span.end for one in some))
        starts = np.array([to_micros(one.start) for one in spans], np.int64)
        ends = np.array([to_micros(one.end) for one in spans], np.int64)
        for one in some:
            place = int(np.searchsorted(starts, to_micros(one.span.start), side="right")) - 1
            if place < 0 or ends[place] < to_micros(one.span.end):
                advice = f"Maybe calendar {calendar.name} is of somebody else, or lacks a special day."
                yield _issue(
                    "outside-calendar", f"{one.resource_id} {_when(one.span)}", f"{one.kind} {one.claim_id}", advice
                )


def _over(
    ledger: CapacityLedger, rows: list[int], known: dict[str, Resource], by_id: dict[str, CapacityClaim]
) -> Iterator[Issue]:
    """Complain about stretches in which more is taken than there is, of resources and of claims with others inside."""
    if not rows:
        return
    arrays, places = ledger.arrays, np.array(rows)
    names = [(ledger.claims[k].resource_id, ledger.claims[k].inside) for k in rows]
    groups = {name: place for place, name in enumerate(sorted(set(names)))}
    order = list(groups)
    group = np.array([groups[name] for name in names])
    room = np.array([by_id[inside].units if inside else known[resource].capacity for resource, inside in order])
    start, end, units, share = (column[places] for column in arrays)
    hard = share >= 1
    for sort, amount, use in (
        ("used-twice", units * 1.0, hard),
        ("expected-over", units * share, np.full(len(rows), True)),
    ):
        taken = levels(start[use], end[use], group=group[use], amount=amount[use])
        over = taken.amount > room[taken.group] + 1e-9
        if sort == "expected-over" and over.any() and not (~hard).any():
            continue  # told already
        for g, low, high in _stretches(taken.group[over], taken.at[over], taken.until[over]):
            there = np.flatnonzero((group == g) & use & (start < high) & (end > low))
            if sort == "expected-over" and hard[there].all():
                continue
            mine = sorted((ledger.claims[rows[k]] for k in there), key=lambda one: (one.kind, one.claim_id))
            value = ", ".join(f"{one.kind} {one.claim_id}" for one in mine)
            where = f"{order[g][0]} {_when(Span(from_micros(low), from_micros(high)))}"
            if sort == "used-twice":
                yield _issue(sort, where, value, "Maybe move or release one of them.")
            else:
                advice = "Maybe find a second resource in case all of them come."
                yield _issue(sort, where, value, advice, Severity.WARNING)


def _stretches(group: np.ndarray, at: np.ndarray, until: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Yield the stretches with those that touch made one."""
    if not len(at):
        return
    begins = np.r_[True, (group[1:] != group[:-1]) | (at[1:] > until[:-1])]
    first = np.flatnonzero(begins)
    last = np.r_[first[1:] - 1, len(at) - 1]
    for a, b in zip(first, last, strict=True):
        yield int(group[a]), int(at[a]), int(until[b])


def _when(span: Span) -> str:
    return f"{_short(span.start)}/{_short(span.end)}"


def _short(at: datetime) -> str:
    text = at.isoformat(timespec="minutes" if not (at.second or at.microsecond) else "auto")
    return text.replace("+00:00", "Z")
