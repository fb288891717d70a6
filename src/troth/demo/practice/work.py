"""A day's work: support first, then what people are booked on; what is left is spare."""

from __future__ import annotations

from typing import Any, Final

from troth.demo.practice.engine import HOUR, LONG_H, LUNCH_H, MEETING_H, monday
from troth.demo.practice.ledger import TaskDone
from troth.demo.practice.people import DAY, stream
from troth.demo.practice.state import Project, Task, Worker
from troth.demo.practice.support import Stint, Support
from troth.demo.practice.truth import TIME

#: Less than this is no work, in hours.
_CRUMB: Final = 0.02
#: Hours a week the own plan thinks a project gets, and what it adds, when it promises an end.
_PACE_H, _SLACK = 48.0, 1.2

#: Hours on a task of a project.
Chunk = tuple[Project, Task, float]


class Work(Support):
    """Who did what today."""

    def _work(self) -> None:
        """Let everybody who is there work."""
        truth, day, week = self.truth, self.day, monday(self.day)
        draws, there = stream(truth, self.seed, DAY, day), list[Worker]()
        for w in self.workers:
            ill, w.today = draws.random() < truth.absence, self.hours_of(w, day)
            self.ledger.add(self.ledger.capacity, week=week, amount=w.today)
            if w.today > 0 and not ill:
                there.append(w)
        self.begins = {w.index: self._clock(8.75 + (w.index * 37 + day * 11) % 30 / 60) for w in there}
        meets = MEETING_H if day == week else 0.0
        spans = {w.index: (self.begins[w.index] + int(meets * HOUR), self._ends(w)) for w in there}
        self.lunches = {}
        stints: dict[int, list[Stint]] = {}
        for team in truth.teams:
            stints |= self._answer(team, there, spans)
        finishing: list[Project] = []
        for w in there:
            self._person(w, stints.get(w.index, []), meets, finishing)
        for project in finishing:
            self._phases(project)

    def _ends(self, w: Worker) -> int:
        return self.begins[w.index] + int(w.today * HOUR)

    def _person(self, w: Worker, stints: list[Stint], meets: float, finishing: list[Project]) -> None:
        ledger, week, who = self.ledger, monday(self.day), w.holder.who
        ends = max(self._ends(w), stints[-1][1]) if stints else self._ends(w)
        helped = sum(b - a for a, b, _ in stints) / HOUR
        lunch = LUNCH_H if w.today >= LONG_H else 0.0
        room = max(0.0, w.today - lunch - meets - helped)
        chunks = self._projects(w, room, finishing)
        done = sum(hours for _, _, hours in chunks)
        paid = (ends - self.begins[w.index]) / HOUR
        for what, amount in (
            (ledger.paid, paid), (ledger.cost, paid * who.cost_cents), (ledger.support, helped),
            (ledger.billable, done), (ledger.bench, room - done),
        ):  # fmt: skip
            ledger.add(what, week=week, amount=amount)
        if self.emit:
            self._day_said(w, ends, stints, chunks, meets)

    def _projects(self, w: Worker, room: float, finishing: list[Project]) -> list[Chunk]:
        """Work on what the person is booked on this week, in order; then go on with it beyond what was booked."""
        chunks: list[Chunk] = []
        for beyond in (False, True):
            for entry in w.week:
                hours = room if beyond else min(room, entry[1])
                if hours > _CRUMB:
                    spent = self._project(w, self.projects[int(entry[0])], hours, chunks, finishing)
                    entry[1] -= spent
                    room -= spent
        return chunks

    def _project(
        self, w: Worker, project: Project, hours: float, chunks: list[Chunk], finishing: list[Project]
    ) -> float:
        """Work on a project's open tasks up to some hours; return the hours worked."""
        if project.finished >= 0 or self.day < max(project.ready, project.won + 1):
            return 0.0
        spent = 0.0
        for task in project.tasks:
            speed = w.level.get(task.skill)
            if speed is None or task.done >= 0 or hours - spent <= _CRUMB or not project.open_phase(task.phase):
                continue
            part = min(hours - spent, task.left / speed)
            task.left -= part * speed
            task.logged += part
            spent += part
            chunks.append((project, task, part))
            if task.left <= 1e-6:
                task.done = self.day
                if project not in finishing:
                    finishing.append(project)
        if spent > 0:
            if project.started < 0:
                self._started(project, w)
            if project.template.contract_kind == TIME:
                cents = spent * project.rates[w.holder.who.role]
                self.ledger.add(self.ledger.revenue, week=monday(self.day), amount=cents)
        return spent

    def _started(self, project: Project, w: Worker) -> None:
        """Begin a project: its promised start is kept, its end is promised."""
        at = self.begins[w.index] + HOUR // 4
        project.started = self.day
        self.settle(project.start_promise, at=at, outcome="kept", day=self.day)
        self._milestone(project, at, "start", "")
        days = int(7 + 7 * _SLACK * sum(t.estimate for t in project.tasks) / _PACE_H)
        due = self._next_open(self.day + days)
        project.finish_promise = self.promise(
            "finish", at=at, deal=project.deal.number, due=due, probability=self.truth.promise_stated,
            project=project.number,
        )  # fmt: skip

    def _phases(self, project: Project) -> None:
        """Close the phases that are done at the end of the day; tasks of the next may begin tomorrow."""
        at, ledger = self._clock(18.5), self.ledger
        for k, phase in enumerate(project.template.phases):
            tasks = [t for t in project.tasks if t.phase == k]
            if phase.phase in project.done_phases or any(t.done < 0 for t in tasks):
                continue
            project.done_phases.add(phase.phase)
            self._milestone(project, at, phase.milestone or phase.phase, phase.phase)
            ledger.tasks += [
                TaskDone(project.number, t.task_type, t.skill, project.deal.estimator, t.estimate, t.logged, t.ratio)
                for t in tasks
            ]
            if project.template.contract_kind != TIME:
                cents = project.budget_cents * project.phase_shares[k]
                ledger.add(ledger.revenue, week=monday(self.day), amount=cents)
        if len(project.done_phases) == len(project.template.phases):
            project.finished = self.day
            self.settle(project.finish_promise, at=at, outcome="kept", day=self.day)

    # ---- what is written down -------------------------------------------------------------------------------------

    def _milestone(self, project: Project, at: int, step: str, phase: str) -> None:
        self.tell(
            at, "milestone_reached", step=step, note={"phase": phase} if phase else None, subject_kind="project",
            subject_id=self.project_id(project.number), customer_id=project.client.customer_id,
            team=project.client.team, actor="human",
        )  # fmt: skip

    def _day_said(self, w: Worker, ends: int, stints: list[Stint], chunks: list[Chunk], meets: float) -> None:
        """Write down a person's shift, its states and the hours logged at its end."""
        who, starts = w.holder.who.agent_id, self.begins[w.index]
        about: dict[str, Any] = {"subject_kind": "shift", "subject_id": f"w{self.truth.code}{self.number('shift')}"}
        about |= {"agent_id": who, "team": w.team, "actor": "human"}
        self.tell(starts, "shift_started", **about)
        state = ""
        for at, name in self._states(w, ends, stints, sum(h for _, _, h in chunks), meets):
            if name != state:
                self.tell(at, "state_changed", step=name, **about)
                state = name
        hours: dict[tuple[int, int], float] = {}
        for project, task, part in chunks:
            key = (project.number, project.tasks.index(task))
            hours[key] = hours.get(key, 0.0) + part
        for (number, k), spent in hours.items():
            project = self.projects[number]
            task = project.tasks[k]
            phase = project.template.phases[task.phase].phase
            self._logged(w, ends, self.project_id(number), spent, phase, task.task_type, project.client.customer_id)
        helped = sum(b - a for a, b, _ in stints) / HOUR
        if helped:
            self._logged(w, ends, self.project_id(0), helped, "", "support", None)
        self.tell(ends, "shift_ended", **about)

    def _logged(
        self, w: Worker, at: int, project: str, hours: float, phase: str, task_type: str, customer: str | None
    ) -> None:
        note = {"billable": customer is not None, "task_type": task_type} | ({"phase": phase} if phase else {})
        self.tell(
            at, "time_logged", note=note, value=round(hours, 4), subject_kind="project", subject_id=project,
            customer_id=customer, agent_id=w.holder.who.agent_id, team=w.team, actor="human",
        )  # fmt: skip

    def _states(self, w: Worker, ends: int, stints: list[Stint], hours: float, meets: float) -> list[tuple[int, str]]:
        """Return when a person takes which state: stints, lunch and meeting are fixed, projects fill what is between."""
        starts = self.begins[w.index]
        fixed = [(a, b, "on_contact") for a, b, _ in stints]
        if meets:
            fixed.append((starts, starts + int(meets * HOUR), "meeting"))
        if w.today >= LONG_H:
            at = self.lunches.get(w.index, self._clock(12.5))
            fixed.append((at, at + HOUR // 2, "break"))
        found, cursor, left = list[tuple[int, str]](), starts, int(hours * HOUR)
        for a, b, name in [*sorted(fixed), (ends, ends, "")]:
            if cursor < a:
                part = min(left, a - cursor)
                left -= part
                if part:
                    found.append((cursor, "on_contact"))
                if part < a - cursor:
                    found.append((cursor + part, "available"))
            if b > a:
                found.append((a, name))
            cursor = max(cursor, b)
        return found
