"""The company's own dispatcher: a rule of thumb in the morning, somebody near when something comes up, vans filled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from math import exp
from typing import Final

from troth.demo.clock import DAY, HOUR
from troth.demo.field._loop import MINUTE, ON_DELIVERED, ON_NEXT, ON_START, Crew
from troth.demo.field._office import Office
from troth.demo.field.controls import RouteStop
from troth.demo.field.ledger import FieldVisit
from troth.demo.field.town import rule_s

_LUNCH: Final = 30 * MINUTE


class Dispatcher(Office):
    """Who goes where by the company's own plan; visits that the controls' routes name are left to those."""

    # ---- what is given ----------------------------------------------------------------------------------------------

    def stops(self, crew: Crew) -> tuple[RouteStop, ...]:
        """Return the stops the controls give a technician today."""
        if not self.controls.routes:
            return ()
        return self.controls.routes.get((crew.truth.agent_id, self.today.day.isoformat()), ())

    def named(self) -> set[str]:
        """Return the visits that today's routes of people who are there name."""
        return {stop.visit for crew in self.crews if not crew.ill for stop in self.stops(crew)}

    def point(self, visit: FieldVisit) -> tuple[float, float]:
        """Return where a visit is."""
        place = self.places[visit.job.place]
        return place.latitude, place.longitude

    def kind(self, visit: FieldVisit) -> str:
        """Return the kind of equipment a visit is about."""
        return self.truth.kinds[self.places[visit.job.place].kind].kind

    def able(self, crew: Crew, visit: FieldVisit) -> bool:
        """Tell whether a technician knows enough for a visit, as far as the office can tell."""
        return crew.level(self.kind(visit)) >= visit.job.level

    def work_ms(self, visit: FieldVisit) -> int:
        """Return how long the office expects the work to take."""
        factor = self.truth.kinds[self.places[visit.job.place].kind].factor
        return int(self.truth.services[visit.job.service].mean_s * factor * 1000)

    # ---- the morning ------------------------------------------------------------------------------------------------

    def on_plan(self, t: int, day: date) -> None:
        """Share the day's visits out and fill the vans."""
        self.planned_on = day.isoformat()
        here = []
        for index, starts, ends in self.duty(day):
            crew = self.crews[index]
            crew.starts, crew.ends, crew.route, crew.lunch = starts, ends, [], False
            if not crew.ill:
                here.append(crew)
                self.put(starts, ON_START, crew)
        for crew in here:
            for stop in self.stops(crew):
                visit = self.open.get(stop.visit)
                if visit is not None and visit.state == "open":
                    self.give(t, crew, visit)
        named = self.named()
        todo = [v for key, v in self.open.items() if v.state == "open" and key not in named]
        left = self._share(t, here, [v for v in todo if v.window[0] < self.today.ends])
        for visit in left:
            self.move(t, visit, reason="capacity", after=day + timedelta(days=1))
        self._fill(t, here)

    def _share(self, t: int, crews: Sequence[Crew], visits: Iterable[FieldVisit]) -> list[FieldVisit]:
        """Let whoever is free first take the nearest visit they can do in its window; return what is left."""
        left = list(visits)
        at = {crew.index: self._after_stops(crew) for crew in crews}
        active = {crew.index for crew in crews}
        lunch: set[int] = set()
        while left and active:
            index = min(active, key=lambda k: (at[k][0], k))
            crew, (now, here) = self.crews[index], at[index]
            if index not in lunch and now >= crew.starts + 4 * HOUR:
                lunch.add(index)
                now += _LUNCH
            best, cost, begin = None, 0.0, 0
            for visit in left:
                if not self.able(crew, visit):
                    continue
                way = rule_s(here, b=self.point(visit))
                start = max(now + int(way * 1000), visit.window[0])
                if start > visit.window[1] - 20 * MINUTE or start + self.work_ms(visit) > crew.ends + 20 * MINUTE:
                    continue
                wait = (start - now) / 1000 - way
                score = way + 0.5 * wait - (1200 if visit.window[1] - start < HOUR else 0)
                if best is None or score < cost:
                    best, cost, begin = visit, score, start
            if best is None:
                active.discard(index)
                continue
            left.remove(best)
            crew.route.append(best)
            self.give(t, crew, best)
            at[index] = (begin + self.work_ms(best), self.point(best))
        return left

    def _after_stops(self, crew: Crew) -> tuple[int, tuple[float, float]]:
        """Return when and where a technician is through with the stops the controls give."""
        now, here = crew.starts, crew.truth.home
        for stop in self.stops(crew):
            visit = self.open.get(stop.visit)
            if visit is not None:
                start = max(now + int(rule_s(here, b=self.point(visit)) * 1000), stop.start or visit.window[0])
                now, here = start + self.work_ms(visit), self.point(visit)
        return now, here

    def give(self, t: int, crew: Crew, visit: FieldVisit) -> None:
        """Write down that a technician has a visit."""
        if visit.agent != crew.index:
            visit.agent = crew.index
            self.of_job(t, "assigned", visit.job, visit=visit, agent=crew.index, actor="system")

    # ---- the day ----------------------------------------------------------------------------------------------------

    def urgent(self, t: int, visit: FieldVisit) -> None:
        """Find somebody for a visit of a day already planned: who is there first. Emergencies go before the rest."""
        today = self.today.day.isoformat()
        if self.planned_on != today or visit.window[0] >= self.today.ends or self.visit_id(visit) in self.named():
            return
        best, soonest = None, 0
        for crew in self.crews:
            if crew.ill or not self.able(crew, visit) or crew.ends - HOUR <= t or crew.starts < self.today.starts:
                continue
            free = max(t, crew.starts, crew.free_at if crew.state == "away" else 0)
            there = free + int(rule_s(crew.here, b=self.point(visit)) * 1000)
            if best is None or there < soonest:
                best, soonest = crew, there
        if best is None:
            return
        first = self.truth.services[visit.job.service].lead_days == 0
        best.route.insert(0 if first else len(best.route), visit)
        self.give(t, best, visit)
        self.wake(t, best)

    def wake(self, t: int, crew: Crew) -> None:
        """Let a technician who is waiting look again at what is next."""
        if crew.state == "free":
            crew.token += 1
            self.put(t, ON_NEXT, (crew, crew.token))

    def on_ill(self, t: int, crew: Crew) -> None:
        """Let a technician fall ill on duty: they finish the visit; the others take what is left."""
        crew.ill, crew.ill_until = True, self.today.ends + DAY
        theirs = [*crew.route, *(v for s in self.stops(crew) if (v := self.open.get(s.visit)) is not None)]
        crew.route = []
        self.wake(t, crew)
        for visit in theirs:
            if visit.state == "open" and visit.agent == crew.index:
                self.urgent(t, visit)
                if visit.agent == crew.index:
                    self.move(t, visit, reason="illness", after=self.today.day + timedelta(days=1))

    # ---- parts ------------------------------------------------------------------------------------------------------

    def _fill(self, t: int, crews: Sequence[Crew]) -> None:
        """Fill vans from the depot, known needs of the day first, and order what the depot runs out of."""
        for crew in crews:
            loads = self.controls.loads.get(crew.truth.agent_id)
            reserved: dict[str, int] = {}
            mine = [v for v in self.open.values() if v.agent == crew.index and v.window[0] < self.today.ends]
            for visit in mine:
                for part in visit.job.known:
                    reserved[part] = reserved.get(part, 0) + 1
            for kind in self.truth.parts:
                part, has = kind.part, crew.van[kind.part]
                full = kind.van if loads is None else loads.get(part, 0)
                wanted = full - has if has <= full // 2 or loads is not None else 0
                wanted = min(max(wanted, reserved.get(part, 0) - has), self.depot[part])
                if wanted > 0:
                    crew.van[part] += wanted
                    self.depot[part] -= wanted
                    self.of_part(t, part, count=wanted, origin=self.depot_id, place=self.van_id(crew),
                                 agent=crew.truth.agent_id)  # fmt: skip
        for kind in self.truth.parts:
            have = self.depot[kind.part] + self.coming.get(kind.part, 0)
            if have <= kind.depot // 2:
                count = kind.depot - have
                self.coming[kind.part] = self.coming.get(kind.part, 0) + count
                self.put(t + kind.lead_days * DAY, ON_DELIVERED, (kind.part, count))

    @property
    def depot_id(self) -> str:
        """The id of the depot."""
        return f"depot-{self.truth.code}"

    def van_id(self, crew: Crew) -> str:
        """Return the id of a technician's van."""
        return f"van-{crew.truth.agent_id}"

    def on_delivered(self, t: int, what: tuple[str, int]) -> None:
        """Put a delivery into the depot."""
        part, count = what
        self.depot[part] += count
        self.coming[part] -= count
        self.of_part(t, part, count=count, origin="supplier", place=self.depot_id)

    def part_days(self, parts: Iterable[str]) -> int:
        """Return in how many days parts can be on a van."""
        kinds = {kind.part: kind for kind in self.truth.parts}
        return max((1 if self.depot[p] > 0 else kinds[p].lead_days + 1 for p in parts), default=1)


def odds(x: float) -> float:
    """Return the probability of log odds."""
    return 1 / (1 + exp(-x))
