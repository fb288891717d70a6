"""Who is where: the cover of a roster against what is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from troth.capacity.roster.problem import Duty, RosterProblem

#: A violation's fields: rule, person, day, amount, cost, what.
Row = tuple[str, str, int, float, float, str]


def people_by_slot(problem: RosterProblem, duties: Sequence[Duty]) -> Counter[tuple[str, int]]:
    """Return how many people are in an activity in a slot of the horizon."""
    here: Counter[tuple[str, int]] = Counter()
    for duty in duties:
        first = duty.day * 1440 + duty.start
        for activity, a, b in duty.stretches:
            if activity:
                for slot in range((first + a) // problem.slot_minutes, (first + b) // problem.slot_minutes):
                    here[activity, slot] += 1
    return here


def cover_violations(problem: RosterProblem, duties: Sequence[Duty]) -> Iterator[Row]:
    """Yield what is missing or too much, by kind and day and by activity and slot."""
    had = Counter((d.day, d.kind) for d in duties)
    for need in problem.kind_needs:
        n = had[need.day, need.kind]
        if n < need.wanted and need.under:
            yield "roster.under", "", need.day, need.wanted - n, need.under * (need.wanted - n), need.kind
        if n > need.wanted and need.over:
            yield "roster.over", "", need.day, n - need.wanted, need.over * (n - need.wanted), need.kind
    here = people_by_slot(problem, duties)
    for of in problem.slot_needs:
        for slot in range(problem.slots):
            n = here[of.activity, slot]
            day, minute = divmod(slot * problem.slot_minutes, 1440)
            what = f"{of.activity} {minute // 60:02d}:{minute % 60:02d}"
            if n < of.floor[slot]:
                yield "roster.floor", "", day, of.floor[slot] - n, 0.0, what
            if n < of.wanted[slot] and of.under[slot]:
                short = of.wanted[slot] - n
                yield "roster.under", "", day, short, of.under[slot] * short, what
            if n > of.most[slot] and (of.over or of.over_square):
                long = n - of.most[slot]
                yield "roster.over", "", day, long, of.over * long + of.over_square * long**2, what
