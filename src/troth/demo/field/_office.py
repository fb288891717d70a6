"""The office: which windows customers are given, what is promised, moved, cancelled and asked afterwards."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from troth.demo.clock import DAY, HOUR, LocalDay
from troth.demo.field._loop import (
    MINUTE,
    ON_ANSWER,
    ON_CANCEL,
    ON_CLOSE,
    ON_DUE,
    ON_MOVE,
    ON_SURVEY,
    stamp,
)
from troth.demo.field._requests import CANCEL, MOOD_Z, MOVE, PICK, REPLY, REPLY_X, SURVEY, WHEN, Requests
from troth.demo.field._roster import windows
from troth.demo.field.ledger import FieldJob, FieldVisit

#: How full the office books a window: work and travel expected over the time of those on duty.
FILL: Final = 0.84
#: What the office reckons for each way, in minutes.
WAY_MIN: Final = 22.0
#: An emergency is promised within this.
URGENT_MS: Final = 4 * HOUR


class Office(Requests):
    """Windows and promises by the company's own rules, unless the controls say otherwise."""

    def on_offer(self, t: int, visit: FieldVisit) -> None:
        """Answer a request: reserve a window and promise it."""
        offer = self.controls.windows.get(self.visit_id(visit))
        if offer is not None and offer.ends > max(t, offer.starts):
            window, stated = (offer.starts, offer.ends), offer.probability
        else:
            window, stated = self.own_window(t, visit), self.truth.stated
        visit.first = visit.window = window
        visit.state, visit.stated = "open", stated
        self._count(visit, window)
        self.of_job(t, "booked", visit.job, visit=visit, actor="system", attributes=_between(window))
        self.of_job(t, "message_sent", visit.job, office=True, direction="out")
        self._promise(t, visit)
        ahead = window[0] - t - HOUR
        if ahead > 0 and visit.attempt == 1:
            at = t + int(visit.luck[WHEN] * ahead)
            if visit.luck[CANCEL] < self.truth.cancels:
                self.put(at, ON_CANCEL, visit)
            elif visit.luck[MOVE] < self.truth.moves:
                self.put(at, ON_MOVE, (visit, visit.promise))
        self.urgent(t, visit)

    def urgent(self, t: int, visit: FieldVisit) -> None:
        """Find somebody for a visit that is promised for a day already planned."""
        raise NotImplementedError

    def own_window(self, t: int, visit: FieldVisit, *, after: date | None = None) -> tuple[int, int]:
        """Return the first window with room that the customer takes; an emergency's is the next hours."""
        service = self.truth.services[visit.job.service]
        if service.lead_days == 0 and visit.attempt == 1 and after is None:
            start = self.office(t)
            return start, start + URGENT_MS
        day = max(date.fromisoformat(visit.earliest), after or date.min, self.local(t) + timedelta(days=1))
        skip, pick = 0, visit.luck[PICK]
        while pick < 0.3 and skip < 6:
            skip, pick = skip + 1, pick / 0.3
        found = (t + DAY, t + DAY + URGENT_MS)
        for k in range(45):
            local = self.day(day + timedelta(days=k))
            for window in windows(self.truth, day=local):
                found = window
                if self._room(local, window, visit.job):
                    if not skip:
                        return window
                    skip -= 1
        return found

    def _room(self, local: LocalDay, window: tuple[int, int], job: FieldJob) -> bool:
        """Tell whether a window has room for a matter, among all technicians and among those who know its kind."""
        kind = self.places[job.place].kind
        name = self.truth.kinds[kind].kind
        more = self._work_min(job)
        for skill in (-1, kind):
            minutes = 0.0
            for index, starts, ends in self.duty(local.day):
                if skill < 0 or self.crews[index].level(name) >= job.level:
                    minutes += max(0, min(ends, window[1]) - max(starts, window[0])) / MINUTE
            full = FILL if skill < 0 else 0.9
            if minutes == 0 or self.minutes[window[0], skill] + more > full * minutes:
                return False
        return True

    def _work_min(self, job: FieldJob) -> int:
        factor = self.truth.kinds[self.places[job.place].kind].factor
        return round(self.truth.services[job.service].mean_s / 60 * factor + WAY_MIN)

    def _count(self, visit: FieldVisit, window: tuple[int, int], sign: int = 1) -> None:
        for skill in (-1, self.places[visit.job.place].kind):
            self.minutes[window[0], skill] += sign * self._work_min(visit.job)

    # ---- promises ---------------------------------------------------------------------------------------------------

    def _promise(self, t: int, visit: FieldVisit) -> None:
        visit.promise, visit.kept, visit.promised_ends = self.number("promise"), -1, visit.window[1]
        self._say_promise(t, "promised", visit, value=visit.stated, more=_between(visit.window)[1:-1])
        self.put(visit.window[1], ON_DUE, (visit, visit.promise, visit.window[1]))

    def _say_promise(
        self, t: int, activity: str, visit: FieldVisit, *, value: float | None = None, more: str = ""
    ) -> None:
        note = f'{{"kind": "window", "visit": "{self.visit_id(visit)}"{", " if more else ""}{more}}}'
        subject = ("promise", f"p{self.truth.code}{visit.promise}")
        self.of_job(t, activity, visit.job, visit=visit, subject=subject, actor="system", direction="out", value=value,
                    attributes=note)  # fmt: skip

    def settle(self, t: int, visit: FieldVisit, *, kept: bool) -> None:
        """Write down how the running promise of a visit ended."""
        if visit.kept < 0:
            visit.kept, visit.broke = int(kept), visit.broke or not kept
            self._say_promise(t, "promise_kept" if kept else "promise_broken", visit)
            if self.keep:
                self.ledger.promises.append((t, kept, visit.stated))

    def on_due(self, t: int, what: tuple[FieldVisit, int, int]) -> None:
        """Break the promise of a visit whose window is over and where nobody has arrived."""
        visit, promise, ends = what
        if visit.promise == promise and visit.promised_ends == ends and visit.arrived < 0 and visit.outcome == "":
            self.settle(t, visit, kept=False)

    def move(self, t: int, visit: FieldVisit, *, reason: str, after: date) -> None:
        """Give a visit another window, at the earliest on a day; tell the customer while the promise still runs."""
        self._count(visit, visit.window, -1)
        visit.window = self.own_window(t, visit, after=after)
        self._count(visit, visit.window)
        visit.agent = -1
        if reason == "customer":
            visit.first = visit.window
        note = f'{{"reason": "{reason}", {_between(visit.window)[1:-1]}}}'
        self.of_job(t, "rescheduled", visit.job, visit=visit, actor="system", attributes=note)
        if visit.kept < 0:
            visit.promised_ends = visit.window[1]
            more = f'"reason": "{reason}", {_between(visit.window)[1:-1]}'
            self._say_promise(t, "promise_changed", visit, more=more)
            self.put(visit.window[1], ON_DUE, (visit, visit.promise, visit.window[1]))
        else:
            self._promise(t, visit)

    def on_move(self, t: int, what: tuple[FieldVisit, int]) -> None:
        """Let a customer ask for another time, a week later at most."""
        visit, promise = what
        if visit.state == "open" and visit.promise == promise and self.local(visit.window[0]) > self.local(t):
            later = 1 + int(6 * visit.luck[CANCEL])
            self.move(t, visit, reason="customer", after=self.local(visit.window[0]) + timedelta(days=later))

    def on_cancel(self, t: int, visit: FieldVisit) -> None:
        """Let a customer give a visit up, and the matter with it."""
        if visit.state != "open":
            return
        visit.state, visit.outcome = "done", "cancelled"
        del self.open[self.visit_id(visit)]
        self._count(visit, visit.window, -1)
        self.of_job(t, "cancelled", visit.job, visit=visit, attributes='{"reason": "customer"}')
        if visit.kept < 0:
            visit.kept = 2
            self._say_promise(t, "promise_waived", visit)
        visit.job.closed = t
        self.of_job(t, "closed", visit.job, actor="system", attributes='{"reason": "cancelled"}')

    def on_evening(self, t: int, day: date) -> None:
        """Give new windows to visits whose window is over."""
        for visit in [v for v in self.open.values() if v.state == "open" and v.window[1] <= t]:
            self.settle(t, visit, kept=False)
            self.move(t, visit, reason="late", after=day + timedelta(days=1))

    # ---- afterwards -------------------------------------------------------------------------------------------------

    def afterwards(self, t: int, visit: FieldVisit) -> None:
        """Put the closing and perhaps a survey on the heap."""
        self.put(t + 3 * DAY, ON_CLOSE, visit.job)
        if visit.luck[SURVEY] < self.truth.survey_share:
            self.put(t + HOUR, ON_SURVEY, visit)

    def on_close(self, t: int, job: FieldJob) -> None:
        """Close a matter that was resolved."""
        job.closed = t
        self.of_job(t, "closed", job, actor="system")

    def on_survey(self, t: int, visit: FieldVisit) -> None:
        """Ask what the customer thinks; who waited or was visited twice is less content."""
        number = self.number("survey")
        self._say_survey(t, "survey_sent", visit, number)
        late = visit.window != visit.first or visit.kept == 0
        mood = 1.3 - 1.2 * late - 0.9 * (visit.attempt - 1) + 1.1 * visit.luck[MOOD_Z]
        if visit.luck[REPLY] < self.truth.survey_reply * (1.3 if mood < 0 else 1.0):
            score = 1 + sum(mood > cut for cut in (-1.9, -1.0, -0.25, 0.85))
            at = t + 10 * MINUTE + int(12 * HOUR * visit.luck[REPLY_X])
            self.put(at, ON_ANSWER, (visit, number, float(score)))

    def on_answer(self, t: int, what: tuple[FieldVisit, int, float]) -> None:
        """Write down an answer to a survey."""
        visit, number, score = what
        self._say_survey(t, "survey_answered", visit, number, score)

    def _say_survey(self, t: int, activity: str, visit: FieldVisit, number: int, score: float | None = None) -> None:
        answer = score is not None
        subject = ("survey", f"s{self.truth.code}{number}")
        self.of_job(t, activity, visit.job, visit=visit, agent=visit.agent, subject=subject, value=score,
                    actor=None if answer else "system", direction="in" if answer else "out",
                    step="satisfaction" if answer else None, attributes='{"scale": 5}' if answer else None)  # fmt: skip


def _between(window: tuple[int, int]) -> str:
    """Return the attributes that name a window."""
    starts, ends = stamp(window[0]), stamp(window[1])
    return f'{{"window_start": "{starts}", "window_end": "{ends}", "due_at": "{ends}"}}'
