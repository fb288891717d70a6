"""Figures about visits, from the words of the definitions; see `reference_kpis`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from tests.kpi.reference import Row
from tests.kpi.reference_world import KPIS, Item, Items, World, kpi


def _first(w: World) -> Iterator[tuple[Row, datetime | None, datetime | None]]:
    """Yield the first visits with work, with when work next began for the same matter, and of the same case."""
    worked = sorted((v for v in w.visits if v.started), key=lambda v: (v.started, v.visit))
    seen = set()
    for k, v in enumerate(worked):
        if v.case_id not in seen:
            seen.add(v.case_id)
            later = worked[k + 1 :]
            case = [o.started for o in later if o.case_id == v.case_id]
            asked = [o.started for o in later if (o.asset or o.case_id) == (v.asset or v.case_id) and not o.by_system]
            if v.ended:
                yield v, min([*case, *asked], default=None), min(case, default=None)


def _settled(v: Row) -> bool:
    return v.outcome in ("fixed", "done")


def _fixed(name: str, which: int) -> None:
    def found(w: World) -> Items:
        for one in _first(w):
            v, again = one[0], one[1 + which]
            soon = again is not None and again - v.started <= w.params.fix_window
            yield Item(v.ended, float(_settled(v) and not soon), 1, v)

    KPIS[name] = found


_fixed("field.first_time_fix", 0)
_fixed("field.first_time_fix/case", 1)


def _left(name: str, hit: Callable[[Row], bool]) -> None:
    def found(w: World) -> Items:
        for v, _, _ in _first(w):
            yield Item(v.ended, float(hit(v)), 1, v)

    KPIS[name] = found


def _ended_by(cause: str) -> Callable[[Row], bool]:
    return lambda v: v.outcome == cause


_left("field.not_fixed", lambda v: not _settled(v))
for _cause in ("part", "skill", "access", "diagnosis"):
    _left(f"field.not_fixed/{_cause}", _ended_by(_cause))


def _in_window(name: str, end: str, hit: Callable[[Row], bool]) -> None:
    def found(w: World) -> Items:
        for v in w.visits:
            given_up = (v.waived or v.cancelled) and not v.arrived
            if getattr(v, end) and not given_up and (v.arrived or v.broken):
                yield Item(getattr(v, end), float(hit(v)), 1, v)

    KPIS[name] = found


_in_window("field.on_time", "first_ends", lambda v: bool(v.arrived and v.arrived <= v.first_ends))
_in_window("field.on_time/last", "last_ends", lambda v: bool(v.arrived and v.arrived <= v.last_ends))
_in_window(
    "field.on_time/inside",
    "first_ends",
    lambda v: bool(v.arrived and v.first_starts and v.first_starts <= v.arrived <= v.first_ends),
)


def _shifts(w: World) -> list[Row]:
    """Return the paid stretches of people who ever left for a visit."""
    drivers = {v.agent_id for v in w.visits if v.left and v.agent_id}
    return [s for s in w.shifts if s.agent_id in drivers]


@kpi("field.travel_share")
def _travel(w: World) -> Items:
    for v in w.visits:
        if v.left and v.arrived and v.arrived >= v.left:
            yield Item(v.left, (v.arrived - v.left).total_seconds(), 0, v)
    for s in _shifts(w):
        yield Item(s.started, 0, (s.ended - s.started).total_seconds(), s, counts=False)


@kpi("field.visits_per_day")
def _per_day(w: World) -> Items:
    for v in w.visits:
        if v.arrived:
            yield Item(v.arrived, 1, 0, v)
    for s in _shifts(w):
        yield Item(s.started, 0, 1, s, counts=False)
