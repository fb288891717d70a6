"""The clock of the practice: one local day after the other. What a day holds comes in the files built on it."""

from __future__ import annotations

import json
from collections import deque
from datetime import date
from typing import Any, Final

from troth.demo.clock import instant, wall
from troth.demo.practice.controls import PracticeControls
from troth.demo.practice.ledger import ActionTaken, PracticeLedger
from troth.demo.practice.people import MARKET, holders, stream
from troth.demo.practice.rows import Fact
from troth.demo.practice.state import Asked, Booked, Deal, Pledge, Project, Reviewed, Waiting, Worker
from troth.demo.practice.truth import Practice

HOUR: Final = 3_600_000
#: Half an hour of lunch in a shift of at least six hours; an hour of meeting on the first day of a week.
LUNCH_H, LONG_H, MEETING_H = 0.5, 6.0, 1.0
_MONTHS: Final = 12 * 40


def iso(day: int) -> str:
    """Return an ordinal as an ISO date."""
    return date.fromordinal(day).isoformat()


def monday(day: int) -> int:
    """Return the ordinal of the Monday of a day's week."""
    return day - (day - 1) % 7


class PracticeEngine:
    """State and clock. Nothing here holds a random generator: each thing's chance comes from a stream of its own."""

    def __init__(self, truth: Practice, seed: int, *, emit: bool) -> None:
        self.truth, self.seed, self.emit = truth, seed, emit
        self.holders = holders(truth, seed=seed)
        self.first = date.fromisoformat(truth.start).toordinal()
        self.closed = {date.fromisoformat(day).toordinal() for day, _ in truth.holidays}
        self.away = [
            {d for a, b in h.who.leave for d in range(ordinal(a), ordinal(b))} for h in self.holders
        ]  # fmt: skip
        self.market = self._markets()
        self.kinds = {one.task_type: one for one in truth.tasks}
        self.rows: list[Fact] = []
        self.numbered = 0
        self.counts: dict[str, int] = {}
        self.ledger = PracticeLedger()
        self.controls = PracticeControls()
        #: The next day to live, its first instant, and whether people work on it.
        self.day, self.t0, self.works = self.first, self._midnight(self.first), False
        self.nine = self.t0 + 9 * HOUR
        self.workers: list[Worker] = []
        #: When people began today, and when those on support went to lunch.
        self.begins: dict[int, int] = {}
        self.lunches: dict[int, int] = {}
        self.deals: dict[int, Deal] = {}
        #: What sellers have stated of each open deal so far.
        self.stated: dict[int, list[float]] = {}
        self.projects: dict[int, Project] = {}
        self.pledges: dict[int, Pledge] = {}
        self.settled: list[Pledge] = []
        self.booked: dict[tuple[int, int], dict[int, Booked]] = {}
        self.waiting: Waiting = {team: deque() for team in truth.teams}
        #: Today's answers (person, question, when), and the reviews a session can take up.
        self.answered: list[tuple[int, Asked, int]] = []
        self.recent: list[Reviewed] = []
        self.actions: list[ActionTaken] = []
        self.room: dict[tuple[int, int, bool], float] = {}
        self._staff()

    # ---- time -----------------------------------------------------------------------------------------------------

    def _midnight(self, day: int) -> int:
        return wall(date.fromordinal(day), clock="00:00", time_zone=self.truth.time_zone)

    def _clock(self, hour: float) -> int:
        """Return an instant of today by the hours since midnight, before and after any change of the clocks."""
        return self.nine + int((hour - 9.0) * HOUR)

    def _open(self, day: int) -> bool:
        return (day - 1) % 7 < 5 and day not in self.closed

    def _next_open(self, day: int) -> int:
        while not self._open(day):
            day += 1
        return day

    def _live_day(self) -> None:
        """Live one local day and go on to the next."""
        self.works = self._open(self.day)
        self.nine = wall(date.fromordinal(self.day), clock="09:00", time_zone=self.truth.time_zone)
        self._staff()
        self._today()
        self.day += 1
        self.t0 = self._midnight(self.day)

    def _today(self) -> None:
        """Do what the day holds."""
        raise NotImplementedError

    # ---- people ---------------------------------------------------------------------------------------------------

    def _staff(self) -> None:
        """Keep the list of those employed today, in the order of positions."""
        kept = [w for w in self.workers if w.holder.here(self.day)]
        known = {w.index for w in kept}
        new = [
            Worker(k, h, self.truth) for k, h in enumerate(self.holders) if h.here(self.day) and k not in known
        ]  # fmt: skip
        for w in self.workers:
            if w not in kept:
                self._gone(w)
        if new or len(kept) < len(self.workers):
            self.workers = sorted([*kept, *new], key=lambda w: w.index)

    def _gone(self, w: Worker) -> None:
        """Do what follows when somebody has left."""
        raise NotImplementedError

    def hours_of(self, w: Worker, day: int) -> float:
        """Return the contract hours of a person on a day net of planned leave."""
        if not self._open(day) or day in self.away[w.index]:
            return 0.0
        return w.holder.who.hours[(day - 1) % 7]

    def week_room(self, w: Worker, week: int) -> float:
        """Return the hours of a week a person can be booked for, as far as leave and notice are known."""
        told = self.day >= w.holder.announced
        key = (w.index, week, told)
        found = self.room.get(key)
        if found is None:
            found = 0.0
            for day in range(week, week + 5):
                if day >= w.holder.came and not (told and day >= w.holder.goes):
                    h = self.hours_of(w, day)
                    found += max(0.0, h - (LUNCH_H if h >= LONG_H else 0.0) - (MEETING_H if day == week else 0.0))
            self.room[key] = found
        return found

    # ---- chance and numbers ---------------------------------------------------------------------------------------

    def _markets(self) -> list[float]:
        """Return the market of each month since the start, standard normal and correlated from month to month."""
        draws, keep = stream(self.truth, self.seed, MARKET), self.truth.market_memory
        found = [draws.normal()]
        for _ in range(_MONTHS):
            found.append(keep * found[-1] + (1 - keep * keep) ** 0.5 * draws.normal())
        return found

    def month(self, day: int) -> int:
        """Return how many calendar months a day is after the start's."""
        a, b = date.fromordinal(self.first), date.fromordinal(day)
        return min(_MONTHS, 12 * (b.year - a.year) + b.month - a.month)

    def number(self, what: str) -> int:
        """Return the next number of a kind of thing."""
        found = self.counts[what] = self.counts.get(what, 0) + 1
        return found

    # ---- what is written down -------------------------------------------------------------------------------------

    def tell(self, at: int, activity: str, /, *, note: dict[str, Any] | None = None, **more: Any) -> None:
        """Write down a fact, if anybody listens; `note` becomes the attributes."""
        if self.emit:
            text = json.dumps(note, ensure_ascii=False) if note else None
            self.rows.append(Fact(at, activity, attributes=text, **more))

    def stamp(self, day: int) -> str:
        """Return the first instant of a local day as text."""
        return instant(self._midnight(day)).isoformat().replace("+00:00", "Z")


def ordinal(day: str) -> int:
    """Return the ordinal of an ISO date."""
    return date.fromisoformat(day).toordinal()
