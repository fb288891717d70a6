"""Contacts: calls, chats, e-mails and walk-ins from the first moment to the last."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from troth.demo.after import After
from troth.demo.clock import HOUR, LocalDay, instant, next_open
from troth.demo.engine import (
    ON_BACK,
    ON_BOOKED,
    ON_CLOSE,
    ON_CONTACT,
    ON_DONE,
    ON_DUE,
    ON_LEAVE,
    ON_LEG,
    WRAP,
    Line,
    Person,
)
from troth.demo.ledger import Case, Contact
from troth.demo.record import (
    ACTIVITY,
    BOOKING,
    BOT,
    BOT_IN,
    BOT_OUT,
    CUSTOMER,
    HUMAN_IN,
    HUMAN_OUT,
    PROMISE,
    STEP,
    SYSTEM,
    SYSTEM_OUT,
    WORK,
)

A = ACTIVITY
_PENDING, _OPEN, _CLOSED = STEP["pending"], STEP["open"], STEP["closed"]


class Floor(After):
    """Queues that customers wait in, and those who serve them."""

    def say(self, t: int, act: int, c: Contact, agent: int, meta: int, note: str | None = None) -> None:
        """Write down something about a contact."""
        case = c.case
        self.rows.append((t, act, c.no, case.no, case.customer, c.lane, agent, -1, None, note, -1, meta))

    def tell(self, t: int, act: int, case: Case, agent: int, meta: int, step: int = -1, note: str | None = None) -> None:
        """Write down something about a case."""
        self.rows.append((t, act, -1, case.no, case.customer, case.lane, agent, step, None, note, -1, meta))

    # ---- coming ---------------------------------------------------------------------------------------------------

    def on_come(self, t: int, line: Line) -> None:
        """A customer comes with a new matter."""
        if line.truth.kind == "level2":  # only what the first level raises
            return
        case = self.new_case(line, t, self.customer())
        if line.truth.kind == "case":
            self.open_case(t, case)
        elif line.truth.kind == "bot":
            self._bot(t, line, case)
        else:
            self.enter(t, line, case)

    def open_case(self, t: int, case: Case) -> None:
        """A case comes to the desk."""
        raise NotImplementedError

    def on_return(self, t: int, case: Case) -> None:
        """A customer comes again about the same matter; if it was never taken up, it is a new case."""
        line = self.lines[case.queue]
        if case.opened < 0:
            again = self.new_case(line, t, case.customer)
            again.topic = case.topic
            again.lane = self.lane(line, again)
            case = again
        elif case.status in ("solved", "closed"):
            self.tell(t, A["reopened"], case, -1, SYSTEM)
            case.reopened.append(t)
            case.status, case.from_ = "open", t
        if line.truth.kind == "bot":
            line = self._chat(line)
        self.enter(t, line, case)

    def on_leg(self, t: int, what: tuple[Line, Case, int, int, int]) -> None:
        """A contact goes on as a new one after a transfer or a call back."""
        line, case, previous, number, direction = what
        self.enter(t, line, case, previous=previous, number=number, direction=direction)

    def enter(
        self, t: int, line: Line, case: Case, *, previous: int = -1, number: int = -1, direction: int = 0, booking: int = -1
    ) -> None:
        """Let a contact enter a queue."""
        q, kind = line.truth, line.truth.kind
        no = number if number >= 0 else self.number("contact")
        c = Contact(no, case, line.index, self.lane(line, case), case.topic, direction, t, previous)
        c.queued, c.booking, c.first = t, booking, case.contacts == 0
        case.contacts += 1
        if self.keep:
            self.ledger.contacts.append(c)
        topic = self.lines[case.queue].truth.topics[case.topic].topic
        link = f', "previous_contact_id": "c{self.site.code}{previous}"' if previous >= 0 else ""
        note = f'{{"topic": "{topic}"{link}}}'
        if kind == "mail":
            self.say(t, A["message_received"], c, -1, CUSTOMER, note)
            if case.opened < 0:
                case.opened = t
                self.tell(t, A["opened"], case, -1, SYSTEM, note=self.note(case))
        else:
            if kind == "walkin":
                if not self._at_the_door(t, line, c, note):
                    return
                note = f'{{"ticket": "{chr(65 + line.index)}{self.number("ticket") % 1000:03d}", {note[1:]}'
            self.say(t, A["queued"], c, -1, CUSTOMER if direction == 0 else SYSTEM_OUT, note)
        p = self.choose(line, t)
        if p is None:
            self._wait(t, line, c)
        if q.promise_share and direction == 0 and previous < 0 and self.draws.uniform() < q.promise_share:
            self._promise(t, line, c, p is None)
        if p is not None:
            self.idle.pop(p.index, None)
            self.spare.pop(p.index, None)
            self.serve(p, c, line, t)

    def _at_the_door(self, t: int, line: Line, c: Contact, note: str) -> bool:
        """Let a walk-in come in; tell whether they stay on seeing the line."""
        if c.booking >= 0:
            text = f'{{"booking_id": "b{self.site.code}{c.booking}", {note[1:]}'
            self.say(t, A["checked_in"], c, -1, CUSTOMER, text)
            c.case.priority = 2
            c.lane = self.lane(line, c.case)
            return True
        self.say(t, A["arrived"], c, -1, CUSTOMER, note)
        ahead = len(line.items) / max(1, self.on_duty(line))
        if ahead > 2 and self.draws.uniform() < 0.05 * (ahead - 2):
            self.say(t + 20_000, A["balked"], c, -1, CUSTOMER)
            c.state, c.left, c.end, c.queued = 2, t + 20_000, "balked", -1
            self.turn_away(c.case, True)
            return False
        return True

    def _wait(self, t: int, line: Line, c: Contact) -> None:
        q = line.truth
        line.items.append(c)
        if q.kind == "mail" or c.direction:
            return
        draws = self.draws
        short = draws.uniform() < 0.12
        bears = draws.exponential() * 0.15 * q.patience_s if short else draws.lognormal(1.12 * q.patience_s, 0.85)
        self.put(t + 1000 + int(bears * 1000), ON_LEAVE, (c, ""))
        if q.callback_share and draws.uniform() < q.callback_share:
            self.put(t + 60_000 + int(draws.uniform() * 30_000), ON_LEAVE, (c, "callback"))

    def _promise(self, t: int, line: Line, c: Contact, waits: bool) -> None:
        """Tell the customer how long it will take at most, from the people at work and those ahead."""
        q = line.truth
        ahead = len(line.items) * (q.handle_s + q.wrap_s) / max(1, self.on_duty(line)) if waits else 0.0
        c.due = t + 60_000 * max(1, ceil((0.35 * q.target_s + 1.15 * ahead) / 60))
        c.promise = self.number("subject")
        due = instant(c.due).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._word(t, "promised", c, self.ways.promise_stated, f'{{"due_at": "{due}", "kind": "wait"}}')
        self.put(c.due, ON_DUE, c)

    def _word(self, t: int, act: str, c: Contact, value: float | None = None, note: str = '{"kind": "wait"}') -> None:
        row = (t, A[act], c.no, c.case.no, c.case.customer, c.lane, -1, -1, value, note, c.promise, PROMISE)
        self.rows.append(row)

    def _kept(self, t: int, c: Contact, how: int) -> None:
        """Settle a promise: 1 kept, 0 broken, -1 waived because the customer left first."""
        if c.promise < 0 or c.due < 0:
            return
        self._word(t, ("promise_broken", "promise_kept", "promise_waived")[how], c)
        if self.keep:
            self.ledger.promises.append((c.case.customer, t, how, self.ways.promise_stated))
        c.due = -1

    def on_due(self, t: int, c: Contact) -> None:
        """A promised time has come: broken if nobody serves the customer yet."""
        if c.due >= 0 and c.answered < 0:
            self._kept(t, c, 0)

    def on_leave(self, t: int, what: tuple[Contact, str]) -> None:
        """A waiting customer has had enough, or asks to be called back."""
        c, how = what
        if c.state or c.patience < 0:
            return
        line = self.lines[c.queue]
        if how == "callback":
            c.state, c.left, c.end = 2, t, "callback"
            self.say(t, A["callback_requested"], c, -1, CUSTOMER)
            self._kept(t, c, -1)
            at = t + 900_000 + int(self.draws.uniform() * 2_700_000)
            self.put(min(at, max(t + 60_000, self.today.closes - 600_000)), ON_LEG, (line, c.case, c.no, -1, 1))
        elif line.truth.kind == "walkin" and self.draws.uniform() < 0.5:
            c.patience, c.left = -1, t  # walks out without a word: found out when called
        else:
            self.gives_up(t, c)

    def gives_up(self, t: int, c: Contact) -> None:
        """A waiting customer leaves."""
        c.state, c.left, c.end = 2, t, "abandoned"
        self.say(t, A["abandoned"], c, -1, CUSTOMER)
        self._kept(t, c, -1)
        self.turn_away(c.case, True)
        self.come_back(c.case, t, self.ways.comes_back, 0.3)

    def on_flush(self, t: int, _: object) -> None:
        """The house is closed: whoever is still waiting leaves."""
        for line in self.lines:
            if line.truth.kind != "mail" and not line.truth.around_the_clock:
                for c in line.items:
                    if c.state == 0 and c.direction == 0:
                        self.gives_up(t, c)
                rest = [c for c in line.items if c.state == 0]
                line.items.clear()
                line.items.extend(rest)

    # ---- being served ---------------------------------------------------------------------------------------------

    def choose(self, line: Line, t: int) -> Person | None:
        """Return who serves the next contact of a queue, if anybody is free."""
        way = self.controls.dispatch.get(line.truth.queue, "longest_idle")
        for people in (self.idle, self.spare):
            found = [p for p in people.values() if line in p.lines and not p.due and t < p.ends + 1]
            if found:
                if way == "fastest":
                    return min(found, key=lambda p: (p.pace, p.index))
                return min(found, key=lambda p: p.index) if way == "first" else found[0]
        return None

    def take(self, p: Person, t: int) -> bool:
        """Take the contact that waits longest, booked and important ones first where the queue says so."""
        best, rank = None, (9, 0, 0)
        for line in p.lines:
            if not line.waiting():
                continue
            way = self.controls.discipline.get(line.truth.queue, line.discipline)
            if way == "priority":
                c = min((c for c in line.items if not c.state), key=lambda c: (c.case.priority, c.queued), default=None)
            elif way == "lifo":
                c = next((c for c in reversed(line.items) if not c.state), None)
            else:
                c = line.items[0]
            if c is None:
                continue
            own = (3 if line.truth.kind == "mail" else c.case.priority if way == "priority" else 2, c.queued, c.no)
            if best is None or own < rank:
                best, rank = c, own
        if best is None:
            return False
        line = self.lines[best.queue]
        if line.items[0] is best:
            line.items.popleft()
        else:
            line.items.remove(best)
        self.serve(p, best, line, t)
        return True

    def serve(self, p: Person, c: Contact, line: Line, t: int) -> None:
        """Begin to serve a contact; what will happen until its end is drawn and written down now."""
        q, case, draws = line.truth, c.case, self.draws
        c.state, c.agent, c.called = 1, p.index, t
        p.busy += 1
        if p.state != ON_CONTACT:
            self.become(p, t, ON_CONTACT)
        if q.kind == "walkin":
            self.say(t, A["called"], c, p.index, WORK, f'{{"counter": "{p.counter}"}}')
            if c.patience < 0:
                c.end = "no_show"
                self.say(t + 75_000, A["no_show"], c, p.index, WORK)
                self._kept(t + 75_000, c, -1)
                self.turn_away(case, True)
                self.put(t + 75_000, ON_DONE, (p, c))
                return
            t += 6_000 + int(draws.uniform() * 16_000)
        c.answered = t
        if c.due >= 0:
            self._kept(min(t, c.due), c, int(t <= c.due))
        factor = self.lines[case.queue].truth.topics[case.topic].factor
        mean = q.handle_s * p.pace * factor / (1 + q.long_share * (q.long_factor - 1))
        if draws.uniform() < q.long_share:
            mean *= q.long_factor
        end = t + 2_000 + int(1000 * draws.lognormal(mean, q.spread))
        if q.kind == "mail":
            self._mail(p, c, t, end)
        else:
            self._talk(p, c, q.kind, q.hold_share, t, end)
        c.ended = end
        c.end = "answered"
        self._outcome(p, c, line, end)

    def _mail(self, p: Person, c: Contact, t: int, end: int) -> None:
        case = c.case
        self.say(t, A["focused"], c, p.index, WORK)
        self.say(end, A["unfocused"], c, p.index, WORK)
        self.say(end, A["message_sent"], c, p.index, HUMAN_OUT)
        c.touch_ms, c.wrapped = end - t, end
        self._replied(case, end)
        self.put(end, ON_DONE, (p, c))

    def _replied(self, case: Case, t: int) -> None:
        case.replies += 1
        case.last_reply = t
        if case.replied < 0:
            case.replied = t

    def _talk(self, p: Person, c: Contact, kind: str, hold_share: float, t: int, end: int) -> None:
        case, draws = c.case, self.draws
        self.say(t, A["answered"], c, p.index, HUMAN_OUT if c.direction else HUMAN_IN)
        if case.opened < 0:
            case.opened = t
            self.tell(t, A["opened"], case, p.index, WORK, note=self.note(case))
        if kind == "chat":
            at, turn = t + 4_000 + int(draws.uniform() * 12_000), 0
            while at < end:
                if turn % 2 == 0:
                    self.say(at, A["message_sent"], c, p.index, HUMAN_OUT)
                    self._replied(case, at)
                else:
                    self.say(at, A["message_received"], c, -1, CUSTOMER)
                turn += 1
                at += 15_000 + int(draws.exponential() * 60_000)
        else:
            self._replied(case, t)
        if hold_share and end - t > 60_000 and draws.uniform() < hold_share:
            a = t + int((0.2 + 0.3 * draws.uniform()) * (end - t))
            b = a + int((0.1 + 0.3 * draws.uniform()) * (end - t))
            self.say(a, A["held"], c, p.index, HUMAN_IN)
            self.say(b, A["resumed"], c, p.index, HUMAN_IN)
            c.held_ms = b - a

    def _outcome(self, p: Person, c: Contact, line: Line, end: int) -> None:
        """Draw how a served contact ends: handed on, settled or not; and what follows."""
        q, case, draws, ways = line.truth, c.case, self.draws, self.ways
        handed = q.transfer_share and c.previous < 0 and draws.uniform() < q.transfer_share
        if q.kind != "mail":
            if handed:
                self._hand_on(p, c, line, end)
            else:
                self.say(end, A["ended"], c, p.index, HUMAN_OUT if c.direction else HUMAN_IN)
            wrap = int(1000 * draws.lognormal(q.wrap_s * p.pace, 0.6)) if q.wrap_s else 0
            c.wrapped = end + wrap
            self.say(end + wrap, A["wrapped"], c, p.index, WORK)
            self.put(end if q.kind == "chat" else end + wrap, ON_DONE, (p, c))
            if q.kind != "chat":
                p.spent[ON_CONTACT] = p.spent.get(ON_CONTACT, 0) + end - p.since
                p.state, p.since = WRAP, end
                self.rows.append((end, A["state_changed"], -1, -1, -1, p.lane, p.index, WRAP, None, None, p.shift, 9))
        if handed:
            return
        c.solved = self.settles(case, p)
        if c.solved or draws.uniform() < 0.4:
            self.tell(end, A["resolved"], case, p.index, WORK)
            case.solved.append(end)
            case.status = "solved"
            if case.proposed < 0:
                case.proposed = end
        elif case.status != "pending":
            self.tell(end, A["status_changed"], case, p.index, WORK, _PENDING)
            case.status = "pending"
        if case.status == "pending":
            self.put(end + int(ways.close_days * 86_400_000), ON_CLOSE, (case, case.contacts))
        waited = (c.answered - c.queued) / 1000
        self.survey(case, c, p, end, c.solved, min(1.5, 0.35 * waited / (3 * q.target_s)) + 0.25 * (c.previous >= 0))
        self.review(case, c, p, end)
        self.turn_away(case, not c.solved)
        if not c.solved:
            self.come_back(case, end, ways.comes_back, ways.back_days)

    def _hand_on(self, p: Person, c: Contact, line: Line, end: int) -> None:
        others = [x for x in self.lines if x.truth.kind == line.truth.kind and x is not line]
        target = others[int(self.draws.uniform() * len(others))] if others else line
        number = self.number("contact")
        c.handed_on = c.case.raised = True
        goes = f'"to_queue": "{target.truth.queue}", "to_team": "{target.truth.team}"'
        if self.draws.uniform() < 0.25:
            self.say(end, A["escalated"], c, p.index, WORK, f"{{{goes}}}")
        self.say(end, A["transferred"], c, p.index, WORK, f'{{{goes}, "next_contact_id": "c{self.site.code}{number}"}}')
        self.put(end, ON_LEG, (target, c.case, c.no, number, c.direction))

    def on_done(self, t: int, what: tuple[Person, Contact]) -> None:
        """A person is done with a contact."""
        p, c = what
        p.busy -= 1
        if p.busy == 0 and p.state == ON_CONTACT and c.wrapped > t:
            self.become(p, t, WRAP)
            self.put(c.wrapped, ON_BACK, (p, p.shift))
            return
        self.free(p, t)

    # ---- bots and bookings ----------------------------------------------------------------------------------------

    def _chat(self, line: Line) -> Line:
        return next(x for x in self.lines if x.truth.kind == "chat")

    def _bot(self, t: int, line: Line, case: Case) -> None:
        """A bot takes the chat first; what it cannot settle goes on to people as a new contact."""
        draws = self.draws
        c = Contact(self.number("contact"), case, line.index, case.lane, case.topic, 0, t)
        c.queued, c.answered, c.agent, c.state, c.end = t, t + 1000, self.bot, 1, "bot"
        case.contacts += 1
        if self.keep:
            self.ledger.contacts.append(c)
        self.say(t, A["queued"], c, -1, CUSTOMER, self.note(case))
        self.say(t + 1000, A["answered"], c, self.bot, BOT_IN)
        case.opened = t + 1000
        self.tell(t + 1000, A["opened"], case, self.bot, BOT, note=self.note(case))
        self.say(t + 2000, A["message_sent"], c, self.bot, BOT_OUT)
        end = c.ended = c.wrapped = t + 20_000 + int(1000 * draws.lognormal(line.truth.handle_s, line.truth.spread))
        self.say(t + 15_000, A["message_received"], c, -1, CUSTOMER)
        self.say(t + 17_000, A["message_sent"], c, self.bot, BOT_OUT)
        if draws.uniform() < line.truth.bot_share:
            self.say(end, A["ended"], c, self.bot, BOT_IN)
            self.tell(end, A["resolved"], case, self.bot, BOT)
            case.solved.append(end)
            case.status, case.proposed, case.bot_solved = "solved", end, True
            return
        chat = self._chat(line)
        number, goes = self.number("contact"), f'"to_queue": "{chat.truth.queue}"'
        self.say(end, A["escalated"], c, self.bot, BOT, f"{{{goes}}}")
        self.say(end, A["transferred"], c, self.bot, BOT, f'{{{goes}, "next_contact_id": "c{self.site.code}{number}"}}')
        c.handed_on, case.from_ = True, end
        self.put(max(end, (self.opening(end) or (end, 0))[0]), ON_LEG, (chat, case, c.no, number, 0))

    def book(self, today: LocalDay, volume: float) -> None:
        """Take bookings for the next open day, and those a planner added for today."""
        after = next_open(self.site, today.day)
        for line in self.lines:
            q = line.truth
            mean = q.per_day * q.booked_share * volume
            if after is None or mean <= 0:
                continue
            for k in range(int(mean + self.draws.uniform())):
                a, b = after.spans[k % len(after.spans)]
                slot = a + 900_000 * int(self.draws.uniform() * ((b - a) // 900_000 - 1))
                said = today.opens + int(self.draws.uniform() * (today.closes - today.opens))
                self._book(line, said, slot)
        for extra in self.controls.bookings:
            if extra.site == self.site.site and today.starts <= extra.at < today.ends:
                line = next(x for x in self.lines if x.truth.queue == extra.queue)
                self._book(line, max(today.starts, extra.at - 24 * HOUR), extra.at)

    def _book(self, line: Line, said: int, slot: int) -> None:
        case = self.new_case(line, slot, self.customer())
        number = self.number("subject")
        at = instant(slot).isoformat(timespec="seconds").replace("+00:00", "Z")
        until = (instant(slot) + timedelta(minutes=15)).isoformat(timespec="seconds").replace("+00:00", "Z")
        note = f'{{"window_start": "{at}", "window_end": "{until}"}}'
        row = (said, A["booked"], -1, case.no, case.customer, case.lane, -1, -1, None, note, number, BOOKING)
        self.rows.append(row)
        early = int((self.draws.uniform() * 14 - 10) * 60_000)
        comes = self.draws.uniform() >= self.ways.no_show
        self.put(slot + early if comes else slot + 900_000, ON_BOOKED, (line, case, number, comes))

    def on_booked(self, t: int, what: tuple[Line, Case, int, bool]) -> None:
        """Somebody with a booking comes, or does not."""
        line, case, number, comes = what
        case.came = case.from_ = t
        if comes:
            self.enter(t, line, case, booking=number)
            return
        c = Contact(self.number("contact"), case, line.index, case.lane, case.topic, 0, t)
        c.state, c.end, c.left = 2, "no_show", t
        row = (t, A["no_show"], c.no, case.no, case.customer, case.lane, -1, -1, None, None, number, BOOKING)
        self.rows.append(row)
        if self.keep:
            self.ledger.contacts.append(c)
