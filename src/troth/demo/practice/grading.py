"""Reviews of what support wrote, by graders of different severity, and their calibration sessions."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from troth.demo.draws import Draws
from troth.demo.practice.engine import HOUR
from troth.demo.practice.ledger import Graded
from troth.demo.practice.people import REVIEWS, stream
from troth.demo.practice.state import Asked
from troth.demo.practice.truth import GraderTruth
from troth.demo.practice.work import Work

#: Review criteria and their weights, which add up to 100; the scale of each.
CRITERIA: Final = (("greeting", 10), ("accuracy", 40), ("process", 30), ("closing", 20))
SCALE: Final = 10
FORM: Final = {"form": "support answers", "form_version": "2"}
#: Spread of the quality of one person's answers, and of the criteria of one answer.
_ANSWER, _CRITERION = 0.08, 0.05
#: Reviews scored again by all graders in a session, of how many recent ones; critical errors whose cause is noted.
_SESSION, _RECENT, _CAUSED = 6, 40, 0.85


class Grading(Work):
    """Quality reviews."""

    def _review_day(self) -> None:
        """Review some of today's answers in the days to come; hold a session on the month's second Wednesday."""
        truth, draws = self.truth, stream(self.truth, self.seed, REVIEWS, self.day)
        who = {w.index: w.holder.who for w in self.workers}
        for index, asked, ends in self.answered:
            if draws.random() < truth.reviewed and truth.graders:
                self._review(who[index].agent_id, who[index].quality, asked, ends, draws)
        self.answered = []
        today = date.fromordinal(self.day)
        if today.weekday() == 2 and 8 <= today.day <= 14 and len(self.recent) >= _SESSION:
            self._session(draws)

    def _review(self, agent_id: str, quality: float, asked: Asked, ends: int, draws: Draws) -> None:
        truth = self.truth
        answer = quality + _ANSWER * draws.normal()
        true = tuple(min(1.0, max(0.0, answer + _CRITERION * draws.normal())) for _ in CRITERIA)
        k = int(draws.random() * len(truth.graders))
        critical = draws.random() < truth.critical_share
        marks = [self._mark(t, truth.graders[k], draws) for t in true]
        cause = self._cause(draws) if critical else ""
        if critical:
            marks[1] = 0
        day = self._next_open(self.day + 1 + int(2 * draws.random()))
        at = max(ends, self._midnight(day) + int((10 + 6 * draws.random()) * HOUR))
        number = self.number("review")
        score = 0.0 if critical else total(marks)
        quality = 100 * sum(w * t for (_, w), t in zip(CRITERIA, true, strict=True)) / 100
        self.ledger.reviews.append(Graded(agent_id, quality, k, score, at, critical, cause))
        if not critical:
            self.recent = [*self.recent[1 - _RECENT :], (number, agent_id, asked, true)]
        for (name, weight), mark in zip(CRITERIA, marks, strict=True):
            note: dict[str, Any] = {"weight": weight, "reviewer_id": truth.graders[k].reviewer_id}
            if critical and name == "accuracy":
                note |= {"critical": True} | ({"cause": cause} if cause else {})
            self._scored(at, "quality_reviewed", number, agent_id, asked, name, mark, SCALE, note)
        note = {"reviewer_id": truth.graders[k].reviewer_id} | ({"critical": True} if critical else {})
        self._scored(at, "quality_reviewed", number, agent_id, asked, "total", score, 100, note)

    @staticmethod
    def _mark(true: float, grader: GraderTruth, draws: Draws) -> int:
        """Return the mark a grader gives a criterion."""
        seen = true - grader.severity / 100 + grader.noise * draws.normal()
        return min(SCALE, max(0, round(SCALE * seen)))

    def _cause(self, draws: Draws) -> str:
        """Return the cause noted for a critical error, or nothing."""
        if draws.random() >= _CAUSED:
            return ""
        left = draws.random()
        for name, share in self.truth.causes:
            left -= share
            if left < 0:
                return name
        return self.truth.causes[-1][0]

    def _session(self, draws: Draws) -> None:
        """Let all graders score some reviews again, blindly; then agree on what would have been right."""
        chosen = list(self.recent)
        for n in range(_SESSION):
            number, agent_id, asked, true = chosen.pop(int(draws.random() * len(chosen)))
            at, scores = self._clock(14.0) + n * HOUR // 6, list[float]()
            for g in self.truth.graders:
                marks = [self._mark(t, g, draws) for t in true]
                scores.append(total(marks))
                self._calibrated(at, number, agent_id, asked, marks, g.reviewer_id)
            marks = [round(SCALE * t) for t in true]
            self.ledger.calibrations.append((number, total(marks), tuple(scores)))
            self._calibrated(at + HOUR // 12, number, agent_id, asked, marks, None)

    def _calibrated(
        self, at: int, number: int, agent_id: str, asked: Asked, marks: list[int], reviewer: str | None
    ) -> None:
        if not self.emit:
            return
        by = {"reviewer_id": reviewer} if reviewer else {}
        for (name, weight), mark in zip(CRITERIA, marks, strict=True):
            note = {"weight": weight} | by
            self._scored(at, "quality_calibrated", number, agent_id, asked, name, mark, SCALE, note)
        self._scored(at, "quality_calibrated", number, agent_id, asked, "total", total(marks), 100, by)

    def _scored(
        self,
        at: int,
        activity: str,
        number: int,
        agent_id: str,
        asked: Asked,
        step: str,
        value: float,
        scale: int,
        note: dict[str, Any],
    ) -> None:
        if not self.emit:
            return
        truth, code = self.truth, self.truth.code
        self.tell(
            at, activity, step=step, value=float(value), note=FORM | {"scale": scale} | note, subject_kind="review",
            subject_id=f"r{code}{number}", case_id=f"q{code}{asked.number}", contact_id=f"c{code}{asked.number}",
            customer_id=asked.client.customer_id, agent_id=agent_id, actor="human", direction="internal",
            team=asked.client.team, queue=truth.queue, channel="email", service=f"{asked.topic} support",
            priority="P3",
        )  # fmt: skip


def total(marks: list[int]) -> float:
    """Return the weighted score of a review's marks, 0 to 100."""
    return round(sum(w * m for (_, w), m in zip(CRITERIA, marks, strict=True)) / SCALE, 2)
