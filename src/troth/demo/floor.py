"""Serving contacts: calls, chats, e-mails and walk-ins from the answer to the last moment."""

from __future__ import annotations

from troth.demo.door import Door
from troth.demo.engine import ON_BACK, ON_CLOSE, ON_CONTACT, ON_DONE, ON_LEG, WRAP, Line, Person
from troth.demo.ledger import Case, Contact
from troth.demo.record import ACTIVITY as A
from troth.demo.record import BOT, BOT_IN, BOT_OUT, CUSTOMER, HUMAN_IN, HUMAN_OUT, STEP, WORK

_PENDING = STEP["pending"]


class Floor(Door):
    """Those who serve the queues."""

    def _take(self, p: Person, t: int) -> bool:
        """Take the contact that waits longest, booked and important ones first where the queue says so."""
        best, rank = None, (9, 0, 0)
        for line in p.lines:
            if not line.waiting() or (p.busy and line.truth.kind == "mail"):
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
        self._serve(p, best, line, t)
        return True

    def _serve(self, p: Person, c: Contact, line: Line, t: int) -> None:
        """Begin to serve a contact; what will happen until its end is drawn and written down now."""
        q, case, draws = line.truth, c.case, self.draws
        c.state, c.agent, c.called = 1, p.index, t
        p.busy += p.limit if q.kind == "mail" else 1  # a mail takes the whole person, a chat one of several hands
        if p.state != ON_CONTACT:
            self._become(p, t, ON_CONTACT)
        if q.kind == "walkin":
            self._say(t, A["called"], c, p.index, WORK, f'{{"counter": "{p.counter}"}}')
            if c.patience < 0:
                c.end = "no_show"
                self._say(t + 75_000, A["no_show"], c, p.index, WORK)
                self._settle(t + 75_000, c, -1)
                self._drop(t + 75_000, case)
                self._turn_away(case, bad=True)
                self._put(t + 75_000, ON_DONE, (p, c))
                return
            t += 6_000 + int(draws.random() * 16_000)
        c.answered = t
        if c.due >= 0:
            self._settle(min(t, c.due), c, int(t <= c.due))
        factor = self.lines[case.queue].truth.topics[case.topic].factor
        mean = q.handle_s * p.pace * factor / (1 + q.long_share * (q.long_factor - 1))
        if draws.random() < q.long_share:
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
        self._say(t, A["focused"], c, p.index, WORK)
        self._say(end, A["unfocused"], c, p.index, WORK)
        self._say(end, A["message_sent"], c, p.index, HUMAN_OUT)
        c.touch_ms, c.wrapped = end - t, end
        self._replied(case, end)
        self._put(end, ON_DONE, (p, c))

    def _replied(self, case: Case, t: int) -> None:
        """Count a person's reply to the customer."""
        case.replies += 1
        case.last_reply = t
        if case.replied < 0:
            case.replied, case.reply_from = t, case.from_

    def _talk(self, p: Person, c: Contact, kind: str, hold_share: float, t: int, end: int) -> None:
        case, draws = c.case, self.draws
        self._say(t, A["answered"], c, p.index, HUMAN_OUT if c.direction else HUMAN_IN)
        self._replied(case, t)
        if kind == "chat":
            at, turn = t + 4_000 + int(draws.random() * 12_000), 0
            while at < end:
                if turn % 2 == 0:
                    self._say(at, A["message_sent"], c, p.index, HUMAN_OUT)
                    self._replied(case, at)
                else:
                    self._say(at, A["message_received"], c, -1, CUSTOMER)
                turn += 1
                at += 15_000 + int(draws.exponential() * 60_000)
        if hold_share and end - t > 60_000 and draws.random() < hold_share:
            a = t + int((0.2 + 0.3 * draws.random()) * (end - t))
            b = a + int((0.1 + 0.3 * draws.random()) * (end - t))
            self._say(a, A["held"], c, p.index, HUMAN_IN)
            self._say(b, A["resumed"], c, p.index, HUMAN_IN)
            c.held_ms = b - a

    def _outcome(self, p: Person, c: Contact, line: Line, end: int) -> None:
        """Draw how a served contact ends: handed on, settled or not; and what follows."""
        q, case, draws, ways = line.truth, c.case, self.draws, self.ways
        handed = q.transfer_share and c.previous < 0 and draws.random() < q.transfer_share
        if q.kind != "mail":
            if handed:
                self._hand_on(p, c, line, end)
            else:
                self._say(end, A["ended"], c, p.index, HUMAN_OUT if c.direction else HUMAN_IN)
            wrap = int(1000 * draws.lognormal(q.wrap_s * p.pace, 0.6)) if q.wrap_s else 0
            c.wrapped = end + wrap
            self._say(end + wrap, A["wrapped"], c, p.index, WORK)
            self._put(end if q.kind == "chat" else end + wrap, ON_DONE, (p, c))
            if q.kind != "chat":
                p.spent[ON_CONTACT] = p.spent.get(ON_CONTACT, 0) + end - p.since
                p.state, p.since = WRAP, end
                self.rows.append((end, A["state_changed"], -1, -1, -1, p.lane, p.index, WRAP, None, None, p.shift, 9))
        if handed:
            return
        c.solved = self._settles(case, p)
        if c.solved or draws.random() < 0.4:
            self._tell(end, A["resolved"], case, p.index, WORK)
            case.solved.append(end)
            case.status = "solved"
            if case.proposed < 0:
                case.proposed = end
        elif case.status != "pending":
            self._tell(end, A["status_changed"], case, p.index, WORK, _PENDING)
            case.status = "pending"
        if case.status == "pending":
            self._put(end + int(ways.close_days * 86_400_000), ON_CLOSE, (case, case.contacts))
        waited = (c.answered - c.queued) / 1000
        pain = min(1.5, 0.35 * waited / (3 * q.target_s)) + 0.25 * (c.previous >= 0)
        self._survey(case, c, p, end, solved=c.solved, pain=pain)
        self._review(case, c, p, end)
        self._turn_away(case, bad=not c.solved)
        if not c.solved:
            self._come_back(case, end, ways.comes_back, ways.back_days)

    def _hand_on(self, p: Person, c: Contact, line: Line, end: int) -> None:
        others = [x for x in self.lines if x.truth.kind == line.truth.kind and x is not line]
        target = others[int(self.draws.random() * len(others))] if others else line
        number = self.number("contact")
        c.handed_on = True
        c.case.moved += 1
        goes = f'"to_queue": "{target.truth.queue}", "to_team": "{target.truth.team}"'
        if self.draws.random() < 0.25:
            c.case.raised = True
            self._say(end, A["escalated"], c, p.index, WORK, f"{{{goes}}}")
        self._say(
            end, A["transferred"], c, p.index, WORK, f'{{{goes}, "next_contact_id": "c{self.site.code}{number}"}}'
        )
        self._put(end, ON_LEG, (target, c.case, c.no, number, c.direction))

    def _on_done(self, t: int, what: tuple[Person, Contact]) -> None:
        """A person is done with a contact."""
        p, c = what
        p.busy -= p.limit if self.lines[c.queue].truth.kind == "mail" else 1
        if p.busy == 0 and p.state == ON_CONTACT and c.wrapped > t:
            self._become(p, t, WRAP)
            self._put(c.wrapped, ON_BACK, (p, p.shift))
            return
        self._free(p, t)

    # ---- bots -------------- ----------------------------------------------------------------------------------------

    def _meet_bot(self, t: int, line: Line, case: Case) -> None:
        """A bot takes the chat first; what it cannot settle goes on to people as a new contact."""
        draws = self.draws
        c = Contact(self.number("contact"), case, line.index, case.lane, case.topic, 0, t)
        c.answered, c.agent, c.state, c.end = t + 1000, self.bot, 1, "bot"
        case.contacts += 1
        if self.keep:
            self.ledger.contacts.append(c)
        self._say(t, A["arrived"], c, -1, CUSTOMER, self.note(case))
        self._say(t + 1000, A["answered"], c, self.bot, BOT_IN)
        self._open(t, case)
        self._say(t + 2000, A["message_sent"], c, self.bot, BOT_OUT)
        end = c.ended = c.wrapped = t + 20_000 + int(1000 * draws.lognormal(line.truth.handle_s, line.truth.spread))
        self._say(t + 15_000, A["message_received"], c, -1, CUSTOMER)
        self._say(t + 17_000, A["message_sent"], c, self.bot, BOT_OUT)
        if draws.random() < line.truth.bot_share:
            self._say(end, A["ended"], c, self.bot, BOT_IN)
            self._tell(end, A["resolved"], case, self.bot, BOT)
            case.solved.append(end)
            case.status, case.proposed, case.bot_solved = "solved", end, True
            return
        chat = self.chat_line()
        number, goes = self.number("contact"), f'"to_queue": "{chat.truth.queue}"'
        self._say(end, A["escalated"], c, self.bot, BOT, f"{{{goes}}}")
        self._say(
            end, A["transferred"], c, self.bot, BOT, f'{{{goes}, "next_contact_id": "c{self.site.code}{number}"}}'
        )
        c.handed_on, case.raised, case.from_ = True, True, end
        case.moved += 1
        self._put(max(end, (self.opening(end) or (end, 0))[0]), ON_LEG, (chat, case, c.no, number, 0))
