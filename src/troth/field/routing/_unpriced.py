"""What a problem asks for without saying what it is worth: a search that costs nothing to disappoint does not mind."""

from __future__ import annotations

from collections.abc import Iterator

from troth.core.decision import Issue, Severity
from troth.field.routing.problem import RoutingProblem


def unpriced(problem: RoutingProblem) -> Iterator[Issue]:
    """Yield wishes and hours without a price, each kind once with how many there are; `where` names the first.

    Forms of others have prices of their own, or none: this is for problems in our own.
    """
    other = [one for one in problem.visits if one.preferred and one.other_cents == 0]
    if other:
        advice = "Maybe add other_cents: without a price anybody else is as good."
        yield _idle(f"visits[{other[0].visit_id}].preferred", advice, len(other))
    soft = [one for one in problem.visits if one.soft is not None]
    soft = [
        one for one in soft if one.soft and not one.soft.early_cents_per_minute and not one.soft.late_cents_per_minute
    ]
    if soft:
        advice = "Maybe add early_cents_per_minute or late_cents_per_minute: without a price it is no wish."
        yield _idle(f"visits[{soft[0].visit_id}].soft", advice, len(soft))
    prices = problem.prices
    free_to_change = prices.most_changes is None and not prices.other_technician_cents
    if problem.published and free_to_change and not prices.moved_cents_per_minute:
        advice = "Maybe add most_changes, or what a change costs, to prices: else it changes as it likes."
        yield _idle("published", advice, len(problem.published))
    people = [one for one in problem.technicians if one.shifts]
    free = [one for one in people if one.cost_per_hour_cents == 0 and one.cost_per_km_cents == 0]
    if free and prices.balance_cents == 0:
        advice = "Maybe add cost_per_hour_cents or cost_per_km_cents: a detour of theirs costs nothing."
        yield Issue("no-price", Severity.WARNING, f"technicians[{free[0].technician_id}]", "", advice, len(free))
    late = [one for one in people if any(shift.overtime_s > 0 for shift in one.shifts)]
    late = [one for one in late if one.overtime_per_hour_cents == 0 and one.cost_per_hour_cents == 0]
    if late:
        where = f"technicians[{late[0].technician_id}].overtime_per_hour_cents"
        yield Issue("no-price", Severity.INFO, where, "", "Maybe add it: their overtime costs nothing.", len(late))


def _idle(where: str, advice: str, count: int) -> Issue:
    return Issue("no-effect", Severity.WARNING, where, "", advice, count)
