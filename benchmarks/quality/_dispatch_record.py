"""What the desk learns from the log of the demo company: work, travel, windows kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa

from troth.demo.field import FieldWorld
from troth.field.routing.learn import (
    FieldSpread,
    KeptRecord,
    LearnedWork,
    learn_kept,
    learn_work,
    usual_spread,
)
from troth.field.travel import GreatCircle, TravelPattern, Trips, learn

DAY_MS: Final = 86_400_000
_SEEN: Final = ("travel_started", "arrived_on_site", "work_started", "work_ended", "no_show")


@dataclass(frozen=True, slots=True)
class Offered:
    """A window the desk offered: what it stated, and what the plan said then."""

    visit: str
    starts_ms: float
    ends_ms: float
    stated: float
    chance: float
    same_day: bool
    at_ms: float
    service: str
    attempt: int
    trying: bool

    @property
    def hours(self) -> float:
        return (self.ends_ms - self.starts_ms) / 3_600_000


@dataclass(slots=True)
class Record:
    """What is known from events so far.

    `trying` is true in the first weeks, when lengths of windows are tried out. `lacking` are visits that ended for want of a part
    since the desk last looked, with who was there; `pledges` counts what became of promises, by activity, after those weeks.
    """

    work: LearnedWork = field(
        default_factory=lambda: learn_work([], standard_s=[], services=[], technicians=[], days=[])
    )
    travel: Any = field(
        default_factory=lambda: GreatCircle(detour=1.3, speed_kmh=32.0, pattern=TravelPattern(fixed_s=180.0))
    )
    kept: KeptRecord = field(
        default_factory=lambda: learn_kept([], probability=[], hours=[], same_day=[], ages_days=[])
    )
    trying: bool = True
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    facts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    here: dict[str, tuple[float, float]] = field(default_factory=dict)
    trips: list[tuple[float, ...]] = field(default_factory=list)
    jobs: list[tuple[float, float, str, str, int]] = field(default_factory=list)
    lacking: list[tuple[str, str]] = field(default_factory=list)
    pledges: Counter[str] = field(default_factory=Counter)

    def ended(self, visit: str) -> bool:
        return "work_ended" in self.seen.get(visit, {}) or "no_show" in self.seen.get(visit, {})

    def note(self, events: pa.Table, known: Mapping[str, Any]) -> None:
        """Take in what happened in the last step."""
        for row in known["visits"]:
            self.facts[row["visit"]] = row
        for one in known["technicians"]:
            self.here.setdefault(one["technician"], tuple(one["home"]))
        names = ("activity", "subject_id", "agent_id", "occurred_at", "attributes")
        for activity, visit, agent, at, more in zip(*(events.column(name).to_pylist() for name in names), strict=True):
            if activity.startswith("promise") and not self.trying:
                self.pledges[activity] += 1
            if activity == "work_ended" and visit and '"reason": "part"' in (more or ""):
                self.lacking.append((visit, agent))
            if activity == "shift_started" and agent:
                self.here[agent] = next(
                    tuple(one["home"]) for one in known["technicians"] if one["technician"] == agent
                )
            if activity not in _SEEN or visit is None:
                continue
            its = self.seen.setdefault(visit, {})
            its[activity] = at.timestamp()
            its["agent"] = agent or its.get("agent")
            fact = self.facts.get(visit)
            if fact is None:
                continue
            there = (fact["latitude"], fact["longitude"])
            who = its["agent"]
            if activity == "arrived_on_site" and who:
                if "travel_started" in its:
                    self.trips.append(
                        (
                            *self.here.get(who, there),
                            *there,
                            its["travel_started"],
                            at.timestamp() - its["travel_started"],
                        )
                    )
                self.here[who] = there
            if activity in ("work_ended", "no_show") and "arrived_on_site" in its and who:
                begun = max(its["arrived_on_site"], (fact["window_start"] or 0) / 1000)
                self.jobs.append(
                    (
                        max(at.timestamp() - begun, 60.0),
                        fact["expected_s"],
                        fact["service"],
                        who,
                        int(at.timestamp() // 86_400),
                    )
                )

    def learn(self, offers: Mapping[str, Offered], now_ms: float, world: FieldWorld) -> None:
        """Learn anew from all that is known by now; of windows only from what the log says of them."""
        if len(self.jobs) >= 30:
            took, standard, services, people, days = zip(*self.jobs, strict=True)
            self.work = learn_work(took, standard_s=standard, services=services, technicians=people, days=days)
        if len(self.trips) >= 60:
            trips = np.array(self.trips)
            self.travel = learn(
                Trips(trips[:, :2], trips[:, 2:4], trips[:, 4], trips[:, 5]), time_zone=world.truth.time_zone
            )
        rows = [
            (one, kept) for one in offers.values() if one.ends_ms < now_ms and (kept := outcome(world, one)) is not None
        ]
        if rows:
            self.kept = learn_kept(
                [kept for _, kept in rows], probability=[one.chance for one, _ in rows], hours=[one.hours for one, _ in rows],
                same_day=[one.same_day for one, _ in rows], ages_days=[(now_ms - one.ends_ms) / DAY_MS for one, _ in rows],
            )  # fmt: skip

    def spread(self, services: Mapping[str, str]) -> FieldSpread:
        """Return the spread of work and travel as learned."""
        pattern = self.travel.pattern
        return usual_spread(
            self.work, services=services, travel_sigma=pattern.sigma or 0.25, travel_day_sigma=pattern.day_sigma or 0.1
        )


def outcome(world: FieldWorld, offer: Offered) -> bool | None:
    """Return whether somebody arrived by the end of the window as it was offered; None if the customer gave it up or moved it.

    Read from the records of the world; the log's `booked`, `rescheduled`, `cancelled` and `arrived_on_site` say the same.
    """
    visit = visits(world).get(offer.visit)
    if visit is None or visit.outcome == "cancelled" or round(visit.first[1]) != round(offer.ends_ms):
        return None
    return bool(0 <= visit.arrived <= offer.ends_ms)


_BY_ID: dict[int, tuple[int, dict[str, Any]]] = {}


def visits(world: FieldWorld) -> dict[str, Any]:
    """Return the world's visits by id."""
    count, held = _BY_ID.get(id(world), (0, {}))
    for visit in world.ledger.visits[count:]:
        held[world.visit_id(visit)] = visit
    _BY_ID[id(world)] = (len(world.ledger.visits), held)
    return held
