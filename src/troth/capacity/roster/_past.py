"""What schedules say of people: what went before a roster's first day, and what they were told of its days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from troth.capacity.roster._walls import Walls
from troth.capacity.roster.house import HouseRules
from troth.capacity.roster.problem import Before, ShiftKind
from troth.core.decision import Issue, Severity
from troth.core.time import Span


class Stood(NamedTuple):
    """A shift of a schedule: number of its local day, minutes around it, minutes that really passed until its end, where."""

    day: int
    start: int
    end: int
    ended: int
    site: str


def stood(
    rows: Sequence[Mapping[str, Any]], *, known: Collection[str], walls: Walls, days: int, house: HouseRules,
    issues: list[Issue],
) -> dict[str, list[Stood]]:  # fmt: skip
    """Return the shifts of people from the history on, in order; spans that are none are told."""
    low, high = walls.at(0) - house.history, walls.at((days + 2) * 1440)
    found: dict[str, list[Stood]] = defaultdict(list)
    origin = walls.at(0)
    for row in rows:
        who, start, end = row["agent_id"], row["starts_at"], row["ends_at"]
        if who not in known or row["state"] != "shift":
            continue
        if start is None or end is None or not start < end:
            advice = "Maybe start and end were swapped, or the end was left out; the row is passed over."
            issues.append(Issue("bad-span", Severity.WARNING, f"schedules {who}", f"{start} {end}", advice))
        elif start < high and end > low:
            a, b = walls.around(Span(start, end))
            ended = -((origin - end) // timedelta(minutes=1))
            found[who].append(Stood(walls.day_of(start), a, b, ended, row["site"] or ""))
    return {who: sorted(some) for who, some in found.items()}


def before_of(shifts: Sequence[Stood], *, walls: Walls, house: HouseRules) -> Before | None:
    """Return what went before the first day; None if nothing is known."""
    past = [one for one in shifts if one.day < 0]
    if not past:
        return None
    worked = {one.day for one in past}
    run = 0
    while -1 - run in worked:
        run += 1
    dates = [walls.first + timedelta(days=day) for day in worked]
    weekends = len({day.isocalendar()[:2] for day in dates if day.weekday() >= 5})
    if not run:
        return Before(off=-1 - max(worked), weekends=weekends)
    last = max(past, key=lambda one: one.ended)
    return Before(run=run, kind=house.kind_at(last.start), ended=last.ended, weekends=weekends)


def told(
    shifts: Mapping[str, Sequence[Stood]], *, site: str, days: int, kinds: Sequence[ShiftKind], issues: list[Issue]
) -> tuple[tuple[str, int, str], ...] | None:
    """Return what people were told of the days, each shift as the kind whose starts are nearest; None if nothing."""
    found: dict[tuple[str, int], str] = {}
    for who, some in sorted(shifts.items()):
        for one in some:
            if not 0 <= one.day < days or one.site not in (site, "") or not kinds:
                continue
            if (who, one.day) in found:
                advice = "Maybe they are parts of one; a roster has one shift a day, the first is kept."
                issues.append(Issue("two-shifts", Severity.WARNING, f"schedules {who}", f"day {one.day}", advice))
                continue
            minute = one.start % 1440
            near = min(kinds, key=lambda kind: min(abs(start - minute) for start in kind.starts))
            found[who, one.day] = near.kind
    return tuple((who, day, kind) for (who, day), kind in found.items()) or None


def elsewhere(shifts: Sequence[Stood], *, site: str) -> list[tuple[int, int]]:
    """Return minutes that are promised to other sites."""
    return [(one.start, one.end) for one in shifts if one.site not in (site, "")]
