"""The demo's field service with vans loaded every morning by one way or another, all from the same history on the same days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from troth.demo.field import Dispatch, FieldWorld, field_service
from troth.demo.field.tables import reference
from troth.demo.field.truth import FieldParams
from troth.field.parts import (
    LoadingProblem,
    LoadVisit,
    PartCase,
    PartChances,
    PartHistory,
    PartRule,
    VanRoom,
    history_of,
    learn_parts,
    load_vans,
)
from troth.log.reference import TABLES

#: Weeks of history, weeks that are judged, and weeks after them in which what began can end.
HISTORY, JUDGED, AFTER = 20, 6, 5
ZONE: Final = ZoneInfo("Europe/Vilnius")
SERVICES: Final = ("repair", "emergency", "inspection", "installation")
#: The company's own rule, then ours with chances of three kinds.
WAYS: Final = ("own", "service", "known", "learned")
_KINDS: Final = ("boiler", "heat pump", "ventilation", "water heater")
_MINUTE: Final = 60_000


def company(seed: int) -> FieldParams:
    """Return the field service; each seed begins two weeks later in the year."""
    start = date(2025, 1, 6) + timedelta(days=14 * seed)
    return field_service("f", start=start.isoformat(), days=7 * (HISTORY + JUDGED + AFTER))


def first_day(truth: FieldParams) -> date:
    """Return the first day that is judged."""
    return date.fromisoformat(truth.start) + timedelta(days=7 * HISTORY)


def assets(truth: FieldParams) -> list[dict[str, Any]]:
    """Return the rows of the reference table `assets`."""
    names = TABLES["assets"].schema.names
    rows = [dict(zip(names, row, strict=False)) for row in reference(truth, until=_at(first_day(truth)))["assets"]]
    return [{**row, "installed_date": date.fromisoformat(row["installed_date"])} for row in rows]


def _at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Lived:
    """What became of the judged weeks.

    Parameters
    ----------
    first, lacking, fixed : visits in which work began for the first time, those that ended for want of a part, and those
        that settled the matter.
    all_begun, all_lacking : all visits that ended settled or for want of a part, and the latter.
    pieces, worth_cents : mean over mornings of what a van carries after loading.
    stated : mean probability stated of planned visits that all they need is aboard; NaN for the company's own rule.
    """

    first: int
    lacking: int
    fixed: int
    all_begun: int
    all_lacking: int
    pieces: float
    worth_cents: float
    stated: float


def before(seed: int) -> tuple[FieldWorld, PartHistory]:
    """Live through the history; return the world and what its log tells."""
    truth = company(seed)
    world = FieldWorld(truth, seed=seed)
    events = world.step(_at(first_day(truth))).to_pylist()
    return world, history_of(events, tables={"assets": assets(truth)}, services=SERVICES)


def live(world: FieldWorld, *, way: str, chances: PartChances, history: PartHistory) -> Lived:
    """Live through the judged weeks and those after, vans loaded in one way in the judged weeks."""
    truth, start = world.truth, first_day(world.truth)
    rates = Surprise.of(history, truth=truth, as_of=_at(start))
    carried: list[tuple[int, int]] = []
    stated: list[float] = []
    costs = {part.part: part.cost_cents for part in truth.parts}
    for k in range(7 * JUDGED):
        day = start + timedelta(days=k)
        plan_at = _plan_at(world, day)
        if plan_at is None:
            continue
        world.step(plan_at - timedelta(seconds=1), controls=Dispatch())
        loads: Mapping[str, Mapping[str, int]] = {}
        if way != "own":
            planned = world.copy()
            planned.step(plan_at)
            loads, sure = _loads(world, planned.known(), way=way, chances=chances, history=history, rates=rates)
            stated += sure
        world.step(plan_at, controls=Dispatch(loads=loads))
        vans = [one["van"] for one in world.known()["technicians"] if one["shift"] and not one["ill"]]
        carried += [(sum(van.values()), sum(n * costs[part] for part, n in van.items())) for van in vans]
    world.step(_at(start + timedelta(days=7 * (JUDGED + AFTER))), controls=Dispatch())
    return _lived(world, start, carried, stated)


def _plan_at(world: FieldWorld, day: date) -> datetime | None:
    """Return when the company makes the plan of a day, three quarters of an hour before it opens; None if it is closed."""
    local = world.day(day)
    if not world.duty(day):
        return None
    return datetime.fromtimestamp((local.opens - 45 * _MINUTE) / 1000, UTC)


@dataclass(frozen=True, slots=True)
class Surprise:
    """Visits that are not planned yet, by van and day: expected number by (service, kind)."""

    rates: Mapping[tuple[str, str], float]

    @classmethod
    def of(cls, history: PartHistory, *, truth: FieldParams, as_of: datetime) -> Surprise:
        """Return rates of the last eight weeks: per technician and working day."""
        since = as_of - timedelta(days=56)
        cases = [one for one in history.cases if since <= one.opened_at < as_of]
        count = Counter((one.service, one.kind) for one in cases if one.service in ("repair", "emergency"))
        return cls({key: n / (len(truth.technicians) * 48) for key, n in count.items()})


def _loads(
    world: FieldWorld,
    known: Mapping[str, Any],
    *,
    way: str,
    chances: PartChances,
    history: PartHistory,
    rates: Surprise,
) -> tuple[dict[str, dict[str, int]], list[float]]:
    """Return what each van is to hold, and the stated chance that a planned visit has all it needs."""
    truth = world.truth
    by_id = {one["visit"]: one for one in known["visits"]}
    there = {one["technician"]: one for one in world.known()["technicians"]}
    working = [one for one in known["technicians"] if one["shift"] and not one["ill"]]
    table = _Table(way, chances, history, known)
    visits, rooms = [], []
    full = {part.part: part.van for part in truth.parts}
    for one in working:
        van, sure = one["technician"], Counter[str]()
        for visit in one["route"]:
            visits.append(LoadVisit(visit, van, table.planned[visit]))
            sure.update(part for part, chance in table.planned[visit].items() if chance == 1.0)
        for (service, kind), rate in sorted(rates.rates.items()):
            if kind in one["skills"]:
                need = table.usual(service, kind)
                visits.append(LoadVisit(f"{van} {service} {kind}", van, need, share=min(1.0, rate)))
        # As many pieces as the company's own rule may put on a van, which lays what is known to be needed on top.
        room = sum(full.values()) + sum(max(0, n - full[part]) for part, n in sure.items())
        rooms.append(VanRoom(van, {"pieces": float(room)}, there[van]["van"]))
    # A quarter of the price a year for a piece that lies on a van.
    hold = {part.part: part.cost_cents * 0.25 / 365 for part in truth.parts}
    plan = load_vans(LoadingProblem(tuple(visits), tuple(rooms), world.known()["depot"], hold_cents=hold))
    stated = [plan.complete[visit.visit] for visit in visits if visit.visit in by_id]
    return {van: dict(held) for van, held in plan.aboard.items()}, stated


class _Table:
    """Chances of a morning's visits, planned and usual, by what is used to tell them."""

    def __init__(self, way: str, chances: PartChances, history: PartHistory, known: Mapping[str, Any]) -> None:
        at = datetime.fromtimestamp(known["at"] / 1000, UTC)
        visits = known["visits"]
        self.known, self.way = visits, way
        kinds = sorted({(service, kind) for service in ("repair", "emergency") for kind in _KINDS})
        cases = [PartCase("?", one["service"], one["skill"], one["asset"], at) for one in visits]
        cases += [PartCase("?", service, kind, "", at) for service, kind in kinds]
        rule = PartRule.SERVICE if way == "service" else None
        told: NDArray[np.float64] = chances.of(cases, history=history, rule=rule)
        rows = [{part: float(p) for part, p in zip(chances.parts, row, strict=True) if p > 0.001} for row in told]
        self.usually = dict(zip(kinds, rows[len(visits) :], strict=True))
        self.planned = {}
        for visit, row in zip(visits, rows, strict=False):
            # What an earlier visit found is known to all ways.
            sure = {part: chance for part, chance in visit["parts"].items() if chance == 1.0}
            self.planned[visit["visit"]] = sure or (dict(visit["parts"]) if way == "known" else row)

    def usual(self, service: str, kind: str) -> dict[str, float]:
        """Return the chances of a visit that is not known yet."""
        if self.way == "known":
            alike = [one["parts"] for one in self.known if (one["service"], one["skill"]) == (service, kind)]
            return next((dict(parts) for parts in alike if max(parts.values(), default=1.0) < 1), {})
        return self.usually[service, kind]


