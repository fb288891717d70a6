"""The rules of sourcing, and a judge of any plan that knows nothing of how it was made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from troth.core.decision import Issue, Rule
from troth.field.parts._issues import error
from troth.field.parts.problem import SourcingProblem
from troth.field.parts.sourced import SourcedPart, SourceWay, SourcingPlan

#: Every rule by its id.
SOURCING_RULES: Final[Mapping[str, Rule]] = {
    rule.id: rule
    for rule in (
        Rule("sourcing.once", "No piece goes to two visits."),
        Rule("sourcing.in-time", "A piece is on the van by the time it is needed, by a way that is stated."),
        Rule("sourcing.all-or-none", "A visit gets all of its parts, or is told as missed."),
        Rule("sourcing.serial", "No serial number is given twice, and each lies where it is taken from, unreserved."),
        Rule("sourcing.cost", "The costs told are those of the stated prices."),
    )
}  # fmt: skip


def sourcing_breaches(problem: SourcingProblem, *, plan: SourcingPlan) -> list[Issue]:
    """Return every broken rule of a plan, the code being the rule's id.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from troth.field.parts import Stock, source
    >>> nothing = SourcingProblem((), Stock((), ()).at(datetime(2026, 3, 2, tzinfo=UTC)))
    >>> sourcing_breaches(nothing, plan=source(nothing))
    []
    """
    return [
        *_piece_once(problem, plan), *_in_time(problem, plan), *_all_or_none(problem, plan), *_serial_once(problem, plan),
        *_cost_true(problem, plan),
    ]  # fmt: skip


def _piece_once(problem: SourcingProblem, plan: SourcingPlan) -> Iterator[Issue]:
    taken: Counter[tuple[str, str, str]] = Counter()
    for one in plan.pieces:
        source = one.way if one.way in (SourceWay.INCOMING, SourceWay.ORDER) else "shelf"
        taken[one.place, one.part, source] += one.quantity
    for (place, part, way), count in taken.items():
        if way == "shelf":
            most: float = problem.holdings.available(place, part=part)
        elif way == SourceWay.INCOMING:
            most = sum(one.quantity for one in problem.incoming if (one.place, one.part) == (place, part))
        else:
            offers = [one.limit for one in problem.offers if (one.depot, one.part) == (place, part)]
            most = sum(float("inf") if limit is None else limit for limit in offers)
        if count > most:
            yield error("sourcing.once", f"{place} {part} {way}", count, f"Maybe {most:g}: more is not there.")


def _ready(problem: SourcingProblem, one: SourcedPart) -> bool:
    """Tell whether some stated lot and way bring the pieces to the van by the time told."""
    ways = [way.takes for way in problem.handovers if (way.origin, way.van) == (one.place, one.van)]
    if one.way is SourceWay.OWN_VAN:
        return one.place == one.van
    if one.way in (SourceWay.PICK_UP, SourceWay.TRANSFER):
        starts = [problem.holdings.at]
    elif one.way is SourceWay.INCOMING:
        starts = [
            max(c.due_at, problem.holdings.at) for c in problem.incoming if (c.place, c.part) == (one.place, one.part)
        ]
        if one.place == one.van:
            return one.ready_at in starts
    else:
        starts = [problem.holdings.at + o.lead for o in problem.offers if (o.depot, o.part) == (one.place, one.part)]
    return any(start + takes == one.ready_at for start in starts for takes in ways)


def _in_time(problem: SourcingProblem, plan: SourcingPlan) -> Iterator[Issue]:
    needs = {(one.visit, one.part): one for one in problem.needs}
    for one in plan.pieces:
        need = needs.get((one.visit, one.part))
        where = f"{one.visit} {one.part}"
        if need is None or need.van != one.van:
            yield error("sourcing.in-time", where, one.van, "Maybe it is for another visit.")
        elif one.ready_at > need.by_at or not _ready(problem, one):
            yield error("sourcing.in-time", where, one.ready_at, f"Maybe another source: it is needed by {need.by_at}.")


def _all_or_none(problem: SourcingProblem, plan: SourcingPlan) -> Iterator[Issue]:
    got: Counter[tuple[str, str]] = Counter()
    for one in plan.pieces:
        got[one.visit, one.part] += one.quantity
    missed = Counter((one.visit, one.part) for one in plan.missed)
    visits = {one.visit for one in plan.missed}
    for need in problem.needs:
        wanted = (0, 1) if need.visit in visits else (need.quantity, 0)
        if (got[need.visit, need.part], missed[need.visit, need.part]) != wanted:
            advice = "Maybe all of a visit's parts are to be sourced, or none."
            yield error("sourcing.all-or-none", f"{need.visit} {need.part}", got[need.visit, need.part], advice)


def _serial_once(problem: SourcingProblem, plan: SourcingPlan) -> Iterator[Issue]:
    given: Counter[tuple[str, str]] = Counter()
    for one in plan.pieces:
        given.update((one.part, number) for number in one.serials)
        for number in one.serials:
            if number not in problem.holdings.serials(one.place, part=one.part):
                yield error("sourcing.serial", f"{one.visit} {one.part}", number, "Maybe it lies elsewhere.")
        if len(one.serials) > one.quantity:
            yield error("sourcing.serial", f"{one.visit} {one.part}", len(one.serials), "Maybe fewer numbers.")
    for (part, number), count in given.items():
        if count > 1:
            yield error("sourcing.serial", part, number, "Maybe another piece for the second visit.")


def _cost_true(problem: SourcingProblem, plan: SourcingPlan) -> Iterator[Issue]:
    prices = {(one.origin, one.van): one.cost_cents for one in problem.handovers}
    days = {one.visit: one.by_at.date() for one in problem.needs}
    trips = {(one.place, one.van, days[one.visit]) for one in plan.pieces if one.place != one.van and one.visit in days}
    told = {(one.origin, one.van, one.date): one.cost_cents for one in plan.trips}
    if told != {trip: prices.get(trip[:2], -1) for trip in trips}:
        yield error("sourcing.cost", "trips", sorted(told), "Maybe one trip for each day, van and place.")
    offers = {
        (o.part, o.depot, o.lead): o
        for o in sorted(problem.offers, key=lambda o: (o.order_cents, o.unit_cents), reverse=True)
    }
    ways = {(one.origin, one.van): one.takes for one in problem.handovers}
    used = set()
    for one in plan.pieces:
        unit = 0
        if one.way is SourceWay.ORDER:
            lead = one.ready_at - problem.holdings.at - ways.get((one.place, one.van), timedelta(0))
            offer = offers.get((one.part, one.place, lead))
            unit = offer.unit_cents if offer else -1
            used.add((one.part, one.place, lead))
        if one.cost_cents != unit * one.quantity:
            yield error("sourcing.cost", f"{one.visit} {one.part}", one.cost_cents, f"Maybe {unit * one.quantity}.")
    ordered = sum(offers[key].order_cents for key in used if key in offers)
    lost = sum(problem.missing_cents(visit) for visit in {one.visit for one in plan.missed})
    for name, is_told, is_true in (
        ("missed_cents", plan.missed_cents, lost),
        ("order_cents", plan.order_cents, ordered),
        ("unit_cents", plan.unit_cents, sum(one.cost_cents for one in plan.pieces)),
    ):
        if is_told != is_true:
            yield error("sourcing.cost", name, is_told, f"Maybe {is_true}.")
