"""The event loop of one site: its clock, its days, its people. What customers do comes in the files built on it."""

from __future__ import annotations

from collections import deque
from datetime import date, timedelta
from heapq import heappop, heappush
from math import log
from operator import itemgetter
from typing import Any, Final

import numpy as np

from troth.demo.clock import HALF_HOUR, HOUR, LocalDay, local_day
from troth.demo.controls import Controls, Shift
from troth.demo.draws import Draws
from troth.demo.ledger import Case, Contact, Ledger
from troth.demo.plan import cover, day_shifts, level, profile, required
from troth.demo.record import ACTIVITY, COUNTER, SHIFT, STEP, Lanes, Row
from troth.demo.truth import AgentTruth, QueueTruth, SiteTruth, Truth

#: Kinds of things on the heap, in the order of the handlers.
(ON_DAY, ON_COME, ON_SHIFT, ON_PAUSE, ON_BACK, ON_LEAVE, ON_DONE, ON_FLUSH) = range(8)
(ON_DUE, ON_RETURN, ON_LEG, ON_BOOKED, ON_TRIAGE, ON_WORKED, ON_REPLY, ON_REST, ON_CLOSE, ON_GOING) = range(8, 18)

AVAILABLE, ON_CONTACT, WRAP, OFF = STEP["available"], STEP["on_contact"], STEP["wrap"], -1
_STATE, _STARTED, _ENDED = ACTIVITY["state_changed"], ACTIVITY["shift_started"], ACTIVITY["shift_ended"]
_OPENED, _CLOSED = ACTIVITY["counter_opened"], ACTIVITY["counter_closed"]
#: How long a person stays after the end of the shift while customers are inside or own cases are left.
STAY: Final = 45 * 60_000


class Line:
    """A queue while it runs: who waits, in order of arrival."""

    __slots__ = ("cuts", "discipline", "index", "items", "lanes", "notes", "odds", "truth")

    def __init__(self, index: int, truth: QueueTruth) -> None:
        self.index, self.truth = index, truth
        self.items: deque[Contact] = deque()
        self.discipline = "priority" if truth.kind == "walkin" else "fifo"
        self.lanes: dict[tuple[int, int], int] = {}
        total = np.cumsum([t.share for t in truth.topics])
        self.cuts: list[float] = (total / total[-1]).tolist()
        self.notes = [f'{{"topic": "{t.topic}"}}' for t in truth.topics]
        self.odds = [log(t.solved / (1 - t.solved)) for t in truth.topics]

    def waiting(self) -> int:
        """Drop those who left from the front and return how many entries remain."""
        items = self.items
        while items and items[0].state:
            items.popleft()
        return len(items)


class Person:
    """A person at work: state, shift and what they have in hand."""

    __slots__ = (
        "busy", "counter", "due", "ends", "index", "lane", "limit", "lines", "open_from", "own", "pace",
        "shift", "since", "spent", "started", "state", "truth",
    )  # fmt: skip

    def __init__(self, index: int, truth: AgentTruth, lane: int, lines: list[Line], limit: int) -> None:
        self.index, self.truth, self.lane, self.lines, self.limit = index, truth, lane, lines, limit
        self.pace = truth.pace
        self.state, self.since, self.busy = OFF, 0, 0
        self.due: list[tuple[float, str]] = []
        self.own: list[Case] = []
        self.shift, self.started, self.ends, self.counter, self.open_from = -1, 0, 0, 0, -1
        self.spent: dict[int, int] = {}


