"""What a day brings before anybody decides anything: requests, inspections that are due, faults, what sensors count."""

from __future__ import annotations

from datetime import date, timedelta
from math import cos, pi
from random import Random
from typing import Final

import numpy as np

from troth.demo.clock import DAY, HOUR
from troth.demo.field._loop import MINUTE, ON_ASK, ON_DAY, ON_EVENING, ON_ILL, ON_OFFER, ON_PLAN, ON_READ, Loop
from troth.demo.field.ledger import FieldJob, FieldVisit
from troth.demo.field.truth import FieldParams

_CHANNELS: Final = ("phone", "web", "email")
#: Places in a visit's luck: uniform numbers, but for those with Z (normal) and X (exponential).
(HOME, TRAVEL_Z, SETUP, WORK_Z, LONG, LONG_X, ACCESS, INSIGHT, SKILL, REWORK, REWORK_X) = range(11)
(CANCEL, MOVE, WHEN, PICK, OFFICE, SURVEY, REPLY, MOOD_Z, REPLY_X) = range(11, 20)
_NORMAL: Final = frozenset({TRAVEL_Z, WORK_Z, MOOD_Z})
_EXPONENTIAL: Final = frozenset({LONG_X, REWORK_X, REPLY_X})


def level(truth: FieldParams, *, day: date, start: date) -> float:
    """Return the expected volume of a day relative to the start: drift and yearly wave, greatest in mid-January."""
    years = (day - start).days / 365.25
    return (1 + truth.drift * years) * (1 + truth.season * winter(day))


def winter(day: date) -> float:
    """Return 1 in mid-January, -1 in mid-July."""
    return cos(2 * pi * (day.timetuple().tm_yday - 15) / 365.25)


class _Chance(Random):
    """Random numbers of one matter or visit, fixed by the text it is made with."""


def luck(seed: int, *, key: str) -> tuple[float, ...]:
    """Return a visit's chance: the same for the same matter and attempt, whoever goes and whenever."""
    draw = _Chance(f"{seed}/{key}")
    return tuple(
        draw.gauss(0, 1) if k in _NORMAL else draw.expovariate(1.0) if k in _EXPONENTIAL else draw.random()
        for k in range(REPLY_X + 1)
    )


