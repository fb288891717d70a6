"""The practice as a world that is stepped forward, with decisions from outside."""

from __future__ import annotations

import copy
from datetime import date, datetime
from operator import itemgetter
from typing import Final, Self

import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.demo.clock import millis
from troth.demo.practice.controls import PracticeControls
from troth.demo.practice.engine import ordinal
from troth.demo.practice.improving import Improving
from troth.demo.practice.known import PracticeKnown, known_of
from troth.demo.practice.ledger import PracticeLedger, StartKept
from troth.demo.practice.rows import facts_table
from troth.demo.practice.truth import Practice

#: What never changes, shared by a world and its copies.
_FIXED: Final = ("truth", "holders", "away", "market", "closed", "kinds", "controls")


class PracticeWorld(Improving):
    """A practice that lives: step it forward, read what happened, ask what is known.

    The same truth, seed and controls give the same events, however the way is cut into steps. Chance belongs to things:
    a deal, a task, a day's questions are the same whatever was decided, so that two plans meet the same world.

    Parameters
    ----------
    truth : the true parameters.
    seed : which of the possible courses to live through.
    emit : False leaves out the events (faster).

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from troth.demo.practice import PracticeWorld, practice
    >>> world = PracticeWorld(practice("p", start="2026-03-02", days=28, people=8), seed=1)
    >>> log = world.step(datetime(2026, 3, 6, 21, tzinfo=UTC))
    >>> world.known().day, "time_logged" in log["activity"].to_pylist()
    ('2026-03-07', True)
    """

    def __init__(self, truth: Practice, seed: int, *, emit: bool = True) -> None:
        super().__init__(truth, seed, emit=emit)

    def step(self, until: datetime, *, controls: PracticeControls | None = None) -> pa.Table:
        """Live on to an instant (inclusive) and return the clean events since the last step, in order of time.

        A local day is lived as it begins: decisions count from the first day that begins in the step, and `known` is as of
        the end of the last day that began. Plan between days.

        Parameters
        ----------
        until : an aware datetime.
        controls : the decisions in force; None is the practice's own plan.

        Returns
        -------
        events in the stored schema, versions 0, `recorded_at` equal to `occurred_at`.

        Raises
        ------
        InputError
            ``bad-day``, ``bad-probability``, ``bad-hours`` in the controls.
        """
        self.controls = controls or PracticeControls()
        _check(self.controls)
        end = millis(until)
        while self.t0 <= end:
            self._live_day()
        ready = sorted((row for row in self.rows if row.at <= end), key=itemgetter(0))
        self.rows = [row for row in self.rows if row.at > end]
        first, self.numbered = self.numbered, self.numbered + len(ready)
        return facts_table(ready, code=self.truth.code, site=self.truth.site, first=first)

    def _today(self) -> None:
        self._overdue()
        self._slips()
        if not self.works:
            return
        self._promised()
        self._pipeline()
        self._plan()
        self._asked_today()
        self._work()
        self._review_day()
        self._improve_day()

    def _promised(self) -> None:
        """Make or change the promises that controls name."""
        head = self.deal_id(0)[:-1]
        for deal_id, wish in self.controls.promises.items():
            tail = deal_id.removeprefix(head)
            deal = self.deals.get(int(tail)) if deal_id.startswith(head) and tail.isdigit() else None
            wanted = (wish.day, wish.probability)
            if deal is None or deal.won is False or deal.given == wanted:
                continue
            deal.given = wanted
            due, at = ordinal(wish.day), self._clock(9.25)
            if deal.promise < 0:
                deal.promise = self.promise("start", at=at, deal=deal.number, due=due, probability=wish.probability)
                continue
            self.move(deal.promise, at=at, due=due, probability=wish.probability, reason="planned anew")
            if deal.project >= 0 and deal.promise in self.pledges:
                self.projects[deal.project].order = (due, deal.project)

    def known(self) -> PracticeKnown:
        """Return what a planner knows before the next day begins: nothing of the hidden truth."""
        return known_of(self)

    def record(self) -> PracticeLedger:
        """Return the true records so far."""
        return self.ledger

    def starts(self) -> list[StartKept]:
        """Return every promised start so far, with what became of it."""
        found = []
        for p in sorted([*self.settled, *self.pledges.values()], key=lambda p: p.number):
            if p.kind == "start":
                started = self.projects[p.project].started if p.project >= 0 else -1
                found.append(StartKept(p.deal, p.project, p.first_due, p.due, p.probability, started, p.outcome))
        return found

    def copy(self) -> Self:
        """Return an independent world in the same state; the truth and what is over are shared."""
        return copy.deepcopy(self)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        new = type(self).__new__(type(self))
        memo[id(self)] = new
        over = [d for d in self.deals.values() if d.won is False]
        memo.update({id(one): one for one in [*over, *self.settled]})
        for name, value in vars(self).items():
            if name in _FIXED:
                kept: object = value
            elif name in ("rows", "settled", "recent", "actions"):
                kept = list(value)
            elif name == "ledger":
                kept = value.copy()
            else:
                kept = copy.deepcopy(value, memo)
            setattr(new, name, kept)
        return new


def _check(controls: PracticeControls) -> None:
    """Find everything wrong with controls."""
    found: list[Issue] = []
    days = [(f"promises[{deal}]", wish.day) for deal, wish in controls.promises.items()]
    days += [(f"bookings[{agent}]", day) for agent, day in controls.bookings]
    for where, day in days:
        try:
            weekday = date.fromisoformat(day).weekday()
        except ValueError:
            found.append(Issue("bad-day", Severity.ERROR, where, day, "Maybe write the day as 2026-03-02."))
            continue
        if where.startswith("bookings") and weekday != 0:
            found.append(Issue("bad-day", Severity.ERROR, where, day, "Maybe the week's Monday is meant."))
    for deal, wish in controls.promises.items():
        if not 0.0 <= wish.probability <= 1.0:
            advice = "Maybe it is a percentage: a probability is 0 to 1."
            found.append(Issue("bad-probability", Severity.ERROR, f"promises[{deal}]", str(wish.probability), advice))
    for (agent, day), rows in controls.bookings.items():
        for project, hours in rows:
            if not 0.0 <= hours <= 168.0:
                advice = "Maybe minutes are meant: a week has 168 hours."
                found.append(
                    Issue("bad-hours", Severity.ERROR, f"bookings[{agent}, {day}, {project}]", str(hours), advice)
                )
    if found:
        raise InputError(found)
