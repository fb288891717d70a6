"""The way in: customers come, wait, are promised something, give up; and bookings."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from troth.demo.after import After
from troth.demo.clock import DAY, HOUR, LocalDay, instant, next_open
from troth.demo.engine import ON_BOOKED, ON_CLOSE, ON_DUE, ON_LEAVE, ON_LEG, Line, Person
from troth.demo.ledger import Case, Contact
from troth.demo.record import ACTIVITY, BOOKING, CUSTOMER, PROMISE, STEP, SYSTEM, SYSTEM_OUT

A = ACTIVITY


class Door(After):
    """Queues that customers wait in, and those who serve them."""

    def _say(self, t: int, act: int, c: Contact, agent: int, meta: int, note: str | None = None) -> None:
        """Write down something about a contact."""
        case = c.case
        self.rows.append((t, act, c.no, case.no, case.customer, c.lane, agent, -1, None, note, -1, meta))

    def _tell(
        self, t: int, act: int, case: Case, agent: int, meta: int, step: int = -1, note: str | None = None
    ) -> None:
        """Write down something about a case."""
        self.rows.append((t, act, -1, case.no, case.customer, case.lane, agent, step, None, note, -1, meta))

    # ---- coming ---------------------------------------------------------------------------------------------------

    def _on_come(self, t: int, line: Line) -> None:
        """A customer comes with a new matter."""
        if line.truth.kind == "level2":  # only what the first level raises
            return
        case = self._new_case(line, t, self.customer())
        if line.truth.kind == "case":
            self._open_case(t, case)
        elif line.truth.kind == "bot":
            self._meet_bot(t, line, case)
        else:
            self._enter(t, line, case)

    def _open_case(self, t: int, case: Case) -> None:
        """A case comes to the desk."""
        raise NotImplementedError

    def _on_return(self, t: int, case: Case) -> None:
        """A customer comes again about the same matter; if it was never taken up, it is a new case."""
        line = self.lines[case.queue]
        if case.replied < 0 and case.status == "closed":
            again = self._new_case(line, t, case.customer)
            again.topic = case.topic
            again.lane = self._lane(line, again)
            case = again
        elif case.status in ("solved", "closed"):
            self._tell(t, A["reopened"], case, -1, SYSTEM)
            case.reopened.append(t)
            case.status, case.from_ = "open", t
        if line.truth.kind == "bot":
            line = self.chat_line()
        self._enter(t, line, case)

    def _on_leg(self, t: int, what: tuple[Line, Case, int, int, int]) -> None:
        """A contact goes on as a new one after a transfer or a call back."""
        line, case, previous, number, direction = what
        self._enter(t, line, case, previous=previous, number=number, direction=direction)

    def _enter(
        self,
        t: int,
        line: Line,
        case: Case,
        *,
        previous: int = -1,
        number: int = -1,
        direction: int = 0,
        booking: int = -1,
    ) -> None:
        """Let a contact enter a queue."""
        q, kind = line.truth, line.truth.kind
        no = number if number >= 0 else self.number("contact")
        c = Contact(no, case, line.index, self._lane(line, case), case.topic, direction, t, previous)
        c.queued, c.booking, c.first = t, booking, case.contacts == 0
        case.contacts += 1
        if self.keep:
            self.ledger.contacts.append(c)
        note = self.note(case)
        if previous >= 0:
            note = f'{note[:-1]}, "previous_contact_id": "c{self.site.code}{previous}"}}'
        if kind == "mail":
            self._say(t, A["message_received"], c, -1, CUSTOMER, note)
            self._open(t, case)
        else:
            if kind == "walkin":
                if not self._at_the_door(t, line, c, note):
                    return
                note = f'{{"ticket": "{chr(65 + line.index)}{self.number("ticket") % 1000:03d}", {note[1:]}'
            self._say(t, A["queued"], c, -1, CUSTOMER if direction == 0 else SYSTEM_OUT, note)
            self._open(t, case)
        p = self._choose(line, t)
        if p is None:
            self._wait(t, line, c)
        if q.promise_share and direction == 0 and previous < 0 and self.draws.random() < q.promise_share:
            self._promise(t, line, c, waits=p is None)
        if p is not None:
            self.idle.pop(p.index, None)
            self.spare.pop(p.index, None)
            self._serve(p, c, line, t)

    def _open(self, t: int, case: Case) -> None:
        """Open the case a first contact makes; one that comes to nothing is closed when the customer leaves."""
        if case.opened < 0:
            case.opened = t
            self._tell(t, A["opened"], case, -1, SYSTEM, note=self.note(case))

    def _drop(self, t: int, case: Case) -> None:
        """Close a case whose customer left before anybody served them; one taken up before waits a few days."""
        if case.replied < 0 and case.closed < 0:
            case.status, case.closed = "closed", t
            self._tell(t, A["closed"], case, -1, SYSTEM, note='{"code": "abandoned"}')
        elif case.status in ("new", "open"):
            case.status = "pending"
            self._tell(t, A["status_changed"], case, -1, SYSTEM, STEP["pending"])
            self._put(t + int(self.ways.close_days * DAY), ON_CLOSE, (case, case.contacts))

    def _at_the_door(self, t: int, line: Line, c: Contact, note: str) -> bool:
        """Let a walk-in come in; tell whether they stay on seeing the line."""
        if c.booking >= 0:
            text = f'{{"booking_id": "b{self.site.code}{c.booking}", {note[1:]}'
            self._say(t, A["checked_in"], c, -1, CUSTOMER, text)
            c.case.priority = 2
            c.lane = self._lane(line, c.case)
            return True
        self._say(t, A["arrived"], c, -1, CUSTOMER, note)
        ahead = len(line.items) / max(1, self.on_duty(line))
        if ahead > 2 and self.draws.random() < 0.05 * (ahead - 2):
            self._say(t + 20_000, A["balked"], c, -1, CUSTOMER)
            c.state, c.left, c.end, c.queued = 2, t + 20_000, "balked", -1
            self._open(t, c.case)
            self._drop(t + 20_000, c.case)
            self._turn_away(c.case, bad=True)
            return False
        return True

    def _wait(self, t: int, line: Line, c: Contact) -> None:
        q = line.truth
        line.items.append(c)
        if q.kind == "mail" or c.direction:
            return
        draws = self.draws
        short = draws.random() < 0.08
        bears = draws.exponential() * 0.15 * q.patience_s if short else draws.lognormal(1.12 * q.patience_s, 0.85)
        self._put(t + 1000 + int(bears * 1000), ON_LEAVE, (c, ""))
        if q.callback_share and draws.random() < q.callback_share:
            self._put(t + 60_000 + int(draws.random() * 30_000), ON_LEAVE, (c, "callback"))

    def _promise(self, t: int, line: Line, c: Contact, *, waits: bool) -> None:
        """Tell the customer how long it will take at most, from the people at work and those ahead."""
        q = line.truth
        ahead = len(line.items) * (q.handle_s + q.wrap_s) / max(1, self.on_duty(line)) if waits else 0.0
        c.due = t + 60_000 * max(1, ceil((0.35 * q.target_s + 1.15 * ahead) / 60))
        c.promise = self.number("subject")
        due = instant(c.due).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._word(t, "promised", c, self.ways.promise_stated, f'{{"due_at": "{due}", "kind": "wait"}}')
        self._put(c.due, ON_DUE, c)

    def _word(self, t: int, act: str, c: Contact, value: float | None = None, note: str = '{"kind": "wait"}') -> None:
        row = (t, A[act], c.no, c.case.no, c.case.customer, c.lane, -1, -1, value, note, c.promise, PROMISE)
        self.rows.append(row)

    def _settle(self, t: int, c: Contact, how: int) -> None:
        """Settle a promise: 1 kept, 0 broken, -1 waived because the customer left first."""
        if c.promise < 0 or c.due < 0:
            return
        self._word(t, ("promise_broken", "promise_kept", "promise_waived")[how], c)
        if self.keep:
            self.ledger.promises.append((c.case.customer, t, how, self.ways.promise_stated))
        c.due = -1

    def _on_due(self, t: int, c: Contact) -> None:
        """A promised time has come: broken if nobody serves the customer yet."""
        if c.due >= 0 and c.answered < 0:
            self._settle(t, c, 0)

    def _on_leave(self, t: int, what: tuple[Contact, str]) -> None:
        """A waiting customer has had enough, or asks to be called back."""
        c, how = what
        if c.state or c.patience < 0:
            return
        line = self.lines[c.queue]
        if how == "callback":
            c.state, c.left, c.end = 2, t, "callback"
            self._say(t, A["callback_requested"], c, -1, CUSTOMER)
            self._settle(t, c, -1)
            at = t + 900_000 + int(self.draws.random() * 2_700_000)
            self._put(min(at, max(t + 60_000, self.today.closes - 600_000)), ON_LEG, (line, c.case, c.no, -1, 1))
        elif line.truth.kind == "walkin" and self.draws.random() < 0.5:
            c.patience, c.left = -1, t  # walks out without a word: found out when called
        else:
            self._gives_up(t, c)

    def _gives_up(self, t: int, c: Contact) -> None:
        """A waiting customer leaves."""
        c.state, c.left, c.end = 2, t, "abandoned"
        self._say(t, A["abandoned"], c, -1, CUSTOMER)
        self._settle(t, c, -1)
        self._drop(t, c.case)
        self._turn_away(c.case, bad=True)
        self._come_back(c.case, t, self.ways.comes_back, 0.3)

    def _on_flush(self, t: int, _: object) -> None:
        """The house is closed: whoever is still waiting leaves."""
        for line in self.lines:
            if line.truth.kind != "mail" and not line.truth.around_the_clock:
                for c in line.items:
                    if c.state == 0 and c.direction == 0:
                        self._gives_up(t, c)
                rest = [c for c in line.items if c.state == 0]
                line.items.clear()
                line.items.extend(rest)

    def _choose(self, line: Line, t: int) -> Person | None:
        """Return who serves the next contact of a queue, if anybody is free."""
        way = self.controls.dispatch.get(line.truth.queue, "longest_idle")
        for people in (self.idle,) if line.truth.kind == "mail" else (self.idle, self.spare):
            if way == "longest_idle":
                for p in people.values():
                    if line in p.lines and not p.due and t < p.ends + 1:
                        return p
                continue
            found = [p for p in people.values() if line in p.lines and not p.due and t < p.ends + 1]
            if found:
                if way == "fastest":
                    return min(found, key=lambda p: (p.pace, p.index))
                return min(found, key=lambda p: p.index)
        return None

    def _serve(self, p: Person, c: Contact, line: Line, t: int) -> None:
        """Begin to serve a contact."""
        raise NotImplementedError

    def _meet_bot(self, t: int, line: Line, case: Case) -> None:
        """A bot takes a contact first."""
        raise NotImplementedError

    def chat_line(self) -> Line:
        """Return the queue a bot passes chats on to."""
        return next(x for x in self.lines if x.truth.kind == "chat")

    # ---- bookings ------------------------------------------------------------------------------------------

    def _book(self, today: LocalDay, volume: float) -> None:
        """Take bookings for the next open day, and those a planner added for today."""
        after = next_open(self.site, day=today.day)
        for line in self.lines:
            q = line.truth
            mean = q.per_day * q.booked_share * volume
            if after is None or mean <= 0:
                continue
            for k in range(int(mean + self.draws.random())):
                a, b = after.spans[k % len(after.spans)]
                slot = a + 900_000 * int(self.draws.random() * ((b - a) // 900_000 - 1))
                said = today.opens + int(self.draws.random() * (today.closes - today.opens))
                self._reserve(line, said, slot)
        for extra in self.controls.bookings:
            if extra.site == self.site.site and today.starts <= extra.at < today.ends:
                line = next(x for x in self.lines if x.truth.queue == extra.queue)
                self._reserve(line, max(today.starts, extra.at - 24 * HOUR), extra.at)

    def _reserve(self, line: Line, said: int, slot: int) -> None:
        case = self._new_case(line, slot, self.customer())
        number = self.number("subject")
        at = instant(slot).isoformat(timespec="seconds").replace("+00:00", "Z")
        until = (instant(slot) + timedelta(minutes=15)).isoformat(timespec="seconds").replace("+00:00", "Z")
        note = f'{{"window_start": "{at}", "window_end": "{until}"}}'
        row = (said, A["booked"], -1, case.no, case.customer, case.lane, -1, -1, None, note, number, BOOKING)
        self.rows.append(row)
        early = int((self.draws.random() * 14 - 10) * 60_000)
        comes = self.draws.random() >= self.ways.no_show
        self._put(slot + early if comes else slot + 900_000, ON_BOOKED, (line, case, number, comes))

    def _on_booked(self, t: int, what: tuple[Line, Case, int, bool]) -> None:
        """Somebody with a booking comes, or does not."""
        line, case, number, comes = what
        case.came = case.from_ = t
        if comes:
            self._enter(t, line, case, booking=number)
            return
        c = Contact(self.number("contact"), case, line.index, case.lane, case.topic, 0, t)
        c.state, c.end, c.left = 2, "no_show", t
        row = (t, A["no_show"], c.no, case.no, case.customer, case.lane, -1, -1, None, self.note(case), number, BOOKING)
        self.rows.append(row)
        if self.keep:
            self.ledger.contacts.append(c)