class Requests(Loop):
    """The outside of the field service: nothing here depends on decisions, so that plans are tried on the same days."""

    def __init__(self, truth: FieldParams, seed: int, *, keep: bool = True) -> None:
        super().__init__(truth, seed, keep=keep)
        self.weak = np.array([place.weak for place in self.places])
        self.cold = np.array([truth.kinds[place.kind].cold for place in self.places])
        self.due: dict[int, list[int]] = {}
        for place in self.places:
            if place.due >= 0:
                self.due.setdefault(place.due, []).append(place.number)
        names = [service.service for service in truth.services]
        self.repair, self.inspection = names.index("repair"), names.index("inspection")

    def on_day(self, t: int, day: date) -> None:
        """Begin a local day."""
        today = self.today = self.day(day)
        self.put(today.ends, ON_DAY, day + timedelta(days=1))
        for old in [one for one in self.days if one < day - timedelta(days=2)]:
            del self.days[old]
            self.duties.pop(old, None)
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((self.seed, *self.key, 1, day.toordinal()))))
        truth = self.truth
        snow = bool(rng.random() < truth.snow_share) and day.month in (12, 1, 2, 3)
        self.factor = _gamma(rng, truth.travel_day_cv) * (truth.snow_travel if snow else 1.0)
        volume = truth.per_day * truth.weekdays[day.weekday()] * level(truth, day=day, start=self.start)
        volume *= _gamma(rng, truth.day_cv) * (truth.snow_work if snow else 1.0)
        if not today.spans and truth.hours[day.weekday()]:
            volume *= 0.35
        self._asked(t, volume, rng)
        ordinal = day.toordinal()
        for n, number in enumerate(self.due.get(ordinal % truth.contract_days, ())):
            what = (f"{ordinal}c{n}", number, self.inspection, "contract")
            self.put(t + 7 * HOUR + n * 1000, ON_ASK, what)
        self._sensors(t, ordinal, rng)
        self._people(rng)

    def _asked(self, t: int, volume: float, rng: np.random.Generator) -> None:
        truth, day = self.truth, self.today.day
        count = int(rng.poisson(volume))
        shares = np.array([service.share for service in truth.services])
        cut = np.cumsum(shares / shares.sum())
        weights = np.cumsum(self.weak * np.maximum(0.1, 1 + self.cold * winter(day)))
        hours = np.clip(rng.normal(11.5, 3.0, count), 0.1, 23.8)
        which = np.minimum(np.searchsorted(cut, rng.random(count)), len(shares) - 1)
        where = np.searchsorted(weights, rng.random(count) * weights[-1])
        how = rng.choice(len(_CHANNELS), size=count, p=(0.6, 0.3, 0.1))
        for k in range(count):
            what = (f"{day.toordinal()}.{k}", int(where[k]), int(which[k]), _CHANNELS[int(how[k])])
            self.put(t + int(hours[k] * HOUR), ON_ASK, what)

    def _sensors(self, t: int, ordinal: int, rng: np.random.Generator) -> None:
        """Let faults develop in connected equipment, and count its starts and hours of the day before."""
        truth, size = self.truth, min(self.truth.connected, len(self.places))
        begin, lead, hour = rng.random(size), rng.integers(4, 11, size), rng.uniform(8, 17, size)
        progress = np.zeros(size)
        for k in range(size):
            fault = self.faults.get(k)
            if fault is not None and ordinal > fault[1]:
                del self.faults[k]
                fault = None
            if fault is not None:
                progress[k] = (ordinal - fault[0]) / (fault[1] - fault[0])
            elif begin[k] < truth.fault_per_year / 365.25 * self.places[k].weak:
                self.faults[k] = (ordinal, ordinal + int(lead[k]))
                at = t + int(lead[k]) * DAY + int(hour[k] * HOUR)
                self.put(at, ON_ASK, (f"{ordinal}f{k}", k, self.repair, "phone"))
        kinds = [truth.kinds[self.places[k].kind] for k in range(size)]
        season = np.array([max(0.3, 1 + 0.6 * kind.cold * winter(self.today.day)) for kind in kinds])
        starts = rng.poisson(np.array([kind.starts for kind in kinds]) * season * (1 + 1.8 * progress))
        hours = np.clip(np.array([kind.hours for kind in kinds]) * season * rng.normal(1, 0.12, size), 0, 24)
        wrong, out, back = rng.random(size), rng.random(size), rng.geometric(0.3, size)
        starts = np.where(wrong < truth.miscounts, starts * 10, starts)
        for k in np.flatnonzero(out < truth.silent_share).tolist():
            self.silent[k] = ordinal + int(back[k])
        heard = [k for k in range(size) if self.silent.get(k, 0) <= ordinal]
        readings = [(k, int(starts[k]), round(float(hours[k]), 1)) for k in heard]
        self.put(t + 6 * HOUR, ON_READ, tuple(readings))

    def on_read(self, t: int, readings: tuple[tuple[int, int, float], ...]) -> None:
        """Write what connected equipment counted in a day."""
        code = self.truth.code
        for k, starts, hours in readings:
            note = f'{{"asset": "a{code}{k}"}}'
            for step, value in (("starts", float(starts)), ("machine_hours", hours)):
                self.rows.append((
                    t, "counted", "sensor", f"d{code}{k}", None, None, None, "system", None, None, None, None, step,
                    value, note,
                ))  # fmt: skip

    def _people(self, rng: np.random.Generator) -> None:
        """Decide who falls ill, before the day or in it; put the day's plan on the heap."""
        today, truth = self.today, self.truth
        ill, later, length, when = (rng.random(len(self.crews)) for _ in range(4))
        for crew in self.crews:
            crew.ill = crew.ill_until > today.starts
            if not crew.ill and ill[crew.index] < truth.absence * 0.55:
                crew.ill, crew.ill_until = True, today.ends + int(3.4 * length[crew.index] ** 2) * DAY
        duty = self.duty(today.day)
        if not duty:
            return
        self.put(today.opens - 45 * MINUTE, ON_PLAN, today.day)
        self.put(max(ends for _, _, ends in duty) + HOUR, ON_EVENING, today.day)
        for index, starts, ends in duty:
            if not self.crews[index].ill and later[index] < truth.ill_on_duty:
                self.put(starts + int(when[index] * (ends - starts)), ON_ILL, self.crews[index])

    def on_ask(self, t: int, what: tuple[str, int, int, str]) -> None:
        """Open a matter and put the office's answer on the heap."""
        key, place, service, channel = what
        truth, offered = self.truth, self.truth.services[service]
        kind = truth.kinds[self.places[place].kind]
        job = FieldJob(self.number("case"), key, place, service, channel, t)
        chance = _Chance(f"{self.seed}/{truth.code}/{key}")
        job.needs = tuple(part for part, odds in kind.parts if chance.random() < odds * offered.parts)
        depth = chance.random()
        if offered.parts >= 1.0:
            job.hard = 3 if depth < 0.1 else 2 if depth < 0.45 else 1
        system = channel == "contract"
        note = f'{{"topic": "{kind.kind}", "asset": "a{truth.code}{place}", "location": "l{truth.code}{place}"}}'
        self.of_job(t, "opened", job, actor="system" if system else None, direction=None if system else "in",
                    attributes=note)  # fmt: skip
        if self.keep:
            self.ledger.jobs.append(job)
        self.ask_visit(t, job, days=offered.lead_days)

    def ask_visit(self, t: int, job: FieldJob, *, days: int) -> FieldVisit:
        """Ask for a visit, at the earliest so many days from now; the office will answer."""
        job.visits += 1
        key = f"{self.truth.code}/{job.key}/{job.visits}"
        visit = FieldVisit(self.number("visit"), job, job.visits, luck(self.seed, key=key), asked=t)
        visit.earliest = (self.local(t) + timedelta(days=days)).isoformat()
        self.open[self.visit_id(visit)] = visit
        urgent = days == 0 and self.truth.services[job.service].lead_days == 0
        at = t + int((16 + (6 if urgent else 60) * visit.luck[OFFICE]) * MINUTE)
        self.put(at if urgent else max(at, self.office(t) + 16 * MINUTE), ON_OFFER, visit)
        if self.keep:
            self.ledger.visits.append(visit)
        return visit


def _gamma(rng: np.random.Generator, cv: float) -> float:
    return float(rng.gamma(1 / cv**2, cv**2)) if cv > 0 else 1.0
