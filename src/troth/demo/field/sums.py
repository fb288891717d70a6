"""The true figures of a period of field service, added up from the world's own records; see `troth.demo.sums`."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Final

from troth.demo.clock import DAY, millis
from troth.demo.field.ledger import FieldVisit
from troth.demo.field.world import FieldWorld

_WINDOW: Final = 30 * DAY
_CAUSES: Final = ("part", "skill", "access", "diagnosis")


def field_sums(world: FieldWorld, *, start: datetime, end: datetime) -> dict[str, tuple[float, float]]:
    """Return numerator and denominator of every figure about visits, and of promises, by KPI.

    Parameters
    ----------
    world : one that kept its ledger and has lived a month beyond `end`.
    start, end : the period, aware; `end` is the first instant that no longer counts.
    """
    sums = _Sums(millis(start), millis(end))
    visits = [v for v in world.ledger.visits if v.outcome != "cancelled"]
    for v, again, of_case in _first(visits):
        if sums.holds(v.ended):
            _fixed(sums, v, again, of_case)
    for v in visits:
        _driven(sums, v)
        if v.first[1] >= 0 and (v.arrived >= 0 or v.broke):
            _on_time(sums, v)
    for _, began, ended in world.ledger.shifts:
        if sums.holds(began):
            sums.add("field.travel_share", 0, (ended - began) / 1000)
            sums.add("field.visits_per_day", 0)
    for at, kept, stated in world.ledger.promises:
        if sums.holds(at):
            sums.add("promise.kept", kept)
            sums.add("promise.kept/stated", stated)
    return {name: (num, den) for name, (num, den) in sums.found.items()}


class _Sums:
    """Sums by KPI of what is dated within the period."""

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end
        self.found: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])

    def holds(self, t: int) -> bool:
        return self.start <= t < self.end

    def add(self, name: str, num: float, den: float = 1.0) -> None:
        self.found[name][0] += num
        self.found[name][1] += den


def _fixed(sums: _Sums, v: FieldVisit, again: int, of_case: int) -> None:
    fixed = v.outcome == "fixed"
    sums.add("field.first_time_fix", fixed and not 0 <= again - v.started <= _WINDOW)
    sums.add("field.first_time_fix/case", fixed and not 0 <= of_case - v.started <= _WINDOW)
    sums.add("field.not_fixed", not fixed)
    for cause in _CAUSES:
        sums.add(f"field.not_fixed/{cause}", v.outcome == cause)


def _on_time(sums: _Sums, v: FieldVisit) -> None:
    if sums.holds(v.first[1]):
        sums.add("field.on_time", 0 <= v.arrived <= v.first[1])
        sums.add("field.on_time/inside", v.first[0] <= v.arrived <= v.first[1])
    if sums.holds(v.window[1]):
        sums.add("field.on_time/last", 0 <= v.arrived <= v.window[1])


def _driven(sums: _Sums, v: FieldVisit) -> None:
    if v.arrived >= 0 and sums.holds(v.left):
        sums.add("field.travel_share", (v.arrived - v.left) / 1000, 0)
    if sums.holds(v.arrived):
        sums.add("field.visits_per_day", 1, 0)


def _first(visits: list[FieldVisit]) -> list[tuple[FieldVisit, int, int]]:
    """Return the first visits in which work began, with when work next began for the same matter, and of the case; -1."""
    by_place: dict[int, list[FieldVisit]] = defaultdict(list)
    for v in visits:
        if v.started >= 0:
            by_place[v.job.place].append(v)
    found, seen = [], set()
    for there in by_place.values():
        there.sort(key=lambda v: v.started)
        for k, v in enumerate(there):
            if v.job.no not in seen:
                seen.add(v.job.no)
                of_case = next((w.started for w in there[k + 1 :] if w.job is v.job), -1)
                again = next((w.started for w in there[k + 1 :] if w.job is v.job or w.job.channel != "contract"), -1)
                found.append((v, again, of_case))
    return found
