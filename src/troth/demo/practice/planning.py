"""The practice's own simple plan: every Monday people are booked on projects for four weeks, the most urgent first."""

from __future__ import annotations

from typing import Final

from troth.demo.practice.engine import monday, ordinal
from troth.demo.practice.sales import Sales
from troth.demo.practice.state import Booked, Project, Worker

#: Weeks the plan looks ahead; bookings of the first two are hard.
WEEKS, HARD_WEEKS = 4, 2
#: Hours a task gets in a week at most, hours one person gives it, and the least worth a booking.
_TASK_H, _PERSON_H, _LEAST_H = 64.0, 32.0, 3.0
#: People of a team who answer the support in a week, and the part of their hours kept for it.
ROTA: Final = 2
SUPPORT_SHARE: Final = 0.55

Wanted = dict[tuple[int, int], list[tuple[int, float]]]


class Planning(Sales):
    """Who is booked on what in which week."""

    def on_rota(self, team: str, week: int) -> list[Worker]:
        """Return a team's people in the order in which they answer the support in a week."""
        people = [w for w in self.workers if w.team == team]
        if not people:
            return []
        turn = (ROTA * (week - self.first) // 7) % len(people)
        return people[turn:] + people[:turn]

    def free_hours(self, skill: str, week: int) -> float:
        """Return the hours of a skill nobody is booked for in a week."""
        total = 0.0
        for w in self.workers:
            if skill in w.level:
                taken = sum(b.hours for b in self.booked.get((w.index, week), {}).values())
                total += max(0.0, self.week_room(w, week) - taken)
        return total

    def _plan(self) -> None:
        """Book the coming weeks, as controls say or as the own plan does."""
        this = monday(self.day)
        given = self._given(this)
        if self.day == self._next_open(this):
            weeks = [this + 7 * k for k in range(WEEKS)]
            wanted = self._own(weeks, given)
            for w in self.workers:
                for k, week in enumerate(weeks):
                    if (w.index, week) not in given:
                        self._book(w, week, wanted.get((w.index, week), []), hard=k < HARD_WEEKS)
                w.week = [[b.project, b.hours] for b in self.booked.get((w.index, this), {}).values()]
            for key in [key for key in self.booked if key[1] < this]:
                del self.booked[key]
        for (index, week), bookings in given.items():
            found = self._worker(index)
            if found is not None and self._book(found, week, bookings, hard=True) and week == this:
                found.week = [[b.project, b.hours] for b in self.booked.get((index, this), {}).values()]

    def _worker(self, index: int) -> Worker | None:
        return next((w for w in self.workers if w.index == index), None)

    def _given(self, this: int) -> Wanted:
        """Return the bookings that controls name, of people who are there and weeks that are not over."""
        if not self.controls.bookings:
            return {}
        number = {w.holder.who.agent_id: w.index for w in self.workers}
        found: Wanted = {}
        for (agent_id, day), bookings in self.controls.bookings.items():
            week = ordinal(day)
            if week >= this and agent_id in number:
                known = [(self._number_of(project), hours) for project, hours in bookings]
                found[(number[agent_id], week)] = [(p, h) for p, h in known if p in self.projects and h > 0]
        return found

    def _number_of(self, project: str) -> int:
        head = self.project_id(0)[:-1]
        return int(project[len(head) :]) if project.startswith(head) and project[len(head) :].isdigit() else -1

    def _own(self, weeks: list[int], given: Wanted) -> Wanted:
        """Return the own plan of some weeks: (person, week) to (project, hours), leaving out what is given."""
        wanted: Wanted = {}
        active = sorted((p for p in self.projects.values() if p.finished < 0), key=lambda p: p.order)
        left = {p.number: [t.remaining() for t in p.tasks] for p in active}
        done = {p.number: set(p.done_phases) for p in active}
        team = {p.number: {key[0] for key, found in self.booked.items() if p.number in found} for p in active}
        for week in weeks:
            free = self._free(week, given)
            rota = {w.index for name in self.truth.teams for w in self.on_rota(name, week)[:ROTA]}
            for index in rota & free.keys():
                free[index] *= 1 - SUPPORT_SHARE
            for project in active:
                self._less_given(project, week, given, left[project.number])
            for project in active:
                if project.earliest() < week + 5:
                    self._give(
                        project, week, free, left[project.number], done[project.number], team[project.number], wanted
                    )
            for project in active:
                phases = project.template.phases
                still = {
                    phases[t.phase].phase for t, h in zip(project.tasks, left[project.number], strict=True) if h > 0.5
                }
                done[project.number] |= {phase.phase for phase in phases} - still
        return wanted

    def _free(self, week: int, given: Wanted) -> dict[int, float]:
        return {w.index: self.week_room(w, week) for w in self.workers if (w.index, week) not in given}

    def _less_given(self, project: Project, week: int, given: Wanted, left: list[float]) -> None:
        """Take from what is left of a project what given bookings of a week will do."""
        hours = sum(h for (_, when), rows in given.items() if when == week for p, h in rows if p == project.number)
        for k, amount in enumerate(left):
            part = min(hours, amount)
            left[k], hours = amount - part, hours - part

    def _give(
        self,
        project: Project,
        week: int,
        free: dict[int, float],
        left: list[float],
        done: set[str],
        team: set[int],
        wanted: Wanted,
    ) -> None:
        """Give a project's open tasks people in a week: first those who are on it, then the best who are free."""
        phases = project.template.phases
        for k, task in enumerate(project.tasks):
            if left[k] <= 0.5 or not all(name in done for name in phases[task.phase].after):
                continue
            need = min(left[k], _TASK_H)
            while need > 0.5:
                best, score = None, (False, 0.0, 0.0)
                for w in self.workers:
                    level = w.level.get(task.skill)
                    room = free.get(w.index, 0.0)
                    if level is not None and room >= min(_LEAST_H, need):
                        mine = (w.index in team, round(level, 1), room)
                        if best is None or mine > score:
                            best, score = w, mine
                if best is None:
                    break
                hours = round(min(need, free[best.index], _PERSON_H), 1)
                free[best.index] -= hours
                left[k] -= hours
                need -= hours
                team.add(best.index)
                self._add(wanted.setdefault((best.index, week), []), project.number, hours)

    @staticmethod
    def _add(rows: list[tuple[int, float]], project: int, hours: float) -> None:
        for k, (number, before) in enumerate(rows):
            if number == project:
                rows[k] = (number, before + hours)
                return
        rows.append((project, hours))

    # ---- bookings -------------------------------------------------------------------------------------------------

    def _book(self, w: Worker, week: int, rows: list[tuple[int, float]], *, hard: bool) -> bool:
        """Make a person's bookings of a week what is wanted; tell whether anything changed."""
        before = self.booked.get((w.index, week), {})
        after: dict[int, Booked] = {}
        for project, hours in rows:
            old = before.get(project)
            if old is None:
                new = Booked(self.number("booking"), project, hours, hard)
                self._booked_said("booked", w, week, new)
            elif old.hard == hard and abs(old.hours - hours) < 2.0:
                new = old
            else:
                new = Booked(old.number, project, hours, hard)
                self._booked_said("rescheduled", w, week, new)
            after[project] = new
        for project, old in before.items():
            if project not in after:
                self._booked_said("released", w, week, old)
        if after:
            self.booked[(w.index, week)] = after
        else:
            self.booked.pop((w.index, week), None)
        return after != before

    def _gone(self, w: Worker) -> None:
        """Give back what somebody who left is booked for."""
        for index, week in [key for key in self.booked if key[0] == w.index]:
            for old in self.booked.pop((index, week)).values():
                self._booked_said("released", w, week, old)

    def _booked_said(self, activity: str, w: Worker, week: int, booking: Booked) -> None:
        if not self.emit:
            return
        note = {
            "project": self.project_id(booking.project), "booking_type": "hard" if booking.hard else "soft",
            "window_start": self.stamp(week), "window_end": self.stamp(week + 7),
        }  # fmt: skip
        client = self.projects[booking.project].client
        self.tell(
            self.nine - 1_800_000, activity, note=note, value=booking.hours, subject_kind="booking",
            subject_id=f"b{self.truth.code}{booking.number}", agent_id=w.holder.who.agent_id, team=w.team,
            customer_id=client.customer_id, actor="human", direction="internal",
        )  # fmt: skip
