"""How the practice improves itself: targets, reviews of figures, actions, and a trial rolled out team by team."""

from __future__ import annotations

from datetime import date
from typing import Final

from troth.demo.practice.engine import monday, ordinal
from troth.demo.practice.grading import Grading
from troth.demo.practice.ledger import ActionTaken
from troth.demo.practice.people import IMPROVING, stream

#: What the practice wants, by KPI; and what its actions are about.
TARGETS: Final = (
    ("load.billable", 0.72),
    ("quality.score", 75.0),
    ("promise.kept", 0.85),
    ("speed.first_reply", 14400.0),
)
ABOUT: Final = (
    ("promise.kept", "check bookings of the next three weeks before a start is promised"),
    ("load.billable", "book spare days a week ahead"),
    ("quality.score", "go through two answers with each person a month"),
    ("speed.first_reply", "answer templates for frequent questions"),
    ("speed.handle", "notes on clients' set-ups in one place"),
)
#: Part of the actions that are done, days that takes beyond the first week, part of those whose effect is measured.
_DONE, _DAYS, _MEASURED = 0.75, 22.0, 0.6


class Improving(Grading):
    """The calendar of improvement."""

    def _improve_day(self) -> None:
        """Do what a day of the calendar asks for."""
        if not self.works:
            return
        today = date.fromordinal(self.day)
        first = self.day == self._next_open(today.replace(day=1).toordinal())
        if self.day == self._next_open(self.first) or (first and today.month in (1, 4, 7, 10)):
            for kpi, value in TARGETS:
                self.tell(self._clock(9.2), "target_set", step=kpi, value=value, actor="human", agent_id=self._lead())
        if self.day == self._next_open(monday(self.day)):
            for team in self.truth.teams:
                self.tell(
                    self._clock(9.5), "review_held", step="weekly", team=team, actor="human", agent_id=self._lead()
                )
        if first:
            self.tell(self._clock(11.0), "review_held", step="monthly", actor="human", agent_id=self._lead())
            self._agree()
        for action in [a for a in self.actions if a.day == self.day]:
            self.tell(
                self._clock(16.0), "action_done", step=action.kpi, value=action.effect, subject_kind="action",
                subject_id=f"a{self.truth.code}{action.number}", actor="human", agent_id=action.owner_id,
            )  # fmt: skip
        self._trial_day()

    def _lead(self) -> str:
        """Return who leads: the first of the graders."""
        return self.truth.graders[0].reviewer_id if self.truth.graders else self.truth.sellers[0][0]

    def _agree(self) -> None:
        """Agree on actions in the monthly review."""
        draws = stream(self.truth, self.seed, IMPROVING, self.day)
        for _ in range(1 + int(3 * draws.random())):
            kpi, label = ABOUT[int(draws.random() * len(ABOUT))]
            owner = self.workers[int(draws.random() * len(self.workers))].holder.who.agent_id
            number = self.number("action")
            due = self._next_open(self.day + 28)
            self.tell(
                self._clock(11.5), "action_agreed", step=kpi, note={"label": label, "owner_id": owner, "due_at": self.stamp(due)},
                subject_kind="action", subject_id=f"a{self.truth.code}{number}", actor="human", agent_id=self._lead(),
            )  # fmt: skip
            done, took, known = draws.random() < _DONE, 7 + int(_DAYS * draws.exponential()), draws.random() < _MEASURED
            effect = round(0.03 + 0.03 * draws.normal(), 3) if known else None
            day = self._next_open(self.day + took) if done else -1
            self.actions.append(ActionTaken(number, kpi, owner, self.day, day, effect))

    def _trial_day(self) -> None:
        trial = self.truth.trial
        if trial is None:
            return
        days = [self._next_open(ordinal(day)) for day in trial.days]
        for k, (team, day) in enumerate(zip(trial.teams, days, strict=True)):
            if day == self.day:
                self._trial_said("trial_changed" if k else "trial_started", team, None)
        if self.day == self._next_open(ordinal(trial.ended)):
            self._trial_said("trial_ended", None, self._measured(trial.teams[0], trial.teams[-1], days[0], days[-1]))

    def _measured(self, treated: str, other: str, start: int, end: int) -> float | None:
        """Return how handling changed with the change: between its first team and the last, before and while only one had it."""
        sums: dict[tuple[str, bool], list[float]] = {}
        first, last = self._midnight(start), self._midnight(end)
        for one in self.ledger.asked:
            if one[3] < last:
                sums.setdefault((one[1], one[3] >= first), []).append(one[4] - one[3])
        keys = [(treated, True), (treated, False), (other, True), (other, False)]
        if any(len(sums.get(key, ())) < 5 for key in keys):
            return None
        a, b, c, d = (sum(sums[key]) / len(sums[key]) for key in keys)
        return round((a / b) / (c / d) - 1, 4)

    def _trial_said(self, activity: str, team: str | None, value: float | None) -> None:
        trial = self.truth.trial
        assert trial is not None
        self.tell(
            self._clock(9.0), activity, step="speed.handle", note={"label": trial.title}, value=value, team=team,
            subject_kind="trial", subject_id=trial.trial_id, queue=self.truth.queue, actor="human", agent_id=self._lead(),
        )  # fmt: skip
