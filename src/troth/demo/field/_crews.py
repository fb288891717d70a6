"""The technicians' day: waiting, driving, working, and whether it settled the matter."""

from __future__ import annotations

from math import exp
from typing import Any, Final

from troth.demo.clock import DAY, HOUR
from troth.demo.field._dispatch import Dispatcher, odds
from troth.demo.field._loop import MINUTE, ON_ARRIVED, ON_ASK, ON_BEGIN, ON_DONE, ON_NEXT, Crew
from troth.demo.field._requests import (
    ACCESS,
    HOME,
    INSIGHT,
    LONG,
    LONG_X,
    REWORK,
    REWORK_X,
    SETUP,
    SKILL,
    TRAVEL_Z,
    WORK_Z,
)
from troth.demo.field.ledger import FieldVisit
from troth.demo.field.town import drive_s, rule_s

_PAUSE: Final = 30 * MINUTE
#: After so many visits a matter is settled, whatever it takes.
_LAST: Final = 6
#: Time of work, relative, by level; and of a visit that does not settle the matter.
_BY_LEVEL: Final = (1.3, 1.15, 1.0, 0.92)
_SHORTER: Final = {"fixed": 1.0, "part": 0.6, "skill": 0.7, "diagnosis": 0.8}
#: Nobody works longer on one visit.
_LONGEST: Final = 7 * HOUR


