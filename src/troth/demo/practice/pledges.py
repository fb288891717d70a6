"""Promises of starts and finishes: made, moved, kept, broken."""

from __future__ import annotations

from typing import Any

from troth.demo.practice.engine import PracticeEngine
from troth.demo.practice.state import Pledge


class Pledging(PracticeEngine):
    """What was promised to clients."""

    def promise(self, kind: str, *, at: int, deal: int, due: int, probability: float, project: int = -1) -> int:
        """Promise a start or finish by the end of a local day; return the promise's number."""
        found = Pledge(self.number("promise"), kind, deal=deal, due=due, probability=probability, made=self.day)
        found.project = project
        self.pledges[found.number] = found
        self._said(found, at, "promised")
        return found.number

    def move(self, number: int, *, at: int, due: int, probability: float, reason: str) -> None:
        """Change what was promised, if it is still open and differs."""
        found = self.pledges.get(number)
        if found is None or (found.due == due and found.probability == probability):
            return
        found.due, found.probability = due, probability
        self._said(found, at, "promise_changed", reason=reason)

    def settle(self, number: int, *, at: int, outcome: str, day: int, reason: str = "") -> None:
        """Write down how a promise ended, if it is still open."""
        found = self.pledges.pop(number, None)
        if found is None:
            return
        found.outcome, found.settled = outcome, day
        self.settled.append(found)
        if self.emit:
            self._said(found, at, f"promise_{outcome}", **({"reason": reason} if reason else {}))

    def _overdue(self) -> None:
        """Break what was due before today and did not come."""
        late = [p.number for p in self.pledges.values() if p.due < self.day]
        for number in late:
            self.settle(number, at=self.t0, outcome="broken", day=self.day)

    def _said(self, p: Pledge, at: int, activity: str, **more: str) -> None:
        if not self.emit:
            return
        note: dict[str, Any] = {"kind": p.kind, "deal": self.deal_id(p.deal)}
        if p.project >= 0:
            note["project"] = self.project_id(p.project)
        opens = activity in ("promised", "promise_changed")
        if opens:
            note["due_at"] = self.stamp(p.due + 1)
        deal = self.deals[p.deal]
        self.tell(
            at, activity, note=note | more, subject_kind="promise", subject_id=f"p{self.truth.code}{p.number}",
            customer_id=deal.client.customer_id, team=deal.client.team, actor="human", direction="out",
            agent_id=self.truth.sellers[deal.seller][0], value=p.probability if opens else None,
        )  # fmt: skip

    def deal_id(self, number: int) -> str:
        """Return a deal's id."""
        return f"d{self.truth.code}{number}"

    def project_id(self, number: int) -> str:
        """Return a project's id."""
        return f"j{self.truth.code}{number}"