def _lived(world: FieldWorld, start: date, carried: Sequence[tuple[int, int]], stated: Sequence[float]) -> Lived:
    low, high = (int(_at(start + timedelta(days=d)).timestamp() * 1000) for d in (0, 7 * JUDGED))
    visits = [one for one in world.ledger.visits if low <= one.started < high]
    first = [one for one in visits if one.attempt == 1]
    return Lived(
        len(first), sum(one.outcome == "part" for one in first), sum(one.outcome == "fixed" for one in first),
        sum(one.outcome in ("part", "fixed") for one in visits), sum(one.outcome == "part" for one in visits), float(np.mean([n for n, _ in carried])),
        float(np.mean([c for _, c in carried])), float(np.mean(stated)) if stated else float("nan"),
    )  # fmt: skip


def foretold(
    world: FieldWorld, *, chances: PartChances, history: PartHistory
) -> dict[str, tuple[NDArray[np.float64], NDArray[np.bool_]]]:
    """Return by way of telling the chances of the judged weeks' cases and what they truly needed, shape (cases, parts).

    The truth is the world's own record of what each repair takes, whether or not it was resolved.
    """
    truth, start = world.truth, first_day(world.truth)
    low, high = (int(_at(start + timedelta(days=d)).timestamp() * 1000) for d in (0, 7 * JUDGED))
    jobs = [one for one in world.ledger.jobs if low <= one.opened < high]
    cases = [
        PartCase(
            str(one.no), truth.services[one.service].service, truth.kinds[world.places[one.place].kind].kind,
            f"a{truth.code}{one.place}", datetime.fromtimestamp(one.opened / 1000, UTC),
        )
        for one in jobs
    ]  # fmt: skip
    needed = np.array([[part in one.needs for part in chances.parts] for one in jobs])
    rules = {"service": PartRule.SERVICE, "kind": PartRule.KIND, "learned": None}
    return {name: (chances.of(cases, history=history, rule=rule), needed) for name, rule in rules.items()}


def learned(history: PartHistory, *, truth: FieldParams) -> PartChances:
    """Learn chances from the history alone."""
    return learn_parts(history, as_of=_at(first_day(truth)), parts=[part.part for part in truth.parts])