class Engine:
    """One site's loop. `rows` holds what happened (and what is already certain to happen) since the last drain."""

    def __init__(self, truth: Truth, index: int, seed: int, *, emit: bool = True, keep: bool = True) -> None:
        site: SiteTruth = truth.sites[index]
        self.site, self.ways, self.emit, self.keep = site, truth.ways, emit, keep
        self.start, self.key = date.fromisoformat(truth.start), (seed, index)
        self.heap: list[tuple[int, int, int, Any]] = []
        self.rows: list[Row] = []
        self.serial, self.numbered = 0, 0
        self.counts: dict[str, int] = dict.fromkeys(("contact", "case", "subject", "customer", "ticket"), 0)
        self.lanes, self.ledger, self.controls = Lanes(), Ledger(), Controls()
        self.draws, self.planning = Draws(seed, index, 1), Draws(seed, index, 2)
        self.lines = [Line(k, q) for k, q in enumerate(site.queues)]
        self.people: list[Person] = []
        for k, a in enumerate(site.agents):
            lines = [line for line in self.lines if line.truth.queue in a.queues]
            lane = self.lanes.number(a.team, None, site.site, None, None, None)
            chats = any(line.truth.kind == "chat" for line in lines)
            self.people.append(Person(k, a, lane, lines, site.together if chats else 1))
        self.by_id = {p.truth.agent_id: p for p in self.people}
        self.bot = next((p.index for p in self.people if p.truth.kind == "bot"), -1)
        self.idle: dict[int, Person] = {}
        self.spare: dict[int, Person] = {}
        self.pool = list(range(site.customers))
        self.counts["customer"] = site.customers
        self.gone: set[int] = set()
        self.days: dict[date, LocalDay] = {}
        self.shapes: dict[tuple[int, ...], list[tuple[int, float]]] = {}
        self.covers: dict[tuple[str, int, int], list[tuple[int, int]]] = {}
        self.worked: dict[str, float] = {}
        self.here: set[str] = set()
        self.planned: list[Shift] = []
        self.today = self.day_of(self.start)
        self._put(self.today.starts, ON_DAY, self.start)

    # ---- the loop -------------------------------------------------------------------------------------------------

    def _put(self, t: int, kind: int, what: Any) -> None:
        """Put something on the heap; equal times keep the order of putting."""
        self.serial += 1
        heappush(self.heap, (t, self.serial, kind, what))

    def number(self, what: str) -> int:
        """Return the next number of a kind of thing."""
        found = self.counts[what] = self.counts[what] + 1
        return found

    def handlers(self) -> tuple[Any, ...]:
        """Return the functions that handle what is on the heap, by kind."""
        raise NotImplementedError

    def advance(self, until: int, *, controls: Controls) -> None:
        """Run everything that happens up to and including an instant."""
        self.controls = controls
        heap, handle = self.heap, self.handlers()
        while heap and heap[0][0] <= until:
            t, _, kind, what = heappop(heap)
            handle[kind](t, what)
            if not self.emit:
                self.rows.clear()

    def drain(self, until: int) -> list[Row]:
        """Return the rows up to an instant in order of time, and forget them."""
        ready = [row for row in self.rows if row[0] <= until]
        if len(ready) == len(self.rows):
            self.rows = []
        else:
            self.rows = [row for row in self.rows if row[0] > until]
        ready.sort(key=itemgetter(0))
        return ready

    # ---- days -----------------------------------------------------------------------------------------------------

    def day_of(self, day: date) -> LocalDay:
        """Return a local day of the site."""
        found = self.days.get(day)
        if found is None:
            found = self.days[day] = local_day(self.site, day=day)
        return found

    def opening(self, t: int) -> tuple[int, int] | None:
        """Return the span open at an instant, else the next one within three weeks."""
        day = self.today.day - timedelta(days=1)
        for k in range(40):
            for a, b in self.day_of(day + timedelta(days=k)).spans:
                if t < b:
                    return a, b
        return None

    def _on_day(self, t: int, day: date) -> None:  # noqa: ARG002  every handler is told the time
        """Begin a local day: arrivals, shifts, bookings; and put the next day on the heap."""
        today = self.today = self.day_of(day)
        self.days.pop(day - timedelta(days=3), None)
        self._put(today.ends, ON_DAY, day + timedelta(days=1))
        if day.weekday() == 0:
            self.worked = {}
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((*self.key, 3, day.toordinal()))))
        volume = level(self.site, day=day, start=self.start)
        self._arrivals(today, volume, rng)
        self.here = set()
        if today.spans:
            self._shifts(today, volume)
            self._put(today.closes + HOUR, ON_FLUSH, None)
            self._book(today, volume)

    def _book(self, today: LocalDay, volume: float) -> None:
        """Take the bookings of a day."""
        raise NotImplementedError

    def _arrivals(self, today: LocalDay, volume: float, rng: np.random.Generator) -> None:
        day, cv = today.day, self.site.day_cv
        shared = rng.gamma(1 / cv**2, cv**2) if cv > 0 else 1.0
        yesterday = self.day_of(day - timedelta(days=1))
        if today.spans and not yesterday.spans and self.site.hours[yesterday.day.weekday()]:
            shared *= self.site.after_holiday
        for line in self.lines:
            queue = line.truth
            own = rng.gamma(1 / queue.day_cv**2, queue.day_cv**2) if queue.day_cv > 0 else 1.0
            closed = 1.0 if today.spans or not queue.around_the_clock else 0.35
            mean = queue.per_day * queue.weekdays[day.weekday()] * volume * shared * own * closed
            slots = self._shape(queue, today)
            if not slots or mean <= 0:
                continue
            starts, shares = zip(*slots, strict=True)
            counts = rng.poisson(np.array(shares) * mean * (1 - queue.booked_share))
            at = np.repeat(np.array(starts), counts) + (rng.random(int(counts.sum())) * HALF_HOUR).astype(np.int64)
            for t in np.sort(at).tolist():
                self._put(t, ON_COME, line)

    def _shape(self, queue: QueueTruth, today: LocalDay) -> list[tuple[int, float]]:
        """Return when a queue's customers come, as `profile` says; equal days are worked out once."""
        key = (
            queue.around_the_clock,
            today.ends - today.starts,
            *(x - today.starts for span in today.spans for x in span),
        )
        if key not in self.shapes:
            self.shapes[key] = [
                (a - today.starts, share) for a, share in profile(queue, day=today, time_zone=self.site.time_zone)
            ]
        return [(a + today.starts, share) for a, share in self.shapes[key]]

    def _spans(self, team: str, today: LocalDay, volume: float) -> list[tuple[int, int]]:
        """Return the shifts of the own plan; days of one weekday, month and length share them."""
        key = (team, today.day.weekday() + 7 * (today.ends - today.starts), today.day.month + 12 * today.day.year)
        if key not in self.covers:
            found = cover(
                required(self.site, team=team, day=today, volume=volume), day=today, split_lunch=self.site.split_lunch
            )
            self.covers[key] = [(a - today.opens, b - today.opens) for a, b in found]
        return [(a + today.opens, b + today.opens) for a, b in self.covers[key]]

    def _shifts(self, today: LocalDay, volume: float) -> None:
        given = self.controls.shifts.get((self.site.site, today.day.isoformat()))
        if given is None:
            teams = sorted({a.team for a in self.site.agents if a.queues})
            spans = {team: self._spans(team, today, volume) for team in teams}
            given = tuple(day_shifts(self.site, day=today, spans=spans, worked=self.worked, draws=self.planning))
        self.here = {shift.agent_id for shift in given}
        most = self.controls.open_counters.get(self.site.site, len(given))
        chosen = sorted(given, key=lambda s: (s.starts, s.agent_id))[:most]
        self.planned += chosen
        for shift in chosen:
            self.worked[shift.agent_id] = self.worked.get(shift.agent_id, 0.0) + (shift.ends - shift.starts) / HOUR
            self._put(shift.starts, ON_SHIFT, shift)

    # ---- people ---------------------------------------------------------------------------------------------------

    def _become(self, p: Person, t: int, state: int) -> None:
        """Put a person into a state."""
        p.spent[p.state] = p.spent.get(p.state, 0) + t - p.since
        p.state, p.since = state, t
        self.rows.append((t, _STATE, -1, -1, -1, p.lane, p.index, state, None, None, p.shift, SHIFT))

    def _on_shift(self, t: int, shift: Shift) -> None:
        """Begin a shift."""
        p = self.by_id[shift.agent_id]
        if p.state != OFF:  # still at work from an overlapping shift
            p.ends = max(p.ends, shift.ends)
            return
        p.shift, p.started, p.ends, p.spent, p.state, p.since = self.number("subject"), t, shift.ends, {}, AVAILABLE, t
        p.due, p.busy = [], 0
        self.rows.append((t, _STARTED, -1, -1, -1, p.lane, p.index, -1, None, None, p.shift, SHIFT))
        for at, seconds, state in shift.pauses:
            self._put(max(at, t + 1), ON_PAUSE, (p, p.shift, seconds, state))
        self._put(shift.ends, ON_GOING, (p, p.shift))
        if self.lines[0].truth.kind == "walkin":
            p.counter = 1 + p.index
            self._counter(p, t, _OPENED)
        self._free(p, t)

    def _counter(self, p: Person, t: int, act: int) -> None:
        self.rows.append(
            (t, act, -1, -1, -1, p.lane, p.index, -1, None, f'{{"counter": "{p.counter}"}}', p.counter, COUNTER)
        )
        if act == _OPENED:
            p.open_from = t
        elif self.keep:
            self.ledger.counters.append((p.counter, p.open_from, t))

    def _on_pause(self, t: int, what: tuple[Person, int, float, str]) -> None:
        """A pause falls due: take it now if free, else after what is in hand."""
        p, shift, seconds, state = what
        if p.shift != shift or p.state == OFF:
            return
        p.due.append((seconds, state))
        if p.busy == 0 and p.state == AVAILABLE:
            self._free(p, t)

    def _on_back(self, t: int, what: tuple[Person, int]) -> None:
        """A pause is over."""
        p, shift = what
        if p.shift == shift and p.state != OFF:
            if p.counter and p.open_from < 0:
                self._counter(p, t, _OPENED)
            self._free(p, t)

    def _on_going(self, t: int, what: tuple[Person, int]) -> None:
        """The planned end of a shift: go if free."""
        p, shift = what
        if p.shift == shift and p.busy == 0 and p.state == AVAILABLE:
            self._free(p, t)

    def _free(self, p: Person, t: int) -> None:
        """A person has a hand free: pause, go home, take the next one, or wait."""
        self.idle.pop(p.index, None)
        self.spare.pop(p.index, None)
        wait = any(line.waiting() for line in p.lines) if (self.site.split_lunch or t >= p.ends) else False
        if p.busy == 0:
            if p.due and not (wait and self.site.split_lunch and t < self.today.closes):
                seconds, state = p.due.pop(0)
                if t + int(seconds * 500) < p.ends:
                    self._pause(p, t, seconds, state)
                    return
            if t >= p.ends and not (t < p.ends + STAY and (p.own or (wait and t >= self.today.closes))):
                self._leave(p, t)
                return
        if p.busy == 0 or (not p.due and t < p.ends):
            while p.busy < p.limit and self._take(p, t):
                pass
        if p.busy == 0:
            if p.state != AVAILABLE or p.since == p.started == t:
                self._become(p, t, AVAILABLE)
            self.idle[p.index] = p
        elif p.busy < p.limit:
            self.spare[p.index] = p

    def _pause(self, p: Person, t: int, seconds: float, state: str) -> None:
        self._become(p, t, STEP[state])
        if p.counter and seconds >= 1800:
            self._counter(p, t, _CLOSED)
            p.open_from = -1
        end = t + int(seconds * 1000)
        span = next((a for a, _ in self.today.spans if abs(a - end) < HOUR), end) if self.site.split_lunch else end
        self._put(max(span if seconds >= 1800 else end, t + 1), ON_BACK, (p, p.shift))

    def _leave(self, p: Person, t: int) -> None:
        p.spent[p.state] = p.spent.get(p.state, 0) + t - p.since
        p.state = OFF
        if p.counter:
            self._counter(p, t, _CLOSED)
            p.open_from = -1
        self.rows.append((t, _ENDED, -1, -1, -1, p.lane, p.index, -1, None, None, p.shift, SHIFT))
        if self.keep:
            self.ledger.shifts.append((p.index, p.started, t, p.spent))

    def _take(self, p: Person, t: int) -> bool:
        """Let a person take the next waiting thing; tell whether there was one."""
        raise NotImplementedError

    def on_duty(self, line: Line) -> int:
        """Return how many people at work can serve a queue."""
        return sum(1 for p in self.people if p.state != OFF and line in p.lines)
