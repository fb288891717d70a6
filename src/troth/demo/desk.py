"""Cases of the help desk: triage, work in stints, questions to the customer, solutions, reopening."""

from __future__ import annotations

from typing import Any, Final

from troth.demo.clock import DAY, HOUR
from troth.demo.engine import ON_CLOSE, ON_CONTACT, ON_REPLY, ON_REST, ON_TRIAGE, ON_WORKED, Line, Person
from troth.demo.floor import Floor
from troth.demo.ledger import Case
from troth.demo.record import ACTIVITY as A
from troth.demo.record import BOT, BOT_OUT, CUSTOMER, HUMAN_OUT, INTERNAL, STEP, SYSTEM, WORK

_OPEN, _PENDING, _SOLVED = STEP["open"], STEP["pending"], STEP["solved"]

#: Nobody is given a case so shortly before going home.
LAST: Final = 75 * 60_000


class Site(Floor):
    """One site with everything that happens in it."""

    def handlers(self) -> tuple[Any, ...]:
        """Return the functions that handle what is on the heap, by kind."""
        return (
            self._on_day, self._on_come, self._on_shift, self._on_pause, self._on_back, self._on_leave, self._on_done,
            self._on_flush, self._on_due, self._on_return, self._on_leg, self._on_booked, self._on_triage, self._on_worked,
            self._on_reply, self._on_rest, self._on_close, self._on_going,
        )  # fmt: skip

    # ---- coming in ------------------------------------------------------------------------------------------------

    def _open_case(self, t: int, case: Case) -> None:
        """A customer writes to the desk; a bot may answer first, and may even settle it."""
        draws, ways, line = self.draws, self.ways, self.lines[case.queue]
        case.contacts = 1
        self._open(t, case)
        self._tell(t, A["message_received"], case, -1, CUSTOMER, note=self.note(case))
        if draws.random() < ways.bot_reply:
            at = t + 20_000 + int(draws.random() * 60_000)
            self._tell(at, A["message_sent"], case, self.bot, BOT_OUT)
            if draws.random() < ways.bot_solves / ways.bot_reply:
                end = at + 60_000 + int(draws.random() * 240_000)
                self._solved(end, case, self.bot, BOT)
                case.bot_solved = True
                if draws.random() < ways.bot_fails:
                    self._put(end + int(draws.lognormal(ways.reopen_h, 0.9) * HOUR), ON_REPLY, case)
                else:
                    self._put(end + int(ways.close_days * DAY), ON_CLOSE, (case, case.contacts))
                return
        self._triage(t + 120_000 + int(1000 * draws.lognormal(900.0, 0.9)), line, case)

    def _triage(self, t: int, line: Line, case: Case) -> None:
        span = self.opening(t)
        if span is not None:
            self._put(max(t, span[0] + 60_000), ON_TRIAGE, (line, case))

    def _on_triage(self, t: int, what: tuple[Line, Case]) -> None:
        """Give a case to the person at work who has the fewest in hand."""
        line, case = what
        there = [
            p for p in self.people if p.state >= 0 and line in p.lines and t < p.ends - LAST and p.index != case.agent
        ]
        if not there:
            self._triage(t + 900_000, line, case)
            return
        p = min(there, key=lambda x: (len(x.own), x.index))
        case.lane = self._lane(line, case)
        case.agent, case.assigned = p.index, t
        case.teams |= 1 << line.index
        case.worked = line.index != case.queue  # the second level does not raise further
        self._tell(t, A["assigned"], case, p.index, WORK)
        if case.status == "new":
            case.status = "open"
            self._tell(t, A["status_changed"], case, p.index, WORK, _OPEN)
        self._to(p, case, t)

    def _to(self, p: Person, case: Case, t: int) -> None:
        p.own.append(case)
        if p.index in self.idle:
            self._free(p, t)

    def _on_rest(self, t: int, _: object) -> None:
        """In the morning, hand the cases of people who are away to others."""
        for p in self.people:
            if p.own and p.truth.agent_id not in self.here:
                cases, p.own = p.own, []
                for case in cases:
                    self._unassign(t, case, p)
                    self._triage(t + 300_000, p.lines[0], case)

    def _on_day(self, t: int, day: Any) -> None:
        """Begin a day; see who is away."""
        super()._on_day(t, day)
        if self.today.spans and any(p.own for p in self.people):
            self._put(self.today.opens + 600_000, ON_REST, None)

    def _unassign(self, t: int, case: Case, p: Person) -> None:
        self._tell(t, A["unassigned"], case, p.index, WORK)
        if self.keep and case.assigned >= 0:
            self.ledger.turns.append((case.no, p.index, case.assigned, -1))
        case.assigned = -1

    # ---- working --------------------------------------------------------------------------------------------------

    def _take(self, p: Person, t: int) -> bool:
        """Take the most urgent own case, else what waits in the queues."""
        if not p.own:
            return super()._take(p, t)
        case = min(p.own, key=lambda c: (c.priority, c.from_))
        p.own.remove(case)
        q = self.lines[case.queue].truth
        p.busy += 1
        if p.state != ON_CONTACT:
            self._become(p, t, ON_CONTACT)
        factor = q.topics[case.topic].factor / (1 + q.long_share * (q.long_factor - 1))
        long = q.long_factor if self.draws.random() < q.long_share else 1.0
        end = t + 5_000 + int(1000 * self.draws.lognormal(q.handle_s * p.pace * factor * long, q.spread))
        self._tell(t, A["focused"], case, p.index, WORK)
        self._tell(end, A["unfocused"], case, p.index, WORK)
        case.stints += 1
        if self.keep:
            self.ledger.touches.append((case.no, p.index, t, end))
        self._put(end, ON_WORKED, (p, case))
        return True

    def _on_worked(self, t: int, what: tuple[Person, Case]) -> None:
        """A stint of work is over: a question, a hand-over, or a solution."""
        p, case = what
        p.busy -= 1
        draws, ways = self.draws, self.ways
        if draws.random() < ways.note_share:
            self._tell(t, A["message_sent"], case, p.index, INTERNAL)
        u = draws.random()
        second = next((x for x in self.lines if x.truth.kind == "level2"), None)
        if not case.worked and second is not None and u < ways.raise_share:
            case.raised = True
            note = f'{{"to_team": "{second.truth.team}", "to_queue": "{second.truth.queue}"}}'
            self._tell(t, A["escalated"], case, p.index, WORK, note=note)
            self._unassign(t, case, p)
            self._triage(t + 60_000 + int(draws.exponential() * 1_200_000), second, case)
        elif u > 1 - ways.hand_over:
            case.handed += 1
            self._unassign(t, case, p)
            self._triage(t + 60_000 + int(draws.exponential() * 600_000), p.lines[0], case)
        elif draws.random() < ways.ask_customer:
            self._reply(t, case, p)
            self._tell(t, A["status_changed"], case, p.index, WORK, _PENDING)
            case.status = "pending"
            if draws.random() < ways.customer_silent:
                self._put(t + int(ways.close_days * DAY), ON_CLOSE, (case, case.contacts))
            else:
                self._put(t + 300_000 + int(draws.lognormal(ways.customer_reply_h, 1.2) * HOUR), ON_REPLY, case)
        else:
            self._solve(t, case, p)
        self._free(p, t)

    def _reply(self, t: int, case: Case, p: Person) -> None:
        self._tell(t, A["message_sent"], case, p.index, HUMAN_OUT)
        self._replied(case, t)
        if case.assigned >= 0:
            if self.keep:
                self.ledger.turns.append((case.no, p.index, case.assigned, t))
            case.assigned = -1

    def _solved(self, t: int, case: Case, agent: int, meta: int) -> None:
        self._tell(t, A["solution_proposed"], case, agent, meta)
        self._tell(t, A["resolved"], case, agent, meta)
        self._tell(t, A["status_changed"], case, agent, meta, _SOLVED)
        case.status = "solved"
        case.solved.append(t)
        if case.proposed < 0:
            case.proposed = t

    def _solve(self, t: int, case: Case, p: Person) -> None:
        draws, ways = self.draws, self.ways
        self._reply(t, case, p)
        self._solved(t, case, p.index, WORK)
        good = self._settles(case, p)
        if draws.random() < (ways.reopen_share * 0.25 if good else 0.55):
            self._put(t + 600_000 + int(draws.lognormal(ways.reopen_h, 0.9) * HOUR), ON_REPLY, case)
        else:
            self._put(t + int(ways.close_days * DAY), ON_CLOSE, (case, case.contacts))
        days = (t - case.came) / DAY
        self._survey(case, None, p, t, solved=good, pain=min(1.2, 0.12 * days) + 0.25 * case.handed)
        self._review(case, None, p, t)
        self._turn_away(case, bad=not good)

    def _on_reply(self, t: int, case: Case) -> None:
        """The customer writes: an answer to a question, or that it is not solved after all."""
        self._tell(t, A["message_received"], case, -1, CUSTOMER)
        if case.status in ("solved", "closed"):
            self._tell(t, A["reopened"], case, -1, SYSTEM)
            case.reopened.append(t)
        if case.status != "pending":
            case.from_ = t
        case.contacts += 1
        self._tell(t, A["status_changed"], case, -1, SYSTEM, _OPEN)
        case.status = "open"
        if case.agent < 0:
            self._triage(t + 60_000, self.lines[case.queue], case)
            return
        p = self.people[case.agent]
        self._to(p, case, t)

    def _on_close(self, t: int, what: tuple[Case, int]) -> None:
        """Close a case that stayed solved, or whose customer never answered."""
        case, contacts = what
        if case.contacts == contacts and case.status in ("pending", "solved"):
            note = '{"code": "no_answer"}' if case.status == "pending" else None
            case.status, case.closed = "closed", t
            self._tell(t, A["closed"], case, -1, SYSTEM, note=note)
