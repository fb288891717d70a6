"""The house lived through once more in plain Python, on objects and dictionaries: slow, and written from the rule, not the kernel."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from troth.capacity.projects.portfolio import (
    Consultant,
    HeldSkill,
    Portfolio,
    ProjectPhase,
    SkillNeed,
    free_hours,
    remaining_weeks,
)
from troth.capacity.projects.promising import Beliefs, PreparedFutures

NEVER = 1 << 20
_MASK = (1 << 64) - 1


def luck(future: int, person: int, when: int) -> float:
    """Return SplitMix64's number for a person, an occasion and a future."""
    z = ((future ^ person) + (when + 1) * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((z ^ (z >> 31)) >> 11) / 2**53


@dataclass
class Task:
    """A skill of a phase, as it goes on."""

    phase: str
    need: SkillNeed
    hours: float
    left: float
    logged: float
    owner: str = ""

    @property
    def done(self) -> bool:
        return self.left <= 1e-6


@dataclass
class Work:
    """A job, as it goes on."""

    number: int
    phases: tuple[ProjectPhase, ...]
    tasks: list[Task]
    won: int
    wanted: int
    slip: int
    told: int
    order: float
    start: int = NEVER
    finish: int = NEVER
    moved: bool = False
    closed: set[str] = field(default_factory=set)
    ended: dict[str, int] = field(default_factory=dict)
    worked: dict[tuple[int, str], float] = field(default_factory=dict)
    """Hours by week and person."""
    team: set[str] = field(default_factory=set)

    def close(self, day: int) -> None:
        """Close what is done, one phase after the other."""
        again = True
        while again:
            again = False
            for phase in self.phases:
                mine = [t for t in self.tasks if t.phase == phase.phase_id]
                if phase.phase_id not in self.closed and all(t.done for t in mine) and set(phase.after) <= self.closed:
                    self.closed.add(phase.phase_id)
                    self.ended[phase.phase_id] = day
                    again = True
        if len(self.closed) == len(self.phases) and day >= 0:
            self.finish = day

    def open(self, task: Task, day: int, origin: Any) -> bool:
        phase = next(one for one in self.phases if one.phase_id == task.phase)
        early = phase.earliest is None or (phase.earliest - origin).days <= day
        return early and set(phase.after) <= self.closed


class PlainFuture:
    """One future of a preparation."""

    def __init__(self, prepared: PreparedFutures, f: int) -> None:
        self.p, self.f, self.d = prepared, f, prepared.draws
        self.portfolio: Portfolio = prepared.portfolio
        self.beliefs: Beliefs = prepared.beliefs
        self.people = {who.person_id: who for who in self.portfolio.people if not who.placeholder}
        self.index = {who.person_id: k for k, who in enumerate(self.portfolio.people)}
        # Whoever leaves is followed by somebody with the same contract; the draws say when.
        portfolio = replace(self.portfolio, people=tuple(self._unending(who) for who in self.portfolio.people))
        self.hours = free_hours(
            portfolio, first=prepared.origin, until=prepared.origin + timedelta(days=7 * prepared.weeks)
        )
        self.works = self._works()
        self.waits = {one.load_id: self.beliefs.reactive.waits.get(one.load_id, 0.0) for one in self._loads()}

    def _unending(self, who: Consultant) -> Consultant:
        how = self.beliefs.people
        over = all(one.until is not None and one.until <= self.portfolio.day for one in who.contracts)
        if not who.contracts or not how.refill or (over and who.person_id not in how.empty):
            return who
        last = max(one.first for one in who.contracts)
        return replace(who, contracts=tuple(replace(c, until=None) if c.first == last else c for c in who.contracts))

    def _loads(self) -> tuple[Any, ...]:
        return self.beliefs.reactive.loads or self.portfolio.reactive

    def _works(self) -> list[Work]:
        found, d, f = list[Work](), self.d, self.f
        kinds = [one.phases for one in self.p.specs] + [
            self.portfolio.templates[k] for k in sorted(self.portfolio.templates)
        ]
        for j in range(d.won.shape[1]):
            phases, size, tasks = kinds[d.shape[f, j]], d.size[f, j], list[Task]()
            ratios = iter(d.ratio[f, d.task_at[j] : d.task_at[j + 1]])
            for phase in phases:
                for need in () if phase.done else phase.needs:
                    ratio = next(ratios)
                    left = need.left * ratio if need.left is not None else need.hours * size * ratio - need.logged
                    tasks.append(Task(phase.phase_id, need, need.hours * size, left, need.logged))
            started = self.p.specs[j].started if j < len(self.p.specs) else None
            one = Work(
                j,
                phases,
                tasks,
                int(d.won[f, j]),
                int(d.wanted[f, j]),
                int(d.slip[f, j]),
                int(d.told[f, j]),
                d.order[f, j],
            )
            one.start = NEVER if started is None else started
            one.close(-1)
            found.append(one)
        return found

    # ---- people ---------------------------------------------------------------------------------------------------

    def contract(self, who: str, day: int) -> float:
        k, how = self.index[who], self.beliefs.people
        if self.d.leave[self.f, k] <= day < self.d.back[self.f, k] or day < self.portfolio.day.weekday():
            return 0.0
        key = int(self.p.world.people_key[k])
        far = day >= how.leave_known + self.portfolio.day.weekday()
        if how.leave > 0 and far and luck(int(self.d.key[self.f]), key, 1_000_000 + day // 7) < how.leave:
            return 0.0
        hours, lost = float(self.hours[k, day]), self.beliefs.pace.day_lost
        return hours - lost if hours >= self.beliefs.pace.long_day - lost and hours > lost else hours

    def is_ill(self, who: str, day: int) -> bool:
        how, key = self.beliefs.people, int(self.p.world.people_key[self.index[who]])
        spell = max(1, round(how.spell))
        return any(luck(int(self.d.key[self.f]), key, day - k + 100) < how.absence / spell for k in range(spell))

    def speed(self, who: str, need: SkillNeed, day: int) -> float:
        # A level of 0 is one as well: whoever holds nothing on the day has none.
        levels = [
            one.level for one in self.people[who].skills if one.skill == need.skill and one.holds(self.p.day(day))
        ]
        if not levels or max(levels) < need.level:
            return 0.0
        table = self.beliefs.pace.levels
        pace = table.get(max(levels), 1.0) if table else 1.0
        new = self.beliefs.people.newcomer if day >= self.d.back[self.f, self.index[who]] else 1.0
        return pace * self.beliefs.pace.people.get(who, 1.0) * new

    def holds(self, skill: HeldSkill) -> bool:
        return skill.until is None or skill.until > self.portfolio.day

    def turn(self, team: str, week: int) -> list[str]:
        order, many = self.beliefs.reactive.turn[team], self.beliefs.reactive.on_duty
        order = tuple(who for who in order if who in self.people)
        at = many * week % len(order)
        return [*order[at:], *order[:at]]

    # ---- weeks ----------------------------------------------------------------------------------------------------

    def live(self) -> PlainFuture:
        """Live all weeks."""
        for week in range(self.p.weeks):
            booked = self.plan(week)
            for day in range(7 * week, 7 * week + 7):
                self.day(day, week, booked)
        return self

    def line(self, day: int) -> list[Work]:
        known = [one for one in self.works if one.won <= day and one.finish == NEVER]
        return sorted(known, key=lambda one: (one.order + (one.slip if day >= one.told else 0), one.number))

    def plan(self, week: int) -> dict[str, list[list[Any]]]:
        """Return who is booked on what for how many hours."""
        house, monday = self.beliefs.house, 7 * week
        free: dict[str, float] = {}
        for who in self.people:
            away = self.d.leave[self.f, self.index[who]] <= monday < self.d.back[self.f, self.index[who]]
            free[who] = 0.0 if away else sum(self.contract(who, monday + k) for k in range(7)) * house.bookable
            if away:
                for one in self.works:
                    one.team.discard(who)
            for load in self._loads():
                duty = self.beliefs.reactive.turn.get(load.team)
                if duty and who in self.turn(load.team, week)[: self.beliefs.reactive.on_duty]:
                    free[who] *= 1 - self.beliefs.reactive.kept
        booked: dict[str, list[list[Any]]] = {who: [] for who in self.people}
        hard = self.hard(week)
        given = self.keep(hard, monday, free, booked)
        # In the first week, if part of it is over, what is booked stays as it is.
        if week == 0 and self.portfolio.day.weekday() > 0 and hard and self.hours[:, :7].any():
            return booked
        for one in self.line(monday):
            had = given.get(one.number, 0.0)
            if one.wanted + (one.slip if monday >= one.told else 0) >= monday + 5:
                continue
            for task in one.tasks:
                if not task.done and one.open(task, monday + 4, self.p.origin):
                    had = self.give(one, task, monday, had, free, booked)
        return booked

    def keep(
        self,
        hard: list[tuple[str, str, float]],
        monday: int,
        free: dict[str, float],
        booked: dict[str, list[list[Any]]],
    ) -> dict[int, float]:
        """Keep what is booked hard; return the hours that each job has by it."""
        given = dict[int, float]()
        for who, job, hours in hard:
            one = self.works[self.p.jobs.index(job)]
            if one.won <= monday < self.d.leave[self.f, self.index[who]]:
                self.book(one, who, hours, booked)
                free[who] = max(free[who] - hours, 0.0)
                given[one.number] = given.get(one.number, 0.0) + hours
        return given

    def hard(self, week: int) -> list[tuple[str, str, float]]:
        """Return who is booked hard on what in a week, for how many hours: of people who are there on a day of it."""
        found = list[tuple[str, str, float]]()
        if week >= self.beliefs.house.keep_weeks:
            return found
        left = remaining_weeks(self.portfolio, bookings=self.portfolio.bookings)
        for one, by_week in zip(self.portfolio.bookings, left, strict=True):
            if not one.hard or one.person_id not in self.people or one.project_id not in self.p.jobs:
                continue
            hours = by_week.get(self.p.origin + timedelta(weeks=week), 0.0)
            if hours and self.hours[self.index[one.person_id], 7 * week : 7 * week + 7].any():
                found.append((one.person_id, one.project_id, hours))
        return found

    @staticmethod
    def book(one: Work, who: str, hours: float, booked: dict[str, list[list[Any]]]) -> None:
        row = next((row for row in booked[who] if row[0] is one), None)
        if row is None:
            booked[who].append([one, hours])
        else:
            row[1] += hours
        one.team.add(who)

    def give(
        self, one: Work, task: Task, monday: int, had: float, free: dict[str, float], booked: dict[str, list[list[Any]]]
    ) -> float:
        """Book people on a task; return what is left of the hours the project had already."""
        house = self.beliefs.house
        left = task.hours - task.logged
        if task.need.left is not None:
            left = task.need.left - (task.logged - task.need.logged)
        need = max(left, house.floor * task.hours)
        part = min(had, need)
        need = min(need - part, house.task_hours - part)
        while need > 0.5:
            able = [
                who for who in self.people
                if self.speed(who, task.need, monday) > 0 and free[who] >= min(house.least_hours, need) and free[who] > 0.02
                and (task.need.divisible or task.owner in ("", who))
            ]  # fmt: skip
            if not able:
                break
            best = max(
                able,
                key=lambda who: (
                    house.on and who in one.team, int(10 * self.speed(who, task.need, monday) + 0.5), free[who],
                    -self.index[who],
                ),
            )  # fmt: skip
            hours = min(need, free[best], house.person_hours)
            self.book(one, best, hours, booked)
            free[best] -= hours
            need -= hours
            if not task.need.divisible:
                task.owner = best
                break
        return had - part

    def day(self, day: int, week: int, booked: dict[str, list[list[Any]]]) -> None:
        there = {who: 0.0 if self.is_ill(who, day) else self.contract(who, day) for who in self.people}
        for k, load in enumerate(self._loads()):
            self.waits[load.load_id] += float(self.d.load[self.f, k, day])
            self.react(load, week, there)
        for who, hours in there.items():
            room = hours * self.beliefs.pace.worked
            for beyond in (False, True):
                for row in booked[who]:
                    most = room if beyond else min(room, row[1])
                    if most > 0.02:
                        spent = self.work(row[0], who, most, day)
                        row[1] -= spent
                        room -= spent
        for one in self.works:
            if one.finish == NEVER and one.moved:
                one.close(day)
                one.moved = False

    def react(self, load: Any, week: int, there: dict[str, float]) -> None:
        if load.team in self.beliefs.reactive.turn:
            order = [who for who in self.turn(load.team, week) if there[who] > 0]
            duty = sorted(order[: self.beliefs.reactive.on_duty], key=lambda who: there[who])
            for k, who in enumerate(duty):
                part = min(there[who], self.waits[load.load_id] / (len(duty) - k))
                there[who] -= part
                self.waits[load.load_id] -= part
            return
        able = [
            who for who, one in self.people.items()
            if load.team in ("", one.team) and (not load.skill or any(h.skill == load.skill for h in one.skills if self.holds(h)))
        ]  # fmt: skip
        total = sum(there[who] for who in able)
        share = min(1.0, self.waits[load.load_id] / total) if total > 0 else 0.0
        for who in able:
            there[who] *= 1 - share
        self.waits[load.load_id] -= share * total

    def work(self, one: Work, who: str, most: float, day: int) -> float:
        if one.finish != NEVER or day <= one.won or (one.start == NEVER and day < one.wanted + one.slip):
            return 0.0
        spent = 0.0
        for task in one.tasks:
            pace = self.speed(who, task.need, day)
            barred = not task.need.divisible and task.owner not in ("", who)
            if task.done or pace <= 0 or barred or most - spent <= 0.02 or not one.open(task, day, self.p.origin):
                continue
            hours = min(most - spent, task.left / pace)
            task.left -= hours * pace
            task.logged += hours
            spent += hours
            one.worked[day // 7, who] = one.worked.get((day // 7, who), 0.0) + hours
            one.moved |= task.done
        if spent > 0 and one.start == NEVER:
            one.start = day
        return spent