class Crews(Dispatcher):
    """What technicians do all day."""

    def handlers(self) -> tuple[Any, ...]:
        """Return the functions that handle what is on the heap, by kind."""
        return (
            self.on_day, self.on_read, self.on_ask, self.on_offer, self.on_due, self.on_evening, self.on_cancel,
            self.on_move, self.on_close, self.on_survey, self.on_answer, self.on_plan, self.on_start, self.on_ill,
            self.on_next, self.on_arrived, self.on_begin, self.on_done, self.on_delivered,
        )  # fmt: skip

    def on_start(self, t: int, crew: Crew) -> None:
        """Begin a shift."""
        if crew.ill:
            return
        crew.shift, crew.state, crew.here, crew.began = self.number("shift"), "free", crew.truth.home, t
        self.of_crew(t, "shift_started", crew)
        crew.said = ""
        self._next(t, crew)

    def on_next(self, t: int, what: tuple[Crew, int]) -> None:
        """Go on after a wait, a pause or a visit, unless something else came between."""
        crew, token = what
        if token == crew.token and crew.state != "off":
            crew.state = "free"
            self._next(t, crew)

    def _say_state(self, t: int, crew: Crew, step: str) -> None:
        """Write a technician's state, if it is a new one: never two at one instant, which nobody could put in order."""
        if crew.said != step:
            crew.said = step
            self.of_crew(t, "state_changed", crew, step=step)

    def _later(self, t: int, crew: Crew) -> None:
        crew.token += 1
        self.put(t, ON_NEXT, (crew, crew.token))

    def _next(self, t: int, crew: Crew) -> None:
        """Let a technician who is free go home, have lunch, wait, or leave for the next visit."""
        if crew.ill or t >= crew.ends:
            crew.state, crew.here = "off", crew.truth.home
            self.of_crew(t, "shift_ended", crew)
            if self.keep:
                self.ledger.shifts.append((crew.index, crew.began, t))
            return
        noon = crew.starts + 4 * HOUR
        if not crew.lunch and t >= noon and crew.ends - crew.starts > 6 * HOUR:
            crew.lunch, crew.state = True, "pause"
            self._say_state(t, crew, "break")
            self._later(t + _PAUSE, crew)
            return
        self._say_state(t, crew, "available")
        until = crew.ends if crew.lunch or t >= noon else min(crew.ends, noon)
        visit, start = self._chosen(t, crew)
        if visit is None:
            self._later(until, crew)
            return
        way = int(rule_s(crew.here, b=self.point(visit)) * 1000)
        leave = (visit.window[0] if start is None else start) - way
        if leave > t:
            self._later(min(leave, until), crew)
        else:
            self._leave(t, crew, visit)

    def _chosen(self, t: int, crew: Crew) -> tuple[FieldVisit | None, int | None]:
        """Return the next visit, and when work is to start if the controls say so."""
        stops = self.stops(crew)
        for stop in stops:
            visit = self.open.get(stop.visit)
            if visit is not None and visit.state == "open" and visit.window[0] < self.today.ends:
                return visit, stop.start
        named = self.named() if self.controls.routes else set()
        while crew.route:
            visit = crew.route[0]
            mine = visit.state == "open" and visit.agent == crew.index and self.visit_id(visit) not in named
            way = int(rule_s(crew.here, b=self.point(visit)) * 1000)
            if mine and t + way + 0.7 * self.work_ms(visit) <= crew.ends + 30 * MINUTE:
                return visit, None
            del crew.route[0]
        return None, None

    def _leave(self, t: int, crew: Crew, visit: FieldVisit) -> None:
        """Leave for a visit."""
        self.give(t, crew, visit)
        crew.state, crew.call, visit.state, visit.left = "away", visit, "away", t
        for activity in ("dispatched", "travel_started"):
            self.of_job(t, activity, visit.job, visit=visit, agent=crew.index)
        way = drive_s(
            self.truth, a=crew.here, b=self.point(visit), hour=self.hour(t), factor=self.factor, z=visit.luck[TRAVEL_Z]
        )
        crew.free_at = t + int(way * 1000) + self.work_ms(visit)
        self.put(t + int(way * 1000), ON_ARRIVED, crew)

    def on_arrived(self, t: int, crew: Crew) -> None:
        """Arrive: the promise is kept or was broken; perhaps nobody is there."""
        visit = self._of(crew)
        visit.arrived, crew.here = t, self.point(visit)
        self.of_job(t, "arrived_on_site", visit.job, visit=visit, agent=crew.index)
        self.settle(t, visit, kept=t <= visit.window[1])
        self._say_state(t, crew, "on_contact")
        gone = self.truth.gone if t > visit.window[1] + 30 * MINUTE else self.truth.not_home
        if visit.luck[HOME] < gone and visit.attempt < _LAST:
            visit.outcome = "not_home"
            self.put(max(t, visit.window[0]) + 10 * MINUTE, ON_DONE, crew)
        else:
            self.put(max(t + int((1 + 4 * visit.luck[SETUP]) * MINUTE), visit.window[0]), ON_BEGIN, crew)

    def on_begin(self, t: int, crew: Crew) -> None:
        """Begin to work; how it ends and how long it takes is decided now."""
        visit = self._of(crew)
        visit.started, visit.outcome = t, self._outcome(crew, visit)
        self.of_job(t, "work_started", visit.job, visit=visit, agent=crew.index)
        length = self._length(crew, visit)
        crew.free_at = t + length
        self.put(t + length, ON_DONE, crew)

    def _outcome(self, crew: Crew, visit: FieldVisit) -> str:
        job, service = visit.job, self.truth.services[visit.job.service]
        level = crew.level(self.kind(visit))
        if visit.attempt >= _LAST:
            return "fixed"
        if visit.luck[ACCESS] < self.truth.access:
            return "access"
        insight = service.diagnosis + crew.truth.insight + 0.5 * (level - 2) + 1.5 * (visit.attempt > 1)
        if visit.luck[INSIGHT] > odds(insight):
            return "diagnosis"
        if job.hard > level and visit.luck[SKILL] < 0.6:
            return "skill"
        return "part" if self._lacking(crew, visit) else "fixed"

    def _lacking(self, crew: Crew, visit: FieldVisit) -> tuple[str, ...]:
        return tuple(part for part in visit.job.needs if crew.van[part] <= 0)

    def _length(self, crew: Crew, visit: FieldVisit) -> int:
        """Return the milliseconds of work: lognormal, now and then of the long kind with an exponential tail."""
        luck, service = visit.luck, self.truth.services[visit.job.service]
        if visit.outcome == "access":
            return int((8 + 8 * luck[LONG]) * MINUTE)
        length = self.work_ms(visit) * crew.truth.pace * _BY_LEVEL[crew.level(self.kind(visit))]
        length *= exp(service.spread * luck[WORK_Z] - service.spread**2 / 2) * _SHORTER[visit.outcome]
        if luck[LONG] < service.long_share:
            length *= service.long_factor + 0.7 * luck[LONG_X]
        return min(int(length), _LONGEST)

    def on_done(self, t: int, crew: Crew) -> None:
        """Leave the customer; settle the matter or ask for another visit."""
        visit = self._of(crew)
        job, outcome = visit.job, visit.outcome
        visit.ended, visit.state, crew.call = t, "done", None
        del self.open[self.visit_id(visit)]
        crew.route = [one for one in crew.route if one is not visit]
        if outcome == "not_home":
            self.of_job(t, "no_show", job, visit=visit, agent=crew.index, attributes='{"reason": "not_home"}')
        else:
            self._used(t, crew, visit)
            note = f'{{"reason": "{outcome}"}}'
            self.of_job(t, "work_ended", job, visit=visit, agent=crew.index, attributes=note)
        if outcome == "fixed":
            job.resolved = t
            self.of_job(t, "signed_off", job, visit=visit, direction="in")
            self.of_job(t, "resolved", job, visit=visit, agent=crew.index)
            self.afterwards(t, visit)
            self._again(t, visit)
        else:
            note = f'{{"reason": "{outcome}"}}'
            self.of_job(t, "status_changed", job, visit=visit, agent=crew.index, step="pending", attributes=note)
            self._once_more(t, crew, visit)
        crew.state = "pause"
        self._say_state(t, crew, "wrap")
        self._later(t + int((2 + 4 * visit.luck[SETUP]) * MINUTE), crew)

    def _used(self, t: int, crew: Crew, visit: FieldVisit) -> None:
        kind = self.kind(visit)
        if self.truth.services[visit.job.service].parts >= 1.0 and visit.outcome in ("fixed", "part"):
            self.seen[kind, ""] += visit.attempt == 1
            for part in visit.job.needs if visit.attempt == 1 else ():
                self.seen[kind, part] += 1
        if visit.outcome == "fixed":
            for part in visit.job.needs:
                crew.van[part] = max(0, crew.van[part] - 1)
                self.of_job(t, "part_used", visit.job, visit=visit, agent=crew.index, value=1.0,
                            attributes=f'{{"part": "{part}"}}')  # fmt: skip

    def _once_more(self, t: int, crew: Crew, visit: FieldVisit) -> None:
        """Ask for another visit, with what the first one taught."""
        job, days = visit.job, 1
        if visit.outcome == "part":
            job.known = job.needs
            days = self.part_days(self._lacking(crew, visit))
        elif visit.outcome in ("skill", "diagnosis"):
            name = self.kind(visit)
            most = max(one.level(name) for one in self.crews)
            job.level = min(max(job.level, job.hard if visit.outcome == "skill" else 2), most)
        self.ask_visit(t, job, days=days)

    def _again(self, t: int, visit: FieldVisit) -> None:
        """Let what was repaired fail again now and then."""
        job = visit.job
        if self.truth.services[job.service].parts >= 1.0 and visit.luck[REWORK] < self.truth.rework:
            at = t + DAY + int(visit.luck[REWORK_X] * 9 * DAY)
            self.put(at, ON_ASK, (f"{job.key}+", job.place, self.repair, "phone"))

    def _of(self, crew: Crew) -> FieldVisit:
        """Return the visit a technician is at."""
        if crew.call is None:
            raise RuntimeError(f"{crew.truth.agent_id} is on no visit.")
        return crew.call
